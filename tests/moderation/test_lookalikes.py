"""Look-alikes become the signs they look like, one for one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.moderation.lookalikes import LEET, LOOKALIKES, plain


def test_common_signs() -> None:
    assert plain("\u0440\u0430\u0441") == "pac"
    assert plain("ⓐ𝗯𝓬🅳⽇") == "abcd日"
    assert plain("ＡΒ") == "ａb"


def test_meanings_are_final() -> None:
    assert not set(LOOKALIKES.values()) & set(LOOKALIKES)
    assert not (set(LOOKALIKES.values()) | set(LOOKALIKES)) & set("@$!")
    assert set(LEET) & set(LOOKALIKES) == set()
    assert all(len(sign) == len(meaning) == 1 for sign, meaning in LOOKALIKES.items())


@settings(deadline=None)
@given(st.text())
def test_length_never_changes(text: str) -> None:
    assert len(plain(text)) == len(text.lower())
