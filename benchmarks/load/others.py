"""The bare echo servers of other makers under the desk's loads."""

from __future__ import annotations

from benchmarks.compare.contestants import CONTESTANTS, Contestant, Missing
from benchmarks.load.bench import Bench
from benchmarks.load.native import WrongAnswer
from benchmarks.load.results import Row, fill_from_repetitions
from benchmarks.load.server import ServerFailed

_LOADS = ((64, 1), (64, 16), (1_000, 1))


def measure_others(bench: Bench) -> list[Row]:
    """Return a row for each contestant and load, or one that says why there is none."""
    rows: list[Row] = []
    for contestant in CONTESTANTS:
        with bench.showing(contestant.name):
            try:
                rows += _measure(bench, contestant)
            except (Missing, ServerFailed, WrongAnswer) as reason:
                rows.append(_row(contestant, skipped=str(reason)))
    return rows


def _measure(bench: Bench, contestant: Contestant) -> list[Row]:
    rows = []
    for connections, depth in _LOADS:
        with bench.contestant(contestant) as (server, port, version):
            row = _row(contestant, load=f"{connections:,} × {depth}")
            fill_from_repetitions(row, bench.generate_echo(server, port, connections, depth))
            row.facts["version"] = version
            rows.append(row)
    return rows


def _row(contestant: Contestant, load: str = "", skipped: str = "") -> Row:
    return Row(key=contestant.name, group="others", title=contestant.name, load=load, skipped=skipped)
