"""Who asks for a person gets one, in whatever words; who only mentions people does not."""

import pytest
from msgspec.structs import replace
from tests.pipeline.handlers import turn as turn_of

from fastdesk.model.site import Features, Texts
from fastdesk.model.turn import Turn
from fastdesk.plugins.human import MAX_WISH, Human


def turn(text: str, language: str = "", **site: object) -> Turn:
    """Return the turn of a message on a site with these settings."""
    made = turn_of()
    return Turn(
        message=replace(made.message, text=text), conversation=made.conversation, visitor=made.visitor,
        site=replace(made.site, **site), language=language, received_ns=0, port=made.port,
    )  # fmt: skip


OPEN, CLOSED = Human(lambda conversation, site: True), Human(lambda conversation, site: False)


@pytest.mark.parametrize(
    "text",
    [
        *("转人工", "我要找人工", "人工", " 人工 ", "请帮我转接人工", "轉人工", "要真人"),
        *(
            "agent",
            "Human!",
            "Operator.",
            "I want to talk to a person",
            "can I speak with your representative",
        ),
        *("let me CHAT with someone please", "a real human please", "is there a live agent?"),
    ],
)
def test_a_wish_is_claimed(text: str) -> None:
    assert OPEN.claim(turn(text)) is True


@pytest.mark.parametrize(
    "text",
    [
        *("人工智能是什么", "人工费多少钱", "hello", "", "the agent was friendly", "my person of contact"),
        *("travel agent", "human rights", "转人工" + "。" * MAX_WISH),
    ],
)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert OPEN.claim(turn(text)) is None


def test_a_site_without_people_claims_nothing() -> None:
    assert OPEN.claim(turn("转人工", features=Features(human=False))) is None


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("agent", "", "Of course."),
        ("转人工", "", "好的"),
        ("agent", "zh-CN", "好的"),
        ("转人工", "en", "Of course."),
        ("agent", "fr", "Of course."),
    ],
)
def test_the_answer_is_in_the_language_of_the_visitor(text: str, language: str, answer: str) -> None:
    outcome = OPEN.answer(turn(text, language), True)
    assert outcome.replies[0].text.startswith(answer)
    assert [(action.do, action.values["code"]) for action in outcome.actions] == [("handoff", "visitor")]


def test_the_site_has_its_own_words() -> None:
    asked = turn("agent", "en", texts=Texts(handoff={"en": "One moment."}))
    assert [reply.text for reply in OPEN.answer(asked, True).replies] == ["One moment."]


def test_where_nobody_is_there_the_visitor_waits_without_a_promise() -> None:
    outcome = CLOSED.answer(turn("agent"), True)
    assert outcome.replies == ()
    assert [action.do for action in outcome.actions] == ["handoff"]
