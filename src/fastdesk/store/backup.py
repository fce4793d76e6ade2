"""Copy a data folder while a desk works in it, from any process.

The SQLite files are copied by SQLite's online back-up, each in one snapshot; then the journal, which reaches
further than any of them. A desk that starts on the copy feeds the difference, as after a crash. Meanwhile a
lock on the journal keeps the running desk from deleting segments. The copy has no epoch: the desk that starts
on it makes a new one, by which clients learn that what they saw last may not be there.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from fastdesk.errors import StoreError
from fastdesk.store.segment import segment_paths
from fastdesk.store.segments import HOLD

__all__ = ["Progress", "backup"]

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""

_PAGES: Final = 2048  # copied between two calls of the progress


def backup(data: Path, target: Path, progress: Progress = lambda done, total: None) -> None:
    """Copy the state of a data folder to `target`, a folder that is empty or not there yet.

    Raises StoreError when there is nothing to copy, when `target` has content, or when it can't be written.
    """
    if not (data / "main.sqlite3").exists():
        raise StoreError(f"{data} is no data folder: it has no main.sqlite3.")
    if target.exists() and any(target.iterdir()):
        raise StoreError(f"{target} is not empty.", hint="Name a new folder for the backup.")
    partial = target.with_name(target.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _copy(data, partial, progress)
        if target.exists():
            target.rmdir()
        partial.rename(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as failure:
        raise StoreError(f"The backup to {target} failed: {failure}.") from failure


def _copy(data: Path, target: Path, progress: Progress) -> None:
    databases = [data / "main.sqlite3", *sorted((data / "tenants").glob("*.sqlite3"))]
    total = sum(path.stat().st_size for path in databases)
    done = 0
    with _hold(data / "journal"):
        for path in databases:
            size = path.stat().st_size
            _copy_database(path, target / path.relative_to(data), lambda part: progress(done + part, total))  # noqa: B023
            done += size
        (target / "journal").mkdir()
        for path in segment_paths(data / "journal"):
            _copy_file(path, target / "journal" / path.name)
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data)
        if path.is_file() and _is_other(name):
            _copy_file(path, target / name)
    with closing(sqlite3.connect(target / "main.sqlite3")) as connection:
        connection.execute("DELETE FROM store WHERE key = 'epoch'")
        connection.commit()
    progress(total, total)


def _is_other(name: Path) -> bool:
    """Say whether a file is neither the store's own nor the lock: the secret, uploaded files …"""
    return name.parts[0] not in ("journal", "tenants", "lock") and not name.name.startswith("main.sqlite3")


@contextmanager
def _hold(journal: Path) -> Iterator[None]:
    """Keep the desk from deleting segments; the kernel lets go when this process dies."""
    with (journal / HOLD).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _copy_database(source: Path, target: Path, progress: Callable[[int], None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(target)) as writer:
        page_bytes = reader.execute("PRAGMA page_size").fetchone()[0]
        # An open read transaction holds the snapshot; without it every write of the desk would begin the copy
        # anew.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def on_pages(status: int, remaining: int, pages: int) -> None:
            progress((pages - remaining) * page_bytes)

        reader.backup(writer, pages=_PAGES, progress=on_pages)
    _sync(target)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    _sync(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
