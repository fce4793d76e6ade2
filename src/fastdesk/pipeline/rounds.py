"""What the desk looks after every second: lists, revoked sign-ins, silent conversations, memory."""

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.hub.live import Live
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site
from fastdesk.pipeline.lives import REST_S
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import ConversationQuery
from fastdesk.tenants.gate import Gate

__all__ = ["Rounds"]

#: Conversations kept in memory though nobody is connected; each is a few kilobytes.
KEEP_LIVE: Final = 20_000
#: How long after one search for those that are not in memory the next begins, and how many are read at once.
_STORED_EVERY_MS: Final = 60_000
_STORED_PAGE: Final = 200


class Rounds:
    """Make one round when told; the composition root tells it once a second."""

    def __init__(self, rooms: Rooms, *, gate: Gate) -> None:
        self._rooms = rooms
        self._gate = gate
        self._stored_due_ms = 0
        self._is_searching = False
        #: What other rooms want looked after in the same round, with the wall clock.
        self.others: list[Callable[[int], None]] = []

    def make(self) -> None:
        """Look after everything once."""
        now_ms = self._rooms.clock.now_ms()
        self._rooms.hub.refresh_lists()
        self._cut_revoked(now_ms)
        for live in self._rooms.hub.lives():
            self._close_silent(live)
        if now_ms >= self._stored_due_ms and not self._is_searching:
            self._is_searching = True
            self._rooms.tasks.spawn(self._close_stored(), "close silent conversations")
        self._rooms.hub.drop_idle(KEEP_LIVE)
        for other in self.others:
            other(now_ms)

    def _cut_revoked(self, now_ms: int) -> None:
        for session in self._rooms.hub.all_agent_sessions():
            if session.principal is not None and not self._gate.is_good(session.principal, now_ms):
                session.close(1008, "signed out")

    def _close_silent(self, live: Live) -> None:
        """Close a conversation with the bot in which nothing has happened for as long as its site waits."""
        conversation, now_ms = live.conversation, self._rooms.clock.now_ms()
        if (
            live.site.idle_close_minutes
            and conversation.state == "open"
            and live.is_opened
            and conversation.mode == "bot"
        ):
            last = max(live.recent[-1].at if live.recent else 0, conversation.updated_at)
            if now_ms - last >= live.site.idle_close_minutes * 60_000:
                change = changes.close_idle(conversation, now_ms, live.seq)
                if change is not None:
                    self._rooms.scribe.change(live, change, "desk")

    async def _close_stored(self) -> None:
        """Close the silent ones that are not in memory, too: nobody is connected, and others took their place."""
        try:
            for tenant in self._rooms.records.tenants():
                for site in self._rooms.records.all(Site, tenant.id, "site"):
                    if site.idle_close_minutes:
                        await self._close_stored_of(tenant.id, site)
        finally:
            self._is_searching = False
            self._stored_due_ms = self._rooms.clock.now_ms() + _STORED_EVERY_MS

    async def _close_stored_of(self, tenant: TenantId, site: Site) -> None:
        since = self._rooms.clock.now_ms() - site.idle_close_minutes * 60_000
        query = ConversationQuery(
            states=("open",), mode="bot", site=site.id, silent_since=since, limit=_STORED_PAGE
        )
        while True:
            page = await self._rooms.store.conversations(tenant, query)
            for row in page.items:
                if row.conversation.updated_at <= since:
                    live = await self._rooms.lives.by_id(tenant, row.conversation.id)
                    if live is not None:
                        self._close_silent(live)
                    await asyncio.sleep(REST_S)
            if page.cursor is None:
                return
            query = replace(query, cursor=page.cursor)
