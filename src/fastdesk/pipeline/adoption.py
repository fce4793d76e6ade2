"""Take a tenant that was exported elsewhere into a desk that runs."""

from collections.abc import Awaitable, Callable

import msgspec

from fastdesk.errors import Refused
from fastdesk.model.agent import Agent
from fastdesk.model.event import Event, Put
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Tenant
from fastdesk.model.visitor import Visitor
from fastdesk.store.importing import append_events
from fastdesk.store.open_files import Manifest, Source
from fastdesk.store.protocol import Store
from fastdesk.tenants.gate import Gate
from fastdesk.tenants.records import HOUSE, Records
from fastdesk.tenants.revs import Revs

__all__ = ["Adoption"]


class Adoption:
    """Check an import against what the installation has, append it, and begin to serve it.

    Args:
        build: makes what is built from a tenant's records.
    """

    def __init__(
        self,
        *,
        store: Store,
        records: Records,
        revs: Revs,
        gate: Gate,
        build: Callable[[TenantId], Awaitable[None]],
    ) -> None:
        self._store = store
        self._records = records
        self._revs = revs
        self._gate = gate
        self._build = build

    def check_tenant(self, manifest: Manifest) -> None:
        """Refuse a tenant that is here already, or whose record is none."""
        try:
            tenant = msgspec.json.decode(manifest.record, type=Tenant)
        except msgspec.MsgspecError as fault:
            raise Refused("invalid", f"The record of the tenant is none: {fault}.") from None
        if tenant.id != manifest.tenant or not tenant.id or tenant.id == HOUSE:
            raise Refused("invalid", "The record is another tenant's.")
        if self._revs.highest(tenant.id) or self._records.get(Tenant, HOUSE, "tenant", tenant.id):
            raise Refused("conflict", "There is such a tenant here.", hint="Import into an empty one.")

    def check_event(self, event: Event) -> None:
        """Refuse a record that nothing can be made of, or a site key or sign-in that is taken. Any thread may ask."""
        if not isinstance(event, Put) or event.body is None:
            return
        try:
            if event.kind == "visitor":
                self._check_visitor(event, event.body)
            record = self._records.decode(event.kind, event.body)
        except msgspec.MsgspecError as fault:
            raise Refused(
                "invalid", f"The {event.kind[:40]} of event {event.rev} is none: {fault}."
            ) from None
        if event.kind == "site" and self._records.tenant_of_site(event.id) is not None:
            raise Refused("conflict", f"The site key {event.id[:64]} is taken.")
        if isinstance(record, Agent) and self._gate.find_agent(record.email) is not None:
            raise Refused("conflict", "An agent's address is taken.")

    def _check_visitor(self, event: Put, body: bytes) -> None:
        visitor = msgspec.json.decode(body, type=Visitor)
        if (visitor.tenant, visitor.id) != (event.tenant, event.id):
            raise Refused("invalid", f"The visitor of event {event.rev} is another tenant's.")

    async def adopt(self, manifest: Manifest, source: Source, progress: Callable[[int, int], None]) -> None:
        """Append all events of a checked import; from the end on the tenant is served."""
        tenant, record = manifest.tenant, bytes(manifest.record)
        house_rev = self._revs.next(HOUSE)
        self._store.append(Put(HOUSE, house_rev, manifest.at, "tenant", tenant, record, "import"))
        self._revs.reach(tenant, await append_events(self._store, source, tenant, progress))
        for kind in self._records.kinds:
            for each in await self._store.records(kind, tenant):
                self._records.load(tenant, kind, each.id, each.body)
        await self._store.settle(followers=True)
        self._records.load(HOUSE, "tenant", tenant, record)
        await self._build(tenant)
