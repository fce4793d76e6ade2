"""Questions to a whole text against the patterns that they stand for."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import has_controls, has_full_width, is_name

TEXTS = st.text(max_size=80) | st.text(
    alphabet="aZ09_- \t\n\r\x00\x7f\x80ｱＡｚ０９！～　中\U0001f600", max_size=80
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
FULL_WIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u3000]")


@given(TEXTS)
@example("")
@example("\x7f")
@example("中\x1f")
@example("\U0001f600\r")
def test_controls_are_those_of_the_pattern(text: str) -> None:
    assert has_controls(text) is (CONTROLS.search(text) is not None)


@given(TEXTS)
@example("　")
@example("plain")
@example("Ａ")
@example("\U0001f600Ｚ")
def test_full_width_signs_are_those_of_the_pattern(text: str) -> None:
    assert has_full_width(text) is (FULL_WIDTH.search(text) is not None)


@given(TEXTS, st.integers(0, 20), st.integers(0, 80))
@example("018f3a5c-0001_ABCxyz", 8, 64)
@example("@[`{/:", 1, 9)
@example("é" * 9, 1, 9)
def test_names_are_those_of_the_pattern(text: str, least: int, most: int) -> None:
    expected = least <= len(text) <= most and re.fullmatch(r"[A-Za-z0-9_-]*", text) is not None
    assert is_name(text, least, most) is expected


@pytest.mark.parametrize("ask", [has_controls, has_full_width, lambda text: is_name(text, 1, 2)])
@pytest.mark.parametrize("wrong", [None, b"bytes", 5])
def test_anything_but_a_text_is_refused(ask: object, wrong: object) -> None:
    with pytest.raises(TypeError):
        ask(wrong)  # type: ignore[operator]
