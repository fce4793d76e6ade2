"""One file of the journal: a header, then one record for each batch that was made durable together.

Format 1, all numbers little-endian:

    header   `FDJ1`, u32 format, u64 first position of the file
    record   `FDR1`, u32 size of the payload, u64 first position, u32 checksum of the payload, seeded with the position
    payload  MessagePack array of events

A batch is written at once and the next one only after it was synced. So after a crash at most the last record
is torn; it was never acknowledged and is cut off. A bad record before a good one is damage, and nothing after
it can be trusted.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from fastdesk._core import checksum
from fastdesk.errors import StoreDamaged, StoreTooNew

__all__ = [
    "FORMAT",
    "HEADER_SIZE",
    "SegmentFile",
    "encode_header",
    "encode_record",
    "has_record_after",
    "open_file",
    "read_first_position",
    "read_record",
    "scan",
    "segment_path",
    "segment_paths",
]

FORMAT: Final = 1
_HEADER: Final = struct.Struct("<4sIQ")
_RECORD: Final = struct.Struct("<4sIQI")
_HEADER_MAGIC: Final = b"FDJ1"
_RECORD_MAGIC: Final = b"FDR1"
HEADER_SIZE: Final = _HEADER.size


class SegmentFile(Protocol):
    """An open file for writing; a test injects one whose disk is full or broken."""

    def write(self, content: bytes, offset: int) -> None:
        """Write all of `content` at `offset`; raises OSError."""

    def sync(self) -> None:
        """Return once all that was written is on the disk; raises OSError."""

    def close(self) -> None:
        """Close the file."""


class _File:
    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, content: bytes, offset: int) -> None:
        rest = memoryview(content)
        while rest:
            written = os.pwrite(self._descriptor, rest, offset)
            rest = rest[written:]
            offset += written

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def open_file(path: Path) -> SegmentFile:
    """Open a segment for writing, making it when there is none."""
    return _File(path)


def segment_path(folder: Path, first: int) -> Path:
    """Return the path of the segment that begins at position `first`."""
    return folder / f"{first:020d}.seg"


def segment_paths(folder: Path) -> list[Path]:
    """List the segments of a folder, oldest first."""
    return sorted(folder.glob("*.seg"))


def encode_header(first: int) -> bytes:
    """Return the beginning of the segment file whose first event has the position `first`."""
    return _HEADER.pack(_HEADER_MAGIC, FORMAT, first)


def encode_record(first: int, bodies: list[bytes]) -> bytes:
    """Return the record of a batch of encoded events, the first of which has the position `first`."""
    payload = b"".join((b"\xdd", len(bodies).to_bytes(4, "big"), *bodies))
    return _RECORD.pack(_RECORD_MAGIC, len(payload), first, checksum(payload, first)) + payload


def read_first_position(path: Path, content: bytes) -> int | None:
    """Return the first position that the header names, None when the file ends inside its header.

    Raises StoreTooNew for a later format and StoreDamaged for anything that is no header.
    """
    if len(content) < HEADER_SIZE:
        return None
    magic, version, first = _HEADER.unpack_from(content)
    if magic != _HEADER_MAGIC or path.name != segment_path(path.parent, first).name:
        raise StoreDamaged(
            f"{path} doesn't begin like a journal segment.", hint="Restore the data folder from a backup."
        )
    if version > FORMAT:
        raise StoreTooNew(
            f"{path} has journal format {version}; this program knows formats up to {FORMAT}.",
            hint="Start the program version that wrote it, or a later one.",
        )
    return int(first)


def scan(content: bytes, offset: int = HEADER_SIZE) -> Iterator[tuple[int, int, bytes]]:
    """Iterate over the good records from `offset`: (first position, offset behind it, payload);

    end at the first bad one.
    """
    while (record := _record_at(content, offset)) is not None:
        yield record
        offset = record[1]


def read_record(descriptor: int, offset: int) -> tuple[int, int, bytes] | None:
    """Read one record of an open file: (first position, offset behind it, payload);

    None when no good one stands there.
    """
    head = os.pread(descriptor, _RECORD.size, offset)
    if len(head) < _RECORD.size:
        return None
    size = _RECORD.unpack(head)[1]
    found = _record_at(head + os.pread(descriptor, size, offset + _RECORD.size), 0)
    return (found[0], offset + found[1], found[2]) if found is not None else None


def has_record_after(content: bytes, offset: int) -> bool:
    """Say whether a good record begins anywhere behind `offset`, which is where a bad one stands."""
    place = content.find(_RECORD_MAGIC, offset + 1)
    while place >= 0:
        if _record_at(content, place) is not None:
            return True
        place = content.find(_RECORD_MAGIC, place + 1)
    return False


def _record_at(content: bytes, offset: int) -> tuple[int, int, bytes] | None:
    start = offset + _RECORD.size
    if start > len(content):
        return None
    magic, size, first, expected = _RECORD.unpack_from(content, offset)
    payload = content[start : start + size]
    if magic != _RECORD_MAGIC or len(payload) != size:
        return None
    if checksum(payload, first) != expected:
        return None
    return first, start + size, payload
