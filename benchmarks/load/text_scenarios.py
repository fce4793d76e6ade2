"""Plain text: a rule answers; every message is stored and acknowledged after the flush unless said."""

from __future__ import annotations

from typing import Any

from benchmarks.compare.contestants import GO_ECHO, Missing
from benchmarks.load.bench import Bench
from benchmarks.load.desk import ANSWER, QUESTION, Desk
from benchmarks.load.results import Row, fill_from_repetitions
from benchmarks.load.scenarios import Scenario, less, more

PUBLISHED_RATE, PUBLISHED_MS = 12_000, 8.0


def chat(bench: Bench, row: Row, desk: Desk, connections: int, depth: int = 1, **options: Any) -> None:
    """Load the desk with visitors who ask what the bench rule answers."""
    sessions = desk.sessions(connections, lambda _: bench.note("making visitors"))
    rate = options.get("rate")
    row.durability = desk.durability
    row.load = f"{connections:,} × {depth}" if rate is None else f"{connections:,}, open loop {rate:,}/s"
    report = bench.generate(
        "chat",
        desk.port,
        desk.pid,
        connections=connections,
        depth=depth,
        sessions=sessions,
        **{"text": QUESTION, "expect": ANSWER, **options},
    )
    fill_from_repetitions(row, report)


def _publish(row: Row) -> None:
    row.published_rate, row.published_ms = PUBLISHED_RATE, PUBLISHED_MS


def _rate(row: Row) -> float | None:
    return row.rate.median if row.rate else None


def _plain_1000(bench: Bench, row: Row) -> None:
    _publish(row)
    bench.compare_with_echo(row, 1000, 1)
    chat(bench, row, bench.desk(), 1000)
    row.goals = [
        more("rate", "/s", _rate(row), 36_000, 60_000),
        more("share of the C echo", "", row.share_of_echo, 0.35, 0.55),
    ]


def _plain_64(bench: Bench, row: Row) -> None:
    _publish(row)
    bench.compare_with_echo(row, 64, 1)
    chat(bench, row, bench.desk(), 64)
    row.goals = [more("rate", "/s", _rate(row), 30_000, 46_000)]


def _plain_64x16(bench: Bench, row: Row) -> None:
    _publish(row)
    bench.compare_with_echo(row, 64, 16)
    gorilla = Row(key="gorilla", group="echo", title="")
    try:
        with bench.contestant(GO_ECHO) as (server, port, _):
            fill_from_repetitions(gorilla, bench.generate_echo(server, port, 64, 16))
    except Missing as missing:
        row.facts["Go gorilla"] = str(missing)
    chat(bench, row, bench.desk(), 64, 16)
    ratio = row.rate.median / gorilla.rate.median if row.rate and gorilla.rate else None
    cpu_us = row.server_cpu_us.median if row.server_cpu_us else None
    row.goals = [
        more("rate", "/s", _rate(row), 150_000, 300_000),
        more("times a bare Go gorilla echo", "×", ratio, 2.5),
        less("server CPU per message", "µs", cpu_us, 7, 3.5),
    ]


def _steady(bench: Bench, row: Row) -> None:
    _publish(row)
    chat(bench, row, bench.desk(), 1000, rate=PUBLISHED_RATE)
    row.goals = [
        more("rate kept", "/s", _rate(row), 0.99 * PUBLISHED_RATE),
        less("p50", "ms", row.p50_ms.median if row.p50_ms else None, 4),
        less("p99", "ms", row.p99_ms.median if row.p99_ms else None, 8, 4),
    ]


def _quiet_8(bench: Bench, row: Row) -> None:
    _publish(row)
    bench.compare_with_echo(row, 8, 1)
    chat(bench, row, bench.desk("os"), 8)
    row.goals = [
        less("p50", "ms", row.p50_ms.median if row.p50_ms else None, 0.2, 0.1),
        less("p99", "ms", row.p99_ms.median if row.p99_ms else None, 1, 0.5),
    ]


def _polling(bench: Bench, row: Row) -> None:
    desk = bench.desk()
    row.durability, row.load = desk.durability, "256, send then poll"
    sessions = desk.sessions(256)
    report = bench.generate(
        "polling", desk.port, desk.pid, connections=256, sessions=sessions, text=QUESTION, expect=ANSWER
    )
    fill_from_repetitions(row, report)
    row.facts["polls for each message"] = round(report["polls"] / max(1, report["checked_messages"]), 2)
    row.goals = [more("rate", "sends/s", _rate(row), 12_000, 24_000)]


def _to_agents(bench: Bench, row: Row) -> None:
    desk = bench.desk()
    row.durability, row.load = desk.durability, "64 visitors, 8 agents"
    desk.forget_visitors()
    sessions = desk.sessions(64)
    # A conversation exists from its first message on; only then can an agent take it.
    chat(bench, Row(key="opening", group="text", title=""), desk, 64, seconds=0.2, repetitions=1)
    report = bench.generate(
        "agents",
        desk.port,
        desk.pid,
        connections=64,
        sessions=sessions,
        agents=desk.agents(8, sessions),
        text=QUESTION,
    )
    desk.forget_visitors()  # no bot answers those whom a person has taken over
    fill_from_repetitions(row, report)
    row.goals = [more("rate", "/s", _rate(row), 20_000, 40_000)]


SCENARIOS = (
    Scenario("plain-1000", "text", "Plain text, WebSocket, 1,000 connections", _plain_1000),
    Scenario("plain-64", "text", "Plain text, WebSocket, 64 connections", _plain_64, quick=True),
    Scenario("plain-64x16", "text", "Plain text, 64 connections, 16 in flight", _plain_64x16, quick=True),
    Scenario("steady", "text", "Plain text, steady 12,000/s", _steady, quick=True),
    Scenario("polling", "text", "Plain text by HTTP, send then long poll", _polling, quick=True),
    Scenario("agents", "text", "Visitor to agent, agent's socket has it", _to_agents, quick=True),
    Scenario("quiet-8", "text", "Plain text, 8 connections", _quiet_8, quick=True),
)
