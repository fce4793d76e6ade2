"""The store on files: limits, full disks, broken disks, bad folders."""

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.store.conftest import until

from fastdesk.errors import StoreBusy, StoreDamaged, StoreError, StoreTooNew
from fastdesk.model.event import Event, Said
from fastdesk.model.ids import ConversationId, TenantId, VisitorId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store.databases import FileDatabases
from fastdesk.store.embedded import embedded_store
from fastdesk.store.journal import ThreadedJournal
from fastdesk.store.protocol import Entry, SearchQuery, StoreSettings
from fastdesk.store.runner import ThreadRunner
from fastdesk.store.segment import SegmentFile, open_file
from fastdesk.store.segments import Segments
from fastdesk.store.sqlite import SqliteStore

MakeSaid = Callable[..., Said]
DEMO = TenantId("demo")
C1 = ConversationId("c1")


class Brittle:
    """Opens real files that fail with `error` while it is set."""

    def __init__(self) -> None:
        self.error = 0

    def open(self, path: Path) -> SegmentFile:
        return _BrittleFile(open_file(path), self)


class _BrittleFile:
    def __init__(self, file: SegmentFile, disk: Brittle) -> None:
        self._file = file
        self._disk = disk

    def write(self, content: bytes, offset: int) -> None:
        self._file.write(content, offset)

    def sync(self) -> None:
        if self._disk.error:
            raise OSError(self._disk.error, os.strerror(self._disk.error))
        self._file.sync()

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def disk() -> Brittle:
    return Brittle()


@pytest.fixture
def make(tmp_path: Path, disk: Brittle) -> Callable[..., SqliteStore]:
    def make(**limits: Any) -> SqliteStore:
        settings = StoreSettings(data=tmp_path / "data", **limits)
        runner = ThreadRunner(2)
        segments = Segments(
            settings.data / "journal", sync=True, segment_bytes=settings.segment_bytes, open_file=disk.open
        )
        return SqliteStore(
            settings,
            journal=ThreadedJournal(segments, runner),
            runner=runner,
            databases=FileDatabases(settings.data, readers=2),
            entropy=SeededEntropy(1),
        )

    return make


@pytest.fixture
async def store(make: Callable[..., SqliteStore]) -> AsyncIterator[SqliteStore]:
    store = make()
    await store.start()
    yield store
    await store.stop()


async def test_over_its_cap_it_accepts_nothing_until_the_disk_has_caught_up(
    make: Callable[..., SqliteStore], said: MakeSaid
) -> None:
    store = make(max_pending_bytes=1000)
    await store.start()
    rev = 0
    while store.accepting:
        rev += 1
        store.append(said(rev))
    assert rev < 20
    await until(lambda: store.accepting)
    await store.stop()


async def test_it_accepts_nothing_while_sqlite_lags_too_far(
    make: Callable[..., SqliteStore], said: MakeSaid
) -> None:
    store = make(max_lag_events=100)
    await store.start()
    refusals = []
    store.on_commit = lambda entries: refusals.append(not store.accepting)
    for rev in range(1, 2001):
        store.append(said(rev))
    await until(lambda: len(refusals) > 0 and any(refusals))
    await until(lambda: store.accepting)
    await store.stop()


async def test_a_full_disk_refuses_and_goes_on_by_itself(
    store: SqliteStore, disk: Brittle, said: MakeSaid
) -> None:
    seen: list[Entry] = []
    store.on_commit = seen.extend
    await store.commit(said(1))
    await store.settle()
    disk.error = errno.ENOSPC
    store.append(said(2))
    await until(lambda: not store.accepting)
    assert await store.said(DEMO, C1) == [said(1)], "reads go on with what stands there"
    assert len(seen) == 1
    disk.error = 0
    await until(lambda: store.accepting)
    assert await store.said(DEMO, C1) == [said(1), said(2)]


async def test_a_listener_that_fails_stops_nothing(store: SqliteStore, said: MakeSaid) -> None:
    seen: list[Entry] = []

    def listen(entries: list[Entry]) -> None:
        if not seen:
            seen.extend(entries)
            raise RuntimeError("a fault of ours")
        seen.extend(entries)

    store.on_commit = listen
    for rev in (1, 2, 3):
        async with asyncio.timeout(60):
            await store.commit(said(rev))
    assert [event.rev for event, _ in seen] == [1, 2, 3]
    assert await store.said(DEMO, C1) == [said(1), said(2), said(3)]


async def test_a_broken_disk_is_fatal(store: SqliteStore, disk: Brittle, said: MakeSaid) -> None:
    reasons: list[str] = []
    seen: list[Entry] = []
    store.on_fatal = reasons.append
    store.on_commit = seen.extend
    disk.error = errno.EIO
    with pytest.raises(StoreError, match="Input/output"):
        await store.commit(said(1))
    disk.error = 0
    with pytest.raises(StoreError, match="Input/output"):
        await store.commit(said(2))
    with pytest.raises(StoreError, match="Input/output"):
        await store.settle()
    assert not store.accepting
    assert len(reasons) == 1
    assert seen == []


async def test_a_second_store_on_the_folder_is_refused(
    store: SqliteStore, make: Callable[..., SqliteStore], said: MakeSaid
) -> None:
    with pytest.raises(StoreBusy, match=str(os.getpid())):
        await make().start()
    await store.commit(said(1))
    assert await store.said(DEMO, C1) == [said(1)]


async def test_the_folder_is_free_again_after_a_stop(make: Callable[..., SqliteStore]) -> None:
    for _ in range(2):
        store = make()
        await store.start()
        await store.stop()


async def test_what_was_not_yet_projected_is_projected_at_the_next_start(
    make: Callable[..., SqliteStore], said: MakeSaid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdesk.store.projector.Projector.step", lambda self: 0)
    store = make()
    await store.start()
    for rev in range(1, 101):
        await store.commit(said(rev))
    shutil.copytree(tmp_path / "data", tmp_path / "killed")
    monkeypatch.undo()
    killed = embedded_store(StoreSettings(data=tmp_path / "killed"), SeededEntropy(1))
    await killed.start()
    assert killed.revs() == {DEMO: 100}
    assert [event.rev for event in await killed.said(DEMO, C1)] == list(range(1, 101))
    row = await killed.conversation_row(DEMO, C1)
    assert row is None, "no conversation was ever opened"
    await killed.stop()
    await store.stop()


async def test_a_failed_step_is_repeated_whole(
    make: Callable[..., SqliteStore], said: MakeSaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite is full in the middle of a step: nothing of it stays, and later all of it stands once."""
    from fastdesk.store import projector

    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    failures = 3

    class Failing:
        def apply(self, connection: Any, feed: Any) -> None:
            nonlocal failures
            if any(run.is_said for run in feed.runs) and failures:
                failures -= 1
                from sqlalchemy.exc import OperationalError

                raise OperationalError("INSERT", {}, full)

    monkeypatch.setattr(projector, "PROJECTIONS", (*projector.PROJECTIONS, Failing()))
    store = make()
    await store.start()
    for rev in range(1, 51):
        store.append(said(rev))
    await store.settle()
    assert failures == 0
    assert [event.rev for event in await store.since(DEMO, 0, 999)] == list(range(1, 51))
    await store.stop()


@pytest.mark.slow
async def test_a_really_full_disk_loses_nothing_and_damages_nothing(small_disk: Path, said: MakeSaid) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_500_000))
    data = small_disk / "data"
    store = embedded_store(StoreSettings(data=data), SeededEntropy(1))
    seen: list[Event] = []
    store.on_commit = lambda entries: seen.extend(event for event, _ in entries)
    await store.start()
    rev = 0
    while store.accepting:
        for _ in range(20):
            rev += 1
            store.append(said(rev))
        await asyncio.sleep(0.001)
    assert len(seen) <= rev
    assert len(await store.last_said(DEMO, C1, 10)) in range(11), "reads work on a full disk"
    ballast.unlink()
    await until(lambda: store.accepting)
    await store.settle()
    assert [event.rev for event in seen] == list(range(1, rev + 1))
    assert [event.rev for event in await store.since(DEMO, 0, 1_000_000)] == list(range(1, rev + 1))
    await store.stop()
    with closing(sqlite3.connect(data / "main.sqlite3")) as connection, connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


async def test_a_file_of_a_later_program_is_refused(make: Callable[..., SqliteStore], tmp_path: Path) -> None:
    store = make()
    await store.start()
    await store.stop()
    with closing(sqlite3.connect(tmp_path / "data" / "main.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreTooNew, match=r"schema 9999.*know.* up to"):
        await make().start()
    with pytest.raises(StoreTooNew):  # and the folder was let go
        await make().start()


@pytest.mark.parametrize("content", [b"not a data base at all" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_is_no_data_base_is_refused(
    make: Callable[..., SqliteStore], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "main.sqlite3").write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"main\.sqlite3"):
        await make().start()


async def test_somebody_elses_data_base_is_refused(make: Callable[..., SqliteStore], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect(tmp_path / "data" / "main.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreDamaged, match="other tables"):
        await make().start()


async def test_a_data_base_that_vanished_is_not_begun_anew_in_silence(
    make: Callable[..., SqliteStore], tmp_path: Path, said: MakeSaid
) -> None:
    store = make(segment_bytes=200)
    await store.start()
    for rev in range(1, 20):
        await store.commit(said(rev))
    await store.stop()
    for path in (tmp_path / "data").glob("main.sqlite3*"):
        path.unlink()
    with pytest.raises(StoreDamaged, match="has no position 1"):
        await make().start()


async def test_an_older_copy_of_the_data_base_is_not_taken_in_silence(
    make: Callable[..., SqliteStore], tmp_path: Path, said: MakeSaid
) -> None:
    store = make(segment_bytes=200)
    await store.start()
    await store.commit(said(1))
    await store.stop()
    shutil.copy(tmp_path / "data" / "main.sqlite3", tmp_path / "old")
    store = make(segment_bytes=200)
    await store.start()
    for rev in range(2, 20):
        await store.commit(said(rev))
    await store.stop()
    shutil.copy(tmp_path / "old", tmp_path / "data" / "main.sqlite3")
    with pytest.raises(StoreDamaged, match="has no position"):
        await make().start()


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = embedded_store(StoreSettings(data=tmp_path / "file" / "data"), SeededEntropy(1))
    with pytest.raises(StoreError, match="can't be used"):
        await store.start()


async def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "none", str(folder)]
    if os.geteuid() == 0:
        if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("root may write everywhere, and nothing can be mounted here")
    else:
        folder.chmod(0o500)
    try:
        store = embedded_store(StoreSettings(data=folder), SeededEntropy(1))
        with pytest.raises(StoreError, match="can't be used"):
            await store.start()
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", str(folder)], check=True)


async def test_erasing_leaves_no_trace_in_any_file(
    make: Callable[..., SqliteStore], tmp_path: Path, said: MakeSaid
) -> None:
    from fastdesk.model.conversation import Conversation
    from fastdesk.model.event import Changed, Noted, Put
    from fastdesk.model.ids import SiteId

    store = make()
    await store.start()
    canary = "zebracanary"
    conversation = Conversation(
        id=C1, tenant=DEMO, site=SiteId("s"), visitor=VisitorId("v1"), fields={"x": canary}
    )
    store.append(Put(DEMO, 1, 1, "visitor", "v1", f'{{"id":"v1","name":"{canary}"}}'.encode(), "v1"))
    store.append(Changed(DEMO, 2, 1, conversation, ("opened",), "v1"))
    for rev in range(3, 600):
        store.append(said(rev, f"{canary} number {rev}"))
    store.append(Noted(DEMO, 600, 1, C1, "n", "note", "agent", canary))
    other = said(601, "giraffe stays", "c2")
    store.append(other)
    await store.settle(followers=True)

    def traces() -> list[str]:
        files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        return [path.name for path in files if b"zebracan" in path.read_bytes()]

    assert traces()
    page = await store.search(DEMO, SearchQuery(text=canary))
    assert len(page.items) == 20
    await store.erase(DEMO, VisitorId("v1"), rev=602, at=1, actor="owner")
    assert traces() == []
    assert (await store.search(DEMO, SearchQuery(text=canary))).items == []
    page = await store.search(DEMO, SearchQuery(text="giraffe"))
    assert [found.said for found in page.items] == [other]
    await store.stop()
    assert traces() == []


async def test_reads_do_not_wait_for_other_conversations(
    store: SqliteStore, said: MakeSaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.commit(said(1))
    await store.settle()
    monkeypatch.setattr("fastdesk.store.projector.Projector.step", lambda self: 0)
    await store.commit(said(2, conversation="c2"))
    assert await store.said(DEMO, C1) == [said(1)]
    waiting = asyncio.ensure_future(store.said(DEMO, ConversationId("c2")))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()
    monkeypatch.undo()
    store._feeder.notify()
    assert await asyncio.wait_for(waiting, 20) == [said(2, conversation="c2")]


@pytest.mark.parametrize(("lag", "rest_s"), [(0, 0.0), (875, 0.0), (900, 0.01), (1000, 0.05), (5000, 0.05)])
def test_the_journal_rests_the_longer_the_further_sqlite_is_behind(
    make: Callable[..., SqliteStore], lag: int, rest_s: float
) -> None:
    store = make(max_lag_events=1000)
    store._feeder.hurry = lambda position: None  # type: ignore[method-assign]
    store._durable = lag
    store._judge()
    assert store._journal.rest_s == pytest.approx(rest_s)
    assert store.accepting is (lag <= 1000)
