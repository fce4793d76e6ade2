"""Read reports: add up the sums of a period, and of the one before it."""

from bisect import bisect
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from fastdesk.model.ids import TenantId
from fastdesk.reports.catalog import Column, Report
from fastdesk.reports.counters import BUCKET_MS, COUNTERS, DAY, HOUR, QUARTER, SIZES
from fastdesk.reports.facts import Facts

__all__ = ["Period", "Row", "Table", "read_conversations", "read_table", "read_unanswered"]

_decode: Final = msgspec.msgpack.Decoder(Facts).decode

Row = list[str | int | float | None]
"""The key of a row (two for `hour`: weekday from 1 for Monday, and hour), then a figure per column; None is "nothing to say"."""


class Period(Struct, frozen=True):
    """From one wall-clock millisecond to before another, seen in a time zone."""

    first_ms: int
    last_ms: int
    zone: tzinfo = UTC

    @property
    def before(self) -> "Period":
        """Return the period of the same length that ends where this one begins."""
        return Period(2 * self.first_ms - self.last_ms, self.first_ms, self.zone)

    @property
    def buckets(self) -> tuple[int, int]:
        """Return the first quarter of an hour and the one behind the last; a piece of one counts whole."""
        return self.first_ms // BUCKET_MS, -(-self.last_ms // BUCKET_MS)


class Table(Struct, frozen=True):
    """What a report says of a period: rows, and their total."""

    rows: list[Row]
    total: Row


def read_table(
    connection: Connection,
    tenant: TenantId,
    report: Report,
    period: Period,
    split: str = "all",
    only: tuple[str, str] | None = None,
) -> Table:
    """Return the rows of a report.

    Args:
        split: what rows stand for, one of the report's `splits`.
        only: (dimension, key) that the figures are limited to; for splits by time only.
    """
    if not _is_there(connection):
        return Table([], [None] * len(report.columns))
    figures = _Figures(connection, tenant, report, period)
    place = only or ("all", "")
    if split in _IN_TIME:
        return Table(figures.in_time(*place, split), figures.total(*place))
    if split == "all" and not report.dimension:
        total = figures.total(*place)
        return Table([total], total)
    dimension = report.dimension or split
    # A conversation may bear several labels, or none.
    total = figures.total(*place) if split == "label" else figures.total(dimension)
    return Table(figures.by_key(dimension), total)


def _is_there(connection: Connection) -> bool:
    """Tell whether the follower has made its tables: not before the first events of a data base."""
    return connection.dialect.has_table(connection, "report_count")


class _Figures:
    """Make the figures of a report's columns.

    SQLite adds up, divides, and writes rows as one JSON text. So the interpreter, whose lock those who chat are waiting for,
    has one row to fetch and to read.
    """

    def __init__(self, connection: Connection, tenant: TenantId, report: Report, period: Period) -> None:
        self._connection = connection
        self._tenant = tenant
        used = {name for column in report.columns for name in (*column.counters, *column.of)}
        self._sums = ", ".join(f"ifnull(sum({name}), 0) AS {name}" for name in COUNTERS if name in used)
        self._figures = ", ".join(map(_in_sql, report.columns))
        self._period = period

    def total(self, dimension: str, key: str | None = None) -> Row:
        """Return the figures of one key, or of all keys of a dimension together."""
        (row,) = self._read(dimension, key)
        return row

    def by_key(self, dimension: str) -> list[Row]:
        """Return the figures of each key of a dimension."""
        return self._read(dimension, group="key", names="place")

    def in_time(self, dimension: str, key: str, split: str) -> list[Row]:
        """Return the figures of each day, or of each hour of the week, of the period's zone."""
        piece_s, place, names = _IN_TIME[split]
        shifts = _shifts(self._period)
        group = place.format(f"(bucket * {BUCKET_MS // 1000} + {_ahead_in_sql(shifts)})")
        return self._read(dimension, key, group, names, _whole_span(shifts, piece_s))

    def _read(
        self, dimension: str, key: str | None = None, group: str = "", names: str = "", largest: int = DAY
    ) -> list[Row]:
        """Return the figures over the period, made of spans of at most `largest` buckets; by `group`, called `names`, if any."""
        spans = spans_of(*self._period.buckets, largest)
        values: dict[str, Any] = {"tenant": self._tenant, "dimension": dimension}
        for number, span in enumerate(spans):
            values |= zip((f"size{number}", f"first{number}", f"last{number}"), span, strict=True)
        if key is not None:
            values["key"] = key
        query = _SELECT.format(
            # Marks instead of numbers: a statement is prepared once, for whatever period.
            spans=", ".join(
                f"(:size{number}, :first{number}, :last{number})" for number in range(len(spans))
            ),
            sums=f"{group} AS place, {self._sums}" if group else self._sums,
            key="" if key is None else "AND key = :key",
            group="GROUP BY place" if group else "",
            figures=f"{names}, {self._figures}" if group else self._figures,
        )
        return sorted(_decode_rows(self._connection.execute(text(query), values).scalar_one()))


def _in_sql(column: Column) -> str:
    """Return a column's figure in SQL; what is divided by nothing is null."""
    value, number = " + ".join(column.counters), " + ".join(column.of)
    if not number:
        return value
    mean = f"1.0 * ({value}) / ({number})"  # null when the number is 0
    return f"CAST(round({mean}) AS INTEGER)" if column.unit in ("ms", "money") else f"round({mean}, 4)"


_decode_rows: Final = msgspec.json.Decoder(list[list[str | int | float | None]]).decode

#: The spans come first, so that each is one range of the table's key.
_SELECT: Final = """
WITH span (size, first, last) AS (VALUES {spans}),
sums AS (
    SELECT {sums} FROM span CROSS JOIN report_count AS counted
    WHERE tenant = :tenant AND dimension = :dimension
    AND counted.size = span.size AND bucket >= span.first AND bucket < span.last {key} {group}
)
SELECT json_group_array(json_array({figures})) FROM sums
"""


def spans_of(first: int, last: int, largest: int = DAY) -> list[tuple[int, int, int]]:
    """Cut buckets into (size, first, before) such that as few rows as possible, none above `largest`, hold them all."""
    spans: list[tuple[int, int, int]] = []
    for size, above in pairwise(size for size in SIZES if size <= largest):
        inner, outer = -(-first // above) * above, last // above * above
        if inner >= outer:
            return [*spans, (size, first, last)]
        spans += [(size, first, inner), (size, outer, last)]
        first, last = inner, outer
    return [*(span for span in spans if span[1] < span[2]), (largest, first, last)]


#: Seconds of a piece of time, the number of the one that {} seconds of the wall clock lie in, and how that is called.
#: The first of January 1970 was a Thursday.
_IN_TIME: Final = {
    "day": (86_400, "{} / 86400", "date(place * 86400, 'unixepoch')"),
    "hour": (3600, "{} / 3600 % 168", "(place / 24 + 3) % 7 + 1, place % 24"),
}


def _shifts(period: Period) -> list[tuple[int, int]]:
    """Return (first bucket, seconds by which the zone's clocks are ahead from then on); one or two a year."""
    first, last = period.buckets
    shifts = [(first, _offset(first, period.zone))]
    for start in range(first, last, _WEEK):
        end = min(start + _WEEK, last)
        ahead = _offset(end, period.zone)
        if ahead != shifts[-1][1]:
            begins = bisect(range(start, end), 0, key=lambda bucket: _offset(bucket, period.zone) == ahead)
            shifts.append((start + begins, ahead))
    return shifts


def _ahead_in_sql(shifts: Sequence[tuple[int, int]]) -> str:
    """Return the seconds by which the clocks are ahead at a bucket, in SQL."""
    if len(shifts) == 1:
        return str(shifts[0][1])
    cases = [f"WHEN bucket < {begins} THEN {before}" for (_, before), (begins, _) in pairwise(shifts)]
    return f"CASE {' '.join(cases)} ELSE {shifts[-1][1]} END"


def _whole_span(shifts: Sequence[tuple[int, int]], piece_s: int) -> int:
    """Return the largest span that never lies in two pieces of so many seconds of the zone."""
    for size in (DAY, HOUR):
        span_s = size * BUCKET_MS // 1000
        is_even = all(begins % size == 0 for begins, _ in shifts[1:])
        if span_s <= piece_s and is_even and all(ahead % span_s == 0 for _, ahead in shifts):
            return size
    return QUARTER


#: No zone changes its clocks and takes it back within so many buckets.
_WEEK: Final = 7 * DAY


def _offset(bucket: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(bucket * BUCKET_MS / 1000, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


# Conversations and questions.

_CONVERSATIONS: Final = text(
    "SELECT id, opened_at, body FROM report_conversation WHERE tenant = :tenant AND opened_at >= :first"
    " AND opened_at < :last AND (opened_at, id) > (:at, :id) ORDER BY opened_at, id LIMIT :limit"
)
_UNANSWERED: Final = text(
    "SELECT at, conversation, seq FROM report_unanswered WHERE tenant = :tenant AND at >= :first AND at < :last"
    " ORDER BY at DESC LIMIT :limit"
)


def read_conversations(
    connection: Connection, tenant: TenantId, period: Period, after: tuple[int, str], limit: int
) -> list[tuple[str, Facts]]:
    """Return the next conversations opened in a period, oldest first, behind (opening, id)."""
    if not _is_there(connection):
        return []
    values = {
        "tenant": tenant,
        "first": period.first_ms,
        "last": period.last_ms,
        "at": after[0],
        "id": after[1],
    }
    return [
        (row.id, _decode(row.body)) for row in connection.execute(_CONVERSATIONS, {**values, "limit": limit})
    ]


def read_unanswered(
    connection: Connection, tenant: TenantId, period: Period, limit: int
) -> list[tuple[int, str, int]]:
    """Return (time, conversation, seq) of questions without an answer, newest first."""
    if not _is_there(connection):
        return []
    values = {"tenant": tenant, "first": period.first_ms, "last": period.last_ms, "limit": limit}
    return [(row.at, row.conversation, row.seq) for row in connection.execute(_UNANSWERED, values)]
