"""Find messages and notes by their words, newest first."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Executable, and_, bindparam, select, text

from fastdesk.model.folding import fold
from fastdesk.model.ids import TenantId
from fastdesk.store import tables
from fastdesk.store.protocol import ConversationQuery, Found, FoundPage, SearchQuery
from fastdesk.store.reads import conversation_filters, decode_cursor, decode_event, encode_cursor
from fastdesk.store.search import Words, searched_text

__all__ = ["search"]

_MAX_PAGE: Final = 200
_CHUNK: Final = 256  # candidates looked at together
_MAX_CANDIDATES: Final = (
    8192  # a page ends after so many, so that no filter makes it slow; its cursor goes on
)

_event = tables.event.c
_conversation = tables.conversation.c


def search(connection: Connection, tenant: TenantId, query: SearchQuery) -> FoundPage:
    """Return one page of what holds all words of the query. Raises ValueError for a cursor that is none."""
    words = Words.of(query.text)
    below = decode_cursor(query.cursor)[0] if query.cursor is not None else 1 << 62
    if not words.pieces:
        return FoundPage([])
    limit = max(1, min(query.limit, _MAX_PAGE))
    items: list[Found] = []
    seen = 0
    for positions in _candidates(connection, tenant, query, words, below):
        for position, body in _events(connection, tenant, query, positions):
            event = decode_event(body)
            found = searched_text(event)
            if words.are_in(fold(found)):
                if len(items) == limit:
                    return FoundPage(items, encode_cursor(below, ""))
                items.append(Found(event, words.highlights(found)))
            below = position
        below = positions[-1]
        seen += len(positions)
        if seen >= _MAX_CANDIDATES:
            return FoundPage(items, encode_cursor(below, ""))
    return FoundPage(items)


def _candidates(
    connection: Connection, tenant: TenantId, query: SearchQuery, words: Words, below: int
) -> Iterator[list[int]]:
    """Iterate over the positions of events that may be meant, newest first, some at a time."""
    if query.conversation is not None or query.visitor is not None:
        # These have fewer messages than the index has entries for a common word.
        statement = _of_conversations(tenant, query)
        parameters: dict[str, Any] = {}
    else:
        number = connection.execute(_NUMBER, {"tenant": tenant}).scalar() or 0
        statement = _MATCHING
        parameters = {"match": words.match(number)}
    while True:
        rows = connection.execute(statement, {**parameters, "below": below, "limit": _CHUNK})
        positions = list(rows.scalars())
        if positions:
            yield positions
        if len(positions) < _CHUNK:
            return
        below = positions[-1]


_NUMBER: Final = text("SELECT number FROM tenant WHERE id = :tenant")
_MATCHING: Final = text(
    "SELECT rowid FROM search WHERE search MATCH :match AND rowid < :below ORDER BY rowid DESC LIMIT :limit"
)


def _of_conversations(tenant: TenantId, query: SearchQuery) -> Executable:
    ids = select(_conversation.id).where(_conversation.tenant == tenant)
    if query.conversation is not None:
        ids = ids.where(_conversation.id == query.conversation)
    if query.visitor is not None:
        ids = ids.where(_conversation.visitor == query.visitor)
    return (
        select(_event.position)
        .where(_event.subject.in_(ids), _event.tenant == tenant, _event.position < bindparam("below"))
        .order_by(_event.position.desc())
        .limit(bindparam("limit"))
    )


def _events(
    connection: Connection, tenant: TenantId, query: SearchQuery, positions: list[int]
) -> list[tuple[int, bytes]]:
    """Return position and body of those events that pass the query's filters, newest first."""
    rows = select(_event.position, _event.body).where(
        _event.position.in_(positions), _event.tenant == tenant, _event.kind.in_(("said", "noted"))
    )
    filters = ConversationQuery(
        states=query.states,
        assignee=query.assignee,
        team=query.team,
        label=query.label,
        site=query.site,
        visitor=query.visitor,
    )
    if filters != ConversationQuery():
        on = and_(_conversation.tenant == _event.tenant, _conversation.id == _event.subject)
        rows = rows.join(tables.conversation, on).where(*conversation_filters(tenant, filters))
    if query.after is not None:
        rows = rows.where(_event.at >= query.after)
    if query.before is not None:
        rows = rows.where(_event.at < query.before)
    found = connection.execute(rows.order_by(_event.position.desc()))
    return [(row.position, row.body) for row in found]
