"""Who looks at a conversation and who writes an answer, told to the others who look at it: so that two do not answer at once."""

from typing import Final

from fastdesk.hub.hub import Hub
from fastdesk.hub.live import Live
from fastdesk.hub.session import Session
from fastdesk.model.ids import AgentId, ConversationId
from fastdesk.observe.clock import Clock
from fastdesk.protocol.frames import PresenceFrame

__all__ = ["Viewing"]

#: Whoever has typed is writing for this long.
WRITING_MS: Final = 20_000


class Viewing:
    """Tell watchers of a conversation about each other. A session views one when it asked to watch it."""

    def __init__(self, *, hub: Hub, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self._views: dict[Session, set[ConversationId]] = {}
        self._writing: dict[tuple[ConversationId, AgentId], int] = {}

    def open(self, session: Session, live: Live) -> None:
        """Note that an agent looks at a conversation: the others are told, and it is told of them."""
        assert session.principal is not None
        id = live.conversation.id
        views = self._views.setdefault(session, set())
        if id in views:
            return
        views.add(id)
        self._tell(live, session, "viewing")
        for other in _colleagues(session, live):
            assert other.principal is not None
            if id in self._views.get(other, ()):
                is_writing = self.is_writing(id, AgentId(other.principal.id))
                session.send(PresenceFrame(other.principal.id, "replying" if is_writing else "viewing", id))

    def close(self, session: Session, live: Live) -> None:
        """Note that an agent has turned away."""
        views = self._views.get(session, set())
        if live.conversation.id in views:
            views.discard(live.conversation.id)
            self._tell(live, session, "left")

    def write(self, session: Session, live: Live, on: bool) -> None:
        """Note that an agent writes an answer, or has stopped."""
        assert session.principal is not None
        key = (live.conversation.id, AgentId(session.principal.id))
        was_writing = self.is_writing(*key)
        if on:
            self._writing[key] = self._clock.now_ms() + WRITING_MS
        else:
            self._writing.pop(key, None)
        if on is not was_writing:
            self._tell(live, session, "replying" if on else "viewing")

    def is_writing(self, conversation: ConversationId, agent: AgentId) -> bool:
        """Tell whether an agent writes an answer in a conversation now."""
        return self._writing.get((conversation, agent), 0) > self._clock.now_ms()

    def leaving(self, session: Session) -> None:
        """Note that an agent's session ends; called while it is still known what it watches."""
        views = self._views.pop(session, None)
        for id in views or ():
            live = (session.watching or {}).get(id)
            if live is not None:
                self._tell(live, session, "left")

    def round(self) -> None:
        """Forget who has stopped writing without a word."""
        now_ms = self._clock.now_ms()
        for key, until in tuple(self._writing.items()):
            if until <= now_ms:
                del self._writing[key]

    def _tell(self, live: Live, session: Session, state: str) -> None:
        assert session.principal is not None
        frame = PresenceFrame(session.principal.id, state, live.conversation.id)
        self._hub.send(_colleagues(session, live), frame)


def _colleagues(session: Session, live: Live) -> list[Session]:
    """Return the sessions of other agents who hear a conversation."""
    assert session.principal is not None
    me = session.principal.id
    return [each for each in live.agents if each.principal is not None and each.principal.id != me]
