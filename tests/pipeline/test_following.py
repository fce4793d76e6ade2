"""What comes after a conversation that was resolved."""

from tests.pipeline.conftest import Floor

VIRTUAL_TIME = True


async def test_the_next_message_begins_a_new_one_in_all_of_the_visitors_windows(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(after_resolve="new")
    visitor = await floor.visitor()
    await floor.ask(visitor, "the first matter")
    first = floor.conversation(visitor).id
    window = await floor.visitor()
    await floor.do(visitor, t="end")
    await floor.ask(visitor, "the second matter")
    second = floor.conversation(visitor)
    assert (second.state, second.id != first) == ("open", True)
    for peer in (visitor, window):
        assert peer.of("welcome")[-1]["conversation"] == second.id
        assert peer.live is not None
        assert peer.live.id == second.id
    assert [frame["text"] for frame in window.of("message")][-2:] == ["the second matter", "echo"]


async def test_a_site_may_open_the_same_one_again(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(after_resolve="reopen")
    visitor = await floor.visitor()
    await floor.ask(visitor, "the first matter")
    first = floor.conversation(visitor).id
    await floor.do(visitor, t="end")
    await floor.ask(visitor, "and another thing")
    assert (floor.conversation(visitor).id, floor.conversation(visitor).state) == (first, "open")


async def test_one_that_is_not_over_goes_on(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(after_resolve="new")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    await floor.ask(visitor, "are you there?")
    assert len(visitor.of("welcome")) == 1


async def test_words_on_their_way_to_the_disk_stay_where_they_were_said(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(after_resolve="new")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    first = floor.conversation(visitor).id
    floor.say(visitor, "one more")
    floor.engine.pipeline.accept(visitor, b'{"t":"end"}')
    floor.say(visitor, "and another")
    await floor.settle()
    assert floor.conversation(visitor).id == first
    assert [frame["seq"] for frame in visitor.of("ack")] == sorted(
        {frame["seq"] for frame in visitor.of("ack")}
    )


async def test_who_asks_for_a_person_after_the_end_begins_a_new_one_too(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(after_resolve="new")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    first = floor.conversation(visitor).id
    await floor.do(visitor, t="end")
    await floor.do(visitor, t="human")
    following = floor.conversation(visitor)
    assert (following.mode, following.id != first) == ("queued", True)
    live = floor.engine.hub.find(following.tenant, first)
    assert live is not None
    assert live.conversation.state == "resolved"
