"""Visitors over HTTP, as agents see them: found, changed, merged, invited, and who is on the site now."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from fastdesk.desk.contacts import bounded
from fastdesk.errors import Refused
from fastdesk.hooks.cards import Cards
from fastdesk.hub.live import Live
from fastdesk.model.folding import fold
from fastdesk.model.visitor import PageView, Visitor
from fastdesk.model.visitor_card import PluginCards
from fastdesk.pipeline.contacts import Contacts
from fastdesk.pipeline.masking import mask
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import VisitorQuery
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["ContactRoutes"]

Line = Annotated[str, Meta(max_length=200)]
Label = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class VisitorChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; those left out stay. `attributes` take the place of all that were there."""

    name: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    language: Annotated[str, Meta(max_length=20)] | None = None
    note: Annotated[str, Meta(max_length=4000)] | None = None
    labels: Annotated[tuple[Label, ...], Meta(max_length=50)] | None = None
    attributes: dict[str, Any] | None = None


class MergeWish(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Whose record and conversations come over; `sure` where both have proven different identities."""

    from_: Annotated[str, Meta(min_length=1, max_length=64)]
    sure: bool = False


class InviteWish(Struct, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S")]


class Invited(Struct, frozen=True):
    """The conversation that the invitation stands in."""

    conversation: str


class ShownCards(Struct, frozen=True):
    """What plug-ins have to show of a visitor."""

    items: list[PluginCards]


class Visitors(Struct, frozen=True):
    """A page of visitors, last seen first."""

    items: list[Any]
    cursor: str | None = None


class ContactRoutes:
    """Contacts and the visitors of this moment."""

    def __init__(self, rooms: Rooms, contacts: Contacts, cards: Cards) -> None:
        self._rooms = rooms
        self._contacts = contacts
        self._cards = cards

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, read, write, one = "visitors", "visitor.read", "visitor.write", "/v1/visitors/{id}"
        return [
            Route(method="GET", path="/v1/visitors", handler=self.list, access=read, audit="reading", tag=tag, answer=Visitors,
                  query=(Query("live", bool, False, "Only who is on a site now, with page, since, conversation and agent"),
                         Query("text", str, "", "Start of a name, address, number or identity"), Query("site", str, None),
                         Query("label", str, None, "Only visitors who bear this label"),
                         Query("cursor", str, None, "Where the last page ended"), Query("limit", int, 50, "Most rows", 1, 200)),
                  summary="List visitors, last seen first"),
            Route(method="GET", path=one, handler=self.read, access=read, audit="reading", tag=tag, answer=Visitor,
                  summary="Read a visitor"),
            Route(method="GET", path=one + "/cards", handler=self.cards, access=read, audit="reading", tag=tag, answer=ShownCards,
                  summary="Ask the plug-ins what they know of a visitor: orders, bills, subscriptions"),
            Route(method="PATCH", path=one, handler=self.change, access=write, tag=tag, body=VisitorChange, answer=Visitor,
                  summary="Change name, ways to reach them, labels, note or attributes of a visitor"),
            Route(method="POST", path=one + "/merge", handler=self.merge, access=write, tag=tag, body=MergeWish, answer=Visitor,
                  summary="Put another visitor's record and conversations to this one"),
            Route(method="POST", path=one + "/invite", handler=self.invite, access="conversation.write", tag=tag, body=InviteWish,
                  answer=Invited, summary="Begin to talk to a visitor who is on the site now"),
        ]  # fmt: skip

    async def list(self, call: Call) -> Visitors:
        """Return one page of visitors, or those who are here."""
        wish, tenant = call.query, call.principal.tenant
        if wish["live"]:
            present = self._contacts.present(tenant, wish["site"])
            return Visitors([_present(live) for live in present[: wish["limit"]]])
        names = ("site", "text", "label", "limit", "cursor")
        try:
            page = await self._rooms.store.visitors(
                tenant, VisitorQuery(**{name: wish[name] for name in names})
            )
        except ValueError:
            raise Refused("invalid", "This cursor is not one of ours.") from None
        beginning = fold(wish["text"].strip())
        if call.is_masked and beginning:
            # A number behind a mask must not be found out digit by digit.
            shown = [
                visitor
                for body in page.items
                if _is_called(visitor := mask(msgspec.json.decode(body)), beginning)
            ]
            return Visitors(shown, page.cursor)
        return Visitors([msgspec.Raw(body) for body in page.items], page.cursor)

    async def read(self, call: Call) -> Visitor:
        """Return one visitor, as connected or stored."""
        return await self._contacts.find(call.principal.tenant, call.path("id"))

    async def cards(self, call: Call) -> ShownCards:
        """Return the plug-ins' cards of a visitor."""
        visitor = await self._contacts.find(call.principal.tenant, call.path("id"))
        return ShownCards(list(await self._cards.of(visitor)))

    async def change(self, call: Call) -> Visitor:
        """Change a visitor."""
        wish: VisitorChange = call.body
        fields = {
            name: value for name in wish.__struct_fields__ if (value := getattr(wish, name)) is not None
        }
        if wish.attributes is not None:
            fields["attributes"] = bounded(wish.attributes)
        if wish.labels is not None:
            fields["labels"] = tuple(dict.fromkeys(label.strip() for label in wish.labels))
        principal = call.principal
        return await self._contacts.change(principal.tenant, call.path("id"), principal.id, **fields)

    async def merge(self, call: Call) -> Visitor:
        """Make one visitor of two."""
        wish: MergeWish = call.body
        principal = call.principal
        return await self._contacts.merge(
            principal.tenant, call.path("id"), wish.from_, principal.id, is_sure=wish.sure
        )

    async def invite(self, call: Call) -> Invited:
        """Say the first words to a visitor."""
        conversation = await self._contacts.invite(
            call.principal.tenant, call.path("id"), call.body.text.strip(), call.principal
        )
        return Invited(conversation.id)


def _is_called(visitor: dict[str, Any], beginning: str) -> bool:
    names = ("name", "email", "phone", "identity")
    return any(fold(visitor.get(name) or "").startswith(beginning) for name in names)


def _present(live: Live) -> dict[str, Any]:
    """Return a visitor who is here: the record, the page, since when, and who talks with them."""
    visitor, conversation = live.visitor, live.conversation
    page = visitor.trail[-1] if visitor.trail else PageView("")
    is_talking = live.is_opened and conversation.state != "resolved"
    return {
        **msgspec.to_builtins(visitor),
        "page": msgspec.to_builtins(page),
        "since": visitor.last_seen,
        "conversation": conversation.id if is_talking else None,
        "agent": conversation.assignee if is_talking else None,
    }
