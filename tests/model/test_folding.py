"""Texts compare without case, width and what surrounds them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.folding import exact_key, fold, widen


def test_full_width_letters_and_digits_become_plain() -> None:
    assert widen("ＡｂＣ１２３\u3000，") == "AbC123 ，"
    assert fold("ＡＢ") == fold("ab")


def test_exact_key() -> None:
    assert (
        exact_key(fold("  「Hello,  World」！？ ".replace("「", "（").replace("」", "）"))) == "hello, world"
    )
    assert exact_key("？？") == ""


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert len(widen(text)) == len(text)
    assert exact_key(exact_key(fold(text))) == exact_key(fold(text))
