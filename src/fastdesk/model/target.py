"""Response targets: how soon visitors are to be answered, in business time."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fastdesk.model.conversation import Priority

__all__ = ["Answer", "Target"]

#: The first answer of a person, each next one, and the end.
Answer = Literal["first", "next", "resolve"]
Span = Annotated[int, Meta(ge=0, le=366 * 86_400)]
Ids = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=200)]


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is promised for some conversations; the first one by `position` that fits counts. Times are seconds, 0 is no promise."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(max_length=200)] = ""
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    enabled: bool = True
    #: Conversations it is for; all when empty.
    sites: Ids = ()
    teams: Ids = ()
    priorities: tuple[Priority, ...] = ()
    labels: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=50)] = ()
    #: From the moment a person is wanted until one has answered, from each unanswered message on, and until it is resolved.
    first_s: Span = 0
    next_s: Span = 0
    resolve_s: Span = 0
    #: Warn when so much of the time is used up.
    warn_percent: Annotated[int, Meta(ge=1, le=100)] = 80
    #: Business hours in which the time is counted; without, those of the team or the site.
    hours: str | None = None
