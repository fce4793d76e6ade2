"""Sends and polls as callbacks, on a whole desk in memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from tests.plugins.assistant_world import SITE, TENANT, Desk

from fastdesk.model.identity import Principal
from fastdesk.model.ids import SiteId
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send
from fastdesk.transport.http.exchange import MAX_FRAMES, Exchange, Stored
from fastdesk.transport.http.routes import Ask

VISITOR = Principal(kind="visitor", tenant=TENANT, id="visitor-1", site=SiteId(SITE))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.start()
    yield desk
    await desk.stop()


@pytest.fixture
def exchange(desk: Desk) -> Exchange:
    engine = desk.engine
    return Exchange(engine.rooms, opening=engine.opening, pipeline=engine.pipeline)


def ask(body: Any = None, **query: Any) -> Ask:
    return Ask(VISITOR, body, {"after": None, "epoch": None, "wait": 0, **query}, "192.0.2.1", "192.0.2.1")


def live_of(desk: Desk) -> Any:
    live = desk.engine.hub.current(TENANT, SITE, VISITOR.id)
    assert live is not None
    return live


async def heard(desk: Desk, answers: list[Any], count: int) -> None:
    async with asyncio.timeout(10):
        while len(answers) < count:
            await desk.settle()


async def test_a_send_is_answered_by_its_commit_and_a_repeat_by_its_first_number(
    desk: Desk, exchange: Exchange
) -> None:
    answers: list[Any] = []
    for _ in range(2):
        exchange.say(ask(Send("message-1", "hi")), answers.append)
        await heard(desk, answers, 1)
    await heard(desk, answers, 2)
    assert [type(answer) for answer in answers] == [Stored, Stored]
    assert answers[0].seq == answers[1].seq == 1
    exchange.say(ask(Send("message-1", "another")), answers.append)
    await heard(desk, answers, 3)
    assert answers[2].code == "id_reuse"


async def test_a_poll_leaves_nobody_behind(desk: Desk, exchange: Exchange) -> None:
    answers: list[Any] = []
    exchange.poll(ask(wait=0), answers.append)  # the store is asked for the conversation
    await heard(desk, answers, 1)
    live = live_of(desk)
    gone = exchange.poll(ask(wait=60), answers.append)
    assert gone is not None
    assert len(live.visitors) == 1
    gone()
    gone()
    assert live.visitors == []
    exchange.say(ask(Send("message-1", "hi")), lambda found: None)
    await desk.settle(0.05)
    assert len(answers) == 1, "who has gone is told nothing"


async def test_who_goes_while_the_store_is_asked_is_not_parked(desk: Desk, exchange: Exchange) -> None:
    answers: list[Any] = []
    gone = exchange.poll(ask(wait=60), answers.append)
    assert gone is not None
    gone()
    await desk.settle(0.05)
    assert live_of(desk).visitors == []
    assert answers == []


async def test_stopping_answers_who_waits_and_lets_nobody_wait(desk: Desk, exchange: Exchange) -> None:
    answers: list[Any] = []
    exchange.poll(ask(wait=0), answers.append)
    await heard(desk, answers, 1)
    exchange.poll(ask(wait=60), answers.append)
    exchange.stop()
    exchange.poll(ask(wait=60), answers.append)
    assert [answer.events for answer in answers] == [[], [], []]


async def test_a_poll_that_hears_too_much_at_once_goes_on_where_it_stopped(
    desk: Desk, exchange: Exchange
) -> None:
    answers: list[Any] = []
    exchange.poll(ask(wait=0), answers.append)
    await heard(desk, answers, 1)
    exchange.poll(ask(wait=60), answers.append)
    live = live_of(desk)
    (poll,) = live.visitors
    for number in range(1, MAX_FRAMES + 5):
        live.durable_seq = number
        if poll in live.visitors:
            poll.write(b"{}")
    assert (len(answers[1].events), answers[1].seq) == (MAX_FRAMES, MAX_FRAMES)
    assert answers[1].events[0] == msgspec.Raw(b"{}")
    await desk.settle()
    assert len(answers) == 2


async def test_a_blocked_visitor_is_refused_and_a_site_that_is_gone(desk: Desk, exchange: Exchange) -> None:
    stranger = Principal(kind="visitor", tenant=TENANT, id="x", site=SiteId("nothing"))
    answers: list[Any] = []
    for start in (exchange.say, exchange.poll):
        start(Ask(stranger, Send("message-1", "hi"), ask().query, "", ""), answers.append)
    assert [(type(answer), answer.code) for answer in answers] == [(Rejection, "unauthenticated")] * 2
