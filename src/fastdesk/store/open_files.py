"""The open files of an export, in a folder or in a ZIP archive; the same bytes in both.

    tenant.json            format, the tenant's id, its record
    messages.jsonl         what visitor and agents saw
    notes.jsonl            what only agents saw
    conversations.jsonl    every change of a conversation; the last line of an id is how it stands
    records.jsonl          every change of a record (visitors, rules, articles, agents …), likewise
    files/                 the files that people sent, named by their ids

One JSON object a line, in the order of `rev`, which numbers the lines of all files together.
"""

import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec
from msgspec import Struct

from fastdesk.errors import StoreError
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import TenantId

__all__ = [
    "FOLDER",
    "FORMAT",
    "HOUSE",
    "MANIFEST",
    "NAMES",
    "ArchiveSource",
    "ArchiveTarget",
    "FolderSource",
    "FolderTarget",
    "Manifest",
    "Source",
    "Target",
    "decode_lines",
    "encode_line",
]

HOUSE: Final = TenantId("-")
"""Under this name stand the records of the installation, among them those of the tenants."""

FORMAT: Final = 1
MANIFEST: Final = "tenant.json"
FOLDER: Final = "files"
NAMES: Final[dict[type[Event], str]] = {
    Said: "messages.jsonl",
    Noted: "notes.jsonl",
    Changed: "conversations.jsonl",
    Put: "records.jsonl",
}


class Manifest(Struct, forbid_unknown_fields=True):
    """The first file of an export."""

    format: int
    tenant: TenantId
    at: int
    record: msgspec.Raw


class Target(Protocol):
    """Where an export goes."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Begin the next file; the one before is closed."""


class Source(Protocol):
    """Where an import comes from."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a file; raises OSError when it is not there."""

    def attached(self) -> list[str]:
        """Return the names of the files that people sent."""


class FolderTarget:
    """Write into a folder, which is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


class ArchiveTarget:
    """Write into a ZIP archive, which need not be seekable. It bears no times: equal content gives equal bytes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        member = zipfile.ZipInfo(name)
        member.compress_type = zipfile.ZIP_STORED if name.startswith(FOLDER) else zipfile.ZIP_DEFLATED
        return self._archive.open(member, "w", force_zip64=True)


class FolderSource:
    """Read from a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return (self._folder / name).open("rb")

    def attached(self) -> list[str]:
        return sorted(path.name for path in (self._folder / FOLDER).glob("*"))


class ArchiveSource:
    """Read from a ZIP archive; nothing is unpacked to a name that stands in it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        try:
            return self._archive.open(name)
        except (KeyError, NotImplementedError, RuntimeError) as failure:
            raise FileNotFoundError(name) from failure

    def attached(self) -> list[str]:
        prefix = FOLDER + "/"
        return sorted(
            name[len(prefix) :]
            for name in self._archive.namelist()
            if name.startswith(prefix) and name != prefix
        )


def encode_line(event: Event) -> bytes:
    """Return the line of an event."""
    fields: dict[str, Any] = msgspec.structs.asdict(event)
    del fields["tenant"]
    if isinstance(event, Put) and event.body is not None:
        # As it was put, unless a line break in it would end the line.
        body = event.body if b"\n" not in event.body else msgspec.json.format(event.body, indent=-1)
        fields["body"] = msgspec.Raw(body)
    return msgspec.json.encode(fields) + b"\n"


def decode_lines(source: Source, kind: type[Event], tenant: TenantId) -> Iterator[Event]:
    """Iterate over the events of one file, as events of `tenant`. Raises StoreError for a line that is none."""
    names = kind.__struct_fields__[1:]
    head = msgspec.json.encode([kind.__struct_config__.tag, tenant])[:-1]
    decode = msgspec.json.Decoder(kind).decode
    with source.open(NAMES[kind]) as file:
        for number, line in enumerate(file, 1):
            try:
                fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
                if kind is Put and bytes(fields["body"]) != b"null":
                    fields["body"] = msgspec.Raw(msgspec.json.encode(bytes(fields["body"])))
                # The struct's own form is an array: tag, tenant, and the fields in their order.
                yield decode(b",".join([head, *(fields[name] for name in names)]) + b"]")
            except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError) as failure:
                raise StoreError(f"{NAMES[kind]} has no event in line {number}: {failure}.") from failure
