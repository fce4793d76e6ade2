"""Which ids the events that are not yet in SQLite concern, so that a read waits only when it must."""

from typing import Any

from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.ids import TenantId

__all__ = ["Freshness"]


class Freshness:
    """Remember the last position that concerned each id, until SQLite has it.

    Kept in two generations: when everything in the older one is projected, it is dropped whole. The tenant of the last event
    is kept beside them, as it nearly always is that of the next one, too. So an append costs one entry in a dict and nothing is
    ever searched through.
    """

    def __init__(self) -> None:
        self._new: dict[object, int] = {}
        self._old: dict[object, int] = {}
        self._old_last = 0
        self._last = 0
        self._tenant: TenantId | None = None
        self._tenant_last = 0

    def note(self, event: Event, position: int) -> None:
        """Take the event at `position` into account."""
        new = self._new
        at: Any = position  # one object for all entries
        if type(event) is Said or type(event) is Noted:  # isinstance costs as much as all the rest
            new[event.conversation] = at
        elif isinstance(event, Changed):
            new[event.conversation.id] = at
            new[event.conversation.visitor] = at
        else:
            new[event.kind] = at
            new[event.kind, event.tenant] = at
            new[event.id] = at
        if event.tenant is not self._tenant:
            if self._tenant is not None:
                new[self._tenant] = self._tenant_last
            self._tenant = event.tenant
        self._tenant_last = self._last = position

    def fed(self, position: int) -> None:
        """Forget what stands in SQLite up to `position`."""
        if position >= self._old_last:
            self._old, self._old_last = self._new, self._last
            self._new = {}

    def position(self, key: object) -> int:
        """Return the last position that concerns `key` and may not be in SQLite; 0 when all is there."""
        if key == self._tenant:
            return self._tenant_last
        return self._new.get(key) or self._old.get(key, 0)

    def tenant(self, tenant: TenantId | None) -> int:
        """Return the same for everything of a tenant, for all tenants when None."""
        return self._last if tenant is None else self.position(tenant)
