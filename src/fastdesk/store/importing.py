"""Bring an export in: exactly its events, so that an export of them is the same to the byte."""

import asyncio
import heapq
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from fastdesk.errors import StoreError
from fastdesk.model.event import Changed, Event, Put
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store.backup import Progress
from fastdesk.store.embedded import embedded_store
from fastdesk.store.files import FileFolder
from fastdesk.store.open_files import (
    FOLDER,
    FORMAT,
    HOUSE,
    MANIFEST,
    NAMES,
    FolderSource,
    Manifest,
    Source,
    decode_lines,
)
from fastdesk.store.protocol import StoreSettings

__all__ = ["append_events", "check_events", "copy_files", "import_", "read_manifest"]

_STEP: Final = 2000  # events between two waits for the disk


class Appends(Protocol):
    """The side of the store that an import writes to."""

    def append(self, event: Event) -> None:
        """Put an event into the current batch."""

    async def settle(self) -> None:
        """Return once everything appended so far stands in SQLite."""


def import_(data: Path, source: Path, progress: Progress = lambda done, total: None) -> None:
    """Append the events of an export to an installation that doesn't run and doesn't have the tenant.

    Raises StoreBusy while it runs, StoreError when it has the tenant or when a line is no event.
    """
    folder = FolderSource(source)
    manifest = read_manifest(folder)
    asyncio.run(_import(data, folder, manifest, progress))


async def _import(data: Path, source: Source, manifest: Manifest, progress: Progress) -> None:
    store = embedded_store(StoreSettings(data=data), SystemEntropy())
    await store.start()
    try:
        tenant = manifest.tenant
        if tenant in store.revs():
            raise StoreError(f"The installation has a tenant {tenant}.", hint="Import into an empty one.")
        # Before anything is written: a tenant that is half there could not be imported again.
        check_events(source, tenant)
        copy_files(source, FileFolder(data), tenant)
        if bytes(manifest.record) != b"null":
            rev = store.revs().get(HOUSE, 0) + 1
            record = bytes(manifest.record)
            store.append(Put(HOUSE, rev, manifest.at, "tenant", tenant, record, "import"))
        await append_events(store, source, tenant, progress)
    except OSError as failure:
        raise StoreError(f"The import failed: {failure}.") from failure
    finally:
        await store.stop()


def read_manifest(source: Source) -> Manifest:
    """Return what an export says of itself. Raises StoreError when it is none that this program knows."""
    try:
        with source.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as failure:
        raise StoreError(f"This is no export: {failure}.") from failure
    if manifest.format > FORMAT:
        raise StoreError(f"This export has format {manifest.format}; this program knows {FORMAT}.")
    return manifest


def copy_files(source: Source, folder: FileFolder, tenant: TenantId) -> None:
    """Take in the files of an export whose names are ids of its tenant; raises OSError."""
    for id in source.attached():
        if folder.may_have(tenant, id):
            with source.open(f"{FOLDER}/{id}") as content:
                folder.copy_in(id, content)


async def append_events(
    store: Appends,
    source: Source,
    tenant: TenantId,
    progress: Progress,
) -> int:
    """Append all events in the order of their revs and return the last one; raises StoreError like `check_events`."""
    total = check_events(source, tenant)
    rev = 0
    for done, event in enumerate(_read_events(source, tenant), 1):
        store.append(event)
        rev = event.rev
        if done % _STEP == 0 or done == total:
            await store.settle()
            progress(done, total)
    return rev


def check_events(
    source: Source, tenant: TenantId, accept: Callable[[Event], None] = lambda event: None
) -> int:
    """Count the events of an export, showing each to `accept`, so that nothing is appended of one that is wrong.

    Raises StoreError for a line that is no event or out of order, and what `accept` raises.
    """
    rev = total = 0
    for event in _read_events(source, tenant):
        if event.rev <= rev:
            raise StoreError(f"This export has event {event.rev} after event {rev}.")
        if isinstance(event, Changed) and event.conversation.tenant != tenant:
            raise StoreError(f"Event {event.rev} of this export is about another tenant's conversation.")
        rev = event.rev
        total += 1
        accept(event)
    return total


def _read_events(source: Source, tenant: TenantId) -> Iterator[Event]:
    """Iterate over the events of all files in the order of their revs."""
    streams = [decode_lines(source, kind, tenant) for kind in NAMES]
    return heapq.merge(*streams, key=lambda event: event.rev)
