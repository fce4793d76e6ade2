"""From a place that frees to the next in the line.

How long does an agent wait for the next conversation after ending one, in milliseconds? From sending `resolve` to the frame that
gives the next one: the decision, two writes to the disk and two frames. One agent with one place and a line of visitors, while
others chat with the bot. Above the goal agents look at an empty screen while people wait for them.
"""

from __future__ import annotations

import json
import time
from typing import Any

from websockets.sync.client import ClientConnection, connect

from benchmarks.load.bench import Bench
from benchmarks.load.desk import Desk
from benchmarks.load.reading_scenarios import chat_running
from benchmarks.load.results import Row, spread
from benchmarks.load.scenarios import Scenario, less

_WAITING = 400


def _queue_to_agent(bench: Bench, row: Row) -> None:
    desk = bench.desk()
    visitors = [json.loads(line) for line in desk.sessions(_WAITING).read_text().splitlines()]
    row.load = f"{_WAITING} waiting; 1,000 messages/s of others"
    for done, visitor in enumerate(visitors):
        bench.note("visitors ask for a person", done / _WAITING)
        with _hello(desk, visitor["token"]) as line:
            line.send(json.dumps({"t": "human"}))
            while _frame(line).get("state") != "queued":
                pass
    desk.forget_visitors()
    with chat_running(bench, desk):
        times = sorted(_serve(bench, desk))
    row.p50_ms, row.p99_ms = spread([times[len(times) // 2]]), spread([times[len(times) * 99 // 100]])
    row.goals = [less("p99 from a free place to the next conversation", "ms", row.p99_ms.median, 100)]
    bench.stop_desk()


def _serve(bench: Bench, desk: Desk) -> list[float]:
    """Be the agent who ends one conversation after the other; return the milliseconds until each next one."""
    token = desk.add_agent("one-place@example.com")
    (agent,) = (
        each["id"] for each in desk.call("GET", "/v1/agents") if each["email"].startswith("one-place")
    )
    desk.call("PATCH", f"/v1/agents/{agent}", {"capacity": 1})
    times: list[float] = []
    with _hello(desk, token) as line:
        mine = _next(line, agent, "")
        while len(times) < _WAITING - 1:
            bench.note("conversations are ended", len(times) / _WAITING)
            began = time.perf_counter()
            line.send(json.dumps({"t": "resolve", "conversation": mine}))
            mine = _next(line, agent, mine)
            times.append((time.perf_counter() - began) * 1000)
    return times


def _next(line: ClientConnection, agent: str, before: str) -> str:
    """Return the conversation that the agent is given."""
    while True:
        frame = _frame(line)
        if (
            frame["t"] == "conversation"
            and frame["conversation"] != before
            and frame["is"].get("assignee") == agent
        ):
            return str(frame["conversation"])


def _hello(desk: Desk, token: str) -> ClientConnection:
    line = connect(f"ws://127.0.0.1:{desk.port}/v1/ws", max_size=None)
    line.send(json.dumps({"t": "hello", "token": token}))
    return line


def _frame(line: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(line.recv(30))
    if frame["t"] == "error":
        raise RuntimeError(f"the desk refuses: {frame}")
    return frame


SCENARIOS = (
    Scenario("queue-to-agent", "routing", "The next conversation after one has ended", _queue_to_agent),
)
