"""The store of one desk: the journal in front, SQLite behind it.

    append ──> journal (batch, write, fdatasync) ──> on_commit        the truth
                  └──> projector ──> SQLite ──> reads                  its readable form

Events enter in the loop and come back in the loop when they are durable. Reads first wait for what was
appended and concerns them, then run in a reader thread.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import sqlalchemy
import structlog
from sqlalchemy import text

from fastdesk.errors import StoreError
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Event, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import Entropy
from fastdesk.store import lists, purge, reads
from fastdesk.store.databases import Databases
from fastdesk.store.event_bytes import encode_event
from fastdesk.store.feeder import Feeder
from fastdesk.store.followers import Follower
from fastdesk.store.freshness import Freshness
from fastdesk.store.journal import Journal
from fastdesk.store.projector import Projector
from fastdesk.store.protocol import (
    ConversationCounts,
    ConversationPage,
    ConversationQuery,
    ConversationRow,
    Entry,
    FoundPage,
    Origin,
    Record,
    SearchQuery,
    StoreSettings,
    VisitorPage,
    VisitorQuery,
)
from fastdesk.store.purge import Leftovers
from fastdesk.store.runner import Runner
from fastdesk.store.search import SearchIndex
from fastdesk.store.searching import search
from fastdesk.store.waiters import Waiters

__all__ = ["SqliteStore"]

T = TypeVar("T")

_log = structlog.get_logger("fastdesk.store")

_TAIL_EVENTS: Final = 4096
#: How far SQLite may be behind, as a share of where events are refused, before it is hurried: a burst of some seconds of all that a
#: core can do stands in the journal alone. And from where on the journal rests before each batch, up to so long where the next event
#: would be refused: who waits for acknowledgements is slowed down, and not turned away.
_HURRY_FROM: Final = 0.75
_REST_FROM: Final = 0.875
_LONGEST_REST_S: Final = 0.05
_EPOCH: Final = text("SELECT value FROM store WHERE key = 'epoch'")
_SET_EPOCH: Final = text("INSERT INTO store (key, value) VALUES ('epoch', :value)")


class SqliteStore:
    """Keep events in a journal and project them to SQLite.

    Args:
        settings: limits; the folder is the business of `journal` and `databases`.
        journal, runner, databases: the parts that a simulation replaces.
        entropy: makes the epoch.
        followers: what other rooms keep of the events, beside the store's own.
        leftovers: what stands outside of SQLite and goes with the events.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        journal: Journal,
        runner: Runner,
        databases: Databases,
        entropy: Entropy,
        followers: Sequence[Follower] = (),
        leftovers: Leftovers | None = None,
    ) -> None:
        self.epoch = ""
        self.accepting = True
        self.on_commit: Callable[[list[Entry]], None] = lambda entries: None
        self.on_fatal: Callable[[str], None] = lambda reason: None
        self._settings = settings
        self._journal = journal
        self._runner = runner
        self._databases = databases
        self._entropy = entropy
        self._projector = Projector(journal, databases, (SearchIndex(), *followers), leftovers)
        self._feeder = Feeder(self._projector, runner, self)
        self._freshness = Freshness()
        self._revs: dict[TenantId, int] = {}
        # Positions in the journal: appended >= durable >= fed.
        self._appended = 0
        self._durable = 0
        self._fed = 0
        self._pending_bytes = 0
        self._is_full = {"journal": False, "sqlite": False}
        self._broken = ""
        self._durable_waiters = Waiters()
        self._fed_waiters = Waiters()

    # Events.

    def append(self, event: Event, origin: Origin | None = None) -> None:
        body = encode_event(event)
        self._appended = position = self._appended + 1
        self._journal.append((event, origin), body)
        self._freshness.note(event, position)
        self._pending_bytes = pending = self._pending_bytes + len(body)
        if pending > self._settings.max_pending_bytes:
            self.accepting = False

    async def commit(self, event: Event) -> None:
        if self._broken:
            raise StoreError(self._broken)
        self.append(event)
        await self._durable_waiters.wait(self._appended)

    async def durable_now(self) -> None:
        if self._broken:
            raise StoreError(self._broken)
        if self._appended > self._durable:
            await self._durable_waiters.wait(self._appended)

    async def settle(self, *, followers: bool = False) -> None:
        await self._until_fed(self._appended, patient=True)
        if followers:
            await self._feeder.finish(self._projector.follow)

    async def erase(
        self, tenant: TenantId, visitor: VisitorId, *, rev: int, at: int, actor: str, reason: str = ""
    ) -> None:
        await self._remove(purge.erasure(tenant, visitor, rev=rev, at=at, actor=actor, reason=reason))

    async def forget_before(
        self,
        tenant: TenantId,
        before_ms: int,
        audit_before_ms: int = 0,
        *,
        rev: int,
        at: int,
        actor: str,
        reason: str = "",
    ) -> None:
        event = purge.forgetting(
            tenant, before_ms, audit_before_ms, rev=rev, at=at, actor=actor, reason=reason
        )
        await self._remove(event)

    async def _remove(self, event: Put) -> None:
        await self.commit(event)
        await self.settle()
        await self._feeder.finish(self._projector.purge)
        await self._runner.read(self._journal.rotate)
        await self.settle()
        await self._runner.read(lambda: self._journal.trim(self._fed))

    def figures(self) -> dict[str, float]:
        return {
            "events": self._durable,
            "pending_bytes": self._pending_bytes,
            "events_not_in_sqlite": self._durable - self._fed,
            "accepting": float(self.accepting),
        }

    def revs(self) -> dict[TenantId, int]:
        return dict(self._revs)

    # Start and stop.

    async def start(self) -> None:
        self._runner.bind()
        main = self._databases.open()
        try:
            self._projector.start()
            self._revs = main.read(reads.revs)
            self.epoch = (
                main.read(lambda connection: connection.execute(_EPOCH).scalar()) or self._new_epoch()
            )
            self._fed = self._projector.fed
            self._appended = self._durable = self._journal.open(self._fed, self)
            self._read_tail()
        except BaseException:
            self._databases.close()
            raise
        self._feeder.start()

    async def stop(self) -> None:
        self.accepting = False
        await self._runner.read(self._journal.close)
        if not self._broken and not any(self._is_full.values()):
            await self._until_fed(self._durable, patient=False)
        self._feeder.stop()
        self._runner.stop()
        self._databases.close()

    def _new_epoch(self) -> str:
        epoch = self._entropy.random_bytes(8).hex()
        with self._databases.open().write() as connection:
            connection.execute(_SET_EPOCH, {"value": epoch})
        return epoch

    def _read_tail(self) -> None:
        """Take into account what is durable and not yet in SQLite."""
        after = self._fed
        while (batch := self._journal.read(after, _TAIL_EVENTS)) is not None:
            for piece, position in batch.placed():
                self._revs[piece.tenant] = piece.rev
                self._freshness.note(piece, position)
            after = batch.last
        if after > self._fed:
            _log.info("store_catches_up", events=after - self._fed)

    # What journal and feeder tell, in the loop.

    def durable(self, entries: list[Entry], size: int) -> None:
        self._durable += len(entries)
        self._pending_bytes -= size
        self._judge()
        self._feeder.notify()
        if self._fed_waiters:
            self._feeder.hurry(self._fed_waiters.highest)
        self._durable_waiters.reach(self._durable)
        try:
            self.on_commit(entries)
        except Exception as failure:  # the border to whoever listens: the journal has to go on
            _log.error("commit_listener_failed", error=type(failure).__name__, exc_info=failure)

    def fed(self, position: int) -> None:
        self._fed = position
        self._freshness.fed(position)
        self._judge()
        self._fed_waiters.reach(position)

    def full(self, is_full: bool) -> None:
        self._set_full("journal", is_full)

    def projecting_full(self, is_full: bool) -> None:
        self._set_full("sqlite", is_full)

    def broken(self, reason: str) -> None:
        if not self._broken:
            self._broken = reason
            _log.critical("store_broken", reason=reason)
            self._judge()
            self._durable_waiters.fail(reason)
            self._fed_waiters.fail(reason)
            self.on_fatal(reason)

    def _set_full(self, part: str, is_full: bool) -> None:
        self._is_full[part] = is_full
        _log.error("disk_full", part=part) if is_full else _log.info("disk_takes_again", part=part)
        self._judge()
        if is_full:
            self._fed_waiters.let_go()  # reads go on with what stands there

    def _judge(self) -> None:
        lag = self._durable - self._fed
        over = self._pending_bytes > self._settings.max_pending_bytes or lag > self._settings.max_lag_events
        self.accepting = not (over or self._broken or any(self._is_full.values()))
        share = lag / self._settings.max_lag_events
        if share > _HURRY_FROM:
            self._feeder.hurry(self._durable)
        self._journal.rest_s = _LONGEST_REST_S * min(max((share - _REST_FROM) / (1.0 - _REST_FROM), 0.0), 1.0)

    async def _until_fed(self, position: int, *, patient: bool) -> None:
        if position <= self._fed:
            return
        if self._broken:
            raise StoreError(self._broken)
        self._feeder.hurry(position)
        if position > self._fed:
            await self._fed_waiters.wait(position, patient=patient)

    # Reads.

    async def _read(
        self, tenant: TenantId | None, position: int, query: Callable[[sqlalchemy.Connection], T]
    ) -> T:
        """Run `query` where the tenant's rows stand, once SQLite has what was appended up to `position`."""
        await self._until_readable(position)
        return await self._runner.read(lambda: self._projector.database(tenant).read(query))

    async def _until_readable(self, position: int) -> None:
        if position > self._fed and not any(self._is_full.values()) and not self._broken:
            await self._until_fed(position, patient=False)

    async def run(
        self,
        query: Callable[[sqlalchemy.Connection], T],
        tenant: TenantId | None = None,
        *,
        fresh: bool = True,
    ) -> T:
        if fresh:
            await self._until_readable(self._freshness.tenant(tenant))
        return await self._runner.study(lambda: self._projector.database(tenant).read(query))

    async def records(self, kind: str, tenant: TenantId | None = None) -> list[Record]:
        if tenant is not None:
            position = self._freshness.position((kind, tenant))
            return await self._read(tenant, position, lambda c: reads.records(c, kind, tenant))
        position = self._freshness.position(kind)
        found = await self._read(None, position, lambda c: reads.records(c, kind, None))
        for own in sorted(self._projector.isolated):
            found += await self._read(own, position, lambda c: reads.records(c, kind, None))
        return found

    async def record(self, tenant: TenantId, kind: str, id: str) -> Record | None:
        position = self._freshness.position(id)
        return await self._read(tenant, position, lambda c: reads.record(c, tenant, kind, id))

    async def conversation(self, tenant: TenantId, id: ConversationId) -> Conversation | None:
        row = await self.conversation_row(tenant, id)
        return row.conversation if row is not None else None

    async def conversation_row(self, tenant: TenantId, id: ConversationId) -> ConversationRow | None:
        position = self._freshness.position(id)
        return await self._read(tenant, position, lambda c: reads.conversation_row(c, tenant, id))

    async def latest_conversation(
        self, tenant: TenantId, site: SiteId, visitor: VisitorId
    ) -> Conversation | None:
        position = self._freshness.position(visitor)
        return await self._read(
            tenant, position, lambda c: reads.latest_conversation(c, tenant, site, visitor)
        )

    async def said(
        self, tenant: TenantId, conversation: ConversationId, after: int = 0, limit: int = 1000
    ) -> list[Said]:
        position = self._freshness.position(conversation)
        return await self._read(tenant, position, lambda c: reads.said(c, tenant, conversation, after, limit))

    async def last_said(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[Said]:
        position = self._freshness.position(conversation)
        return await self._read(tenant, position, lambda c: reads.last_said(c, tenant, conversation, limit))

    async def find_said(
        self, tenant: TenantId, conversation: ConversationId, sender: str, id: str
    ) -> Said | None:
        position = self._freshness.position(conversation)
        return await self._read(
            tenant, position, lambda c: reads.find_said(c, tenant, conversation, sender, id)
        )

    async def history(
        self, tenant: TenantId, conversation: ConversationId, before: int | None, limit: int
    ) -> list[Event]:
        position = self._freshness.position(conversation)
        return await self._read(
            tenant, position, lambda c: reads.history(c, tenant, conversation, before, limit)
        )

    async def since(self, tenant: TenantId, rev: int, limit: int) -> list[Event]:
        position = self._freshness.tenant(tenant)
        return await self._read(tenant, position, lambda c: reads.since(c, tenant, rev, limit))

    async def conversations(self, tenant: TenantId, query: ConversationQuery) -> ConversationPage:
        position = self._freshness.tenant(tenant)
        return await self._read(tenant, position, lambda c: lists.conversations(c, tenant, query))

    async def count(self, tenant: TenantId, query: ConversationQuery) -> int:
        return await self._read(
            tenant, self._freshness.tenant(tenant), lambda c: lists.count(c, tenant, query)
        )

    async def counts(self, tenant: TenantId, *, fresh: bool = True) -> ConversationCounts:
        if not fresh:
            return await self.run(lambda c: lists.counts(c, tenant), tenant, fresh=False)
        return await self._read(tenant, self._freshness.tenant(tenant), lambda c: lists.counts(c, tenant))

    async def visitor(self, tenant: TenantId, id: VisitorId) -> bytes | None:
        return await self._read(tenant, self._freshness.position(id), lambda c: reads.visitor(c, tenant, id))

    async def visitors_by_identity(self, tenant: TenantId, site: SiteId, identity: str) -> list[bytes]:
        position = self._freshness.position(("visitor", tenant))
        return await self._read(
            tenant, position, lambda c: reads.visitors_by_identity(c, tenant, site, identity)
        )

    async def visitors(self, tenant: TenantId, query: VisitorQuery) -> VisitorPage:
        position = self._freshness.position(("visitor", tenant))
        return await self._read(tenant, position, lambda c: reads.visitors(c, tenant, query))

    async def search(self, tenant: TenantId, query: SearchQuery) -> FoundPage:
        return await self._read(tenant, self._fed, lambda c: search(c, tenant, query))
