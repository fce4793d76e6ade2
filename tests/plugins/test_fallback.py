"""What nobody understood: an apology first, then the offer of a person."""

import pytest
from msgspec.structs import replace
from tests.plugins.test_human import OPEN
from tests.plugins.test_human import turn as asked

from fastdesk.model.site import Texts
from fastdesk.model.turn import Turn
from fastdesk.plugins.fallback import Fallback


def turn(misses: int, text: str = "xyzzy", language: str = "", kind: str = "text", **fallback: str) -> Turn:
    """Return the turn of a visitor who was not understood so many times before."""
    made = asked(text, language, texts=Texts(fallback=fallback))
    return Turn(
        message=replace(made.message, kind=kind), conversation=replace(made.conversation, misses=misses), visitor=made.visitor,
        site=made.site, language=language, received_ns=0, port=made.port,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "begins"),
    [("xyzzy", "", "Sorry"), ("什么", "", "抱歉"), ("xyzzy", "zh-TW", "抱歉"), ("什么", "fr", "Sorry")],
)
def test_the_first_miss_is_an_apology_the_second_an_offer(text: str, language: str, begins: str) -> None:
    first = Fallback().answer(turn(0, text, language), True)
    second = Fallback().answer(turn(1, text, language), True)
    for outcome in (first, second):
        assert outcome.missed
        assert outcome.replies[0].text.startswith(begins)
    assert first.replies[0].extra is None
    assert second.replies[0].text != first.replies[0].text


@pytest.mark.parametrize("language", ["en", "zh-CN", "fr"])
def test_pressing_the_button_hands_over(language: str) -> None:
    extra = Fallback().answer(turn(2, language=language), True).replies[0].extra
    assert extra is not None
    (button,) = extra["buttons"]
    assert OPEN.claim(turn(2, button["value"])) is True


def test_the_sites_own_words_come_first() -> None:
    outcome = Fallback().answer(turn(0, language="en", en="Pardon?"), True)
    assert [reply.text for reply in outcome.replies] == ["Pardon?"]


def test_why_says_who_answered_and_why_nobody_else_did() -> None:
    assert Fallback().claim(turn(0)) is True
    outcome = Fallback(lambda turn: {"model": "over budget"}).answer(turn(1), True)
    assert outcome.why == {"by": "fallback", "misses": 1, "model": "over budget"}


def test_of_several_files_the_first_brings_the_offer_of_a_person() -> None:
    first = turn(0, "cup.png", "zh-CN", kind="image")
    assert Fallback().claim(first) is True
    outcome = Fallback().answer(first, True)
    assert outcome.missed
    assert outcome.replies[0].text.startswith("文件已收到")
    assert outcome.replies[0].extra is not None
    assert outcome.why == {"by": "file", "misses": 0}
    assert Fallback().claim(turn(1, "box.png", "zh-CN", kind="image")) is None
    assert Fallback().claim(turn(1, "and now?")) is True
