"""What a run has found, as it is stored in JSON: rows with their goals, the machine, the versions."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

Verdict = Literal["aim", "reached", "missed", "unknown"]


class Goal(msgspec.Struct, kw_only=True):
    """A figure that the desk promises; `measured` is None when it could not be taken."""

    what: str
    unit: str
    measured: float | None
    at_least: float
    aim: float | None = None
    more_is_better: bool = True

    @property
    def verdict(self) -> Verdict:
        """Whether the figure reaches the bar, or even the aim."""
        if self.measured is None:
            return "unknown"
        if self.aim is not None and self._reaches(self.aim):
            return "aim"
        return "reached" if self._reaches(self.at_least) else "missed"

    def _reaches(self, bar: float) -> bool:
        assert self.measured is not None
        return self.measured >= bar if self.more_is_better else self.measured <= bar


class Spread(msgspec.Struct, frozen=True):
    """Median and range over the repetitions."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return median and range of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


class Row(msgspec.Struct, kw_only=True):
    """One scenario's outcome; what does not apply to it is None."""

    key: str
    group: str
    title: str
    load: str = ""
    durability: str = ""
    published_rate: float | None = None
    published_ms: float | None = None
    rate: Spread | None = None
    p50_ms: Spread | None = None
    p99_ms: Spread | None = None
    p99_9_ms: Spread | None = None
    server_cpu_us: Spread | None = None
    generator_share: float | None = None
    generator_bound: bool = False
    """The generator used more than 95 % of its core: the rate is a lower bound, and no valid result of a desk."""
    server_waited: float | None = None
    """Share of the time in which the server wanted its core and another process had it."""
    echo_rate: float | None = None
    """The bare C echo under the same load in the same run."""
    echo_cpu_us: float | None = None
    goals: list[Goal] = []
    facts: dict[str, float | str] = {}
    skipped: str = ""
    failure: str = ""
    raw: list[dict[str, Any]] = []

    @property
    def share_of_echo(self) -> float | None:
        """Rate as a share of the bare C echo's."""
        return self.rate.median / self.echo_rate if self.rate and self.echo_rate else None

    @property
    def is_disturbed(self) -> bool:
        """Other processes took the server's core for more than 5 % of the time."""
        return (self.server_waited or 0) > 0.05


class CurvePoint(msgspec.Struct, frozen=True):
    """Open loop at one rate."""

    wanted_rate: float
    rate: float
    p50_ms: float
    p99_ms: float
    p99_9_ms: float


class Curve(msgspec.Struct):
    """Latency over load of one subject."""

    title: str
    points: list[CurvePoint]


class Report(msgspec.Struct, kw_only=True):
    """One whole run."""

    made_at: str
    command: str
    commit: str
    machine: dict[str, Any]
    versions: dict[str, str]
    method: dict[str, Any]
    rows: list[Row] = []
    others: list[Row] = []
    curves: list[Curve] = []


def fill_from_repetitions(row: Row, report: dict[str, Any]) -> None:
    """Take rates, latencies and shares of a generator's report into the row."""
    repetitions = report["repetitions"]

    def over(take: str) -> Spread:
        return spread([repetition[take] for repetition in repetitions])

    def latency(quantile: str) -> Spread:
        return spread([repetition["latency"][quantile] for repetition in repetitions])

    row.rate = over("rate")
    if all(repetition["messages"] for repetition in repetitions):  # else there is no latency, not one of zero
        row.p50_ms, row.p99_ms, row.p99_9_ms = latency("p50_ms"), latency("p99_ms"), latency("p99_9_ms")
    row.server_cpu_us = over("server_cpu_us")
    row.generator_share = max(repetition["generator_share"] for repetition in repetitions)
    row.server_waited = max(repetition["server_waited"] for repetition in repetitions)
    row.generator_bound = not report["valid"]
    row.raw.append(report)


def save(report: Report, path: Path) -> None:
    """Write the report as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))


def load(path: Path) -> Report:
    """Read a stored report."""
    return msgspec.json.decode(path.read_bytes(), type=Report)
