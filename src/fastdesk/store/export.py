"""All of one tenant as open files (`open_files` describes them), from a desk that runs or not."""

import asyncio
import shutil
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from fastdesk.errors import StoreBusy, StoreError
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store.backup import Progress
from fastdesk.store.database import Database
from fastdesk.store.databases import tenant_path
from fastdesk.store.embedded import embedded_store
from fastdesk.store.files import FileFolder
from fastdesk.store.open_files import (
    FOLDER,
    FORMAT,
    HOUSE,
    MANIFEST,
    NAMES,
    FolderTarget,
    Manifest,
    Target,
    encode_line,
)
from fastdesk.store.protocol import StoreSettings
from fastdesk.store.reads import by_rev

__all__ = ["export", "write_export"]

_STEP: Final = 2000  # events between two calls of the progress


def export(data: Path, target: Path, tenant: str, progress: Progress = lambda done, total: None) -> None:
    """Write a tenant's events to files in `target`, which is made; also while the desk runs.

    Raises StoreError when there is no such tenant, when `target` has content, or when it can't be written.
    """
    if not (data / "main.sqlite3").exists():
        raise StoreError(f"{data} is no data folder: it has no main.sqlite3.")
    asyncio.run(_catch_up(data))
    try:
        if target.exists() and any(target.iterdir()):
            raise StoreError(f"{target} is not empty.", hint="Name a new folder for the export.")
        write_export(data, TenantId(tenant), FolderTarget(target), progress)
    except OSError as failure:
        raise StoreError(f"The export to {target} failed: {failure}.") from failure


def write_export(data: Path, tenant: TenantId, target: Target, progress: Progress) -> None:
    """Write what SQLite has of a tenant, in one snapshot.

    Raises StoreError when there is no such tenant, and what `target` raises.
    """
    main = Database.open(data / "main.sqlite3", readers=1)
    own = tenant_path(data, tenant)
    database = Database.open(own, readers=1) if own.exists() else main
    try:
        manifest = main.read(lambda connection: _manifest(connection, tenant))
        with target.open(MANIFEST) as file:
            file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        database.read(lambda connection: _write_events(connection, tenant, target, progress))
        folder = FileFolder(data)
        for id in folder.of_tenant(tenant):
            path = folder.path(id)
            if path is not None:  # else it was removed meanwhile
                with path.open("rb") as content, target.open(f"{FOLDER}/{id}") as file:
                    shutil.copyfileobj(content, file)
    finally:
        database.close()
        main.close()


async def _catch_up(data: Path) -> None:
    """Feed what a crash left in the journal, unless a desk is running and does so itself."""
    store = embedded_store(StoreSettings(data=data), SystemEntropy())
    try:
        await store.start()
    except StoreBusy:
        return
    await store.stop()


def _manifest(connection: Connection, tenant: TenantId) -> Manifest:
    if connection.execute(_IS_KNOWN, {"tenant": tenant}).first() is None:
        raise StoreError(f"There is no tenant {tenant}.")
    row = connection.execute(_RECORD, {"house": HOUSE, "tenant": tenant}).first()
    record = msgspec.Raw(row.body.encode() if row else b"null")
    return Manifest(FORMAT, tenant, row.at if row else 0, record)


def _write_events(connection: Connection, tenant: TenantId, target: Target, progress: Progress) -> None:
    total = connection.execute(_COUNT, {"tenant": tenant}).scalar() or 0
    done = 0
    for kind, name in NAMES.items():
        with target.open(name) as file:
            tag = kind.__struct_config__.tag
            for event in by_rev(connection.execute(_EVENTS, {"tenant": tenant, "kind": tag})):
                file.write(encode_line(event))
                done += 1
                if done % _STEP == 0 or done == total:
                    progress(done, total)


_IS_KNOWN: Final = text("SELECT 1 FROM tenant WHERE id = :tenant")
_RECORD: Final = text(
    "SELECT at, body FROM record WHERE tenant = :house AND kind = 'tenant' AND id = :tenant"
)
_COUNT: Final = text("SELECT sum(length) FROM event WHERE tenant = :tenant")
_EVENTS: Final = text(
    "SELECT position, rev, checksum, body FROM event WHERE tenant = :tenant AND kind = :kind ORDER BY rev"
)
