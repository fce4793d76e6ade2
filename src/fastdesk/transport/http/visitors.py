"""Visitors over HTTP: who they are, their messages, and what they missed."""

import asyncio
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.desk.contacts import bounded, see_page
from fastdesk.desk.devices import device_name
from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.ids import TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import new_id
from fastdesk.pipeline.opening import Opening, as_visitor
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.runner import Pipeline
from fastdesk.protocol.codec import JSON, message_frame
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Inbound, Message, Reset, Send
from fastdesk.tenants.gate import Gate
from fastdesk.tenants.tokens import ProvenIdentity, prove_identity
from fastdesk.transport.http.exchange import Events, Exchange, Stored
from fastdesk.transport.http.routes import Call, Query, Route, wait_for_answer
from fastdesk.transport.http.sessions import PollSession, PostSession

__all__ = ["VisitorRoutes"]

Short = Annotated[str, Meta(max_length=200)]


class NewVisitor(Struct, frozen=True, kw_only=True):
    """What a page says of a visitor. `identity` counts only with a right `signature`."""

    site: Annotated[str, Meta(min_length=1, max_length=64)]
    locale: Short = ""
    identity: dict[str, Any] | None = None
    signature: Annotated[str, Meta(max_length=4096)] = ""
    fields: dict[str, Any] = {}


class Admitted(Struct, frozen=True, kw_only=True):
    """A visitor's token and where its conversation stands."""

    token: str
    visitor: str
    conversation: str
    epoch: str
    seq: int
    site: dict[str, Any]


class Messages(Struct, frozen=True):
    """A page of history, oldest first."""

    messages: list[Message]
    more: bool


class VisitorRoutes:
    """Everything that a visitor's page can ask for."""

    def __init__(self, rooms: Rooms, *, gate: Gate, opening: Opening, pipeline: Pipeline) -> None:
        self._rooms = rooms
        self._gate = gate
        self._opening = opening
        self._pipeline = pipeline
        self._exchange = Exchange(rooms, opening=opening, pipeline=pipeline)
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """Let long polls and event streams end."""
        self.stopping.set()
        self._exchange.stop()

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        after = Query("after", int, None, "Highest seq that is known")
        return [
            Route(method="POST", path="/v1/visitors", handler=self.admit, access="open", tag="visitor", body=NewVisitor,
                  answer=Admitted, summary="Come in as a new, known or signed visitor"),
            Route(method="POST", path="/v1/messages", handler=self.say, quick=self._exchange.say, access="visitor",
                  tag="visitor", body=Send, answer=Stored, summary="Send a message; answered once it is on disk"),
            Route(method="POST", path="/v1/frames", handler=self.frame, access="visitor", tag="visitor", body=Inbound, status=204,
                  summary="Send any other frame of a visitor: typing, read, rate, human, end, stop, page, track"),
            Route(method="GET", path="/v1/events", handler=self.events, quick=self._exchange.poll, access="visitor",
                  tag="visitor", answer=Events,
                  query=(after, Query("wait", int, 0, "Seconds to wait for news", 0, 60), Query("epoch", str, None, "Known epoch")),
                  summary="Long poll; an event stream with Accept: text/event-stream"),
            Route(method="GET", path="/v1/messages", handler=self.history, access="visitor", tag="visitor", answer=Messages,
                  query=(Query("before", int, None, "Only messages with a lower seq"), Query("limit", int, 50, "Most messages", 1, 200)),
                  summary="Read earlier messages"),
        ]  # fmt: skip

    async def admit(self, call: Call) -> Admitted:
        """Give a visitor its token; nothing is stored of an anonymous one before its first message."""
        wish: NewVisitor = call.body
        rooms = self._rooms
        tenant = rooms.records.tenant_of_site(wish.site)
        site = rooms.records.site(tenant, wish.site) if tenant is not None else None
        if tenant is None or site is None:
            raise Refused(
                "not_found",
                "There is no site with this key.",
                hint="Copy the key from the console, under Sites.",
            )
        _check_origin(site, call.request)
        self._refuse_blocked(tenant, "", call.address)
        live = await self._visitor_live(call, wish, site, tenant)
        now_ms = rooms.clock.now_ms()
        self._refuse_blocked(tenant, live.visitor.id, call.address)
        visitor = live.visitor
        token = self._gate.visitors.issue(tenant, site.id, visitor.id, now_ms=now_ms)
        view = rooms.site_view(tenant, site)
        return Admitted(
            token=token,
            visitor=visitor.id,
            conversation=live.conversation.id,
            epoch=rooms.epoch,
            seq=live.durable_seq,
            site=view,
        )

    def _refuse_blocked(self, tenant: TenantId, visitor: str, address: str) -> None:
        refusal = self._rooms.gatekeeper.refuse(tenant, visitor, address)
        if refusal is not None:
            raise Refused(refusal.code, refusal.sentence)

    async def _visitor_live(self, call: Call, wish: NewVisitor, site: Site, tenant: Any) -> Live:
        rooms = self._rooms
        now_ms = rooms.clock.now_ms()
        proven = self._prove(site, wish, now_ms)
        known = await self._known(call, wish, site, tenant, proven)
        visitor = known or Visitor(
            id=VisitorId(new_id(now_ms, rooms.entropy)), tenant=tenant, site=site.id, first_seen=now_ms
        )
        visitor = _described(visitor, call, wish, proven, now_ms)
        live = await rooms.lives.of_visitor(visitor, site)
        live.visitor = visitor
        if proven is not None or (known is not None and live.is_opened):
            rooms.visitors.save(visitor)
        return live

    def _prove(self, site: Site, wish: NewVisitor, now_ms: int) -> ProvenIdentity | None:
        if wish.identity is None and not wish.signature:
            if site.signed_only:
                raise Refused("forbidden", "This site lets only signed-in visitors in.")
            return None
        proven = prove_identity(site, wish.identity or {}, wish.signature, now_ms=now_ms)
        if isinstance(proven, Rejection):
            raise Refused(proven.code, proven.sentence)
        return proven

    async def _known(
        self, call: Call, wish: NewVisitor, site: Site, tenant: Any, proven: ProvenIdentity | None
    ) -> Visitor | None:
        """Return the visitor that a signature or the caller's token names."""
        rooms = self._rooms
        if proven is not None:
            bodies = await rooms.store.visitors_by_identity(tenant, site.id, proven.id)
            if bodies:
                found = msgspec.json.decode(bodies[0], type=Visitor)
                return await rooms.lives.known_visitor(tenant, found.id) if found.merged_into else found
        principal = call._principal
        if (
            principal is None
            or principal.kind != "visitor"
            or (principal.tenant, principal.site) != (tenant, site.id)
        ):
            return None
        live = rooms.hub.current(tenant, site.id, principal.id)
        visitor = live.visitor if live is not None else await rooms.lives.known_visitor(tenant, principal.id)
        if visitor is None:
            now_ms = rooms.clock.now_ms()
            return Visitor(id=VisitorId(principal.id), tenant=tenant, site=site.id, first_seen=now_ms)
        is_somebody_else = visitor.identity is not None and visitor.identity != (
            proven.id if proven else None
        )
        return None if is_somebody_else and (site.signed_only or proven is not None) else visitor

    async def _live(self, call: Call) -> Live:
        live = await self._opening.find_live(call.principal, call.address)
        if isinstance(live, Rejection):
            raise Refused(live.code, live.sentence)
        return live

    async def say(self, call: Call) -> Stored | Rejection:
        """Store a message."""
        return await wait_for_answer(self._exchange.say, call)

    async def frame(self, call: Call) -> None:
        """Carry out a frame that has no answer of its own."""
        if isinstance(call.body, Send):
            raise Refused("bad_request", "Messages go to POST /v1/messages.")
        live = await self._live(call)
        session = PostSession(as_visitor(call.principal, live), live, call.address)
        self._pipeline.accept_frame(session, call.body)
        if session.answer.done() and isinstance(refusal := session.answer.result(), Rejection):
            raise Refused(refusal.code, refusal.sentence, retry_after_ms=refusal.retry_after_ms)

    async def events(self, call: Call) -> Events | Rejection | web.StreamResponse:
        """Return what happened behind `after`, waiting up to `wait` seconds for it."""
        if "text/event-stream" in call.request.headers.get("Accept", ""):
            return await self._stream(call, await self._live(call))
        return await wait_for_answer(self._exchange.poll, call)

    async def _stream(self, call: Call, live: Live) -> web.StreamResponse:
        """Send frames as server-sent events (WHATWG HTML, 9.2); the event id is the highest seq so far."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        )
        response.headers["X-Accel-Buffering"] = "no"
        await response.prepare(call.request)
        known = call.request.headers.get("Last-Event-ID", "")
        after = int(known) if known.isdigit() and len(known) < 17 else call.query["after"]
        session = PollSession(call.principal, call.address)
        try:
            if after is not None:
                if after > live.durable_seq:
                    await response.write(
                        _event(JSON.encode(Reset(self._rooms.epoch, live.durable_seq)), live.durable_seq)
                    )
                    after = live.durable_seq
                while after < live.durable_seq:
                    missed = await self._opening.missed(live, after)
                    after = missed[-1].seq if missed else live.durable_seq
                    await response.write(b"".join(_event(JSON.message(said), said.seq) for said in missed))
            self._rooms.hub.join_visitor(session, live)
            session.send(self._rooms.status(live.conversation))
            while not session.closed and not self.stopping.is_set():
                try:
                    async with asyncio.timeout(15):
                        await session.wake.wait()
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                await response.write(b"".join(_event(frame, live.durable_seq) for frame in session.take()))
        except ConnectionError:
            pass  # the reader is gone; it resumes with its last event id
        finally:
            self._opening.leave(session)
        return response

    async def history(self, call: Call) -> Messages:
        """Return the messages before a seq, newest page first, each page oldest first."""
        live = await self._live(call)
        before = min(call.query["before"] or live.durable_seq + 1, live.durable_seq + 1)
        limit = call.query["limit"]
        conversation = live.conversation
        first = max(before - limit, 1)
        said = await self._rooms.store.said(conversation.tenant, conversation.id, first - 1, limit)
        return Messages([message_frame(each) for each in said if each.seq < before], first > 1)


def _described(
    visitor: Visitor, call: Call, wish: NewVisitor, proven: ProvenIdentity | None, now_ms: int
) -> Visitor:
    """Return a visitor with what the page, the connection and the signature say of it."""
    headers = call.request.headers
    language = wish.locale or headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()[:20]
    # What the widget says of the page it stands on is no field of the owner's.
    page, title, referrer = (str(wish.fields.get(name) or "") for name in _PAGE)
    fields = bounded(
        visitor.fields, {name: value for name, value in wish.fields.items() if name not in _PAGE}
    )
    visitor = replace(
        visitor,
        last_seen=now_ms,
        language=language,
        fields=fields,
        address=call.address,
        device=device_name(headers.get("User-Agent", "")[:500]),
    )
    if page:
        visitor = see_page(visitor, page, title, referrer, now_ms)
    if proven is None:
        return visitor
    return replace(
        visitor,
        identity=visitor.identity or proven.id,  # of two merged by hand, the one that was kept
        name=proven.name or visitor.name,
        email=proven.email or visitor.email,
        fields=bounded(fields, proven.attributes),
    )


#: Fields by which the widget tells where it stands.
_PAGE: Final = ("page", "title", "referrer")


def _check_origin(site: Site, request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if not site.origins or origin is None or origin in site.origins:
        return
    if origin.partition("://")[2] == request.headers.get("Host", ""):
        return  # the widget's frame and the standalone page live on the desk's own origin
    raise Refused("origin_refused", "This web site may not use this key.")


def _event(frame: bytes, seq: int) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (seq, frame)
