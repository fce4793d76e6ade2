"""What may be done to a conversation, and how it stands then."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.desk.changes import Change
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import AgentId, ConversationId, SiteId, TenantId, VisitorId
from fastdesk.protocol.codes import Rejection

NOW = 1_000_000


def conversation(**fields: Any) -> Conversation:
    return Conversation(
        id=ConversationId("c1"), tenant=TenantId("t"), site=SiteId("s"), visitor=VisitorId("v1"), **fields
    )


def changed(given: Change | Rejection | None) -> Conversation:
    assert isinstance(given, Change), given
    return given.conversation


def code(given: Change | Rejection | None) -> str:
    assert isinstance(given, Rejection), given
    return given.code


HAD = conversation(mode="human", assignee=AgentId("li"), assigned_at=500, wanted_at=400)
WAITS = conversation(mode="queued", queued_at=300, wanted_at=300)
OVER = conversation(state="resolved", resolved_at=900, rating=4, assignee=AgentId("li"))


def test_asking_for_a_person_queues_once() -> None:
    asked = changed(changes.ask_for_person(conversation(), NOW, "help", "visitor", ("refunds",)))
    assert (asked.mode, asked.queued_at, asked.wanted_at, asked.skills) == ("queued", NOW, NOW, ("refunds",))
    assert changes.ask_for_person(asked, NOW + 1, "again") is None
    assert changes.ask_for_person(HAD, NOW, "I have one") is None
    assert changed(changes.ask_for_person(conversation(), NOW, "r", "no such code")).handoff_code == "model"


def test_the_first_who_takes_it_has_it_and_a_supervisor_may_take_it_over() -> None:
    taken = changes.take(WAITS, "li", NOW)
    assert (changed(taken).assignee, changed(taken).mode, changed(taken).queued_at) == ("li", "human", 0)
    assert changed(taken).wanted_at == 300, "it was wanted since then"
    refusal = changes.take(HAD, "wang", NOW, owner="Li")
    assert code(refusal) == "conflict"
    assert isinstance(refusal, Rejection)
    assert refusal.message == "Li has this conversation."
    over = changes.take(HAD, "wang", NOW, by_force=True)
    assert isinstance(over, Change)
    assert (over.conversation.assignee, over.reason) == ("wang", "taken over")
    own = changed(changes.take(HAD, "li", NOW))
    assert (own.assigned_at, own.by_hand) == (500, True), "whoever has it keeps it since then"


def test_anybody_may_follow_whoever_had_a_resolved_one() -> None:
    over = replace(OVER, mode="human")
    assert changed(changes.take(over, "wang", NOW)).assignee == "wang"


def test_the_desk_gives_only_what_waits() -> None:
    given = changed(changes.give(WAITS, AgentId("li"), NOW, "assigned"))
    assert (given.assignee, given.by_hand, given.assigned_at) == ("li", False, NOW)
    for other in (HAD, conversation(), OVER, replace(WAITS, state="snoozed")):
        assert changes.give(other, AgentId("li"), NOW, "assigned") is None


def test_who_is_released_waits_since_the_agent_got_it() -> None:
    released = changed(changes.release(HAD, NOW, "absent"))
    assert (released.mode, released.queued_at, released.assignee, released.assigned_at) == (
        "queued",
        500,
        None,
        0,
    )
    assert changes.release(WAITS, NOW, "absent") is None
    assert changes.release(replace(HAD, state="snoozed"), NOW, "absent") is None


def test_assigning_to_a_team_lets_it_wait_there() -> None:
    assigned = changed(changes.assign(HAD, None, "help", NOW, "assigned"))
    assert (assigned.team, assigned.mode, assigned.assignee, assigned.queued_at) == (
        "help",
        "queued",
        None,
        NOW,
    )
    kept = changed(changes.assign(WAITS, None, "help", NOW, "assigned"))
    assert kept.queued_at == 300, "its place is not lost"
    assert changed(changes.assign(WAITS, "li", None, NOW, "assigned")).assignee == "li"


def test_an_agents_answer_takes_what_nobody_has_and_counts_as_first_once() -> None:
    answered = changed(changes.answer_by_agent(replace(WAITS, late=("first:warn", "next:breach")), "li", NOW))
    assert (answered.assignee, answered.first_reply_at, answered.late) == ("li", NOW, ("first:warn",))
    beside = changed(changes.answer_by_agent(HAD, "wang", NOW))
    assert (beside.assignee, beside.first_reply_at) == ("li", NOW)
    assert changes.answer_by_agent(beside, "wang", NOW + 1) is None


def test_a_resolution_ends_what_was_under_way() -> None:
    busy = replace(
        HAD, flow=b"x", misses=2, fired=("r1",), handoff="w", handoff_code="visitor", late=("next:warn",)
    )
    over = changed(changes.resolve(busy, NOW, "done", 12))
    assert (over.state, over.resolved_at, over.mode, over.wanted_at, over.bot_from) == (
        "resolved",
        NOW,
        "bot",
        0,
        12,
    )
    assert (over.flow, over.misses, over.fired, over.handoff, over.late) == (None, 0, (), "", ())
    assert changes.resolve(over, NOW + 1, "again") is None
    closed = changes.close_idle(HAD, NOW)
    assert isinstance(closed, Change)
    assert closed.reason == "idle"


@pytest.mark.parametrize(
    "open_again",
    [
        lambda over: changes.visitor_spoke(over, NOW),
        lambda over: changes.reopen(over, NOW),
        lambda over: changes.take(over, "wang", NOW),
        lambda over: changes.assign(over, "wang", None, NOW, "assigned"),
        lambda over: changes.answer_by_agent(over, "wang", NOW),
        lambda over: changes.ask_for_person(over, NOW, "help"),
    ],
)
def test_one_that_is_open_again_can_be_resolved_and_rated_again(
    open_again: Callable[[Conversation], Change | Rejection | None],
) -> None:
    again = changed(open_again(OVER))
    assert (again.state, again.resolved_at, again.snoozed_until) == ("open", 0, 0)
    assert changed(changes.rate(changed(changes.resolve(again, NOW, "done")), 5, NOW)).rating == 5


def test_a_conversation_is_rated_once_and_when_it_is_over() -> None:
    assert code(changes.rate(HAD, 5, NOW)) == "conflict"
    assert code(changes.rate(OVER, 5, NOW)) == "conflict"
    assert changed(changes.rate(replace(OVER, rating=0), 5, NOW)).rating == 5


def test_what_is_reopened_goes_back_to_who_had_it() -> None:
    assert changed(changes.reopen(OVER, NOW)).mode == "human"
    assert changed(changes.reopen(replace(OVER, assignee=None), NOW)).mode == "bot"
    assert changes.reopen(HAD, NOW) is None


def test_it_sleeps_until_a_time_to_come_or_the_next_message() -> None:
    assert changed(changes.snooze(HAD, NOW + 1, NOW)).snoozed_until == NOW + 1
    asleep = changed(changes.snooze(HAD, 0, NOW))
    assert asleep.state == "snoozed"
    assert code(changes.snooze(HAD, NOW, NOW)) == "invalid"
    assert code(changes.snooze(OVER, 0, NOW)) == "closed"
    woken = changed(changes.visitor_spoke(asleep, NOW))
    assert (woken.state, woken.mode) == ("open", "human")
    assert changes.visitor_spoke(woken, NOW) is None


def test_labels_keep_their_order_and_stand_once() -> None:
    marked = changed(changes.label(conversation(labels=("a", "b")), ("c", " b ", "c", " "), ("a",), NOW))
    assert marked.labels == ("b", "c")
    assert changes.label(marked, ("b",), ("z",), NOW) is None
    assert code(changes.label(marked, ("@li",), (), NOW)) == "invalid"
    assert changed(changes.label(marked, ("b",), ("b",), NOW)).labels == ("c", "b")


def test_giving_it_to_the_bot_ends_the_wish_for_a_person() -> None:
    given = changed(changes.give_to_bot(replace(HAD, handoff="help", handoff_code="visitor", misses=2), NOW))
    assert (given.mode, given.assignee, given.wanted_at, given.handoff, given.misses) == (
        "bot",
        None,
        0,
        "",
        0,
    )


def test_read_marks_go_forward_only_and_not_behind_the_last_message() -> None:
    read = changed(changes.read(conversation(visitor_read=3), 99, 7, by_visitor=True, now_ms=NOW))
    assert (read.visitor_read, read.agent_read) == (7, 0)
    assert changes.read(read, 5, 7, by_visitor=True, now_ms=NOW) is None
    assert changed(changes.read(read, 5, 7, by_visitor=False, now_ms=NOW)).agent_read == 5


def test_a_change_names_what_differs() -> None:
    given = changes.prioritise(conversation(), "high", NOW)
    assert isinstance(given, Change)
    assert (given.what, given.conversation.updated_at) == (("priority",), NOW)
    assert changes.prioritise(given.conversation, "high", NOW) is None
    assert changed(changes.mention(conversation(mentioned=(AgentId("a"),)), ("b", "a"), NOW)).mentioned == (
        "a",
        "b",
    )
    assert changes.open_conversation(conversation(), NOW).what == ("opened",)
