"""A visitor of a site, known or anonymous."""

from typing import Any

from msgspec import Struct

from fastdesk.model.ids import SiteId, TenantId, VisitorId

__all__ = ["PageView", "Visitor"]


class PageView(Struct, frozen=True, omit_defaults=True):
    """One page that the visitor had open."""

    url: str
    title: str = ""
    at: int = 0


class Visitor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One visitor of one site. `identity` is set only when the site's signature proved it."""

    id: VisitorId
    tenant: TenantId
    site: SiteId
    name: str = ""
    email: str = ""
    phone: str = ""
    identity: str | None = None
    language: str = ""
    #: What pages and forms say, by names of their own.
    fields: dict[str, Any] = {}
    #: What agents and programs say.
    attributes: dict[str, Any] = {}
    labels: tuple[str, ...] = ()
    first_seen: int = 0
    last_seen: int = 0
    address: str = ""
    device: str = ""
    referrer: str = ""
    place: str = ""
    trail: tuple[PageView, ...] = ()
    #: When this visitor was last invited to a talk.
    invited_at: int = 0
    last_agent: str = ""
    #: The visitor that this one was merged into, by hand.
    merged_into: VisitorId | None = None
    note: str = ""
