"""Texts compare without case, width and what surrounds them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.folding import exact_key, fold, is_bordered, widen


def test_full_width_letters_and_digits_become_plain() -> None:
    assert widen("ＡｂＣ１２３\u3000，") == "AbC123 ，"
    assert fold("ＡＢ") == fold("ab")


def test_exact_key() -> None:
    assert (
        exact_key(fold("  「Hello,  World」！？ ".replace("「", "（").replace("」", "）"))) == "hello, world"
    )
    assert exact_key("？？") == ""


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


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert len(widen(text)) == len(text)
    assert exact_key(exact_key(fold(text))) == exact_key(fold(text))
