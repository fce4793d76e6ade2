"""The assistant: one model call for every message, none answered from a cache; the model is a stand-in."""

from __future__ import annotations

from typing import Any

from benchmarks.load.bench import Bench
from benchmarks.load.fast_model import FastModel
from benchmarks.load.results import Row, Spread
from benchmarks.load.scenarios import Scenario, less, more
from benchmarks.load.text_scenarios import chat

_QUESTION = "你好，请介绍一下编号为 ref-{n} 的商品"
_ANSWER = "The stand-in model answers ref-{n}."
#: Connections of a closed loop: the aimed 15,000/s for 25 ms each, and half as many again.
_CONNECTIONS = 576
#: The official SDK needs milliseconds of processor time for each call; more at once would only wait.
_SDK_CONNECTIONS = 32


def _ask(
    bench: Bench,
    row: Row,
    *,
    delay_ms: float,
    connections: int = _CONNECTIONS,
    rate: int | None = None,
    stream: bool = False,
    provider: str = "openai_http",
    deadline_ms: int = 500,
) -> None:
    """Load a desk whose assistant asks a stand-in model, and note what the model itself took."""
    with FastModel(delay_ms=delay_ms, core=bench.method.generator_core) as model:
        desk = bench.desk(AI_CONCURRENCY="2048", ALLOW_PRIVATE_URLS="true")
        # The site brings its own model, as only then it may lift the limit of each visitor.
        assistant: dict[str, Any] = {
            "models": [
                {"provider": provider, "base_url": model.base_url, "model": "stand-in", "stream": stream}
            ],
            "deadline_ms": deadline_ms,
            "limits": {"visitor_requests": 0},
        }
        desk.call("PATCH", "/v1/sites/demo", {"settings": {"assistant": assistant}})
        chat(bench, row, desk, connections, rate=rate, text=_QUESTION, expect=_ANSWER)
        bench.stop_desk()
        totals = model.stop()
    row.facts["the model's own ms"] = round(totals.delay_ms, 3)
    row.facts["streamed"] = "yes" if stream else "no"
    if stream:
        first_words = [repetition["first_word"]["p50_ms"] for repetition in row.raw[-1]["repetitions"]]
        row.facts["first word p50 ms"] = round(sorted(first_words)[len(first_words) // 2], 2)


def _over(measured: Spread | None, row: Row) -> float | None:
    """Return what the desk added to the model's own time, in ms."""
    return None if measured is None else measured.median - float(row.facts["the model's own ms"])


def _closed(row: Row, published: tuple[float, float] | None, at_least: float, aim: float) -> None:
    if published:
        row.published_rate, row.published_ms = published
    row.goals = [more("rate", "/s", row.rate.median if row.rate else None, at_least, aim)]


def _paced(row: Row, published: tuple[float, float]) -> None:
    row.published_rate, row.published_ms = published
    row.goals = [
        less("p50", "ms", row.p50_ms.median if row.p50_ms else None, published[1]),
        less("p50 over the model's own time", "ms", _over(row.p50_ms, row), published[1], 1),
        less("p99 over the model's own time", "ms", _over(row.p99_ms, row), published[1], 10),
    ]


def _model_25(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=25)
    _closed(row, (3_200, 35), 6_400, 15_000)


def _model_25_paced(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=25, rate=3_200)
    _paced(row, (3_200, 35))


def _model_10(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=10)
    _closed(row, (5_700, 18), 8_000, 15_000)


def _model_10_paced(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=10, rate=5_700)
    _paced(row, (5_700, 18))


def _streaming(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=25, stream=True)
    _closed(row, None, 2_500, 6_000)


def _official_sdk(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=25, provider="openai", connections=_SDK_CONNECTIONS, deadline_ms=30_000)


SCENARIOS = (
    Scenario("model-25", "assistant", "+ ChatGPT: model answers in 25 ms", _model_25, quick=True),
    Scenario("model-25-paced", "assistant", "+ ChatGPT at the published 3,200/s", _model_25_paced),
    Scenario("model-10", "assistant", "+ own model: answers in 10 ms", _model_10),
    Scenario("model-10-paced", "assistant", "+ own model at the published 5,700/s", _model_10_paced),
    Scenario("streaming", "assistant", "Streamed answer of 20 chunks", _streaming),
    Scenario("official-sdk", "assistant", "The official SDK as provider, 25 ms", _official_sdk),
)
