"""Tenants and their sites: what an owner configures."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from fastdesk.model.form import SiteForms
from fastdesk.model.ids import SiteId, TeamId, TenantId
from fastdesk.model.text import Line, Text

__all__ = ["Features", "Site", "Tenant", "Text", "Texts", "Theme"]


class Texts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the desk says by itself; empty means the built-in text in the visitor's language."""

    welcome: Text = ""
    announcement: Text = ""
    offline: Text = ""
    placeholder: Text = ""
    title: Text = ""
    subtitle: Text = ""
    fallback: Text = ""
    handoff: Text = ""
    teaser: Text = ""
    bot_name: Text = ""
    closed: Text = ""


class Theme(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the widget looks."""

    brand: Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")] = "#2f6fed"
    mode: Literal["auto", "light", "dark"] = "auto"
    position: Literal["left", "right"] = "right"


class Features(Struct, frozen=True, kw_only=True):
    """What the widget offers."""

    upload: bool = True
    typing_preview: bool = False
    rating: bool = True
    human: bool = True
    emoji: bool = True
    transcript: bool = True


class Site(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tenant's web site (or app, or link) with its public key, which is its id."""

    id: SiteId
    name: Line = ""
    #: Origins that may embed the widget and open sockets, such as "https://shop.example"; empty allows all.
    origins: Annotated[tuple[Annotated[str, Meta(max_length=255)], ...], Meta(max_length=100)] = ()
    #: Key of visitor signatures (HMAC and JWT); made by the desk, shown to administrators only.
    signing_secret: str = ""
    #: Refuse visitors without a signed identity.
    signed_only: bool = False
    locale: str = ""
    texts: Texts = Texts()
    theme: Theme = Theme()
    features: Features = Features()
    forms: SiteForms = SiteForms()
    team: TeamId | None = None
    hours: str | None = None
    #: What the widget does outside hours.
    closed: Literal["form", "assistant", "hidden"] = "form"
    #: After a resolved conversation a new message opens it again, or opens a new one.
    after_resolve: Literal["new", "reopen"] = "new"
    idle_close_minutes: Annotated[int, Meta(ge=0, le=100_000)] = 0
    welcome_message: bool = False
    #: Settings of other rooms for this site, by room name: assistant, knowledge, invitations …
    settings: dict[str, Any] = {}


class Tenant(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An organisation whose things nobody else sees."""

    id: TenantId
    name: Line = ""
    isolation: Literal["shared", "database"] = "shared"
    created_at: int = 0
    enabled: bool = True
    retention_days: Annotated[int, Meta(ge=0, le=36500)] = 0
    #: How long entries of the audit log are kept; 0: for ever.
    audit_days: Annotated[int, Meta(ge=0, le=36500)] = 0
    #: Most bytes of all files; 0 for the installation's own limit.
    quota_bytes: Annotated[int, Meta(ge=0)] = 0
    settings: dict[str, Any] = {}
