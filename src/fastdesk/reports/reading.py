"""Read reports: add up the sums of a period, and of the one before it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, CursorResult, text

from fastdesk.model.ids import TenantId
from fastdesk.reports.catalog import Report
from fastdesk.reports.counters import BUCKET_MS, COUNTERS
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
    sums = _Sums(connection, tenant, report, period)
    place = only or ("all", "")
    if split in ("day", "hour"):
        rows = sums.in_time(*place, split)
        total = sums.add(values for _, values in rows)
    elif split == "all" and not report.dimension:
        total = sums.of_key(*place)
        rows = [((), total)]
    else:
        rows = sums.by_key(report.dimension or split)
        # A conversation may bear several labels, or none.
        total = sums.of_key(*place) if split == "label" else sums.add(values for _, values in rows)
    return Table([[*keys, *sums.figures(values)] for keys, values in rows], [*sums.figures(total)])


def _is_there(connection: Connection) -> bool:
    """Tell whether the follower has made its tables: not before the first events of a data base."""
    return connection.dialect.has_table(connection, "report_count")


Keys = tuple[Any, ...]


class _Sums:
    """Read the counters that a report's columns need."""

    def __init__(self, connection: Connection, tenant: TenantId, report: Report, period: Period) -> None:
        self._connection = connection
        self._columns = report.columns
        used = {name for column in report.columns for name in (*column.counters, *column.of)}
        self._names: list[str] = [name for name in COUNTERS if name in used]
        self._period = period
        first, last = period.buckets
        self._values = {"tenant": tenant, "first": first, "last": last}

    def of_key(self, dimension: str, key: str) -> Sequence[int]:
        """Return the sums of one key."""
        sums = ", ".join(f"sum({name})" for name in self._names)
        row = self._execute(f"SELECT {sums}{_WHERE} AND key = :key", dimension, key).one()
        return [value or 0 for value in row]

    def by_key(self, dimension: str) -> list[tuple[Keys, Sequence[int]]]:
        """Return the sums of each key of a dimension."""
        sums = ", ".join(f"sum({name})" for name in self._names)
        rows = self._execute(f"SELECT key, {sums}{_WHERE} GROUP BY key ORDER BY key", dimension)
        return [((row[0],), row[1:]) for row in rows]

    def in_time(self, dimension: str, key: str, split: str) -> list[tuple[Keys, Sequence[int]]]:
        """Return the sums of each day, or of each hour of the week, of the period's zone.

        SQLite adds them up: a year has more quarters of an hour than the interpreter should walk through while others chat.
        """
        size, per_round, named = _IN_TIME[split]
        place = f"(bucket * {BUCKET_MS // 1000} + {_offset_of(self._period)}) / {size} % {per_round}"
        sums = ", ".join(f"sum({name})" for name in self._names)
        rows = self._execute(
            f"SELECT {place} AS place, {sums}{_WHERE} AND key = :key GROUP BY place", dimension, key
        )
        return sorted((named(row[0]), list(row[1:])) for row in rows)

    def add(self, rows: Iterable[Sequence[int]]) -> Sequence[int]:
        """Add rows up."""
        return [sum(column) for column in zip(*rows, strict=True)] or [0] * len(self._names)

    def figures(self, sums: Sequence[int]) -> Iterator[int | float | None]:
        """Give the report's figures; what is divided by nothing is None."""
        known: dict[str, int] = dict(zip(self._names, sums, strict=True))
        for column in self._columns:
            value = sum(known[name] for name in column.counters)
            number = sum(known[name] for name in column.of)
            if not column.of:
                yield value
            elif not number:
                yield None
            else:
                yield round(value / number, None if column.unit in ("ms", "money") else 4)

    def _execute(self, query: str, dimension: str, key: str = "") -> CursorResult[Any]:
        values = {**self._values, "dimension": dimension}
        return self._connection.execute(text(query), {**values, "key": key} if ":key" in query else values)


_WHERE: Final = " FROM report_count WHERE tenant = :tenant AND dimension = :dimension AND bucket >= :first AND bucket < :last"


def _day(days: int) -> Keys:
    return (date.fromordinal(_FIRST_DAY + days).isoformat(),)


def _hour_of_week(hours: int) -> Keys:
    day, hour = divmod(hours, 24)
    return (_FIRST_DAY + day - 1) % 7 + 1, hour


_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_FAR: Final = 1 << 40
#: Seconds of a piece of time, how many there are until they begin anew, and how the one of a number is called.
_IN_TIME: Final = {"day": (86_400, _FAR, _day), "hour": (3600, 168, _hour_of_week)}


def _offset_of(period: Period) -> str:
    """Return, in SQL, the seconds by which a bucket's wall clock is ahead; zones change theirs once or twice a year."""
    first, last = period.buckets
    steps: list[str] = []
    known = _offset(first, period.zone)
    for bucket in (*range(first, last, _DAY_BUCKETS), last):
        if _offset(bucket, period.zone) == known:
            continue
        since = max(first, bucket - _DAY_BUCKETS)
        begins = next(each for each in range(since, bucket + 1) if _offset(each, period.zone) != known)
        steps.append(f"WHEN bucket < {begins} THEN {known}")
        known = _offset(bucket, period.zone)
    return f"CASE {' '.join(steps)} ELSE {known} END" if steps else str(known)


_DAY_BUCKETS: Final = 86_400_000 // BUCKET_MS


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
