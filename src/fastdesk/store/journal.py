"""The journal: the truth of the store. Events enter in the loop; they leave as durable batches, in order.

One thread writes batch after batch: while the disk is busy with one, the next one grows. When the disk is
free, the loop gives it the next batch at the first turn that brought nothing more: a sync costs as much
processor time for one event as for a thousand, and a fast disk would otherwise take them in twos and threes.
Each batch is one write and one fdatasync, and only then do its events count as kept.

Where the operating system's word is enough (no fdatasync), a batch is a copy of some kilobytes: the loop writes it itself,
for to wake the thread would take longer. What the disk refuses then is the thread's to try again.

The disk may refuse. Full (ENOSPC, EDQUOT): the same batch is tried again until it fits; nothing is lost, and
nothing is acknowledged meanwhile. Any other error is final: after a failed sync the kernel may have dropped
the pages, so that a second sync that succeeds proves nothing.
"""

import asyncio
import errno
import threading
import time
from collections import deque
from typing import Final, Protocol

from mypy_extensions import mypyc_attr

from fastdesk.errors import StoreError
from fastdesk.store.batch import Batch
from fastdesk.store.protocol import Entry
from fastdesk.store.runner import Runner
from fastdesk.store.segments import Segments

__all__ = ["FULL_ERRORS", "Journal", "JournalListener", "ThreadedJournal"]

FULL_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

_MAX_BATCH_EVENTS: Final = 1024  # to take, join and decode them holds the interpreter's lock for 1 ms
_MAX_BATCH_BYTES: Final = 1024 * 1024  # written in about the time of a sync
_GATHER_S = 0.002  # at most, while each turn of the loop brings more: half a turn of a loaded desk
_RETRY_S = 0.1  # between two tries on a full disk
_CLOSING_TRIES: Final = 50
_RECENT_EVENTS = 32_768  # kept in memory so that projecting them reads no file: about 10 MiB


class JournalListener(Protocol):
    """What a journal tells its store, always in the loop."""

    def durable(self, entries: list[Entry], size: int) -> None:
        """These events, `size` bytes of bodies, are on disk now; the next ones in order."""

    def full(self, is_full: bool) -> None:
        """The disk is full, or takes events again."""

    def broken(self, reason: str) -> None:
        """Nothing more will become durable."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Journal:
    """An ordered log of events, numbered by position from 1. A class and no protocol, so that compiled code calls it directly."""

    #: Seconds to wait before each batch: what has to come after events is too far behind.
    rest_s = 0.0

    def open(self, fed: int, listener: JournalListener) -> int:
        """Recover what was kept after position `fed`; return the last position. In the loop.

        Raises StoreError.
        """
        raise NotImplementedError

    def append(self, entry: Entry, body: bytes) -> None:
        """Take the next event with its encoded body. In the loop; never blocks."""
        raise NotImplementedError

    def read(self, after: int, limit: int) -> Batch | None:
        """Return durable events after position `after`, about `limit` at most; None when there are none."""
        raise NotImplementedError

    def trim(self, fed: int) -> None:
        """Let go of what stands at or before position `fed`."""
        raise NotImplementedError

    def rotate(self) -> None:
        """Begin a new segment, so that `trim` can remove everything so far."""
        raise NotImplementedError

    def close(self) -> None:
        """Make everything appended durable, then release the files. Not in the loop."""
        raise NotImplementedError


class ThreadedJournal(Journal):
    """A journal of segment files, written by a thread of its own."""

    def __init__(self, segments: Segments, runner: Runner) -> None:
        self._segments = segments
        self._runner = runner
        # Given by the loop, not yet taken by the thread. The body goes first: an entry that is seen has its
        # body. Lists, as what is taken of them is taken at once.
        self._bodies: list[bytes] = []
        self._entries: list[Entry] = []
        self._busy = False  # the loop's: the thread has been woken, or a batch is being gathered for it
        self._gathered = 0
        self._until = 0.0
        self._wake = threading.Event()
        self._closing = False
        self._rotated: threading.Event | None = None
        self._rotating = threading.Lock()  # one after the other: there is one event to wait for
        self._ended = False
        self._handed = False  # the gathered batch is the thread's, until it says that it is kept
        self._writing = (
            threading.Lock()
        )  # the loop's own writing, apart from the thread's rotating and closing
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
        if not self._busy:
            self._begin_gathering()

    def read(self, after: int, limit: int) -> Batch | None:
        with self._lock:
            recent = self._recent
            while recent and recent[0].last <= after:
                self._recent_events -= len(recent.popleft().bodies)
            if recent and recent[0].first <= after + 1:
                return _merge(recent, limit).after(after)
        return self._segments.read(after, self._durable, limit)

    def trim(self, fed: int) -> None:
        self._segments.trim(fed)

    def rotate(self) -> None:
        with self._rotating:
            rotated = self._rotated = threading.Event()
            self._wake.set()
            if not self._ended:
                rotated.wait()

    def close(self) -> None:
        with self._writing:
            self._closing = True
        self._wake.set()
        self._runner.join("journal")
        self._segments.close()

    def _begin_gathering(self) -> None:
        self._busy = True
        self._gathered = 0
        self._until = self._loop.time() + _GATHER_S
        self._loop.call_soon(self._gather)

    def _gather(self) -> None:
        count = len(self._entries)
        if count == self._gathered or count >= _MAX_BATCH_EVENTS or self._loop.time() >= self._until:
            if not self._write_now():
                self._handed = True
                self._wake.set()
        else:
            self._gathered = count
            self._loop.call_soon(self._gather)

    def _write_now(self) -> bool:
        """Write a batch in the loop, where that is quick; False when it is the thread's to do."""
        with self._writing:
            if self._segments.sync or self._closing or self.rest_s:
                return False
            entries, bodies, size = self._take()
            try:
                self._segments.append(bodies)
            except OSError:
                self._bodies[:0] = bodies
                self._entries[:0] = entries
                return False
        self._remember(bodies)
        self._kept(entries, size)
        return True

    def _kept(self, entries: list[Entry], size: int) -> None:
        self._listener.durable(entries, size)
        if self._entries:
            self._begin_gathering()
        else:
            self._busy = False

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
            self._wake.wait()
            self._wake.clear()
            if self.rest_s and not self._closing:
                time.sleep(self.rest_s)
            if self._entries and (self._handed or self._closing):
                self._handed = False
                if not self._keep(*self._take()):
                    return
            if self._rotated is not None:
                self._begin_segment()
            if self._closing:
                if not self._entries:
                    return
                self._wake.set()

    def _take(self) -> tuple[list[Entry], list[bytes], int]:
        """Take a batch: its entries, their bodies, and the size of these."""
        count = size = 0
        for body in self._bodies[: min(len(self._entries), _MAX_BATCH_EVENTS)]:
            count += 1
            size += len(body)
            if size > _MAX_BATCH_BYTES:
                break
        entries, bodies = self._entries[:count], self._bodies[:count]
        del self._entries[:count], self._bodies[:count]
        return entries, bodies, size

    def _keep(self, entries: list[Entry], bodies: list[bytes], size: int) -> bool:
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
        self._remember(bodies)
        self._runner.tell(self._kept, entries, size)
        return True

    def _remember(self, bodies: list[bytes]) -> None:
        """Keep a durable batch at hand for the projector, while it is not too far behind.

        What it comes to first is what stays: were it the newest, one that is behind would never find what it needs.
        """
        batch = Batch(range(self._durable + 1, self._durable + 1 + len(bodies)), bodies)
        with self._lock:
            if self._recent_events < _RECENT_EVENTS:
                self._recent.append(batch)
                self._recent_events += len(bodies)
        self._durable = batch.last

    def _pause(self) -> None:
        self._wake.clear()
        self._wake.wait(_RETRY_S)

    def _begin_segment(self) -> None:
        rotated, self._rotated = self._rotated, None
        assert rotated is not None
        try:
            with self._writing:
                self._segments.rotate()
        except OSError as failure:
            if failure.errno not in FULL_ERRORS:
                self._runner.tell(self._listener.broken, f"The journal can't be written: {failure}.")
        rotated.set()


def _merge(batches: deque[Batch], limit: int) -> Batch:
    """Return the first batches as one, as far as they follow each other."""
    first = batches[0]
    if len(batches) == 1 or len(first.bodies) >= limit:
        return first
    bodies: list[bytes] = []
    for batch in batches:
        if (bodies and len(bodies) + len(batch.bodies) > limit) or batch.first != first.first + len(bodies):
            break
        bodies += batch.bodies
    return Batch(range(first.first, first.first + len(bodies)), bodies)
