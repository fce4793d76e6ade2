"""Slow models: what they cost everyone else's chat, and whether their visitors are answered at the deadline."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.load.assistant_scenarios import EXPECTED, QUESTION_TO_MODEL
from benchmarks.load.bench import Bench
from benchmarks.load.desk import ANSWER, QUESTION, Desk
from benchmarks.load.fast_model import FastModel
from benchmarks.load.native import generator_command, read_result
from benchmarks.load.results import Row
from benchmarks.load.scenarios import Scenario, less
from benchmarks.load.stand_in_behaviour import Behaviour
from benchmarks.load.stand_in_model import StandInModel

#: Questions a second to the models, from so many visitors, and the slow model's time: two thousand calls are under way.
_ASKED_PER_S, _ASKERS, _SLOW_MS, _QUICK_MS = 500, 4_500, 4_000, 1
#: Messages a second that ask no model.
_CHAT_PER_S, _CHATTERS = 200, 64
#: Of each, with this many seconds at least: 1,000 messages, of which the ten slowest make the p99.
_ROUNDS, _SECONDS = 3, 5.0
#: Visitors who ask a model that hangs one time in three, and how many such answers are looked at.
_WAITERS, _LATE = 30, 200
_DEADLINE_MS = 500


def _people(bench: Bench, row: Row) -> None:
    """Question: how much slower is chat beside two thousand calls of a slow model than beside as many quick ones?

    The same desk, questions and rates, A B A B; only the model's own time differs.
    """
    found: dict[str, list[float]] = {"quick": [], "slow": []}
    with ExitStack() as stack:
        desks = {
            name: _desk_with_model(bench, stack, ms)
            for name, ms in (("quick", _QUICK_MS), ("slow", _SLOW_MS))
        }
        row.durability = desks["slow"].durability
        for _ in range(_ROUNDS):
            for name, desk in desks.items():
                bench.note(f"chat beside a {name} model")
                found[name].append(_chat_beside_questions(bench, desk))
    row.load = f"{_CHAT_PER_S}/s chat, {_ASKED_PER_S}/s questions, {_ASKED_PER_S * _SLOW_MS // 1000:,} calls"
    for name, values in found.items():
        row.facts[f"p99 ms beside the {name} model"] = ", ".join(f"{value:.2f}" for value in values)
    ratio = statistics.median(found["slow"]) / statistics.median(found["quick"])
    row.goals = [less("p99 of chat, times that beside a quick model", "×", ratio, 1.2)]


def _desk_with_model(bench: Bench, stack: ExitStack, delay_ms: float) -> Desk:
    model = stack.enter_context(FastModel(delay_ms=delay_ms, core=bench.method.generator_core))
    settings = {
        "AI_BASE_URL": model.base_url, "AI_API_KEY": "stand-in", "AI_STREAM": "false", "AI_CONCURRENCY": "4096",
        "AI_DEADLINE_MS": "20000", "ALLOW_PRIVATE_URLS": "true",
    }  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="desk-", dir=bench.folder))
    return stack.enter_context(Desk(folder, core=bench.method.server_core, settings=settings)).add_rule()


def _chat_beside_questions(bench: Bench, desk: Desk) -> float:
    """Return the p99 of paced chat, in ms, while others' questions go to the model."""
    seconds = max(_SECONDS, bench.method.seconds)
    everybody = desk.sessions(_CHATTERS + _ASKERS).read_text().splitlines()
    askers = desk.folder / "askers"
    askers.write_text("\n".join(everybody[_CHATTERS:]) + "\n")
    asking = generator_command(
        "chat", desk.port, connections=_ASKERS, sessions=askers, rate=_ASKED_PER_S, core=bench.method.generator_core,
        warm_up=_SLOW_MS / 1000 + 1, seconds=seconds + 2, repetitions=1, stall=30, text=QUESTION_TO_MODEL, expect=EXPECTED,
    )  # fmt: skip
    with subprocess.Popen(asking, stdout=subprocess.PIPE) as beside:
        time.sleep(_SLOW_MS / 1000 + 1.5)  # by now as many calls are under way as will be
        report = bench.generate(
            "chat", desk.port, desk.pid, connections=_CHATTERS, sessions=desk.sessions(_CHATTERS), rate=_CHAT_PER_S,
            warm_up=0.3, seconds=seconds, repetitions=1, text=QUESTION, expect=ANSWER,
        )  # fmt: skip
        output, _ = beside.communicate()
    read_result(output)
    return float(report["repetitions"][0]["latency"]["p99_ms"])


def _deadline(bench: Bench, row: Row) -> None:
    """Question: how late is the fallback's answer when the model hangs?

    The model hangs one time in three; what the breaker refuses meanwhile is answered at once and not counted.
    """
    with StandInModel(core=bench.method.generator_core) as model:
        model.script(
            [Behaviour(fault="hang_request" if turn % 3 == 2 else "none") for turn in range(3 * _LATE)]
        )
        desk = bench.desk(
            AI_BASE_URL=model.base_url, AI_API_KEY="stand-in", AI_DEADLINE_MS=str(_DEADLINE_MS), ALLOW_PRIVATE_URLS="true",
        )  # fmt: skip
        sessions = [json.loads(line) for line in desk.sessions(_WAITERS).read_text().splitlines()]
        bench.note("measuring")
        late_ms = asyncio.run(_ask_all(desk.port, sessions, 3 * _LATE // _WAITERS))
        bench.stop_desk()
    late_ms.sort()
    row.durability, row.load = "fsync", f"{_WAITERS} visitors, {len(late_ms)} late answers"
    row.facts["ms after the deadline, p50"] = round(statistics.median(late_ms), 2)
    row.facts["ms after the deadline, worst"] = round(late_ms[-1], 2)
    row.goals = [less("p99 after the deadline", "ms", late_ms[int(len(late_ms) * 0.99) - 1], 20)]


async def _ask_all(port: int, sessions: list[dict[str, Any]], questions: int) -> list[float]:
    """Return how many ms after the deadline each answer came that the model did not give."""
    async with aiohttp.ClientSession() as http:
        found = await asyncio.gather(*(_ask(http, port, session, questions) for session in sessions))
    return [late_ms for each in found for late_ms in each]


async def _ask(
    http: aiohttp.ClientSession, port: int, session: dict[str, Any], questions: int
) -> list[float]:
    late_ms = []
    async with http.ws_connect(f"http://127.0.0.1:{port}/v1/ws") as socket:
        await socket.send_json({"t": "hello", "token": session["token"]})
        for number in range(questions):
            began = time.monotonic()
            await socket.send_json(
                {"t": "send", "id": f"question-{number:04d}", "text": f"你好，第 {number} 个问题"}
            )
            while True:
                frame = await socket.receive_json()
                if frame["t"] == "message":
                    break
            took_ms = (time.monotonic() - began) * 1000
            if (
                frame["from"]["role"] != "assistant" and took_ms > _DEADLINE_MS / 2
            ):  # the breaker's refusals come at once
                late_ms.append(took_ms - _DEADLINE_MS)
    return late_ms


SCENARIOS = (
    Scenario("people-beside-models", "assistant", "Chat beside 2,000 calls of a slow model", _people),
    Scenario("deadline", "assistant", "Answers to a model that hangs", _deadline),
)
