"""Answers that take time: one at a time for each conversation, stopped when nobody wants them, never for ever."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.plugins.assistant_world import Peer

from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.pipeline.process import MAX_ANSWER_S

from .conftest import Floor
from .handlers import Says

VIRTUAL_TIME = True


class Slowly:
    """A plug-in that claims every turn and answers as the test says."""

    name = "slowly"

    def __init__(self) -> None:
        self.answer_with: Callable[[Turn], Any] = lambda turn: None
        self.asked: list[str] = []

    def claim(self, turn: Turn) -> Any:
        return True

    def answer(self, turn: Turn, claim: Any) -> Any:
        self.asked.append(turn.message.text)
        return self.answer_with(turn)


@pytest.fixture
def slowly() -> Slowly:
    return Slowly()


@pytest.fixture
async def desk(slowly: Slowly) -> AsyncIterator[Floor]:
    """A desk with the plug-in and without a model: what it does not answer the fallback does."""
    floor = Floor(models=())
    floor.plugins.append(("slowly", slowly))
    await floor.start()
    yield floor
    await floor.stop()


def said(text: str) -> Outcome:
    return Outcome(replies=(Reply(text=text),))


async def after(seconds: float, outcome: Outcome | None) -> Outcome | None:
    await asyncio.sleep(seconds)
    return outcome


async def test_answer_that_takes_time_is_said_when_it_is_there(desk: Floor, slowly: Slowly) -> None:
    visitor = await desk.visitor()
    slowly.answer_with = lambda turn: after(3, said("三天"))
    await desk.ask(visitor, "多久到")
    assert visitor.texts == []
    await desk.settle(3)
    assert visitor.texts == ["三天"]


async def test_newer_message_ends_the_answer_to_the_one_before(desk: Floor, slowly: Slowly) -> None:
    visitor = await desk.visitor()
    slowly.answer_with = lambda turn: after(3, said(f"re: {turn.message.text}"))
    for text in ("你好", "在吗", "多久到"):
        await desk.ask(visitor, text)
    await desk.settle(10)
    assert slowly.asked == ["你好", "在吗", "多久到"]
    assert visitor.texts == ["re: 多久到"]


@pytest.mark.parametrize("seconds", [0.0, 2.0])
async def test_handler_that_fails_or_has_nothing_gives_way(
    desk: Floor, slowly: Slowly, seconds: float
) -> None:
    async def fail() -> Outcome:
        await asyncio.sleep(seconds)
        raise RuntimeError("out of order")

    visitor = await desk.visitor()
    slowly.answer_with = lambda turn: fail()
    await desk.ask(visitor, "xyzzy")
    await desk.settle(seconds)
    slowly.answer_with = lambda turn: after(seconds, None)
    await desk.ask(visitor, "plugh")
    await desk.settle(seconds)
    assert len(visitor.texts) == 2  # the fallback's
    assert desk.engine.hooks.failures["slowly"] == 1


@pytest.mark.parametrize("kind", ["future", "coroutine"])
async def test_plug_in_that_never_answers_is_given_up(desk: Floor, slowly: Slowly, kind: str) -> None:
    never: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    async def wait() -> Outcome:
        return await never

    visitor = await desk.visitor()
    slowly.answer_with = lambda turn: never if kind == "future" else wait()
    await desk.ask(visitor, "xyzzy")
    await desk.settle(MAX_ANSWER_S - 1)
    assert visitor.texts == []
    await desk.settle(2)
    assert len(visitor.texts) == 1
    assert never.cancelled()


async def test_stopped_answer_ends_where_the_visitor_saw_it_end(floor: Floor) -> None:
    visitor = await floor.visitor()
    await floor.ask(visitor, "退款在哪里")
    call = floor.model.last.say("在订单页。然后", "点")
    await floor.settle()
    turn = visitor.of("delta")[-1]["turn"]
    await floor.do(visitor, t="stop", turn=turn)
    assert call.is_cancelled
    call.say("退款。").end("在订单页。然后点退款。")
    await floor.settle(5)
    assert visitor.texts == ["在订单页。"]
    assert visitor.of("message")[-1]["extra"]["turn"] == turn


async def test_stop_before_the_first_word_leaves_nothing(floor: Floor) -> None:
    visitor = await floor.visitor()
    await floor.ask(visitor, "退款在哪里")
    await floor.do(visitor, t="stop", turn=f"t{visitor.of('ack')[-1]['seq']}")
    assert floor.model.last.is_cancelled
    await floor.settle(5)
    assert visitor.texts == []
    await floor.ask(visitor, "多久到")
    floor.model.last.end("三天。")
    await floor.settle()
    assert visitor.texts == ["三天。"]


async def test_wish_to_stop_an_earlier_answer_leaves_the_present_one_alone(
    desk: Floor, slowly: Slowly
) -> None:
    visitor = await desk.visitor()
    slowly.answer_with = lambda turn: after(3, said(f"re: {turn.message.text}"))
    for text in ("你好", "多久到"):
        await desk.ask(visitor, text)
    await desk.do(visitor, t="stop", turn="t1")
    await desk.settle(5)
    assert visitor.texts == ["re: 多久到"]


def volunteered(desk: Floor, visitor: Peer, answer: Any) -> None:
    """Let the desk say something by its own will."""
    assert visitor.live is not None
    handler = Says("rules", make=lambda claim: answer)
    desk.engine.answering.volunteer(visitor.live, handler, "x", "a rule")


async def test_what_the_desk_volunteers_waits_for_the_answer_under_way(desk: Floor, slowly: Slowly) -> None:
    visitor = await desk.visitor()
    slowly.answer_with = lambda turn: after(3, said(f"re: {turn.message.text}"))
    await desk.ask(visitor, "你好")
    volunteered(desk, visitor, after(1, said("one")))
    volunteered(desk, visitor, after(1, said("two")))
    await desk.settle(2)
    await desk.ask(visitor, "多久到")  # takes the place of the first answer, not of what waits
    await desk.settle(3.5)
    assert visitor.texts == ["re: 多久到"]
    await desk.settle(1)
    assert visitor.texts == ["re: 多久到", "one"]
    await desk.settle(1)
    assert visitor.texts == ["re: 多久到", "one", "two"]


async def test_what_still_waits_when_a_person_takes_over_is_given_up(desk: Floor, slowly: Slowly) -> None:
    boss, visitor = await desk.hire("boss", role="admin"), await desk.visitor()
    tasks = len(desk.tasks)
    slowly.answer_with = lambda turn: after(3, said("三天"))
    await desk.ask(visitor, "多久到")
    lazily, already = after(1, said("one")), asyncio.get_running_loop().create_future()
    volunteered(desk, visitor, lazily)
    volunteered(desk, visitor, already)
    await desk.do(boss, t="take", conversation=desk.conversation(visitor).id)
    await desk.settle(10)
    assert visitor.texts == []
    assert inspect.getcoroutinestate(lazily) == inspect.CORO_CLOSED
    assert already.cancelled()
    assert len(desk.tasks) == tasks


async def test_questions_that_wait_cost_nobody_else_anything(floor: Floor) -> None:
    """However many wait for a model: no task, no timer for each, and a person's message takes as many turns of the loop as before."""
    loop: Any = asyncio.get_running_loop()
    boss = await floor.hire("boss", role="admin")
    guest = await floor.visitor("guest")
    await floor.ask(guest, "转人工")
    await floor.do(boss, t="take", conversation=floor.conversation(guest).id)
    visitors = [await floor.visitor(f"visitor-{number}") for number in range(300)]

    async def passes(text: str) -> int:
        """Return after how many turns of the loop the agent has a message."""
        heard = len(boss.of("message"))
        floor.say(guest, text)
        for turn in range(100):
            if len(boss.of("message")) > heard:
                return turn
            await asyncio.sleep(0)
        raise AssertionError("the agent heard nothing")

    before = await passes("在吗")
    tasks, timers = len(floor.tasks), len(loop._scheduled)
    for visitor in visitors:
        floor.say(visitor, "退款在哪里")
    await floor.settle()
    assert floor.engine.assistance.assistant.state()["pool"] == {"active": 64, "waiting": 236, "refused": 0}
    assert len(floor.tasks) == tasks
    assert len(loop._scheduled) <= timers + 4
    assert await passes("还在吗") == before
