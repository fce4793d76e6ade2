"""Conversations that were set aside wake in time, and only then."""

from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import TENANT, Peer

VIRTUAL_TIME = True


async def asleep(floor: Floor, seconds: int) -> tuple[Peer, Peer]:
    """Return a visitor and an agent who has set its conversation aside."""
    li = await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = floor.conversation(visitor).id
    await floor.do(li, t="take", conversation=id)
    await floor.do(li, t="snooze", conversation=id, until=floor.clock.now_ms() + seconds * 1000)
    return visitor, li


async def test_it_wakes_when_its_time_has_come_and_whoever_had_it_has_it(echoing_floor: Floor) -> None:
    visitor, _ = await asleep(echoing_floor, 10)
    await echoing_floor.pass_time(9)
    assert echoing_floor.conversation(visitor).state == "snoozed"
    await echoing_floor.pass_time(2)
    now = echoing_floor.conversation(visitor)
    assert (now.state, now.mode, now.assignee, now.snoozed_until) == ("open", "human", "li", 0)


async def test_it_wakes_though_it_has_left_memory_and_after_a_restart(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor, li = await asleep(floor, 10)
    id = floor.conversation(visitor).id
    for peer in (visitor, li):
        await floor.leave(peer)
    assert floor.engine.hub.drop_idle(0) == 1
    await floor.kill()
    assert len(floor.engine.hub) == 0
    await floor.pass_time(11)
    live = floor.engine.hub.find(TENANT, id)
    assert live is not None
    assert live.conversation.state == "open"


async def test_another_time_counts_alone(echoing_floor: Floor) -> None:
    visitor, li = await asleep(echoing_floor, 5)
    id = echoing_floor.conversation(visitor).id
    await echoing_floor.do(li, t="snooze", conversation=id, until=echoing_floor.clock.now_ms() + 20_000)
    await echoing_floor.pass_time(15)
    assert echoing_floor.conversation(visitor).state == "snoozed"
    await echoing_floor.pass_time(6)
    assert echoing_floor.conversation(visitor).state == "open"


async def test_without_a_time_only_a_message_wakes_it(echoing_floor: Floor) -> None:
    visitor, li = await asleep(echoing_floor, 5)
    await echoing_floor.do(li, t="snooze", conversation=echoing_floor.conversation(visitor).id, until=0)
    await echoing_floor.pass_time(30)
    assert echoing_floor.conversation(visitor).state == "snoozed"


async def test_what_was_resolved_meanwhile_stays_so(echoing_floor: Floor) -> None:
    visitor, li = await asleep(echoing_floor, 5)
    await echoing_floor.do(li, t="resolve", conversation=echoing_floor.conversation(visitor).id)
    await echoing_floor.pass_time(10)
    assert echoing_floor.conversation(visitor).state == "resolved"
