"""What comes in is an export that is right from its first line to its last; nothing of any other stays."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from fastdesk.errors import StoreError
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import StoreSettings, embedded_store
from fastdesk.store.files import FileFolder
from fastdesk.store.importing import check_events, copy_files, import_, read_manifest
from fastdesk.store.open_files import FORMAT, NAMES, FolderSource, Manifest, encode_line

DEMO = TenantId("demo")
FILE = "demo." + "x" * 40


def put(rev: int) -> Put:
    return Put(DEMO, rev, rev, "rule", f"r{rev}", b"{}", "owner")


def message(rev: int) -> Said:
    return Said(DEMO, rev, rev, ConversationId("c1"), rev, f"m{rev}", "visitor", "v1", "", "text", "你好")


def written(folder: Path, *events: Event, format: int = FORMAT, record: bytes = b"null") -> Path:
    """Write an export of these events, each into the file of its kind."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / "files" / FILE).write_bytes(b"content")
    for kind, name in NAMES.items():
        lines = [encode_line(event) for event in events if type(event) is kind]
        (folder / name).write_bytes(b"".join(lines))
    manifest = Manifest(format, DEMO, 1, msgspec.Raw(record))
    (folder / "tenant.json").write_bytes(msgspec.json.encode(manifest))
    return folder


def revs(data: Path) -> dict[TenantId, int]:
    """Return how far each tenant of an installation is."""

    async def read() -> dict[TenantId, int]:
        store = embedded_store(StoreSettings(data=data), SystemEntropy())
        await store.start()
        try:
            return store.revs()
        finally:
            await store.stop()

    return asyncio.run(read())


def test_an_export_with_a_fault_in_its_last_line_leaves_nothing_and_comes_in_once_mended(
    tmp_path: Path,
) -> None:
    data, record = tmp_path / "data", b'{"id":"demo","isolation":"database"}'
    with pytest.raises(StoreError, match="event 2 after event 2"):
        import_(data, written(tmp_path / "bad", put(1), put(2), message(2), record=record))
    assert revs(data) == {}
    assert FileFolder(data).path(FILE) is None
    import_(data, written(tmp_path / "mended", put(1), put(2), message(3), record=record))
    assert revs(data)[DEMO] == 3


def test_events_are_counted_and_shown_in_the_order_of_all_files_together(tmp_path: Path) -> None:
    shown: list[Event] = []
    events = [put(1), message(2), put(5), message(7)]
    source = FolderSource(written(tmp_path, *events))
    assert check_events(source, DEMO, shown.append) == 4
    assert shown == events


def test_a_conversation_of_another_tenant_does_not_come_in(tmp_path: Path) -> None:
    foreign = Conversation(
        id=ConversationId("c1"), tenant=TenantId("other"), site=SiteId("s"), visitor=VisitorId("v1")
    )
    changed = Changed(DEMO, 2, 2, foreign, ("opened",), "v1")
    with pytest.raises(StoreError, match=r"Event 2 .* another tenant"):
        check_events(FolderSource(written(tmp_path, put(1), changed)), DEMO)


def test_an_export_of_a_later_program_is_refused_with_both_formats(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"format {FORMAT + 1}; this program knows {FORMAT}"):
        read_manifest(FolderSource(written(tmp_path, format=FORMAT + 1)))


def test_only_files_whose_names_are_ids_of_the_tenant_are_taken(tmp_path: Path) -> None:
    source = written(tmp_path / "export")
    for name in ("other." + "y" * 40, "demo.short", "passwd"):
        (source / "files" / name).write_bytes(b"not wanted")
    copy_files(FolderSource(source), FileFolder(tmp_path / "data"), DEMO)
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [b"content"]
