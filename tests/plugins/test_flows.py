"""Flows lead visitors: begun by words or a rule, over restarts, with calls, asides, time limits and hand-offs."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.dialogue import parse_flow
from fastdesk.model.call import CallAnswer
from fastdesk.model.flow import Flow

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]

ORDER = """
flow: order
name: Order
triggers: [my order]
slots:
  number: {type: order_number, label: order number}
states:
  ask: {ask: number, say: What is your order number?, retry: It has six signs or more., next: look, wait: 10m, late: gone}
  look: {call: "https://shop.example/orders/{{slots.number}}", timeout: 2s, save: order, next: known, failed: down}
  known: {end: done, say: "{{slots.number}}: {{order.state}}"}
  down: {hand: orders_are_down, say: I am getting a person.}
  gone: {end: left, say: Ask again when you have it.}
"""


async def begin(desk: Desk, source: str = ORDER) -> Peer:
    write(desk, source)
    await desk.settle()
    visitor = await desk.visitor()
    await desk.ask(visitor, "my order")
    return visitor


def write(desk: Desk, source: str) -> None:
    flow = parse_flow(source)
    assert isinstance(flow, Flow), flow
    desk.put(TENANT, "flow", flow)


def state_of(peer: Peer) -> Any:
    assert peer.live is not None
    return peer.live.conversation.flow


async def test_slot_call_and_end(open_desk: Open) -> None:
    desk = await open_desk(models=())
    desk.endpoint.answer = CallAnswer(status=200, body={"state": "sent"})
    visitor = await begin(desk)
    await desk.ask(visitor, "no")
    await desk.ask(visitor, "20260105")
    assert visitor.texts == ["What is your order number?", "It has six signs or more.", "20260105: sent"]
    assert desk.endpoint.calls[-1].url.endswith("/20260105")
    assert not state_of(visitor)
    why = (await desk.said(visitor))[-1].why
    assert why is not None
    assert (why["by"], why["flow"], why["result"]) == ("flows", "order", "done")


async def test_restart_in_the_middle(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await begin(desk)
    await desk.kill()
    visitor = await desk.visitor()
    await desk.ask(visitor, "20260105")
    assert visitor.texts[-1] == "20260105: sent"


async def test_running_dialogue_keeps_its_version(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk)
    write(desk, ORDER.replace('"{{slots.number}}: {{order.state}}"', "Changed."))
    await desk.settle()
    await desk.ask(visitor, "20260105")
    assert visitor.texts[-1] == "20260105: sent"
    await desk.ask(visitor, "my order")
    await desk.ask(visitor, "20260105")
    assert visitor.texts[-1] == "Changed."


async def test_endpoint_that_fails_leads_to_a_person_with_the_slots(open_desk: Open) -> None:
    desk = await open_desk(models=())
    desk.endpoint.answer = CallAnswer(status=0, error="timeout")
    visitor = await begin(desk)
    await desk.ask(visitor, "20260105")
    assert visitor.live is not None
    assert (visitor.live.conversation.mode, visitor.live.conversation.handoff) == (
        "queued",
        "orders_are_down",
    )
    summaries = await desk.notes(visitor, "summary")
    assert any("20260105" in note.text for note in summaries)


async def test_side_question_is_answered_and_the_form_goes_on(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(id="hours", exact=["when are you open?"], reply="At nine.")
    visitor = await begin(desk)
    await desk.ask(visitor, "when are you open?")
    assert visitor.texts[1] == "At nine."
    assert "order number" in visitor.texts[-1]
    await desk.ask(visitor, "20260105")
    assert visitor.texts[-1] == "20260105: sent"


async def test_aside_that_would_call_an_endpoint_waits(open_desk: Open) -> None:
    """A rule that calls is no answer to a side question; nothing is left running, either."""
    desk = await open_desk(models=())
    await desk.rule(
        id="slow", exact=["and the weather?"], do=[{"http": {"url": "https://w.example/"}}, {"reply": "x"}]
    )
    visitor = await begin(desk)
    await desk.ask(visitor, "and the weather?")
    assert not desk.endpoint.calls
    assert state_of(visitor)


async def test_time_limit(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk)
    for _ in range(11):
        await desk.settle(60)
        desk.engine.rounds.make()
    await desk.settle()
    assert visitor.texts[-1] == "Ask again when you have it."
    assert not state_of(visitor)


async def test_rule_begins_a_flow_with_slots_filled(open_desk: Open) -> None:
    desk = await open_desk(models=())
    write(desk, ORDER)
    await desk.rule(
        id="r",
        regex=r"where is (\d{8})",
        do=[{"start_flow": {"flow": "order", "slots": {"number": "{{match.1}}"}}}],
    )
    visitor = await desk.visitor()
    await desk.ask(visitor, "where is 20260105")
    assert visitor.texts == ["20260105: sent"]


async def test_removed_flow_leaves_nobody_stuck(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk)
    desk.engine.records.remove(TENANT, "flow", "order", actor="test")
    await desk.settle()
    await desk.ask(visitor, "20260105")
    await desk.ask(visitor, "hello?")
    assert visitor.live is not None
    assert visitor.live.conversation.mode == "queued" or visitor.texts[-1]
