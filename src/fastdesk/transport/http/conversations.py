"""Conversations for agents and programs: lists, histories, and every action of the socket."""

from typing import Any, Final, get_args

from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.hub.hub import agent_frame
from fastdesk.model.conversation import Priority, State
from fastdesk.model.identity import Principal
from fastdesk.model.view import View
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import (
    ConversationCounts,
    ConversationPage,
    ConversationQuery,
)
from fastdesk.transport.http.phrases import query_of
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["ConversationRoutes"]

_STATES: Final = get_args(State)
_MODES: Final = ("bot", "queued", "human")
_PRIORITIES: Final = get_args(Priority)


class ConversationRoutes:
    """What agents read over HTTP; what they do goes through the socket's frames."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, read = "conversations", "conversation.read"
        page = (
            Query("cursor", str, None, "Where the last page ended"),
            Query("limit", int, 50, "Most rows", 1, 200),
        )
        filters = tuple(
            Query(name, str, None, f"Only conversations of this {name}")
            for name in ("assignee", "team", "label", "site", "visitor")
        )
        return [
            Route(method="GET", path="/v1/conversations", handler=self.list, access=read, tag=tag, answer=ConversationPage,
                  query=(Query("state", str, None, "open, pending, snoozed or resolved; several with commas"),
                         Query("view", str, None, "Id of a saved view; what else is given goes before what it says"),
                         Query("mode", str, None, "bot, queued or human"),
                         Query("priority", str, None, "low, normal, high or urgent"),
                         Query("mentioned", str, None, "Only where this agent (me: oneself) is mentioned in a note"),
                         Query("unassigned", bool, False, "Only those that nobody has"), *filters, *page),
                  summary="List conversations, newest activity first; assignee may be me or none"),
            Route(method="GET", path="/v1/conversations/counts", handler=self.counts, access=read, tag=tag, answer=ConversationCounts,
                  summary="Count conversations by state, mode, assignee, team, label and mention"),
            Route(method="GET", path="/v1/conversations/{id}", handler=self.one, access=read, tag=tag,
                  summary="Read a conversation with its visitor"),
            Route(method="GET", path="/v1/conversations/{id}/events", handler=self.history, access=read, tag=tag,
                  query=(Query("before", int, None, "Only events with a lower rev"), Query("limit", int, 100, "Most events", 1, 500)),
                  summary="Read messages, notes and changes, oldest first"),
        ]  # fmt: skip

    async def list(self, call: Call) -> ConversationPage:
        """Return one page of conversations."""
        query = _apply(call.query, self._view(call), call.principal)
        try:
            return await self._rooms.store.conversations(call.principal.tenant, query)
        except ValueError:
            raise Refused("invalid", "This cursor is not one of ours.") from None

    def _view(self, call: Call) -> ConversationQuery:
        """Return what the view asks for that the caller names; everything where none is named."""
        if not call.query["view"]:
            return ConversationQuery()
        view = self._rooms.records.get(View, call.principal.tenant, "view", call.query["view"])
        if view is None or view.owner not in ("", call.principal.id):
            raise Refused("not_found", "There is no such view.")
        return query_of(view.filter, call.principal)

    async def counts(self, call: Call) -> ConversationCounts:
        """Return live counts."""
        return await self._rooms.store.counts(call.principal.tenant)

    async def one(self, call: Call) -> dict[str, Any]:
        """Return a conversation, its visitor and where it stands."""
        live = await self._rooms.lives.by_id(call.principal.tenant, call.path("id"))
        if live is None:
            raise Refused("not_found", "There is no such conversation.")
        return {
            "conversation": live.conversation,
            "visitor": live.visitor,
            "seq": live.durable_seq,
            "online": bool(live.visitors),
        }

    async def history(self, call: Call) -> dict[str, Any]:
        """Return a page of a conversation's events as the frames that agents get."""
        live = await self._rooms.lives.by_id(call.principal.tenant, call.path("id"))
        if live is None:
            raise Refused("not_found", "There is no such conversation.")
        wish = call.query
        events = await self._rooms.store.history(
            call.principal.tenant, live.conversation.id, wish["before"], wish["limit"]
        )
        frames = [frame for event in events if (frame := agent_frame(event)) is not None]
        return {"events": frames, "more": len(events) == wish["limit"]}


def _apply(wish: dict[str, Any], view: ConversationQuery, principal: Principal) -> ConversationQuery:
    """Return a view's question with what the caller asks besides."""
    fields: dict[str, Any] = {"cursor": wish["cursor"], "limit": wish["limit"]}
    states = tuple(state for state in (wish["state"] or "").split(",") if state)
    for name, known, given in (
        ("state", _STATES, states),
        ("mode", _MODES, (wish["mode"],) if wish["mode"] else ()),
        ("priority", _PRIORITIES, (wish["priority"],) if wish["priority"] else ()),
    ):
        if any(each not in known for each in given):
            raise Refused("invalid", f"{name} is one of {', '.join(known)}.")
    if states:
        fields["states"] = states
    fields |= {
        name: principal.id if wish[name] == "me" and name in ("assignee", "mentioned") else wish[name]
        for name in ("mode", "priority", "assignee", "mentioned", "team", "label", "site", "visitor")
        if wish[name]
    }
    if wish["unassigned"] or wish["assignee"] == "none":
        fields |= {"unassigned": True, "assignee": None}
    return replace(view, **fields)
