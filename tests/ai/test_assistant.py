"""The front of the room: what is asked, from which context, with whose keys."""

import asyncio
from typing import Any

import pytest

from fastdesk.ai import (
    Answer,
    AssistantSettings,
    Budget,
    Line,
    ModelSettings,
    NoAnswer,
    Window,
    ready_line,
)
from fastdesk.ai.provider import Usage
from fastdesk.errors import ConfigError
from fastdesk.observe.tasks import Tasks

from .conftest import World

VIRTUAL_TIME = True


async def test_without_models_the_rules_answer(world: World) -> None:
    setup = world.assistant.prepare("t", "s", AssistantSettings(), own_models=False)  # type: ignore[arg-type]
    result = await world.ask(setup)
    assert result == NoAnswer(reason="unset")


async def test_model_is_given_the_conversation_with_people_and_rules_in_it(world: World) -> None:
    world.said["c"] = [Line("user", "一"), Line("assistant", "规则说"), Line("assistant", "客服说")]
    world.ask(world.setup(), "二", conversation="c")
    lines = world.models["a"].last.request.lines
    assert [line.content for line in lines[1:]] == [
        "<visitor>一</visitor>",
        "规则说",
        "客服说",
        "<visitor>二</visitor>",
    ]


async def test_no_conversation_sees_another(world: World) -> None:
    world.said = {f"c{number}": [Line("user", f"canary-{number}")] for number in range(1, 30)}
    setup = world.setup(cache_s=60)
    for number in range(1, 30):
        world.ask(setup, "嗯", conversation=f"c{number}", tenant=f"t{number % 3}")
        text = "".join(line.content for line in world.models["a"].last.request.lines)
        assert [found for found in range(1, 30) if f"canary-{found}<" in text] == [number]


async def test_context_from_the_store_is_waited_for_but_not_beyond_the_deadline(tasks: Tasks) -> None:
    delay_s = 0.1

    async def window() -> Window:
        await asyncio.sleep(delay_s)
        return Window([ready_line("user", "早先", ())])

    world = World(tasks)
    setup = world.setup(deadline_ms=500)
    world.said["slow"] = window()
    asked = world.ask(setup, conversation="slow")
    await asyncio.sleep(0.2)
    assert "早先" in world.models["a"].last.request.lines[1].content
    world.models["a"].last.end("好。")
    assert isinstance(await asked, Answer)
    delay_s = 5
    world.said["slow"] = window()
    result = await world.ask(setup, conversation="slow")
    assert isinstance(result, NoAnswer)
    assert result.reason == "late"
    await asyncio.sleep(10)
    assert len(world.models["a"].calls) == 1


async def test_site_without_a_key_is_refused_and_the_former_setup_stays(tasks: Tasks) -> None:
    def key_of(settings: ModelSettings, tenant: str) -> str:
        if settings.model == "bad":
            raise ConfigError("no key")
        return "k"

    world = World(tasks, key_of=key_of)
    setup = world.setup("a")
    with pytest.raises(ConfigError):
        world.setup("bad")
    world.ask(setup)
    assert len(world.models["a"].calls) == 1


async def test_models_are_shared_by_sites_and_closed_when_no_site_names_them(world: World) -> None:
    world.setup("a", "b", site="one")
    world.setup("a", site="two")
    world.setup("b", site="one")
    world.setup("b", site="two")
    await asyncio.sleep(0)
    assert (world.models["a"].is_closed, world.models["b"].is_closed) == (True, False)
    await world.assistant.close()
    assert world.models["b"].is_closed


async def test_tenants_models_have_tenants_keys_and_judged_addresses(tasks: Tasks) -> None:
    asked: list[str] = []
    kits: list[Any] = []

    def make(settings: Any, kit: Any) -> Any:
        kits.append(kit)
        return World.make(world, settings, kit)

    world = World(
        tasks,
        key_of=lambda settings, tenant: asked.append(tenant) or "k",
        may_connect=lambda address: False,
        make_provider=make,
    )
    settings = AssistantSettings(models=(ModelSettings(model="a"),))
    world.assistant.prepare("t", "own", settings, own_models=True)  # type: ignore[arg-type]
    world.assistant.prepare("t", "s", settings, own_models=False)  # type: ignore[arg-type]
    assert asked == ["t", ""]
    assert [kit.may_connect("10.0.0.1") for kit in kits] == [False, True]


async def test_state_shows_pool_breakers_and_budgets_but_no_secret(tasks: Tasks) -> None:
    world = World(tasks, key_of=lambda settings, tenant: "sk-very-secret")
    setup = world.setup("a", budget=Budget(day=1000), model={"price_in": 10**6})
    asked = world.ask(setup)
    await asyncio.sleep(0.01)
    world.models["a"].last.end("好。", usage=Usage(100, 0))
    await asked
    for _ in range(5):
        failing = world.ask(setup)
        await asyncio.sleep(0.01)
        world.models["a"].last.fail("connect")
        await failing
    state = world.assistant.state()
    assert "secret" not in str(state)
    model = state["models"][0]  # type: ignore[index]
    assert (model["breaker"], model["calls"], model["failures"]) == ("open", 6, {"connect": 5})
    assert {"account": "t", "spent_micro": 100, "limit_micro": 1000}.items() <= state["budgets"][0].items()  # type: ignore[index]
    assert state["counters"]["answered"] == 1  # type: ignore[index]


async def test_outcomes_add_up(world: World) -> None:
    setup = world.setup("a")
    asked = [world.ask(setup) for _ in range(4)]
    first, second, third, _ = world.models["a"].calls
    first.end("好。")
    second.fail("status", 404)
    asked[2].cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert third.is_cancelled
    counters = world.assistant.counters
    assert (counters.asked, counters.answered, counters.failed, counters.cancelled, counters.late) == (
        4,
        1,
        1,
        1,
        1,
    )
