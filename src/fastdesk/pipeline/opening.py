"""Open sessions: the `hello` frame, what a returning peer missed, and agents' `watch`.

Reading the store takes a moment; what a peer sends in the meantime is kept, in order, and a session hears nothing new before
it has heard what it missed.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from msgspec.structs import replace

from fastdesk.hub.hub import agent_frame
from fastdesk.hub.live import Live
from fastdesk.hub.session import Session
from fastdesk.model.agent import Agent
from fastdesk.model.event import Changed, Noted, Said
from fastdesk.model.identity import Principal
from fastdesk.model.ids import VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.pipeline.lives import PAGE
from fastdesk.pipeline.masking import masked_codec, must_mask
from fastdesk.pipeline.parse import parse
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Hello, Reset, Welcome

__all__ = ["Gate", "Opening", "as_visitor"]

#: An agent who is further behind starts afresh: to read the lists anew takes less.
MAX_MISSED: Final = 20_000
#: Frames kept while a session is being opened; a peer that sends more before its welcome is cut.
MAX_EARLY: Final = 64


class Gate(Protocol):
    """Read tokens."""

    def principal_of(self, token: str, now_ms: int) -> Principal | Rejection:
        """Return whose token this is, or why it is refused."""


def as_visitor(principal: Principal, live: Live) -> Principal:
    """Return a visitor's principal under the id that counts: of two visitors who were merged, the one that was kept."""
    return principal if principal.id == live.visitor.id else replace(principal, id=live.visitor.id)


class Opening:
    """Let sessions in."""

    def __init__(self, rooms: Rooms, *, gate: Gate, accept: Callable[[Session, bytes], None]) -> None:
        self._rooms = rooms
        self._gate = gate
        self._accept = accept
        self.max_missed = MAX_MISSED
        self._early: dict[Session, list[bytes]] = {}
        #: Called with each agent's session that came in or left: presence.
        self.watchers: list[Callable[[Session, bool], None]] = []
        #: Called with the conversation of each visitor's session that came in.
        self.greeters: list[Callable[[Live], None]] = []

    def receive(self, session: Session, payload: bytes) -> None:
        """Take a message of a session that has not been welcomed yet."""
        early = self._early.get(session)
        if early is not None:
            if len(early) >= MAX_EARLY:
                session.close(1008, "too many frames before the welcome")
            else:
                early.append(payload)
            return
        wait_ns = self._rooms.limits.take_address(session.bucket, self._rooms.clock.now_ns())
        if wait_ns:
            session.refuse(Rejection("rate_limited", retry_after_ms=-(-wait_ns // 1_000_000)))
            return
        frame = parse(session.codec, payload)
        if not isinstance(frame, Hello):
            session.refuse(frame if isinstance(frame, Rejection) else Rejection("hello_first"))
            return
        self._early[session] = []
        self._rooms.tasks.spawn(self._open(session, frame), "open session")

    def leave(self, session: Session) -> None:
        """Forget a session whose connection is gone."""
        self._early.pop(session, None)
        was_agent = session.watching is not None
        if was_agent:
            self._rooms.viewing.leaving(session)
        self._rooms.hub.leave(session)
        if was_agent:
            for watcher in self.watchers:
                watcher(session, False)

    async def _open(self, session: Session, hello: Hello) -> None:
        refusal: Rejection | None = Rejection("internal")
        try:
            refusal = await self._welcome(session, hello)
        finally:
            early = self._early.pop(session, [])
            if refusal is not None and not session.closed:
                session.refuse(refusal)
                session.close(1008, refusal.code)
        if refusal is None:
            for payload in early:
                if not session.closed:
                    self._accept(session, payload)

    async def _welcome(self, session: Session, hello: Hello) -> Rejection | None:
        principal = self._gate.principal_of(hello.token, self._rooms.clock.now_ms())
        if isinstance(principal, Rejection):
            return principal
        if principal.kind == "visitor":
            live = await self.find_live(principal, session.address)
            if isinstance(live, Rejection):
                return live
            return await self._welcome_visitor(session, hello, principal, live)
        return await self._welcome_agent(session, hello, principal)

    async def find_live(self, principal: Principal, address: str = "") -> Live | Rejection:
        """Return the current conversation of a visitor's token; who is blocked is refused."""
        live = self.present_live(principal, address)
        if live is None:
            live = await self._load_live(principal)
            return self._refuse_blocked(principal, live, address) or live
        return live

    def present_live(self, principal: Principal, address: str) -> Live | Rejection | None:
        """Do the same with what memory holds: None where the store has to be asked."""
        rooms = self._rooms
        assert principal.site is not None
        if rooms.records.site(principal.tenant, principal.site) is None:
            return Rejection("unauthenticated", "This site is no longer here.")
        live = rooms.hub.current(principal.tenant, principal.site, principal.id)
        return None if live is None else self._refuse_blocked(principal, live, address) or live

    def _refuse_blocked(self, principal: Principal, live: Live, address: str) -> Rejection | None:
        keeper = self._rooms.gatekeeper
        refusal = keeper.refuse(principal.tenant, live.visitor.id, address)
        if refusal is None and principal.id != live.visitor.id:
            refusal = keeper.refuse(principal.tenant, principal.id, address)
        return refusal

    async def _load_live(self, principal: Principal) -> Live:
        rooms = self._rooms
        assert principal.site is not None
        site = rooms.records.site(principal.tenant, principal.site)
        assert site is not None
        visitor = await rooms.lives.known_visitor(principal.tenant, principal.id)
        if visitor is None:
            now_ms = rooms.clock.now_ms()
            visitor = Visitor(
                id=VisitorId(principal.id),
                tenant=principal.tenant,
                site=principal.site,
                first_seen=now_ms,
                last_seen=now_ms,
            )
        return await rooms.lives.of_visitor(visitor, site)

    async def _welcome_visitor(
        self, session: Session, hello: Hello, principal: Principal, live: Live
    ) -> Rejection | None:
        if session.closed:  # gone while its conversation was read
            return None
        rooms = self._rooms
        is_known = hello.epoch in (None, rooms.epoch) and (hello.after or 0) <= live.durable_seq
        conversation = live.conversation
        session.claim()
        site = rooms.site_view(conversation.tenant, live.site)
        session.send(
            Welcome(rooms.epoch, live.durable_seq, live.visitor.id, conversation.id, conversation.state, site)
        )
        if not is_known:
            session.send(Reset(rooms.epoch, live.durable_seq))
        elif hello.after is not None:
            await self._replay(session, live, hello.after)
            if session.closed:
                return None
            refusal = self._refuse_blocked(principal, live, session.address)
            if refusal is not None:  # the block began meanwhile
                return refusal
        session.admit(as_visitor(principal, live))
        session.send(self._rooms.status(live.conversation))
        rooms.hub.join_visitor(session, live)
        for greet in self.greeters:
            greet(live)
        return None

    async def _replay(self, session: Session, live: Live, after: int, *, for_agents: bool = False) -> None:
        """Send the committed messages behind `after` as fast as the peer takes them; on return none is missing."""
        while missed := await self._page_behind(live, after):
            for said in missed:
                session.write(session.codec.message(said, for_agents=for_agents))
                after = said.seq
                await session.until_writable()
                if session.closed:
                    return

    async def missed(self, live: Live, after: int) -> list[Said]:
        """Return the committed messages behind `after`; on return, none has been committed since the last of them."""
        messages: list[Said] = []
        while page := await self._page_behind(live, messages[-1].seq if messages else after):
            messages += page
        return messages

    async def _page_behind(self, live: Live, after: int) -> list[Said]:
        """Return the next committed messages behind `after`, none when there are none at the moment of return."""
        recent = live.recall(after)
        if recent is None:
            conversation = live.conversation
            page = await self._rooms.store.said(conversation.tenant, conversation.id, after, PAGE)
            recent = [said for said in page if said.seq <= live.durable_seq]
            if not page:  # what memory holds is all there is
                recent = [said for said in live.recent or () if said.seq > after]
        return recent

    # Agents.

    async def _welcome_agent(self, session: Session, hello: Hello, principal: Principal) -> Rejection | None:
        if session.closed:  # gone before this task began
            return None
        rooms = self._rooms
        shown = rooms.durable_rev(principal.tenant)
        is_known = hello.epoch in (None, rooms.epoch) and shown - (hello.after or shown) <= self.max_missed
        session.claim()
        if must_mask(principal):
            session.codec = masked_codec(session.codec)
        session.send(Welcome(rooms.epoch, 0, agent=self._profile(principal), rev=shown))
        if not is_known:
            session.send(Reset(rooms.epoch, 0, rev=shown))
        elif hello.after is not None:
            await self._replay_to_agent(session, principal, hello.after)
            if session.closed:
                return None
        session.admit(principal)
        rooms.hub.join_agent(session)
        for live in rooms.hub.lives():
            if live.conversation.tenant == principal.tenant and live.conversation.assignee == principal.id:
                rooms.hub.watch(session, live)
        for watcher in self.watchers:
            watcher(session, True)
        return None

    def _profile(self, principal: Principal) -> dict[str, Any]:
        profile: dict[str, Any] = {"id": principal.id, "name": principal.name, "role": principal.role}
        agent = self._rooms.records.get(Agent, principal.tenant, "agent", principal.id)
        if agent is not None:
            profile |= {"capacity": agent.capacity, "teams": list(agent.teams)}
        return profile

    async def _replay_to_agent(self, session: Session, principal: Principal, after: int) -> None:
        """Send the events behind `after` that an agent hears: all changes, and the messages of its own conversations."""
        while after < self._rooms.durable_rev(principal.tenant) and not session.closed:
            page = await self._rooms.store.since(principal.tenant, after, PAGE)
            if not page:
                return
            after = page[-1].rev
            for event in page:
                if isinstance(event, Changed) or (
                    isinstance(event, Said | Noted) and await self._owns(principal, event)
                ):
                    frame = agent_frame(event)
                    if frame is not None:
                        session.send(frame)
                        await session.until_writable()

    async def _owns(self, principal: Principal, event: Said | Noted) -> bool:
        live = await self._rooms.lives.by_id(principal.tenant, event.conversation)
        return live is not None and live.conversation.assignee == principal.id

    def watch(self, session: Session, live: Live, after: int | None) -> None:
        """Let an agent's session hear a conversation, from behind `after` on."""
        if after is None:
            self._rooms.hub.watch(session, live)
            self._rooms.viewing.open(session, live)
            return
        self._rooms.tasks.spawn(self._watch_from(session, live, after), "watch conversation")

    async def _watch_from(self, session: Session, live: Live, after: int) -> None:
        if session.closed:  # before this task began
            return
        conversation = live.conversation
        if after > live.durable_seq:
            session.send(Reset(self._rooms.epoch, live.durable_seq, conversation.id))
        else:
            self._rooms.hub.unwatch(session, conversation.id)
            await self._replay(session, live, after, for_agents=True)
            if session.closed:
                return
        self._rooms.hub.watch(session, live)
        self._rooms.viewing.open(session, live)
