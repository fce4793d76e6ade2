"""A whole tenant out as a ZIP archive, and in again."""

import asyncio
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from fastdesk.errors import Refused, StoreError
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import new_id
from fastdesk.pipeline.adoption import Adoption
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.export import write_export
from fastdesk.store.files import Arrival, FileFolder
from fastdesk.store.importing import check_events, copy_files, read_manifest
from fastdesk.store.open_files import ArchiveSource, ArchiveTarget
from fastdesk.transport.http.files import chunks_of
from fastdesk.transport.http.routes import Call, Route

__all__ = ["ArchiveRoutes"]

_QUEUED: Final = 16  # pieces of 64 KiB between the thread that writes and the socket
_PIECE_BYTES: Final = 65_536
#: An archive that is longer comes in with `fastdesk import`.
_MAX_IMPORT_BYTES: Final = 4 << 30


class Progress(Struct, frozen=True):
    """How far an export or import is; both 0 when none runs."""

    running: str
    done: int
    total: int


class ArchiveRoutes:
    """Export and import; one of them at a time."""

    def __init__(
        self, rooms: Rooms, *, data: Path, adoption: Adoption, may_import: Callable[[], bool]
    ) -> None:
        self._rooms = rooms
        self._data = data
        self._adoption = adoption
        self._may_import = may_import
        self._progress = Progress("", 0, 0)

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        access, tag = "export.run", "rights"
        return [
            Route(method="POST", path="/v1/export", handler=self.export, access=access, tag=tag, gives="application/zip",
                  summary="Download everything of the tenant as a ZIP archive of open files"),
            Route(method="GET", path="/v1/export", handler=self.progress, access=access, tag=tag, answer=Progress,
                  summary="How far the running export or import is"),
            Route(method="POST", path="/v1/import", handler=self.import_, access=access, tag=tag, takes="application/zip",
                  answer=dict[str, Any], summary="Bring in an exported tenant that this installation does not have"),
        ]  # fmt: skip

    async def progress(self, call: Call) -> Progress:
        """Return how far the running export or import is."""
        return self._progress

    def _begin(self, what: str) -> None:
        if self._progress.running:
            raise Refused("conflict", f"An {self._progress.running} is running.", hint="Wait for its end.")
        self._progress = Progress(what, 0, 0)

    def _moved(self, done: int, total: int) -> None:
        """Note the progress; called in the working thread, and assigning is one step."""
        self._progress = Progress(self._progress.running, done, total)

    async def export(self, call: Call) -> web.StreamResponse:
        """Send the archive while it is being written."""
        tenant = call.principal.tenant
        self._begin("export")
        pipe = _Pipe(asyncio.get_running_loop())
        work: asyncio.Task[None] | None = None
        try:
            await self._rooms.store.settle()
            response = web.StreamResponse(
                headers={
                    "Content-Type": "application/zip",
                    "Content-Disposition": f'attachment; filename="{tenant}.zip"',
                    "Cache-Control": "no-store",
                }
            )
            await response.prepare(call.request)
            work = self._rooms.tasks.spawn(asyncio.to_thread(self._write, tenant, pipe), "export")
            while piece := await pipe.queue.get():
                await response.write(piece)
            if await asyncio.wait([work]) and work.exception() is not None:
                call.request.protocol.force_close()  # the reader must not take this for the whole
            else:
                await response.write_eof()
        finally:
            pipe.is_cut = True
            if work is not None:
                while not work.done():  # a full queue holds the thread
                    pipe.empty()
                    await asyncio.wait([work], timeout=0.05)
            self._progress = Progress("", 0, 0)
        return response

    def _write(self, tenant: TenantId, pipe: "_Pipe") -> None:
        try:
            out = io.BufferedWriter(pipe, _PIECE_BYTES)
            with zipfile.ZipFile(out, "w", compresslevel=1) as archive:
                write_export(self._data, tenant, ArchiveTarget(archive), self._moved)
            out.flush()
        finally:
            pipe.end()

    async def import_(self, call: Call) -> dict[str, Any]:
        """Take an archive in: first to the disk, then checked whole, then its events one by one."""
        if not self._may_import():
            raise Refused(
                "forbidden",
                "This installation has several tenants.",
                hint="Its operator imports with `fastdesk import`.",
            )
        self._begin("import")
        name = "import-" + new_id(self._rooms.clock.now_ms(), self._rooms.entropy)
        arrival = await asyncio.to_thread(FileFolder(self._data).begin, name)
        try:
            size = 0
            async for chunk in chunks_of(call.request, self._rooms.clock.now_ns):
                size += len(chunk)
                if size > _MAX_IMPORT_BYTES:
                    raise Refused("too_large", "This archive is too large.", hint="Use `fastdesk import`.")
                await asyncio.to_thread(arrival.write, chunk)
            return await self._take_in(arrival)
        finally:
            arrival.discard()
            self._progress = Progress("", 0, 0)

    async def _take_in(self, arrival: Arrival) -> dict[str, Any]:
        try:
            with zipfile.ZipFile(arrival.file) as archive:
                source = ArchiveSource(archive)
                manifest = await asyncio.to_thread(read_manifest, source)
                tenant = manifest.tenant
                self._adoption.check_tenant(manifest)
                events = await asyncio.to_thread(check_events, source, tenant, self._adoption.check_event)
                await asyncio.to_thread(copy_files, source, FileFolder(self._data), tenant)
                await self._adoption.adopt(manifest, source, self._moved)
        except (zipfile.BadZipFile, StoreError) as failure:
            raise Refused("invalid", f"This is no export: {failure}"[:300]) from None
        return {"tenant": tenant, "events": events}


class _Pipe(io.RawIOBase):
    """Carry bytes from a thread to the loop; writing waits while the reader is behind."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(_QUEUED)
        self.is_cut = False

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        if self.is_cut:
            raise BrokenPipeError("The reader is gone.")
        piece = bytes(content)
        if piece:
            asyncio.run_coroutine_threadsafe(self.queue.put(piece), self._loop).result()
        return len(piece)

    def end(self) -> None:
        """Tell the reader that nothing more comes."""
        asyncio.run_coroutine_threadsafe(self.queue.put(b""), self._loop).result()

    def empty(self) -> None:
        """Let go of what nobody reads any more."""
        while not self.queue.empty():
            self.queue.get_nowait()
