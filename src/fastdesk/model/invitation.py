"""Invitations: words that the desk says first, to visitors on certain pages."""

from typing import Annotated

from msgspec import Meta, Struct

from fastdesk.model.text import Text

__all__ = ["Invitation"]


class Invitation(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rule: whom to invite, when, and with what words. The first that fits wins, in the order of their making."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    text: Text
    enabled: bool = True
    #: Only on this site; empty for all.
    site: Annotated[str, Meta(max_length=64)] = ""
    #: What the page's address must hold; `*` stands for anything. Empty for every page.
    page: Annotated[str, Meta(max_length=500)] = ""
    #: Seconds that the page must have been open.
    seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0
    #: Only visitors who have talked here before (true), or who have not (false).
    returning: bool | None = None
    #: Only while people are there.
    only_open: bool = False
    #: Hours in which a visitor is not invited a second time, by whatever rule.
    pause_hours: Annotated[int, Meta(ge=0, le=8760)] = 24

    def __post_init__(self) -> None:
        if not self.text or (isinstance(self.text, dict) and not any(self.text.values())):
            raise ValueError("An invitation needs words")
