"""Files that people send: taken in when they are what a tenant takes, and known again when a message bears one.

A file's id ends with a code over everything that is told of it, made with the installation's secret. So a message's file
is checked without looking anything up: whoever sends it was given exactly that.
"""

import asyncio
import base64
import hmac
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from fastdesk.desk.images import FORMATS, is_available, rewrite
from fastdesk.desk.sniffing import ENDINGS, HEAD_BYTES, sniff, sniff_archive
from fastdesk.errors import Refused
from fastdesk.model.event import Event, Put
from fastdesk.model.file import KIND, FileLimits, StoredFile, tenant_of_file
from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import Clock, Entropy, new_secret
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send
from fastdesk.store.files import Arrival, FileFolder
from fastdesk.store.protocol import Record

__all__ = ["Files", "clean_name", "view"]

_CODE_BYTES: Final = 12
_SECRET_BYTES: Final = 18
_MAX_NAME: Final = 150
#: Invisible characters that make a name look like another one, and what leads out of a folder or ends a header.
_BAD_IN_NAMES: Final = re.compile(
    r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]'
)


class Store(Protocol):
    """What files need of the store."""

    accepting: bool

    async def commit(self, event: Event) -> None:
        """Append and return once it is on disk."""

    async def record(self, tenant: TenantId, kind: str, id: str) -> Record | None:
        """Return one record."""

    async def records(self, kind: str, tenant: TenantId | None = None) -> list[Record]:
        """Return the records of a kind."""


class Files:
    """Take files in, find them, and check those that messages bear.

    Args:
        folder: where the bytes go; None refuses every file.
        quota_of: most bytes of all files of a tenant.
        next_rev: gives a tenant's next number.
    """

    def __init__(
        self,
        *,
        folder: FileFolder | None,
        limits: FileLimits,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        secret: str,
        quota_of: Callable[[TenantId], int],
        next_rev: Callable[[TenantId], int],
    ) -> None:
        self.limits = limits
        self._folder = folder
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._key = hmac.digest(secret.encode(), b"files", "sha256")
        self._quota_of = quota_of
        self._next_rev = next_rev
        #: Bytes of all files of a tenant, once counted, and of those that are on their way.
        self._used: dict[TenantId, int] = {}
        self._arriving: Counter[TenantId] = Counter()
        self._counting = asyncio.Lock()
        self._rewriting = asyncio.Semaphore(2)  # an image takes up to 200 MB while it is rewritten

    async def start(self) -> None:
        """Finish what a crash interrupted."""
        if self._folder is not None:
            await self._folder.recover(self._is_known)

    async def take(self, principal: Principal, name: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        """Store a file that arrives in chunks and return it once it is on disk.

        Raises Refused for one that is too large, of a type that is not taken, or more than the tenant has room for; what
        `chunks` raises leaves nothing behind.
        """
        if self._folder is None or not self._store.accepting:
            raise Refused("retry_later", "Files cannot be stored now.", retry_after_ms=1000)
        tenant, size = principal.tenant, 0
        await self._count(tenant)
        secret = new_secret(self._entropy, _SECRET_BYTES)
        arriving = f"{tenant}.{secret}"
        arrival = await asyncio.to_thread(self._folder.begin, arriving)
        try:
            head = b""
            async for chunk in chunks:
                size += len(chunk)
                self._arriving[tenant] += len(chunk)
                self._check_size(tenant, size)
                head += chunk[: HEAD_BYTES - len(head)]
                await asyncio.to_thread(arrival.write, chunk)
            type = await self._type_of(head, arrival)
            if type in FORMATS and is_available():
                async with self._rewriting:
                    await asyncio.to_thread(_rewrite, arrival, type)
            stored = await asyncio.to_thread(arrival.finish)
            name = clean_name(name, type)
            file = StoredFile(
                id="", name=name, type=type, size=stored, by=principal.id, at=self._clock.now_ms()
            )
            file = replace(file, id=self._id(tenant, secret, file))
            await self._enter(tenant, arriving, file)
        except BaseException:
            arrival.discard()
            raise
        finally:
            self._arriving[tenant] -= size
        return file

    async def find(self, id: str) -> tuple[StoredFile, Path] | None:
        """Return a file and where it stands; any text may be asked for."""
        path = self._folder.path(id) if self._folder is not None else None
        record = await self._store.record(tenant_of_file(id), KIND, id) if path is not None else None
        if path is None or record is None:
            return None
        return msgspec.json.decode(record.body, type=StoredFile), path

    def check(self, sender: str, tenant: TenantId, frame: Send) -> Rejection | None:
        """Say why a message may not bear what stands in its `extra.file`; None when it may, or when it bears none."""
        bears = (frame.extra or {}).get("file")
        may_bear = frame.kind in ("image", "file")
        if (bears is None and not may_bear) or (may_bear and self._was_given(sender, tenant, bears)):
            return None
        sentence = "extra.file of an image or file is what POST /v1/files answered to the same sender."
        return Rejection("invalid", sentence, frame.id)

    def recount(self, tenant: TenantId) -> None:
        """Count a tenant's files anew: some were removed."""
        self._used.pop(tenant, None)

    def _check_size(self, tenant: TenantId, size: int) -> None:
        if size > self.limits.max_bytes:
            raise Refused("too_large", f"At most {self.limits.max_bytes} bytes are possible.")
        if self._used.get(tenant, 0) + self._arriving[tenant] > self._quota_of(tenant):
            raise Refused("quota_full", "There is no room for more files.")

    async def _type_of(self, head: bytes, arrival: Arrival) -> str:
        if not head:
            raise Refused("invalid", "The file is empty.")
        type = sniff(head)
        if type == "application/zip":
            type = await asyncio.to_thread(sniff_archive, arrival.file)
        if type not in self.limits.types:
            known = ", ".join(name for each in self.limits.types for name in ENDINGS[each][:1])
            raise Refused("file_type", "Files of this kind are not taken.", hint=f"Taken are {known}.")
        return type

    async def _enter(self, tenant: TenantId, arriving: str, file: StoredFile) -> None:
        """Give a file its record, then its place; a crash in between is made good at the next start."""
        assert self._folder is not None
        await asyncio.to_thread(self._folder.rename, arriving, file.id)
        body = msgspec.json.encode(file)
        await self._store.commit(Put(tenant, self._next_rev(tenant), file.at, KIND, file.id, body, file.by))
        await asyncio.to_thread(self._folder.keep, file.id)
        if tenant in self._used:
            self._used[tenant] += file.size

    async def _count(self, tenant: TenantId) -> None:
        async with self._counting:
            if tenant not in self._used:
                records = await self._store.records(KIND, tenant)
                self._used[tenant] = sum(
                    msgspec.json.decode(record.body, type=StoredFile).size for record in records
                )

    async def _is_known(self, tenant: TenantId, id: str) -> bool:
        return await self._store.record(tenant, KIND, id) is not None

    def _id(self, tenant: TenantId, secret: str, file: StoredFile) -> str:
        told = msgspec.json.encode([tenant, secret, file.by, file.name, file.type, file.size])
        code = hmac.digest(self._key, told, "sha256")[:_CODE_BYTES]
        return f"{tenant}.{secret}{base64.urlsafe_b64encode(code).decode()}"

    def _was_given(self, sender: str, tenant: TenantId, bears: Any) -> bool:
        """Tell whether `bears` is what `view` made of a file of this sender."""
        try:
            told = {name: bears[name] for name in ("id", "name", "type", "size")}
            file = msgspec.convert({**told, "by": sender, "at": 0}, StoredFile)
        except (KeyError, TypeError, msgspec.ValidationError):
            return False
        secret = file.id.rpartition(".")[2][: -_CODE_BYTES // 3 * 4]
        right = self._id(tenant, secret, file)
        if not hmac.compare_digest(right.encode(), file.id.encode()) or view(file) != bears:
            return False
        return (
            self._folder is not None and self._folder.path(file.id) is not None
        )  # not sent for a day: removed


def view(file: StoredFile) -> dict[str, Any]:
    """Return what the sender of a file is told, and what a message bears."""
    url = f"/v1/files/{file.id}/{quote(file.name, safe='')}"
    return {"id": file.id, "url": url, "name": file.name, "type": file.type, "size": file.size}


def clean_name(name: str, type: str) -> str:
    """Return a file name that leads nowhere and promises nothing that the file is not."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = _BAD_IN_NAMES.sub("", name).strip(" .")[-_MAX_NAME:] or "file"
    endings = ENDINGS[type]
    return name if name.rpartition(".")[2].lower() in endings and "." in name else f"{name}.{endings[0]}"


def _rewrite(arrival: Arrival, type: str) -> None:
    arrival.replace(rewrite(arrival.read(), type))
