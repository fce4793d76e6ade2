"""Overwrite what SQLite leaves between the rows of a page.

With `secure_delete` a deleted row is overwritten where it stands. But when SQLite moves rows to another page, because one is full or
two are nearly empty, their bytes stay behind in the free middle of the first one, and outlive the row (SQLite file format, 1.6).
"""

import os
from typing import Final

__all__ = ["scrub"]

_HEADER_SIZES: Final = {2: 12, 5: 12, 10: 8, 13: 8}
"""Bytes of the header by kind of page: inner and leaf pages of indexes and tables."""

#: Pages of overflow and of the free list begin with a page number, whose first byte is below every kind as long as files are smaller.
_MAX_PAGES: Final = 1 << 25


def scrub(descriptor: int, first: int, most: int) -> int:
    """Overwrite the free middle of at most so many pages from `first` (counted from 1) on; return the next one, 0 behind the last.

    The file must be all there is (an empty write-ahead log), and nobody may write to it or keep pages of it that will be written again.
    Readers may read: free bytes mean nothing to them. Raises OSError.

    Args:
        descriptor: of the file, to read and write. It stays the caller's, who may not close it before SQLite has closed the file: a
            process that closes any descriptor of a file gives up all locks on it (sqlite.org/howtocorrupt.html, 2.2).
    """
    head = os.pread(descriptor, 100, 0)
    size = int.from_bytes(head[16:18], "big")
    size = 65536 if size == 1 else size
    count = os.fstat(descriptor).st_size // size if size else 0
    if count >= _MAX_PAGES:
        return 0
    after = min(first + most, count + 1)
    for number in range(first, after):
        offset = (number - 1) * size
        page = os.pread(descriptor, size, offset)
        start, end = _free_middle(page, 100 if number == 1 else 0, size - head[20])
        if page.count(0, start, end) != end - start:
            os.pwrite(descriptor, bytes(end - start), offset + start)
    os.fdatasync(descriptor)
    return after if after <= count else 0


def _free_middle(page: bytes, at: int, usable: int) -> tuple[int, int]:
    """Return where nothing stands between the list of a page's rows and the rows, an empty range for other pages."""
    header = _HEADER_SIZES.get(page[at])
    if header is None:
        return 0, 0
    start = at + header + 2 * int.from_bytes(page[at + 3 : at + 5], "big")
    end = int.from_bytes(page[at + 5 : at + 7], "big") or 65536
    return (start, end) if start < end <= usable else (0, 0)
