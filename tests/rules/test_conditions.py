"""Conditions on what surrounds a message: hours, language, labels, intent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.condition import DAYS, Hours, Intent, Label, Language
from fastdesk.model.rule import Note, Rule, RuleId
from fastdesk.rules import Facts, RuleBook


def holds(when: Any, **facts: Any) -> bool:
    made = RuleBook.compile([Rule(id=RuleId("r"), when=when, do=(Note(text="x"),))])
    assert isinstance(made, RuleBook), made
    return made.match(Facts(**facts)) is not None


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-01-05T08:59:59+08:00", False),  # Monday
        ("2026-01-05T09:00:00+08:00", True),
        ("2026-01-05T17:59:59+08:00", True),
        ("2026-01-05T18:00:00+08:00", False),
        ("2026-01-10T10:00:00+08:00", False),  # Saturday
        ("2026-01-05T01:30:00+00:00", True),
    ],
)
def test_span_of_a_day(now: str, is_open: bool) -> None:
    hours = Hours(days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="18:00", zone="Asia/Shanghai")
    assert holds(hours, now_ms=at(now)) is is_open


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-01-09T21:59:00+00:00", False),  # Friday
        ("2026-01-09T22:00:00+00:00", True),
        ("2026-01-10T05:59:00+00:00", True),  # the morning after Friday
        ("2026-01-10T06:00:00+00:00", False),
        ("2026-01-10T23:00:00+00:00", False),  # Saturday evening
        ("2026-01-09T03:00:00+00:00", False),  # the morning after Thursday
    ],
)
def test_span_over_midnight_belongs_to_the_day_it_starts_on(now: str, is_open: bool) -> None:
    assert holds(Hours(days=("fri",), start="22:00", end="06:00"), now_ms=at(now)) is is_open


def test_span_follows_summer_time() -> None:
    hours = Hours(start="09:00", end="10:00", zone="Europe/Berlin")
    assert holds(hours, now_ms=at("2026-01-05T08:30:00+00:00"))
    assert holds(hours, now_ms=at("2026-07-06T07:30:00+00:00"))


@settings(deadline=None)
@given(
    st.integers(0, 4 * 10**12),
    st.sets(st.sampled_from(DAYS)),
    st.times().map(lambda time: time.strftime("%H:%M")),
    st.times().map(lambda time: time.strftime("%H:%M")),
)
def test_span_and_its_rest_make_the_day(now_ms: int, days: set[Any], start: str, end: str) -> None:
    """With all days, exactly one of [a, b) and [b, a) holds at any minute."""
    if start != end:
        assert holds(Hours(start=start, end=end), now_ms=now_ms) is not holds(
            Hours(start=end, end=start), now_ms=now_ms
        )
    if days and not holds(Hours(start=start, end=end), now_ms=now_ms):
        assert not holds(Hours(days=tuple(days), start=start, end=end), now_ms=now_ms)


def test_all_day() -> None:
    midnight = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)
    assert holds(Hours(days=("mon",)), now_ms=midnight)
    assert holds(Hours(days=("mon",)), now_ms=midnight + 86_399_999)
    assert not holds(Hours(days=("mon",)), now_ms=midnight + 86_400_000)


def test_hours_of_the_site() -> None:
    assert holds(Hours(state="open"), open=True)
    assert not holds(Hours(state="open"), open=False)
    assert holds(Hours(state="closed"), open=False)


def test_language_covers_its_regions() -> None:
    assert holds(Language(names=("zh",)), language="zh-TW")
    assert holds(Language(names=("zh-TW",)), language="zh-tw")
    assert not holds(Language(names=("zh-TW",)), language="zh-CN")
    assert not holds(Language(names=("en",)), language="")


def test_label() -> None:
    assert holds(Label(names=("vip", "new")), labels=("new",))
    assert not holds(Label(names=("vip",)), labels=("new",))


def test_intent_needs_its_score() -> None:
    intent = Intent(names=("refund",), above=0.7)
    assert holds(intent, intent=("refund", 0.7))
    assert not holds(intent, intent=("refund", 0.69))
    assert not holds(intent, intent=("other", 1.0))
    assert not holds(intent)
