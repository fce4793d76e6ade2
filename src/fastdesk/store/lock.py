"""One process per data folder."""

import fcntl
import os
from pathlib import Path

from fastdesk.errors import StoreBusy, StoreError

__all__ = ["FolderLock"]


class FolderLock:
    """Own a folder as long as this process lives.

    The kernel lets go when it dies, so no stale lock can stay behind.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Make the folder and own it.

        Raises StoreBusy when another process does, StoreError when it can't be made.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as failure:
            raise StoreError(
                f"The data folder {self._path.parent} can't be used: {failure.strerror}.",
                hint="It must be a folder that this process may write to.",
            ) from failure
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StoreBusy(
                f"The data folder {self._path.parent} is in use by process {owner or 'unknown'}.",
                hint="Stop that one first, or choose another folder with FASTDESK_DATA.",
            ) from failure
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the folder go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
