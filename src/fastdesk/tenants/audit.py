"""The audit log: administrative acts and the reading of personal data, kept with all other events."""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from fastdesk.model.audit import KIND, AuditEntry
from fastdesk.model.event import Event, Noted, Put
from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import Clock, Entropy, new_id
from fastdesk.store import tables
from fastdesk.tenants.revs import Revs

__all__ = ["Audit", "AuditPage", "AuditQuery"]

#: Reading the same again within this time is one entry.
_SAME_MS: Final = 600_000
_MAX_SAME: Final = 10_000

_record = tables.record.c


class Store(Protocol):
    """What the log needs of the store."""

    def append(self, event: Event) -> None:
        """Put an event into the current batch."""

    async def run(
        self, query: Callable[[Connection], "AuditPage"], tenant: TenantId | None = None
    ) -> "AuditPage":
        """Run a read in a reader thread."""


class AuditQuery(Struct, frozen=True, kw_only=True):
    """Which entries are wanted; None means any. `after` and `before` are wall-clock milliseconds."""

    actor: str | None = None
    act: str | None = None
    what: str | None = None
    after: int | None = None
    before: int | None = None
    cursor: str | None = None
    limit: int = 50


class AuditPage(Struct, frozen=True):
    """Entries, newest first; `cursor` asks for the next page, None after the last."""

    items: list[AuditEntry]
    cursor: str | None = None


class Audit:
    """Write and read the log."""

    def __init__(self, *, store: Store, revs: Revs, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._revs = revs
        self._clock = clock
        self._entropy = entropy
        self._seen: dict[tuple[str, ...], int] = {}

    def act(self, principal: Principal, act: str, what: str, address: str) -> None:
        """Note what somebody known has done."""
        self._note(principal.tenant, act, what, address, principal.id, principal.name)

    def reading(self, principal: Principal, act: str, what: str, address: str) -> None:
        """Note that somebody has read personal data; the same again counts once in ten minutes."""
        now_ms = self._clock.now_ms()
        key = (principal.tenant, principal.id, what, address)
        if self._seen.get(key, 0) > now_ms:
            return
        if len(self._seen) >= _MAX_SAME:
            self._seen.clear()
        self._seen[key] = now_ms + _SAME_MS
        self._note(principal.tenant, act, what, address, principal.id, principal.name)

    def sign_in(self, tenant: TenantId, agent: str, name: str, address: str, *, refused: bool) -> None:
        """Note that an agent came in, or that somebody tried to in their name."""
        act = "sign_in.refused" if refused else "sign_in"
        self._note(tenant, act, f"agent {agent}", address, "" if refused else agent, "" if refused else name)

    def filtered(self, noted: Noted) -> None:
        """Note that the word filter refused a text, and which words of which lists were in it; other notes pass."""
        body = noted.body or {}
        if noted.actor != "word filter" or body.get("level") != "block":
            return
        found = ", ".join(map(str, body.get("words", ())))
        what = f"{body.get('side', 'input')} of conversation {noted.conversation}: word list {found}"
        self._note(noted.tenant, "word_filter.blocked", what, "", "", "")

    async def page(self, tenant: TenantId, query: AuditQuery) -> AuditPage:
        """Return one page of a tenant's log."""
        return await self._store.run(lambda connection: _read(connection, tenant, query), tenant)

    def _note(self, tenant: TenantId, act: str, what: str, address: str, actor: str, name: str) -> None:
        now_ms = self._clock.now_ms()
        id = new_id(now_ms, self._entropy)
        entry = AuditEntry(
            id=id, at=now_ms, act=act, what=what[:300], actor=actor, name=name, address=address
        )
        body = msgspec.json.encode(entry)
        self._store.append(Put(tenant, self._revs.next(tenant), now_ms, KIND, id, body, actor))


def _read(connection: Connection, tenant: TenantId, query: AuditQuery) -> AuditPage:
    """Walk the log by its key, whose ids sort by time, from the newest on."""
    rows = select(_record.body).where(_record.tenant == tenant, _record.kind == KIND)
    if query.cursor is not None:
        rows = rows.where(_record.id < query.cursor)
    if query.after is not None:
        rows = rows.where(_record.at >= query.after)
    if query.before is not None:
        rows = rows.where(_record.at < query.before)
    for name, value in (("actor", query.actor), ("act", query.act), ("what", query.what)):
        if value is not None:
            rows = rows.where(func.json_extract(_record.body, f"$.{name}") == value)
    found = connection.execute(rows.order_by(_record.id.desc()).limit(query.limit + 1)).scalars().all()
    items = [msgspec.json.decode(body, type=AuditEntry) for body in found[: query.limit]]
    return AuditPage(items, items[-1].id if len(found) > query.limit else None)
