"""What is read from one data base: plain functions of a connection that can't write."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, Final, get_args
from zlib import crc32

import msgspec
from sqlalchemy import CTE, Connection, Row, Select, TextualSelect, func, select, text, tuple_

from fastdesk.errors import StoreDamaged
from fastdesk.model.conversation import CLOSED_STATES, Conversation, State
from fastdesk.model.event import Event, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store import tables
from fastdesk.store.protocol import (
    ConversationRow,
    Record,
    VisitorPage,
    VisitorQuery,
)

__all__ = [
    "conversation_row",
    "decode_cursor",
    "decode_row",
    "encode_cursor",
    "find_said",
    "history",
    "last_said",
    "latest_conversation",
    "links_of",
    "list_row",
    "record",
    "records",
    "revs",
    "said",
    "since",
    "visitor",
    "visitors",
    "visitors_by_identity",
]

_decode_event: Final = msgspec.msgpack.Decoder(Event).decode
decode_conversation: Final = msgspec.msgpack.Decoder(Conversation).decode

_MAX_PAGE: Final = 500
_STATES: Final[tuple[State, ...]] = get_args(State)
_LIVE: Final = tuple(state for state in _STATES if state not in CLOSED_STATES)

_event = tables.event.c
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


def decode_row(row: Any) -> Event:
    """Return the event of a row that has `position`, `checksum` and `body`.

    Raises StoreDamaged when the body is not what was written.
    """
    if crc32(row.body) != row.checksum:
        raise StoreDamaged(
            f"The event at position {row.position} is not what was written.",
            hint="Restore the data folder from a backup.",
        )
    event: Event = _decode_event(row.body)
    return event


def links_of(tenant: TenantId, subjects: Sequence[str]) -> CTE:
    """Follow the events about some subjects from the newest to the oldest; one subject's come in that order.

    Columns: position, previous, rev, seq. With one subject SQLite follows only as far as the query reads.
    """
    newest = (
        select(_event.position, _event.previous, _event.rev, _event.seq)
        .join(tables.head, tables.head.c.position == _event.position)
        .where(tables.head.c.tenant == tenant, tables.head.c.subject.in_(subjects))
    )
    links = newest.cte("links", recursive=True)
    before = tables.event.alias("before")
    return links.union_all(
        select(before.c.position, before.c.previous, before.c.rev, before.c.seq).join(
            links, before.c.position == links.c.previous
        )
    )


def _linked(tenant: TenantId, subject: str, pick: Callable[[Any], Select[Any]]) -> Select[Any]:
    """Return the events about a subject at the positions that `pick` takes from its links, oldest first."""
    links = links_of(tenant, [subject])
    return (
        select(_event.position, _event.checksum, _event.body)
        .where(_event.position.in_(pick(links.c)), _event.kind != "gone")
        .order_by(_event.position)
    )


def _said(
    connection: Connection,
    tenant: TenantId,
    conversation: ConversationId,
    pick: Callable[[Any], Select[Any]],
) -> list[Said]:
    rows = connection.execute(_linked(tenant, conversation, pick))
    return [event for row in rows if isinstance(event := decode_row(row), Said)]


def said(
    connection: Connection, tenant: TenantId, conversation: ConversationId, after: int, limit: int
) -> list[Said]:
    """Return messages with a seq above `after`, by seq."""

    def pick(links: Any) -> Select[Any]:
        return select(links.position).where(links.seq > after).order_by(links.position).limit(limit)

    return _said(connection, tenant, conversation, pick)


def last_said(
    connection: Connection, tenant: TenantId, conversation: ConversationId, limit: int
) -> list[Said]:
    """Return the newest messages, by seq."""
    return _said(
        connection,
        tenant,
        conversation,
        lambda links: select(links.position).where(links.seq > 0).limit(limit),
    )


def find_said(
    connection: Connection, tenant: TenantId, conversation: ConversationId, sender: str, id: str
) -> Said | None:
    """Return the message that `sender` sent under `id`."""
    everything = _said(
        connection, tenant, conversation, lambda links: select(links.position).where(links.seq > 0)
    )
    return next((event for event in everything if event.id == id and event.sender == sender), None)


def history(
    connection: Connection, tenant: TenantId, conversation: ConversationId, before: int | None, limit: int
) -> list[Event]:
    """Return the newest events of a conversation with a rev below `before`, by rev."""

    def pick(links: Any) -> Select[Any]:
        query = select(links.position).limit(limit)
        return query if before is None else query.where(links.rev < before)

    return [decode_row(row) for row in connection.execute(_linked(tenant, conversation, pick))]


def since(connection: Connection, tenant: TenantId, rev: int, limit: int) -> list[Event]:
    """Return the tenant's events after `rev`, by rev."""
    query = select(_event.position, _event.checksum, _event.body).where(
        _event.tenant == tenant, _event.rev > rev, _event.kind != "gone"
    )
    return [decode_row(row) for row in connection.execute(query.order_by(_event.rev).limit(limit))]


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
