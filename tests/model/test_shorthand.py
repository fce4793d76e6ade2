"""The short form of conditions, durations and buttons gives the long one."""

from typing import Any

import pytest

from fastdesk.model.document import Node
from fastdesk.model.shorthand import expand_condition, expand_duration, expand_option, many


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"exact": "x"}, {"kind": "exact", "texts": ["x"]}),
        ({"contains": [1, "a"]}, {"kind": "contains", "texts": ["1", "a"]}),
        ({"keywords": ["a", "b"]}, {"kind": "keywords", "all": ["a", "b"]}),
        ({"regex": "a+"}, {"kind": "regex", "pattern": "a+"}),
        ({"regex": {"pattern": "a", "case": True}}, {"kind": "regex", "pattern": "a", "case": True}),
        ({"hours": "open"}, {"kind": "hours", "state": "open"}),
        ({"hours": {"days": "fri-mon"}}, {"kind": "hours", "days": ["fri", "sat", "sun", "mon"]}),
        ({"intent": {"names": "x", "above": 0.9}}, {"kind": "intent", "names": ["x"], "above": 0.9}),
        ({"value": "a.b", "in": [1, 2]}, {"kind": "compare", "path": "a.b", "any_of": [1, 2]}),
        ({"not": {"label": "x"}}, {"kind": "not", "of": {"kind": "label", "names": ["x"]}}),
        ([{"exact": "x"}], {"kind": "exact", "texts": ["x"]}),
        (
            {"exact": "x", "language": "zh"},
            {"kind": "all", "of": [{"kind": "exact", "texts": ["x"]}, {"kind": "language", "names": ["zh"]}]},
        ),
        ({"kind": "not", "of": {"exact": "x"}}, {"kind": "not", "of": {"kind": "exact", "texts": ["x"]}}),
        ({"strange": 1}, {"kind": "strange", "strange": 1}),
        ("x", "x"),
    ],
)
def test_condition(short: Any, long: Any) -> None:
    assert expand_condition(Node.of(short)).plain() == long


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("90s", 90_000),
        ("5m", 300_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("500ms", 500),
        (7, 7),
        ("soon", "soon"),
        ("1.5h", "1.5h"),
    ],
)
def test_duration(short: Any, long: Any) -> None:
    assert expand_duration(Node.of(short)).plain() == long


def test_option_and_many() -> None:
    assert expand_option(Node.of("是")).plain() == {"label": "是"}
    assert expand_option(Node.of({"zh": "是", "en": "Yes"})).plain() == {"label": {"zh": "是", "en": "Yes"}}
    assert expand_option(Node.of({"label": "是", "value": "y"})).plain() == {"label": "是", "value": "y"}
    assert many(Node.of(12315)).plain() == ["12315"]
    assert many(Node.of([True, None, {}])).plain() == [True, None, {}]
