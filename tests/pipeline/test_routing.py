"""Conversations find people, as people and visitors see it."""

import pytest
from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import TENANT, Peer

from fastdesk.model.agent import Team
from fastdesk.model.hours import Hours
from fastdesk.model.ids import TeamId
from fastdesk.pipeline import routing

VIRTUAL_TIME = True


def status(peer: Peer) -> dict:
    return peer.of("status")[-1]


def notes(peer: Peer, kind: str) -> list[dict]:
    return [frame for frame in peer.of("note") if frame["kind"] == kind]


async def test_who_asks_for_a_person_gets_the_one_who_is_there_at_once(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    assert status(visitor) == {"t": "status", "state": "assigned", "agent": {"name": "Li"}}
    assert floor.conversation(visitor).mode == "human"
    (why,) = notes(li, "why")
    assert why["body"]["agent"] == "li"
    assert "Li" in why["text"]
    assert why["body"]["line"]["en"].startswith("Assigned to Li")
    assert why["body"]["line"]["zh"].startswith("分配给 Li")


async def test_nobody_there_means_waiting_until_somebody_comes(floor: Floor) -> None:
    visitor = await floor.ask_for_person("v1")
    assert status(visitor)["queue"] == {"position": 1}
    await floor.hire("li")
    assert floor.owner(visitor) == "li"


async def test_capacity_is_never_exceeded_and_the_oldest_is_served_as_soon_as_it_frees(floor: Floor) -> None:
    li = await floor.hire("li", capacity=2)
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(5)]
    assert [floor.owner(each) for each in visitors] == ["li", "li", None, None, None]
    assert [status(each).get("queue", {}).get("position") for each in visitors] == [None, None, 1, 2, 3]
    await floor.do(li, t="resolve", conversation=floor.conversation(visitors[0]).id)
    assert [floor.owner(each) for each in visitors][2:] == ["li", None, None]  # no round was made


async def test_places_in_the_line_are_told_anew(floor: Floor) -> None:
    li = await floor.hire("li", capacity=1)
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(3)]
    await floor.pass_time(60)
    await floor.do(li, t="resolve", conversation=floor.conversation(visitors[0]).id)
    await floor.pass_time(1)
    place = status(visitors[2])["queue"]
    assert place["position"] == 1
    assert 50_000 < place["wait_ms"] <= 60_000
    await floor.pass_time(60)
    await floor.do(li, t="resolve", conversation=floor.conversation(visitors[1]).id)
    figures = floor.engine.routing.figures()
    assert figures["estimates"] == 1
    assert figures["estimate_error_seconds"] < 5


async def test_a_line_longer_than_one_round_is_told_in_turn(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "_PLACES", 2)
    li = await floor.hire("li", capacity=1)
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(6)]
    waited = floor.engine.boards.waiting_since(TENANT)
    assert waited == floor.conversation(visitors[1]).queued_at
    await floor.pass_time(10)
    await floor.do(li, t="resolve", conversation=floor.conversation(visitors[0]).id)
    assert floor.engine.boards.waiting_since(TENANT) == floor.conversation(visitors[2]).queued_at
    await floor.pass_time(6)
    assert [status(each)["queue"]["position"] for each in visitors[2:]] == [1, 2, 3, 4]
    for visitor in visitors[1:]:
        await floor.do(li, t="resolve", conversation=floor.conversation(visitor).id)
    assert floor.engine.boards.waiting_since(TENANT) is None


async def test_least_busy_and_round_robin(floor: Floor) -> None:
    await floor.hire("li", capacity=2)
    await floor.hire("wang", capacity=8)
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(4)]
    assert [floor.owner(each) for each in visitors] == ["li", "wang", "wang", "wang"]
    floor.routing(order="round_robin")
    visitors = [await floor.ask_for_person(f"w{number}") for number in range(3)]
    assert [floor.owner(each) for each in visitors] == ["li", "wang", "wang"]


async def test_a_site_may_leave_the_queue_to_its_agents(floor: Floor) -> None:
    floor.routing(order="manual")
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.pass_time(5)
    assert status(visitor)["state"] == "queued"
    await floor.do(li, t="take", conversation=floor.conversation(visitor).id)
    assert floor.owner(visitor) == "li"


async def test_a_team_gets_what_is_for_it(floor: Floor) -> None:
    floor.put(TENANT, "team", Team(id=TeamId("help"), name="Help"))
    floor.site(team="help")
    await floor.hire("li")
    wang = await floor.hire("wang", teams=("help",), capacity=1)
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(2)]
    assert [floor.owner(each) for each in visitors] == ["wang", None]
    await floor.do(wang, t="assign", conversation=floor.conversation(visitors[1]).id, agent="li")
    assert floor.owner(visitors[1]) == "li"  # a person's decision is stronger


async def test_a_rule_names_the_skill_that_is_needed(floor: Floor) -> None:
    await floor.rule(id="visa", contains=["visa"], handoff={"reason": "visa", "skills": ["Visa"]})
    await floor.hire("li")
    await floor.hire("wang", skills=("visa",))
    visitor = await floor.visitor()
    await floor.ask(visitor, "my visa, please")
    conversation = floor.conversation(visitor)
    assert (conversation.assignee, conversation.handoff, conversation.handoff_code) == (
        "wang",
        "visa",
        "rule",
    )


async def test_a_returning_visitor_goes_to_the_last_agent(floor: Floor) -> None:
    await floor.hire("li")
    wang = await floor.hire("wang")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = floor.conversation(visitor).id
    await floor.do(wang, t="take", conversation=id)
    await floor.do(wang, t="send", conversation=id, id="answer-0001", text="hi")
    await floor.do(wang, t="resolve", conversation=id)
    await floor.ask_for_person("other")  # li now has fewer turns ahead
    await floor.do(visitor, t="human")
    assert floor.owner(visitor) == "wang"
    assert notes(wang, "why")[-1]["body"]["reason"] == "last agent"


@pytest.mark.parametrize("state", ["away", "offline"])
async def test_who_says_to_be_away_gets_nothing_new(floor: Floor, state: str) -> None:
    li, wang = await floor.hire("li"), await floor.hire("wang")
    await floor.do(li, t="presence", state=state)
    assert wang.of("presence")[-1] == {"t": "presence", "agent": "li", "state": state}
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(3)]
    assert {floor.owner(each) for each in visitors} == {"wang"}
    await floor.kill()  # the word outlives the process
    li, wang = await floor.sign_in("li"), await floor.sign_in("wang")
    assert floor.engine.presences.of(TENANT, "li") == state
    assert floor.owner(await floor.ask_for_person("v9")) == "wang"
    await floor.do(li, t="presence", state="online")
    assert floor.engine.presences.of(TENANT, "li") == "online"


async def test_who_does_nothing_for_long_is_away_until_the_next_stir(floor: Floor) -> None:
    li = await floor.hire("li")
    await floor.pass_time(900)
    assert floor.engine.presences.of(TENANT, "li") == "away"
    visitor = await floor.ask_for_person("v1")
    assert floor.owner(visitor) is None
    await floor.do(li, t="watch", conversation=floor.conversation(visitor).id)
    assert floor.owner(visitor) == "li"


async def test_a_page_that_loads_anew_takes_nobody_offline(floor: Floor) -> None:
    li, wang = await floor.hire("li"), await floor.hire("wang")
    await floor.leave(li)
    await floor.pass_time(5)
    await floor.sign_in("li")
    assert [frame["state"] for frame in wang.of("presence") if frame["agent"] == "li"] == []


async def test_who_is_gone_loses_conversations_to_a_colleague_and_both_are_told(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.leave(li)
    await floor.pass_time(119)
    assert floor.owner(visitor) == "li"
    await floor.pass_time(10)
    assert floor.owner(visitor) == "li"  # there is nobody else
    wang = await floor.hire("wang")
    await floor.pass_time(1)
    assert floor.owner(visitor) == "wang"
    assert "Li 暂时无法继续" in visitor.texts[-1]
    assert status(visitor)["agent"] == {"name": "Wang"}
    reasons = [frame["reason"] for frame in wang.of("conversation")]
    assert any(reason.startswith("gone for") for reason in reasons)


async def test_who_does_not_pick_up_loses_the_conversation_and_does_not_get_it_back(floor: Floor) -> None:
    await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    wang = await floor.hire("wang")
    await floor.pass_time(181)
    assert floor.owner(visitor) == "wang"
    await floor.do(wang, t="send", conversation=floor.conversation(visitor).id, id="answer-0001", text="hi")
    await floor.ask(visitor, "thanks")
    await floor.pass_time(600)
    assert floor.owner(visitor) == "wang"  # who has answered keeps it, unless `silent_s` says otherwise


async def test_who_writes_is_not_silent(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.hire("wang")
    for _ in range(20):
        await floor.pass_time(15)
        await floor.do(li, t="typing", conversation=floor.conversation(visitor).id, on=True)
    assert floor.owner(visitor) == "li"


async def test_a_silence_after_an_answer_counts_where_the_site_says_so(floor: Floor) -> None:
    floor.routing(silent_s=60)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.do(li, t="send", conversation=floor.conversation(visitor).id, id="answer-0001", text="hi")
    await floor.hire("wang")
    await floor.pass_time(100)
    assert floor.owner(visitor) == "li"
    await floor.ask(visitor, "are you there?")
    await floor.pass_time(61)
    assert floor.owner(visitor) == "wang"


async def test_what_a_person_decided_is_not_taken_for_silence(floor: Floor) -> None:
    li, _ = await floor.hire("li"), await floor.hire("wang")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    await floor.do(li, t="take", conversation=floor.conversation(visitor).id)
    await floor.pass_time(400)
    assert floor.owner(visitor) == "li"


async def test_who_gives_a_conversation_back_does_not_get_it_again(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.do(li, t="assign", conversation=floor.conversation(visitor).id)
    await floor.pass_time(290)
    assert floor.owner(visitor) is None
    await floor.pass_time(20)  # but nobody is forgotten
    assert floor.owner(visitor) == "li"


async def test_outside_hours_conversations_wait_for_the_morning(floor: Floor) -> None:
    now_ms = floor.clock.now_ms()
    minute = now_ms // 60_000 % 1440
    opens, closes = minute + 5, minute + 10
    spans = ((f"{opens // 60 % 24:02}:{opens % 60:02}", f"{closes // 60 % 24:02}:{closes % 60:02}"),)
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), spans)
    floor.put(TENANT, "hours", Hours(id="shop", week=week))
    floor.site(hours="shop")
    await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "人工")
    assert "不是人工服务时间" in visitor.texts[-1]
    assert floor.owner(visitor) is None
    assert visitor.of("welcome")[0]["site"]["hours"] == {
        "open": False, "next_open_ms": (now_ms // 60_000 + 5) * 60_000, "offline": "form",
    }  # fmt: skip
    await floor.pass_time(301)
    assert floor.owner(visitor) == "li"


async def test_a_conversation_that_wakes_while_its_agent_is_full_waits_in_the_line(floor: Floor) -> None:
    li = await floor.hire("li", capacity=1)
    first = await floor.ask_for_person("v1")
    await floor.do(li, t="snooze", conversation=floor.conversation(first).id)
    second = await floor.ask_for_person("v2")
    assert floor.owner(second) == "li"
    await floor.ask(first, "I am back")
    assert (floor.owner(first), status(first)["state"]) == (None, "queued")
    await floor.do(li, t="resolve", conversation=floor.conversation(second).id)
    assert floor.owner(first) == "li"


async def test_who_waits_and_who_has_what_is_known_after_a_restart(floor: Floor) -> None:
    await floor.hire("li", capacity=1)
    has = floor.conversation(await floor.ask_for_person("v1")).id
    waits = floor.conversation(await floor.ask_for_person("v2")).id
    await floor.kill()
    li = await floor.sign_in("li")
    await floor.settle()
    assert (await floor.store.conversation(TENANT, waits)).assignee is None
    await floor.do(li, t="resolve", conversation=has)
    await floor.settle()
    assert (await floor.store.conversation(TENANT, waits)).assignee == "li"  # nobody had it in memory


async def test_an_agent_who_may_answer_no_more_gets_nothing(floor: Floor) -> None:
    await floor.hire("li")
    floor.change_agent("li", role="viewer")
    visitor = await floor.ask_for_person("v1")
    assert floor.owner(visitor) is None
    floor.change_agent("li", role="agent")
    await floor.settle()
    assert floor.owner(visitor) == "li"


async def test_wrong_settings_count_as_none(floor: Floor) -> None:
    floor.routing(order="whoever")
    await floor.hire("li")
    assert floor.owner(await floor.ask_for_person("v1")) == "li"


async def test_a_change_of_settings_reaches_those_who_wait(floor: Floor) -> None:
    floor.routing(order="manual")
    await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    floor.routing(order="least_busy")
    await floor.settle()
    assert floor.owner(visitor) == "li"


async def test_who_sleeps_wakes_in_time_also_after_a_restart(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    await floor.do(li, t="snooze", conversation=id, until=floor.clock.now_ms() + 60_000)
    await floor.kill()
    await floor.sign_in("li")
    await floor.pass_time(61)
    conversation = await floor.store.conversation(TENANT, id)
    assert (conversation.state, conversation.assignee) == ("open", "li")
