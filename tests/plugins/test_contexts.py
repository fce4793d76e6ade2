"""What a model knows of a conversation is the same whatever is in memory: nothing lost, nothing twice, nothing foreign."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.dialogue.context import ContextCache
from fastdesk.plugins.contexts import Talk

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


def prompt(desk: Desk) -> list[str]:
    return [line.content for line in desk.model.last.request.lines[1:]]


async def turn(desk: Desk, visitor: Peer, text: str, answer: str) -> list[str]:
    await desk.ask(visitor, text)
    seen = prompt(desk)
    desk.model.last.end(answer)
    await desk.settle()
    return seen


async def test_every_kind_of_answer_is_in_the_context_once(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.rule(id="hours", contains=["几点"], reply="九点。")
    visitor, agent = await desk.visitor(), await desk.agent()
    await turn(desk, visitor, "一", "甲。")
    await desk.ask(visitor, "几点开门")
    assert visitor.live is not None
    conversation = visitor.live.conversation.id
    await desk.do(agent, t="take", conversation=conversation)
    await desk.do(agent, t="send", id="agent-said-1", conversation=conversation, text="我是客服。")
    await desk.do(agent, t="bot", conversation=conversation, on=True)
    assert await turn(desk, visitor, "二", "乙。") == [
        "<visitor>一</visitor>",
        "甲。",
        "<visitor>几点开门</visitor>",
        "九点。",
        "我是客服。",
        "<visitor>二</visitor>",
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_prompts_do_not_depend_on_what_is_in_memory(open_desk: Open, seed: int) -> None:
    """The same talk with ample memory, with room for one conversation, and with kills in between."""
    seen: list[Any] = []
    for way in ("ample", "tiny", "killed"):
        desk = await open_desk()
        if way == "tiny":
            contexts = desk.engine.assistance.contexts
            contexts.cache = ContextCache(contexts._load, make=Talk, max_conversations=1)
        visitors = [await desk.visitor(f"visitor-{number}") for number in range(8)]
        prompts = []
        for step in range(40):
            number = (step * 5 + seed) % 8
            if way == "killed" and step % 11 == 7:
                await desk.kill()
                visitors = [await desk.visitor(f"visitor-{each}") for each in range(8)]
            prompts.append(await turn(desk, visitors[number], f"问 {number}-{step}", f"答 {number}-{step}。"))
        seen.append(prompts)
    assert seen[0] == seen[1] == seen[2]
    for step, lines in enumerate(seen[0]):
        number = (step * 5 + seed) % 8
        assert all(f" {number}-" in line for line in lines)  # no foreign line


async def test_window_is_bounded_by_messages_and_tokens(open_desk: Open) -> None:
    desk = await open_desk(context_turns=6)
    visitor = await desk.visitor()
    for step in range(10):
        seen = await turn(desk, visitor, f"问{step}", f"答{step}。")
    assert len(seen) == 7
    desk = await open_desk(context_tokens=400)
    visitor = await desk.visitor()
    for _ in range(10):
        seen = await turn(desk, visitor, "很长的问题" * 10, "很长的回答" * 10)
    assert 3 <= len(seen) <= 9


async def test_files_and_system_lines_are_no_words(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await desk.do(visitor, t="send", id="picture-0001", text="photo.png", kind="image")
    await desk.settle(1)
    await desk.ask(visitor, "看到了吗")
    assert not any("photo" in line for line in prompt(desk))


async def test_personal_data_stays_here_also_from_the_store(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    await turn(desk, visitor, "我的手机13812345678", "好的。")
    await desk.kill()
    visitor = await desk.visitor()
    assert await turn(desk, visitor, "嗯", "好。") == [
        "<visitor>我的手机[手机号]</visitor>",
        "好的。",
        "<visitor>嗯</visitor>",
    ]
    said = await desk.store.said(TENANT, visitor.live.conversation.id)  # type: ignore[union-attr]
    assert said[0].text == "我的手机13812345678"


async def test_no_store_is_asked_for_what_memory_has(open_desk: Open) -> None:
    desk = await open_desk(context_turns=6)
    contexts = desk.engine.assistance.contexts
    visitors = [await desk.visitor(f"visitor-{number}") for number in range(2)]
    for step in range(20):
        for visitor in visitors:
            await turn(desk, visitor, f"问{step}", f"答{step}。")

    async def read(tenant: Any, conversation: Any, limit: int) -> Any:
        raise AssertionError("the store was asked")

    contexts.cache = ContextCache(read, make=Talk, max_conversations=1)
    for step in range(20, 23):
        for visitor in visitors:
            seen = await turn(desk, visitor, f"问{step}", f"答{step}。")
            assert seen[0] == f"<visitor>问{step - 3}</visitor>"
            assert len(seen) == 7
