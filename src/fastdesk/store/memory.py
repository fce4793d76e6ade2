"""A store in memory, without threads: for simulations and for tests of other rooms.

What a crash keeps stands in a `MemoryDisk`: the committed events and the SQLite data base. Killing the desk
means to forget the store and to make a new one on the same disk; what was appended and not committed is gone.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fastdesk.observe.clock import Entropy
from fastdesk.store.batch import Batch
from fastdesk.store.databases import MemoryDatabases
from fastdesk.store.followers import Follower
from fastdesk.store.journal import Journal, JournalListener
from fastdesk.store.protocol import Entry, StoreSettings
from fastdesk.store.runner import InlineRunner
from fastdesk.store.sqlite import SqliteStore

__all__ = ["MemoryDisk", "MemoryJournal", "memory_store"]


class MemoryDisk:
    """What outlives a store in memory."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.databases = MemoryDatabases()


class MemoryJournal(Journal):
    """A journal whose batches become durable when told, or by themselves at the end of each turn of the loop.

    Args:
        disk: what outlives it.
        auto: commit by itself; False leaves it to `commit`.
    """

    def __init__(self, disk: MemoryDisk, *, auto: bool = True) -> None:
        self._disk = disk
        self._auto = auto
        self._waiting: list[tuple[Entry, bytes]] = []
        self._listener: JournalListener | None = None

    def __len__(self) -> int:
        """Count what was appended and is not committed."""
        return len(self._waiting)

    def open(self, fed: int, listener: JournalListener) -> int:
        self._listener = listener
        return len(self._disk.bodies)

    def append(self, entry: Entry, body: bytes) -> None:
        if self._auto and not self._waiting:
            asyncio.get_running_loop().call_soon(self.commit)
        self._waiting.append((entry, body))

    def commit(self, limit: int | None = None) -> None:
        """Make what was appended durable, only the oldest `limit` of it when given, and tell the store."""
        batch, self._waiting = self._waiting[:limit], self._waiting[len(self._waiting[:limit]) :]
        if batch and self._listener is not None:
            self._disk.bodies += [body for _, body in batch]
            self._listener.durable([entry for entry, _ in batch], sum(len(body) for _, body in batch))

    def kill(self) -> None:
        """Lose what was not committed, and never tell the store anything again."""
        self._waiting.clear()
        self._listener = None

    def read(self, after: int, limit: int) -> Batch | None:
        """Return what was committed after position `after`."""
        bodies = self._disk.bodies[after : after + limit]
        positions = range(after + 1, after + 1 + len(bodies))
        return Batch(positions, bodies) if bodies else None

    def trim(self, fed: int) -> None:
        pass

    def rotate(self) -> None:
        pass

    def close(self) -> None:
        self.commit()


def memory_store(
    entropy: Entropy,
    *,
    disk: MemoryDisk | None = None,
    journal: MemoryJournal | None = None,
    followers: Sequence[Follower] = (),
) -> SqliteStore:
    """Return a store in memory. `journal`, when given, must stand on the same `disk`."""
    disk = disk or MemoryDisk()
    return SqliteStore(
        StoreSettings(data=Path("/nonexistent")),
        journal=MemoryJournal(disk) if journal is None else journal,  # an empty journal is false
        runner=InlineRunner(),
        databases=disk.databases,
        entropy=entropy,
        followers=followers,
    )
