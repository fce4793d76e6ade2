"""Saved views: which conversations somebody wants to see together."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fastdesk.model.conversation import Priority, State

__all__ = ["Filter", "View"]

Ref = Annotated[str, Meta(min_length=1, max_length=100)]


class Filter(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which conversations; without `state` all that are not resolved."""

    state: State | None = None
    mode: Literal["bot", "queued", "human"] | None = None
    priority: Priority | None = None
    #: An agent's id, `me` for whoever looks, or `none`.
    assignee: Ref | None = None
    #: The same of who is mentioned: an agent's id, or `me`.
    mentioned: Ref | None = None
    team: Ref | None = None
    label: Ref | None = None
    site: Ref | None = None


class View(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One view; an empty `owner` shares it with everybody."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    filter: Filter = Filter()
    owner: Annotated[str, Meta(max_length=64)] = ""
