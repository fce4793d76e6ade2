from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.ai.sentences import MAX_WAIT, Sentences, without_reasoning


def cut(text: str, bounds: list[int]) -> list[str]:
    sentences = Sentences()
    places = [0, *sorted({place % (len(text) + 1) for place in bounds}), len(text)]
    shown = [sentences.feed(text[start:end]) for start, end in pairwise(places)]
    return [piece for piece in [*shown, sentences.finish()] if piece]


def by_character(text: str) -> list[str]:
    return cut(text, list(range(len(text))))


@given(st.text(alphabet="ab 。！.,\n，…”<>", max_size=300), st.lists(st.integers(0, 300)))
def test_nothing_is_lost_or_changed(text: str, bounds: list[int]) -> None:
    assert "".join(cut(text, bounds)) == text


def test_sentences_are_whole() -> None:
    assert by_character("您好！退款三天到账。请稍等") == ["您好！", "退款三天到账。", "请稍等"]
    assert by_character("It costs 3.50 euros. Is that all right? Yes") == [
        "It costs 3.50 euros. ",
        "Is that all right?",
        " Yes",
    ]


def test_several_sentences_of_one_piece_come_together() -> None:
    assert Sentences().feed("一。二！三") == "一。二！"


def test_very_long_sentence_comes_by_clauses() -> None:
    pieces = by_character("这是一个很长的分句，" * 20)
    assert len(pieces) > 3
    assert all(len(piece) <= MAX_WAIT + 10 for piece in pieces)
    assert all(piece.endswith("，") for piece in pieces)


@pytest.mark.parametrize("whole", ["<think>secret. 好。</think>\n\n您好！", "\n<think>\n</think>您好！"])
def test_hidden_reasoning_is_never_shown(whole: str) -> None:
    for place in range(len(whole)):
        assert "".join(cut(whole, [place])) == "您好！"
    assert by_character(whole) == ["您好！"]
    assert without_reasoning(whole) == "您好！"


def test_reasoning_that_never_ends_shows_nothing() -> None:
    assert by_character("<think>secret. secret.") == []
    assert without_reasoning("<think>secret. secret.") == ""


def test_text_that_only_begins_like_reasoning_is_shown() -> None:
    assert "".join(by_character("<thin ice.")) == "<thin ice."
    assert by_character("<th") == ["<th"]
    assert without_reasoning("a <think>b</think>") == "a <think>b</think>"
