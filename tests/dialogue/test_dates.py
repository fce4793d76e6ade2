"""Dates as people write them, in Chinese and English."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.dialogue.dates import read_date

MONDAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-07", "2026-01-07"),
        ("2026年1月7号下午", "2026-01-07"),
        ("20260107", "2026-01-07"),
        ("1月7日", "2026-01-07"),
        ("12月30日", "2025-12-30"),
        ("1/7", "2026-01-07"),
        ("jan 7", "2026-01-07"),
        ("january 7th, 2027", "2027-01-07"),
        ("7 of january", "2026-01-07"),
        ("今天", "2026-01-05"),
        ("大后天", "2026-01-08"),
        ("后天吧", "2026-01-07"),
        ("昨天", "2026-01-04"),
        ("the day after tomorrow", "2026-01-07"),
        ("tomorrow", "2026-01-06"),
        ("3天后", "2026-01-08"),
        ("三天前", "2026-01-02"),
        ("in 3 days", "2026-01-08"),
        ("2 days ago", "2026-01-03"),
        ("周三", "2026-01-07"),
        ("下周三", "2026-01-14"),
        ("上周五", "2026-01-02"),
        ("下下周一", "2026-01-19"),
        ("星期天", "2026-01-11"),
        ("monday", "2026-01-05"),
        ("next monday", "2026-01-12"),
        ("last friday", "2026-01-02"),
        ("last monday", "2025-12-29"),
        ("2026-13-40", None),
        ("2月30日", None),
        ("may i ask", None),
        ("第3天", None),
        ("", None),
    ],
)
def test_dates(text: str, found: str | None) -> None:
    read = read_date(text, MONDAY)
    assert (read.isoformat() if read else None) == found


@given(st.dates(), st.dates())
def test_iso_dates_read_back(day: date, today: date) -> None:
    assert read_date(day.isoformat(), today) == day


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-150, 150))
def test_date_without_a_year_is_the_nearest(today: date, days: int) -> None:
    day = date.fromordinal(today.toordinal() + days)
    if (day.month, day.day) != (2, 29):
        assert read_date(f"{day.month}月{day.day}日", today) == day


@given(st.text(max_size=30), st.dates())
def test_any_text_is_read_or_refused(text: str, today: date) -> None:
    assert isinstance(read_date(text, today), date | None)
