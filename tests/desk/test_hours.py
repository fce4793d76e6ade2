"""Business hours against a clock on the wall that is looked at every minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastdesk.desk.hours import Schedule, zone_of
from fastdesk.model.condition import DAYS
from fastdesk.model.hours import Hours

MINUTE = 60_000
DAY = 86_400_000

#: Zones with whole, half and quarter hours, both hemispheres, changes at midnight, by half an hour, and none at all.
ZONES = (
    "UTC", "Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "Europe/London", "America/New_York",
    "America/St_Johns", "America/Sao_Paulo", "America/Havana", "America/Santiago", "Australia/Lord_Howe", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Africa/Cairo", "Antarctica/Troll",
)  # fmt: skip


def moment(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def looks_open(hours: Hours, at_ms: int) -> bool:
    """Look at the wall: the slow and obvious answer."""
    zone = ZoneInfo(hours.zone)
    wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    return any(
        start <= minute + 1440 * back < end
        for back in (0, 1)
        for start, end in spans_of(hours, wall - timedelta(days=back))
    )


def spans_of(hours: Hours, day: datetime) -> list[tuple[int, int]]:
    name = day.date().isoformat()
    spans = hours.exceptions.get(name)
    if spans is None:
        is_holiday = name in hours.holidays or name[5:] in hours.holidays
        spans = () if is_holiday else hours.week.get(DAYS[day.weekday()], ())
    found = []
    for start, end in spans:
        begins, ends = (int(time[:2]) * 60 + int(time[3:]) for time in (start, end))
        found.append((begins, ends if ends > begins else ends + 1440))
    return found


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


#: Starts and ends of days, the hours in which clocks are changed, and any other minute.
times = st.sampled_from((0, 30, 60, 90, 119, 120, 150, 180, 540, 1080, 1380, 1439)) | st.integers(0, 1439)
spans = st.lists(st.tuples(times.map(_time), (times | st.just(1440)).map(_time)), max_size=3).map(tuple)
#: Moments near the changes of most of these zones, and any other of twenty years.
starts = st.sampled_from(
    [
        moment(text)
        for text in (
            "2026-03-28T12:00", "2026-10-24T12:00", "2026-03-07T20:00", "2026-10-31T20:00", "2026-04-04T00:00", "2026-10-03T00:00",
            "2018-11-03T12:00", "2018-02-17T12:00", "2011-12-29T00:00", "2023-03-25T12:00", "2026-12-31T00:00",
        )
    ]
) | st.integers(moment("2015-01-01T00:00") // MINUTE, moment("2034-12-31T00:00") // MINUTE).map(lambda each: each * MINUTE)  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, int]:
    start = draw(starts)
    near = [
        (datetime(1970, 1, 1) + timedelta(milliseconds=start, days=days)).date().isoformat()
        for days in range(-2, 5)
    ]
    hours = Hours(
        id="h",
        zone=draw(st.sampled_from(ZONES)),
        week=draw(st.dictionaries(st.sampled_from(DAYS), spans, max_size=7)),
        holidays=tuple(draw(st.lists(st.sampled_from([*near, *(each[5:] for each in near)]), max_size=2))),
        exceptions=draw(st.dictionaries(st.sampled_from(near), spans, max_size=2)),
    )
    return hours, start


@settings(max_examples=80, deadline=None)
@given(cases())
@example(
    (Hours(id="h", zone="Europe/Berlin", week={"sun": (("01:30", "02:30"),)}), moment("2026-03-28T12:00"))
)
@example(
    (Hours(id="h", zone="Europe/Berlin", week={"sun": (("01:30", "02:30"),)}), moment("2026-10-24T12:00"))
)
@example(
    (Hours(id="h", zone="Pacific/Apia", week={"fri": (("22:00", "03:00"),)}), moment("2011-12-29T00:00"))
)
def test_every_minute_of_days_is_as_the_wall_shows(case: tuple[Hours, int]) -> None:
    hours, start = case
    schedule = Schedule(hours)
    at, end = start, start + 2 * DAY
    states = {minute: looks_open(hours, minute) for minute in range(start, end + MINUTE, MINUTE)}
    while at < end:
        state, until = schedule.until(at)
        assert until > at
        for minute in range(at, min(until, end), MINUTE):
            assert state is states[minute], datetime.fromtimestamp(minute / 1000, UTC)
        at = until
    assert schedule.between(start, end) == MINUTE * sum(states[each] for each in range(start, end, MINUTE))
    opens = schedule.next_open_ms(start)
    if not states[start] and any(states.values()):
        assert opens == next(minute for minute, is_open in states.items() if is_open)
    elif states[start]:
        assert opens is None


def test_spans_behind_the_end_of_a_time_count_nothing() -> None:
    hours = Hours(id="h", zone="Asia/Shanghai", week={"mon": (("00:00", "00:30"), ("00:31", "00:32"))})
    start = moment("2026-03-28T20:00", "Asia/Shanghai")
    monday = moment("2026-03-30T00:00", "Asia/Shanghai")
    assert Schedule(hours).between(start, monday + MINUTE) == MINUTE
    assert Schedule(hours).between(start, monday + 30 * MINUTE) == 30 * MINUTE


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 30 * 60))
def test_time_that_is_added_is_the_time_that_lies_between(case: tuple[Hours, int], minutes: int) -> None:
    hours, start = case
    due = Schedule(hours).after(start, minutes * MINUTE)
    if due is None:
        assert Schedule(hours).between(start, start + 399 * DAY) < minutes * MINUTE
    else:
        assert Schedule(hours).between(start, due) == minutes * MINUTE
        assert Schedule(hours).between(start, due - MINUTE) < minutes * MINUTE


def test_without_hours_it_is_always_open() -> None:
    always = Schedule(None)
    assert always.is_open(0)
    assert always.next_open_ms(0) is None
    assert always.after(5, 10) == 15
    assert always.between(5, 10) == 5


def test_hours_without_a_span_never_open() -> None:
    never = Schedule(Hours(id="h"))
    now = moment("2026-06-01T12:00")
    assert not never.is_open(now)
    assert never.next_open_ms(now) is None
    assert never.after(now, 1) is None


def test_a_holiday_closes_and_an_exception_opens() -> None:
    week = {day: (("09:00", "12:00"), ("13:30", "18:00")) for day in DAYS}
    hours = Hours(
        id="h", zone="Asia/Shanghai", week=week, holidays=("10-01", "2026-10-02"),
        exceptions={"2026-10-02": (("10:00", "11:00"),)},
    )  # fmt: skip
    schedule = Schedule(hours)
    assert schedule.next_open_ms(moment("2026-09-30T18:00", "Asia/Shanghai")) == moment(
        "2026-10-02T10:00", "Asia/Shanghai"
    )
    assert schedule.next_open_ms(moment("2027-09-30T18:00", "Asia/Shanghai")) == moment(
        "2027-10-02T09:00", "Asia/Shanghai"
    )


def test_the_night_before_a_holiday_runs_on_into_it() -> None:
    hours = Hours(id="h", week={"fri": (("22:00", "02:00"),)}, holidays=("2026-10-03",))
    assert Schedule(hours).is_open(moment("2026-10-03T01:59"))
    assert not Schedule(hours).is_open(moment("2026-10-03T02:00"))


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "", "\0"])
def test_a_zone_that_is_none_is_not_found(name: str) -> None:
    assert zone_of(name) is None
