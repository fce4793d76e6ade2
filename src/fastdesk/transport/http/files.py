"""Files over HTTP: stored as they arrive, and served so that no browser runs what they hold."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from urllib.parse import quote, unquote

from aiohttp import web

from fastdesk.desk.files import view
from fastdesk.errors import Refused
from fastdesk.model.file import StoredFile
from fastdesk.model.identity import Principal
from fastdesk.pipeline.rooms import Rooms
from fastdesk.tenants.limits import Rate
from fastdesk.tenants.throttle import Throttle
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["FileRoutes", "chunks_of"]

_CHUNK_DEADLINE_S: Final = 15.0
_DEADLINE_S: Final = 600
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",  # asked for again each time, so that what is erased is gone
}


class FileRoutes:
    """Take files from visitors and agents, and give them back to who knows their address."""

    def __init__(self, rooms: Rooms, *, limits_on: bool) -> None:
        self._rooms = rooms
        self._throttle = Throttle(Rate(0.5, 20), enabled=limits_on)

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        return [
            Route(method="POST", path="/v1/files", handler=self.take, access="known", tag="files", answer=dict[str, Any],
                  takes="application/octet-stream", status=201,
                  headers=(Query("X-File-Name", str, None, "Its name, percent-encoded UTF-8; `file` where it has none"),),
                  summary="Store a file, sent as the body; one that no message bears within a day is removed"),
            Route(method="GET", path="/v1/files/{id}/{name}", handler=self.give, access="open", tag="files", gives="*/*",
                  summary="Download a file"),
        ]  # fmt: skip

    async def take(self, call: Call) -> dict[str, Any]:
        """Store a file."""
        if (call.request.content_length or 0) > self._rooms.files.limits.max_bytes:
            raise Refused("too_large", f"At most {self._rooms.files.limits.max_bytes} bytes are possible.")
        name = unquote(call.request.headers.get("X-File-Name", ""))
        chunks = chunks_of(call.request, self._rooms.clock.now_ns)
        return view(await self.store(call.principal, call.address, name, chunks))

    async def store(
        self, principal: Principal, address: str, name: str, chunks: AsyncIterator[bytes]
    ) -> StoredFile:
        """Store a file of somebody who may send one; raises Refused."""
        wait_ns = self._throttle.take((principal.id,), self._rooms.clock.now_ns())
        if wait_ns:
            raise Refused("rate_limited", "Too many files.", retry_after_ms=-(-wait_ns // 1_000_000))
        self._check_sender(principal, address)
        return await self._rooms.files.take(principal, name, chunks)

    async def give(self, call: Call) -> web.StreamResponse:
        """Return a file's bytes; their type is what they are."""
        found = await self._rooms.files.find(call.path("id"))
        if found is None:
            raise Refused("not_found", "There is no such file.")
        file, path = found
        headers = {
            **_HEADERS,
            "Content-Type": file.type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        }
        return web.FileResponse(path, headers=headers)

    def _check_sender(self, principal: Principal, address: str) -> None:
        if principal.kind != "visitor":
            return
        rooms = self._rooms
        site = rooms.records.site(principal.tenant, principal.site or "")
        if site is None or not site.features.upload:
            raise Refused("forbidden", "This site takes no files.")
        refusal = rooms.gatekeeper.refuse(principal.tenant, principal.id, address)
        if refusal is not None:
            raise Refused(refusal.code, refusal.sentence)


async def chunks_of(request: web.Request, now_ns: Callable[[], int]) -> AsyncIterator[bytes]:
    """Iterate over the body as it arrives; one that stops arriving, or takes for ever, is refused."""
    end_ns = now_ns() + _DEADLINE_S * 1_000_000_000
    while True:
        try:
            if now_ns() > end_ns:
                raise TimeoutError
            async with asyncio.timeout(_CHUNK_DEADLINE_S):
                chunk = await request.content.readany()
        except TimeoutError:
            request.protocol.force_close()
            raise Refused("bad_request", "The body did not arrive in time.") from None
        except (web.RequestPayloadError, ConnectionError, ValueError):
            raise Refused("bad_request", "The body is broken off or malformed.") from None
        if not chunk:
            return
        yield chunk
