"""The journal: the truth of the store. Events enter in the loop; they leave as durable batches, in order.

One thread writes batch after batch: while the disk is busy with one, the next one grows. There is no timer;
the disk sets the size of the batches. Each batch is one write and one fdatasync, and only then do its events
count as kept.

The disk may refuse. Full (ENOSPC, EDQUOT): the same batch is tried again until it fits; nothing is lost, and
nothing is acknowledged meanwhile. Any other error is final: after a failed sync the kernel may have dropped
the pages, so that a second sync that succeeds proves nothing.
"""

import asyncio
import errno
import threading
from collections import deque
from typing import Final, Protocol

from fastdesk.errors import StoreError
from fastdesk.model.event import Event
from fastdesk.store.protocol import Entry
from fastdesk.store.runner import Runner
from fastdesk.store.segments import Batch, Segments

__all__ = ["FULL_ERRORS", "Journal", "JournalListener", "ThreadedJournal"]

FULL_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

_MAX_BATCH_EVENTS: Final = 1024  # to take, join and decode them holds the interpreter's lock for 1 ms
_MAX_BATCH_BYTES: Final = 1024 * 1024  # written in about the time of a sync
_RETRY_S: Final = 0.1  # between two tries on a full disk
_CLOSING_TRIES: Final = 50
_RECENT_EVENTS: Final = 32_768  # kept in memory so that projecting them reads no file: about 20 MiB


class JournalListener(Protocol):
    """What a journal tells its store, always in the loop."""

    def durable(self, entries: list[Entry], size: int) -> None:
        """These events, `size` bytes of bodies, are on disk now; the next ones in order."""

    def full(self, is_full: bool) -> None:
        """The disk is full, or takes events again."""

    def broken(self, reason: str) -> None:
        """Nothing more will become durable."""


class Journal(Protocol):
    """An ordered log of events, numbered by position from 1."""

    def open(self, fed: int, listener: JournalListener) -> int:
        """Recover what was kept after position `fed`; return the last position. In the loop.

        Raises StoreError.
        """

    def append(self, entry: Entry, body: bytes) -> None:
        """Take the next event with its encoded body. In the loop; never blocks."""

    def read(self, after: int, limit: int) -> Batch | None:
        """Return durable events after position `after`, about `limit` at most; None when there are none."""

    def trim(self, fed: int) -> None:
        """Let go of what stands at or before position `fed`."""

    def rotate(self) -> None:
        """Begin a new segment, so that `trim` can remove everything so far."""

    def close(self) -> None:
        """Make everything appended durable, then release the files. Not in the loop."""


class ThreadedJournal:
    """A journal of segment files, written by a thread of its own."""

    def __init__(self, segments: Segments, runner: Runner) -> None:
        self._segments = segments
        self._runner = runner
        # Given by the loop, not yet taken by the thread. The body goes first: an entry that is seen has its
        # body.
        self._bodies: deque[bytes] = deque()
        self._entries: deque[Entry] = deque()
        self._idle = False
        self._wake = threading.Event()
        self._closing = False
        self._rotated: threading.Event | None = None
        self._ended = False
        # Durable, for the projector.
        self._durable = 0
        self._lock = threading.Lock()
        self._recent: deque[Batch] = deque()
        self._recent_events = 0

    def open(self, fed: int, listener: JournalListener) -> int:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        try:
            self._segments.recover(fed)
        except OSError as failure:
            raise StoreError(f"The journal can't be opened: {failure}.") from failure
        self._durable = self._segments.last
        self._runner.start("journal", self._run)
        return self._durable

    def append(self, entry: Entry, body: bytes) -> None:
        self._bodies.append(body)
        self._entries.append(entry)
        if self._idle:
            # Woken at the end of this turn of the loop, so that all its events go into one batch.
            self._idle = False
            self._loop.call_soon(self._wake.set)

    def read(self, after: int, limit: int) -> Batch | None:
        with self._lock:
            recent = self._recent
            while recent and recent[0].last <= after:
                self._recent_events -= len(recent.popleft().events)
            if recent and recent[0].first <= after + 1:
                return _merge(recent, limit).after(after)
        return self._segments.read(after, self._durable, limit)

    def trim(self, fed: int) -> None:
        self._segments.trim(fed)

    def rotate(self) -> None:
        rotated = self._rotated = threading.Event()
        self._wake.set()
        if not self._ended:
            rotated.wait()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        self._runner.join("journal")
        self._segments.close()

    # In the journal's thread.

    def _run(self) -> None:
        try:
            self._write()
        except Exception as failure:  # the border of a background thread
            self._runner.tell(self._listener.broken, f"The journal's thread ended: {failure!r}.")
            raise
        finally:
            self._ended = True
            if self._rotated is not None:
                self._rotated.set()

    def _write(self) -> None:
        while True:
            if self._entries:
                if not self._keep(*self._take()):
                    return
            elif self._rotated is not None:
                self._begin_segment()
            elif self._closing:
                return
            else:
                self._wake.clear()
                self._idle = True
                if not (self._entries or self._closing or self._rotated):
                    self._wake.wait()

    def _take(self) -> tuple[list[Entry], list[bytes]]:
        bodies: list[bytes] = []
        size = 0
        for _ in range(min(len(self._entries), _MAX_BATCH_EVENTS)):
            body = self._bodies.popleft()
            bodies.append(body)
            size += len(body)
            if size >= _MAX_BATCH_BYTES:
                break
        return [self._entries.popleft() for _ in bodies], bodies

    def _keep(self, entries: list[Entry], bodies: list[bytes]) -> bool:
        """Write a batch until it is durable; False when that can't be any more."""
        tries = 0
        while True:
            try:
                self._segments.append(bodies)
                break
            except OSError as failure:
                tries += 1
                if failure.errno not in FULL_ERRORS or (self._closing and tries > _CLOSING_TRIES):
                    self._runner.tell(self._listener.broken, f"The journal can't be written: {failure}.")
                    return False
                if tries == 1:
                    self._runner.tell(self._listener.full, True)
                self._pause()
        if tries:
            self._runner.tell(self._listener.full, False)
        positions = range(self._durable + 1, self._durable + 1 + len(entries))
        batch = Batch(positions, [event for event, _ in entries], bodies)
        with self._lock:
            self._recent.append(batch)
            self._recent_events += len(entries)
            while self._recent_events > _RECENT_EVENTS:
                self._recent_events -= len(self._recent.popleft().events)
        self._durable = batch.last
        self._runner.tell(self._listener.durable, entries, sum(map(len, bodies)))
        return True

    def _pause(self) -> None:
        self._wake.clear()
        self._wake.wait(_RETRY_S)

    def _begin_segment(self) -> None:
        rotated, self._rotated = self._rotated, None
        assert rotated is not None
        try:
            self._segments.rotate()
        except OSError as failure:
            if failure.errno not in FULL_ERRORS:
                self._runner.tell(self._listener.broken, f"The journal can't be written: {failure}.")
            self._pause()
        rotated.set()


def _merge(batches: deque[Batch], limit: int) -> Batch:
    first = batches[0]
    if len(batches) == 1 or len(first.events) >= limit:
        return first
    events: list[Event] = []
    bodies: list[bytes] = []
    for batch in batches:
        if events and len(events) + len(batch.events) > limit:
            break
        events += batch.events
        bodies += batch.bodies
    return Batch(range(first.first, first.first + len(events)), events, bodies)
