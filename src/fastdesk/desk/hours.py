"""Business hours on the time line: is it open, when does that change, how much business time lies between two moments.

Enters: an `Hours` record and wall-clock milliseconds. Leaves: the same kind of moments. Pure.

Theory of operation: it is open whenever the clock on the wall shows a time within a span. The spans that start on one calendar
day become intervals of the time line, once for each offset from UTC that is in force around that day (two where clocks are
changed); intervals of neighbouring days are merged. Days are remembered, as every question asks about the same few.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastdesk.model.condition import DAYS
from fastdesk.model.hours import Hours, Span

__all__ = ["FAR_MS", "Schedule", "zone_of"]

_DAY_S: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
#: Nobody plans further ahead; a schedule that opens later never opens.
HORIZON_DAYS: Final = 400
#: Offsets are looked up at these distances; no zone has changed its clocks twice within one.
_STEP_S: Final = 6 * 3600
#: Days remembered by one schedule.
_MAX_DAYS: Final = 2 * HORIZON_DAYS
#: How long an answer of `until` holds at most.
FAR_MS: Final = _DAY_S * 1000

_Interval = tuple[int, int]


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, None when the system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class Schedule:
    """Answer questions about one `Hours` record; without one it is always open. Times are milliseconds since 1970."""

    def __init__(self, hours: Hours | None) -> None:
        self._is_always = hours is None
        hours = hours or Hours(id="always")
        self._zone = zone_of(hours.zone) or ZoneInfo("UTC")
        self._week = [_seconds(hours.week.get(day, ())) for day in DAYS]
        self._holidays = frozenset(hours.holidays)
        self._exceptions = {day: _seconds(spans) for day, spans in hours.exceptions.items()}
        self._days: dict[int, tuple[_Interval, ...]] = {}

    def is_open(self, at_ms: int) -> bool:
        """Tell whether it is open at a moment."""
        return self.until(at_ms)[0]

    def until(self, at_ms: int) -> tuple[bool, int]:
        """Return whether it is open, and a moment until which that stays so: the next change, or a day on."""
        far = at_ms + FAR_MS
        if not self._is_always:
            for start, end in self._open(at_ms, far):
                return (True, min(end, far)) if start <= at_ms else (False, min(start, far))
        return self._is_always, far

    def next_open_ms(self, at_ms: int) -> int | None:
        """Return when it opens next; None when it is open, or stays closed for more than a year."""
        if self._is_always:
            return None
        start, _ = next(self._open(at_ms, at_ms + HORIZON_DAYS * FAR_MS), (at_ms, at_ms))
        return start if start > at_ms else None

    def between(self, from_ms: int, to_ms: int) -> int:
        """Return the business time from one moment to a later one, in milliseconds."""
        if self._is_always:
            return max(0, to_ms - from_ms)
        return sum(min(end, to_ms) - max(start, from_ms) for start, end in self._open(from_ms, to_ms))

    def after(self, from_ms: int, business_ms: int) -> int | None:
        """Return the first moment at which so much business time has passed; None when that takes more than a year."""
        if self._is_always:
            return from_ms + business_ms
        left = business_ms
        for start, end in self._open(from_ms, from_ms + HORIZON_DAYS * FAR_MS):
            start = max(start, from_ms)
            if end - start >= left:
                return start + left
            left -= end - start
        return None

    def _open(self, from_ms: int, to_ms: int) -> Iterator[_Interval]:
        """Iterate over the open intervals that touch [from, to), apart from each other and in order."""
        first = self._day_of(from_ms) - 2  # a span over midnight, and a zone whose clocks go back over one
        last = self._day_of(to_ms) + 1
        pending: list[_Interval] = []
        for day in range(first, last + 1):
            pending = _merge([*pending, *self._day(day)])
            settled = (day - _EPOCH_DAY - 1) * _DAY_S * 1000  # later days begin after this in every zone
            while pending and pending[0][1] < settled:
                start, end = pending.pop(0)
                if start >= to_ms:
                    return
                if end > from_ms:
                    yield start, end
        yield from (each for each in pending if each[1] > from_ms and each[0] < to_ms)

    def _day_of(self, at_ms: int) -> int:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone).toordinal()

    def _day(self, ordinal: int) -> tuple[_Interval, ...]:
        known = self._days.get(ordinal)
        if known is None:
            if len(self._days) >= _MAX_DAYS:
                self._days.clear()
            known = self._days[ordinal] = tuple(self._compute(ordinal))
        return known

    def _compute(self, ordinal: int) -> Iterator[_Interval]:
        """Iterate over the intervals of the spans that start on a calendar day."""
        spans = self._spans(date.fromordinal(ordinal))
        if not spans:
            return
        wall = (ordinal - _EPOCH_DAY) * _DAY_S  # the day's midnight, if its wall clock were UTC's
        for since, till, offset in self._offsets(wall - _DAY_S, wall + 3 * _DAY_S):
            for start, end in spans:
                begins, ends = max(wall + start - offset, since), min(wall + end - offset, till)
                if begins < ends:
                    yield begins * 1000, ends * 1000

    def _spans(self, day: date) -> tuple[_Interval, ...]:
        name = day.isoformat()
        if name in self._exceptions:
            return self._exceptions[name]
        if name in self._holidays or name[5:] in self._holidays:
            return ()
        return self._week[day.weekday()]

    def _offsets(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Iterate over (from, to, offset from UTC) of a time, all in seconds."""
        since, offset = start, self._offset(start)
        for at in range(start + _STEP_S, end + _STEP_S, _STEP_S):
            if (other := self._offset(at)) != offset:
                low, high = at - _STEP_S, at  # the clocks change behind `low`, and have at `high`
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if self._offset(middle) == offset else (low, middle)
                yield since, high, offset
                since, offset = high, other
        yield since, end, offset

    def _offset(self, at: int) -> int:
        shift = (_EPOCH + timedelta(seconds=at)).astimezone(self._zone).utcoffset()
        assert shift is not None
        return int(shift.total_seconds())


def _seconds(spans: tuple[Span, ...]) -> tuple[_Interval, ...]:
    """Return spans as seconds from their day's midnight; those over midnight end after 24 hours."""
    found = []
    for start, end in spans:
        begins, ends = _second(start), _second(end)
        found.append((begins, ends if ends > begins else ends + _DAY_S))
    return tuple(found)


def _second(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 3600 + int(minutes) * 60


def _merge(intervals: list[_Interval]) -> list[_Interval]:
    merged: list[_Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
