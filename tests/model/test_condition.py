"""Comparisons of values, and the shape of nested conditions."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.condition import All, Any, Compare, Condition, Exact, Not, depth, parts


@pytest.mark.parametrize(
    ("tests", "value", "passes"),
    [
        ({"equals": "Gold"}, "gold", True),
        ({"equals": 3}, "3", True),
        ({"equals": 3}, 3.0, True),
        ({"equals": 3}, True, False),
        ({"equals": True}, True, True),
        ({"equals": True}, "true", True),
        ({"equals": True}, 1, False),
        ({"equals": "x"}, None, False),
        ({"any_of": ("a", 2)}, "2", True),
        ({"any_of": ("a", 2)}, "b", False),
        ({"contains": "ol"}, "Gold", True),
        ({"contains": "vip"}, ["VIP"], True),
        ({"contains": "vi"}, ["VIP"], False),
        ({"above": 1, "below": 3}, 2, True),
        ({"above": 1, "below": 3}, 3, False),
        ({"above": 1}, "2.5", True),
        ({"above": 1}, "many", False),
        ({"exists": True}, "x", True),
        ({"exists": True}, None, False),
        ({"exists": False}, None, True),
        ({"exists": False}, "", False),
        ({}, "x", True),
        ({}, None, False),
    ],
)
def test_compare(tests: dict[str, object], value: object, passes: bool) -> None:
    assert Compare(path="a.b", **tests).holds(value) is passes  # type: ignore[arg-type]


def test_nested_conditions() -> None:
    leaf = Exact(texts=("x",))
    nested = All(of=(leaf, Not(of=Any(of=(leaf, leaf)))))
    assert depth(leaf) == 1
    assert depth(nested) == 4
    assert parts(nested).count(leaf) == 3


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"exact","texts":[]}',
        b'{"kind":"exact","texts":[""]}',
        b'{"kind":"exact","text":"x"}',
        b'{"kind":"regex","pattern":"' + b"a" * 501 + b'"}',
        b'{"kind":"hours","start":"25:00"}',
        b'{"kind":"compare","path":"A..b"}',
        b'{"kind":"compare","path":"a","above":1e300}',
        b'{"kind":"intent","names":["x"],"above":2}',
        b'{"kind":"other"}',
    ],
)
def test_wrong_shape_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Condition)


@settings(deadline=None)
@given(
    st.from_type(type(None)) | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())
)
def test_any_value_can_be_compared(value: object) -> None:
    for compare in (
        Compare(path="a", equals="x"),
        Compare(path="a", above=1),
        Compare(path="a", contains="y"),
    ):
        assert compare.holds(value) in (True, False)
