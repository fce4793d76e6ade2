"""Who is connected, and the delivery of everything that has become durable.

Enters: committed events and unnumbered frames. Leaves: frames on sessions, each encoded once for all its receivers.
"""

from collections.abc import Iterable, Iterator

from fastdesk.hub.live import Live
from fastdesk.hub.session import Session
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.ids import AgentId, ConversationId, TenantId
from fastdesk.protocol.codec import Codec, message_frame
from fastdesk.protocol.frames import ConversationFrame, NoteFrame, Outbound, Status

__all__ = ["Hub", "agent_frame", "status_frame"]


def agent_frame(event: Event) -> Outbound | None:
    """Return the frame by which an agent is told of a stored event, None for records and for what is only added up."""
    if isinstance(event, Said):
        return message_frame(event, for_agents=True)
    if isinstance(event, Noted):
        if event.kind == "spent":
            return None
        return NoteFrame(
            event.conversation, event.rev, event.id, event.at, event.kind, event.actor, event.text, event.body
        )
    if isinstance(event, Changed):
        conversation = event.conversation
        return ConversationFrame(
            conversation.id, conversation, event.rev, 0, "", event.what, event.actor, event.reason
        )
    return None


def status_frame(conversation: Conversation, agent_name: str, queue: dict[str, int] | None) -> Status:
    """Return what a visitor may know of the state of its conversation."""
    if conversation.state == "resolved":
        return Status("resolved")
    if conversation.mode == "human":
        return Status("assigned", agent={"name": agent_name})
    if conversation.mode == "queued":
        return Status("queued", queue=queue)
    return Status("open")


class Hub:
    """Hold the live conversations and the sessions of agents."""

    def __init__(self) -> None:
        self._lives: dict[TenantId, dict[ConversationId, Live]] = {}
        #: Where something was shown last: a message and its answer follow each other.
        self._shown: Live | None = None
        self._current: dict[tuple[TenantId, str, str], Live] = {}
        self._agents: dict[TenantId, dict[AgentId, list[Session]]] = {}
        self._touched: dict[TenantId, dict[ConversationId, Live]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lives.values()))

    # Live conversations.

    def add(self, live: Live, *, is_current: bool = True) -> None:
        """Take a conversation into memory; it becomes its visitor's current one, unless it is an older one."""
        conversation = live.conversation
        self._lives.setdefault(conversation.tenant, {})[conversation.id] = live
        if is_current:
            self._current[conversation.tenant, conversation.site, conversation.visitor] = live

    def adopt(self, live: Live, former: str) -> None:
        """Count a conversation of visitor `former` as its new visitor's; it becomes current where there was none."""
        conversation = live.conversation
        before = (conversation.tenant, conversation.site, former)
        if self._current.get(before) is live:
            del self._current[before]
        self._current.setdefault((conversation.tenant, conversation.site, conversation.visitor), live)

    def find(self, tenant: TenantId, conversation: str) -> Live | None:
        """Return a conversation that is in memory."""
        lives = self._lives.get(tenant)
        return None if lives is None else lives.get(ConversationId(conversation))

    def current(self, tenant: TenantId, site: str, visitor: str) -> Live | None:
        """Return a visitor's current conversation on a site, when it is in memory."""
        return self._current.get((tenant, site, visitor))

    def lives(self) -> Iterator[Live]:
        """Iterate over a snapshot of all conversations in memory."""
        return iter([live for lives in self._lives.values() for live in lives.values()])

    def drop_idle(self, keep: int) -> int:
        """Let the oldest idle conversations leave memory while more than `keep` are in it; return how many left."""
        over, dropped = len(self) - keep, 0
        for live in self.lives():
            if dropped >= over:
                break
            if live.is_idle:
                self._forget(live)
                dropped += 1
        return dropped

    def _forget(self, live: Live) -> None:
        conversation, self._shown = live.conversation, None
        self._lives.get(conversation.tenant, {}).pop(conversation.id, None)
        place = (conversation.tenant, conversation.site, conversation.visitor)
        if self._current.get(place) is live:
            del self._current[place]

    def remove(self, live: Live) -> list[Session]:
        """Let a conversation leave memory, whoever hears it; return the visitor's sessions, which are to be closed."""
        conversation = live.conversation
        self._forget(live)
        self._touched.get(conversation.tenant, {}).pop(conversation.id, None)
        for session in tuple(live.agents):
            self.unwatch(session, conversation.id)
        return list(live.visitors)

    # Sessions.

    def join_visitor(self, session: Session, live: Live) -> None:
        """Let a visitor's session hear its conversation."""
        session.live = live
        live.visitors.append(session)

    def join_agent(self, session: Session) -> None:
        """Let an agent's session hear its tenant's changes; it hears messages only of what it watches."""
        assert session.principal is not None
        session.watching = {}
        sessions = self._agents.setdefault(session.principal.tenant, {})
        sessions.setdefault(AgentId(session.principal.id), []).append(session)

    def watch(self, session: Session, live: Live) -> None:
        """Let an agent's session hear the messages and notes of a conversation."""
        assert session.watching is not None
        if live.conversation.id not in session.watching:
            session.watching[live.conversation.id] = live
            live.agents.append(session)

    def unwatch(self, session: Session, conversation: str) -> None:
        """Let an agent's session hear no more of a conversation."""
        live = session.watching.pop(conversation, None) if session.watching is not None else None
        if live is not None:
            live.agents.remove(session)

    def leave(self, session: Session) -> None:
        """Forget a session that has ended; safe to call twice."""
        session.closed = True
        if session.live is not None:
            if session in session.live.visitors:
                session.live.visitors.remove(session)
            session.live = None
        if session.watching is not None:
            for live in session.watching.values():
                live.agents.remove(session)
            session.watching = None
            assert session.principal is not None
            agents = self._agents[session.principal.tenant]
            sessions = agents[AgentId(session.principal.id)]
            sessions.remove(session)
            if not sessions:
                del agents[AgentId(session.principal.id)]

    def agent_sessions(self, tenant: TenantId, agent: str | None = None) -> list[Session]:
        """Return the sessions of one agent, or of all agents of a tenant."""
        agents = self._agents.get(tenant, {})
        if agent is not None:
            return list(agents.get(AgentId(agent), ()))
        return [session for sessions in agents.values() for session in sessions]

    def all_agent_sessions(self) -> list[Session]:
        """Return the sessions of every agent of every tenant."""
        return [session for tenant in tuple(self._agents) for session in self.agent_sessions(tenant)]

    # Delivery.

    def send(self, sessions: Iterable[Session], frame: Outbound, without: Session | None = None) -> None:
        """Send one frame to several sessions, encoded once for each sub-protocol."""
        encoded: dict[Codec, bytes] = {}
        for session in tuple(sessions):
            if session is without:
                continue
            data = encoded.get(session.codec)
            if data is None:
                data = encoded[session.codec] = session.codec.encode(frame)
            session.write(data)

    def deliver_said(self, said: Said, origin: Session | None) -> None:
        """Show a committed message: its sender gets the `ack`, everybody else the `message`."""
        live = self._shown
        if live is None or live.id is not said.conversation:
            live = self._shown = self.find(said.tenant, said.conversation)
        if live is None:
            if origin is not None:
                origin.acknowledge(said)
            return
        live.remember(said)
        if origin is not None:
            origin.acknowledge(said)
        if live.waiting is not None:
            for session in live.take_waiting(said.seq):
                session.acknowledge(said)
        visitors = live.visitors
        if len(visitors) == 1:
            if visitors[0] is not origin:
                visitors[0].write(visitors[0].codec.message(said))
        elif visitors:
            self._show(visitors, said, origin)
        if live.agents:
            self._show(live.agents, said, origin, for_agents=True)
        if self._agents.get(said.tenant):
            self._touched.setdefault(said.tenant, {})[said.conversation] = live

    def _show(
        self, sessions: list[Session], said: Said, without: Session | None, *, for_agents: bool = False
    ) -> None:
        """Show a message to several sessions, encoded once for each sub-protocol."""
        encoded: dict[Codec, bytes] = {}
        for session in tuple(sessions):
            if session is without:
                continue
            shown = encoded.get(session.codec)
            if shown is None:
                shown = encoded[session.codec] = session.codec.message(said, for_agents=for_agents)
            session.write(shown)

    def deliver_noted(self, noted: Noted) -> None:
        """Show a committed note to the agents who watch, and to those whom it mentions."""
        live = self.find(noted.tenant, noted.conversation)
        sessions = [] if live is None else list(live.agents)
        for agent in (noted.body or {}).get("mentions", ()) if noted.kind == "note" else ():
            sessions += [each for each in self.agent_sessions(noted.tenant, agent) if each not in sessions]
        frame = agent_frame(noted) if sessions else None
        if frame is not None:
            self.send(sessions, frame)

    def deliver_changed(self, changed: Changed) -> None:
        """Show every agent of the tenant a conversation that was opened or changed."""
        conversation = changed.conversation
        sessions = self.agent_sessions(changed.tenant)
        if not sessions:
            return
        live = self.find(changed.tenant, conversation.id)
        frame = ConversationFrame(
            conversation.id, conversation, changed.rev, live.durable_seq if live else 0, "", changed.what, changed.actor,
            changed.reason, live.visitor.name if live else "",
        )  # fmt: skip
        self.send(sessions, frame)

    def refresh_lists(self, most: int = 200) -> None:
        """Tell agents the last words of conversations that had messages since the last call; call it about once a second."""
        for tenant, touched in self._touched.items():
            sessions = self.agent_sessions(tenant)
            for id in tuple(touched)[:most]:
                live = touched.pop(id)
                last = live.recent[-1] if live.recent else None
                frame = ConversationFrame(
                    id, live.conversation, None, live.durable_seq, last.text[:200] if last else "", ("refreshed",),
                    visitor_name=live.visitor.name,
                )  # fmt: skip
                self.send((session for session in sessions if id not in (session.watching or ())), frame)
