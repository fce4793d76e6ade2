"""Agents get help in their own session; visitors and other agents see nothing of it."""

from collections.abc import Awaitable, Callable

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.ai.provider import Usage

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


async def talk(desk: Desk) -> tuple[Peer, Peer, str]:
    visitor, agent = await desk.visitor(), await desk.agent()
    await desk.ask(visitor, "退款没到，手机13812345678")
    desk.model.last.end("请稍等。")
    await desk.settle()
    assert visitor.live is not None
    return visitor, agent, visitor.live.conversation.id


async def test_draft_is_streamed_to_the_agent_only(open_desk: Open) -> None:
    desk = await open_desk()
    visitor, agent, conversation = await talk(desk)
    other = await desk.agent("agent-2")
    await desk.do(other, t="watch", conversation=conversation)
    before = len(visitor.frames), len(other.frames)
    await desk.do(agent, t="copilot", turn="help-1", conversation=conversation, task="draft")
    asked = desk.model.last.request.lines
    assert "客服写出下一条回复" in asked[0].content
    assert "退款没到" in asked[1].content
    assert "13812345678" not in asked[1].content
    desk.model.last.say("您好，", "我马上查。").end("您好，我马上查。", usage=Usage(9, 9))
    await desk.settle()
    pieces = agent.of("delta")
    assert {(piece["turn"], piece["conversation"]) for piece in pieces} == {("help-1", conversation)}
    assert (pieces[-1]["text"], pieces[-1]["replace"], pieces[-1]["done"]) == ("您好，我马上查。", True, True)
    assert (len(visitor.frames), len(other.frames)) == before
    assert len(await desk.said(visitor)) == 2
    (spent,) = [
        event for event in await desk.store.since(TENANT, 0, 999) if getattr(event, "kind", "") == "spent"
    ]
    assert (spent.conversation, spent.actor, spent.text) == (conversation, "agent-1", "")
    assert (spent.body["by"], spent.body["tokens_in"], spent.body["tokens_out"]) == ("copilot", 9, 9)


@pytest.mark.parametrize(("task", "language"), [("rewrite", ""), ("translate", "en"), ("summarise", "zh")])
async def test_other_tasks(open_desk: Open, task: str, language: str) -> None:
    desk = await open_desk()
    _, agent, conversation = await talk(desk)
    await desk.do(
        agent,
        t="copilot",
        turn="h",
        conversation=conversation,
        task=task,
        text="稍等一下哈",
        language=language,
    )
    asked = desk.model.last.request.lines
    assert ("退款没到" in asked[1].content) == (task == "summarise")
    assert "<draft>稍等一下哈</draft>" in asked[1].content
    desk.model.last.end("done")
    await desk.settle()
    assert agent.of("delta")[-1]["text"] == "done"


async def test_without_an_answer_the_draft_ends_empty_and_the_reason_is_said(open_desk: Open) -> None:
    desk = await open_desk()
    _, agent, conversation = await talk(desk)
    await desk.do(agent, t="copilot", turn="h", conversation=conversation, task="draft")
    desk.model.last.say("半句。").fail("broken")
    await desk.settle()
    assert (agent.of("delta")[-1]["text"], agent.of("delta")[-1]["done"]) == ("", True)
    assert agent.of("error")[-1]["code"] == "retry_later"
    desk.site(settings={"assistant": {"models": []}})
    await desk.do(agent, t="copilot", turn="h", conversation=conversation, task="draft")
    assert agent.of("error")[-1]["code"] == "not_found"
    await desk.do(agent, t="copilot", turn="h", conversation="no-such", task="draft")
    assert agent.of("error")[-1]["code"] == "not_found"


async def test_visitors_have_no_copilot(open_desk: Open) -> None:
    desk = await open_desk()
    visitor, _, conversation = await talk(desk)
    calls = len(desk.model.calls)
    await desk.do(visitor, t="copilot", turn="h", conversation=conversation, task="draft")
    assert visitor.of("error")[-1]["code"] == "forbidden"
    assert len(desk.model.calls) == calls
