"""Questions to a whole text against the patterns that they stand for."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import (
    SignSet,
    has_controls,
    has_full_width,
    has_long_number,
    is_bordered,
    is_name,
    scripts,
    utf8_length,
)

TEXTS = st.text(max_size=80) | st.text(
    alphabet="aZ09_- \t\n\r\x00\x7f\x80ｱＡｚ０９！～　中\U0001f600", max_size=80
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
LONG_NUMBER = re.compile(r"[0-9０-９][0-9０-９ \-.()–]{6}")
#: Kana, Han, Hangul, Cyrillic, Arabic, Hebrew, Thai, Devanagari, Greek.
SCRIPTS = [
    re.compile(f"[{block}]")
    for block in (
        r"\u3041-\u30ff", r"\u3400-\u9fff\uf900-\ufaff", r"\uac00-\ud7a3\u1100-\u11ff", r"\u0400-\u04ff", r"\u0600-\u06ff",
        r"\u0590-\u05ff", r"\u0e00-\u0e7f", r"\u0900-\u097f", r"\u0370-\u03ff",
    )
]  # fmt: skip
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


@given(TEXTS | st.text(alphabet="0189０９ -.()–ax+", max_size=40))
@example("123456")
@example("1234567")
@example("-123 (4)")
@example("订单１２３-4567")
def test_long_numbers_are_those_of_the_pattern(text: str) -> None:
    assert has_long_number(text) is (LONG_NUMBER.search(text) is not None)


@given(TEXTS | st.text(alphabet="aк中のカ한ตहगאعΩé\U0001f600", max_size=10))
def test_scripts_are_those_of_the_patterns(text: str) -> None:
    assert scripts(text) == sum(1 << place for place, one in enumerate(SCRIPTS) if one.search(text))


def test_every_character_belongs_to_the_script_of_its_pattern() -> None:
    for sign in map(chr, range(0x11000)):
        expected = sum(1 << place for place, one in enumerate(SCRIPTS) if one.search(sign))
        assert scripts(sign) == expected, hex(ord(sign))


@given(TEXTS)
@example("é中\U0001f600\ud800")
def test_length_in_utf8_is_that_of_the_bytes(text: str) -> None:
    assert utf8_length(text) == len(text.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "ask",
    [has_controls, has_full_width, has_long_number, scripts, utf8_length, lambda text: is_name(text, 1, 2)],
)
@pytest.mark.parametrize("wrong", [None, b"bytes", 5])
def test_anything_but_a_text_is_refused(ask: object, wrong: object) -> None:
    with pytest.raises(TypeError):
        ask(wrong)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "word", "is_whole"),
    [
        ("加QQ123", "QQ", True),
        ("xqq", "qq", False),
        ("3ps", "3p", False),
        ("33p", "3p", False),
        ("我sex你", "sex", True),
        ("sex_y", "sex", True),
        ("é ab", "ab", True),
        ("éab", "ab", False),
        ("退款", "退", True),
    ],
)
def test_borders(text: str, word: str, is_whole: bool) -> None:
    start = text.index(word)
    assert is_bordered(text, start, start + len(word)) is is_whole


@given(TEXTS, st.data())
def test_borders_are_where_no_word_and_no_number_goes_on(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(-1, len(text)))
    end = data.draw(st.integers(-1, len(text) + 1))
    if 0 <= start < end <= len(text):
        assert is_bordered(text, start, end) is not (goes_on(text, start) or goes_on(text, end))
    else:
        with pytest.raises(IndexError):
            is_bordered(text, start, end)


def goes_on(text: str, place: int) -> bool:
    if place in (0, len(text)):
        return False
    pair = text[place - 1 : place + 1]
    return max(pair) < "\u0250" and (pair.isalpha() or pair.isdigit())


@given(st.text(alphabet="們个這a\u4e00\u9fffЯ\U0001f600", max_size=20))
@example("")
def test_a_sign_of_a_set_is_found(text: str) -> None:
    signs = SignSet("們這\u4e00\u9fff")
    assert signs.occurs_in(text) == (re.search("[們這\u4e00\u9fff]", text) is not None)


@pytest.mark.parametrize("sign", ["a", "\u4dff", "\ua000"])
def test_signs_of_other_scripts_are_refused(sign: str) -> None:
    with pytest.raises(ValueError, match="is not of"):
        SignSet(f"們{sign}")
