"""The data bases of one installation: the main one, and one each for the tenants that have their own file."""

import re
import threading
import weakref
from pathlib import Path
from typing import Final, Protocol

from fastdesk.errors import StoreError
from fastdesk.model.ids import TenantId
from fastdesk.store.database import Database
from fastdesk.store.lock import FolderLock

__all__ = ["Databases", "FileDatabases", "MemoryDatabases", "tenant_path"]

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Databases(Protocol):
    """Give the data base that a tenant's events belong to."""

    def open(self) -> Database:
        """Open the main data base, the same one each time."""

    def own(self, tenant: TenantId) -> Database:
        """Open the tenant's own data base, the same one each time, making it when there is none.

        From any thread.
        """

    def opened(self) -> list[Database]:
        """Return those that are open."""

    def close(self) -> None:
        """Close them all."""


def tenant_path(data: Path, tenant: TenantId) -> Path:
    """Return where the own file of a tenant stands. Raises StoreError when the id can't be a file name."""
    if not _FILE_NAME.fullmatch(tenant):
        raise StoreError(
            f"The tenant {tenant!r} can't have a file of its own: its id is no file name.",
            hint="Use letters, digits, - and _, at most 64 of them.",
        )
    return data / "tenants" / f"{tenant}.sqlite3"


class FileDatabases:
    """SQLite files in the data folder, which belongs to this process from `open` to `close`."""

    def __init__(self, data: Path, *, readers: int) -> None:
        self._data = data
        self._readers = readers
        self._folder = FolderLock(data)
        self._lock = threading.Lock()
        self._main: Database | None = None
        self._own: dict[TenantId, Database] = {}

    def open(self) -> Database:
        if self._main is None:
            self._folder.take()
            try:
                self._main = Database.open(self._data / "main.sqlite3", readers=self._readers)
            except BaseException:
                self._folder.release()
                raise
        return self._main

    def own(self, tenant: TenantId) -> Database:
        with self._lock:
            database = self._own.get(tenant)
            if database is None:
                database = Database.open(tenant_path(self._data, tenant), readers=self._readers)
                self._own[tenant] = database
            return database

    def opened(self) -> list[Database]:
        with self._lock:
            return [database for database in (self._main, *self._own.values()) if database is not None]

    def close(self) -> None:
        for database in self.opened():
            database.close()
        self._main = None
        self._own.clear()
        self._folder.release()


class MemoryDatabases:
    """Data bases in memory that stay when they are closed, as files do."""

    def __init__(self) -> None:
        self._main = self._make()
        self._own: dict[TenantId, Database] = {}

    def open(self) -> Database:
        return self._main

    def own(self, tenant: TenantId) -> Database:
        if tenant not in self._own:
            self._own[tenant] = self._make()
        return self._own[tenant]

    def _make(self) -> Database:
        """Make a data base that ends when nobody can open it any more."""
        database = Database.memory()
        weakref.finalize(self, database.close)
        return database

    def opened(self) -> list[Database]:
        return [self._main, *self._own.values()]

    def close(self) -> None:
        pass
