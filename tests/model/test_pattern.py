"""Patterns of owners: refused with the place and the reason, linear however hostile."""

import pytest

from fastdesk.model.pattern import Pattern, PatternFault, PatternSet, compile_pattern


def made(source: str, case: bool = False) -> Pattern:
    pattern = compile_pattern(source, case)
    assert isinstance(pattern, Pattern), pattern
    return pattern


@pytest.mark.parametrize(
    ("source", "position", "reason"),
    [
        ("ab(", 0, "a ( is not closed"),
        ("ab)c", 2, "a ) closes nothing"),
        ("[)]a)", 4, "a ) closes nothing"),
        ("a(?=b)", 1, "look-around"),
        (r"(a)\1", 3, "escape"),
        ("x|*", 2, "nothing to repeat"),
        ("a**", 1, "two repeat signs"),
        ("退[款", 1, "a [ is not closed"),
        ("a{1001}", 1, "repeat count"),
        ("ab\\", 2, "backslash"),
        ("[z-a]", 1, "range"),
    ],
)
def test_fault_has_place_and_reason(source: str, position: int, reason: str) -> None:
    fault = compile_pattern(source)
    assert isinstance(fault, PatternFault)
    assert fault.position == position
    assert reason in fault.reason


def test_costly_pattern_is_refused() -> None:
    fault = compile_pattern(r"\p{L}{200}")
    assert isinstance(fault, PatternFault)
    assert "too costly" in fault.reason


def test_groups_are_found_in_chinese_text() -> None:
    assert made(r"订单(\d+)的(.)").search("我的订单123的款") == ("订单123的款", "123", "款")
    assert made("x").search("退款") is None


def test_set_finds_all_patterns_with_their_own_case() -> None:
    patterns = PatternSet([made("退款|refund"), made("ABC", case=True), made("^a.c$")])
    assert sorted(patterns.find("abc REFUND")) == [0]
    assert sorted(patterns.find("ABC")) == [1, 2]
    assert patterns.find("nothing") == []


def test_hostile_pattern_and_text_stay_linear() -> None:
    """`(a+)+$` on a backtracking engine would need 2^5000 steps here and never return."""
    evil = [made("(a+)+$"), made("(a|aa)+$"), made("(.*a){20}x")]
    text = "a" * 5_000 + "!"
    assert PatternSet(evil).find(text) == []
    assert [pattern.search(text) for pattern in evil] == [None, None, None]
