"""What is known of a conversation: outcomes as defined, reasons as codes."""

import pytest
from tests.reports.conftest import Talk

from fastdesk.reports.facts import Facts, handoff_reason

FALLBACK = {"by": "fallback"}


def facts_of(talk: Talk) -> Facts:
    facts = Facts()
    for event in talk.events:
        facts.learn(event)  # type: ignore[arg-type]
    return facts


def asked() -> Talk:
    return Talk().open().say("visitor")


@pytest.mark.parametrize(
    ("talk", "outcome"),
    [
        (asked(), ""),
        (asked().say("bot"), "assumed"),
        (asked().say("bot").resolve("desk", "idle"), "assumed"),
        (asked().say("bot").resolve("visitor", "visitor ended"), "confirmed"),
        (asked().say("bot").resolve("desk", "idle").rate(5), "confirmed"),
        (asked().say("bot").resolve("visitor", "visitor ended").rate(1), "abandoned"),
        (asked().say("bot").resolve("desk", "idle").rate(3), "assumed"),
        (asked().say("bot", why=FALLBACK), "abandoned"),
        (asked().say("bot", why=FALLBACK).say("visitor").say("bot"), "assumed"),
        (asked().say("bot").say("visitor"), "abandoned"),
        (asked().say("bot").queue(), "escalated"),
        (asked().say("bot").take("a1").say("agent", "a1"), "escalated"),
        (asked().say("bot").queue().resolve().rate(5), "escalated"),
    ],
)
def test_outcome_is_what_the_definition_says(talk: Talk, outcome: str) -> None:
    assert facts_of(talk).outcome == outcome


@pytest.mark.parametrize(
    ("reason", "actor", "code"),
    [
        ("visitor asked for a person", "desk", "visitor"),
        ("call me at 13800138000", "visitor", "visitor"),
        ("word filter", "visitor", "blocked"),
        ("not_sure", "desk", "not_sure"),
        ("The visitor Li Lei is angry", "desk", "other"),
        ("", "desk", "other"),
    ],
)
def test_reason_of_a_handoff_is_a_code(reason: str, actor: str, code: str) -> None:
    assert handoff_reason(reason, actor) == code


def test_a_queue_left_by_the_visitor_is_missed_and_no_wait() -> None:
    facts = facts_of(asked().queue().after(5).resolve("visitor", "visitor ended"))
    assert facts.waits == []
    assert facts.wanted_at
    assert not facts.replied_at


def test_two_resolutions_may_have_two_ratings() -> None:
    facts = facts_of(
        asked().say("bot").resolve().rate(2).reopen().say("visitor").say("bot").resolve().rate(5)
    )
    assert [score for _, score, _ in facts.ratings] == [2, 5]
    assert len(facts.reopened) == 1
    assert facts.outcome == "confirmed"


def test_odd_bodies_are_passed_over() -> None:
    talk = asked()
    talk.note_why({"by": 5, "model": None, "assistant": ["late"], "tokens_in": "many"})
    talk.rate(5)
    talk.events[-1] = type(talk.events[-1])(
        *[*(getattr(talk.events[-1], n) for n in talk.events[-1].__struct_fields__[:-1]), {"score": "five"}]
    )
    assert facts_of(talk).ratings == []
