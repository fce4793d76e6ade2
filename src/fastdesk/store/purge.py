"""Removal for good: erasing a person, and forgetting what is too old.

Both are events, so that they stand in the audit trail and a replay of the journal repeats them. When such an
event is projected, the rows that lists and visitors are read from go at once, and what has to follow is
written into table `purge`. The events themselves are then removed in small steps beside the daily work,
followers first. At the end the index is merged, so that no deleted term stays in it, and the write-ahead log
is emptied, freed pages are overwritten by SQLite (`secure_delete`), and so is what rows that it has moved
left behind (`scrub`).
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, text

from fastdesk._core import checksum
from fastdesk.model.audit import KIND as AUDIT
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.file import KIND as FILE
from fastdesk.model.ids import TenantId, VisitorId
from fastdesk.store.database import Database
from fastdesk.store.event_bytes import SPAN_MS
from fastdesk.store.feed import Feed, encode_bodies, subject_of
from fastdesk.store.followers import Followers
from fastdesk.store.reads import LINKS_OF_ONE, Positioned, bodies_of, positioned

__all__ = [
    "ERASURE",
    "FORGETTING",
    "LAST",
    "Forgetting",
    "Leftovers",
    "Purge",
    "Removals",
    "erasure",
    "forgetting",
]

ERASURE: Final = "erasure"
FORGETTING: Final = "forgetting"
LAST: Final = "last"
"""The id of the record that tells of a tenant's last forgetting."""

_STEP_ROWS: Final = 256
_MERGE_PAGES: Final = 256  # of the index in one step: about 20 ms


class Forgetting(Struct):
    """The body of the event that removes what is of before a time, and the audit log of before another; 0 removes nothing."""

    before_ms: int
    audit_before_ms: int = 0


def erasure(tenant: TenantId, visitor: VisitorId, *, rev: int, at: int, actor: str, reason: str) -> Put:
    """Return the event that removes a visitor and everything said with them."""
    return Put(tenant, rev, at, ERASURE, visitor, b"{}", actor, reason)


def forgetting(
    tenant: TenantId, before_ms: int, audit_before_ms: int, *, rev: int, at: int, actor: str, reason: str
) -> Put:
    """Return the event that removes a tenant's messages, notes and visitors of before a time, and its audit log before another."""
    body = msgspec.json.encode(Forgetting(before_ms, audit_before_ms))
    return Put(tenant, rev, at, FORGETTING, LAST, body, actor, reason)


class Removals:
    """Project the events that remove others."""

    def apply(self, connection: Connection, feed: Feed) -> None:
        for position, event in feed.others:
            if not isinstance(event, Put):
                continue
            if event.body is None:
                if event.kind == FILE:
                    _execute(connection, _DROP_FILE, position=position, tenant=event.tenant, file=event.id)
            elif event.kind == ERASURE:
                _execute(connection, _ERASE, position=position, tenant=event.tenant, visitor=event.id)
            elif event.kind == FORGETTING:
                wish = msgspec.json.decode(event.body, type=Forgetting)
                whose: dict[str, Any] = {"position": position, "tenant": event.tenant}
                if wish.before_ms:
                    _execute(connection, _FORGET, **whose, before=wish.before_ms)
                if wish.audit_before_ms:
                    _execute(connection, _FORGET_AUDIT, **whose, before=wish.audit_before_ms)


def _execute(connection: Connection, statements: Sequence[str], **parameters: Any) -> None:
    for statement in statements:
        used = {name: value for name, value in parameters.items() if f":{name}" in statement}
        connection.execute(text(statement), used)


_ERASE: Final = (
    "INSERT INTO purge (position, subject, tenant) SELECT :position, id, tenant FROM conversation"
    " WHERE tenant = :tenant AND visitor = :visitor",
    "INSERT INTO purge (position, subject, tenant) VALUES (:position, 'visitor:' || :visitor, :tenant)",
    "DELETE FROM conversation_label WHERE tenant = :tenant AND conversation IN"
    " (SELECT id FROM conversation WHERE tenant = :tenant AND visitor = :visitor)",
    "DELETE FROM conversation WHERE tenant = :tenant AND visitor = :visitor",
    "DELETE FROM visitor WHERE tenant = :tenant AND id = :visitor",
    "INSERT INTO purge (position, subject, tenant) SELECT :position, 'file:' || id, tenant FROM record"
    " WHERE tenant = :tenant AND kind = 'file' AND json_extract(body, '$.by') = :visitor",
    "DELETE FROM record WHERE tenant = :tenant AND kind = 'file' AND json_extract(body, '$.by') = :visitor",
)

_FORGET: Final = (
    "INSERT INTO purge (position, subject, tenant, before) VALUES (:position, '', :tenant, :before)",
    "INSERT INTO purge (position, subject, tenant) SELECT :position, 'visitor:' || id, tenant FROM visitor"
    " WHERE tenant = :tenant AND last_seen < :before AND NOT EXISTS (SELECT 1 FROM conversation"
    " WHERE conversation.tenant = :tenant AND conversation.visitor = visitor.id AND active_at >= :before)",
    "DELETE FROM visitor WHERE tenant = :tenant AND id IN"
    " (SELECT substr(subject, 9) FROM purge WHERE position = :position AND subject LIKE 'visitor:%')",
    "INSERT INTO purge (position, subject, tenant) SELECT :position, id, tenant FROM conversation"
    " WHERE tenant = :tenant AND active_at < :before",
    "DELETE FROM conversation_label WHERE tenant = :tenant AND conversation IN"
    " (SELECT subject FROM purge WHERE position = :position)",
    "DELETE FROM conversation WHERE tenant = :tenant AND id IN"
    " (SELECT subject FROM purge WHERE position = :position)",
    "INSERT INTO purge (position, subject, tenant) SELECT :position, 'file:' || id, tenant FROM record"
    " WHERE tenant = :tenant AND kind = 'file' AND at < :before",
    "DELETE FROM record WHERE tenant = :tenant AND kind = 'file' AND at < :before",
)


_FORGET_AUDIT: Final = (
    f"INSERT INTO purge (position, subject, tenant, before) VALUES (:position, '{AUDIT}', :tenant, :before)",
    f"DELETE FROM head WHERE tenant = :tenant AND subject IN (SELECT '{AUDIT}:' || id FROM record"
    f" WHERE tenant = :tenant AND kind = '{AUDIT}' AND at < :before)",
    f"DELETE FROM record WHERE tenant = :tenant AND kind = '{AUDIT}' AND at < :before",
)

#: A file that is taken back takes what is told of it with it: its name may say something of a person.
_DROP_FILE: Final = (
    f"INSERT INTO purge (position, subject, tenant) VALUES (:position, '{FILE}:' || :file, :tenant)",
)


class Leftovers(Protocol):
    """What events left outside of the data base, such as files."""

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        """Remove what these events left; called again after a crash."""


class Purge:
    """Remove what table `purge` names, step by step."""

    def __init__(self, followers: Followers, leftovers: Leftovers | None = None) -> None:
        self._followers = followers
        self._leftovers = leftovers

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
        elif trace.startswith(_LOGGED):
            first = int(trace.removeprefix(_LOGGED) or 1)
            after = database.scrub(first)
            if after != first:
                self._set_trace(database, f"{_LOGGED}{after}" if after else "")
        elif trace:
            self._merge(database, trace)
        return bool(task or trace)

    def _remove_about(self, database: Database, connection: Connection, task: Row[Any]) -> bool:
        """Remove some events about a subject, the oldest first, which others link to last;

        True when all are gone.
        """
        rows = connection.execute(_OLDEST_ABOUT, {**task._mapping, "limit": _STEP_ROWS}).all()
        gone = [each for row in rows if row.kind != "gone" for each in positioned(row)]
        self._forget(database, connection, gone)
        if rows:
            connection.execute(_DELETE, [{"position": row.position} for row in rows])
        else:
            connection.execute(_BEHEAD, dict(task._mapping))
        return not rows

    def _remove_older(self, database: Database, connection: Connection, task: Row[Any]) -> bool:
        """Empty the next events of before a time, or entries of the audit log; True when there were none left.

        Their rows stay, as links to what is older. So does the last record of a visitor, and so do the
        changes of a conversation: both are still in use.
        """
        found = connection.execute(_OLDEST, {**task._mapping, "limit": _STEP_ROWS})
        rows = [(row, positioned(row)) for row in found]
        # Later ones have nothing of before that time.
        rows = list(takewhile(lambda each: each[1][-1][1].at < task.before + SPAN_MS, rows))
        gone: list[Positioned] = []
        for row, events in rows:
            old = list(takewhile(lambda each: each[1].at < task.before, events))
            if old and self._goes(connection, row, old[0][1], is_audit=task.subject == AUDIT):
                gone += old
                _cut(connection, row, len(old))
        self._forget(database, connection, gone)
        if rows:
            connection.execute(_ADVANCE, {**task._mapping, "rev": rows[-1][0].rev})
        return not rows

    def _goes(self, connection: Connection, row: Any, event: Event, *, is_audit: bool) -> bool:
        if is_audit:
            return isinstance(event, Put) and event.kind == AUDIT
        if isinstance(event, Said | Noted):
            return True
        if isinstance(event, Changed) or event.kind != "visitor":
            return False
        found = connection.execute(_HEAD, {"tenant": event.tenant, "subject": subject_of(event)})
        return bool(found.scalar() != row.position)

    def _forget(self, database: Database, connection: Connection, events: Sequence[Positioned]) -> None:
        if events:
            self._followers.forget(database, connection, events)
            if self._leftovers is not None:
                self._leftovers.forget(connection, events)

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


def _cut(connection: Connection, row: Row[Any], size: int) -> None:
    """Remove the first events of a row; one that has no others stays as a link to what is older."""
    rest = bodies_of(row)[size:]
    if rest:
        body = encode_bodies([bytes(each) for each in rest])
        parameters = {"length": len(rest), "checksum": checksum(body), "body": body}
        connection.execute(_CUT, {"position": row.position, **parameters})
    else:
        connection.execute(_EMPTY, {"position": row.position})


# What removed content may still be found in, from one cleaning step to the next.
_DELETED: Final = "index"
_MERGING: Final = "merging"
_LOGGED: Final = "log"  # and on pages from which rows were moved: the number of the next one to clean follows

_FIRST: Final = text("SELECT * FROM purge ORDER BY position, subject LIMIT 1")
_TRACE: Final = text("SELECT value FROM store WHERE key = 'purge'")
_SET_TRACE: Final = text(
    "INSERT INTO store (key, value) VALUES ('purge', :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_DONE: Final = text("DELETE FROM purge WHERE position = :position AND subject = :subject")
_OLDEST_ABOUT: Final = text(
    f"{LINKS_OF_ONE} SELECT position, kind, checksum, body FROM event WHERE position IN"
    " (SELECT position FROM links WHERE position < :position ORDER BY position LIMIT :limit)"
)
_OLDEST: Final = text(
    "SELECT position, rev, kind, checksum, body FROM event"
    " WHERE tenant = :tenant AND rev > :rev AND kind != 'gone' AND (:subject = '' OR kind = 'put')"
    " ORDER BY rev LIMIT :limit"
)
_ADVANCE: Final = text("UPDATE purge SET rev = :rev WHERE position = :position AND subject = :subject")
_HEAD: Final = text("SELECT position FROM head WHERE tenant = :tenant AND subject = :subject")
_BEHEAD: Final = text(
    "DELETE FROM head WHERE tenant = :tenant AND subject = :subject AND position < :position"
)
_DELETE: Final = text("DELETE FROM event WHERE position = :position")
_EMPTY: Final = text(
    "UPDATE event SET kind = 'gone', seq = 0, length = 0, checksum = 0, body = x'' WHERE position = :position"
)
_CUT: Final = text(
    "UPDATE event SET length = :length, checksum = :checksum, body = :body WHERE position = :position"
)
_CHANGES: Final = text("SELECT total_changes()")


def _next_task(connection: Connection) -> tuple[Row[Any] | None, str]:
    return connection.execute(_FIRST).first(), connection.execute(_TRACE).scalar() or ""
