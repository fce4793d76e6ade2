"""Visitors who leave while a model answers: in virtual time, on a whole desk."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.ai import Budget, ModelSettings
from fastdesk.ai.provider import Usage
from fastdesk.hub.live import Live
from fastdesk.pipeline.leavers import GRACE_MS, KEEP_MS

VIRTUAL_TIME = True


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    model = ModelSettings(model="a", price_in=10**6, price_out=10**6, gap_ms=600_000, total_ms=3_600_000)
    opened = await Desk(models=(model,), deadline_ms=600_000, budget=Budget(day=10**9)).start()
    yield opened
    await opened.stop()


async def pass_time(desk: Desk, ms: int) -> None:
    """Let time pass as the running desk does, with a round each second."""
    for _ in range(ms // 1000):
        await desk.settle(1)
        desk.engine.rounds.make()
    await desk.settle()


def go(desk: Desk, *peers: Peer) -> None:
    for peer in peers:
        desk.engine.opening.leave(peer)


def counts(desk: Desk) -> dict[str, Any]:
    counters: dict[str, Any] = desk.engine.assistance.assistant.state()["counters"]
    return counters


async def test_call_ends_when_the_visitor_has_left_and_its_money_is_settled(desk: Desk) -> None:
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    desk.model.last.say("您好！", "三")
    go(desk, visitor)
    await pass_time(desk, GRACE_MS - 1000)
    assert not desk.model.last.is_cancelled
    await pass_time(desk, 2000)
    assert desk.model.last.is_cancelled
    assert counts(desk)["cancelled"] == 1
    state = desk.engine.assistance.assistant.state()
    assert state["pool"]["active"] == 0
    (spent,) = state["budgets"]
    assert 0 < spent["spent_micro"] < 10**6
    await desk.settle(1)
    await desk.kill()  # what stood aside would count as spent
    other = await desk.visitor("visitor-2")
    await desk.ask(other, "在吗")
    desk.model.last.end("在。", usage=Usage(0, 0))
    await desk.settle()
    (again,) = desk.engine.assistance.assistant.state()["budgets"]
    assert again["spent_micro"] == spent["spent_micro"]


async def test_answer_is_stored_for_who_only_loads_the_page_anew(desk: Desk) -> None:
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    go(desk, visitor)
    await pass_time(desk, 3000)
    same = await desk.visitor()
    await pass_time(desk, 10_000)
    desk.model.last.say("三天到账。").end("三天到账。")
    await desk.settle()
    assert same.texts == ["三天到账。"]
    assert len(desk.model.calls) == 1


async def test_answer_that_comes_within_the_grace_is_stored_for_nobody(desk: Desk) -> None:
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    go(desk, visitor)
    desk.model.last.say("三天到账。").end("三天到账。")
    await pass_time(desk, 10_000)
    assert (await desk.visitor()).texts == ["三天到账。"]


async def test_another_window_keeps_the_call(desk: Desk) -> None:
    first, second = await desk.visitor(), await desk.visitor()
    await desk.ask(first, "退款在哪里")
    go(desk, first)
    await pass_time(desk, 10_000)
    assert not desk.model.last.is_cancelled
    go(desk, second)
    await pass_time(desk, 6000)
    assert desk.model.last.is_cancelled


async def test_who_comes_back_is_answered_then(desk: Desk) -> None:
    visitor = await desk.visitor()
    await desk.ask(visitor, "退款在哪里")
    go(desk, visitor)
    await pass_time(desk, 60_000)
    back = await desk.visitor()
    assert [call.is_cancelled for call in desk.model.calls] == [True, False]
    desk.model.last.say("三天到账。").end("三天到账。")
    await desk.settle()
    assert back.texts == ["三天到账。"]
    assert len(await desk.said(back)) == 2


async def test_question_is_not_kept_for_ever_nor_for_a_person(desk: Desk) -> None:
    for name in ("late", "handed"):
        visitor = await desk.visitor(name)
        await desk.ask(visitor, "退款在哪里")
        go(desk, visitor)
    await pass_time(desk, 6000)
    assert all(call.is_cancelled for call in desk.model.calls)
    agent = await desk.agent()
    handed = desk.engine.hub.current(TENANT, "shop", "handed")  # type: ignore[arg-type]
    assert handed is not None
    await desk.do(agent, t="take", conversation=handed.id)
    await desk.visitor("handed")
    await desk.settle(KEEP_MS / 1000)
    desk.engine.rounds.make()
    await desk.visitor("late")
    assert len(desk.model.calls) == 2


def without_connection(desk: Desk, visitor: Peer, live: Live) -> Peer:
    """Return a session as single requests make it: it hears the conversation only when it is joined."""
    peer = Peer()
    peer.principal, peer.live = visitor.principal, live
    return peer


async def test_who_polls_is_there_and_who_never_was_is_not_gone(desk: Desk) -> None:
    visitor = await desk.visitor()
    live = visitor.live
    assert live is not None
    go(desk, visitor)
    await pass_time(desk, 3000)
    await desk.ask(without_connection(desk, visitor, live), "退款在哪里")
    await pass_time(desk, 20_000)
    assert not desk.model.last.is_cancelled  # the answer may be fetched, or told by webhook
    for _ in range(20):
        poll = without_connection(desk, visitor, live)
        desk.engine.hub.join_visitor(poll, live)
        await pass_time(desk, 1000)
        go(desk, poll)
    assert not desk.model.last.is_cancelled
    await pass_time(desk, 7000)
    assert desk.model.last.is_cancelled
