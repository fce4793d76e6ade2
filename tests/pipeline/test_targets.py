"""Response targets warn, are missed, and rules react."""

from typing import Any

from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import TENANT, Peer

from fastdesk.model.hours import Hours
from fastdesk.model.target import Target

VIRTUAL_TIME = True


def promise(floor: Floor, **fields: Any) -> None:
    floor.put(TENANT, "target", Target(**{"id": "shop", "name": "Shop", **fields}))


def told(peer: Peer) -> list[str]:
    return [
        f"{frame['body']['answer']}:{frame['body']['state']}"
        for frame in peer.of("note")
        if frame["kind"] == "target"
    ]


async def test_the_first_answer_is_warned_of_and_missed_once(floor: Floor) -> None:
    promise(floor, first_s=100)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.pass_time(79)
    assert told(li) == []
    await floor.pass_time(2)
    assert told(li) == ["first:warn"]
    await floor.pass_time(60)
    assert told(li) == ["first:warn", "first:breach"]
    assert floor.conversation(visitor).late == ("first:warn", "first:breach")


async def test_who_answers_in_time_is_left_alone(floor: Floor) -> None:
    promise(floor, first_s=100, next_s=60)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    await floor.pass_time(50)
    await floor.do(li, t="send", conversation=id, id="answer-0001", text="hi")
    await floor.pass_time(300)
    assert told(li) == []


async def test_each_message_that_waits_has_its_own_time(floor: Floor) -> None:
    promise(floor, next_s=60)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    for number in range(2):
        await floor.do(li, t="send", conversation=id, id=f"answer-000{number}", text="hi")
        await floor.ask(visitor, "and this?")
        await floor.pass_time(40)
        await floor.ask(visitor, "hello?")  # the first one counts
        await floor.pass_time(25)
    assert told(li) == ["next:warn", "next:breach"] * 2
    assert floor.conversation(visitor).late == ("next:warn", "next:breach")
    await floor.do(li, t="send", conversation=id, id="answer-0009", text="sorry")
    assert floor.conversation(visitor).late == ()


async def test_time_is_counted_in_business_hours_only(floor: Floor) -> None:
    minute = floor.clock.now_ms() // 60_000 % 1440
    spans = tuple(
        (f"{at // 60 % 24:02}:{at % 60:02}", f"{(at + 1) // 60 % 24:02}:{(at + 1) % 60:02}")
        for at in (minute + 2, minute + 4)
    )
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), spans)
    floor.put(TENANT, "hours", Hours(id="minutes", week=week))
    promise(floor, resolve_s=90, warn_percent=50, hours="minutes")
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    opens = (floor.clock.now_ms() // 60_000 - 0) * 60_000 + 120_000
    _, ahead = floor.engine.targets.of(visitor.live)
    assert [each.at_ms - opens for each in ahead] == [45_000, 150_000]
    await floor.pass_time(290)
    assert told(li) == ["resolve:warn", "resolve:breach"]


async def test_rules_react_to_a_missed_target(floor: Floor) -> None:
    promise(floor, first_s=30)
    await floor.rule(
        id="late", on="target", when={"value": "target.state", "is": "breach"},
        do=[{"act": "priority", "level": "urgent"}, {"act": "label", "add": ["late"]}],
    )  # fmt: skip
    visitor = await floor.ask_for_person("v1")
    await floor.pass_time(35)
    conversation = floor.conversation(visitor)
    assert (conversation.priority, conversation.labels) == ("urgent", ("late",))


async def test_a_target_is_for_whom_it_names_and_the_first_one_counts(floor: Floor) -> None:
    promise(floor, id="vip", priorities=("urgent",), first_s=10)
    promise(floor, id="all", position=1, first_s=1000)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.pass_time(20)
    assert told(li) == []
    await floor.do(li, t="priority", conversation=floor.conversation(visitor).id, priority="urgent")
    await floor.pass_time(1)
    assert told(li) == ["first:warn", "first:breach"]


async def test_what_was_promised_holds_over_a_restart(floor: Floor) -> None:
    promise(floor, first_s=60)
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    await floor.kill()
    await floor.pass_time(61)
    conversation = await floor.store.conversation(TENANT, id)
    assert conversation.late == ("first:warn", "first:breach")


async def test_nothing_is_due_of_what_the_bot_has(floor: Floor) -> None:
    promise(floor, first_s=10, resolve_s=20)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.do(li, t="bot", conversation=floor.conversation(visitor).id, on=True)
    await floor.pass_time(30)
    assert told(li) == []


async def test_after_a_restart_the_first_message_without_an_answer_counts(floor: Floor) -> None:
    promise(floor, next_s=60)
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    await floor.do(li, t="send", conversation=id, id="answer-0001", text="hi")
    await floor.ask(visitor, "and this?")
    await floor.pass_time(40)
    await floor.ask(visitor, "hello?")
    await floor.kill()
    await floor.pass_time(25)
    conversation = await floor.store.conversation(TENANT, id)
    assert conversation.late == ("next:warn", "next:breach")
