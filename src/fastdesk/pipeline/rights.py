"""People's rights over what is stored of them: erase a person, forget what is old.

The store removes from the disk; here everything leaves memory first, and whoever still tracks a conversation (queue,
assignment, lists) learns that it has ended.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, text

from fastdesk.desk import changes
from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.conversation import CLOSED_STATES
from fastdesk.model.event import Put
from fastdesk.model.file import KIND as FILE
from fastdesk.model.ids import ConversationId, TenantId, VisitorId
from fastdesk.model.site import Tenant
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol.codes import CLOSE_RESTART, Rejection
from fastdesk.protocol.frames import Reset
from fastdesk.store.protocol import ConversationQuery, ConversationRow
from fastdesk.store.purge import FORGETTING, LAST, Forgetting
from fastdesk.store.unsent import read_unsent
from fastdesk.tenants.revs import Revs

__all__ = ["Rights"]

_DAY_MS: Final = 86_400_000
_ROUND_MS: Final = 600_000  # between two looks whether a tenant's day is over
_PAGE: Final = 200


class Rights:
    """Remove what must go. `forgetters` drop what other rooms remember of a conversation."""

    def __init__(self, rooms: Rooms, *, revs: Revs, silence: Callable[[Live], None]) -> None:
        self._rooms = rooms
        self._revs = revs
        self._silence = silence
        self.forgetters: list[Callable[[TenantId, ConversationId], None]] = []
        self._looked_ms = 0
        self._busy: set[TenantId] = set()

    async def erase(self, tenant: TenantId, id: str, *, actor: str, reason: str = "") -> int:
        """Remove a visitor, whoever was merged into it, and all that was said with them; return how many conversations.

        Raises Refused when nothing is known of such a visitor.
        """
        rooms = self._rooms
        known = await rooms.lives.known_visitor(tenant, VisitorId(id))
        root = known.id if known is not None else VisitorId(id)
        merged = partial(_merged_into, tenant=tenant, root=root)
        everybody = [*await rooms.store.run(merged, tenant), root]
        ids = [
            row.conversation.id
            for visitor in everybody
            async for row in _rows(rooms, tenant, ConversationQuery(visitor=visitor))
        ]
        if not ids and known is None:
            raise Refused("not_found", "There is no such visitor.")
        await self._end(tenant, ids, actor)
        for visitor in everybody:
            self._drop(tenant, ids, [live for live in rooms.hub.lives() if _is_of(live, tenant, visitor)])
            rev = self._revs.next(tenant)
            await rooms.store.erase(
                tenant, visitor, rev=rev, at=rooms.clock.now_ms(), actor=actor, reason=reason
            )
        # What was being read from the store meanwhile must not stay.
        late = [live for live in rooms.hub.lives() if live.conversation.id in set(ids)]
        self._drop(tenant, ids, late)
        rooms.files.recount(tenant)
        return len(ids)

    async def forget_before(
        self, tenant: TenantId, before_ms: int, audit_before_ms: int = 0, *, actor: str, reason: str = ""
    ) -> None:
        """Remove a tenant's messages, notes, files and visitors of before a time, and its audit log before another; 0 keeps all."""
        rooms = self._rooms
        query = ConversationQuery(states=("open", "pending", "snoozed"))
        old = [
            row.conversation.id
            async for row in _rows(rooms, tenant, query)
            if max(row.last_at, row.conversation.opened_at) < before_ms
        ]
        await self._end(tenant, old, actor)
        for live in rooms.hub.lives():
            if live.conversation.tenant != tenant:
                continue
            if _last_at(live) < before_ms:
                self._drop(tenant, (live.conversation.id,), (live,))
            elif live.recent is not None:
                while live.recent and live.recent[0].at < before_ms:
                    live.recent.popleft()
                for forget in self.forgetters:
                    forget(tenant, live.conversation.id)
        rev = self._revs.next(tenant)
        await rooms.store.forget_before(
            tenant,
            before_ms,
            audit_before_ms,
            rev=rev,
            at=rooms.clock.now_ms(),
            actor=actor,
            reason=reason,
        )
        rooms.files.recount(tenant)

    def look_again(self) -> None:
        """Look at the next tick whether something is to be forgotten: a tenant's days were changed."""
        self._looked_ms = 0

    def tick(self, now_ms: int) -> None:
        """Forget once a day what is older than each tenant keeps; drop files that were never sent."""
        if now_ms - self._looked_ms < _ROUND_MS:
            return
        self._looked_ms = now_ms
        for tenant in self._rooms.records.tenants():
            if tenant.id not in self._busy:
                self._busy.add(tenant.id)
                self._rooms.tasks.spawn(self._look_after(tenant, now_ms), "retention")

    async def _look_after(self, tenant: Tenant, now_ms: int) -> None:
        try:
            await self._drop_unsent(tenant.id, now_ms)
            if not tenant.retention_days and not tenant.audit_days:
                return
            before, audit_before = (
                now_ms - days * _DAY_MS if days else 0 for days in (tenant.retention_days, tenant.audit_days)
            )
            record = await self._rooms.store.record(tenant.id, FORGETTING, LAST)
            last = Forgetting(0) if record is None else msgspec.json.decode(record.body, type=Forgetting)
            # A day later, or when fewer days are kept.
            if max(before - last.before_ms, audit_before - last.audit_before_ms) >= _DAY_MS:
                await self.forget_before(tenant.id, before, audit_before, actor="desk", reason="retention")
        finally:
            self._busy.discard(tenant.id)

    async def _drop_unsent(self, tenant: TenantId, now_ms: int) -> None:
        """Remove the files that were taken in a day ago and that no message bears."""
        rooms = self._rooms
        unsent = partial(read_unsent, tenant=tenant, now_ms=now_ms, age_ms=_DAY_MS)
        if not await rooms.store.run(unsent, tenant, fresh=False):
            return  # the usual case: nothing to remove is no reason to hurry the store
        ids = await rooms.store.run(unsent, tenant)
        for id in ids:
            rooms.store.append(
                Put(tenant, self._revs.next(tenant), now_ms, FILE, id, None, "desk", "never sent")
            )
        if ids:
            rooms.files.recount(tenant)

    async def _end(self, tenant: TenantId, ids: Iterable[ConversationId], actor: str) -> None:
        """Resolve conversations, so that nobody waits for them, holds them, or answers in them."""
        rooms = self._rooms
        for id in ids:
            live = await rooms.lives.by_id(tenant, id)
            if live is None:
                continue
            self._silence(live)
            if live.conversation.state not in CLOSED_STATES:
                change = changes.resolve(live.conversation, rooms.clock.now_ms(), "removed")
                if change is not None and not isinstance(change, Rejection):
                    rooms.scribe.change(live, change, actor)

    def _drop(self, tenant: TenantId, ids: Iterable[ConversationId], lives: Iterable[Live]) -> None:
        rooms = self._rooms
        for live in tuple(lives):
            self._silence(live)
            rooms.hub.send(tuple(live.agents), Reset(rooms.epoch, 0, live.conversation.id))
            for session in rooms.hub.remove(live):
                session.close(CLOSE_RESTART, "the conversation was removed")
            for forget in self.forgetters:
                forget(tenant, live.conversation.id)
        for id in ids:
            for forget in self.forgetters:
                forget(tenant, id)


async def _rows(rooms: Rooms, tenant: TenantId, query: ConversationQuery) -> AsyncIterator[ConversationRow]:
    """Iterate over all conversations of a query."""
    query = replace(query, limit=_PAGE)
    while True:
        page = await rooms.store.conversations(tenant, query)
        for row in page.items:
            yield row
        if page.cursor is None:
            return
        query = replace(query, cursor=page.cursor)


def _merged_into(connection: Connection, tenant: TenantId, root: VisitorId) -> list[VisitorId]:
    """Return all visitors that were merged into one, or into one of these."""
    found: list[VisitorId] = []
    wanted = [root]
    while wanted:
        rows = connection.execute(_MERGED, {"tenant": tenant, "id": wanted.pop()}).scalars()
        wanted += (new := [VisitorId(id) for id in rows if id not in found])
        found += new
    return found


_MERGED: Final = text(
    "SELECT id FROM visitor WHERE tenant = :tenant AND json_extract(body, '$.merged_into') = :id"
)


def _is_of(live: Live, tenant: TenantId, visitor: VisitorId) -> bool:
    return live.conversation.tenant == tenant and live.conversation.visitor == visitor


def _last_at(live: Live) -> int:
    """Return when a conversation in memory was last active; the present for one that is not stored yet."""
    if not live.is_opened:
        return 1 << 62
    return max(live.recent[-1].at if live.recent else 0, live.conversation.opened_at)
