"""What is read from one data base: plain functions of a connection that can't write."""

import base64
import heapq
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import Connection, Row, TextualSelect, func, select, text, tuple_

from fastdesk._core import checksum
from fastdesk.errors import StoreDamaged
from fastdesk.model.conversation import CLOSED_STATES, Conversation, State
from fastdesk.model.event import Event, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store import tables
from fastdesk.store.event_bytes import REVS
from fastdesk.store.protocol import (
    ConversationRow,
    Record,
    VisitorPage,
    VisitorQuery,
)

__all__ = [
    "LINKS",
    "LINKS_OF_ONE",
    "Positioned",
    "bodies_of",
    "by_rev",
    "conversation_row",
    "decode_cursor",
    "decode_row",
    "encode_cursor",
    "find_said",
    "history",
    "last_said",
    "latest_conversation",
    "list_row",
    "positioned",
    "record",
    "records",
    "revs",
    "said",
    "since",
    "visitor",
    "visitors",
    "visitors_by_identity",
]

_decode_bodies: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_events: Final = msgspec.msgpack.Decoder(list[Event]).decode
decode_conversation: Final = msgspec.msgpack.Decoder(Conversation).decode

_MAX_PAGE: Final = 500
_ALL: Final = 1 << 62  # above every rev
_STATES: Final[tuple[State, ...]] = get_args(State)
_LIVE: Final = tuple(state for state in _STATES if state not in CLOSED_STATES)

_conversation = tables.conversation.c
_visitor = tables.visitor.c


def revs(connection: Connection) -> dict[TenantId, int]:
    """Return the highest rev of each tenant that has events."""
    return {
        TenantId(row.id): row.rev
        for row in connection.execute(
            select(tables.tenant.c.id, tables.tenant.c.rev).where(tables.tenant.c.rev > 0)
        )
    }


def records(connection: Connection, kind: str, tenant: TenantId | None) -> list[Record]:
    """Return the records of a kind in the order of their making."""
    column = tables.record.c
    query = select(tables.record).where(column.kind == kind).order_by(column.made)
    if tenant is not None:
        query = query.where(column.tenant == tenant)
    return [_record(row) for row in connection.execute(query)]


def record(connection: Connection, tenant: TenantId, kind: str, id: str) -> Record | None:
    """Return one record."""
    column = tables.record.c
    query = select(tables.record).where(column.tenant == tenant, column.kind == kind, column.id == id)
    row = connection.execute(query).first()
    return _record(row) if row is not None else None


def _record(row: Row[Any]) -> Record:
    return Record(TenantId(row.tenant), row.kind, row.id, row.body.encode(), row.at)


# Conversations.


def list_row(row: Row[Any], name: str = "") -> ConversationRow:
    """Return a row of table `conversation` as lists show it."""
    return ConversationRow(
        conversation=decode_conversation(row.body),
        last_seq=row.last_seq,
        last_at=row.active_at,
        last_role=row.last_role,
        last_text=row.last_text,
        unread=row.unread,
        visitor_name=name,
    )


def conversation_row(connection: Connection, tenant: TenantId, id: ConversationId) -> ConversationRow | None:
    """Return one conversation with what its list entry shows."""
    query = select(tables.conversation).where(_conversation.tenant == tenant, _conversation.id == id)
    row = connection.execute(query).first()
    return list_row(row) if row is not None else None


def latest_conversation(
    connection: Connection, tenant: TenantId, site: SiteId, visitor: VisitorId
) -> Conversation | None:
    """Return the visitor's conversation on a site that was opened last."""
    query = (
        select(_conversation.body)
        .where(_conversation.tenant == tenant, _conversation.visitor == visitor, _conversation.site == site)
        .order_by(_conversation.opened_at.desc(), _conversation.id.desc())
        .limit(1)
    )
    body = connection.execute(query).scalar()
    return decode_conversation(body) if body is not None else None


# Messages and events.


Positioned = tuple[int, Event]
"""An event with its position."""


def bodies_of(row: Any) -> list[msgspec.Raw]:
    """Return the encoded events of a row that has `position`, `checksum` and `body`, in order.

    Raises StoreDamaged when the body is not what was written.
    """
    return _decode_bodies(_checked(row))


def decode_row(row: Any) -> list[Event]:
    """Return the events of a row; raises StoreDamaged as `bodies_of` does."""
    return _decode_events(_checked(row))


def positioned(row: Any) -> list[Positioned]:
    """Return the events of a row with their positions; raises StoreDamaged as `bodies_of` does."""
    events = decode_row(row)
    return list(zip(count(row.position - len(events) + 1), events))


def _checked(row: Any) -> bytes:
    body: bytes = row.body
    if checksum(body) != row.checksum:
        raise StoreDamaged(
            f"The row at position {row.position} is not what was written.",
            hint="Restore the data folder from a backup.",
        )
    return body


def by_rev(rows: Iterable[Any], after: int = 0) -> Iterator[Event]:
    """Iterate over the events behind a rev in one tenant's rows, which come by rev: each event in its turn."""
    waiting: list[tuple[int, int, Event]] = []
    for row in rows:
        for position, event in positioned(row):
            if event.rev > after:
                heapq.heappush(waiting, (event.rev, position, event))
        # It is the next one, or no later row reaches back so far.
        while waiting and (waiting[0][0] == after + 1 or waiting[0][0] <= row.rev - REVS):
            after, _, event = heapq.heappop(waiting)
            yield event
    while waiting:
        yield heapq.heappop(waiting)[2]


#: The rows about some subjects from the newest to the oldest; of one subject, SQLite follows only as far as a query reads.
LINKS: Final = """
WITH RECURSIVE links (position, previous, rev, seq) AS (
  SELECT event.position, event.previous, event.rev, event.seq
  FROM head CROSS JOIN event ON event.position = head.position
  WHERE head.tenant = :tenant AND head.subject IN (SELECT value FROM json_each(:subjects))
  UNION ALL
  SELECT before.position, before.previous, before.rev, before.seq
  FROM links CROSS JOIN event AS before ON before.position = links.previous)
"""
LINKS_OF_ONE: Final = LINKS.replace("IN (SELECT value FROM json_each(:subjects))", "= :subject")


def _newest_first(
    connection: Connection, tenant: TenantId, subject: str, *, seq: int = 0, below: int = _ALL
) -> Iterator[Event]:
    """Iterate over the events about a subject from the newest on, in the rows that `links` says it of: at least `seq`, a rev `below`."""
    parameters = {"tenant": tenant, "subject": subject, "seq": seq, "below": below}
    with connection.execute(_NEWEST_FIRST, parameters) as rows:
        for row in rows:
            yield from reversed(decode_row(row))


_NEWEST_FIRST: Final = text(
    f"{LINKS_OF_ONE} SELECT event.position, checksum, body FROM links CROSS JOIN event"
    " ON event.position = links.position"
    " WHERE event.kind != 'gone' AND links.seq >= :seq AND links.rev < :below"
)


def said(
    connection: Connection, tenant: TenantId, conversation: ConversationId, after: int, limit: int
) -> list[Said]:
    """Return messages with a seq above `after`, by seq."""
    parameters = {"tenant": tenant, "subject": conversation, "after": after, "limit": limit}
    with connection.execute(_SAID_AFTER, parameters) as rows:
        events = (event for row in rows for event in decode_row(row))
        messages = (event for event in events if isinstance(event, Said) and event.seq > after)
        return list(islice(messages, limit))


_SAID_AFTER: Final = text(
    f"{LINKS_OF_ONE} SELECT position, checksum, body FROM event WHERE kind != 'gone' AND position IN"
    " (SELECT position FROM links WHERE seq > :after ORDER BY position LIMIT :limit) ORDER BY position"
)


def last_said(
    connection: Connection, tenant: TenantId, conversation: ConversationId, limit: int
) -> list[Said]:
    """Return the newest messages, by seq."""
    return list(islice(_newest_said(connection, tenant, conversation), limit))[::-1]


def find_said(
    connection: Connection, tenant: TenantId, conversation: ConversationId, sender: str, id: str
) -> Said | None:
    """Return the message that `sender` sent under `id`."""
    everything = _newest_said(connection, tenant, conversation)
    return next((event for event in everything if event.id == id and event.sender == sender), None)


def _newest_said(connection: Connection, tenant: TenantId, conversation: ConversationId) -> Iterator[Said]:
    events = _newest_first(connection, tenant, conversation, seq=1)
    return (event for event in events if isinstance(event, Said))


def history(
    connection: Connection, tenant: TenantId, conversation: ConversationId, before: int | None, limit: int
) -> list[Event]:
    """Return the newest events of a conversation with a rev below `before`, by rev."""
    below = before if before is not None else _ALL
    events = _newest_first(connection, tenant, conversation, below=below + REVS)
    return list(islice((event for event in events if event.rev < below), limit))[::-1]


def since(connection: Connection, tenant: TenantId, rev: int, limit: int) -> list[Event]:
    """Return the tenant's events after `rev`, by rev."""
    with connection.execute(_SINCE, {"tenant": tenant, "rev": rev}) as rows:
        return list(islice(by_rev(rows, rev), limit))


_SINCE: Final = text(
    "SELECT position, rev, checksum, body FROM event WHERE tenant = :tenant AND rev > :rev AND kind != 'gone'"
    " ORDER BY rev"
)


# Visitors.


def visitor(connection: Connection, tenant: TenantId, id: VisitorId) -> bytes | None:
    """Return a visitor's JSON text."""
    query = select(_visitor.body).where(_visitor.tenant == tenant, _visitor.id == id)
    body = connection.execute(query).scalar()
    return body.encode() if body is not None else None


def visitors_by_identity(
    connection: Connection, tenant: TenantId, site: SiteId, identity: str
) -> list[bytes]:
    """Return the visitors that bear a proven identity, last seen first."""
    query = select(_visitor.body).where(
        _visitor.tenant == tenant, _visitor.identity == identity, _visitor.site == site
    )
    return [body.encode() for body in connection.execute(query.order_by(_visitor.last_seen.desc())).scalars()]


#: Records that a page of visitors with words is looked for in: some 50 ms.
_LOOKED_THROUGH: Final = 20_000
#: Labels of visitors are few and looked for by hand: they have no table of their own.
_LABELLED: Final = text(
    "EXISTS (SELECT 1 FROM json_each(visitor.body, '$.labels') AS label WHERE label.value = :label)"
)


def visitors(connection: Connection, tenant: TenantId, query: VisitorQuery) -> VisitorPage:
    """Return one page of visitors, last seen first."""
    limit = max(1, min(query.limit, _MAX_PAGE))
    rows = select(_visitor.id, _visitor.last_seen, _visitor.body).where(_visitor.tenant == tenant)
    if query.site is not None:
        rows = rows.where(_visitor.site == query.site)
    if query.label is not None:
        rows = rows.where(_LABELLED.bindparams(label=query.label))
    if query.text.strip():
        rows = rows.where(_visitor.id.in_(_called(tenant, query.text.strip())))
    if query.cursor is not None:
        rows = rows.where(tuple_(_visitor.last_seen, _visitor.id) < tuple_(*decode_cursor(query.cursor)))
    rows = rows.order_by(_visitor.last_seen.desc(), _visitor.id.desc())
    cursor = None
    if query.words:
        last = connection.execute(rows.offset(_LOOKED_THROUGH - 1).limit(1)).first()
        if last is not None:
            rows = rows.where(tuple_(_visitor.last_seen, _visitor.id) >= tuple_(last.last_seen, last.id))
            cursor = encode_cursor(last.last_seen, last.id)
        rows = rows.where(
            *(func.instr(func.lower(_visitor.body), word) > 0 for word in query.words if _is_caseless(word))
        )
    found = connection.execute(rows.limit(limit + 1)).all()
    if len(found) > limit:
        cursor = encode_cursor(found[limit - 1].last_seen, found[limit - 1].id)
    return VisitorPage([row.body.encode() for row in found[:limit]], cursor)


def _is_caseless(word: str) -> bool:
    """Say whether SQLite, which folds plain letters only, can look for a folded word."""
    return all(letter.isascii() or letter == letter.upper() for letter in word)


def _called(tenant: TenantId, beginning: str) -> TextualSelect:
    """Select the visitors whose name, mail address, number or identity begins so; each by its own index."""
    found = text(_CALLED).bindparams(tenant=tenant, first=beginning, last=beginning + "\U0010ffff")
    return found.columns(_visitor.id)


_CALLED: Final = " UNION ".join(
    f"SELECT id FROM visitor WHERE tenant = :tenant AND {given}"
    f" AND {name} >= :first{collation} AND {name} < :last{collation}"
    for name, given, collation in (
        ("name", "name != ''", " COLLATE NOCASE"),
        ("email", "email != ''", " COLLATE NOCASE"),
        ("phone", "phone != ''", " COLLATE NOCASE"),
        ("identity", "identity IS NOT NULL", ""),
    )
)


# Cursors: where a page ended, in a form that nobody is tempted to make up.


def encode_cursor(number: int, id: str) -> str:
    """Return the cursor behind the row (number, id)."""
    return base64.urlsafe_b64encode(f"{number}.{id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[int, str]:
    """Return what `encode_cursor` was given. Raises ValueError for anything else."""
    number, _, id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
    return int(number), id
