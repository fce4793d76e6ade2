"""The assistant's money and words on a real desk: a hard limit through SIGKILL, a warning in time, and words by their context."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from benchmarks.load.stand_in_model import StandInModel
from tests.running import RunningDesk

#: Of one call, in the currency: 100 tokens of a question and 20 of an answer, at a thousand a million.
COST = 0.12
BUDGET = 6.0
MAX_TOKENS = 20


@pytest.fixture
def model() -> Iterator[StandInModel]:
    with StandInModel() as running:
        yield running


@pytest.fixture
def desk(model: StandInModel, tmp_path: Path) -> Iterator[RunningDesk]:
    running = RunningDesk(
        tmp_path / "data", LIMITS="off", AI_BASE_URL=model.base_url, AI_API_KEY="any key", AI_DEADLINE_MS="10000",
        AI_PRICE_IN="1000", AI_PRICE_OUT="1000", AI_BUDGET_DAY=str(BUDGET), AI_MAX_TOKENS=str(MAX_TOKENS),
        AI_PROMPT="Be brief.", ALLOW_PRIVATE_URLS="true",
    ).start()  # fmt: skip
    yield running
    running.close()


def ask(desk: RunningDesk, text: str) -> str:
    """Return what the desk says to a question of a new visitor."""
    visitor = desk.visitor()["token"]
    status, stored = desk.ask("POST", "/v1/messages", {"id": "question-1", "text": text}, visitor)
    if status != 200:
        return str(stored["code"])
    while True:
        _, heard = desk.ask("GET", f"/v1/events?after={stored['seq']}&wait=20", token=visitor)
        for frame in heard["events"]:
            if frame["t"] == "message" and frame["from"]["role"] != "visitor":
                return str(frame["text"])


def spent(desk: RunningDesk) -> dict[str, Any]:
    status, state = desk.ask("GET", "/v1/assistant", token=desk.token)
    assert status == 200, state
    budget: dict[str, Any] = state["sites"][0]["budget"]
    return budget


def test_money_holds_through_kills_and_its_owner_is_warned(desk: RunningDesk, model: StandInModel) -> None:
    model.set(text="Answer.", delay_ms=300, chunks=1)
    with ThreadPoolExecutor(4) as crowd:
        for _ in range(2):
            questions = [crowd.submit(ask, desk, f"where is my order {n}") for n in range(4)]
            until = time.monotonic() + 30
            calls = model.counts().calls
            while model.counts().calls == calls:
                assert time.monotonic() < until
                time.sleep(0.01)  # the desk and the model are other processes
            desk.kill()
            for question in questions:
                question.exception()
            desk.start()
    model.set(text="Answer.", chunks=1)
    answers = []
    while not answers or answers[-1] == "Answer.":
        answers.append(ask(desk, f"where is my parcel {len(answers)}"))
        assert len(answers) < 2 * BUDGET / COST
    # Up to eight calls died under way, and what was set aside for them stays spent: five times what a call costs in the end.
    assert len(answers) > 3, "hardly any money was left after the kills"
    assert model.counts().calls * COST <= BUDGET + COST
    budget = spent(desk)
    assert budget["day_limit"] == BUDGET * 1e6
    assert budget["day_spent"] <= (BUDGET + COST) * 1e6
    desk.kill()
    desk.start()
    assert ask(desk, "where is it now") == answers[-1]
    assert desk.log.read_text().count("budget_nearly_used_up") == 1


def test_words_are_stopped_or_pass_by_their_context(desk: RunningDesk, model: StandInModel) -> None:
    model.set(text="Use kill.", chunks=1)
    words = {"id": "violence", "level": "block", "words": [{"text": "杀", "allow": ["杀进程", "杀毒"]}]}
    status, answer = desk.ask("POST", "/v1/words", words, desk.token)
    assert status in (200, 201), answer
    until = time.monotonic() + 30
    while ask(desk, "怎么杀人") != "blocked_text":  # the list is built beside the loop
        assert time.monotonic() < until
    calls = model.counts().calls
    assert ask(desk, "怎么杀人不被发现") == "blocked_text"
    assert model.counts().calls == calls
    assert ask(desk, "怎么杀进程") == "Use kill."
    assert model.counts().calls == calls + 1
