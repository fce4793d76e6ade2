"""Bots and channels from outside: open conversations for their own people, bring in what these write, speak, hand over, listen.

An outside system names a person by its own reference (a chat id, an account); the same reference is always the same visitor.
It needs an API key with the permission `bot.speak`, and never speaks once a person has taken the conversation over.
"""

import asyncio
import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.engine import Engine
from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.identity import Principal
from fastdesk.model.ids import VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.pipeline.parse import check_message
from fastdesk.pipeline.repeats import Repeat
from fastdesk.protocol.codec import JSON
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send
from fastdesk.transport.http.routes import Call, Query, Route
from fastdesk.transport.http.sessions import PollSession, PostSession

__all__ = ["BotRoutes"]

Short = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_\-]+$")]


class Person(Struct, frozen=True, kw_only=True):
    """Somebody on the other side of a channel; `reference` is what the channel calls them."""

    reference: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Short = ""
    email: Short = ""
    phone: Short = ""
    language: Annotated[str, Meta(max_length=35)] = ""
    fields: dict[str, Any] = {}


class Opening(Struct, frozen=True, kw_only=True):
    """A conversation with a person of a channel such as `telegram`; an open one is found again."""

    site: Annotated[str, Meta(min_length=1, max_length=64)]
    channel: Name
    person: Person


class Opened(Struct, frozen=True, kw_only=True):
    """Where the conversation stands; `mode` is bot, queued (waits for a person) or human (a person answers)."""

    conversation: str
    visitor: str
    seq: int
    mode: str
    state: str


class Line(Struct, frozen=True, kw_only=True):
    """A message: what the person wrote (`visitor`), which is answered as any other, or what the bot says (`bot`)."""

    id: Annotated[str, Meta(min_length=8, max_length=64)]
    text: Annotated[str, Meta(max_length=16_384)]
    role: Literal["visitor", "bot"] = "bot"
    kind: Annotated[str, Meta(max_length=20)] = "text"
    name: Short = ""
    extra: dict[str, Any] | None = None


class Stored(Struct, frozen=True):
    """A message that is on disk."""

    id: str
    seq: int
    at: int


class Handing(Struct, frozen=True, kw_only=True):
    """Why a person is wanted, and what they should know."""

    reason: Short = "handed over by a bot"
    summary: Annotated[str, Meta(max_length=4_000)] = ""


class Heard(Struct, frozen=True, kw_only=True):
    """Messages since the last call; `seq` is where the next call goes on."""

    events: list[msgspec.Raw]
    seq: int
    mode: str
    state: str


class BotRoutes:
    """What outside bots and channels do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rooms = engine.rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, access, many = "bots", "bot.speak", "/v1/bot/conversations"
        one = many + "/{id}"
        return [
            Route(method="POST", path=many, handler=self.open, access=access, tag=tag, body=Opening, answer=Opened,
                  summary="Open a conversation with a person of a channel, or find the one that is open"),
            Route(method="POST", path=one + "/messages", handler=self.say, access=access, tag=tag, body=Line, answer=Stored,
                  summary="Bring in what the person wrote, or speak as the bot; answered once it is on disk"),
            Route(method="POST", path=one + "/handoff", handler=self.hand_over, access=access, tag=tag, body=Handing, answer=Opened,
                  summary="Hand the conversation over to people"),
            Route(method="POST", path=one + "/resolve", handler=self.resolve, access=access, tag=tag, answer=Opened,
                  summary="Resolve the conversation, unless a person has it"),
            Route(method="GET", path=one + "/events", handler=self.hear, access=access, tag=tag, answer=Heard,
                  query=(Query("after", int, 0, "Highest seq that is known"), Query("wait", int, 0, "Seconds to wait for news", 0, 60)),
                  summary="Hear what was said, by anyone"),
        ]  # fmt: skip

    async def open(self, call: Call) -> Opened:
        """Find or make the person's conversation."""
        wish: Opening = call.body
        rooms, tenant = self._rooms, call.principal.tenant
        site = rooms.records.site(tenant, wish.site)
        if site is None:
            raise Refused("not_found", "There is no such site.")
        name = f"{site.id}\0{wish.channel}\0{wish.person.reference}".encode()
        id = VisitorId("x" + hashlib.blake2b(name, digest_size=12).hexdigest())
        now_ms = rooms.clock.now_ms()
        known = rooms.hub.current(tenant, site.id, id)
        before = known.visitor if known is not None else await rooms.lives.known_visitor(tenant, id)
        visitor = before or Visitor(id=id, tenant=tenant, site=site.id, first_seen=now_ms)
        refusal = rooms.gatekeeper.refuse(tenant, id, "")
        if refusal is not None:
            raise Refused(refusal.code, refusal.sentence)
        visitor = _described(visitor, wish, now_ms)
        live = await rooms.lives.of_visitor(visitor, site)
        if live.conversation.state == "resolved" and site.after_resolve == "new":
            live = rooms.lives.make(visitor, site)
        live.visitor = visitor
        if not live.is_opened:
            live.conversation = replace(live.conversation, channel=wish.channel)
            self._engine.commands.open_silently(live)
        else:
            rooms.visitors.save(visitor, actor=call.principal.id)
        return _opened(live)

    async def say(self, call: Call) -> Stored:
        """Store a message of the person or of the bot."""
        line: Line = call.body
        live = await self._live(call)
        frame = Send(line.id, line.text, line.kind, line.extra)
        if line.role == "visitor":
            who = Principal(
                kind="visitor", tenant=call.principal.tenant, id=live.visitor.id, site=live.site.id
            )
            session = PostSession(who, live, call.address)
            self._engine.pipeline.accept_frame(session, frame)
        else:
            session = PostSession(call.principal, live, call.address)
            refusal = await self._speak(session, live, frame, line.name)
            if refusal is not None:
                session.refuse(refusal)
        answer = await session.answer
        if isinstance(answer, Rejection):
            raise Refused(answer.code, answer.sentence, retry_after_ms=answer.retry_after_ms)
        return Stored(answer.id, answer.seq, answer.at)

    async def _speak(self, session: PostSession, live: Live, frame: Send, name: str) -> Rejection | None:
        """Say something as the bot: past the word filter, once for each id, and never over a person."""
        rooms, conversation = self._rooms, live.conversation
        assert session.principal is not None
        sender = session.principal.id
        checked = check_message(frame)
        if isinstance(checked, Rejection):
            return checked
        repeat = rooms.repeats.find(live, sender, checked)
        if repeat == "unsure":
            repeat = await self._engine.commands.find_stored(session, live, checked)
        if isinstance(repeat, Rejection):
            return repeat
        if isinstance(repeat, Repeat):
            said = await rooms.store.find_said(conversation.tenant, conversation.id, sender, frame.id)
            if said is not None:
                session.acknowledge(said)
            return None if said is not None else Rejection("retry_later", id=frame.id, retry_after_ms=200)
        if live.conversation.mode == "human":
            return Rejection("conflict", "A person has taken this conversation over.", id=frame.id)
        if live.conversation.state == "resolved":
            return Rejection("closed", id=frame.id)
        if not rooms.store.accepting:
            return Rejection("retry_later", id=frame.id, retry_after_ms=1000)
        verdict = rooms.words.check(conversation.tenant, frame.text, "output")
        if verdict.level == "block":
            return Rejection("blocked_text", id=frame.id)
        text = frame.text if verdict.masked is None else verdict.masked
        rooms.scribe.say(
            live, role="bot", sender=sender, name=name or session.principal.name, id=frame.id, kind=frame.kind, text=text,
            extra=frame.extra, why={"by": "outside bot", "key": session.principal.name}, origin=session,
        )  # fmt: skip
        return None

    async def hand_over(self, call: Call) -> Opened:
        """Queue the conversation for people; twice is once."""
        wish: Handing = call.body
        live = await self._live(call)
        if live.conversation.mode == "bot":
            if wish.summary:
                self._rooms.scribe.note(live, kind="summary", actor=call.principal.id, text=wish.summary)
            self._engine.commands.ask_for_person(live, wish.reason, "program")
        return _opened(live)

    async def resolve(self, call: Call) -> Opened:
        """Close the conversation."""
        live = await self._live(call)
        if live.conversation.mode == "human":
            raise Refused("conflict", "A person has taken this conversation over.")
        self._engine.commands.resolve(live, call.principal.id, "resolved by a bot")
        return _opened(live)

    async def hear(self, call: Call) -> Heard:
        """Return the messages behind `after`, waiting up to `wait` seconds for one."""
        live = await self._live(call)
        after = min(call.query["after"], live.durable_seq)
        if after == live.durable_seq and call.query["wait"]:
            session = PollSession(call.principal, call.address)
            live.visitors.append(session)
            try:
                async with asyncio.timeout(call.query["wait"]):
                    while after == live.durable_seq:
                        session.take()
                        await session.wake.wait()
            except TimeoutError:
                pass
            finally:
                live.visitors.remove(session)
        missed = await self._engine.opening.missed(live, after) if after < live.durable_seq else []
        return Heard(
            events=[msgspec.Raw(JSON.message(said)) for said in missed],
            seq=missed[-1].seq if missed else after, mode=live.conversation.mode, state=live.conversation.state,
        )  # fmt: skip

    async def _live(self, call: Call) -> Live:
        live = await self._rooms.lives.by_id(call.principal.tenant, call.path("id"))
        if live is None:
            raise Refused("not_found", "There is no such conversation.")
        return live


def _described(visitor: Visitor, wish: Opening, now_ms: int) -> Visitor:
    person = wish.person
    fields = {**visitor.fields, **person.fields, "channel": wish.channel}
    return replace(
        visitor, name=person.name or visitor.name, email=person.email or visitor.email, phone=person.phone or visitor.phone,
        language=person.language or visitor.language, fields=dict(list(fields.items())[:100]), last_seen=now_ms,
    )  # fmt: skip


def _opened(live: Live) -> Opened:
    conversation = live.conversation
    return Opened(
        conversation=conversation.id, visitor=live.visitor.id, seq=live.durable_seq, mode=conversation.mode, state=conversation.state
    )  # fmt: skip
