"""The readable forms that events are turned into, one small class each.

A projection gets every event once, in order, in a transaction that also keeps how far it has got: what it
writes through the connection stands exactly once, whatever crashes. It runs in the projector's thread while
the desk serves: a statement for many rows is better than many statements, because each one takes and gives
the interpreter's lock.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from fastdesk.model.event import Changed, Event, Noted, Put, Said

__all__ = [
    "BASE",
    "Conversations",
    "Events",
    "Feed",
    "Projection",
    "Records",
    "Visitors",
    "sent_digest",
]

_PREVIEW_CHARACTERS: Final = 200

encode_conversation: Final = msgspec.msgpack.Encoder().encode


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


def sent_digest(sender: str, id: str) -> int:
    """Return the 32-bit number under which a sent message is found again; others may share it."""
    return zlib.crc32(f"{sender}\0{id}".encode())


class Events:
    """Keep every event as it is."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        values: list[Any] = []
        for position, event, body in zip(feed.positions, feed.events, feed.bodies, strict=True):
            kind: str
            conversation = seq = sent = None
            if isinstance(event, Said):
                kind, conversation, seq = "said", event.conversation, event.seq
                sent = sent_digest(event.sender, event.id)
            elif isinstance(event, Noted):
                kind, conversation = "noted", event.conversation
            elif isinstance(event, Changed):
                kind, conversation = "changed", event.conversation.id
            else:
                kind = "put"
            values += (position, event.tenant, event.rev, event.at, kind, conversation, seq, sent, body)
        execute_values(connection, "INSERT INTO event VALUES {}", 9, values)


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

    def _change(self, connection: Connection, changed: Iterable[Changed]) -> None:
        values: list[Any] = []
        labels: list[Any] = []
        keys: list[Any] = []
        for event in changed:
            now = event.conversation
            values += (now.tenant, now.id, now.site, now.visitor, now.state, now.mode, now.assignee, now.team)
            values += (now.opened_at, now.opened_at, now.agent_read, encode_conversation(now))
            keys += (now.tenant, now.id)
            for label in now.labels:
                labels += (now.tenant, label, now.id)
        execute_values(connection, _CHANGE, 12, values)
        execute_values(
            connection, "DELETE FROM conversation_label WHERE (tenant, conversation) IN (VALUES {})", 2, keys
        )
        execute_values(
            connection, "INSERT INTO conversation_label VALUES {} ON CONFLICT DO NOTHING", 3, labels
        )

    def _touch(
        self,
        connection: Connection,
        touched: dict[tuple[str, str], _Touched],
        changed: dict[tuple[str, str], Changed],
    ) -> None:
        values: list[Any] = []
        for key, touch in touched.items():
            last = touch.last
            read = changed[key].conversation.agent_read if key in changed else 0
            unread = sum(1 for seq in touch.visitor_seqs if seq > read)
            values += (*key, last.at, last.seq, last.role, last.text[:_PREVIEW_CHARACTERS], unread)
        execute_values(connection, _TOUCH, 7, values)


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
        values: list[Any] = []
        gone: list[Any] = []
        for key, (position, event) in last.items():
            if event.body is None:
                gone += key
            else:
                values += (*key, event.at, position, event.body.decode())
        execute_values(connection, "DELETE FROM record WHERE (tenant, kind, id) IN (VALUES {})", 3, gone)
        execute_values(
            connection,
            "INSERT INTO record VALUES {} ON CONFLICT (tenant, kind, id)"
            " DO UPDATE SET at = excluded.at, body = excluded.body",
            6,
            values,
        )


class _VisitorColumns(Struct):
    site: str = ""
    identity: str | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    last_seen: int = 0


def _visitor_columns(body: bytes) -> _VisitorColumns:
    try:
        return msgspec.json.decode(body, type=_VisitorColumns)
    except (
        msgspec.DecodeError
    ):  # what is in the journal is in the journal: kept, but not found by its columns
        return _VisitorColumns()


class Visitors:
    """Keep every visitor as they were last put, findable by identity and by what they are called."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        last = {
            (event.tenant, event.id): event.body
            for event in feed.events
            if isinstance(event, Put) and event.kind == "visitor"
        }
        values: list[Any] = []
        gone: list[Any] = []
        for key, body in last.items():
            if body is None:
                gone += key
            else:
                seen = _visitor_columns(body)
                values += (*key, seen.site, seen.identity, seen.name, seen.email, seen.phone, seen.last_seen)
                values.append(body.decode())
        execute_values(connection, "DELETE FROM visitor WHERE (tenant, id) IN (VALUES {})", 2, gone)
        execute_values(
            connection,
            "INSERT INTO visitor VALUES {} ON CONFLICT (tenant, id) DO UPDATE SET site = excluded.site,"
            " identity = excluded.identity, name = excluded.name, email = excluded.email,"
            " phone = excluded.phone, last_seen = excluded.last_seen, body = excluded.body",
            9,
            values,
        )


def execute_values(connection: Connection, statement: str, width: int, values: list[Any]) -> None:
    """Execute a statement with its `{}` replaced by rows of `width` values each.

    Many rows go into one statement: measured, that is twice as fast as one row each, and SQLite runs all of
    it without the interpreter's lock. The few sizes keep the statements prepared.
    """
    row = "(" + ", ".join("?" * width) + ")"
    start = 0
    for rows in (256, 16, 1):
        step = rows * width
        text = statement.format(", ".join([row] * rows))
        while len(values) - start >= step:
            connection.exec_driver_sql(text, tuple(values[start : start + step]))
            start += step


BASE: Final[tuple[Projection, ...]] = (Events(), Conversations(), Records(), Visitors())
"""What the store itself reads."""
