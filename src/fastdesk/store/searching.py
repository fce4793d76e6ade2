"""Find messages and notes by their words, newest first."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select, text

from fastdesk.model.event import Event, Noted, Said
from fastdesk.model.folding import fold
from fastdesk.model.ids import TenantId
from fastdesk.store.lists import few, passing
from fastdesk.store.protocol import ConversationQuery, Found, FoundPage, SearchQuery
from fastdesk.store.reads import decode_cursor, decode_row, encode_cursor, links_of
from fastdesk.store.search import Words, searched_text

__all__ = ["search"]

_MAX_PAGE: Final = 200
_FIRST_CHUNK: Final = 64  # candidates looked at together; each further chunk has twice as many
_MAX_CHUNK: Final = 512
_MAX_CANDIDATES: Final = (
    4096  # a page ends after so many, so that no filter makes it slow; its cursor goes on
)
_FEW: Final = 200  # conversations whose messages are read rather than the index


def search(connection: Connection, tenant: TenantId, query: SearchQuery) -> FoundPage:
    """Return one page of what holds all words of the query. Raises ValueError for a cursor that is none."""
    words = Words.of(query.text)
    below = decode_cursor(query.cursor)[0] if query.cursor is not None else 1 << 62
    if not words.pieces:
        return FoundPage([])
    limit = max(1, min(query.limit, _MAX_PAGE))
    items: list[Found] = []
    seen = 0
    for rows in _candidates(connection, tenant, query, words, below):
        for position, event in _matching(connection, tenant, query, words, rows):
            if len(items) == limit:
                return FoundPage(items, encode_cursor(below, ""))
            items.append(Found(event, words.highlights(searched_text(event))))
            below = position
        below = rows[-1].position
        seen += len(rows)
        if seen >= _MAX_CANDIDATES:
            return FoundPage(items, encode_cursor(below, ""))
    return FoundPage(items)


Rows = Sequence[Row[Any]]
"""Rows of table `event` by position, newest first; the body of one that is gone is None."""


def _candidates(
    connection: Connection, tenant: TenantId, query: SearchQuery, words: Words, below: int
) -> Iterator[Rows]:
    """Iterate over the events that may be meant, newest first, some at a time."""
    few = _few_conversations(connection, tenant, query)
    if few is not None:
        # These have fewer messages than the index has entries for a common word.
        links = links_of(tenant, few).c
        found = iter(connection.execute(select(links.position).where(links.position < below)).scalars().all())
        positions = iter(sorted(found, reverse=True))
        while chunk := list(islice(positions, _MAX_CHUNK)):
            yield connection.execute(_STANDING, {"positions": msgspec.json.encode(chunk).decode()}).all()
        return
    number = connection.execute(_NUMBER, {"tenant": tenant}).scalar() or 0
    size = _FIRST_CHUNK
    while True:
        parameters = {"match": words.match(number), "below": below, "limit": size}
        rows = connection.execute(_INDEXED, parameters).all()
        if rows:
            yield rows
        if len(rows) < size:
            return
        below = rows[-1].position
        size = min(size * 2, _MAX_CHUNK)


_NUMBER: Final = text("SELECT number FROM tenant WHERE id = :tenant")
_BODY: Final = "iif(event.kind IN ('said', 'noted'), event.body, NULL) AS body"
#: One statement with fixed words, however many are looked at: to expand a list of parameters takes longer than to find them.
_STANDING: Final = text(
    f"SELECT position, checksum, {_BODY} FROM event WHERE position IN (SELECT value FROM json_each(:positions))"
    " ORDER BY position DESC"
)
_INDEXED: Final = text(
    f"SELECT search.rowid AS position, checksum, {_BODY} FROM search LEFT JOIN event ON event.position = search.rowid"
    " WHERE search MATCH :match AND search.rowid < :below ORDER BY search.rowid DESC LIMIT :limit"
)


def _few_conversations(connection: Connection, tenant: TenantId, query: SearchQuery) -> list[str] | None:
    """Return the conversations that a query is limited to, None when it is not or when they are many."""
    if query.conversation is not None:
        return [query.conversation]
    filters = _filters(query)
    is_narrow = query.visitor or query.label or query.assignee or query.team
    return few(connection, tenant, filters, _FEW) if is_narrow else None


def _filters(query: SearchQuery) -> ConversationQuery:
    return ConversationQuery(
        states=query.states,
        assignee=query.assignee,
        team=query.team,
        label=query.label,
        site=query.site,
        visitor=query.visitor,
    )


def _matching(
    connection: Connection, tenant: TenantId, query: SearchQuery, words: Words, rows: Rows
) -> list[tuple[int, Said | Noted]]:
    """Return those of the events that have the words and pass the query's filters, newest first."""
    found = [
        (row.position, event)
        for row in rows
        if row.body is not None
        and isinstance(event := decode_row(row), Said | Noted)
        and event.tenant == tenant
        and _is_in_time(event, query)
    ]
    filters = _filters(query)
    if found and filters != ConversationQuery():
        ids = {event.conversation for _, event in found}
        kept = passing(connection, tenant, filters, ids)
        found = [(position, event) for position, event in found if event.conversation in kept]
    # Last, because folding a text costs more than all the rest.
    return [(position, event) for position, event in found if words.are_in(fold(searched_text(event)))]


def _is_in_time(event: Event, query: SearchQuery) -> bool:
    return (query.after is None or event.at >= query.after) and (
        query.before is None or event.at < query.before
    )
