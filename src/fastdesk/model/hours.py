"""Business hours: when people are there, as an owner writes it down."""

from typing import Annotated

from msgspec import Meta, Struct

from fastdesk.model.condition import ClockTime, Day

__all__ = ["Date", "Hours", "Span"]

Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A calendar day as `2026-10-01`."""
Span = tuple[ClockTime, ClockTime]
"""From and to, as the clock on the wall shows; one that ends at or before its start runs over midnight."""
Spans = Annotated[tuple[Span, ...], Meta(max_length=24)]


class Hours(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A week of spans in one time zone, with days that are different.

    A span belongs to the day it starts on: one over midnight runs on into a holiday. Where clocks are put back, an hour that
    comes twice counts twice.
    """

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(max_length=200)] = ""
    #: A name of the IANA data base, such as "Asia/Shanghai".
    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"
    week: dict[Day, Spans] = {}
    #: Days on which no span starts: one day, or every year's as `10-01`.
    holidays: Annotated[
        tuple[Date | Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")], ...],
        Meta(max_length=1000),
    ] = ()
    #: Days with spans of their own; stronger than holidays and the week.
    exceptions: Annotated[dict[Date, Spans], Meta(max_length=1000)] = {}
