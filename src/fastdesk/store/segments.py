"""The folder of journal segments: batches are appended at the end, read in order, and let go from the front.

Blocking and without threads of its own: one thread appends, another reads and trims.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from fastdesk._core import split_array
from fastdesk.errors import StoreDamaged
from fastdesk.store.batch import Batch
from fastdesk.store.segment import (
    HEADER_SIZE,
    SegmentFile,
    encode_header,
    encode_record,
    has_record_after,
    open_file,
    read_first_position,
    read_record,
    scan,
    segment_path,
    segment_paths,
)

__all__ = ["HOLD", "Segments"]

HOLD: Final = "hold"
"""A file in the journal's folder: while another process has a lock on it, no segment is deleted."""

_log = structlog.get_logger("fastdesk.store.journal")


class Segments:
    """Append batches to segment files and read them back.

    Args:
        folder: where the segments stand; made when it isn't there.
        sync: whether a batch counts as kept only after fdatasync.
        segment_bytes: a segment that is longer gets no further batch.
        open_file: opens a segment for writing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sync: bool,
        segment_bytes: int,
        open_file: Callable[[Path], SegmentFile] = open_file,
    ) -> None:
        self.last = 0
        self._folder = folder
        self.sync = sync
        self._segment_bytes = segment_bytes
        self._open_file = open_file
        self._lock = threading.Lock()
        self._firsts: list[int] = []  # of all segments, the active one last
        self._file: SegmentFile | None = None
        self._offset = 0
        self._cursor = (
            0,
            0,
            0,
        )  # the next record to read: its segment, its offset, the position read before it

    def recover(self, fed: int) -> None:
        """Find the last position, cutting off a torn end.

        What stands at or before position `fed` is not looked at. Raises StoreDamaged when events after it are
        missing or bad, StoreTooNew when a later program wrote them, OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        paths = segment_paths(self._folder)
        if not paths and fed:
            raise StoreDamaged(
                f"The journal {self._folder} has no segments, though {fed} events were written.",
                hint="Put the folder back, or restore the data folder from a backup.",
            )
        firsts = [int(path.stem) for path in paths]
        self.last = fed
        for index, path in enumerate(paths):
            if index + 1 < len(paths) and firsts[index + 1] <= fed + 1:
                continue  # all of it is fed
            self._recover_segment(path, is_last=index + 1 == len(paths), fed=fed)
        self._firsts = [int(path.stem) for path in segment_paths(self._folder)]
        if self._firsts:
            path = segment_path(self._folder, self._firsts[-1])
            self._offset = path.stat().st_size
            self._file = self._open_file(path)
            self._file.sync()  # a cut tail may not come back
        else:
            self._begin_segment(self.last + 1)

    def append(self, bodies: list[bytes]) -> None:
        """Write a batch and return once it is kept; after an OSError the same batch may be tried again."""
        first = self.last + 1
        if self._file is None or self._offset >= self._segment_bytes:
            self._begin_segment(first)
        assert self._file is not None
        record = encode_record(first, bodies)
        self._file.write(record, self._offset)
        if self.sync:
            self._file.sync()
        self._offset += len(record)
        self.last += len(bodies)

    def rotate(self) -> None:
        """Begin a new segment, unless the active one is empty."""
        if self._offset > HEADER_SIZE:
            self._begin_segment(self.last + 1)

    def read(self, after: int, last: int, limit: int) -> Batch | None:
        """Return the events behind position `after` up to `last`, by whole records, about `limit` at most."""
        if after >= last:
            return None
        with self._lock:
            segment = max((first for first in self._firsts if first <= after + 1), default=0)
        if self._cursor[0] != segment or self._cursor[2] > after:
            self._cursor = (segment, HEADER_SIZE, 0)
        path = segment_path(self._folder, segment)
        bodies: list[bytes] = []
        begin = after + 1
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            while len(bodies) < limit and begin + len(bodies) <= last:
                record = read_record(descriptor, self._cursor[1])
                if record is None:
                    break  # the next segment goes on, or the file is damaged
                first, end, payload = record
                found = split_array(payload)
                if found is None:
                    raise StoreDamaged(f"{path} has a record at {self._cursor[1]} that holds no events.")
                self._cursor = (segment, end, first + len(found) - 1)
                if first + len(found) > begin:
                    begin = begin if bodies else first
                    bodies += found
        finally:
            os.close(descriptor)
        if not bodies:
            raise StoreDamaged(
                f"{path} has no good record at {self._cursor[1]}, where position {after + 1} should stand."
            )
        return Batch(range(begin, begin + len(bodies)), bodies).after(after)

    def trim(self, fed: int) -> None:
        """Delete the segments that hold nothing behind position `fed`;

        never the active one, none during a backup.
        """
        with self._lock:
            gone = 0
            while gone + 1 < len(self._firsts) and self._firsts[gone + 1] <= fed + 1:
                gone += 1
            if gone and not self._is_held():
                for first in self._firsts[:gone]:
                    segment_path(self._folder, first).unlink(missing_ok=True)
                del self._firsts[:gone]

    def _is_held(self) -> bool:
        try:
            with (self._folder / HOLD).open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        """Close the active segment."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin_segment(self, first: int) -> None:
        path = segment_path(self._folder, first)
        file = self._open_file(path)
        try:
            file.write(encode_header(first), 0)
            file.sync()
            _sync_folder(self._folder)
        except OSError:
            file.close()
            raise
        self.close()
        self._file, self._offset = file, HEADER_SIZE
        with self._lock:
            if first not in self._firsts:
                self._firsts.append(first)

    def _recover_segment(self, path: Path, *, is_last: bool, fed: int) -> None:
        content = path.read_bytes()
        first = read_first_position(path, content)
        if first is None:
            if not is_last:
                raise StoreDamaged(f"{path} ends inside its header, and later segments follow.")
            path.unlink()  # made, but nothing was ever written into it
            return
        if first > self.last + 1:
            raise StoreDamaged(
                f"The journal has no position {self.last + 1}; it goes on with {first} in {path.name}.",
                hint="Restore the data folder from a backup.",
            )
        end, last = HEADER_SIZE, first - 1
        for position, next_offset, payload in scan(content):
            if position != last + 1:
                raise StoreDamaged(f"{path} has position {position} at {end}, not {last + 1}.")
            end, last = next_offset, last + int.from_bytes(payload[1:5], "big")
        if end < len(content) and (not is_last or has_record_after(content, end)):
            raise StoreDamaged(
                f"{path} has a bad record at {end}, and good ones follow.",
                hint="Restore the data folder from a backup.",
            )
        if last < fed and is_last:
            raise StoreDamaged(
                f"The journal ends at position {last}, though {fed} events were read from it.",
                hint="Restore the data folder from a backup.",
            )
        if end < len(content):
            _log.warning("journal_tail_cut", segment=path.name, offset=end, bytes=len(content) - end)
            os.truncate(path, end)
        self.last = max(last, self.last)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
