"""Turn conditions into functions, find what a text must show for them, and say which of their parts held."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastdesk.model.condition import (
    DAYS,
    All,
    Any,
    Compare,
    Condition,
    Contains,
    Exact,
    Hours,
    Intent,
    Keywords,
    Label,
    Language,
    Not,
    Regex,
)
from fastdesk.model.folding import exact_key, fold
from fastdesk.rules.facts import Facts
from fastdesk.rules.text_index import Finds, Mark, TextIndex

__all__ = ["Test", "compile_condition", "gate", "used", "zone_exists"]

Test = Callable[[Facts, Finds], bool]


def compile_condition(condition: Condition, index: TextIndex) -> Test:
    """Make the function that says whether a condition holds."""
    match condition:
        case Exact() | Contains() | Keywords() | Regex():
            return _compile_text(condition, index)
        case All():
            tests = [compile_condition(part, index) for part in condition.of]
            return lambda facts, finds: all(test(facts, finds) for test in tests)
        case Any():
            tests = [compile_condition(part, index) for part in condition.of]
            return lambda facts, finds: any(test(facts, finds) for test in tests)
        case Not():
            inner = compile_condition(condition.of, index)
            return lambda facts, finds: not inner(facts, finds)
        case Compare():
            path, holds = condition.path, condition.holds
            return lambda facts, finds: holds(facts.look_up(path))
        case _:
            return _compile_surroundings(condition)


def gate(condition: Condition | None, index: TextIndex) -> frozenset[Mark] | None:
    """List marks of which a text must show one, or the condition can't hold; None when none is needed."""
    match condition:
        case Exact() | Contains() | Keywords() | Regex():
            return index.marks(condition)
        case All():
            gates = [found for part in condition.of if (found := gate(part, index)) is not None]
            return min(gates, key=len, default=None)
        case Any():
            parts = [gate(part, index) for part in condition.of]
            known = [part for part in parts if part is not None]
            return frozenset().union(*known) if len(known) == len(parts) else None
        case _:
            return None


def used(condition: Condition, index: TextIndex, facts: Facts, finds: Finds) -> list[str]:
    """Name the parts that hold, by kind and number of the phrase or by path: never the visitor's words."""
    match condition:
        case All() | Any():
            return [name for part in condition.of for name in used(part, index, facts, finds)]
        case Not():
            return (
                [f"not {_label(condition.of)}"]
                if not compile_condition(condition.of, index)(facts, finds)
                else []
            )
        case Exact() | Contains() | Keywords():
            return _used_phrases(condition, index, finds)
        case _:
            return [_label(condition)] if compile_condition(condition, index)(facts, finds) else []


def zone_exists(zone: str) -> bool:
    """Say whether the system knows a time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _compile_text(condition: Exact | Contains | Keywords | Regex, index: TextIndex) -> Test:
    match condition:
        case Exact():
            keys = frozenset(exact_key(fold(text)) for text in condition.texts)
            return lambda facts, finds: finds.key in keys
        case Contains():
            words = frozenset(map(index.word, condition.texts))
            return lambda facts, finds: not words.isdisjoint(finds.words)
        case Regex():
            number = index.pattern(condition)[0]
            return lambda facts, finds: number in finds.patterns
    needed, some = frozenset(map(index.word, condition.all)), frozenset(map(index.word, condition.any))
    if not some:
        return lambda facts, finds: needed <= finds.whole
    return lambda facts, finds: needed <= finds.whole and not some.isdisjoint(finds.whole)


def _compile_surroundings(condition: Intent | Language | Label | Hours) -> Test:
    match condition:
        case Intent():
            names, above = frozenset(condition.names), condition.above
            return lambda facts, finds: (
                facts.intent is not None and facts.intent[0] in names and facts.intent[1] >= above
            )
        case Language():
            tags = frozenset(name.lower() for name in condition.names)
            return lambda facts, finds: (
                facts.language.lower() in tags or facts.language.partition("-")[0].lower() in tags
            )
        case Label():
            labels = frozenset(condition.names)
            return lambda facts, finds: not labels.isdisjoint(facts.labels)
    if condition.state is not None:
        wanted = condition.state == "open"
        return lambda facts, finds: facts.open is wanted
    return _compile_span(condition)


def _compile_span(condition: Hours) -> Test:
    zone = ZoneInfo(condition.zone)
    days = frozenset(map(DAYS.index, condition.days or DAYS))
    start, end = _minutes(condition.start), _minutes(condition.end)

    def holds(facts: Facts, finds: Finds) -> bool:
        now = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=facts.now_ms)).astimezone(zone)
        minute, day = now.hour * 60 + now.minute, now.weekday()
        if start < end:
            return day in days and start <= minute < end
        # Over midnight: the evening of a listed day, or the morning after one.
        return (day in days and minute >= start) or ((day - 1) % 7 in days and minute < end)

    return holds


def _minutes(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def _used_phrases(condition: Exact | Contains | Keywords, index: TextIndex, finds: Finds) -> list[str]:
    if isinstance(condition, Exact):
        numbers = [n for n, text in enumerate(condition.texts, 1) if exact_key(fold(text)) == finds.key]
    elif isinstance(condition, Contains):
        numbers = [n for n, text in enumerate(condition.texts, 1) if index.word(text) in finds.words]
    else:
        phrases = (*condition.all, *condition.any)
        numbers = [n for n, text in enumerate(phrases, 1) if index.word(text) in finds.whole]
    return [f"{_label(condition)} {number}" for number in numbers]


def _label(condition: Condition) -> str:
    kind = str(condition.__struct_config__.tag)
    if isinstance(condition, Compare):
        return condition.path
    return "hours" if isinstance(condition, Hours) else kind
