"""What a plug-in knows of a visitor, shown to agents beside the conversation: an order, a subscription, a bill."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fastdesk.model.text import Line, Text

__all__ = ["CardLine", "PluginCards", "VisitorCard"]

MAX_LINES = 20


class CardLine(Struct, frozen=True):
    """One line of a card: what it is, and its value."""

    name: Text
    value: Text


class VisitorCard(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One card: a title, a state in a colour, at most 20 lines, and an http(s) address where more stands."""

    title: Text
    state: Text = ""
    tone: Literal["plain", "good", "warm", "bad"] = "plain"
    lines: Annotated[tuple[CardLine, ...], Meta(max_length=MAX_LINES)] = ()
    link: Line = ""


class PluginCards(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one plug-in has to show; `problem` says why it has nothing: it was `late`, or it `failed`."""

    plugin: str
    cards: tuple[VisitorCard, ...] = ()
    problem: Literal["", "late", "failed"] = ""
