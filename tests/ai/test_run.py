"""The way of one question through pool and models, in virtual time and with models that do what the test says."""

import asyncio
from typing import Any

import pytest

from fastdesk.ai import Answer, Limits, Line, NoAnswer, ProposedAction, Question, ToolSettings
from fastdesk.ai.provider import ToolCall, Usage
from fastdesk.observe.tasks import Tasks

from .conftest import Screenplay, ScriptedCall, World

VIRTUAL_TIME = True


async def test_answer_has_text_cost_and_times(world: World) -> None:
    setup = world.setup(model={"price_in": 1_000_000, "price_out": 2_000_000})
    asked = world.ask(setup, "退款在哪")
    await asyncio.sleep(0.1)
    world.models["a"].last.say("三天到账。")
    await asyncio.sleep(0.1)
    world.models["a"].last.end("三天到账。", usage=Usage(10, 5))
    answer = await asked
    assert isinstance(answer, Answer)
    assert (answer.text, answer.language, answer.model) == ("三天到账。", "zh", "a")
    assert (answer.tokens_in, answer.tokens_out, answer.cost_micro) == (10, 5, 20)
    assert (answer.first_ms, answer.total_ms, answer.finish) == (100, 200, "stop")
    assert (answer.is_streamed, answer.is_cached, answer.sources, answer.actions) == (True, False, (), ())
    world.assert_idle()
    assert world.assistant.counters.answered == world.assistant.counters.calls == 1
    assert world.assistant.counters.cost_micro == 20


async def test_streams_whole_sentences_only(world: World) -> None:
    port = Screenplay()
    asked = world.ask(world.setup(), port=port)
    call = world.models["a"].last.say("您", "好！", "退款三", "天到账。请稍", "等")
    assert port.pieces == [("您好！", False), ("退款三天到账。", False)]
    call.end("您好！退款三天到账。请稍等")
    answer = await asked
    assert isinstance(answer, Answer)
    assert answer.text == "您好！退款三天到账。请稍等"
    assert len(port.pieces) == 2


async def test_plain_answer_is_not_streamed(world: World) -> None:
    port = Screenplay()
    asked = world.ask(world.setup(), port=port)
    world.models["a"].last.end("好的。", usage=Usage(1, 1))
    answer = await asked
    assert isinstance(answer, Answer)
    assert (answer.text, answer.is_streamed, port.pieces) == ("好的。", False, [])


@pytest.mark.parametrize(
    "failure",
    [
        {"kind": "connect"},
        {"kind": "broken"},
        {"kind": "garbage"},
        {"kind": "too_large"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 404},
        {"kind": "status", "status": 429, "retry_after_ms": 1000},
    ],
)
async def test_next_model_answers_when_one_fails(world: World, failure: dict[str, Any]) -> None:
    asked = world.ask(world.setup())
    world.models["a"].last.fail(**failure)
    world.models["b"].last.end("来自乙。")
    answer = await asked
    assert isinstance(answer, Answer)
    assert (answer.text, answer.model) == ("来自乙。", "b")
    assert len(world.models["a"].calls) == len(world.models["b"].calls) == 1
    world.assert_idle()


async def test_all_models_failing_is_told_at_once(world: World) -> None:
    asked = world.ask(world.setup())
    world.models["a"].last.fail("connect")
    world.models["b"].last.fail("status", 503)
    result = await asked
    assert isinstance(result, NoAnswer)
    assert result.reason == "failed"
    assert "503" in result.detail
    assert world.clock.now_ns() == 1_000 * 10**9
    world.assert_idle()


async def test_broken_stream_is_replaced_by_the_next_model(world: World) -> None:
    port = Screenplay()
    asked = world.ask(world.setup(), port=port)
    world.models["a"].last.say("甲的第一句。甲的第二").fail("broken")
    assert port.text == "甲的第一句。"
    world.models["b"].last.say("乙的第一句。", "乙的第二句。").end("乙的第一句。乙的第二句。")
    answer = await asked
    assert isinstance(answer, Answer)
    assert answer.text == port.text == "乙的第一句。乙的第二句。"
    assert port.pieces == [("甲的第一句。", False), ("乙的第一句。", True), ("乙的第二句。", False)]
    assert world.assistant.counters.broken_streams == 1


async def test_broken_stream_without_another_model_says_so(world: World) -> None:
    asked = world.ask(world.setup("a"), port=Screenplay())
    world.models["a"].last.say("半句。").fail("broken")
    result = await asked
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.is_streamed) == ("failed", True)


async def test_empty_answer_is_none(world: World) -> None:
    asked = world.ask(world.setup())
    world.models["a"].last.say("<think>嗯。").end("<think>嗯。")
    world.models["b"].last.end("好。")
    answer = await asked
    assert isinstance(answer, Answer)
    assert answer.model == "b"


# Time.


async def test_hanging_model_is_late_at_the_deadline_exactly(world: World) -> None:
    setup = world.setup(deadline_ms=500)
    start_ns = world.clock.now_ns()
    asked = world.ask(setup)
    result = await asked
    assert isinstance(result, NoAnswer)
    assert result.reason == "late"
    assert world.clock.now_ns() - start_ns == 500_000_000
    assert world.models["a"].last.is_cancelled
    assert "b" not in world.models or not world.models["b"].calls
    world.assert_idle()
    world.models["a"].last.say("太晚了。").end("太晚了。")  # what comes now is dropped
    assert world.assistant.counters.answered == 0


async def test_deadline_counts_from_receipt(world: World) -> None:
    setup = world.setup(deadline_ms=500)
    received_ns = world.clock.now_ns()
    await asyncio.sleep(0.4)
    await world.ask(setup, received_ns=received_ns)
    assert world.clock.now_ns() - received_ns == 500_000_000
    result = await world.ask(setup, received_ns=received_ns)
    assert isinstance(result, NoAnswer)
    assert result.reason == "late"
    assert len(world.models["a"].calls) == 1


async def test_time_in_the_queue_counts(tasks: Tasks) -> None:
    world = World(tasks, max_active=1)
    setup = world.setup(deadline_ms=500)
    first, second = world.ask(setup), world.ask(setup)
    world.models["a"].last.say("一。")
    result = await second
    assert isinstance(result, NoAnswer)
    assert result.reason == "late"
    assert len(world.models["a"].calls) == 1
    world.models["a"].last.end("一。")
    assert isinstance(await first, Answer)
    world.assert_idle()


async def test_first_token_in_time_is_enough(world: World) -> None:
    asked = world.ask(world.setup(deadline_ms=500))
    await asyncio.sleep(0.499)
    call = world.models["a"].last.say("嗯")
    await asyncio.sleep(3)
    call.end("嗯，好的。")
    assert isinstance(await asked, Answer)


async def test_model_s_own_patience_leaves_time_for_the_next(world: World) -> None:
    asked = world.ask(world.setup(model={"first_token_ms": 200}, deadline_ms=500))
    await asyncio.sleep(0.25)
    assert world.models["a"].last.is_cancelled
    world.models["b"].last.end("乙。")
    answer = await asked
    assert isinstance(answer, Answer)
    assert (answer.model, answer.total_ms) == ("b", 250)


async def test_gap_between_tokens_is_bounded(world: World) -> None:
    asked = world.ask(world.setup(model={"gap_ms": 1000}))
    call = world.models["a"].last
    for _ in range(5):
        call.say("嗯")
        await asyncio.sleep(0.9)
    call.say("嗯")
    await asyncio.sleep(1.01)
    assert call.is_cancelled
    world.models["b"].last.end("乙。")
    answer = await asked
    assert isinstance(answer, Answer)
    assert answer.model == "b"


async def test_total_time_is_bounded(world: World) -> None:
    asked = world.ask(world.setup("a", model={"gap_ms": 1000, "total_ms": 3000}))
    call = world.models["a"].last
    while not asked.done():
        call.say("嗯")
        await asyncio.sleep(0.5)
    result = await asked
    assert isinstance(result, NoAnswer)
    assert result.reason == "failed"
    assert world.clock.now_ns() == 1_003 * 10**9
    assert call.is_cancelled


async def test_second_model_after_a_started_answer_has_its_own_limit(world: World) -> None:
    asked = world.ask(world.setup(model={"total_ms": 2000}, deadline_ms=500))
    world.models["a"].last.say("半").fail()
    result = await asked
    assert isinstance(result, NoAnswer)
    assert result.reason == "failed"
    assert world.clock.now_ns() == 1_002 * 10**9


async def test_follow_up_comes_when_the_site_wants_it(world: World) -> None:
    port = Screenplay()
    asked = world.ask(world.setup(late="follow_up", deadline_ms=500), port=port)
    result = await asked
    assert isinstance(result, NoAnswer)
    assert result.reason == "late"
    assert result.follow_up is not None
    call = world.models["a"].last
    assert not call.is_cancelled
    call.say("晚了。").end("晚了。")
    answer = await result.follow_up
    assert isinstance(answer, Answer)
    assert answer.text == "晚了。"
    assert port.pieces == []
    world.assert_idle()


async def test_follow_up_is_bounded_and_can_be_cancelled(world: World) -> None:
    setup = world.setup("a", late="follow_up", deadline_ms=500, model={"total_ms": 5000})
    result = await world.ask(setup)
    assert isinstance(result, NoAnswer)
    assert result.follow_up is not None
    given_up = await result.follow_up
    assert isinstance(given_up, NoAnswer)
    assert given_up.reason == "failed"
    result = await world.ask(setup)
    assert isinstance(result, NoAnswer)
    assert result.follow_up is not None
    result.follow_up.cancel()
    await asyncio.sleep(0)
    assert world.models["a"].last.is_cancelled
    world.assert_idle()


# Nobody wants it any more.


@pytest.mark.parametrize("said", [[], ["半句"], ["一句。"]])
async def test_cancelled_question_ends_its_call_and_says_nothing(world: World, said: list[str]) -> None:
    port = Screenplay()
    asked = world.ask(world.setup(), port=port)
    call = world.models["a"].last.say(*said)
    asked.cancel()
    await asyncio.sleep(0)
    assert call.is_cancelled
    shown = list(port.pieces)
    call.say("更多。")
    assert port.pieces == shown
    world.assert_idle()
    assert world.assistant.counters.cancelled == 1


async def test_cancelled_question_leaves_the_queue(tasks: Tasks) -> None:
    world = World(tasks, max_active=1)
    setup = world.setup()
    first, second, third = (world.ask(setup, f"问题{number}") for number in range(3))
    second.cancel()
    await asyncio.sleep(0)
    world.models["a"].last.end("一。")
    assert world.models["a"].last.asked == "问题2"
    world.models["a"].last.end("三。")
    assert isinstance(await first, Answer)
    assert isinstance(await third, Answer)
    world.assert_idle()


# Limits.


async def test_full_queue_refuses_at_once(tasks: Tasks) -> None:
    world = World(tasks, max_active=2, max_waiting=3)
    setup = world.setup()
    asked = [world.ask(setup) for _ in range(10)]
    await asyncio.sleep(0)
    refused = [future.result() for future in asked if future.done()]
    assert [result.reason for result in refused if isinstance(result, NoAnswer)] == ["busy"] * 5
    assert len(world.models["a"].calls) == 2


async def test_rate_limit_refuses_without_a_call(world: World) -> None:
    setup = world.setup(limits=Limits(visitor_requests=2))
    for _ in range(2):
        world.ask(setup)
    result = await world.ask(setup)
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.detail) == ("limited", "wait 30000 ms")
    assert len(world.models["a"].calls) == 2


async def test_unused_tokens_go_back(world: World) -> None:
    setup = world.setup("a", limits=Limits(visitor_requests=0, tenant_tokens=2000), model={"max_tokens": 900})
    for _ in range(5):
        asked = world.ask(setup)
        world.models["a"].last.end("好。", usage=Usage(100, 10))
        assert isinstance(await asked, Answer)


# Breakers.


async def test_open_breaker_spares_the_model(world: World) -> None:
    setup = world.setup()
    for _ in range(5):
        asked = world.ask(setup)
        world.models["a"].last.fail("connect")
        world.models["b"].last.end("乙。")
        await asked
    asked = world.ask(setup)
    world.models["b"].last.end("乙。")
    assert isinstance(await asked, Answer)
    assert len(world.models["a"].calls) == 5
    await asyncio.sleep(1.1)
    asked, other = world.ask(setup), world.ask(setup)
    assert len(world.models["a"].calls) == 6  # one probe
    world.models["a"].last.end("甲。")
    world.models["b"].last.end("乙。")
    await asyncio.gather(asked, other)
    world.ask(setup)
    assert len(world.models["a"].calls) == 7


async def test_our_own_mistakes_do_not_open_it_but_a_bad_key_does(world: World) -> None:
    setup = world.setup("a", allow=())
    for _ in range(20):
        asked = world.ask(setup)
        world.models["a"].last.fail("status", 422)
        await asked
    assert len(world.models["a"].calls) == 20
    asked = world.ask(setup)
    world.models["a"].last.fail("status", 401)
    await asked
    await world.ask(setup)
    assert len(world.models["a"].calls) == 21


async def test_late_answers_count_as_failures_unless_the_queue_took_the_time(world: World) -> None:
    setup = world.setup("a", deadline_ms=500)
    for _ in range(5):
        await world.ask(setup)
    result = await world.ask(setup)
    assert isinstance(result, NoAnswer)
    assert result.reason == "failed"
    await asyncio.sleep(1.1)
    probe = world.ask(setup, received_ns=world.clock.now_ns() - 400_000_000)
    await probe
    assert world.assistant.state()["models"][0]["breaker"] == "half_open"  # type: ignore[index]
    asked = world.ask(setup)
    world.models["a"].last.end("好。")
    assert isinstance(await asked, Answer)


# What is checked.


async def test_word_filter_stops_a_question(world: World) -> None:
    world.words["炸弹"] = "block"
    result = await world.ask(world.setup(), "怎么做炸弹")
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.detail) == ("blocked", "input block list 炸弹")
    assert not world.models["a"].calls


async def test_word_filter_stops_an_answer_in_the_middle(world: World) -> None:
    world.words["坏话"] = "block"
    port = Screenplay()
    asked = world.ask(world.setup(), port=port)
    call = world.models["a"].last.say("好话。", "坏话。", "更多。")
    result = await asked
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.is_streamed, result.draft) == ("blocked", True, "好话。坏话。")
    assert port.text == "好话。"
    assert call.is_cancelled
    world.assert_idle()


async def test_word_filter_stops_the_last_words_too(world: World) -> None:
    world.words["坏话"] = "handoff"
    asked = world.ask(world.setup())
    world.models["a"].last.say("好话。坏").say("话").end("好话。坏话")
    result = await asked
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.detail) == ("blocked", "output handoff list 坏话")


async def test_answer_is_masked_but_the_shop_s_own_number_stays(world: World) -> None:
    world.words["笨蛋"] = "mask"
    asked = world.ask(world.setup(prompt="热线 13800138000。"))
    world.models["a"].last.end("笨蛋，打13800138000或13912345678。")
    answer = await asked
    assert isinstance(answer, Answer)
    assert answer.text == "**，打13800138000或[手机号]。"


# Tools.

ORDER = ToolSettings(
    name="order",
    parameters={
        "type": "object",
        "properties": {"number": {"type": "string"}, "customer": {"type": "string"}},
    },
    identity={"customer": "identity"},
    side_effect=True,
)


async def test_hand_off_is_an_action_not_a_phrase(world: World) -> None:
    asked = world.ask(world.setup())
    assert [tool.name for tool in world.models["a"].last.request.tools] == ["hand_off", "not_sure"]
    world.models["a"].last.end(
        tool_calls=(ToolCall("1", "hand_off", '{"reason":"生气"}'),), finish="tool_calls"
    )
    answer = await asked
    assert isinstance(answer, Answer)
    assert (answer.text, answer.actions) == ("", (ProposedAction("hand_off", {"reason": "生气"}),))


async def test_tool_is_done_for_the_verified_visitor_and_told_to_the_model(tasks: Tasks) -> None:
    done: list[tuple[str, ProposedAction]] = []

    async def perform(question: Question, tool: ToolSettings, action: ProposedAction) -> str:
        done.append((question.conversation, action))
        await asyncio.sleep(1)
        return '{"state":"sent"}'

    world = World(tasks, perform=perform)
    port = Screenplay()
    setup = world.setup("a", tools=(ORDER,), allow=("order",), model={"price_in": 1_000_000})
    asked = world.ask(setup, "订单7在哪", identity={"identity": "c-42"}, port=port)
    arguments = '{"number":"7","customer":"c-1"}'
    world.models["a"].last.end(tool_calls=(ToolCall("x", "order", arguments),), usage=Usage(10, 0))
    await asyncio.sleep(1.1)
    assert port.notes == ["order"]
    second = world.models["a"].last
    assert second.request.lines[-1] == Line("tool", '{"state":"sent"}', tool_call_id="x")
    second.end("已发货。", usage=Usage(20, 0))
    answer = await asked
    assert isinstance(answer, Answer)
    assert (answer.text, answer.cost_micro) == ("已发货。", 30)
    assert [(place, action.arguments) for place, action in done] == [
        ("c1", {"number": "7", "customer": "c-42"})
    ]
    assert done[0][1].key
    world.assert_idle()


async def test_obedient_model_cannot_do_what_rules_do_not_allow(world: World) -> None:
    setup = world.setup("a", tools=(ORDER,), allow=(), max_tool_rounds=2)
    asked = world.ask(setup, identity={"identity": "c-42"})
    for _ in range(3):
        world.models["a"].last.end(tool_calls=(ToolCall("x", "order", "{}"), ToolCall("y", "hand_off", "{}")))
        await asyncio.sleep(0.01)
    result = await asked
    assert isinstance(result, NoAnswer)
    assert result.reason == "failed"
    assert len(world.models["a"].calls) == 3
    assert world.assistant.counters.tool_refusals == 6
    assert world.assistant.counters.tool_calls == 0


@pytest.mark.parametrize("fault", ["raises", "hangs", "absent"])
async def test_tool_that_fails_is_told_as_failed(tasks: Tasks, fault: str) -> None:
    async def perform(question: Question, tool: ToolSettings, action: ProposedAction) -> str:
        if fault == "raises":
            raise ValueError("secret")
        await asyncio.sleep(1000)
        return ""

    world = World(tasks, perform=None if fault == "absent" else perform)
    setup = world.setup("a", tools=(ORDER,), allow=("order",))
    asked = world.ask(setup, identity={"identity": "c"})
    world.models["a"].last.end(tool_calls=(ToolCall("x", "order", "{}"),))
    await asyncio.sleep(11)
    told = world.models["a"].last.request.lines[-1].content
    assert told.startswith("failed")
    assert "secret" not in told
    world.models["a"].last.end("查不到。")
    assert isinstance(await asked, Answer)


async def test_cancelled_while_a_tool_works(tasks: Tasks) -> None:
    async def perform(question: Question, tool: ToolSettings, action: ProposedAction) -> str:
        await asyncio.sleep(1000)
        return ""

    world = World(tasks, perform=perform)
    asked = world.ask(world.setup("a", tools=(ORDER,), allow=("order",)), identity={"identity": "c"})
    world.models["a"].last.end(tool_calls=(ToolCall("x", "order", "{}"),))
    asked.cancel()
    await asyncio.sleep(0.01)
    world.assert_idle()


async def test_server_that_takes_no_tools_is_asked_without(world: World) -> None:
    setup = world.setup("a")
    asked = world.ask(setup)
    world.models["a"].last.fail("status", 400)
    assert world.models["a"].last.request.tools == ()
    world.models["a"].last.end("好。")
    assert isinstance(await asked, Answer)
    world.ask(setup)
    assert world.models["a"].last.request.tools == ()


async def test_provider_that_fails_before_it_returns(world: World) -> None:
    setup = world.setup()
    world.models["a"].answer_with = lambda call: call.fail("connect")
    world.models["b"].answer_with = lambda call: call.say("好。").end("好。")
    asked = world.ask(setup)
    assert isinstance(await asked, Answer)
    world.models["b"].answer_with = ScriptedCall.fail
    assert isinstance(await world.ask(setup), NoAnswer)
    world.assert_idle()
