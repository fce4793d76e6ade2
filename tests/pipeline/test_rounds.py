"""What the desk looks after every second."""

import pytest
from tests.pipeline.conftest import Floor
from tests.pipeline.sessions import Kept
from tests.plugins.assistant_world import TENANT

from fastdesk.model.identity import Principal
from fastdesk.pipeline import rounds

VIRTUAL_TIME = True


async def test_what_nobody_goes_on_with_is_closed_after_the_sites_time(echoing_floor: Floor) -> None:
    echoing_floor.site(idle_close_minutes=1)
    visitor = await echoing_floor.visitor()
    await echoing_floor.ask(visitor, "hello")
    await echoing_floor.pass_time(50)
    await echoing_floor.ask(visitor, "still here")
    await echoing_floor.pass_time(58)
    assert echoing_floor.conversation(visitor).state == "open", "it counts from the last message"
    await echoing_floor.pass_time(4)
    assert echoing_floor.conversation(visitor).state == "resolved"


async def test_what_has_left_memory_is_closed_too(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(idle_close_minutes=2)
    visitor, other = await floor.visitor("v1"), await floor.visitor("v2")
    for each in (visitor, other):
        await floor.ask(each, "hello")
    ids = [floor.conversation(each).id for each in (visitor, other)]
    await floor.leave(visitor)
    await floor.leave(other)
    floor.engine.hub.drop_idle(0)
    assert len(floor.engine.hub) == 0
    await floor.pass_time(70)
    await floor.ask(await floor.visitor("v2"), "here again")
    await floor.pass_time(115)
    states = [
        conversation.state for id in ids if (conversation := await floor.store.conversation(TENANT, id))
    ]
    assert states == ["resolved", "open"]


async def test_those_that_stay_open_keep_nobody_behind_them_from_being_closed(
    echoing_floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_STORED_PAGE", 2)
    floor = echoing_floor
    floor.site(idle_close_minutes=2)
    agent = await floor.hire("li")
    ids = []
    for number in range(5):
        visitor = await floor.visitor(f"v{number}")
        await floor.ask(visitor, "hello")
        ids.append(floor.conversation(visitor).id)
        await floor.leave(visitor)
    await floor.pass_time(60)
    floor.engine.hub.drop_idle(0)
    for id in ids[1:]:  # the newest ones, which are found first
        await floor.do(agent, t="label", conversation=id, add=["vip"])
    floor.engine.hub.drop_idle(0)
    await floor.pass_time(119)
    states = [
        conversation.state for id in ids if (conversation := await floor.store.conversation(TENANT, id))
    ]
    assert states == ["resolved", "open", "open", "open", "open"]


async def test_what_an_agent_opens_again_stays_open_for_the_sites_time(echoing_floor: Floor) -> None:
    floor = echoing_floor
    floor.site(idle_close_minutes=1)
    agent = await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    await floor.pass_time(70)
    id = floor.conversation(visitor).id
    assert floor.conversation(visitor).state == "resolved"
    await floor.do(agent, t="reopen", conversation=id)
    await floor.pass_time(50)
    assert floor.conversation(visitor).state == "open", "its last message is old, but it was opened just now"
    await floor.pass_time(12)
    assert floor.conversation(visitor).state == "resolved"


async def test_one_that_waits_for_a_person_is_not_closed(echoing_floor: Floor) -> None:
    echoing_floor.site(idle_close_minutes=1)
    visitor = await echoing_floor.ask_for_person("v1")
    await echoing_floor.pass_time(70)
    assert echoing_floor.conversation(visitor).mode == "queued"


async def test_nothing_is_closed_where_a_site_names_no_time(echoing_floor: Floor) -> None:
    echoing_floor.site(idle_close_minutes=0)
    visitor = await echoing_floor.visitor()
    await echoing_floor.ask(visitor, "hello")
    await echoing_floor.pass_time(70)
    assert echoing_floor.conversation(visitor).state == "open"


async def test_whose_sign_in_was_revoked_is_cut_and_colleagues_stay(echoing_floor: Floor) -> None:
    floor = echoing_floor
    stays = await floor.hire("li")
    gone = Kept()
    gone.admit(Principal(kind="agent", tenant=TENANT, id="wang", token="no such sign-in"))
    floor.engine.hub.join_agent(gone)
    await floor.pass_time(1)
    assert gone.closes == [(1008, "signed out")]
    assert not stays.closed
    floor.engine.hub.leave(gone)


async def test_everybody_who_asked_is_told_the_time_after_that(echoing_floor: Floor) -> None:
    told: list[int] = []
    echoing_floor.engine.rounds.others.append(told.append)
    await echoing_floor.pass_time(3)
    assert len(told) == 3
    assert told[2] - told[0] == 2000
