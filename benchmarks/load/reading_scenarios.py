"""What agents and their leads read while visitors write: search, lists and counts, and reports.

Search and lists: how long does one request take over a million messages and 100,000 open conversations, in milliseconds? One
after the other over one connection, so that each figure is the time of that request and not of a queue; meanwhile visitors
write at a steady rate. Above the goal a console feels slow.

Reports: by how much does the chat's p99 move when leads read reports over a million messages? On one desk and core, the chat
alone and the chat beside a reader in pairs, every other pair in reverse; the figure is the median of the pairs' ratios. The
reader asks for a report every 0.2 s, one after the other: overview, volume, outcomes and handling of two years by day, hour of
the week, team, label, agent and site, each with the two years before, models, and the live board; a few leads who click through
their reports without a pause. Above the goal leads who look at their figures slow visitors down.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPConnection
from urllib.parse import quote

from benchmarks.load.bench import Bench
from benchmarks.load.desk import ANSWER, QUESTION, Desk
from benchmarks.load.native import generator_command
from benchmarks.load.results import Row, spread
from benchmarks.load.scenarios import Scenario, less
from benchmarks.load.store_scenarios import seeded

_MESSAGES, _OPEN = 1_000_000, 100_000
_ROUNDS = 100
_SLOWEST = 3  # kinds of request that are named
_VISITORS = 64
_RATE = 1_000  # messages a second: 86 million a day
_PAIRS = 8  # of measurements with and without reports
_REPORT_EVERY_S = 0.2  # several leads with their pages open; a page asks anew once in some seconds


def _searches(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (kind, path): words that stand in every fifth message, rare ones, beginnings, filters, and none at all."""
    for kind, query in (
        ("common word", rng.choice(("订单", "退款", "换货", "电池"))),
        ("one character", rng.choice("订退货电您")),
        ("number", str(rng.randrange(10_000))),
        ("word and number", f"订单 {rng.randrange(10_000)}"),
        ("phrase", rng.choice(("想换小一号", "三个工作日内原路返回", "能帮我看一下吗"))),
        ("beginning of a word", rng.choice(("warr", "purch", "battery"))),
        ("words that never meet", rng.choice(("发货 warranty", "退款 优惠券"))),
        ("nothing", "完全没有的词"),
    ):
        yield kind, f"/v1/search?q={quote(query)}"
    label, agent = f"label-{rng.randrange(20)}", f"agent-{rng.randrange(200)}"
    yield "within a label", f"/v1/search?q={quote('订单')}&label={label}"
    yield "within an agent's", f"/v1/search?q={quote('订单')}&assignee={agent}"


def _lists(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (kind, path) of what a console asks for."""
    agent, team, label = (
        f"agent-{rng.randrange(200)}",
        f"team-{rng.randrange(8)}",
        f"label-{rng.randrange(20)}",
    )
    yield "counts", "/v1/conversations/counts"
    for kind, query in (
        ("all", ""),
        ("open", "state=open"),
        ("live", "state=open,pending,snoozed"),
        ("queue", "state=open&mode=queued"),
        ("an agent's", f"state=open&assignee={agent}"),
        ("nobody's", "state=open&unassigned=1"),
        ("a team's", f"state=open&team={team}"),
        ("with a label", f"state=open&label={label}"),
        ("of who has none", "assignee=nobody"),
    ):
        yield kind, f"/v1/conversations?limit=50&{query}"


def _search(bench: Bench, row: Row) -> None:
    row.load = f"{_MESSAGES:,} messages"
    times = _measure(bench, _searches)
    _tell(row, times, at_most_ms=50)


def _list(bench: Bench, row: Row) -> None:
    row.load = f"{_OPEN:,} open conversations"
    times = _measure(bench, _lists)
    _tell(row, times, at_most_ms=20)


def _measure(
    bench: Bench, requests: Callable[[random.Random], Iterator[tuple[str, str]]]
) -> dict[str, list[float]]:
    """Ask each kind of request many times and return its milliseconds, sorted."""
    rng = random.Random(3)
    times: dict[str, list[float]] = {}
    with _full_desk(bench) as desk, chat_running(bench, desk):
        reader = _Reader(desk)
        for turn in range(_ROUNDS + 5):
            bench.note("reading", turn / _ROUNDS)
            for kind, path in requests(rng):
                took_ms = reader.ask(path)
                if turn >= 5:  # the first ones prepare statements
                    times.setdefault(kind, []).append(took_ms)
    return {kind: sorted(each) for kind, each in times.items()}


class _Reader:
    """One agent's connection."""

    def __init__(self, desk: Desk) -> None:
        self._headers = {"Authorization": f"Bearer {desk.token()}"}
        self._connection = HTTPConnection("127.0.0.1", desk.port, timeout=60)

    def ask(self, path: str) -> float:
        """Make a request and return its milliseconds."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"GET {path}: {response.status} {content[:300]!r}")
        return (time.perf_counter() - began) * 1000


@contextmanager
def _full_desk(bench: Bench) -> Iterator[Desk]:
    """Give a desk with a copy of the history, for what visitors write now would make it grow from run to run."""
    seed = seeded(bench, _MESSAGES, _OPEN)
    bench.stop_desk()
    bench.note("copying the history")
    folder = bench.folder / "full"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(seed, folder)
    os.sync()  # or the copy is still on its way to the disk, and every acknowledgement waits behind it
    with Desk(folder, core=bench.method.server_core) as desk:
        yield desk.add_rule()


@contextmanager
def chat_running(bench: Bench, desk: Desk) -> Iterator[None]:
    """Let visitors write at a steady rate for as long as the block runs."""
    command = generator_command(
        "chat", desk.port, connections=_VISITORS, rate=_RATE, seconds=3600, repetitions=1, warm_up=0,
        core=bench.method.generator_core, server_pid=desk.pid, sessions=desk.sessions(_VISITORS),
        text=QUESTION, expect=ANSWER,
    )  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as chat:
        try:
            yield
            if chat.poll() is not None:
                raise RuntimeError("the chat beside the requests has ended before them")
        finally:
            chat.terminate()


def _report(bench: Bench, row: Row) -> None:
    row.load = (
        f"{_VISITORS} visitors, {_RATE:,}/s; a report each {_REPORT_EVERY_S:g} s over {_MESSAGES:,} messages"
    )
    quiet: list[float] = []
    read: list[float] = []
    took: list[float] = []
    with _full_desk(bench) as desk:
        sessions = desk.sessions(_VISITORS)

        def chat_p99() -> float:
            report = bench.generate(
                "chat", desk.port, desk.pid, connections=_VISITORS, rate=_RATE, repetitions=1,
                seconds=2 * bench.method.seconds, sessions=sessions, text=QUESTION, expect=ANSWER,
            )  # fmt: skip
            return float(report["repetitions"][0]["latency"]["p99_ms"])

        for pair in range(_PAIRS):
            for with_reports in (False, True) if pair % 2 == 0 else (True, False):
                with _reports_read(desk, took) if with_reports else nullcontext():
                    (read if with_reports else quiet).append(chat_p99())
    row.p99_ms = spread(read)
    row.facts["chat p99 without reports, ms"] = round(statistics.median(quiet), 2)
    row.facts["report p50 and p99, ms"] = f"{_share(sorted(took), 0.5):.1f}, {_share(sorted(took), 0.99):.1f}"
    ratios = [with_it / without for with_it, without in zip(read, quiet, strict=True)]
    row.facts["of each pair, ×"] = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    row.goals = [
        less("chat p99 with reports over that without", "×", statistics.median(ratios), 1.2),
        less("p99 of a report", "ms", _share(sorted(took), 0.99), 200),
    ]


@contextmanager
def _reports_read(desk: Desk, took: list[float]) -> Iterator[None]:
    """Let leads read reports over all the time there is, for as long as the block runs; note their milliseconds."""
    reader, stop = _Reader(desk), threading.Event()

    def read() -> None:
        while True:
            for path in _reports():
                if stop.wait(_REPORT_EVERY_S):
                    return
                took.append(reader.ask(path))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _reports() -> Iterator[str]:
    year = "from=2025-01-01&to=2026-12-31&zone=Asia/Shanghai"
    for report, splits in (
        ("overview", ("day", "hour", "team", "label", "agent")),
        ("volume", ("day", "hour", "site")),
        ("outcomes", ("day", "label")),
        ("handling", ("agent", "team")),
        ("models", ("all",)),
    ):
        for split in splits:
            yield f"/v1/reports/{report}?by={split}&{year}"
    yield "/v1/reports/live"


def _tell(row: Row, times: dict[str, list[float]], *, at_most_ms: float) -> None:
    whole = sorted(each for kind in times.values() for each in kind)
    row.p50_ms = spread([_share(whole, 0.5)])
    row.p99_ms = spread([_share(whole, 0.99)])
    row.goals = [less("p99 of all requests", "ms", _share(whole, 0.99), at_most_ms)]
    slowest = sorted(times, key=lambda kind: _share(times[kind], 0.99), reverse=True)
    for kind in slowest[:_SLOWEST]:
        row.facts[f"{kind}: p50 and p99, ms"] = (
            f"{_share(times[kind], 0.5):.1f}, {_share(times[kind], 0.99):.1f}"
        )


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


SCENARIOS = (
    Scenario("search-million", "reading", "Search a million messages", _search),
    Scenario("list-100000", "reading", "Lists and live counts of 100,000 open conversations", _list),
    Scenario("report-million", "reading", "Chat while reports over a million messages are read", _report),
)
