"""Endings that say nothing about the subject are cut; words stay words."""

import pytest

from fastdesk.knowledge.stemming import STOP_WORDS, stem


@pytest.mark.parametrize(
    ("words", "common"),
    [
        (("card", "cards"), "card"),
        (("order", "orders", "ordered", "ordering"), "order"),
        (("ship", "ships", "shipped", "shipping"), "ship"),
        (("change", "changed", "changes", "changing"), "chang"),
        (("country", "countries"), "country"),
        (("box", "boxes"), "box"),
        (("address", "addresses"), "address"),
        (("refill", "refilled"), "refill"),
    ],
)
def test_forms_of_a_word_meet(words: tuple[str, ...], common: str) -> None:
    assert {stem(word) for word in words} == {common}


@pytest.mark.parametrize(
    "word", ["bus", "is", "string", "spring", "need", "speed", "status", "退款", "x9s", "été", "a1"]
)
def test_what_only_looks_like_an_ending_stays(word: str) -> None:
    assert stem(word) == word


def test_stop_words_are_folded() -> None:
    assert all(word == word.casefold() for word in STOP_WORDS)
