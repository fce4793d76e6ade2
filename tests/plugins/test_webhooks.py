"""Webhooks: signed, at least once, in order within a conversation, tried for a day, also over a restart."""

import hmac
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.errors import Refused
from fastdesk.model.webhook import Webhook
from fastdesk.plugins.deliveries import GIVE_UP_MS, KEPT_DELIVERIES, sign

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]
DAY_S = GIVE_UP_MS / 1000


class Receiver:
    """Another system; `refuses` says which deliveries it does not take."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tried: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self.refuses: Callable[[dict[str, Any]], bool] = lambda body: False
        desk.endpoint.receiver = self

    async def take(self, url: str, headers: dict[str, str], body: object) -> tuple[int, bytes, str]:
        assert isinstance(body, bytes)
        told = {
            "url": url,
            "headers": headers,
            "bytes": body,
            "tried_at": self.desk.clock.now_ms(),
            **json.loads(body),
        }
        self.tried.append(told)
        if self.refuses(told):
            return 500, b"", ""
        self.taken.append(told)
        return 204, b"", ""

    def texts(self, conversation: str | None = None) -> list[str]:
        events = [told["event"] for told in self.taken if told["event"]["t"] == "message"]
        return [event["text"] for event in events if conversation in (None, event["conversation"])]


async def open_hook(desk: Desk, **fields: Any) -> Receiver:
    receiver = Receiver(desk)
    given = {
        "id": "crm",
        "url": "https://crm.example/in",
        "secret": "a secret of the hook",
        "events": ("message",),
    }
    desk.put(TENANT, "webhook", Webhook(**{**given, **fields}))  # type: ignore[arg-type]
    await desk.settle()
    return receiver


async def pass_time(desk: Desk, seconds: float) -> None:
    """Let time pass with the rounds that a desk makes."""
    step = max(1.0, seconds / 50)
    passed = 0.0
    while passed < seconds:
        await desk.settle(step)
        passed += step
        desk.engine.rounds.make()
    await desk.settle()


def conversation(peer: Peer) -> str:
    assert peer.live is not None
    return peer.live.conversation.id


async def test_signature_covers_time_and_body(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    await desk.ask(await desk.visitor(), "hello")
    told = receiver.taken[0]
    stamp = told["headers"]["X-Fastdesk-Time"]
    expected = hmac.new(b"a secret of the hook", stamp.encode() + b"." + told["bytes"], "sha256").hexdigest()
    assert told["headers"]["X-Fastdesk-Signature"] == expected
    assert sign("another", int(stamp), told["bytes"]) != expected
    assert sign("a secret of the hook", int(stamp) + 1, told["bytes"]) != expected
    assert told["headers"]["X-Fastdesk-Delivery"] == told["id"]
    assert (told["tenant"], told["event"]["text"]) == (TENANT, "hello")


async def test_only_what_was_asked_for(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk, events=("conversation",))
    visitor = await desk.visitor()
    await desk.ask(visitor, "hello")
    assert {told["event"]["t"] for told in receiver.taken} == {"conversation"}


async def test_new_webhook_hears_of_what_happens_from_now_on(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await desk.visitor()
    await desk.ask(visitor, "before")
    receiver = await open_hook(desk)
    await desk.ask(visitor, "after")
    assert receiver.texts()[0] == "after"


async def test_order_within_a_conversation_holds_and_others_go_on(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    one, two = await desk.visitor("one"), await desk.visitor("two")
    receiver.refuses = lambda told: told["event"]["text"] == "stuck"
    await desk.ask(one, "stuck")
    await desk.ask(one, "behind")
    await desk.ask(two, "elsewhere")
    await pass_time(desk, 30)
    assert "behind" not in receiver.texts()
    assert "elsewhere" in receiver.texts(conversation(two))
    receiver.refuses = lambda told: False
    await pass_time(desk, 120)
    seqs = [
        told["event"]["seq"]
        for told in receiver.taken
        if told["event"].get("conversation") == conversation(one)
    ]
    assert seqs == sorted(seqs)
    assert receiver.texts(conversation(one))[0] == "stuck"


async def test_receiver_that_is_down_for_hours_gets_all_in_order(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    receiver.refuses = lambda told: True
    visitor = await desk.visitor()
    for number in range(20):
        await desk.ask(visitor, f"message {number}")
    await pass_time(desk, 6 * 3600)
    assert not receiver.taken
    assert len(receiver.tried) < 50  # the pauses grow
    receiver.refuses = lambda told: False
    await pass_time(desk, 3700)
    mine = [text for text in receiver.texts() if text.startswith("message")]
    assert mine == [f"message {number}" for number in range(20)]


async def test_tries_end_after_a_day(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    receiver.refuses = lambda told: told["event"]["text"] == "never"
    visitor = await desk.visitor()
    await desk.ask(visitor, "never")
    await pass_time(desk, 2 * DAY_S)
    never = [told for told in receiver.tried if told["event"]["text"] == "never"]
    pauses = [(later["tried_at"] - told["tried_at"]) / 1000 for told, later in pairwise(never)]
    assert DAY_S <= (never[-1]["tried_at"] - never[0]["tried_at"]) / 1000 < DAY_S + 2 * 3600
    assert 0.5 <= pauses[0] <= 1.5
    assert max(pauses) <= 1.5 * 3600 + 1
    assert len(never) > 20
    await desk.ask(visitor, "next")
    assert "next" in receiver.texts()


async def test_restart_goes_on_where_it_was(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    visitor = await desk.visitor()
    await desk.ask(visitor, "first")
    await pass_time(desk, 2)
    receiver.refuses = lambda told: True
    await desk.ask(visitor, "second")
    await pass_time(desk, 5)
    await desk.kill()
    taken = len(receiver.taken)
    receiver.refuses = lambda told: False
    await pass_time(desk, 5)
    again = [told["event"]["text"] for told in receiver.taken[taken:]]
    assert "second" in again
    assert "first" not in again


async def test_deliveries_are_kept_and_can_be_repeated(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    receiver.refuses = lambda told: len(receiver.tried) == 1
    visitor = await desk.visitor()
    await desk.ask(visitor, "hello")
    await pass_time(desk, 30)
    log = desk.engine.webhooks.deliveries(TENANT, "crm")
    oldest = log[-2:]
    assert [(each.taken, each.status, each.tries) for each in oldest] == [(True, 204, 2), (False, 500, 1)]
    assert oldest[0].conversation == conversation(visitor)
    assert oldest[0].kind == "said"
    await desk.kill()
    assert desk.engine.webhooks.deliveries(TENANT, "crm") == log
    before = len(receiver.taken)
    again = await desk.engine.webhooks.deliver_again(TENANT, "crm", oldest[0].rev)
    assert again.taken
    assert receiver.taken[before]["id"] == oldest[0].id
    with pytest.raises(Refused):
        await desk.engine.webhooks.deliver_again(TENANT, "crm", 10**6)
    with pytest.raises(Refused):
        await desk.engine.webhooks.deliver_again(TENANT, "none", 1)


async def test_a_kill_loses_no_line_of_the_log(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    receiver.refuses = lambda told: True
    await desk.ask(await desk.visitor(), "hello")
    log = desk.engine.webhooks.deliveries(TENANT, "crm")
    assert log
    await desk.kill()
    kept = desk.engine.webhooks.deliveries(TENANT, "crm")
    assert kept[-len(log) :] == log


async def test_the_log_holds_the_last_tries_in_their_order(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    visitor = await desk.visitor()
    await desk.ask(visitor, "hello")
    for _ in range(KEPT_DELIVERIES + 5):
        await desk.engine.webhooks.deliver_again(TENANT, "crm", receiver.taken[0]["rev"])
    log = desk.engine.webhooks.deliveries(TENANT, "crm")
    assert len(log) == KEPT_DELIVERIES
    await desk.settle(1)
    await desk.kill()
    assert desk.engine.webhooks.deliveries(TENANT, "crm") == log


async def test_the_log_goes_with_its_webhook(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await open_hook(desk)
    await desk.ask(await desk.visitor(), "hello")
    desk.engine.records.remove(TENANT, "webhook", "crm", actor="test")
    await open_hook(desk)
    assert desk.engine.webhooks.deliveries(TENANT, "crm") == []
    await desk.kill()
    assert desk.engine.webhooks.deliveries(TENANT, "crm") == []


async def test_a_webhook_that_comes_back_hears_nothing_of_the_time_between(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await open_hook(desk)
    visitor = await desk.visitor()
    await desk.ask(visitor, "first")
    desk.engine.records.remove(TENANT, "webhook", "crm", actor="test")
    await desk.ask(visitor, "between")
    receiver = await open_hook(desk)
    await desk.ask(visitor, "after")
    assert "after" in receiver.texts()
    assert "between" not in receiver.texts()


async def test_removed_webhook_hears_nothing_more(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk)
    visitor = await desk.visitor()
    await desk.ask(visitor, "hello")
    desk.engine.records.remove(TENANT, "webhook", "crm", actor="test")
    before = len(receiver.taken)
    await desk.ask(visitor, "still there?")
    await pass_time(desk, 5)
    assert len(receiver.taken) == before


async def test_rule_calls_a_webhook_by_its_name(open_desk: Open) -> None:
    desk = await open_desk(models=())
    receiver = await open_hook(desk, events=(), name="orders")
    await desk.rule(id="r", contains=["refund"], do=[{"webhook": "orders"}, {"reply": "Done."}])
    await desk.ask(await desk.visitor(), "my refund")
    await pass_time(desk, 3)
    (told,) = receiver.taken
    assert (told["event"]["t"], told["event"]["kind"]) == ("note", "webhook")
