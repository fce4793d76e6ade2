"""What the desk looks after every second: lists, revoked sign-ins, idle conversations, memory."""

from collections.abc import Callable
from typing import Final

from fastdesk.desk import changes
from fastdesk.hub.live import Live
from fastdesk.pipeline.rooms import Rooms
from fastdesk.tenants.gate import Gate

__all__ = ["Rounds"]

#: Conversations kept in memory though nobody is connected; each is a few kilobytes.
KEEP_LIVE: Final = 20_000


class Rounds:
    """Make one round when told; the composition root tells it once a second."""

    def __init__(self, rooms: Rooms, *, gate: Gate) -> None:
        self._rooms = rooms
        self._gate = gate
        #: What other rooms want looked after in the same round, with the wall clock.
        self.others: list[Callable[[int], None]] = []

    def make(self) -> None:
        """Look after everything once."""
        now_ms = self._rooms.clock.now_ms()
        self._rooms.hub.refresh_lists()
        self._cut_revoked(now_ms)
        for live in self._rooms.hub.lives():
            self._look_after(live, now_ms)
        self._rooms.hub.drop_idle(KEEP_LIVE)
        for other in self.others:
            other(now_ms)

    def _cut_revoked(self, now_ms: int) -> None:
        for session in self._rooms.hub.all_agent_sessions():
            if session.principal is not None and not self._gate.is_good(session.principal, now_ms):
                session.close(1008, "signed out")

    def _look_after(self, live: Live, now_ms: int) -> None:
        conversation = live.conversation
        if (
            live.site.idle_close_minutes
            and conversation.state == "open"
            and live.is_opened
            and conversation.mode == "bot"
        ):
            last = live.recent[-1].at if live.recent else conversation.updated_at
            if now_ms - last >= live.site.idle_close_minutes * 60_000:
                change = changes.close_idle(conversation, now_ms, live.seq)
                if change is not None:
                    self._rooms.scribe.change(live, change, "desk")
