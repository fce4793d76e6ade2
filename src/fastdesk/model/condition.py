"""Conditions an owner may write: on the text, on named values, on hours; nested by all, any and not.

A condition is data only. Rules index and evaluate the text conditions (`fastdesk.rules`), flows evaluate the
others on their slots (`fastdesk.dialogue`).
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

Scalar = str | bool | int | float
Number = Annotated[int, Meta(ge=-(10**15), le=10**15)] | Annotated[float, Meta(ge=-1e15, le=1e15)]
Phrase = Annotated[str, Meta(min_length=1, max_length=200)]
Phrases = Annotated[tuple[Phrase, ...], Meta(max_length=500)]
Pattern = Annotated[str, Meta(min_length=1, max_length=500)]
"""A regular expression in RE2 syntax: linear time, no look-around, no back-references."""
Path = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[a-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_\-]+)*$")
]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
"""A time of day as `09:30`; `24:00` ends a day."""


class _Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Share the settings of all conditions."""


class Exact(_Condition, frozen=True, kw_only=True, tag="exact"):
    """Hold when the whole text is one of `texts`; case, width, outer spaces and punctuation don't count."""

    texts: Annotated[Phrases, Meta(min_length=1)]


class Contains(_Condition, frozen=True, kw_only=True, tag="contains"):
    """Hold when any of `texts` stands anywhere in the text, also inside a word."""

    texts: Annotated[Phrases, Meta(min_length=1)]


class Keywords(_Condition, frozen=True, kw_only=True, tag="keywords"):
    """Hold when each of `all` and, where given, one of `any` stands in the text as a whole word."""

    all: Phrases = ()
    any: Phrases = ()


class Regex(_Condition, frozen=True, kw_only=True, tag="regex"):
    """Hold when `pattern` is found in the text; case does not count unless `case` is set."""

    pattern: Pattern
    case: bool = False


class Intent(_Condition, frozen=True, kw_only=True, tag="intent"):
    """Hold when the recognised intent is one of `names` with a score of at least `above` (0 to 1)."""

    names: Annotated[Phrases, Meta(min_length=1)]
    above: Annotated[float, Meta(ge=0, le=1)] = 0.5


class Language(_Condition, frozen=True, kw_only=True, tag="language"):
    """Hold when the visitor's language is one of `names` (`zh` covers `zh-CN`)."""

    names: Annotated[Phrases, Meta(min_length=1)]


class Label(_Condition, frozen=True, kw_only=True, tag="label"):
    """Hold when the conversation bears one of `names`."""

    names: Annotated[Phrases, Meta(min_length=1)]


class Hours(_Condition, frozen=True, kw_only=True, tag="hours"):
    """Hold in the site's business hours (`open`), outside them (`closed`), or in a span of its own.

    A span that ends before it starts runs over midnight and belongs to the day it starts on.
    """

    state: Literal["open", "closed"] | None = None
    days: Annotated[tuple[Day, ...], Meta(max_length=7)] = ()
    start: ClockTime = "00:00"
    end: ClockTime = "24:00"
    zone: Annotated[str, Meta(max_length=64)] = "UTC"


class Compare(_Condition, frozen=True, kw_only=True, tag="compare"):
    """Hold when the value at `path` passes every test given; a missing one passes only `exists: false`.

    Text compares without case. `above` and `below` are strict and read numbers out of text.
    """

    path: Path
    equals: Scalar | UnsetType = UNSET
    any_of: Annotated[tuple[Scalar, ...], Meta(max_length=500)] | UnsetType = UNSET
    contains: Phrase | UnsetType = UNSET
    above: Number | UnsetType = UNSET
    below: Number | UnsetType = UNSET
    exists: bool | UnsetType = UNSET

    def holds(self, value: object) -> bool:
        """Say whether `value` passes; `None` means missing."""
        if value is None:
            return self.exists is False
        if self.exists is False:
            return False
        if self.equals is not UNSET and not _same(value, self.equals):
            return False
        if self.any_of is not UNSET and not any(_same(value, wanted) for wanted in self.any_of):
            return False
        if self.contains is not UNSET and not _contains(value, self.contains):
            return False
        if self.above is UNSET and self.below is UNSET:
            return True
        number = _number(value)
        if number is None:
            return False
        return (self.above is UNSET or number > self.above) and (self.below is UNSET or number < self.below)


class All(_Condition, frozen=True, kw_only=True, tag="all"):
    """Hold when every part holds; also with no parts."""

    of: Annotated[tuple["Condition", ...], Meta(max_length=50)]


class Any(_Condition, frozen=True, kw_only=True, tag="any"):
    """Hold when some part holds; never with no parts."""

    of: Annotated[tuple["Condition", ...], Meta(max_length=50)]


class Not(_Condition, frozen=True, kw_only=True, tag="not"):
    """Hold when `of` does not."""

    of: "Condition"


Condition = (
    Exact | Contains | Keywords | Regex | Intent | Language | Label | Hours | Compare | All | Any | Not
)
TEXT_CONDITIONS = (Exact, Contains, Keywords, Regex)
MAX_DEPTH = 8
"""Nesting of all, any and not that a condition may have."""


def depth(condition: Condition) -> int:
    """Count the levels of nesting; a plain condition has one."""
    if isinstance(condition, All | Any):
        return 1 + max((depth(part) for part in condition.of), default=0)
    return 1 + depth(condition.of) if isinstance(condition, Not) else 1


def parts(condition: Condition) -> list[Condition]:
    """List a condition and everything nested in it, outermost first."""
    found: list[Condition] = [condition]
    for part in found:
        if isinstance(part, All | Any):
            found.extend(part.of)
        elif isinstance(part, Not):
            found.append(part.of)
    return found


def _same(value: object, wanted: Scalar) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted or str(value).casefold() == str(wanted).casefold()
    if isinstance(wanted, int | float):
        return _number(value) == wanted
    return str(value).casefold() == wanted.casefold()


def _contains(value: object, wanted: str) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return any(_same(item, wanted) for item in value)
    return wanted.casefold() in str(value).casefold()


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        return float(str(value).strip())
    except ValueError:
        return None
