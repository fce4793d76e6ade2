"""Equal questions share one call and its answer; questions that are not equal, or personal, never do."""

import asyncio
from typing import Any

import pytest

from fastdesk.ai import Answer, Line, NoAnswer
from fastdesk.ai.provider import ToolCall, Usage

from .conftest import Screenplay, World

VIRTUAL_TIME = True


async def ask(world: World, setup: Any, text: str = "几点开门", **values: Any) -> Answer:
    asked = world.ask(setup, text, **values)
    if not asked.done():
        world.models["a"].last.end("九点。", usage=Usage(5, 5))
    result = await asked
    assert isinstance(result, Answer)
    return result


async def test_off_unless_a_site_wants_it(world: World) -> None:
    setup = world.setup("a")
    for _ in range(3):
        assert not (await ask(world, setup)).is_cached
    assert len(world.models["a"].calls) == 3


async def test_answer_is_kept_for_its_time_and_costs_nothing(world: World) -> None:
    setup = world.setup("a", cache_s=60, model={"price_in": 10**6})
    assert (await ask(world, setup)).cost_micro == 5
    await asyncio.sleep(59)
    again = await ask(world, setup)
    assert (again.text, again.is_cached, again.cost_micro, again.tokens_in) == ("九点。", True, 0, 0)
    await asyncio.sleep(2)
    assert not (await ask(world, setup)).is_cached
    assert len(world.models["a"].calls) == 2
    assert world.assistant.counters.cached == 1


@pytest.mark.parametrize(
    "other",
    [
        {"tenant": "t2"},
        {"site": "s2"},
        {"audience": "vip"},
        {"text": "几点不开门"},
        {"identity": {"identity": "c"}},
        {"language": "en", "text": "9?"},
    ],
)
async def test_other_tenant_site_audience_or_words_share_nothing(world: World, other: dict[str, Any]) -> None:
    setup = world.setup("a", cache_s=60)
    await ask(world, setup)
    await ask(world, setup, **other)
    assert len(world.models["a"].calls) == 2


@pytest.mark.parametrize("text", ["我的手机13812345678几点开门"])
async def test_personal_questions_are_not_kept(world: World, text: str) -> None:
    setup = world.setup("a", cache_s=60)
    world.said["x"] = [Line("user", "我是李雷"), Line("assistant", "您好")]
    for _ in range(2):
        await ask(world, setup, text)
        await ask(world, setup, conversation="x")
    assert len(world.models["a"].calls) == 4


async def test_equal_questions_under_way_share_one_call(world: World) -> None:
    setup = world.setup("a", cache_s=60, model={"price_in": 10**6})
    ports = [Screenplay() for _ in range(3)]
    asked = [world.ask(setup, "几点开门", port=port) for port in ports[:2]]
    call = world.models["a"].last.say("九点。")
    asked.append(world.ask(setup, "几点开门", port=ports[2]))
    call.say("开门。").end("九点。开门。", usage=Usage(7, 0))
    results = await asyncio.gather(*asked)
    assert [result.text for result in results if isinstance(result, Answer)] == ["九点。开门。"] * 3
    assert [result.cost_micro for result in results] == [7, 0, 0]
    assert [port.text for port in ports] == ["九点。开门。"] * 3
    assert len(world.models["a"].calls) == 1
    assert world.assistant.counters.shared == 2
    world.assert_idle()


async def test_shared_call_lives_while_anyone_waits(world: World) -> None:
    setup = world.setup("a", cache_s=60)
    first, second = world.ask(setup, "几点开门"), world.ask(setup, "几点开门")
    first.cancel()
    await asyncio.sleep(0)
    assert not world.models["a"].last.is_cancelled
    second.cancel()
    await asyncio.sleep(0)
    assert world.models["a"].last.is_cancelled
    third = world.ask(setup, "几点开门")
    assert len(world.models["a"].calls) == 2
    world.models["a"].last.end("九点。")
    assert isinstance(await third, Answer)
    world.assert_idle()


async def test_each_has_its_own_deadline(world: World) -> None:
    setup = world.setup("a", cache_s=60, deadline_ms=500)
    first = world.ask(setup, "几点开门")
    await asyncio.sleep(0.3)
    second = world.ask(setup, "几点开门")
    late = await first
    assert isinstance(late, NoAnswer)
    assert (late.reason, late.cost_micro) == ("late", 0)
    world.models["a"].last.end("九点。")
    assert isinstance(await second, Answer)


async def test_failures_and_actions_are_not_kept(world: World) -> None:
    setup = world.setup("a", cache_s=60)
    asked = world.ask(setup, "人呢")
    world.models["a"].last.end(tool_calls=(ToolCall("1", "hand_off", "{}"),))
    await asked
    asked = world.ask(setup, "人呢")
    world.models["a"].last.fail()
    await asked
    assert len(world.models["a"].calls) == 2
    assert not (await ask(world, setup, "人呢")).is_cached


async def test_changed_settings_or_articles_forget_the_answers(world: World) -> None:
    setup = world.setup("a", cache_s=60)
    await ask(world, setup)
    world.assistant.forget("t")  # type: ignore[arg-type]
    await ask(world, setup)
    setup = world.setup("a", cache_s=60)
    await ask(world, setup)
    assert len(world.models["a"].calls) == 3
