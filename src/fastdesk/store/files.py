"""The bytes of files that people sent: one file each in `files/TENANT/`, named by its id.

A file arrives in `files/.arriving/`. It gets its place when its record is on disk; after a crash in between, the next start
puts it there, or removes it when there is no record.
"""

import os
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import IO, BinaryIO, Final

from sqlalchemy import Connection, text

from fastdesk.model.event import Put, Said
from fastdesk.model.file import KIND, tenant_of_file
from fastdesk.model.ids import TenantId
from fastdesk.store.followers import Positioned

__all__ = ["Arrival", "FileFolder"]

_ID: Final = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_.-]{0,63})\.([A-Za-z0-9_-]{20,80})")


class Arrival:
    """A file on its way in; blocking, for one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file: BinaryIO = path.open("x+b")
        path.chmod(0o600)

    def write(self, content: bytes) -> None:
        """Add to the end; raises OSError."""
        self.file.write(content)

    def replace(self, content: bytes) -> None:
        """Let the file hold these bytes only; raises OSError."""
        self.file.seek(0)
        self.file.truncate()
        self.file.write(content)

    def read(self) -> bytes:
        """Return all that was written."""
        self.file.seek(0)
        return self.file.read()

    def finish(self) -> int:
        """Return how many bytes there are once all are on the disk; raises OSError."""
        size = self.file.seek(0, os.SEEK_END)
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        return size

    def discard(self) -> None:
        """Remove it."""
        self.file.close()
        self._path.unlink(missing_ok=True)


class FileFolder:
    """The folder `files` of a data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "files"
        self._arriving = self._folder / ".arriving"

    def begin(self, id: str) -> Arrival:
        """Open a new file for writing; raises OSError."""
        return Arrival(self._arriving / id)

    def rename(self, id: str, known_as: str) -> None:
        """Let an arriving file have another id; raises OSError."""
        (self._arriving / id).rename(self._arriving / known_as)

    def keep(self, id: str) -> None:
        """Give an arrived file its place, where `path` finds it; raises OSError."""
        place = self._place(id)
        assert place is not None
        place.parent.mkdir(parents=True, exist_ok=True)
        (self._arriving / id).rename(place)
        _sync(place.parent)

    def path(self, id: str) -> Path | None:
        """Return where a file stands, None when it does not; any text may be asked for."""
        place = self._place(id)
        return place if place is not None and place.is_file() else None

    def of_tenant(self, tenant: TenantId) -> list[str]:
        """Return the ids of a tenant's files."""
        return sorted(f"{tenant}.{path.name}" for path in (self._folder / tenant).glob("*"))

    def may_have(self, tenant: TenantId, id: str) -> bool:
        """Tell whether an id could be that of a file of this tenant."""
        return _ID.fullmatch(id) is not None and tenant_of_file(id) == tenant

    def copy_in(self, id: str, content: IO[bytes]) -> None:
        """Store a file that was exported under this id; raises OSError."""
        arrival = self.begin(id)
        shutil.copyfileobj(content, arrival.file)
        arrival.finish()
        self.keep(id)

    def remove(self, id: str) -> None:
        """Delete a file; one that is not there is deleted already."""
        place = self._place(id)
        if place is not None:
            place.unlink(missing_ok=True)

    async def recover(self, is_known: Callable[[TenantId, str], Awaitable[bool]]) -> None:
        """Put what arrived before a crash in its place, or remove it when `is_known` says no."""
        for path in sorted(self._arriving.glob("*")):
            if self._place(path.name) and await is_known(tenant_of_file(path.name), path.name):
                self.keep(path.name)
            else:
                path.unlink()

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        """Delete the files that removed events brought: with a message goes the file that it bears."""
        for position, event in events:
            if isinstance(event, Put) and event.kind == KIND:
                self.remove(event.id)
            elif isinstance(event, Said) and event.extra and (id := _attached(event.extra)):
                self.remove(id)
                where = {"tenant": event.tenant, "id": id}
                connection.execute(_DELETE, where)
                connection.execute(_PURGE, {**where, "position": position})

    def _place(self, id: str) -> Path | None:
        found = _ID.fullmatch(id)
        return self._folder / found[1] / found[2] if found else None


_DELETE: Final = text(f"DELETE FROM record WHERE tenant = :tenant AND kind = '{KIND}' AND id = :id")
_PURGE: Final = text(
    f"INSERT INTO purge (position, subject, tenant) VALUES (:position, '{KIND}:' || :id, :tenant)"
    " ON CONFLICT DO NOTHING"
)


def _attached(extra: dict[str, object]) -> str:
    file = extra.get("file")
    return str(file.get("id", "")) if isinstance(file, dict) else ""


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
