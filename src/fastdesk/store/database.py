"""One SQLite file: one connection that writes, a few that read, and the check that its schema is ours."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from fastdesk.errors import StoreDamaged, StoreError, StoreTooNew
from fastdesk.store import tables
from fastdesk.store.scrub import scrub

__all__ = ["HEAD", "Database"]

T = TypeVar("T")

HEAD: Final = "0001"
"""The schema that this program reads and writes: the newest file of `migrations/versions`."""

# Half the interior pages of 4096 bytes' and fewer, longer writes: measured with
# benchmarks/micro/test_store.py.
_PAGE_BYTES: Final = 8192
_CHECKPOINT_PAGES: Final = 2048
_WAL_BYTES: Final = 64 * 1024 * 1024  # what a checkpoint leaves of a WAL that a long reader made grow
_CACHE_KIB: Final = 64 * 1024
_BUSY_MS: Final = 10_000
_SCRUB_PAGES: Final = 32_768  # in one step: 256 MiB, about half a second


class Database:
    """Write to one SQLite file from one thread at a time, and read it from several."""

    def __init__(self, writers: Engine, readers: Engine, path: Path | None = None) -> None:
        self._path = path
        self._file: int | None = None  # for `scrub`; open until all connections are closed
        self._writers = writers
        self._readers = readers
        self._writer = writers.connect()

    @classmethod
    def open(cls, path: Path, *, readers: int) -> "Database":
        """Open the file for so many readers at once, making or upgrading it as needed.

        Raises StoreTooNew when a later program wrote it, StoreDamaged when it is no SQLite file, StoreError
        when it can't be opened.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _prepare(path)
            writers = _engine(path, 1, read_only=False)
            return cls(writers, _engine(path, readers, read_only=True), path)
        except (OSError, sqlite3.OperationalError, sqlalchemy.exc.OperationalError) as failure:
            raise StoreError(
                f"{path} can't be opened: {failure}.", hint="Check that the folder exists and is writable."
            ) from failure
        except (sqlite3.DatabaseError, sqlalchemy.exc.DatabaseError) as failure:
            raise StoreDamaged(
                f"{path} is damaged: {failure}.", hint="Restore the data folder from a backup."
            ) from failure

    @classmethod
    def memory(cls) -> "Database":
        """Return an empty data base in memory; one thread only."""
        engine = create_engine(
            "sqlite://",
            hide_parameters=True,
            poolclass=StaticPool,
            creator=lambda: sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False),
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
        return cls(engine, engine)

    @contextmanager
    def write(self) -> Iterator[sqlalchemy.Connection]:
        """Open a transaction that is committed at the end, and on disk by then;

        rolled back on an exception.
        """
        with self._writer.begin():
            yield self._writer

    @contextmanager
    def write_late(self) -> Iterator[sqlalchemy.Connection]:
        """Open a transaction that is on disk with the next one that `write` commits, for what can be made again.

        It spares the disk a flush, for which acknowledgements would wait. A power failure takes such transactions back
        from the last one on, never one in between.
        """
        self._flush_at_commit(False)
        try:
            with self._writer.begin():
                yield self._writer
        finally:
            self._flush_at_commit(True)

    def _flush_at_commit(self, wanted: bool) -> None:
        cursor = self._writer.connection.cursor()
        cursor.execute(f"PRAGMA synchronous = {'FULL' if wanted else 'NORMAL'}")
        cursor.close()

    def read(self, query: Callable[[sqlalchemy.Connection], T]) -> T:
        """Run `query` on a connection that can't write, in one snapshot."""
        with self._readers.connect() as connection:
            if self._readers is not self._writers:
                return query(connection)
            connection.exec_driver_sql("PRAGMA query_only = 1")
            try:
                return query(connection)
            finally:
                connection.exec_driver_sql("PRAGMA query_only = 0")

    def empty_log(self) -> bool:
        """Move the write-ahead log into the file and empty it; False while a reader needs it."""
        cursor = self._writer.connection.cursor()
        try:
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            cursor.close()
        return not busy

    def scrub(self, first: int) -> int:
        """Overwrite what moved rows left behind on some pages from `first` on; return the next one, 0 behind the last.

        It is `first` again while a reader needs the write-ahead log.
        """
        if self._path is None:
            return 0
        cursor = self._writer.connection.cursor()
        cursor.execute("PRAGMA shrink_memory")  # the pages that it keeps would be written again as they were
        cursor.close()
        if not self.empty_log():
            return first
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        with self.write():  # until the end nobody writes
            return scrub(self._file, first, _SCRUB_PAGES)

    def close(self) -> None:
        """Close all connections."""
        self._writer.close()
        self._readers.dispose()
        self._writers.dispose()
        if self._file is not None:
            os.close(self._file)


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB // (8 if read_only else 1)}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    connection.execute(f"PRAGMA query_only = {int(read_only)}")
    return connection


def _engine(path: Path, connections: int, *, read_only: bool) -> Engine:
    engine = create_engine(
        "sqlite://",
        hide_parameters=True,  # they hold what people wrote, and errors are logged
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        creator=lambda: _connect(path, read_only=read_only),
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", on_begin)
    return engine


def _prepare(path: Path) -> None:
    """Make the schema of a new file, upgrade that of an old one; one that is up to date costs a query."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        version = _version(connection)
        if version is None:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    if version is None:
        _create(_engine(path, 1, read_only=False))
    elif version != HEAD:
        _upgrade(path, version)


def _create(engine: Engine) -> None:
    """Make all tables as the newest migration leaves them; one transaction, and no need for Alembic."""
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version"
            " (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
    engine.dispose()


def _upgrade(path: Path, version: str) -> None:
    # A third of a second to import, and only a start after an update of the program needs it.
    from fastdesk.store.migrate import known_versions, upgrade

    if version not in known_versions():
        raise StoreTooNew(
            f"{path} has schema {version}; this program knows schemas up to {HEAD}.",
            hint="Start the program version that wrote it, or a later one.",
        )
    upgrade(path)


def _version(connection: sqlite3.Connection) -> str | None:
    """Return the schema version of a file, None for an empty one."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        return None
    if "alembic_version" not in names:
        raise StoreDamaged("The data base is not one of this program's: it has other tables.")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None
