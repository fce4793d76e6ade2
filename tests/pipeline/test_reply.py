"""Stage 5: what of an answer is stored, in whose name, and which of its actions are carried out."""

from typing import Any

import pytest
from tests.pipeline.conftest import Floor
from tests.pipeline.handlers import Says
from tests.plugins.assistant_world import TENANT, Peer

from fastdesk.model.turn import Action, Outcome, Reply
from fastdesk.model.word import Level, Word, WordList, WordListId
from fastdesk.pipeline.reply import pick_text

VIRTUAL_TIME = True


async def answered(floor: Floor, outcome: Outcome, reason: str = "", visitor: Peer | None = None) -> Peer:
    """Let a visitor get this outcome; by the desk's own will when there is a reason."""
    if visitor is None:
        visitor = await floor.visitor()
        await floor.ask(visitor, "hello")
    assert visitor.live is not None
    handler = Says("test", make=lambda claim: outcome)
    floor.engine.answering.volunteer(visitor.live, handler, "x", reason)
    await floor.settle()
    return visitor


def action(do: Any, **values: Any) -> Outcome:
    return Outcome(actions=(Action(do=do, values=values),))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-CN", "您好"),
        ("zh-TW", "您好"),
        ("en-GB", "Hello"),
        ("fr", "Hello"),
        ("de", "Hallo"),
        ("", "Hello"),
    ],
)
def test_the_nearest_language_is_taken(language: str, expected: str) -> None:
    assert pick_text({"zh-CN": "您好", "de": "Hallo", "en": "Hello"}, language) == expected


def test_without_english_any_words_are_better_than_none() -> None:
    assert pick_text({"de": "", "zh": "您好"}, "fr") == "您好"
    assert pick_text({"de": ""}, "de", "otherwise") == "otherwise"
    assert (pick_text("the same", "fr"), pick_text("", "fr", "otherwise")) == ("the same", "otherwise")


async def test_why_stands_at_the_first_of_several_replies(echoing_floor: Floor) -> None:
    outcome = Outcome(replies=(Reply(text="one"), Reply(text="two", name="Bo")), why={"rule": "r1"})
    visitor = await answered(echoing_floor, outcome)
    one, two = (await echoing_floor.said(visitor))[-2:]
    assert [(said.text, said.why) for said in (one, two)] == [("one", {"rule": "r1"}), ("two", None)]
    assert (one.role, one.sender, two.name) == ("bot", "desk", "Bo")


async def test_why_nothing_was_said_is_noted(echoing_floor: Floor) -> None:
    visitor = await answered(echoing_floor, Outcome(why={"rule": "silent"}))
    assert [note.body for note in await echoing_floor.notes(visitor, "why")] == [
        {"turn": 2, "rule": "silent"}
    ]


async def test_the_word_filter_has_the_last_word(echoing_floor: Floor) -> None:
    levels: dict[str, Level] = {"secret": "mask", "curse": "block"}
    for word, level in levels.items():
        echoing_floor.put(TENANT, "words", WordList(id=WordListId(word), level=level, words=(Word(word),)))
    await echoing_floor.settle()
    visitor = await answered(echoing_floor, Outcome(replies=(Reply(text="a secret"), Reply(text="a curse"))))
    assert visitor.texts[-2:] == ["a ******", "Sorry, this answer cannot be shown."]
    assert [note.body and note.body["side"] for note in await echoing_floor.notes(visitor, "why")] == [
        "output"
    ] * 2


async def test_a_bot_that_comes_late_says_nothing_but_what_it_was_not_asked_for_still_counts(
    echoing_floor: Floor,
) -> None:
    floor = echoing_floor
    li = await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    await floor.do(li, t="take", conversation=floor.conversation(visitor).id)
    outcome = Outcome(replies=(Reply(text="late"),), actions=(Action(do="label", values={"add": ["x"]}),))
    await answered(floor, outcome, visitor=visitor)
    assert floor.conversation(visitor).labels == ()
    await answered(floor, outcome, "time passed", visitor)
    assert floor.conversation(visitor).labels == ("x",)
    assert "late" not in visitor.texts


async def test_who_waits_for_a_person_may_still_be_told_something(echoing_floor: Floor) -> None:
    visitor = await echoing_floor.ask_for_person("v1")
    await answered(echoing_floor, Outcome(replies=(Reply(text="It takes a while."),)), "waiting", visitor)
    assert visitor.texts[-1] == "It takes a while."


async def test_misses_are_counted_to_two_and_forgotten_after_an_answer(echoing_floor: Floor) -> None:
    floor, missed = echoing_floor, Outcome(replies=(Reply(text="what?"),), missed=True)
    visitor = await answered(floor, missed)
    for expected in (2, 2):
        await answered(floor, missed, visitor=visitor)
        assert floor.conversation(visitor).misses == expected
    await answered(floor, Outcome(), visitor=visitor)
    assert floor.conversation(visitor).misses == 2, "silence is no answer"
    await answered(floor, Outcome(replies=(Reply(text="ah"),)), visitor=visitor)
    assert floor.conversation(visitor).misses == 0


async def test_the_state_of_a_flow_is_kept_left_or_ended(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await answered(floor, Outcome(flow=b"state", fired=("once",)))
    await answered(floor, Outcome(fired=("once", "twice")), visitor=visitor)
    assert (floor.conversation(visitor).flow, floor.conversation(visitor).fired) == (
        b"state",
        ("once", "twice"),
    )
    await answered(floor, Outcome(flow=b""), visitor=visitor)
    assert floor.conversation(visitor).flow is None


async def test_actions_change_the_conversation(echoing_floor: Floor) -> None:
    floor = echoing_floor
    visitor = await answered(floor, action("fields", order="A1"))
    await answered(floor, action("fields", colour="red"), visitor=visitor)
    await answered(floor, action("priority", priority="high"), visitor=visitor)
    await answered(floor, action("note", text="look"), visitor=visitor)
    await answered(floor, action("webhook", name="w"), visitor=visitor)
    await answered(floor, action("snooze", for_ms=60_000), "a rule", visitor)
    now = floor.conversation(visitor)
    assert (now.fields, now.priority, now.state) == ({"order": "A1", "colour": "red"}, "high", "snoozed")
    assert now.snoozed_until - now.updated_at == 60_000
    assert [note.text for note in await floor.notes(visitor, "note")] == ["look"]
    assert [note.body for note in await floor.notes(visitor, "webhook")] == [{"name": "w"}]


async def test_a_hand_off_names_its_reason_and_code(echoing_floor: Floor) -> None:
    visitor = await answered(
        echoing_floor, action("handoff", reason="unsure", code="not_sure", skills=("law",))
    )
    now = echoing_floor.conversation(visitor)
    assert (now.mode, now.handoff, now.handoff_code, now.skills) == ("queued", "unsure", "not_sure", ("law",))
