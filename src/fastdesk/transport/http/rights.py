"""Erase a person, and say how long a tenant keeps what was said."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.model.site import Tenant
from fastdesk.pipeline.rights import Rights
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.purge import FORGETTING, LAST
from fastdesk.tenants.records import HOUSE
from fastdesk.transport.http.routes import Call, Route

__all__ = ["RightsRoutes"]


class Erasure(Struct, frozen=True):
    """Why a person is erased; no text about them."""

    reason: Annotated[str, Meta(max_length=200)] = ""


class Erased(Struct, frozen=True):
    """What was removed."""

    visitor: str
    conversations: int


class Retention(Struct, frozen=True):
    """How many days messages, notes, files and visitors are kept, and entries of the audit log; 0: for ever.

    `audit_days` stays as it is where it is not given.
    """

    days: Annotated[int, Meta(ge=0, le=36_500)]
    audit_days: Annotated[int, Meta(ge=0, le=36_500)] | None = None


class RetentionState(Struct, frozen=True):
    """The setting, and when it was last carried out (0: not yet)."""

    days: int
    audit_days: int
    last_at: int


class RightsRoutes:
    """What a tenant owes the people it talks with."""

    def __init__(self, rooms: Rooms, rights: Rights) -> None:
        self._rooms = rooms
        self._rights = rights

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag = "rights"
        return [
            Route(method="POST", path="/v1/visitors/{id}/erase", handler=self.erase, access="visitor.erase", tag=tag, body=Erasure,
                  answer=Erased, summary="Remove a visitor and everything said with them, for good"),
            Route(method="GET", path="/v1/retention", handler=self.retention, access="settings.write", tag=tag,
                  answer=RetentionState, summary="How long the tenant keeps what was said"),
            Route(method="POST", path="/v1/retention", handler=self.set_retention, access="settings.write", tag=tag, body=Retention,
                  answer=RetentionState, summary="Set it; older content is removed from the disk, once a day"),
        ]  # fmt: skip

    async def erase(self, call: Call) -> Erased:
        """Answer once nothing is left."""
        wish: Erasure = call.body
        principal = call.principal
        count = await self._rights.erase(
            principal.tenant, call.path("id"), actor=principal.id, reason=wish.reason
        )
        return Erased(call.path("id"), count)

    async def retention(self, call: Call) -> RetentionState:
        """Return the setting."""
        tenant = self._tenant(call)
        last = await self._rooms.store.record(tenant.id, FORGETTING, LAST)
        return RetentionState(tenant.retention_days, tenant.audit_days, last.at if last is not None else 0)

    async def set_retention(self, call: Call) -> RetentionState:
        """Change the setting; it is carried out within minutes, then once a day."""
        wish: Retention = call.body
        tenant = self._tenant(call)
        audit_days = tenant.audit_days if wish.audit_days is None else wish.audit_days
        changed = replace(tenant, retention_days=wish.days, audit_days=audit_days)
        self._rooms.records.put(HOUSE, "tenant", changed, actor=call.principal.id, reason="retention")
        self._rights.look_again()
        return await self.retention(call)

    def _tenant(self, call: Call) -> Tenant:
        tenant = self._rooms.records.get(Tenant, HOUSE, "tenant", call.principal.tenant)
        if tenant is None:
            raise Refused("not_found", "This tenant has no record.")
        return tenant
