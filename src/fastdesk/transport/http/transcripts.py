"""A conversation as text, for its visitor and for whoever may read conversations. Notes are not part of it."""

from datetime import datetime, tzinfo
from typing import Final

from aiohttp import web

from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.event import Said
from fastdesk.model.identity import Principal
from fastdesk.pipeline.masking import mask_text
from fastdesk.pipeline.opening import Opening
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol.codes import Rejection
from fastdesk.transport.http.routes import Call, Query, Route
from fastdesk.transport.http.zones import zone_of

__all__ = ["TranscriptRoutes"]

PAGE: Final = 1000


class TranscriptRoutes:
    """Download conversations."""

    def __init__(self, rooms: Rooms, *, opening: Opening) -> None:
        self._rooms = rooms
        self._opening = opening

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        zone = (Query("zone", str, "UTC", "Time zone such as Asia/Shanghai, in which times are written"),)
        return [
            Route(method="GET", path="/v1/transcript", handler=self.own, access="visitor", tag="visitor", query=zone, gives="text/plain",
                  summary="Download one's own present conversation as text"),
            *(
                Route(method="GET", path=f"/v1/conversations/{{id}}/{name}", handler=self.any, access="party", tag="conversations",
                      query=zone, gives="text/plain", audit="reading",
                      summary="Download a conversation as text; visitors, one of their own")
                for name in ("transcript", "transcript.txt")
            ),
        ]  # fmt: skip

    async def own(self, call: Call) -> web.StreamResponse:
        """Send the present conversation of a visitor."""
        live = await self._opening.find_live(call.principal, call.address)
        if isinstance(live, Rejection):
            raise Refused(live.code, live.sentence)
        return await self._send(call, live)

    async def any(self, call: Call) -> web.StreamResponse:
        """Send a conversation; to a visitor it is one of theirs or none."""
        principal = call.principal
        live = await self._rooms.lives.by_id(principal.tenant, call.path("id"))
        if live is None or (principal.kind == "visitor" and not await self._owns(principal, live)):
            raise Refused("not_found", "There is no such conversation.")
        return await self._send(call, live)

    async def _owns(self, principal: Principal, live: Live) -> bool:
        """Tell whether a conversation is a visitor's own, or of the visitor that it was merged into."""
        if live.conversation.site != principal.site:
            return False
        if live.conversation.visitor == principal.id:
            return True
        visitor = await self._rooms.lives.known_visitor(principal.tenant, principal.id)
        return visitor is not None and live.conversation.visitor == visitor.id

    async def _send(self, call: Call, live: Live) -> web.StreamResponse:
        if call.principal.kind == "visitor" and not live.site.features.transcript:
            raise Refused("forbidden", "This site gives no transcripts.")
        zone = zone_of(call.query["zone"])
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Disposition": 'attachment; filename="chat.txt"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(call.request)
        conversation, after = live.conversation, 0
        while page := await self._rooms.store.said(conversation.tenant, conversation.id, after, PAGE):
            await response.write(_page(page, zone, is_masked=call.is_masked).encode())
            after = page[-1].seq
        return response


def _page(page: list[Said], zone: tzinfo, *, is_masked: bool) -> str:
    lines = (_line(said, zone) for said in page)
    return "".join(map(mask_text, lines) if is_masked else lines)


def _line(said: Said, zone: tzinfo) -> str:
    at = datetime.fromtimestamp(said.at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    file = (said.extra or {}).get("file")
    words = said.text
    if isinstance(file, dict):
        words = f"{words} [{file.get('name', '')}]".strip()
    return f"[{at}] {said.name or said.role}: {words}\n"
