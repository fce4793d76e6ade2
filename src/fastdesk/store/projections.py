"""The readable forms that events are turned into, one small class each.

A projection gets every event once, in order, in a transaction that also keeps how far it has got: what it
writes through the connection stands exactly once, whatever crashes. It runs in the projector's thread while
the desk serves: a statement for many rows is better than many statements, because each one takes and gives
the interpreter's lock.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, compress, islice
from typing import Any, Final, Protocol, TypeVar, cast
from zlib import crc32

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Put, Said
from fastdesk.model.ids import TenantId

__all__ = [
    "BASE",
    "Conversations",
    "Events",
    "Feed",
    "Projection",
    "Records",
    "Visitors",
    "execute_rows",
    "subject_of",
]

T = TypeVar("T")

_PREVIEW_CHARACTERS: Final = 200

_SIZES: Final = (256, 16, 1)  # rows in one statement

_encode_conversation: Final = msgspec.msgpack.Encoder().encode


Key = tuple[TenantId, str]
"""A tenant and a subject: what an event is about."""


class Feed:
    """Consecutive events of one data base with their positions, bodies and keys;

    `said` and `others` of them apart.
    """

    __slots__ = ("_is_said", "_others", "bodies", "events", "keys", "others", "positions", "said")

    def __init__(self, positions: Sequence[int], events: Sequence[Event], bodies: Sequence[bytes]) -> None:
        self.positions = positions
        self.events = events
        self.bodies = bodies
        subjects = [event.conversation if type(event) is Said else subject_of(event) for event in events]
        self.keys: list[Key] = list(zip([event.tenant for event in events], subjects, strict=True))
        self._is_said = [type(event) is Said for event in events]
        self._others = [place for place, is_said in enumerate(self._is_said) if not is_said]
        self.said = cast("Sequence[Said]", self.of_said(events))
        self.others = list(zip(self.of_others(positions), self.of_others(events), strict=True))

    def of_said(self, column: Sequence[T]) -> Sequence[T]:
        """Return a column of the events that were said."""
        return list(compress(column, self._is_said)) if self._others else column

    def of_others(self, column: Sequence[T]) -> list[T]:
        """Return a column of the other events."""
        return [column[place] for place in self._others]


def subject_of(event: Event) -> str:
    """Return what an event is about, unique within its tenant."""
    if isinstance(event, Put):
        return f"{event.kind}:{event.id}"
    return event.conversation.id if isinstance(event, Changed) else event.conversation


class Projection(Protocol):
    """Turn events into rows."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        """Write what these events mean; commits and rollbacks are the caller's."""


class Events:
    """Keep every event as it is, linked to the one before it about the same subject."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        previous = _link(connection, feed)
        tenants = [event.tenant for event in feed.said]
        revs = [event.rev for event in feed.said]
        seqs = [event.seq for event in feed.said]
        bodies = feed.of_said(feed.bodies)
        columns = (feed.of_said(feed.positions), tenants, revs, seqs, feed.of_said(previous), bodies)
        # PERF: put in place column by column, these take half the time of rows that are made and joined.
        size = _SIZES[0]
        whole = len(feed.said) - len(feed.said) % size
        cursor = connection.connection.cursor()
        for start in range(0, whole, size):
            values: list[Any] = [None] * (size * 7)
            for place, column in enumerate(_with_checksums(columns, slice(start, start + size))):
                values[place::7] = column
            cursor.execute(_with_rows(_INSERT, size, _SAID_ROW), values)
        rest = zip(*_with_checksums(columns, slice(whole, None)), strict=True)
        execute_rows(connection, _INSERT, rest, row=_SAID_ROW)
        execute_rows(connection, _INSERT, _other_rows(feed, previous))


_INSERT: Final = "INSERT INTO event (position, tenant, rev, kind, seq, previous, checksum, body) VALUES {}"
_SAID_ROW: Final = "(?, ?, ?, 'said', ?, ?, ?, ?)"


def _link(connection: Connection, feed: Feed) -> list[int]:
    """Return for each event the position of the one before it about the same subject; move the heads."""
    heads = {(row[0], row[1]): row[2] for row in execute_rows(connection, _HEADS, set(feed.keys))}
    previous = []
    for key, position in zip(feed.keys, feed.positions, strict=True):
        previous.append(heads.get(key, 0))
        heads[key] = position
    # Sorted, neighbours in the table are written one after the other.
    execute_rows(connection, _SET_HEADS, [(*key, position) for key, position in sorted(heads.items())])
    return previous


_HEADS: Final = """
WITH wanted (tenant, subject) AS (VALUES {})
SELECT head.tenant, head.subject, head.position FROM wanted
CROSS JOIN head ON head.tenant = wanted.tenant AND head.subject = wanted.subject
"""
_SET_HEADS: Final = (
    "INSERT INTO head VALUES {} ON CONFLICT (tenant, subject) DO UPDATE SET position = excluded.position"
)


def _with_checksums(columns: tuple[Sequence[Any], ...], part: slice) -> tuple[Iterable[Any], ...]:
    bodies = columns[-1][part]
    # The driver looks for an adapter of bytes, each time in vain; of bytearray it doesn't.
    return *(column[part] for column in columns[:-1]), map(crc32, bodies), map(bytearray, bodies)


def _other_rows(feed: Feed, previous: list[int]) -> Iterator[Sequence[Any]]:
    bodies = feed.of_others(feed.bodies)
    for (position, event), before, body in zip(feed.others, feed.of_others(previous), bodies, strict=True):
        kind = str(event.__struct_config__.tag)
        yield position, event.tenant, event.rev, kind, 0, before, crc32(body), body


class Conversations:
    """Keep each conversation as it stands, with its last message and its unread counter."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        changed: dict[Key, Conversation] = {
            (event.tenant, event.conversation.id): event.conversation
            for _, event in feed.others
            if isinstance(event, Changed)
        }
        if changed:
            _change(connection, changed)
        if feed.said:
            _touch(connection, feed, changed)


def _change(connection: Connection, changed: dict[Key, Conversation]) -> None:
    execute_rows(connection, _CHANGE, map(_conversation_row, changed.values()))
    execute_rows(connection, _UNLABEL, changed)
    execute_rows(
        connection,
        "INSERT INTO conversation_label VALUES {} ON CONFLICT DO NOTHING",
        [
            (tenant, label, id)
            for (tenant, id), now in changed.items()
            for label in (*now.labels, *(f"@{agent}" for agent in now.mentioned))
        ],
    )


def _conversation_row(now: Conversation) -> Sequence[Any]:
    return (
        *(
            now.tenant,
            now.id,
            now.site,
            now.visitor,
            now.state,
            now.mode,
            now.assignee,
            now.team,
            now.priority,
        ),
        *(now.opened_at, now.opened_at, now.agent_read, _encode_conversation(now)),
    )


def _touch(connection: Connection, feed: Feed, changed: dict[Key, Conversation]) -> None:
    keys = feed.of_said(feed.keys)
    last = dict(zip(keys, feed.said, strict=True))
    is_unread = [event.role == "visitor" for event in feed.said]
    if changed:  # perhaps an agent has read on meanwhile
        read = {key: now.agent_read for key, now in changed.items()}
        for place, (key, event) in enumerate(zip(keys, feed.said, strict=True)):
            if event.seq <= read.get(key, 0):
                is_unread[place] = False
    unread = Counter(compress(keys, is_unread))

    def row(key: Key, event: Said) -> Sequence[Any]:
        return *key, event.at, event.seq, event.role, event.text[:_PREVIEW_CHARACTERS], unread[key]

    execute_rows(connection, _TOUCH, map(row, last.keys(), last.values()))


_CHANGE: Final = """
INSERT INTO conversation (tenant, id, site, visitor, state, mode, assignee, team, priority, opened_at, active_at,
agent_read, body) VALUES {} ON CONFLICT (tenant, id) DO UPDATE SET
  site = excluded.site, visitor = excluded.visitor, state = excluded.state, mode = excluded.mode,
  assignee = excluded.assignee, team = excluded.team, priority = excluded.priority, opened_at = excluded.opened_at,
  unread = CASE
    WHEN excluded.agent_read >= conversation.last_seq THEN 0
    WHEN conversation.last_seq - excluded.agent_read < conversation.unread
      THEN conversation.last_seq - excluded.agent_read
    ELSE conversation.unread END,
  agent_read = excluded.agent_read, body = excluded.body
"""

# Not `(tenant, conversation) IN (VALUES …)`: SQLite would read the whole table for it.
_UNLABEL: Final = """
WITH changed (tenant, id) AS (VALUES {})
DELETE FROM conversation_label WHERE rowid IN (
  SELECT bears.rowid FROM changed CROSS JOIN conversation_label AS bears
  ON bears.tenant = changed.tenant AND bears.conversation = changed.id)
"""

_TOUCH: Final = """
WITH touched (tenant, id, at, seq, role, text, unread) AS (VALUES {})
UPDATE conversation SET
  active_at = touched.at, last_seq = touched.seq, last_role = touched.role, last_text = touched.text,
  unread = conversation.unread + touched.unread
FROM touched WHERE conversation.tenant = touched.tenant AND conversation.id = touched.id
"""


class Records:
    """Keep every record but the visitors as it was last put."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        last: dict[tuple[str, str, str], Put] = {}
        made: dict[tuple[str, str, str], int] = {}  # positions of the first puts, which order the records
        gone: set[tuple[str, str, str]] = set()
        for position, event in feed.others:
            if isinstance(event, Put) and event.kind != "visitor":
                key = (event.tenant, event.kind, event.id)
                last[key] = event
                if event.body is None:
                    gone.add(key)
                    made.pop(key, None)
                else:
                    made.setdefault(key, position)
        _execute_each(connection, "DELETE FROM record WHERE tenant = ? AND kind = ? AND id = ?", list(gone))
        execute_rows(
            connection,
            "INSERT INTO record VALUES {} ON CONFLICT (tenant, kind, id)"
            " DO UPDATE SET at = excluded.at, body = excluded.body",
            [
                (*key, event.at, made[key], event.body.decode())
                for key, event in last.items()
                if event.body is not None
            ],
        )


class _VisitorColumns(Struct):
    site: str = ""
    identity: str | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    last_seen: int = 0


def _visitor_columns(body: bytes) -> tuple[Any, ...]:
    try:
        return msgspec.structs.astuple(msgspec.json.decode(body, type=_VisitorColumns))
    except msgspec.DecodeError:
        # What is in the journal stays there: it is kept as it is, and not found by its columns.
        return msgspec.structs.astuple(_VisitorColumns())


class Visitors:
    """Keep every visitor as they were last put, findable by identity and by what they are called."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        last = {
            (event.tenant, event.id): event.body
            for _, event in feed.others
            if isinstance(event, Put) and event.kind == "visitor"
        }
        gone = [key for key, body in last.items() if body is None]
        _execute_each(connection, "DELETE FROM visitor WHERE tenant = ? AND id = ?", gone)
        execute_rows(
            connection,
            "INSERT INTO visitor VALUES {} ON CONFLICT (tenant, id) DO UPDATE SET site = excluded.site,"
            " identity = excluded.identity, name = excluded.name, email = excluded.email,"
            " phone = excluded.phone, last_seen = excluded.last_seen, body = excluded.body",
            [
                (*key, *_visitor_columns(body), body.decode())
                for key, body in last.items()
                if body is not None
            ],
        )


def execute_rows(
    connection: Connection,
    statement: str,
    rows: Iterable[Sequence[Any]],
    *,
    row: str = "",
    sizes: Sequence[int] = _SIZES,
) -> list[Any]:
    """Execute a statement with its `{}` replaced by rows of values, as often as it takes; return what it finds.

    Many rows go into one statement: measured, that is twice as fast as one row each, and SQLite runs all of
    it without the interpreter's lock, so that the loop goes on meanwhile.

    Args:
        row: how one row is written; by default as many question marks as it has values.
        sizes: rows in one statement, descending to 1. They are few, so that the statements stay prepared.
    """
    found: list[Any] = []
    cursor = connection.connection.cursor()
    source = iter(rows)
    while chunk := list(islice(source, sizes[0])):
        start = 0
        pattern = row or "(" + ", ".join("?" * len(chunk[0])) + ")"
        for size in sizes:
            while len(chunk) - start >= size:
                values = tuple(chain.from_iterable(chunk[start : start + size]))
                cursor.execute(_with_rows(statement, size, pattern), values)
                found += cursor.fetchall()
                start += size
    return found


def _execute_each(connection: Connection, statement: str, keys: Sequence[tuple[Any, ...]]) -> None:
    if keys:
        connection.exec_driver_sql(statement, list(keys))


@cache
def _with_rows(statement: str, rows: int, pattern: str) -> str:
    return statement.format(", ".join([pattern] * rows))


BASE: Final[tuple[Projection, ...]] = (Events(), Conversations(), Records(), Visitors())
"""What the store itself reads."""
