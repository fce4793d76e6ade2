"""What an administrator decides for all sites of the tenant."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.model.site import Tenant
from fastdesk.model.text import Line
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.site_settings import check_settings
from fastdesk.tenants.records import HOUSE
from fastdesk.transport.http.records import merge
from fastdesk.transport.http.routes import Call, Route

__all__ = ["SettingsRoutes"]


class TenantSettings(Struct, frozen=True, kw_only=True):
    """A tenant's name and settings by room (routing, assistant …), which its sites' own stand before.

    `quota_bytes` (0: the installation's) and `isolation` are the operator's to change.
    """

    id: str
    name: str
    settings: dict[str, Any]
    quota_bytes: int
    isolation: Literal["shared", "database"]


class SettingsWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes; tables inside `settings` are merged, null takes a value back to its default."""

    name: Line | None = None
    settings: Annotated[dict[str, Any], Meta(max_length=100)] = {}


class SettingsRoutes:
    """Read and change the tenant's settings."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        path, tag = "/v1/settings", "settings"
        return [
            Route(method="GET", path=path, handler=self.read, access="settings.write", tag=tag, answer=TenantSettings,
                  summary="Read the settings of all sites"),
            Route(method="PATCH", path=path, handler=self.change, access="settings.write", tag=tag, body=SettingsWish,
                  answer=TenantSettings, summary="Change the settings of all sites"),
        ]  # fmt: skip

    async def read(self, call: Call) -> TenantSettings:
        """Return what is in force."""
        tenant = self._tenant(call)
        return TenantSettings(
            id=tenant.id,
            name=tenant.name,
            settings=tenant.settings,
            quota_bytes=tenant.quota_bytes,
            isolation=tenant.isolation,
        )

    async def change(self, call: Call) -> TenantSettings:
        """Put changes in force at once, if every room takes what is its own."""
        wish: SettingsWish = call.body
        tenant = self._tenant(call)
        settings = merge(tenant.settings, wish.settings)
        check_settings(settings)
        name = tenant.name if wish.name is None else wish.name
        changed = replace(tenant, name=name, settings=settings)
        self._rooms.records.put(HOUSE, "tenant", changed, actor=call.principal.id, reason="settings")
        return await self.read(call)

    def _tenant(self, call: Call) -> Tenant:
        tenant = self._rooms.records.get(Tenant, HOUSE, "tenant", call.principal.tenant)
        if tenant is None:
            raise Refused("not_found", "This tenant has no record.")
        return tenant
