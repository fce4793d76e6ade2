"""Rules answer messages: what they may know, what they do, and endpoints that they call."""

from collections.abc import Awaitable, Callable

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.model.call import CallAnswer

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


async def ask(desk: Desk, text: str, name: str = "visitor-1") -> Peer:
    visitor = await desk.visitor(name)
    await desk.ask(visitor, text)
    return visitor


async def test_first_rule_that_matches_answers_at_once(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.rule(id="a", exact=["hello"], reply="One.", position=10, stop=True)
    await desk.rule(id="b", exact=["hello"], reply="Two.", position=20)
    visitor = await ask(desk, "Hello!")
    assert visitor.texts == ["One."]
    assert "a" not in desk.models  # no model was asked


async def test_intent_comes_from_the_knowledge_base(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.article(
        "refund",
        "How do I get my money back",
        "Within 7 days.",
        questions=("I want a refund", "give me my money back"),
    )
    await desk.rule(
        id="r", when={"intent": {"names": ["refund"], "above": 0.4}}, reply="A person looks at your refund."
    )
    assert (await ask(desk, "I want a refund please")).texts == ["A person looks at your refund."]
    assert (await ask(desk, "is it raining", "visitor-2")).texts != ["A person looks at your refund."]


async def test_intent_is_asked_for_only_when_a_rule_wants_it(
    open_desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(models=())
    asked: list[str] = []
    real = desk.engine.faq.intent
    monkeypatch.setattr(desk.engine.faq, "intent", lambda turn: asked.append(turn.message.text) or real(turn))
    await desk.rule(id="hello", exact=["hello"], reply="Hi!")
    visitor = await ask(desk, "hello")
    assert asked == []
    await desk.rule(id="r", when={"intent": {"names": ["refund"]}}, reply="x")
    await desk.ask(visitor, "hello")
    assert asked == ["hello"]


async def test_counts_are_those_of_each_side(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(
        id="third",
        when={"value": "counts.visitor", "is": 3},
        reply="{{counts.visitor}}, {{counts.bot}}",
    )
    visitor = await ask(desk, "one")
    await desk.ask(visitor, "two")
    await desk.ask(visitor, "three")
    assert visitor.texts[-1] == "3, 2"


async def test_labels_and_the_rest_of_the_conversation(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(
        id="tag", exact=["gold"], do=[{"label": {"add": ["gold"]}}, {"priority": "high"}, {"reply": "Noted."}]
    )
    await desk.rule(id="gold", when=[{"label": ["gold"]}, {"value": "conversation.priority", "is": "high"}, {"exact": ["who am I"]}],
                    reply="Gold, in {{conversation.channel}}.")  # fmt: skip
    visitor = await ask(desk, "who am I")
    assert "Gold" not in visitor.texts[-1]
    await desk.ask(visitor, "gold")
    await desk.ask(visitor, "who am I")
    assert visitor.texts[-1] == "Gold, in widget."


@pytest.mark.parametrize("is_open", [True, False])
async def test_business_hours_decide(open_desk: Open, monkeypatch: pytest.MonkeyPatch, is_open: bool) -> None:
    desk = await open_desk(models=())
    monkeypatch.setattr(desk.engine.rules, "_is_open", lambda tenant, site: is_open)
    await desk.rule(id="closed", when=[{"hours": "closed"}, {"contains": ["phone"]}], reply="We are closed.")
    visitor = await ask(desk, "phone number?")
    assert (visitor.texts == ["We are closed."]) is not is_open


async def test_endpoint_answers_into_the_reply_and_failure_has_its_own(open_desk: Open) -> None:
    desk = await open_desk(models=())
    call = {
        "url": "https://shop.example/orders?visitor={{visitor.id}}",
        "save": "order",
        "failure": "Not now.",
    }
    await desk.rule(id="order", contains=["order"], do=[{"http": call}, {"reply": "Order {{order.number}}"}])
    desk.endpoint.answer = CallAnswer(status=200, body={"number": "A-7"})
    visitor = await ask(desk, "my order")
    assert visitor.texts == ["Order A-7"]
    assert desk.endpoint.calls[0].url.endswith("visitor=visitor-1")
    desk.endpoint.answer = CallAnswer(status=0, error="timeout")
    await desk.ask(visitor, "my order")
    assert visitor.texts[-1] == "Not now."


async def test_once_is_once_in_a_conversation(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(id="once", contains=["hi"], reply="Welcome!", once=True)
    visitor = await ask(desk, "hi")
    await desk.ask(visitor, "hi again")
    assert visitor.texts.count("Welcome!") == 1


async def test_actions_on_the_conversation(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(
        id="all",
        exact=["do it"],
        do=[{"reply": "Yes."}, {"note": "By rule."}, {"handoff": {"reason": "wish"}}],
    )
    visitor = await ask(desk, "do it")
    assert visitor.live is not None
    assert (visitor.live.conversation.mode, visitor.live.conversation.handoff) == ("queued", "wish")
    assert [note.text for note in await desk.notes(visitor, "note")] == ["By rule."]


async def test_changed_rule_is_in_force_and_a_wrong_one_changes_nothing(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(id="a", exact=["hello"], reply="One.")
    await desk.rule(id="a", exact=["hello"], reply="Two.")
    visitor = await ask(desk, "hello")
    assert visitor.texts == ["Two."]
    desk.engine.records.remove(TENANT, "rule", "a", actor="test")
    await desk.settle()
    await desk.ask(visitor, "hello")
    assert visitor.texts[-1] != "Two."


async def test_assistant_and_flow_by_rule(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.rule(id="a", exact=["think"], do=[{"assistant": "Answer in one word."}])
    visitor = await ask(desk, "think")
    assert "Answer in one word." in desk.model.last.request.lines[0].content
    desk.model.last.end("Yes.")
    await desk.settle()
    assert visitor.texts == ["Yes."]


async def test_a_rule_that_only_labels_leaves_the_answer_to_those_behind(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.article("hours", "When are you open", "From 9 to 18.", questions=("opening hours",))
    await desk.rule(id="gold", stop=False, once=True, do=[{"label": "gold"}, {"priority": "high"}])
    visitor = await ask(desk, "when are you open")
    assert visitor.texts == ["From 9 to 18."]
    assert visitor.live is not None
    conversation = visitor.live.conversation
    assert (conversation.labels, conversation.priority, conversation.fired) == (("gold",), "high", ("gold",))


async def test_a_rule_whose_call_brings_nothing_to_say_leaves_the_answer_to_those_behind(
    open_desk: Open,
) -> None:
    desk = await open_desk(models=())
    await desk.article("hours", "When are you open", "From 9 to 18.", questions=("opening hours",))
    call = {"http": {"url": "https://crm.example/seen", "save": "seen"}}
    await desk.rule(id="crm", contains=["open"], do=[call, {"label": "seen"}])
    desk.endpoint.answer = CallAnswer(status=200, body={})
    visitor = await ask(desk, "when are you open")
    assert visitor.texts == ["From 9 to 18."]


@pytest.mark.parametrize("act", [{"reply": "Mine."}, {"handoff": "x"}, {"assign": {"team": "t"}}, "resolve"])
async def test_a_rule_that_answers_or_gives_it_to_somebody_is_the_last(open_desk: Open, act: object) -> None:
    desk = await open_desk(models=())
    await desk.article("hours", "When are you open", "From 9 to 18.", questions=("opening hours",))
    await desk.rule(id="mine", contains=["open"], do=[act])
    assert "From 9 to 18." not in (await ask(desk, "when are you open")).texts
