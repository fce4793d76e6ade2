"""Write visitors: stored with their first message, or at once when a signature proved who they are."""

from typing import Any

import msgspec

from fastdesk.model.event import Put
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.scribe import Appends
from fastdesk.tenants.revs import Revs

__all__ = ["Visitors"]


class Visitors:
    """Append visitors to the store."""

    def __init__(self, *, store: Appends, revs: Revs, clock: Clock) -> None:
        self._store = store
        self._revs = revs
        self._clock = clock
        self._encoder = msgspec.json.Encoder()

    def save(self, visitor: Visitor, *, actor: str = "visitor", reason: str = "", origin: Any = None) -> None:
        """Append the visitor as it stands."""
        now_ms = self._clock.now_ms()
        rev = self._revs.next(visitor.tenant)
        body = self._encoder.encode(visitor)
        self._store.append(
            Put(visitor.tenant, rev, now_ms, "visitor", visitor.id, body, actor, reason), origin
        )
