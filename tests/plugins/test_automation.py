"""Rules on what happens: a conversation begins, changes, is given to somebody, falls silent, or the clock strikes."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.model.event import Noted

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


async def pass_time(desk: Desk, seconds: int) -> None:
    for _ in range(seconds):
        await desk.settle(1)
        desk.engine.rounds.make()
    await desk.settle()


async def notes(desk: Desk, peer: Peer) -> list[str]:
    return [note.text for note in await desk.notes(peer, "note")]


async def begin(desk: Desk, **rule: Any) -> Peer:
    await desk.rule(**rule)
    visitor = await desk.visitor()
    await desk.ask(visitor, "hello")
    return visitor


async def test_new_conversation(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(
        desk, id="r", on="conversation_created", do=[{"label": {"add": ["new"]}}, {"reply": "Welcome."}]
    )
    assert visitor.live is not None
    assert visitor.live.conversation.labels == ("new",)
    assert visitor.texts.count("Welcome.") == 1


@pytest.mark.parametrize(("to", "before"), [("resolved", "open")])
async def test_status_with_what_it_was(open_desk: Open, to: str, before: str) -> None:
    desk = await open_desk(models=())
    rule = {
        "id": "r",
        "on": "status",
        "when": {"value": "status.to", "is": to},
        "do": [{"note": "{{status.from}} → {{status.to}}"}],
    }
    visitor = await begin(desk, **rule)
    await desk.do(visitor, t="end")
    assert await notes(desk, visitor) == [f"{before} → {to}"]


async def test_assignment(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk, id="r", on="assignment", do=[{"note": "given to {{assignment.agent}}"}])
    agent = await desk.agent()
    assert visitor.live is not None
    await desk.do(agent, t="take", conversation=visitor.live.conversation.id)
    assert await notes(desk, visitor) == ["given to agent-1"]


async def test_silence_fires_once_at_its_time(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk, id="r", on="idle", idle="30s", do=[{"note": "{{idle.by}} was the last"}])
    await pass_time(desk, 28)
    assert await notes(desk, visitor) == []
    await pass_time(desk, 60)
    assert await notes(desk, visitor) == ["bot was the last"]


async def test_silence_is_heard_over_a_restart_though_nobody_comes_back(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk, id="r", on="idle", idle="30s", do=[{"note": "silence"}])
    assert visitor.live is not None
    id = visitor.live.conversation.id
    await desk.kill()
    await pass_time(desk, 60)
    noted = [event for event in await desk.store.history(TENANT, id, None, 50) if isinstance(event, Noted)]
    assert [note.text for note in noted if note.kind == "note"] == ["silence"]


async def test_silence_that_was_broken_counts_anew(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk, id="r", on="idle", idle="30s", do=[{"note": "silence"}])
    await pass_time(desk, 20)
    await desk.ask(visitor, "still here")
    await pass_time(desk, 20)
    assert await notes(desk, visitor) == []
    await pass_time(desk, 20)
    assert await notes(desk, visitor) == ["silence"]


async def test_clock(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(desk, id="r", on="schedule", every="60s", do=[{"note": "tick"}])
    await pass_time(desk, 180)
    assert (await notes(desk, visitor)).count("tick") == 3
    await desk.do(visitor, t="end")
    await pass_time(desk, 120)
    assert (await notes(desk, visitor)).count("tick") == 3


async def test_rule_never_fires_on_what_it_caused(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(id="ping", on="status", do=[{"note": "ping"}, {"handoff": {"reason": "again"}}])
    visitor = await begin(desk, id="pong", on="assignment", do=[{"note": "pong"}])
    await desk.do(visitor, t="human")
    await pass_time(desk, 3)
    assert (await notes(desk, visitor)).count("ping") == 1


async def test_two_rules_cannot_play_ball(open_desk: Open) -> None:
    """A label leads to a priority, which leads to a label …: the chain ends by itself."""
    desk = await open_desk(models=())
    await desk.rule(id="a", on="status", do=[{"snooze": {"for": "1m"}}])
    visitor = await begin(desk, id="b", on="status", do=[{"resolve": {}}])
    await desk.do(visitor, t="human")
    await pass_time(desk, 5)
    events = await desk.store.history("shop", visitor.live.conversation.id, None, 1000)  # type: ignore[arg-type, union-attr]
    assert len(events) < 20


async def test_person_who_answers_is_not_interrupted(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await begin(
        desk,
        id="r",
        on="idle",
        idle="10s",
        do=[{"reply": "Are you still there?"}, {"label": {"add": ["idle"]}}],
    )
    agent = await desk.agent()
    assert visitor.live is not None
    conversation = visitor.live.conversation.id
    await desk.do(agent, t="send", id="agent-message-1", conversation=conversation, text="Hello, I am Li.")
    await pass_time(desk, 30)
    assert "Are you still there?" not in visitor.texts
    assert visitor.live.conversation.labels == ("idle",)
