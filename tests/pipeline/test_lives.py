"""Conversations come into memory once, with what they need to go on where they stopped."""

import asyncio

from msgspec.structs import replace
from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import SITE, TENANT, Peer

from fastdesk.hub.live import RECENT, VISITOR, Live, sent_key
from fastdesk.model.ids import VisitorId

VIRTUAL_TIME = True


def lives_of(floor: Floor) -> list[Live]:
    return list(floor.engine.hub.lives())


async def left(floor: Floor, peer: Peer) -> str:
    """Let a visitor go and its conversation leave memory; return the id of that one."""
    id = floor.conversation(peer).id
    await floor.leave(peer)
    assert floor.engine.hub.drop_idle(0)
    return id


async def test_all_who_ask_at_the_same_time_get_the_same(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = await left(floor, visitor)
    lives = floor.engine.rooms.lives
    found = await asyncio.gather(*(lives.by_id(TENANT, id) for _ in range(5)), floor.visitor())
    peer = found.pop()
    assert isinstance(peer, Peer)
    assert {*found, peer.live} == {*lives_of(floor)}
    assert len(lives_of(floor)) == 1


async def test_one_that_is_read_again_goes_on_where_it_stopped(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await floor.visitor()
    for number in range(RECENT + 3):
        await floor.ask(visitor, f"message {number}")
    before = lives_of(floor)[0].seq
    id = await left(floor, visitor)
    live = await floor.engine.rooms.lives.by_id(TENANT, id)
    assert live is not None
    assert (live.seq, live.durable_seq, live.is_opened) == (before, before, True)
    assert (live.from_visitor, live.from_agents) == (RECENT + 3, 0)
    assert live.recent is not None
    assert [said.seq for said in live.recent] == list(range(before - RECENT + 1, before + 1))
    assert live.sent.find(sent_key(VISITOR, "message-0001"), "message 0") == 1
    assert live.sent.find(sent_key(VISITOR, "message-0001"), "other") == -1


async def test_there_is_none_of_that_name_or_of_another_tenant(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = await left(floor, visitor)
    assert await floor.engine.rooms.lives.by_id(TENANT, "no-such-one") is None
    assert await floor.engine.rooms.lives.by_id("another", id) is None  # type: ignore[arg-type]
    assert lives_of(floor) == []


async def test_an_old_conversation_that_an_agent_opens_does_not_become_the_visitors_current_one(
    echoing_floor: Floor,
) -> None:
    floor = echoing_floor
    floor.site(after_resolve="new")
    visitor = await floor.visitor()
    await floor.ask(visitor, "the first matter")
    await floor.do(visitor, t="end")
    await floor.ask(visitor, "the second matter")
    second = floor.conversation(visitor).id
    li = await floor.hire("li")
    first = next(live for live in lives_of(floor) if live.id != second).id
    assert floor.engine.hub.drop_idle(1) == 1
    await floor.do(li, t="watch", conversation=first)
    assert floor.engine.hub.find(TENANT, first) is not None
    assert floor.conversation(visitor).id == second
    other_page = await floor.visitor()
    assert other_page.of("welcome")[0]["conversation"] == second
    await floor.leave(other_page)
    await left(floor, visitor)
    await floor.do(li, t="unwatch", conversation=first)
    floor.engine.hub.drop_idle(0)
    await floor.do(li, t="watch", conversation=first)
    assert (await floor.visitor()).of("welcome")[0]["conversation"] == second


async def test_a_visitor_who_was_merged_is_found_under_the_one_that_was_kept(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    lives, visitors = floor.engine.rooms.lives, floor.engine.rooms.visitors
    kept = lives_of(floor)[0].visitor
    merged = replace(kept, id=VisitorId("former"), merged_into=kept.id)
    circle = replace(kept, id=VisitorId("circle"), merged_into=VisitorId("circle"))
    for each in (merged, circle):
        visitors.save(each)
    await floor.settle()
    assert await lives.known_visitor(TENANT, "former") == kept
    assert await lives.known_visitor(TENANT, "circle") is None
    assert await lives.known_visitor(TENANT, "nobody") is None


async def test_conversations_follow_their_site(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    floor.site(name="Coffee & Co")
    assert lives_of(floor)[0].site.name == "Coffee & Co"
    floor.engine.records.remove(TENANT, "site", SITE, actor="test")
    assert lives_of(floor)[0].site.name == "Coffee & Co", "it goes on with the last that was known"
