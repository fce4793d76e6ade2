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
_FIRST_CHUNK: Final = 64  # candidates looked at together; each further chunk has twice as many
_MAX_CHUNK: Final = 512
_MAX_CANDIDATES: Final = (
    4096  # a page ends after so many, so that no filter makes it slow; its cursor goes on
)
_FEW: Final = 200  # conversations whose messages are read rather than the index

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
            found = searched_text(event) if event.tenant == tenant else ""
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
    few = _few_conversations(connection, tenant, query)
    if few is not None:
        # These have fewer messages than the index has entries for a common word.
        statement: Executable = _OF_CONVERSATIONS
        parameters: dict[str, Any] = {"ids": few}
    else:
        number = connection.execute(_NUMBER, {"tenant": tenant}).scalar() or 0
        statement = _MATCHING
        parameters = {"match": words.match(number)}
    chunk = _FIRST_CHUNK
    while True:
        rows = connection.execute(statement, {**parameters, "below": below, "limit": chunk})
        positions = list(rows.scalars())
        if positions:
            yield positions
        if len(positions) < chunk:
            return
        below = positions[-1]
        chunk = min(chunk * 2, _MAX_CHUNK)


_NUMBER: Final = text("SELECT number FROM tenant WHERE id = :tenant")
_MATCHING: Final = text(
    "SELECT rowid FROM search WHERE search MATCH :match AND rowid < :below ORDER BY rowid DESC LIMIT :limit"
)


_OF_CONVERSATIONS: Final = (
    select(_event.position)
    .where(_event.subject.in_(bindparam("ids", expanding=True)), _event.position < bindparam("below"))
    .order_by(_event.position.desc())
    .limit(bindparam("limit"))
)


def _few_conversations(connection: Connection, tenant: TenantId, query: SearchQuery) -> list[str] | None:
    """Return the conversations that a query is limited to, None when it is not or when they are many."""
    if query.conversation is not None:
        return [query.conversation]
    if query.visitor is None and query.label is None:
        return None
    only = ConversationQuery(visitor=query.visitor, label=query.label)
    ids = select(_conversation.id).where(*conversation_filters(tenant, only)).limit(_FEW + 1)
    found = list(connection.execute(ids).scalars())
    return found if len(found) <= _FEW else None


def _events(
    connection: Connection, tenant: TenantId, query: SearchQuery, positions: list[int]
) -> list[tuple[int, bytes]]:
    """Return position and body of those events that pass the query's filters, newest first."""
    rows = select(_event.position, _event.body).where(_event.position.in_(positions))
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
