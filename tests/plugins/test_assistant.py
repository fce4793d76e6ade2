"""The assistant in the corridor: what visitors see and what is stored, whatever a model does."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.plugins.assistant_world import SITE, TENANT, Desk

from fastdesk.ai import Budget, Limits, ToolSettings
from fastdesk.ai.provider import ToolCall, Usage
from fastdesk.model.call import CallAnswer
from fastdesk.model.site import Site, Tenant
from fastdesk.model.visitor import Visitor
from fastdesk.model.word import Word, WordList, WordListId
from fastdesk.tenants.records import HOUSE

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]
SORRY = "抱歉，我没有理解您的问题。请换个说法再试一次。"


async def test_answer_is_streamed_then_stored_with_what_it_cost(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    desk.model.last.say("您好！", "三天", "到账。").end("您好！三天到账。", usage=Usage(30, 12))
    await desk.settle()
    turn = visitor.of("delta")[0]["turn"]
    assert [frame["text"] for frame in visitor.of("delta")] == ["您好！", "三天到账。"]
    final = visitor.of("message")[-1]
    assert (final["text"], final["from"]["role"], final["extra"]["turn"]) == (
        "您好！三天到账。",
        "assistant",
        turn,
    )
    stored = (await desk.said(visitor))[-1]
    assert stored.why is not None
    assert {
        "by": "assistant",
        "model": "a",
        "tokens_in": 30,
        "tokens_out": 12,
        "cost_micro": 42,
    }.items() <= stored.why.items()
    assert stored.why["total_ms"] >= stored.why["first_ms"] >= 0


async def test_rules_and_articles_come_first_and_cost_nothing(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.rule(id="hi", contains=["你好"], reply="您好！")
    await desk.article("refund", "如何退款", "三天到账。", questions=("怎么退款", "退款怎么办"))
    visitor = await desk.visitor()
    await desk.ask(visitor, "你好")
    await desk.ask(visitor, "怎么退款")
    assert visitor.texts == ["您好！", "三天到账。"]
    assert "a" not in desk.models or not desk.model.calls


async def test_late_model_is_replaced_by_the_rules_at_the_deadline(open_desk: Open) -> None:
    desk = await open_desk(deadline_ms=500)
    visitor = await desk.visitor()
    await desk.ask(visitor, "在吗在吗")
    assert visitor.of("status")[-1]["state"] == "open"
    await desk.settle(0.15)
    assert visitor.of("status")[-1]["state"] == "thinking"
    await desk.settle(0.36)
    assert visitor.texts == [SORRY]
    desk.model.last.say("太晚了。").end("太晚了。")
    await desk.settle(5)
    assert visitor.texts == [SORRY]
    why = (await desk.said(visitor))[-1].why
    assert why is not None
    assert (why["by"], why["assistant"]) == ("fallback", "late")


async def test_late_answer_follows_up_where_the_site_wants_it(open_desk: Open) -> None:
    desk = await open_desk(deadline_ms=500, late="follow_up")
    visitor = await desk.visitor()
    await desk.ask(visitor, "在吗在吗")
    await desk.settle(1)
    desk.model.last.say("来了。").end("来了。", usage=Usage(1, 1))
    await desk.settle()
    assert visitor.texts == [SORRY, "来了。"]
    await desk.ask(visitor, "第二个问题")
    late = desk.model.last
    await desk.settle(1)
    await desk.ask(visitor, "第三个问题")
    late.say("旧的。").end("旧的。")
    await desk.settle()
    assert "旧的。" not in visitor.texts  # the visitor has moved on


async def test_broken_answer_leaves_no_half(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    desk.model.last.say("第一句。第二").fail("broken")
    await desk.settle()
    delta, final = visitor.of("delta")[-1], visitor.of("message")[-1]
    assert delta["text"] == "第一句。"
    assert (final["text"], final["extra"]["turn"]) == (SORRY, delta["turn"])
    assert len(await desk.said(visitor)) == 2


async def test_several_short_messages_get_one_answer_to_all_of_them(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    for text in ("在吗", "我的订单", "还没到"):
        desk.say(visitor, text)
    await desk.settle()
    assert len(desk.model.running) == 1
    asked = [line.content for line in desk.model.last.request.lines if line.role == "user"]
    assert asked == ["<visitor>在吗</visitor>", "<visitor>我的订单</visitor>", "<visitor>还没到</visitor>"]
    await desk.ask(visitor, "急")
    assert desk.model.calls[-2].is_cancelled
    desk.model.last.end("马上查。")
    await desk.settle()
    assert visitor.texts == ["马上查。"]


async def test_person_who_takes_over_silences_a_running_answer(open_desk: Open) -> None:
    desk = await open_desk()
    visitor, agent = await desk.visitor(), await desk.agent()
    await desk.ask(visitor, "退款在哪里")
    assert visitor.live is not None
    await desk.do(agent, t="take", conversation=visitor.live.conversation.id)
    assert desk.model.last.is_cancelled
    desk.model.last.say("我来答。").end("我来答。")
    await desk.ask(visitor, "喂")
    assert len(desk.model.calls) == 1
    assert visitor.texts == []


@pytest.mark.parametrize("wish", ["转人工", "我要找真人客服", "I want to talk to a human"])
async def test_wish_for_a_person_needs_no_model(open_desk: Open, wish: str) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.ask(visitor, wish)
    assert visitor.of("status")[-1]["state"] == "queued"
    assert "a" not in desk.models or not desk.model.calls


async def test_model_s_hand_off_is_an_action(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.ask(visitor, "我非常生气")
    desk.model.last.end(tool_calls=(ToolCall("1", "hand_off", '{"reason":"upset"}'),))
    await desk.settle()
    assert visitor.of("status")[-1]["state"] == "queued"
    assert visitor.texts == ["好的，正在为您转接人工客服，请稍候。"]
    assert visitor.live is not None
    assert visitor.live.conversation.handoff == "upset"


async def test_not_sure_asks_once_then_offers_a_person(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    for text in ("那个东西", "就是那个"):
        await desk.ask(visitor, text)
        desk.model.last.end(tool_calls=(ToolCall("1", "not_sure", "{}"),))
        await desk.settle()
    assert visitor.texts == [SORRY, "抱歉，这个问题我还回答不了。需要为您转接人工客服吗？"]
    assert visitor.of("message")[-1]["extra"]["buttons"][0]["value"] == "转人工"


async def test_passages_are_given_and_named_as_sources(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.article("warranty", "保修政策", "所有茶壶保修两年，人为损坏除外。")
    visitor = await desk.visitor()
    await desk.ask(visitor, "我的茶壶不小心摔碎了")  # the search is not sure enough to answer by itself
    assert "所有茶壶保修两年" in desk.model.last.request.lines[0].content
    desk.model.last.end("保修两年[1]，摔坏除外。")
    await desk.settle()
    assert visitor.of("message")[-1]["sources"] == [{"id": "warranty", "title": "保修政策", "url": ""}]


async def test_stopped_answer_is_replaced_and_agents_see_what_the_model_said(open_desk: Open) -> None:
    desk = await open_desk()
    words = WordList(
        id=WordListId("bad"), name="bad", level="block", sides=("output",), words=(Word(text="坏话"),)
    )
    desk.put(TENANT, "words", words)
    visitor = await desk.visitor()
    await desk.ask(visitor, "说点什么")
    desk.model.last.say("好话。", "坏话。")
    await desk.settle()
    assert visitor.of("delta")[-1]["text"] == "好话。"
    assert "无法回答" in visitor.texts[-1]
    assert [note.text for note in await desk.notes(visitor, "draft")] == ["好话。坏话。"]


ORDER = ToolSettings(
    name="order_state",
    parameters={
        "type": "object",
        "properties": {"number": {"type": "string"}, "customer": {"type": "string"}},
    },
    identity={"customer": "identity"},
    url="https://shop.example/orders",
    side_effect=True,
)


async def test_tool_is_called_for_the_verified_visitor_only(open_desk: Open) -> None:
    desk = await open_desk(tools=(ORDER,), allow=("order_state",))
    stranger = await desk.visitor("stranger")
    await desk.ask(stranger, "订单7在哪")
    assert desk.model.last.request.tools == ()
    known = await desk.visitor("known")
    assert known.live is not None
    known.live.visitor = Visitor(id=known.live.visitor.id, tenant=TENANT, site=SITE, identity="c-42")
    await desk.ask(known, "订单7在哪")
    desk.model.last.end(tool_calls=(ToolCall("x", "order_state", '{"number":"7","customer":"c-1"}'),))
    await desk.settle()
    call = desk.endpoint.calls[0]
    assert (call.url, call.body) == ("https://shop.example/orders", {"number": "7", "customer": "c-42"})
    assert call.headers["Idempotency-Key"]
    assert desk.model.last.request.lines[-1].content == '{"state":"sent"}'
    desk.model.last.end("已发货。")
    await desk.settle()
    assert known.texts == ["已发货。"]


async def test_failing_tool_is_told_without_details(open_desk: Open) -> None:
    desk = await open_desk(tools=(ORDER,), allow=("order_state",))
    desk.endpoint.answer = CallAnswer(error="private_address")
    visitor = await desk.visitor()
    assert visitor.live is not None
    visitor.live.visitor = Visitor(id=visitor.live.visitor.id, tenant=TENANT, site=SITE, identity="c-42")
    await desk.ask(visitor, "订单7在哪")
    desk.model.last.end(tool_calls=(ToolCall("x", "order_state", "{}"),))
    await desk.settle()
    assert desk.model.last.request.lines[-1].content == "failed: private_address"


# Settings.


async def test_site_has_its_own_models_and_prompt_at_once(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    desk.site(
        settings={"assistant": {"prompt": "You serve {site}.", "models": [{"model": "own"}], "limits": {}}}
    )
    await desk.ask(visitor, "问一下")
    assert desk.models["own"].last.request.lines[0].content.startswith("You serve Tea & Co.")
    desk.site(settings={"assistant": {"models": []}})
    await desk.ask(visitor, "再问一下")
    assert visitor.texts[-1] == SORRY


async def test_wrong_settings_leave_the_rules(open_desk: Open, capsys: pytest.CaptureFixture[str]) -> None:
    desk = await open_desk()
    desk.site(settings={"assistant": {"deadlin_ms": 5}})
    visitor = await desk.visitor()
    await desk.ask(visitor, "问一下")
    assert visitor.texts == [SORRY]
    assert "deadlin_ms" in capsys.readouterr().out


async def test_tenant_may_only_tighten_the_operator_s_budget(open_desk: Open) -> None:
    desk = await open_desk(budget=Budget(day=1000))
    desk.put(HOUSE, "tenant", Tenant(id=TENANT, settings={"assistant": {"budget": {"day": 10**9}}}))
    visitor = await desk.visitor()
    for number in range(3):
        await desk.ask(visitor, f"问题{number}")
        if number < 2:
            desk.model.last.end("好。", usage=Usage(500, 0))
            await desk.settle()
    assert len(desk.model.calls) == 2
    assert visitor.texts == ["好。", "好。", SORRY]


async def test_limits_of_a_visitor_let_the_rules_answer(open_desk: Open) -> None:
    desk = await open_desk(limits=Limits(visitor_requests=1))
    visitor = await desk.visitor()
    await desk.ask(visitor, "一")
    desk.model.last.end("好。")
    await desk.settle()
    await desk.ask(visitor, "二")
    assert visitor.texts == ["好。", SORRY]


async def test_rule_gives_a_message_to_the_assistant_with_an_instruction(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.rule(
        id="sale", contains=["优惠"], do=[{"act": "assistant", "instruction": "Offer the spring sale."}]
    )
    visitor = await desk.visitor()
    await desk.ask(visitor, "有优惠吗")
    assert "Offer the spring sale." in desk.model.last.request.lines[0].content
    desk.model.last.end("春季八折。")
    await desk.settle()
    assert visitor.texts == ["春季八折。"]


# Restarts.


async def test_conversation_goes_on_after_a_kill_with_its_context(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.ask(visitor, "我叫李雷")
    desk.model.last.end("您好，李雷。")
    await desk.settle()
    before = desk.model
    await desk.kill()
    visitor = await desk.visitor()
    await desk.ask(visitor, "我叫什么")
    assert desk.model is before  # the same script
    said = [line.content for line in desk.model.last.request.lines[1:]]
    assert said == ["<visitor>我叫李雷</visitor>", "您好，李雷。", "<visitor>我叫什么</visitor>"]


async def test_money_spent_before_a_kill_stays_spent(open_desk: Open) -> None:
    desk = await open_desk(budget=Budget(day=100))
    visitor = await desk.visitor()
    await desk.ask(visitor, "一")
    desk.model.last.end("好。", usage=Usage(90, 0))
    await desk.settle()
    await desk.kill()
    visitor = await desk.visitor()
    await desk.ask(visitor, "二")
    desk.model.last.end("好。", usage=Usage(20, 0))
    await desk.settle()
    calls = len(desk.model.calls)
    await desk.ask(visitor, "三")
    assert len(desk.model.calls) == calls
    assert visitor.texts[-1] == SORRY


async def test_question_is_answered_once_when_killed_in_between(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    desk.model.last.say("您好！")
    await desk.kill()
    visitor = await desk.visitor()
    frame: dict[str, Any] = {"t": "send", "id": "message-0001", "text": "退款在哪里"}
    await desk.do(visitor, **frame)
    await desk.settle(1)
    said = await desk.said(visitor)
    assert [each.role for each in said].count("visitor") == 1
    assert [each.role for each in said].count("assistant") <= 1


async def test_parts_of_the_product_are_asked_before_plugins_and_have_no_stop_watch() -> None:
    class Quiet:
        def __init__(self, name: str, asked: list[str]) -> None:
            self.name = name
            self._asked = asked

        def claim(self, turn: Any) -> None:
            self._asked.append(self.name)

        def answer(self, turn: Any, claim: Any) -> None:
            """Never asked."""

    asked: list[str] = []
    desk = Desk()
    desk.plugins.append(("theirs", Quiet("theirs", asked)))
    desk.own.append(("ours", Quiet("ours", asked)))
    await desk.start()
    try:
        visitor = await desk.visitor()
        await desk.ask(visitor, "在吗")
        assert asked == ["ours", "theirs"]
        assert [desk.engine.hooks.is_trusted(name) for name in asked] == [True, False]
    finally:
        await desk.stop()


async def test_each_change_of_a_site_or_its_tenant_counts_from_the_next_question_on(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()

    async def system_line(question: str) -> str:
        await desk.ask(visitor, question)
        content: str = desk.model.last.request.lines[0].content
        desk.model.last.end("好。")
        await desk.settle()
        return content

    def prompted(prompt: str) -> dict[str, Any]:
        return {"settings": {"assistant": {"prompt": prompt}}}

    desk.put(TENANT, "site", Site(id=SITE, after_resolve="reopen", **prompted("甲店")))
    assert (await system_line("一")).startswith("甲店")
    assert (await system_line("二")).startswith("甲店")
    desk.put(TENANT, "site", Site(id=SITE, after_resolve="reopen", **prompted("乙店")))
    assert (await system_line("三")).startswith("乙店")
    desk.put(TENANT, "site", Site(id=SITE, after_resolve="reopen"))
    desk.put(HOUSE, "tenant", Tenant(id=TENANT, **prompted("丙店")))
    assert (await system_line("四")).startswith("丙店")
