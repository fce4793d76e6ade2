"""Why the desk did what it did by itself in a conversation, one line each."""

from fastdesk.errors import Refused
from fastdesk.model.ids import ConversationId
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.why import WhyLine, why_of
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["WhyRoutes"]


class WhyRoutes:
    """The why-records of a conversation."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        return [
            Route(method="GET", path="/v1/conversations/{id}/why", handler=self.all, access="conversation.read", tag="conversations",
                  answer=list[WhyLine], summary="Why the desk answered, did not answer, assigned, handed off or blocked, oldest first",
                  query=(Query("before", int, None, "Only events with a lower rev"),
                         Query("limit", int, 200, "Most events to look at", 1, 500))),
        ]  # fmt: skip

    async def all(self, call: Call) -> list[WhyLine]:
        """Return the lines of the newest events."""
        tenant, id = call.principal.tenant, call.path("id")
        if await self._rooms.lives.by_id(tenant, id) is None:
            raise Refused("not_found", "There is no such conversation.")
        events = await self._rooms.store.history(
            tenant, ConversationId(id), call.query["before"], call.query["limit"]
        )
        return [line for event in events if (line := why_of(event)) is not None]
