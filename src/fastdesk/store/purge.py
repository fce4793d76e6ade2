"""Removal for good: erasing a person, and forgetting what is too old.

Both are events, so that they stand in the audit trail and a replay of the journal repeats them. When such an
event is projected, the rows that lists and visitors are read from go at once, and what has to follow is
written into table `purge`. The events themselves are then removed in small steps beside the daily work,
followers first. At the end the index is merged, so that no deleted term stays in it, and the write-ahead log
is emptied; freed pages are overwritten by SQLite (`secure_delete`).
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, text

from fastdesk.model.event import Event, Put
from fastdesk.model.ids import TenantId, VisitorId
from fastdesk.store.database import Database
from fastdesk.store.followers import Followers, Positioned
from fastdesk.store.projections import Feed

__all__ = ["ERASURE", "FORGETTING", "Purge", "Removals", "erasure", "forgetting"]

ERASURE: Final = "erasure"
FORGETTING: Final = "forgetting"

_STEP_EVENTS: Final = 256
_MERGE_PAGES: Final = 256  # of the index in one step: about 20 ms


class _Forgetting(Struct):
    before_ms: int


def erasure(tenant: TenantId, visitor: VisitorId, *, rev: int, at: int, actor: str, reason: str) -> Put:
    """Return the event that removes a visitor and everything said with them."""
    return Put(tenant, rev, at, ERASURE, visitor, b"{}", actor, reason)


def forgetting(tenant: TenantId, before_ms: int, *, rev: int, at: int, actor: str, reason: str) -> Put:
    """Return the event that removes a tenant's messages, notes and visitors of before a time."""
    body = msgspec.json.encode(_Forgetting(before_ms))
    return Put(tenant, rev, at, FORGETTING, str(before_ms), body, actor, reason)


class Removals:
    """Project the events that remove others."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        for position, event, _ in feed.others:
            if not isinstance(event, Put) or event.body is None:
                continue
            if event.kind == ERASURE:
                _execute(connection, _ERASE, position=position, tenant=event.tenant, visitor=event.id)
            elif event.kind == FORGETTING:
                before = msgspec.json.decode(event.body, type=_Forgetting).before_ms
                _execute(connection, _FORGET, position=position, tenant=event.tenant, before=before)


def _execute(connection: Connection, statements: Sequence[str], **parameters: Any) -> None:
    for statement in statements:
        used = {name: value for name, value in parameters.items() if f":{name}" in statement}
        connection.execute(text(statement), used)


_ERASE: Final = (
    "INSERT INTO purge (position, subject, tenant) SELECT :position, id, tenant FROM conversation"
    " WHERE tenant = :tenant AND visitor = :visitor",
    "INSERT INTO purge (position, subject, tenant) VALUES (:position, :visitor, :tenant)",
    "DELETE FROM conversation_label WHERE tenant = :tenant AND conversation IN"
    " (SELECT id FROM conversation WHERE tenant = :tenant AND visitor = :visitor)",
    "DELETE FROM conversation WHERE tenant = :tenant AND visitor = :visitor",
    "DELETE FROM visitor WHERE tenant = :tenant AND id = :visitor",
)

_FORGET: Final = (
    "INSERT INTO purge (position, subject, tenant, before) VALUES (:position, '', :tenant, :before)",
    "INSERT INTO purge (position, subject, tenant) SELECT :position, id, tenant FROM visitor"
    " WHERE tenant = :tenant AND last_seen < :before AND NOT EXISTS (SELECT 1 FROM conversation"
    " WHERE conversation.tenant = :tenant AND conversation.visitor = visitor.id AND active_at >= :before)",
    "DELETE FROM visitor WHERE tenant = :tenant AND id IN (SELECT subject FROM purge WHERE position = :position)",
    "INSERT INTO purge (position, subject, tenant) SELECT :position, id, tenant FROM conversation"
    " WHERE tenant = :tenant AND active_at < :before",
    "DELETE FROM conversation_label WHERE tenant = :tenant AND conversation IN"
    " (SELECT subject FROM purge WHERE position = :position)",
    "DELETE FROM conversation WHERE tenant = :tenant AND id IN"
    " (SELECT subject FROM purge WHERE position = :position)",
)


class Purge:
    """Remove what table `purge` names, step by step."""

    def __init__(self, followers: Followers) -> None:
        self._followers = followers
        self._decode = msgspec.msgpack.Decoder(Event).decode

    def step(self, database: Database) -> bool:
        """Remove some events, or clean up behind the last ones; False when nothing was left to do."""
        task, trace = database.read(_next_task)
        if task is not None:
            with database.write() as connection:
                if task.before is None:
                    is_done = self._remove_about(database, connection, task)
                else:
                    is_done = self._remove_older(database, connection, task)
                if is_done:
                    connection.execute(_DONE, {"position": task.position, "subject": task.subject})
                    connection.execute(_SET_TRACE, {"value": _DELETED})
        elif trace == _LOGGED:
            if database.empty_log():
                self._set_trace(database, "")
        elif trace:
            self._merge(database, trace)
        return bool(task or trace)

    def _remove_about(self, database: Database, connection: Connection, task: Row[Any]) -> bool:
        """Remove some events about a conversation or a visitor; True when there were none left."""
        rows = connection.execute(_ABOUT, {**task._mapping, "limit": _STEP_EVENTS})
        events = [(row.position, self._decode(row.body)) for row in rows]
        self._remove(database, connection, events)
        return not events

    def _remove_older(self, database: Database, connection: Connection, task: Row[Any]) -> bool:
        """Remove the next events of before a time; True when there were none left.

        The last record of a visitor stays, and so do the changes of a conversation: both are still in use.
        """
        rows = connection.execute(_OLDEST, {**task._mapping, "limit": _STEP_EVENTS}).all()
        rows = list(takewhile(lambda row: row.at < task.before, rows))
        events = [(row.position, self._decode(row.body)) for row in rows if row.is_removed]
        self._remove(database, connection, events)
        if rows:
            connection.execute(_ADVANCE, {**task._mapping, "rev": rows[-1].rev})
        return not rows

    def _remove(self, database: Database, connection: Connection, events: Sequence[Positioned]) -> None:
        if events:
            self._followers.forget(database, connection, events)
            connection.execute(_DELETE, [{"position": position} for position, _ in events])

    def _merge(self, database: Database, trace: str) -> None:
        """Merge the search index a little further: only what is merged has lost its deleted terms."""
        pages = (
            -_MERGE_PAGES if trace == _DELETED else _MERGE_PAGES
        )  # FTS5: less than none begins with everything
        with database.write() as connection:
            changes = connection.execute(_CHANGES).scalar() or 0
            connection.exec_driver_sql(f"INSERT INTO search (search, rank) VALUES ('merge', {pages})")
            changes = (connection.execute(_CHANGES).scalar() or 0) - changes
            connection.execute(
                _SET_TRACE, {"value": _MERGING if changes > 1 else _LOGGED}
            )  # FTS5: 1 means done

    def _set_trace(self, database: Database, value: str) -> None:
        with database.write() as connection:
            connection.execute(_SET_TRACE, {"value": value})


# What removed content may still be found in, from one cleaning step to the next.
_DELETED: Final = "index"
_MERGING: Final = "merging"
_LOGGED: Final = "log"

_FIRST: Final = text("SELECT * FROM purge ORDER BY position, subject LIMIT 1")
_TRACE: Final = text("SELECT value FROM store WHERE key = 'purge'")
_SET_TRACE: Final = text(
    "INSERT INTO store (key, value) VALUES ('purge', :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_DONE: Final = text("DELETE FROM purge WHERE position = :position AND subject = :subject")
_ABOUT: Final = text(
    "SELECT position, body FROM event"
    " WHERE subject = :subject AND tenant = :tenant AND position < :position LIMIT :limit"
)
_OLDEST: Final = text(
    "SELECT position, rev, at, body, kind != 'put:visitor' OR EXISTS (SELECT 1 FROM event AS later"
    " WHERE later.subject = event.subject AND later.position > event.position"
    " AND later.kind = 'put:visitor' AND later.tenant = :tenant) AS is_removed"
    " FROM event WHERE tenant = :tenant AND rev > :rev AND kind IN ('said', 'noted', 'put:visitor')"
    " ORDER BY rev LIMIT :limit"
)
_ADVANCE: Final = text("UPDATE purge SET rev = :rev WHERE position = :position AND subject = :subject")
_DELETE: Final = text("DELETE FROM event WHERE position = :position")
_CHANGES: Final = text("SELECT total_changes()")


def _next_task(connection: Connection) -> tuple[Row[Any] | None, str]:
    return connection.execute(_FIRST).first(), connection.execute(_TRACE).scalar() or ""
