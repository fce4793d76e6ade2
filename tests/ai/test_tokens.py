from hypothesis import given
from hypothesis import strategies as st

from fastdesk.ai.tokens import estimate_tokens, line_tokens, most_tokens


def test_estimates() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("退款什么时候到账") == 8
    assert estimate_tokens("where is my order") == 5
    assert line_tokens(["退款", ""]) == 10


@given(st.text())
def test_bound_is_never_below_the_estimate(text: str) -> None:
    assert 0 <= estimate_tokens(text) <= most_tokens([text])
