"""What agents say and do every day, over HTTP: run a macro, fill in a canned reply, count what saved views hold."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.canned import Canned
from fastdesk.model.conversation import Conversation
from fastdesk.model.identity import Principal
from fastdesk.model.macro import Macro
from fastdesk.model.view import Filter, View
from fastdesk.pipeline.phrases import Phrases
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import ConversationQuery
from fastdesk.transport.http.routes import Call, Route

__all__ = ["PhraseRoutes", "query_of"]


class FillWish(Struct, frozen=True):
    conversation: Annotated[str, Meta(min_length=1, max_length=64)]


class Filled(Struct, frozen=True):
    """A canned reply with its variables filled in."""

    text: str


class MacroRun(Struct, frozen=True):
    """The conversation as the macro left it."""

    conversation: Conversation


def query_of(filter: Filter, principal: Principal) -> ConversationQuery:
    """Return the question to the store that a view asks; `me` is whoever looks."""
    me = principal.id

    def whom(name: str | None) -> Any:
        return me if name == "me" else name

    fields = {name: getattr(filter, name) for name in ("mode", "priority", "team", "label", "site")}
    return ConversationQuery(
        states=(filter.state,) if filter.state is not None else ("open", "pending", "snoozed"),
        assignee=None if filter.assignee == "none" else whom(filter.assignee),
        unassigned=filter.assignee == "none",
        mentioned=whom(filter.mentioned),
        **fields,
    )


class PhraseRoutes:
    """Canned replies, macros and views beyond their records."""

    def __init__(self, rooms: Rooms, phrases: Phrases) -> None:
        self._rooms = rooms
        self._phrases = phrases

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        return [
            Route(method="POST", path="/v1/conversations/{id}/macros/{macro}", handler=self.run, access="conversation.write",
                  tag="conversations", answer=MacroRun, summary="Run a macro: all of its actions, or none and why"),
            Route(method="POST", path="/v1/canned/{id}/fill", handler=self.fill, access="conversation.write", tag="canned",
                  body=FillWish, answer=Filled, summary="Fill in a canned reply for a conversation, and count its use"),
            Route(method="GET", path="/v1/views/counts", handler=self.counts, access="conversation.read", tag="views",
                  answer=dict[str, int], summary="Count what each saved view holds now"),
        ]  # fmt: skip

    async def run(self, call: Call) -> MacroRun:
        """Run a macro."""
        macro = self._rooms.records.get(Macro, call.principal.tenant, "macro", call.path("macro"))
        if macro is None or macro.owner not in ("", call.principal.id):
            raise Refused("not_found", "There is no such macro.")
        live = await self._live(call, call.path("id"))
        return MacroRun(self._phrases.run(macro, live, call.principal))

    async def fill(self, call: Call) -> Filled:
        """Fill in a canned reply."""
        canned = self._rooms.records.get(Canned, call.principal.tenant, "canned", call.path("id"))
        if canned is None or canned.owner not in ("", call.principal.id):
            raise Refused("not_found", "There is no such canned reply.")
        live = await self._live(call, call.body.conversation)
        return Filled(self._phrases.fill(canned, live, call.principal))

    async def counts(self, call: Call) -> dict[str, int]:
        """Return how many conversations each view holds."""
        principal, store = call.principal, self._rooms.store
        views = self._rooms.records.all(View, principal.tenant, "view")
        return {
            view.id: await store.count(principal.tenant, query_of(view.filter, principal))
            for view in views
            if view.owner in ("", principal.id)
        }

    async def _live(self, call: Call, conversation: str) -> Live:
        live = await self._rooms.lives.by_id(call.principal.tenant, conversation)
        if live is None:
            raise Refused("not_found", "There is no such conversation.")
        return live
