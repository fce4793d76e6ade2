"""What the desk looks after every second: lists, revoked sign-ins, silent conversations, memory."""

from collections.abc import Callable
from typing import Final

from fastdesk.desk import changes
from fastdesk.hub.live import Live
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import ConversationQuery
from fastdesk.tenants.gate import Gate

__all__ = ["Rounds"]

#: Conversations kept in memory though nobody is connected; each is a few kilobytes.
KEEP_LIVE: Final = 20_000
#: How often those that are not in memory are looked for, and how many of a site are closed then.
_STORED_EVERY_MS: Final = 60_000
_STORED_AT_ONCE: Final = 200


class Rounds:
    """Make one round when told; the composition root tells it once a second."""

    def __init__(self, rooms: Rooms, *, gate: Gate) -> None:
        self._rooms = rooms
        self._gate = gate
        self._stored_due_ms = 0
        #: What other rooms want looked after in the same round, with the wall clock.
        self.others: list[Callable[[int], None]] = []

    def make(self) -> None:
        """Look after everything once."""
        now_ms = self._rooms.clock.now_ms()
        self._rooms.hub.refresh_lists()
        self._cut_revoked(now_ms)
        for live in self._rooms.hub.lives():
            self._close_silent(live)
        if now_ms >= self._stored_due_ms:
            self._stored_due_ms = now_ms + _STORED_EVERY_MS
            self._look_for_stored()
        self._rooms.hub.drop_idle(KEEP_LIVE)
        for other in self.others:
            other(now_ms)

    def _cut_revoked(self, now_ms: int) -> None:
        for session in self._rooms.hub.all_agent_sessions():
            if session.principal is not None and not self._gate.is_good(session.principal, now_ms):
                session.close(1008, "signed out")

    def _close_silent(self, live: Live) -> None:
        """Close a conversation with the bot in which nobody has said anything for as long as its site waits."""
        conversation, now_ms = live.conversation, self._rooms.clock.now_ms()
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

    def _look_for_stored(self) -> None:
        """Close the silent ones that are not in memory, too: nobody is connected, and others took their place."""
        for tenant in self._rooms.records.tenants():
            for site in self._rooms.records.all(Site, tenant.id, "site"):
                if site.idle_close_minutes:
                    self._rooms.tasks.spawn(self._close_stored(tenant.id, site), "close silent conversations")

    async def _close_stored(self, tenant: TenantId, site: Site) -> None:
        since = self._rooms.clock.now_ms() - site.idle_close_minutes * 60_000
        silent = ConversationQuery(
            states=("open",), mode="bot", site=site.id, silent_since=since, limit=_STORED_AT_ONCE
        )
        for row in (await self._rooms.store.conversations(tenant, silent)).items:
            self._rooms.with_live(tenant, row.conversation.id, self._close_silent)
