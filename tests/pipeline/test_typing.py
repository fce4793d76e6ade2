"""Agents see what a visitor is about to send only where the site allows it."""

import pytest
from tests.plugins.assistant_world import Desk

from fastdesk.model.site import Features


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_unsent_words_are_shown_where_the_site_allows_it(is_allowed: bool) -> None:
    desk = await Desk(models=()).start()
    desk.site(features=Features(typing_preview=is_allowed))
    visitor, agent = await desk.visitor(), await desk.agent()
    await desk.ask(visitor, "hello")
    assert visitor.live is not None
    await desk.do(agent, t="watch", conversation=visitor.live.conversation.id)
    await desk.do(visitor, t="typing", on=True, preview="I am about to")
    (frame,) = [each for each in agent.of("typing") if each["on"]]
    assert frame.get("preview") == ("I am about to" if is_allowed else None)
    await desk.stop()
