"""A person who takes a conversation over finds what happened before, without any model."""

from collections.abc import Awaitable, Callable

from tests.plugins.assistant_world import Desk

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


async def test_summary_says_why_what_was_asked_and_what_was_tried(open_desk: Open) -> None:
    desk = await open_desk(deadline_ms=200)
    await desk.rule(id="hours", contains=["几点"], reply="九点。")
    visitor = await desk.visitor()
    await desk.ask(visitor, "几点开门")
    await desk.ask(visitor, "那我的退款呢")
    await desk.settle(1)
    await desk.ask(visitor, "转人工")
    (note,) = await desk.notes(visitor, "summary")
    assert note.text.startswith("转人工原因：访客要求人工\n")
    assert "未能回答" in note.text
    assert "fallback" not in note.text
    assert "那我的退款呢" in note.text
    assert note.body is not None
    assert note.body["tried"][0] == "rules hours"
    assert "fallback" in note.body["tried"]
    assert not [frame for frame in visitor.frames if "转人工原因" in str(frame)]


async def test_summary_speaks_the_site_s_language_and_is_written_once(open_desk: Open) -> None:
    desk = await open_desk()
    desk.site(locale="en")
    visitor = await desk.visitor()
    await desk.ask(visitor, "talk to a human")
    await desk.ask(visitor, "hello?")
    (note,) = await desk.notes(visitor, "summary")
    assert note.text.startswith("Reason: ")


async def test_agent_who_is_connected_sees_it_at_once(open_desk: Open) -> None:
    desk = await open_desk()
    visitor, agent = await desk.visitor(), await desk.agent()
    await desk.ask(visitor, "嗯嗯")
    desk.model.last.end("您好。")
    await desk.settle()
    assert visitor.live is not None
    await desk.do(agent, t="watch", conversation=visitor.live.conversation.id)
    await desk.ask(visitor, "转人工")
    assert [frame["kind"] for frame in agent.of("note") if frame["kind"] == "summary"] == ["summary"]
