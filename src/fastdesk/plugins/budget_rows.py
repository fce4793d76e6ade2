"""The assistant's ledger in the store: one record for each tenant and period, durable before it counts."""

from typing import Protocol

import msgspec

from fastdesk.ai import Row
from fastdesk.model.event import Event, Put
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import Clock
from fastdesk.store.protocol import Record
from fastdesk.tenants.revs import Revs

__all__ = ["KIND", "BudgetRows"]

KIND = "budget"


class _Rows(Protocol):
    async def records(self, kind: str, tenant: TenantId | None = None) -> list[Record]:
        """Return the records of a kind."""

    async def commit(self, event: Event) -> None:
        """Append and return once it is on disk."""


class BudgetRows:
    """Read and write the rows of the assistant's budget."""

    def __init__(self, *, store: _Rows, revs: Revs, clock: Clock) -> None:
        self._store = store
        self._revs = revs
        self._clock = clock

    async def load(self, account: str, period: str) -> Row:
        """Return the row, zeros when there is none."""
        for record in await self._store.records(KIND, TenantId(account)):
            if record.id == period:
                return msgspec.json.decode(record.body, type=Row)
        return Row()

    async def save(self, account: str, period: str, row: Row) -> None:
        """Replace the row."""
        tenant = TenantId(account)
        body = msgspec.json.encode(row)
        await self._store.commit(
            Put(tenant, self._revs.next(tenant), self._clock.now_ms(), KIND, period, body, "assistant")
        )
