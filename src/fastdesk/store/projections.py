"""The readable forms that events are turned into, one small class each.

A projection gets every event once, in order, in a transaction that also keeps how far it has got: what it
writes through the connection stands exactly once, whatever crashes. It runs in the projector's thread while
the desk serves: a statement for many rows is better than many statements, because each one takes and gives
the interpreter's lock.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Put
from fastdesk.store.breath import breathe
from fastdesk.store.feed import Feed, Key

__all__ = [
    "BASE",
    "Conversations",
    "Events",
    "Projection",
    "Records",
    "Visitors",
    "execute_rows",
]

_SIZES: Final = (64, 8, 1)  # rows in one statement

_encode_conversation: Final = msgspec.msgpack.Encoder().encode


class Projection(Protocol):
    """Turn events into rows."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        """Write what these events mean; commits and rollbacks are the caller's."""


class Events:
    """Keep every event as it is, linked to what is before it about the same subject."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        found = execute_rows(connection, _HEADS, feed.unknown())
        execute_rows(connection, _INSERT, feed.rows(found))
        execute_rows(connection, _SET_HEADS, [(*key, position) for key, position in feed.heads.items()])


_INSERT: Final = (
    "INSERT INTO event (position, tenant, rev, kind, seq, previous, length, checksum, body) VALUES {}"
)
_HEADS: Final = """
WITH wanted (tenant, subject) AS (VALUES {})
SELECT head.tenant, head.subject, head.position FROM wanted
CROSS JOIN head ON head.tenant = wanted.tenant AND head.subject = wanted.subject
"""
_SET_HEADS: Final = (
    "INSERT INTO head VALUES {} ON CONFLICT (tenant, subject) DO UPDATE SET position = excluded.position"
)


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
        read = {key: now.agent_read for key, now in changed.items()}
        execute_rows(connection, _TOUCH, feed.spoken(read))


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
    sizes: Sequence[int] = _SIZES,
) -> list[Any]:
    """Execute a statement with its `{}` replaced by rows of values, as often as it takes; return what it finds.

    Many rows go into one statement: measured, that is twice as fast as one row each, and SQLite runs all of
    it without the interpreter's lock, so that the loop goes on meanwhile.

    Args:
        sizes: rows in one statement, descending to 1. They are few, so that the statements stay prepared.
    """
    found: list[Any] = []
    cursor = connection.connection.cursor()
    source = iter(rows)
    while chunk := list(islice(source, sizes[0])):
        start = 0
        pattern = "(" + ", ".join("?" * len(chunk[0])) + ")"
        for size in sizes:
            while len(chunk) - start >= size:
                values = tuple(chain.from_iterable(chunk[start : start + size]))
                cursor.execute(_with_rows(statement, size, pattern), values)
                found += cursor.fetchall()
                start += size
                breathe()
    return found


def _execute_each(connection: Connection, statement: str, keys: Sequence[tuple[Any, ...]]) -> None:
    if keys:
        connection.exec_driver_sql(statement, list(keys))


@cache
def _with_rows(statement: str, rows: int, pattern: str) -> str:
    return statement.format(", ".join([pattern] * rows))


BASE: Final[tuple[Projection, ...]] = (Events(), Conversations(), Records(), Visitors())
"""What the store itself reads."""
