"""Terms of texts, against a pattern and sets."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import index_terms

RUN = re.compile("([\u3400-\u9fff\uf900-\ufaff]+)|([^\\W_\u3400-\u9fff\uf900-\ufaff]+)")
TEXTS = (
    st.text(max_size=40) | st.text("退款 申请_Order2025é😀𠀀ß-", max_size=120) | st.text("ab1 ", max_size=90)
)


def expected(text: str) -> set[str]:
    found: set[str] = set()
    for chinese, word in RUN.findall(text):
        found.update(chinese)
        found.update(map("".join, pairwise(chinese)))
        if word:
            found.add(word[:64])
            found.update(word[:size] for size in range(3, min(len(word), 9)))
    return found


@given(TEXTS)
@example("x" * 500)
@example("x" * 9 + " " + "y" * 8 + " " + "z" * 3)
@example("\u3400\u9fff\ua000\uf900\ufaff\ufb00")
@example("😀" * 50 + "𠀀" * 50)
def test_terms_are_what_a_pattern_and_sets_find(text: str) -> None:
    assert set(index_terms(text, "").split(" ")) - {""} == expected(text)


@given(TEXTS, st.sampled_from(["1x", "12345x", "é", ""]))
def test_each_has_the_prefix_and_a_space_behind_it(text: str, prefix: str) -> None:
    found = index_terms(text, prefix)
    assert found == "".join(f"{prefix}{term} " for term in index_terms(text, "").split(" ")[:-1])


def test_a_text_without_words_has_none() -> None:
    assert index_terms("", "1x") == ""
    assert index_terms("…！ _", "1x") == ""
    assert index_terms("\ud800", "1x") == ""


@pytest.mark.parametrize("size", [1, 7, 63, 64, 65, 10_000])
def test_there_is_room_for_the_longest_characters(size: int) -> None:
    assert set(index_terms("𐐨" * size, "9x").split()) == {f"9x{term}" for term in expected("𐐨" * size)}
    assert set(index_terms("𐐨 " * size, "9x").split()) == {"9x𐐨"}


def test_wrong_values_are_refused() -> None:
    for text, prefix in ((None, "1x"), ("x", None), (b"x", "1x")):
        with pytest.raises(TypeError):
            index_terms(text, prefix)  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        index_terms("x", "\ud800")
