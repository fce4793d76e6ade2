"""The store as a desk has it: segment files and SQLite in one folder, owned by one process."""

from collections.abc import Sequence

from fastdesk.observe.clock import Entropy
from fastdesk.store.databases import FileDatabases
from fastdesk.store.files import FileFolder
from fastdesk.store.followers import Follower
from fastdesk.store.journal import ThreadedJournal
from fastdesk.store.protocol import StoreSettings
from fastdesk.store.runner import ThreadRunner
from fastdesk.store.segments import Segments
from fastdesk.store.sqlite import SqliteStore

__all__ = ["embedded_store"]


def embedded_store(
    settings: StoreSettings, entropy: Entropy, *, followers: Sequence[Follower] = ()
) -> SqliteStore:
    """Return the store of the data folder, not yet started."""
    runner = ThreadRunner(settings.readers)
    segments = Segments(
        settings.data / "journal", sync=settings.durability == "fsync", segment_bytes=settings.segment_bytes
    )
    return SqliteStore(
        settings,
        journal=ThreadedJournal(segments, runner),
        runner=runner,
        databases=FileDatabases(settings.data, readers=settings.readers + 1),  # and the one who studies
        entropy=entropy,
        followers=followers,
        leftovers=FileFolder(settings.data),
    )
