"""Canned replies: what agents say every day, in groups, with variables."""

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["Canned"]


class Canned(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reply; `{{visitor.name}}` and `{{agent.name}}` are filled in when it is taken."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    text: Annotated[str, Meta(min_length=1, max_length=4000)]
    group: Annotated[str, Meta(max_length=100)] = ""
    #: The agent it belongs to; empty for everybody's.
    owner: str = ""
    uses: Annotated[int, Meta(ge=0)] = 0
