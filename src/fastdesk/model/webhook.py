"""Webhooks: where events go, how far each one has got, and what happened to the last deliveries."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["Delivery", "Webhook", "WebhookCursor", "WebhookTry"]


class Webhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address that is told of events. `secret` signs each delivery; made by the desk when none is given."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(max_length=200)] = ""
    url: Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^/\s]+(/\S*)?$")]
    events: tuple[Literal["message", "conversation", "note"], ...] = ("message", "conversation")
    secret: Annotated[str, Meta(max_length=200)] = ""
    enabled: bool = True


class WebhookCursor(Struct, frozen=True, kw_only=True):
    """How far a webhook has got in its tenant's stream of events: all up to `rev` has been taken or given up."""

    id: str
    rev: int


class Delivery(Struct, frozen=True, kw_only=True):
    """One try to deliver an event; `tries` counts those of this event, `taken` says that the receiver has it."""

    id: str
    rev: int
    at: int
    tries: int
    status: int
    error: str
    taken: bool
    conversation: str = ""
    kind: str = ""


class WebhookTry(Struct, frozen=True, kw_only=True):
    """One line of a webhook's log. `number` counts its tries from 0; the newest takes the place of the oldest that is kept."""

    id: str
    webhook: str
    number: int
    delivery: Delivery
