"""The readable forms that events are turned into, one small class each.

A projection gets every event once, in order, in a transaction that also keeps how far it has got: what it
writes through the connection stands exactly once, whatever crashes. It runs in the projector's thread while
the desk serves: a statement for many rows is better than many statements, because each one takes and gives
the interpreter's lock.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, compress, islice
from typing import Any, Final, Protocol
from zlib import crc32

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Put, Said
from fastdesk.model.ids import ConversationId, TenantId

__all__ = [
    "BASE",
    "Conversations",
    "Events",
    "Feed",
    "Projection",
    "Records",
    "Visitors",
    "execute_rows",
    "sent_digests",
]

_PREVIEW_CHARACTERS: Final = 200

_SIZES: Final = (256, 16, 1)  # rows in one statement

_encode_conversation: Final = msgspec.msgpack.Encoder().encode


class Feed:
    """Consecutive events of one data base, dealt out: what was said, nine tenths of all, and the others.

    Of `said` the positions and the encoded bodies stand in lists of their own, in the same order.
    """

    __slots__ = ("others", "said", "said_bodies", "said_positions")

    def __init__(self, positions: Sequence[int], events: Sequence[Event], bodies: Sequence[bytes]) -> None:
        is_said = [type(event) is Said for event in events]
        is_other = [not flag for flag in is_said]
        self.said: list[Said] = list(compress(events, is_said))  # type: ignore[arg-type]
        self.said_positions = list(compress(positions, is_said))
        self.said_bodies = list(compress(bodies, is_said))
        self.others: list[tuple[int, Event, bytes]] = list(
            compress(zip(positions, events, bodies, strict=True), is_other)
        )


class Projection(Protocol):
    """Turn events into rows."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        """Write what these events mean; commits and rollbacks are the caller's."""


def sent_digests(ids: Iterable[str]) -> Iterator[int]:
    """Return the 32-bit numbers under which messages are found by their ids; others may share them."""
    return map(crc32, map(str.encode, ids))


class Events:
    """Keep every event as it is."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        execute: Callable[..., object] = connection.connection.cursor().execute
        size = _SIZES[0]
        whole = len(feed.said) - len(feed.said) % size
        for start in range(0, whole, size):
            part = slice(start, start + size)
            columns = _said_columns(feed.said_positions[part], feed.said[part], feed.said_bodies[part])
            # PERF: put in place column by column, this takes half the time of making rows and joining them.
            values: list[Any] = [None] * (size * len(columns))
            for place, column in enumerate(columns):
                values[place :: len(columns)] = column
            execute(_with_rows(_INSERT, size, _SAID_ROW), values)
        rest = slice(whole, None)
        columns = _said_columns(feed.said_positions[rest], feed.said[rest], feed.said_bodies[rest])
        execute_rows(connection, _INSERT, zip(*columns, strict=True), row=_SAID_ROW)
        execute_rows(connection, _INSERT, _other_rows(feed))


_INSERT: Final = "INSERT INTO event VALUES {}"
_SAID_ROW: Final = "(?, ?, ?, ?, 'said', ?, ?, ?, ?)"


def _said_columns(positions: list[int], said: list[Said], bodies: list[bytes]) -> Sequence[Iterable[Any]]:
    return (
        positions,
        [event.tenant for event in said],
        [event.rev for event in said],
        [event.at for event in said],
        [event.conversation for event in said],
        [event.seq for event in said],
        sent_digests([event.id for event in said]),
        # The driver looks for an adapter of bytes, each time in vain; of bytearray it doesn't.
        map(bytearray, bodies),
    )


def _other_rows(feed: Feed) -> Iterator[Sequence[Any]]:
    for position, event, body in feed.others:
        if isinstance(event, Put):
            kind, subject = f"put:{event.kind}", event.id
        elif isinstance(event, Changed):
            kind, subject = "changed", event.conversation.id
        else:
            kind, subject = "noted", event.conversation
        yield position, event.tenant, event.rev, event.at, kind, subject, None, None, body


Key = tuple[TenantId, ConversationId]
"""Tenant and conversation."""


class Conversations:
    """Keep each conversation as it stands, with its last message and its unread counter."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        changed: dict[Key, Conversation] = {
            (event.tenant, event.conversation.id): event.conversation
            for _, event, _ in feed.others
            if isinstance(event, Changed)
        }
        if changed:
            _change(connection, changed)
        if feed.said:
            _touch(connection, feed.said, changed)


def _change(connection: Connection, changed: dict[Key, Conversation]) -> None:
    execute_rows(connection, _CHANGE, map(_conversation_row, changed.values()))
    execute_rows(connection, _UNLABEL, changed)
    execute_rows(
        connection,
        "INSERT INTO conversation_label VALUES {} ON CONFLICT DO NOTHING",
        [(tenant, label, id) for (tenant, id), now in changed.items() for label in now.labels],
    )


def _conversation_row(now: Conversation) -> Sequence[Any]:
    return (
        *(now.tenant, now.id, now.site, now.visitor, now.state, now.mode, now.assignee, now.team),
        *(now.opened_at, now.opened_at, now.agent_read, _encode_conversation(now)),
    )


def _touch(connection: Connection, said: list[Said], changed: dict[Key, Conversation]) -> None:
    keys = list(zip([event.tenant for event in said], [event.conversation for event in said], strict=True))
    last = dict(zip(keys, said, strict=True))
    unread = Counter(compress(keys, [event.role == "visitor" for event in said]))
    for key in changed.keys() & unread.keys():
        read = changed[key].agent_read
        unread[key] = sum(
            event.seq > read and event.role == "visitor"
            for each, event in zip(keys, said, strict=True)
            if each == key
        )

    def row(key: Key, event: Said) -> Sequence[Any]:
        return *key, event.at, event.seq, event.role, event.text[:_PREVIEW_CHARACTERS], unread[key]

    execute_rows(connection, _TOUCH, map(row, last.keys(), last.values()))


_CHANGE: Final = """
INSERT INTO conversation (tenant, id, site, visitor, state, mode, assignee, team, opened_at, active_at,
agent_read, body) VALUES {} ON CONFLICT (tenant, id) DO UPDATE SET
  site = excluded.site, visitor = excluded.visitor, state = excluded.state, mode = excluded.mode,
  assignee = excluded.assignee, team = excluded.team, opened_at = excluded.opened_at,
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
        last: dict[tuple[str, str, str], tuple[int, Put]] = {
            (event.tenant, event.kind, event.id): (position, event)
            for position, event, _ in feed.others
            if isinstance(event, Put) and event.kind != "visitor"
        }
        gone = [key for key, (_, event) in last.items() if event.body is None]
        _execute_each(connection, "DELETE FROM record WHERE tenant = ? AND kind = ? AND id = ?", gone)
        execute_rows(
            connection,
            "INSERT INTO record VALUES {} ON CONFLICT (tenant, kind, id)"
            " DO UPDATE SET at = excluded.at, body = excluded.body",
            [
                (*key, event.at, position, event.body.decode())
                for key, (position, event) in last.items()
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
            for _, event, _ in feed.others
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
) -> None:
    """Execute a statement with its `{}` replaced by rows of values, as often as it takes.

    Many rows go into one statement: measured, that is twice as fast as one row each, and SQLite runs all of it
    without the interpreter's lock, so that the loop goes on meanwhile.

    Args:
        row: how one row is written; by default as many question marks as it has values.
        sizes: rows in one statement, descending to 1. They are few, so that the statements stay prepared.
    """
    execute: Callable[..., object] = connection.connection.cursor().execute
    source = iter(rows)
    while chunk := list(islice(source, sizes[0])):
        start = 0
        pattern = row or "(" + ", ".join("?" * len(chunk[0])) + ")"
        for size in sizes:
            while len(chunk) - start >= size:
                values = tuple(chain.from_iterable(chunk[start : start + size]))
                execute(_with_rows(statement, size, pattern), values)
                start += size


def _execute_each(connection: Connection, statement: str, keys: Sequence[tuple[Any, ...]]) -> None:
    if keys:
        connection.exec_driver_sql(statement, list(keys))


@cache
def _with_rows(statement: str, rows: int, pattern: str) -> str:
    return statement.format(", ".join([pattern] * rows))


BASE: Final[tuple[Projection, ...]] = (Events(), Conversations(), Records(), Visitors())
"""What the store itself reads."""
