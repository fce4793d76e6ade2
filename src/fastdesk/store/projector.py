"""The projector: durable events leave the journal here and become rows, each exactly once.

One step reads the next events of the journal and applies every projection in one transaction, together with
the position that was reached. The tenants with a file of their own come first and the main file last: its
position says what stands everywhere. A crash in between leaves a tenant's file ahead of it, and what that
file already has is skipped.

Steps are made by a thread of low priority while the desk serves, and by an urgent one when somebody waits for
the result; a lock keeps them apart.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from operator import eq
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from fastdesk.model.ids import TenantId
from fastdesk.store.batch import Batch
from fastdesk.store.database import Database
from fastdesk.store.databases import Databases
from fastdesk.store.feed import Feed, Key, puts_of
from fastdesk.store.followers import Follower, Followers
from fastdesk.store.journal import Journal
from fastdesk.store.projections import BASE, execute_rows
from fastdesk.store.purge import Leftovers, Purge, Removals

__all__ = ["Projector"]

PROJECTIONS: Final = (*BASE, Removals())

_MIN_STEP: Final = 2048  # events; some 20 ms, which is what an urgent reader waits at most when all is well
_MAX_STEP: Final = 8192
_REMEMBERED: Final = 16_384  # subjects of a data base whose last row need not be looked up: some megabytes


class _TenantBody(Struct):
    isolation: str = ""


def _has_own_file(body: bytes | str) -> bool:
    try:
        return msgspec.json.decode(body, type=_TenantBody).isolation == "database"
    except msgspec.DecodeError:
        return False


class Projector:
    """Feed the journal's events to the projections."""

    def __init__(
        self,
        journal: Journal,
        databases: Databases,
        followers: Sequence[Follower],
        leftovers: Leftovers | None = None,
    ) -> None:
        self._journal = journal
        self._databases = databases
        self._followers = Followers(followers)
        self._purge = Purge(self._followers, leftovers)
        self._lock = threading.Lock()
        self._step_events = _MIN_STEP
        self._heads: dict[Database, dict[Key, int]] = {}
        self.fed = 0
        self.isolated: frozenset[TenantId] = frozenset()
        self._known_apart: frozenset[TenantId] = frozenset()  # those that the main data base knows

    def start(self) -> None:
        """Learn from the main data base how far it is and which tenants have their own."""
        self.fed, self.isolated = self._databases.open().read(_stand)
        self._known_apart = self.isolated

    def database(self, tenant: TenantId | None) -> Database:
        """Return where a tenant's rows stand; the main data base for None."""
        if tenant is not None and tenant in self.isolated:
            return self._databases.own(tenant)
        return self._databases.open()

    def step(self) -> int:
        """Project the next events and count them; 0 when there are none.

        Raises what the disk and SQLite raise.
        """
        with self._lock:
            batch = self._journal.read(self.fed, self._step_events)
            if batch is None:
                return 0
            # The further behind, the larger the steps: what a step does per conversation it does less often.
            grow = len(batch.bodies) >= self._step_events
            self._step_events = min(self._step_events * 2, _MAX_STEP) if grow else _MIN_STEP
            self._isolate(batch)
            for tenant, part in self._split(batch):
                self._apply(self.database(tenant), part, batch)
            self._known_apart = self.isolated
            self.fed = batch.last
            self._journal.trim(self.fed)
        return len(batch.bodies)

    def follow(self) -> bool:
        """Do a little of what may wait: removals first, then the followers. False when nothing was left."""
        with self._lock:
            return self._clean() or self._each(self._followers.step)

    def purge(self) -> bool:
        """Remove a little of what is to be removed; False when nothing was left."""
        with self._lock:
            return self._clean()

    def _clean(self) -> bool:
        """Remove a little of what is to be removed, also from memory."""
        is_busy = self._each(self._purge.step)
        if is_busy:
            self._heads.clear()
        return is_busy

    def _each(self, step: Callable[[Database], bool]) -> bool:
        """Make a step on every open data base; True when any had something to do."""
        return any([step(database) for database in self._databases.opened()])

    def _isolate(self, batch: Batch) -> None:
        """Note the tenants that are made with a file of their own; one that has events stays where it is."""
        for event in puts_of(batch):
            if event.kind == "tenant" and event.body is not None:
                tenant = TenantId(event.id)
                if tenant in self.isolated or not _has_own_file(event.body):
                    continue
                if not self._databases.open().read(partial(_is_known, tenant=tenant)):
                    self.isolated |= {tenant}

    def _split(self, batch: Batch) -> list[tuple[TenantId | None, Batch]]:
        """Deal the events out to their data bases; the main one, None, comes last."""
        if not self.isolated:
            return [(None, batch)]
        apart = sorted({piece.tenant for piece in batch.pieces} & self.isolated)
        parts: list[tuple[TenantId | None, Batch]] = [
            (owner, batch.of(partial(eq, owner))) for owner in apart
        ]
        return [*parts, (None, batch.of(lambda tenant: tenant not in self.isolated))]

    def _apply(self, database: Database, part: Batch, batch: Batch) -> None:
        heads = self._heads.setdefault(database, {})
        with database.write() as connection:
            fed = _fed(connection)
            feed = Feed(part.after(fed), heads)
            revs = feed.revs()
            for projection in PROJECTIONS:
                projection.apply(connection, feed)
            if self.isolated and database is self._databases.open():
                # It knows the revs of all tenants, so that a start need not open every file.
                revs |= dict.fromkeys(self.isolated - self._known_apart, 0)
                revs |= {each.tenant: each.rev for each in batch.pieces if each.tenant in self.isolated}
            execute_rows(connection, _SET_REVS, [(*item, item[0] in self.isolated) for item in revs.items()])
            connection.execute(_SET_FED, {"value": str(max(fed, batch.last))})
        # It is committed; before, these would be wrong when a disk is full.
        if len(heads) > _REMEMBERED:
            heads.clear()
        heads.update(feed.heads)


_SET_REVS: Final = (
    "INSERT INTO tenant (id, rev, apart) VALUES {} ON CONFLICT (id) DO UPDATE SET rev = excluded.rev"
)
_SET_FED: Final = text(
    "INSERT INTO store (key, value) VALUES ('fed', :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_FED: Final = text("SELECT value FROM store WHERE key = 'fed'")
_APART: Final = text("SELECT id FROM tenant WHERE apart")
_IS_KNOWN: Final = text("SELECT 1 FROM tenant WHERE id = :tenant")


def _fed(connection: Connection) -> int:
    return int(connection.execute(_FED).scalar() or 0)


def _stand(connection: Connection) -> tuple[int, frozenset[TenantId]]:
    return _fed(connection), frozenset(TenantId(id) for id in connection.execute(_APART).scalars())


def _is_known(connection: Connection, tenant: TenantId) -> bool:
    return connection.execute(_IS_KNOWN, {"tenant": tenant}).first() is not None
