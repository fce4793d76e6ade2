"""What agents read while they work: search over a million messages, lists and counts over 100,000 open conversations.

One request after the other over one connection, so that each figure is the time of that request and not of a queue.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import quote

from benchmarks.load.bench import Bench
from benchmarks.load.desk import Desk
from benchmarks.load.results import Row, spread
from benchmarks.load.scenarios import Scenario, less
from benchmarks.load.store_scenarios import seeded

_MESSAGES, _OPEN = 1_000_000, 100_000
_ROUNDS = 100
_SLOWEST = 3  # kinds of request that are named


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
    folder = seeded(bench, _MESSAGES, _OPEN)
    bench.stop_desk()
    rng = random.Random(3)
    times: dict[str, list[float]] = {}
    with Desk(folder, core=bench.method.server_core) as desk:
        headers = {"Authorization": f"Bearer {desk.token()}"}
        connection = HTTPConnection("127.0.0.1", desk.port, timeout=60)
        for turn in range(_ROUNDS + 5):
            bench.note("reading", turn / _ROUNDS)
            for kind, path in requests(rng):
                began = time.perf_counter()
                connection.request("GET", path, headers=headers)
                response = connection.getresponse()
                content = response.read()
                if response.status != 200:
                    raise RuntimeError(f"GET {path}: {response.status} {content[:300]!r}")
                if turn >= 5:  # the first ones prepare statements
                    times.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
        connection.close()
    return {kind: sorted(each) for kind, each in times.items()}


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
)
