"""Find messages and notes by their words, newest first."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from fastdesk.model.event import Event, Noted, Said
from fastdesk.model.folding import fold
from fastdesk.model.ids import TenantId
from fastdesk.store.event_bytes import MOST
from fastdesk.store.lists import few, passing
from fastdesk.store.protocol import ConversationQuery, Found, FoundPage, SearchQuery
from fastdesk.store.reads import (
    LINKS,
    Positioned,
    bodies_of,
    decode_cursor,
    encode_cursor,
    positioned,
)
from fastdesk.store.search import Words, searched_text

__all__ = ["search"]

_decode_event: Final[Callable[[msgspec.Raw], Event]] = msgspec.msgpack.Decoder(Event).decode

_MAX_PAGE: Final = 200
_FIRST_CHUNK: Final = 64  # candidates looked at together; each further chunk has twice as many
_MAX_CHUNK: Final = 512
_MAX_ROWS: Final = 64  # of table `event`, where these are read rather than the index
#: A page ends after so many, some 20 ms, so that no filter makes it slow; its cursor goes on.
_MAX_CANDIDATES: Final = 2048
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
    for candidates, last in _candidates(connection, tenant, query, words, below):
        for position, event in _matching(connection, tenant, query, words, candidates):
            if len(items) == limit:
                return FoundPage(items, encode_cursor(below, ""))
            items.append(Found(event, words.highlights(searched_text(event))))
            below = position
        below = last
        seen += len(candidates)
        if seen >= _MAX_CANDIDATES:
            return FoundPage(items, encode_cursor(below, ""))
    return FoundPage(items)


Candidates = tuple[list[Positioned], int]
"""Events by position, newest first, and the last position that was looked at for them."""


def _candidates(
    connection: Connection, tenant: TenantId, query: SearchQuery, words: Words, below: int
) -> Iterator[Candidates]:
    """Iterate over the events that may be meant, newest first, some at a time."""
    few = _few_conversations(connection, tenant, query)
    if few is not None:
        # These have fewer messages than the index has entries for a common word.
        subjects = msgspec.json.encode(few).decode()
        parameters = {"tenant": tenant, "subjects": subjects, "below": below + MOST}
        positions = iter(sorted(connection.execute(_REACHED, parameters).scalars(), reverse=True))
        while chunk := list(islice(positions, _MAX_ROWS)):
            rows = connection.execute(_STANDING, {"positions": msgspec.json.encode(chunk).decode()})
            events = [each for row in rows for each in reversed(positioned(row)) if each[0] < below]
            yield events, min([chunk[-1], *(position for position, _ in events[-1:])])
        return
    number = connection.execute(_NUMBER, {"tenant": tenant}).scalar() or 0
    size = _FIRST_CHUNK
    while True:
        parameters = {"match": words.match(number), "below": below, "limit": size}
        found = connection.execute(_INDEXED, parameters).all()
        if found:
            below = found[-1].found
            yield list(_indexed(found)), below
        if len(found) < size:
            return
        size = min(size * 2, _MAX_CHUNK)


def _indexed(found: Sequence[Any]) -> Iterator[Positioned]:
    """Iterate over the events at the positions that the index has named; those of a row come together."""
    last, bodies = 0, list[msgspec.Raw]()
    for row in found:
        place, position, _, body = row
        if body is not None:
            if position != last:
                last, bodies = position, bodies_of(row)
            yield place, _decode_event(bodies[place - position - 1])


_NUMBER: Final = text("SELECT number FROM tenant WHERE id = :tenant")
_REACHED: Final = text(f"{LINKS} SELECT position FROM links WHERE position < :below")
#: One statement with fixed words, however many are looked at: to expand a list of parameters takes longer than to find them.
_STANDING: Final = text(
    "SELECT position, checksum, body FROM event WHERE position IN (SELECT value FROM json_each(:positions))"
    " AND kind IN ('said', 'noted') ORDER BY position DESC"
)
#: What is gone from table `event` and not yet from the index has no body.
_INDEXED: Final = text(
    "SELECT search.rowid AS found, event.position, checksum, body FROM search LEFT JOIN event"
    " ON event.position = (SELECT min(position) FROM event WHERE position >= search.rowid)"
    " AND event.position - event.length < search.rowid"
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
    connection: Connection, tenant: TenantId, query: SearchQuery, words: Words, candidates: list[Positioned]
) -> list[tuple[int, Said | Noted]]:
    """Return those of the events that have the words and pass the query's filters, newest first."""
    found = [
        (position, event)
        for position, event in candidates
        if isinstance(event, Said | Noted) and event.tenant == tenant and _is_in_time(event, query)
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
