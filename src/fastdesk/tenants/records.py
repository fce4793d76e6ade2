"""The tenants' records (sites, agents, rules, articles …): all in memory, every change an event of the store.

Enters: structs of the kinds that were registered. Leaves: the same, by tenant, kind and id; and a call to whoever watches a
kind, so that compiled rules, filters and indexes follow within the same second.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, TypeVar

import msgspec
from msgspec import Struct

from fastdesk.model.agent import Agent, ApiKey, SignIn, Team
from fastdesk.model.event import Event, Put
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site, Tenant
from fastdesk.observe.clock import Clock
from fastdesk.tenants.revs import Revs

__all__ = ["HOUSE", "Check", "Kind", "Records", "basic_kinds"]

T = TypeVar("T", bound=Struct)


#: Refuse a record that does not fit its tenant's others, (others, record), by raising `Refused`.
Check = Callable[[list[Any], Any], None]


class Kind(Struct, frozen=True):
    """A kind of record: its struct (with a field `id`), and what reading and writing it needs.

    A kind without `read` has no routes, one without `write` can't be written through them. `hidden` fields are shown only
    to who may write; `parse` makes a record of an API body, which may be in a short form, raising `Refused`.
    """

    name: str
    struct: type[Struct]
    read: str = ""
    write: str = ""
    hidden: tuple[str, ...] = ()
    plural: str = ""
    parse: Callable[[dict[str, Any]], Any] | None = None
    check: Check | None = None
    #: Called with the record before (None: a new one), the one to be written and the wall clock; returns what is written.
    revise: Callable[[Any, Any, int], Any] | None = None
    #: Field that the desk fills with a secret when a new record has none.
    secret: str = ""
    #: Field with the id of the agent whose own a record is; empty stands for everybody's. Nobody else sees those.
    owner: str = ""
    #: Fields in which a list looks for `text`; a kind without any can't be searched.
    searched: tuple[str, ...] = ()
    #: A record may be megabytes long: it is read and written in a thread, in steps that leave the loop in peace.
    is_large: bool = False
    #: Kind under which the version before is kept, and how it is wrapped.
    archive: tuple[str, Callable[[Any], Struct]] | None = None


def basic_kinds() -> list[Kind]:
    """Return the kinds that the desk itself needs; other rooms' kinds are registered beside them."""
    return [
        Kind("tenant", Tenant),
        Kind(
            "site",
            Site,
            "site.read",
            "site.write",
            hidden=("signing_secret",),
            plural="sites",
            secret="signing_secret",
        ),
        Kind("agent", Agent),
        Kind("team", Team, "site.read", "site.write", plural="teams"),
        Kind("sign_in", SignIn),
        Kind("api_key", ApiKey),
    ]


class _Appends(Protocol):
    def append(self, event: Event, origin: Any = None) -> None: ...


#: Records that belong to the installation, not to a tenant, stand under this name.
HOUSE: Final = TenantId("-")

Watcher = Callable[[TenantId], None]


class Records:
    """Keep the records of every tenant; writing returns at once, durable once the store has committed the event."""

    def __init__(self, kinds: list[Kind], *, store: _Appends, revs: Revs, clock: Clock) -> None:
        self.kinds: Final = {kind.name: kind for kind in kinds}
        self._store = store
        self.revs = revs
        self._clock = clock
        self._shelves: dict[tuple[TenantId, str], dict[str, Struct]] = {}
        self._watchers: dict[str, list[Watcher]] = {}
        self._decoders = {kind.name: msgspec.json.Decoder(kind.struct) for kind in kinds}
        self._encoder = msgspec.json.Encoder()

    def load(self, tenant: TenantId, kind: str, id: str, body: bytes) -> bool:
        """Take a stored record in; False when its kind is unknown here (a plug-in was removed)."""
        record = self.decode(kind, body)
        if record is None:
            return False
        self._shelves.setdefault((tenant, kind), {})[id] = record
        return True

    def decode(self, kind: str, body: bytes) -> Struct | None:
        """Return the record that a body is, None when the kind is unknown here; raises msgspec's errors."""
        decoder = self._decoders.get(kind)
        return decoder.decode(body) if decoder is not None else None

    def watch(self, kind: str, watcher: Watcher) -> None:
        """Call `watcher(tenant)` after each change of a record of `kind`."""
        self._watchers.setdefault(kind, []).append(watcher)

    def get(self, struct: type[T], tenant: TenantId, kind: str, id: str) -> T | None:
        """Return one record, None when there is none."""
        shelf = self._shelves.get((tenant, kind))
        record = shelf.get(id) if shelf else None
        assert record is None or isinstance(record, struct)
        return record

    def all(self, struct: type[T], tenant: TenantId, kind: str) -> list[T]:
        """Return all records of one kind, in the order of their making."""
        return list(self._shelves.get((tenant, kind), {}).values())  # type: ignore[arg-type]

    def tenants(self) -> Iterator[Tenant]:
        """Iterate over the tenants of this installation."""
        return iter(self.all(Tenant, HOUSE, "tenant"))

    def site(self, tenant: TenantId, id: str) -> Site | None:
        """Return a site of `tenant`."""
        return self.get(Site, tenant, "site", id)

    def tenant_of_site(self, key: str) -> TenantId | None:
        """Return whose site this public key names; keys are unique over the installation."""
        for tenant in self.tenants():
            if tenant.enabled and self.site(tenant.id, key) is not None:
                return tenant.id
        return None

    def put(
        self,
        tenant: TenantId,
        kind: str,
        record: Struct,
        *,
        actor: str,
        reason: str = "",
        origin: Any = None,
        body: bytes = b"",
    ) -> Put:
        """Write a record (its `id` names it) and return the event that was appended.

        `body` is the record as JSON, where that was made elsewhere and the kind does not revise what is written.
        """
        id = str(record.id)  # type: ignore[attr-defined]
        how = self.kinds[kind]
        old = self._shelves.get((tenant, kind), {}).get(id)
        if how.revise is not None:
            record = how.revise(old, record, self._clock.now_ms())
        if how.archive is not None and old is not None:
            name, wrap = how.archive
            self.put(tenant, name, wrap(old), actor=actor, reason="version before")
        self._shelves.setdefault((tenant, kind), {})[id] = record
        return self._append(tenant, kind, id, body or self._encoder.encode(record), actor, reason, origin)

    def remove(
        self, tenant: TenantId, kind: str, id: str, *, actor: str, reason: str = "", origin: Any = None
    ) -> Put | None:
        """Remove a record and return the event, None when there was no such record."""
        if self._shelves.get((tenant, kind), {}).pop(id, None) is None:
            return None
        return self._append(tenant, kind, id, None, actor, reason, origin)

    def _append(
        self, tenant: TenantId, kind: str, id: str, body: bytes | None, actor: str, reason: str, origin: Any
    ) -> Put:
        event = Put(tenant, self.revs.next(tenant), self._clock.now_ms(), kind, id, body, actor, reason)
        self._store.append(event, origin)
        for watcher in self._watchers.get(kind, ()):
            watcher(tenant)
        return event
