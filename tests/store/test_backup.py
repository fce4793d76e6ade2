"""A copy of a running desk is a desk."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastdesk.errors import StoreError
from fastdesk.model.event import Put
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import StoreSettings, embedded_store
from fastdesk.store.backup import backup

DEMO = TenantId("demo")
OWN = TenantId("own")


async def test_a_copy_made_while_the_desk_works_is_complete(tmp_path: Path, said) -> None:  # type: ignore[no-untyped-def]
    data = tmp_path / "data"
    store = embedded_store(StoreSettings(data=data, segment_bytes=30_000), SystemEntropy())
    await store.start()
    (data / "secret").write_text("s3cret")
    own = b'{"id":"own","isolation":"database"}'
    store.append(Put(TenantId("-"), 1, 1, "tenant", "own", own, "owner"))
    rev = 0
    acknowledged = 0
    code = "import sys; from pathlib import Path; from fastdesk.store.backup import backup;"
    code += "backup(Path(sys.argv[1]), Path(sys.argv[2]))"
    command = [sys.executable, "-c", code, str(data), str(tmp_path / "copy")]
    process: subprocess.Popen[bytes] | None = None

    def say_some() -> None:
        nonlocal rev
        for _ in range(20):
            rev += 1
            store.append(said(rev, f"to demo {rev}"))
            store.append(said(rev, f"to own {rev}", conversation="o1", tenant="own"))

    while process is None or process.poll() is None:
        say_some()
        await asyncio.sleep(0.001)
        while not store.accepting:
            await asyncio.sleep(0.001)
        if rev == 400:
            await store.settle()
            acknowledged = rev
            process = subprocess.Popen(command, env=os.environ)
    assert process.returncode == 0
    epoch = store.epoch
    await store.stop()

    for attempt in range(2):
        copy = embedded_store(StoreSettings(data=tmp_path / "copy"), SystemEntropy())
        await copy.start()
        if attempt == 0:
            copied_epoch = copy.epoch
            assert copied_epoch != epoch, "clients must learn that this is another history"
        assert copy.epoch == copied_epoch
        revs = copy.revs()
        assert acknowledged <= revs[DEMO] <= rev
        for tenant in (DEMO, OWN):
            events = await copy.since(tenant, 0, 1_000_000)
            assert [event.rev for event in events] == list(range(1, revs[tenant] + 1))
        revs_after = [revs[DEMO] + 1, revs[OWN] + 1]
        await copy.commit(said(revs_after[0]))
        await copy.commit(said(revs_after[1], conversation="o1", tenant="own"))
        await copy.stop()
    assert (tmp_path / "copy" / "secret").read_text() == "s3cret"


async def test_a_copy_of_a_desk_that_was_killed_has_its_journal(tmp_path: Path, said, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("fastdesk.store.projector.Projector.step", lambda self: 0)
    store = embedded_store(StoreSettings(data=tmp_path / "data"), SystemEntropy())
    await store.start()
    await store.commit(said(1))
    backup(tmp_path / "data", tmp_path / "copy")
    monkeypatch.undo()
    await store.stop()
    copy = embedded_store(StoreSettings(data=tmp_path / "copy"), SystemEntropy())
    await copy.start()
    assert await copy.since(DEMO, 0, 9) == [said(1)]
    await copy.stop()


async def test_progress_goes_up_to_the_whole(tmp_path: Path, said) -> None:  # type: ignore[no-untyped-def]
    store = embedded_store(StoreSettings(data=tmp_path / "data"), SystemEntropy())
    await store.start()
    await store.commit(said(1))
    await store.stop()
    steps: list[tuple[int, int]] = []
    backup(tmp_path / "data", tmp_path / "copy", lambda done, total: steps.append((done, total)))
    assert steps[-1][0] == steps[-1][1] > 0
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no data folder"):
        backup(tmp_path, tmp_path / "copy")
    (tmp_path / "main.sqlite3").touch()
    target = tmp_path / "copy"
    target.mkdir()
    (target / "mine").touch()
    with pytest.raises(StoreError, match="not empty"):
        backup(tmp_path, target)
    assert [path.name for path in target.iterdir()] == ["mine"]
