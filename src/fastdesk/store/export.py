"""All of one tenant as open files, and back.

    tenant.json            format, the tenant's id, its record
    messages.jsonl         what visitor and agents saw
    notes.jsonl            what only agents saw
    conversations.jsonl    every change of a conversation; the last line of an id is how it stands
    records.jsonl          every change of a record (visitors, rules, articles, agents …), likewise
    files/                 the files that people sent, named by their ids

One JSON object a line, in the order of `rev`, which numbers the lines of all files together. Import appends
exactly these events to an installation that doesn't have the tenant, so that an export of it is the same to
the byte.
"""

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from fastdesk.errors import StoreBusy, StoreError
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store.backup import Progress
from fastdesk.store.database import Database
from fastdesk.store.databases import tenant_path
from fastdesk.store.embedded import embedded_store
from fastdesk.store.files import FileFolder
from fastdesk.store.protocol import StoreSettings
from fastdesk.store.reads import decode_row
from fastdesk.store.sqlite import SqliteStore

__all__ = ["HOUSE", "export", "import_"]

HOUSE: Final = TenantId("-")
"""Under this name stand the records of the installation, among them those of the tenants."""

_FORMAT: Final = 1
_FILES: Final[dict[type[Event], str]] = {
    Said: "messages.jsonl",
    Noted: "notes.jsonl",
    Changed: "conversations.jsonl",
    Put: "records.jsonl",
}
_STEP: Final = 2000  # events between two calls of the progress, and between two waits of an import


class _Manifest(Struct, forbid_unknown_fields=True):
    format: int
    tenant: TenantId
    at: int
    record: msgspec.Raw


def export(data: Path, target: Path, tenant: str, progress: Progress = lambda done, total: None) -> None:
    """Write a tenant's events to files in `target`, which is made; also while the desk runs.

    Raises StoreError when there is no such tenant, when `target` has content, or when it can't be written.
    """
    _catch_up(data)
    name = TenantId(tenant)
    main = Database.open(data / "main.sqlite3", readers=1)
    own = tenant_path(data, name)
    database = Database.open(own, readers=1) if own.exists() else main
    try:
        if target.exists() and any(target.iterdir()):
            raise StoreError(f"{target} is not empty.", hint="Name a new folder for the export.")
        target.mkdir(parents=True, exist_ok=True)
        (target / "tenant.json").write_bytes(_indent(main.read(lambda c: _manifest(c, name))))
        database.read(lambda connection: _write_events(connection, name, target, progress))
        FileFolder(data).copy_to(name, target / "files")
    except OSError as failure:
        raise StoreError(f"The export to {target} failed: {failure}.") from failure
    finally:
        database.close()
        main.close()


def import_(data: Path, source: Path, progress: Progress = lambda done, total: None) -> None:
    """Append the events of an export to an installation that doesn't run and doesn't have the tenant.

    Raises StoreBusy while it runs, StoreError when it has the tenant or when a line is no event.
    """
    try:
        manifest = msgspec.json.decode((source / "tenant.json").read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError) as failure:
        raise StoreError(f"{source} is no export: {failure}.") from failure
    if manifest.format > _FORMAT:
        raise StoreError(f"{source} has format {manifest.format}; this program knows {_FORMAT}.")
    total = sum(_count_lines(source / name) for name in _FILES.values())
    try:
        FileFolder(data).copy_from(manifest.tenant, source / "files")
        asyncio.run(_import(data, source, manifest, total, progress))
    except OSError as failure:
        raise StoreError(f"The import failed: {failure}.") from failure


def _catch_up(data: Path) -> None:
    """Feed what a crash left in the journal, unless a desk is running and does so itself."""

    async def run() -> None:
        store = _store(data)
        try:
            await store.start()
        except StoreBusy:
            return
        await store.stop()

    if not (data / "main.sqlite3").exists():
        raise StoreError(f"{data} is no data folder: it has no main.sqlite3.")
    asyncio.run(run())


def _store(data: Path) -> SqliteStore:
    return embedded_store(StoreSettings(data=data), SystemEntropy())


def _manifest(connection: Connection, tenant: TenantId) -> _Manifest:
    if connection.execute(_IS_KNOWN, {"tenant": tenant}).first() is None:
        raise StoreError(f"There is no tenant {tenant}.")
    row = connection.execute(_RECORD, {"house": HOUSE, "tenant": tenant}).first()
    return _Manifest(
        _FORMAT, tenant, row.at if row else 0, msgspec.Raw(row.body.encode() if row else b"null")
    )


def _write_events(connection: Connection, tenant: TenantId, target: Path, progress: Progress) -> None:
    total = connection.execute(_COUNT, {"tenant": tenant}).scalar() or 0
    with ExitStack() as stack:
        files = {kind: stack.enter_context((target / name).open("wb")) for kind, name in _FILES.items()}
        for done, row in enumerate(connection.execute(_EVENTS, {"tenant": tenant}), 1):
            event = decode_row(row)
            files[type(event)].write(_line(event))
            if done % _STEP == 0 or done == total:
                progress(done, total)


def _line(event: Event) -> bytes:
    fields: dict[str, Any] = msgspec.structs.asdict(event)
    del fields["tenant"]
    if isinstance(event, Put) and event.body is not None:
        # As it was put, unless a line break in it would end the line.
        body = event.body if b"\n" not in event.body else msgspec.json.format(event.body, indent=-1)
        fields["body"] = msgspec.Raw(body)
    return msgspec.json.encode(fields) + b"\n"


async def _import(data: Path, source: Path, manifest: _Manifest, total: int, progress: Progress) -> None:
    store = _store(data)
    await store.start()
    try:
        tenant = manifest.tenant
        if tenant in store.revs():
            raise StoreError(f"The installation has a tenant {tenant}.", hint="Import into an empty one.")
        if bytes(manifest.record) != b"null":
            rev = store.revs().get(HOUSE, 0) + 1
            record = Put(HOUSE, rev, manifest.at, "tenant", tenant, bytes(manifest.record), "import")
            store.append(record)
        for done, event in enumerate(_read_events(source, tenant), 1):
            store.append(event)
            if done % _STEP == 0 or done == total:
                await store.settle()
                progress(done, total)
    finally:
        await store.stop()


def _read_events(source: Path, tenant: TenantId) -> Iterator[Event]:
    """Iterate over the events of all files in the order of their revs."""
    streams = [_read_file(source / name, kind, tenant) for kind, name in _FILES.items()]
    return heapq.merge(*streams, key=lambda event: event.rev)


def _read_file(path: Path, kind: type[Event], tenant: TenantId) -> Iterator[Event]:
    names = kind.__struct_fields__[1:]
    head = msgspec.json.encode([kind.__struct_config__.tag, tenant])[:-1]
    decode = msgspec.json.Decoder(kind).decode
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
                if kind is Put and bytes(fields["body"]) != b"null":
                    fields["body"] = msgspec.Raw(msgspec.json.encode(bytes(fields["body"])))
                # The struct's own form is an array: tag, tenant, and the fields in their order.
                yield decode(b",".join([head, *(fields[name] for name in names)]) + b"]")
            except (msgspec.MsgspecError, KeyError) as failure:
                raise StoreError(f"{path} has no event in line {number}: {failure}.") from failure


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _indent(manifest: _Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


_IS_KNOWN: Final = text("SELECT 1 FROM tenant WHERE id = :tenant")
_RECORD: Final = text(
    "SELECT at, body FROM record WHERE tenant = :house AND kind = 'tenant' AND id = :tenant"
)
_COUNT: Final = text("SELECT count(*) FROM event WHERE tenant = :tenant AND kind != 'gone'")
_EVENTS: Final = text(
    "SELECT position, checksum, body FROM event WHERE tenant = :tenant AND kind != 'gone' ORDER BY rev"
)
