"""The assistant: one model call for every message, none answered from a cache; the model is a stand-in."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.load.bench import Bench
from benchmarks.load.fast_model import ANSWER, FastModel
from benchmarks.load.results import Row, Spread
from benchmarks.load.scenarios import Scenario, less, more
from benchmarks.load.text_scenarios import chat

QUESTION_TO_MODEL = "你好，请介绍一下编号为 ref-{n} 的商品"
EXPECTED = ANSWER.replace("{ref}", "ref-{n}")
#: Connections of a closed loop: the aimed 15,000/s for 25 ms each, and half as many again.
_CONNECTIONS = 576
#: A full desk answers late, and a late model's word is replaced by a rule's. These rows ask how much a desk can do, and
#: how late, so it waits.
_PATIENT_MS = 20_000
#: At a fixed rate a visitor speaks about once in this time: who speaks again before the answer has come gets one answer to both.
_PAUSE_S = 0.6
#: The official SDK needs milliseconds of processor time for each call; more at once would only wait.
_SDK_CONNECTIONS = 16


def _ask(
    bench: Bench,
    row: Row,
    *,
    delay_ms: float,
    connections: int = _CONNECTIONS,
    rate: int | None = None,
    stream: bool = False,
    provider: str = "openai_http",
    warm_up: float | None = None,
) -> None:
    """Load a desk whose assistant asks a stand-in model, and note what the model itself took."""
    with FastModel(delay_ms=delay_ms, core=bench.method.generator_core) as model:
        desk = bench.desk(
            AI_PROVIDER=provider,
            AI_BASE_URL=model.base_url,
            AI_API_KEY="stand-in",
            AI_STREAM=str(stream).lower(),
            AI_CONCURRENCY="2048",
            AI_DEADLINE_MS=str(_PATIENT_MS),
            ALLOW_PRIVATE_URLS="true",
        )
        longer: dict[str, Any] = {} if warm_up is None else {"warm_up": warm_up}
        chat(bench, row, desk, connections, rate=rate, text=QUESTION_TO_MODEL, expect=EXPECTED, **longer)
        bench.stop_desk()
        totals = model.stop()
    row.facts["the model's own ms"] = round(totals.delay_ms, 3)
    row.facts["streamed"] = "yes" if stream else "no"
    repetitions = row.raw[-1]["repetitions"]
    first_words = [each["first_word"]["p50_ms"] for each in repetitions if "first_word" in each]
    if first_words:
        row.facts["first word p50 ms"] = round(statistics.median(first_words), 2)


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
    _ask(bench, row, delay_ms=25, rate=3_200, connections=round(3_200 * _PAUSE_S))
    _paced(row, (3_200, 35))


def _model_10(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=10)
    _closed(row, (5_700, 18), 8_000, 15_000)


def _model_10_paced(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=10, rate=5_700, connections=round(5_700 * _PAUSE_S))
    _paced(row, (5_700, 18))


def _streaming(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=25, stream=True)
    _closed(row, None, 2_500, 6_000)


def _official_sdk(bench: Bench, row: Row) -> None:
    _ask(bench, row, delay_ms=25, provider="openai", connections=_SDK_CONNECTIONS, warm_up=4.0)


SCENARIOS = (
    Scenario("model-25", "assistant", "+ ChatGPT: model answers in 25 ms", _model_25, quick=True),
    Scenario("model-25-paced", "assistant", "+ ChatGPT at the published 3,200/s", _model_25_paced),
    Scenario("model-10", "assistant", "+ own model: answers in 10 ms", _model_10),
    Scenario("model-10-paced", "assistant", "+ own model at the published 5,700/s", _model_10_paced),
    Scenario("streaming", "assistant", "Streamed answer of 20 chunks", _streaming),
    Scenario("official-sdk", "assistant", "The official SDK as provider, 25 ms", _official_sdk),
)
