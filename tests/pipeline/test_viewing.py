"""Colleagues see who else looks at a conversation and who answers."""

from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import Peer

VIRTUAL_TIME = True


def seen(peer: Peer, of: str) -> list[str]:
    return [
        frame["state"] for frame in peer.of("presence") if frame["agent"] == of and "conversation" in frame
    ]


async def test_watchers_are_told_of_each_other(floor: Floor) -> None:
    li, wang = await floor.hire("li"), await floor.hire("wang")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = floor.conversation(visitor).id
    await floor.do(li, t="watch", conversation=id)
    await floor.do(wang, t="watch", conversation=id, after=0)
    assert (seen(li, "wang"), seen(wang, "li"), seen(li, "li")) == (["viewing"], ["viewing"], [])
    await floor.do(wang, t="typing", conversation=id, on=True)
    await floor.do(wang, t="typing", conversation=id, on=True)
    await floor.do(wang, t="send", conversation=id, id="answer-0001", text="hi")
    assert seen(li, "wang") == ["viewing", "replying", "viewing"]
    await floor.do(wang, t="unwatch", conversation=id)
    assert seen(li, "wang")[-1] == "left"
    await floor.leave(li)
    assert not visitor.of("presence")


async def test_who_disconnects_has_left(floor: Floor) -> None:
    li, wang = await floor.hire("li"), await floor.hire("wang")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    for peer in (li, wang):
        await floor.do(peer, t="watch", conversation=floor.conversation(visitor).id)
    await floor.leave(wang)
    assert seen(li, "wang") == ["viewing", "left"]
