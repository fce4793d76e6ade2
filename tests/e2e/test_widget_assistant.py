"""A language model's answer from the stand-in model to the visitor's screen, through the whole desk."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from benchmarks.load.stand_in_model import StandInModel
from tests.e2e.people import Visitor
from tests.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Visit = Callable[..., Visitor]
ANSWER = (
    "Green tea likes **80 degrees**. Oolong wants more. Black tea takes boiling water. Enjoy your cup today."
)


@pytest.fixture(scope="module")
def model() -> Iterator[StandInModel]:
    with StandInModel(text=ANSWER, chunk_gap_ms=40) as running:
        yield running


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, model: StandInModel) -> Iterator[RunningDesk]:
    """A desk that has nothing but the model to answer with."""
    settings = {
        "AI_BASE_URL": model.base_url,
        "AI_API_KEY": "any",
        "AI_DEADLINE_MS": "20000",
        "LIMITS": "off",
    }
    running = RunningDesk(tmp_path_factory.mktemp("desk") / "data", **settings)
    running.start()
    yield running
    running.close()


def test_an_answer_is_thought_about_written_and_stored(visit: Visit, model: Any) -> None:
    model.set(text=ANSWER, chunk_gap_ms=40, delay_ms=400)
    visitor = visit("/chat/demo")
    visitor.say("How hot should the water be?")
    visitor.chat.locator(".busy", has_text="Thinking").wait_for()
    answer = visitor.chat.locator(".message.is-assistant")
    answer.get_by_text("Green tea likes").wait_for()
    assert answer.get_attribute("data-id").startswith("turn:")  # still being written
    assert answer.locator(".ai-label").inner_text() == "AI"
    answer.locator(".actions").wait_for()
    assert not answer.get_attribute("data-id").startswith("turn:")
    assert answer.locator("strong").inner_text() == "80 degrees"
    assert answer.count() == 1
    assert visitor.chat.locator(".busy").count() == 0
    visitor.page.reload()
    visitor.chat.get_by_text("Enjoy your cup today.").wait_for()
    assert answer.count() == 1


def test_an_answer_that_is_stopped_keeps_what_was_shown(visit: Visit, model: Any) -> None:
    model.set(text=ANSWER, chunk_gap_ms=400, delay_ms=0)
    visitor = visit("/chat/demo")
    visitor.say("And the other teas?")
    answer = visitor.chat.locator(".message.is-assistant")
    answer.get_by_text("Green tea likes").wait_for()
    visitor.chat.get_by_role("button", name="Stop answering").click()
    answer.locator(".actions").wait_for()
    assert "Enjoy your cup" not in answer.inner_text()


def test_an_answer_is_asked_for_again(visit: Visit, model: Any) -> None:
    model.set(text=ANSWER, chunk_gap_ms=0, delay_ms=0)
    visitor = visit("/chat/demo")
    visitor.say("Which tea in the morning?")
    answer = visitor.chat.locator(".message.is-assistant")
    answer.locator(".actions").wait_for()
    model.set(text="White tea, then.", chunk_gap_ms=0, delay_ms=0)
    visitor.chat.get_by_role("button", name="Ask again").click()
    visitor.sees("White tea, then.")
