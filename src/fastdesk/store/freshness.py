"""Which ids the events that are not yet in SQLite concern, so that a read waits only when it must."""

from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.store.event_bytes import Stretch

__all__ = ["Freshness"]


class Freshness:
    """Remember the last position that concerned each id, until SQLite has it.

    Kept in two generations: when everything in the older one is projected, it is dropped whole. Tenant and conversation of the
    last event are kept beside them, as they often are those of the next one, too. So an append costs one entry in a dict at most,
    and nothing is ever searched through.
    """

    def __init__(self) -> None:
        self._new: dict[object, int] = {}
        self._old: dict[object, int] = {}
        self._old_last = 0
        self._last = 0
        self._tenant: TenantId | None = None
        self._tenant_last = 0
        self._conversation: ConversationId | None = None
        self._conversation_last = 0

    def note(self, event: Event | Stretch, position: int) -> None:
        """Take the event at `position` into account, or several up to there."""
        # isinstance costs as much as all the rest.
        if type(event) is Said or type(event) is Noted or type(event) is Stretch:
            if event.conversation is not self._conversation:
                self._put_aside()
                self._conversation = event.conversation
            self._conversation_last = position
        else:
            self._note_other(event, position)
        if event.tenant is not self._tenant:
            if self._tenant is not None:
                self._new[self._tenant] = self._tenant_last
            self._tenant = event.tenant
        self._tenant_last = self._last = position

    def _note_other(self, event: Event | Stretch, position: int) -> None:
        self._put_aside()
        new = self._new
        if isinstance(event, Changed):
            new[event.conversation.id] = position
            new[event.conversation.visitor] = position
        elif isinstance(event, Put):
            new[event.kind] = position
            new[event.kind, event.tenant] = position
            new[event.id] = position

    def _put_aside(self) -> None:
        """Let the last conversation stand among all others."""
        if self._conversation is not None:
            self._new[self._conversation] = self._conversation_last
            self._conversation = None

    def fed(self, position: int) -> None:
        """Forget what stands in SQLite up to `position`."""
        if position >= self._old_last:
            self._put_aside()
            self._old, self._old_last = self._new, self._last
            self._new = {}

    def position(self, key: object) -> int:
        """Return the last position that concerns `key` and may not be in SQLite; 0 when all is there."""
        if key == self._tenant:
            return self._tenant_last
        if key == self._conversation:
            return self._conversation_last
        return self._new.get(key) or self._old.get(key, 0)

    def tenant(self, tenant: TenantId | None) -> int:
        """Return the same for everything of a tenant, for all tenants when None."""
        return self._last if tenant is None else self.position(tenant)
