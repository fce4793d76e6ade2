"""The readable forms that events are turned into, one small class each.

A projection gets every event once, in order, in a transaction that also keeps how far it has got: what it
writes through the connection stands exactly once, whatever crashes. It runs in the projector's thread while
the desk serves: a statement for many rows is better than many statements, because each one takes and gives
the interpreter's lock.
"""

import zlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Put, Said

__all__ = [
    "BASE",
    "Conversations",
    "Events",
    "Feed",
    "Projection",
    "Records",
    "Visitors",
    "execute_rows",
    "sent_digest",
]

_PREVIEW_CHARACTERS: Final = 200

_SIZES: Final = (256, 16, 1)  # rows in one statement

_encode_conversation: Final = msgspec.msgpack.Encoder().encode


class Feed(Struct, frozen=True):
    """Consecutive events of one data base: the journal's positions, the events, and their encoded bodies."""

    positions: Sequence[int]
    events: list[Event]
    bodies: list[bytes]

    def after(self, position: int) -> "Feed":
        """Return the part behind `position`."""
        skip = bisect_right(self.positions, position)
        return Feed(self.positions[skip:], self.events[skip:], self.bodies[skip:]) if skip else self


class Projection(Protocol):
    """Turn events into rows."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        """Write what these events mean; commits and rollbacks are the caller's."""


def sent_digest(id: str) -> int:
    """Return the 32-bit number under which a message is found by its id; others may share it."""
    return zlib.crc32(id.encode())


class Events:
    """Keep every event as it is."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        execute_rows(connection, "INSERT INTO event VALUES {}", _event_rows(feed))


def _event_rows(feed: Feed) -> Iterator[Sequence[Any]]:
    for position, event, body in zip(feed.positions, feed.events, feed.bodies, strict=True):
        head = (position, event.tenant, event.rev, event.at)
        if type(event) is Said:
            yield *head, "said", event.conversation, event.seq, sent_digest(event.id), body
        elif isinstance(event, Changed):
            yield *head, "changed", event.conversation.id, None, None, body
        elif isinstance(event, Noted):
            yield *head, "noted", event.conversation, None, None, body
        else:
            yield *head, f"put:{event.kind}", event.id, None, None, body


class _Touched:
    """What the messages of one feed add to a conversation."""

    __slots__ = ("last", "visitor_seqs")

    def __init__(self, last: Said) -> None:
        self.last = last
        self.visitor_seqs: list[int] = []


class Conversations:
    """Keep each conversation as it stands, with its last message and its unread counter."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        changed: dict[tuple[str, str], Changed] = {}
        touched: dict[tuple[str, str], _Touched] = {}
        for event in feed.events:
            if isinstance(event, Said):
                key = (event.tenant, event.conversation)
                touch = touched.get(key)
                if touch is None:
                    touch = touched[key] = _Touched(event)
                touch.last = event
                if event.role == "visitor":
                    touch.visitor_seqs.append(event.seq)
            elif isinstance(event, Changed):
                changed[event.tenant, event.conversation.id] = event
        if changed:
            self._change(connection, changed.values())
        if touched:
            self._touch(connection, touched, changed)

    def _change(self, connection: Connection, changed: Collection[Changed]) -> None:
        now = [event.conversation for event in changed]
        execute_rows(connection, _CHANGE, map(_conversation_row, now))
        execute_rows(
            connection,
            "DELETE FROM conversation_label WHERE (tenant, conversation) IN (VALUES {})",
            [(each.tenant, each.id) for each in now],
        )
        execute_rows(
            connection,
            "INSERT INTO conversation_label VALUES {} ON CONFLICT DO NOTHING",
            [(each.tenant, label, each.id) for each in now for label in each.labels],
        )

    def _touch(
        self,
        connection: Connection,
        touched: dict[tuple[str, str], _Touched],
        changed: dict[tuple[str, str], Changed],
    ) -> None:
        def row(key: tuple[str, str], touch: _Touched) -> Sequence[Any]:
            last = touch.last
            read = changed[key].conversation.agent_read if key in changed else 0
            unread = sum(1 for seq in touch.visitor_seqs if seq > read)
            return *key, last.at, last.seq, last.role, last.text[:_PREVIEW_CHARACTERS], unread

        execute_rows(connection, _TOUCH, (row(key, touch) for key, touch in touched.items()))


def _conversation_row(now: Conversation) -> Sequence[Any]:
    return (
        *(now.tenant, now.id, now.site, now.visitor, now.state, now.mode, now.assignee, now.team),
        *(now.opened_at, now.opened_at, now.agent_read, _encode_conversation(now)),
    )


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
        last: dict[tuple[str, str, str], tuple[int, Put]] = {}
        for position, event in zip(feed.positions, feed.events, strict=True):
            if isinstance(event, Put) and event.kind != "visitor":
                last[event.tenant, event.kind, event.id] = (position, event)
        execute_rows(
            connection,
            "DELETE FROM record WHERE (tenant, kind, id) IN (VALUES {})",
            [key for key, (_, event) in last.items() if event.body is None],
        )
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
            for event in feed.events
            if isinstance(event, Put) and event.kind == "visitor"
        }
        execute_rows(
            connection,
            "DELETE FROM visitor WHERE (tenant, id) IN (VALUES {})",
            [key for key, body in last.items() if body is None],
        )
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
    connection: Connection, statement: str, rows: Iterable[Sequence[Any]], sizes: Sequence[int] = _SIZES
) -> None:
    """Execute a statement with its `{}` replaced by `sizes` rows of values each, as often as it takes.

    Many rows go into one statement: measured, that is twice as fast as one row each, and SQLite runs all of it
    without the interpreter's lock, so that the loop goes on meanwhile. The few sizes keep the statements prepared;
    the last one must be 1.
    """
    source = iter(rows)
    while chunk := list(islice(source, sizes[0])):
        start = 0
        for size in sizes:
            while len(chunk) - start >= size:
                part = chunk[start : start + size]
                start += size
                connection.exec_driver_sql(
                    _with_rows(statement, size, len(part[0])), tuple(chain.from_iterable(part))
                )


@cache
def _with_rows(statement: str, rows: int, width: int) -> str:
    row = "(" + ", ".join("?" * width) + ")"
    return statement.format(", ".join([row] * rows))


BASE: Final[tuple[Projection, ...]] = (Events(), Conversations(), Records(), Visitors())
"""What the store itself reads."""
