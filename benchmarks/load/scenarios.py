"""All scenarios of the published table and of the desk's own figures, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from benchmarks.load.bench import Bench
from benchmarks.load.results import Goal, Row


class Scenario(msgspec.Struct, frozen=True):
    """One row of the table: `run` fills a row that has key, group and title already."""

    key: str
    group: str
    title: str
    run: Callable[[Bench, Row], None]
    quick: bool = False


class Skip(Exception):
    """A scenario cannot run here; the message says what is missing."""


def more(what: str, unit: str, measured: float | None, at_least: float, aim: float | None = None) -> Goal:
    """Return a goal that larger figures reach."""
    return Goal(what=what, unit=unit, measured=measured, at_least=at_least, aim=aim)


def less(what: str, unit: str, measured: float | None, at_most: float, aim: float | None = None) -> Goal:
    """Return a goal that smaller figures reach."""
    return Goal(what=what, unit=unit, measured=measured, at_least=at_most, aim=aim, more_is_better=False)


def choose(scenarios: Iterable[Scenario], *, only: list[str], quick: bool) -> list[Scenario]:
    """Return those whose key or group is named, or all (the quick ones).

    Raises:
        ValueError: a name is neither key nor group.
    """
    listed = list(scenarios)
    known = {scenario.key for scenario in listed} | {scenario.group for scenario in listed}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise ValueError(f"no scenario or group {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    if only:
        return [scenario for scenario in listed if scenario.key in only or scenario.group in only]
    return [scenario for scenario in listed if scenario.quick or not quick]
