"""What it costs to be there: idle connections, a reconnect storm, start-up, memory, import."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable

from benchmarks.load.bench import Bench
from benchmarks.load.desk import ANSWER, QUESTION
from benchmarks.load.results import Row, Spread
from benchmarks.load.scenarios import Scenario, less

_IMPORTS = 15
_HEAVY_MODULES = ("openai", "sqlalchemy", "pydantic", "rich")


def _idle(bench: Bench, row: Row) -> None:
    desk = bench.desk()
    count = 10_000
    row.load, row.durability = f"{count:,} connections", desk.durability
    sessions = desk.sessions(count, _counting(bench, count))
    report = bench.generate("idle", desk.port, desk.pid, connections=count, sessions=sessions, hold=5)
    row.raw.append(report)
    row.facts["connections opened per s"] = round(report["connects_per_s"])
    row.facts["server's share of its core while idle"] = report["idle_server_share"]
    row.goals = [
        less("RSS of an idle connection", "KB", report["bytes_per_connection"] / 1024, 16, 10),
    ]
    bench.stop_desk()  # with its connections gone it would be no fresh desk for the next scenario


def _storm(bench: Bench, row: Row) -> None:
    desk = bench.desk()
    count = 5_000
    row.load, row.durability = f"{count:,} connections", desk.durability
    sessions = desk.sessions(count, _counting(bench, count))
    report = bench.generate(
        "storm", desk.port, desk.pid, connections=count, sessions=sessions, text=QUESTION, expect=ANSWER
    )
    row.raw.append(report)
    row.facts["all resumed after s"] = round(report["seconds"], 2)
    row.facts["resumed per s"] = round(report["resumed_per_s"])
    row.p50_ms, row.p99_ms = _one(report["latency"]["p50_ms"]), _one(report["latency"]["p99_ms"])
    row.server_cpu_us = _one(report["server_cpu_us"])
    bench.stop_desk()


def _one(value: float) -> Spread:
    return Spread(value, value, value)


def _counting(bench: Bench, count: int) -> Callable[[int], None]:
    made = 0

    def count_one(_: int) -> None:
        nonlocal made
        made += 1
        if made % 100 == 0:
            bench.note("making visitors", made / count)

    return count_one


def _start(bench: Bench, row: Row) -> None:
    bench.stop_desk()
    times = []
    memory_mb = 0.0
    for _ in range(bench.method.repetitions):
        desk = bench.desk()
        times.append(desk.server.ready_after_s)
        memory_mb = desk.server.memory_bytes() / 2**20
        bench.stop_desk()
    row.facts["ready after start, empty store, s"] = round(statistics.median(times), 3)
    row.facts["memory after start, MB"] = round(memory_mb, 1)


def _import(bench: Bench, row: Row) -> None:
    probe = f"import sys, fastdesk; print(*[name for name in {_HEAVY_MODULES!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    row.facts["heavy modules loaded"] = ", ".join(loaded) or "none"
    row.goals = [
        less("import fastdesk", "ms", min(_import_ms() for _ in range(_IMPORTS)), 60),
        less("heavy modules loaded", "", float(len(loaded)), 0),
    ]


def _import_ms() -> float:
    """Return what the interpreter itself says the import took, all that it draws in included."""
    command = [sys.executable, "-X", "importtime", "-c", "import fastdesk"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in reversed(done.stderr.splitlines()):
        _, total_us, name = line.removeprefix("import time:").split("|")
        if name.strip() == "fastdesk":
            return int(total_us) / 1000
    raise RuntimeError("the interpreter did not report the import of fastdesk")


SCENARIOS = (
    Scenario("idle-10000", "upkeep", "Idle connections", _idle),
    Scenario("storm-5000", "upkeep", "Reconnect storm, resumed without loss", _storm),
    Scenario("start", "upkeep", "Ready after start", _start, quick=True),
    Scenario("import", "upkeep", "import fastdesk", _import, quick=True),
)
