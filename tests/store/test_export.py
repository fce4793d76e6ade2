"""All of a tenant goes out and comes in again."""

from pathlib import Path

import msgspec
import pytest

from fastdesk.errors import StoreBusy, StoreError
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import SqliteStore, StoreSettings, embedded_store
from fastdesk.store.export import export
from fastdesk.store.files import FileFolder
from fastdesk.store.importing import import_

DEMO = TenantId("demo")
HOUSE = TenantId("-")
C1 = ConversationId("c1")
FILE = "demo." + "x" * 40


def events(isolation: str) -> list[Event]:
    now = Conversation(
        id=C1,
        tenant=DEMO,
        site=SiteId("s"),
        visitor=VisitorId("v1"),
        flow=b"\x00\xff",
        fields={"a": [1.5, None]},
    )
    tenant = msgspec.json.encode({"id": "demo", "isolation": isolation})
    said = [
        Said(
            DEMO,
            rev,
            rev,
            C1,
            rev - 3,
            f"m{rev}",
            "visitor",
            "v1",
            "小明",
            "text",
            f'line\n"{rev}"',
            {"k": [1]},
            None,
        )
        for rev in range(4, 5003)
    ]
    return [
        Put(HOUSE, 1, 77, "tenant", "demo", tenant, "owner"),
        Put(DEMO, 1, 1, "visitor", "v1", b'{"id":"v1","name":"\xe5\xb0\x8f"}', "v1", "first"),
        Put(DEMO, 2, 2, "rule", "r", b'{ "id":\n "r", "x": 1e3 }', "owner"),
        Changed(DEMO, 3, 3, now, ("opened",), "v1"),
        *said,
        Noted(DEMO, 5003, 5, C1, "n", "note", "agent", "备注", {"deep": {"er": [True]}}),
        Put(DEMO, 5004, 6, "rule", "r", None, "owner", "not needed"),
    ]


async def fill(data: Path, isolation: str) -> None:
    store = embedded_store(StoreSettings(data=data), SystemEntropy())
    await store.start()
    for event in events(isolation):
        store.append(event)
    store.append(Put(TenantId("other"), 1, 1, "site", "s", b"{}", "x"))
    await store.stop()


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("isolation", ["", "database"])
def test_an_export_of_an_import_is_the_same_to_the_byte(tmp_path: Path, isolation: str) -> None:
    import asyncio

    asyncio.run(fill(tmp_path / "one", isolation))
    for id in (FILE, "other." + "y" * 40):
        FileFolder(tmp_path / "one").begin(id).finish()
        FileFolder(tmp_path / "one").keep(id)
    export(tmp_path / "one", tmp_path / "first", "demo")
    steps: list[tuple[int, int]] = []
    import_(tmp_path / "two", tmp_path / "first", lambda done, total: steps.append((done, total)))
    assert steps[-1] == (5004, 5004)
    export(tmp_path / "two", tmp_path / "second", "demo")
    assert content(tmp_path / "first") == content(tmp_path / "second")
    assert [name for name in content(tmp_path / "first") if name.startswith("files")] == [f"files/{FILE}"]
    assert FileFolder(tmp_path / "two").path(FILE) is not None
    assert (tmp_path / "two" / "tenants" / "demo.sqlite3").exists() == bool(isolation)

    async def read(data: Path) -> tuple[object, ...]:
        store: SqliteStore = embedded_store(StoreSettings(data=data), SystemEntropy())
        await store.start()
        found = (
            await store.since(DEMO, 0, 10_000),
            await store.conversation_row(DEMO, C1),
            await store.visitor(DEMO, VisitorId("v1")),
            await store.records("rule", DEMO),
        )
        await store.stop()
        return found

    first, second = asyncio.run(read(tmp_path / "one")), asyncio.run(read(tmp_path / "two"))
    assert first[1:] == second[1:]
    assert len(first[0]) == len(second[0]) == 5004  # type: ignore[arg-type]


async def test_the_files_are_json_lines_by_kind(tmp_path: Path) -> None:
    import asyncio

    await fill(tmp_path / "data", "")
    await asyncio.to_thread(export, tmp_path / "data", tmp_path / "out", "demo")
    files = content(tmp_path / "out")
    assert set(files) == {
        "tenant.json", "messages.jsonl", "notes.jsonl", "conversations.jsonl", "records.jsonl",
    }  # fmt: skip
    first = msgspec.json.decode(files["messages.jsonl"].splitlines()[0])
    assert first["text"] == 'line\n"4"'
    assert first["seq"] == 1
    assert len(files["messages.jsonl"].splitlines()) == 4999
    assert msgspec.json.decode(files["records.jsonl"].splitlines()[1])["body"] == {"id": "r", "x": 1000.0}


async def test_an_export_reads_beside_a_running_desk_and_an_import_does_not_write(tmp_path: Path) -> None:
    import asyncio

    data = tmp_path / "data"
    store = embedded_store(StoreSettings(data=data), SystemEntropy())
    await store.start()
    for event in events("")[:6]:
        store.append(event)
    await store.settle()
    await asyncio.to_thread(export, data, tmp_path / "out", "demo")
    with pytest.raises(StoreBusy):
        await asyncio.to_thread(import_, data, tmp_path / "out")
    await store.stop()


def test_what_cannot_be_exported_or_imported_is_named(tmp_path: Path) -> None:
    import asyncio

    asyncio.run(fill(tmp_path / "data", ""))
    with pytest.raises(StoreError, match="no tenant nobody"):
        export(tmp_path / "data", tmp_path / "out1", "nobody")
    with pytest.raises(StoreError, match="no data folder"):
        export(tmp_path / "nowhere", tmp_path / "out2", "demo")
    export(tmp_path / "data", tmp_path / "out", "demo")
    with pytest.raises(StoreError, match="not empty"):
        export(tmp_path / "data", tmp_path / "out", "demo")
    with pytest.raises(StoreError, match="has a tenant demo"):
        import_(tmp_path / "data", tmp_path / "out")
    with pytest.raises(StoreError, match="no export"):
        import_(tmp_path / "empty", tmp_path)
    lines = (tmp_path / "out" / "notes.jsonl").read_bytes()
    (tmp_path / "out" / "notes.jsonl").write_bytes(lines + b'{"rev":1}\n')
    with pytest.raises(StoreError, match=r"notes\.jsonl has no event in line 2"):
        import_(tmp_path / "empty2", tmp_path / "out")
