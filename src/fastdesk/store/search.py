"""The search index over messages and notes: text enters in the background, positions of events leave.

Chinese is indexed by characters and overlapping pairs of them, everything else by words and their beginnings.
A pair needs no dictionary, so that any part of a text is found, whoever would cut its words where
(docs/decisions/005-search-by-pairs.md has the comparison). Each term begins with the tenant's number: a
search walks through its own tenant's entries only.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, text

from fastdesk._core import index_terms
from fastdesk.model.event import Event, Noted, Said
from fastdesk.model.folding import fold
from fastdesk.store.followers import Positioned
from fastdesk.store.projections import execute_rows

__all__ = ["SearchIndex", "Words"]

_RUN: Final = re.compile("([\u3400-\u9fff\uf900-\ufaff]+)|([^\\W_\u3400-\u9fff\uf900-\ufaff]+)")
_MAX_TERM: Final = 64  # characters of one word; a longer one is no word
#: Beginnings of words of 3 to 8 characters are entries of their own. FTS5 finds a beginning that is none by reading all entries of
#: all words that have it: a tenth of a second for a word that stands in every tenth of a million messages.
_LAST_BEGINNING: Final = 8
_NOTES: Final = frozenset(
    {"note", "summary"}
)  # what people read and write; the desk's own records are not searched

_SIZES: Final = (32, 4, 1)


class Words(Struct, frozen=True):
    """What somebody looks for: pieces of text that must all occur, ready to be matched.

    Words of three or more letters also find those that begin with them, as `refund` finds `refunded`.
    """

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Words":
        """Cut a query into its pieces."""
        return cls(tuple(dict.fromkeys(match.group() for match in _RUN.finditer(fold(text)))))

    def match(self, tenant_number: int) -> str:
        """Return the query in FTS5's own language."""
        return " AND ".join(f'"{tenant_number}x{term}"{star}' for term, star in self._terms())

    def _terms(self) -> Iterator[tuple[str, str]]:
        for piece in self.pieces:
            if not _RUN.fullmatch(piece)[1]:  # type: ignore[index]
                yield from _word_terms(piece[:_MAX_TERM])
            elif len(piece) == 1:
                yield piece, ""
            else:
                yield from (("".join(pair), "") for pair in pairwise(piece))

    def are_in(self, folded: str) -> bool:
        """Say whether a folded text holds all pieces whole; the index knows only their pairs."""
        return all(piece in folded for piece in self.pieces)

    def highlights(self, text: str) -> list[tuple[int, int]]:
        """Return where the pieces stand in a text: (start, end) in characters, in order, without overlaps."""
        folded, origin = _fold_with_origin(text)
        pattern = "|".join(map(re.escape, sorted(self.pieces, key=len, reverse=True)))
        return [
            (origin[match.start()], origin[match.end() - 1] + 1) for match in re.finditer(pattern, folded)
        ]


def _word_terms(word: str) -> Iterator[tuple[str, str]]:
    """Iterate over the terms by which words that begin like this are looked up; the text is checked afterwards."""
    if len(word) <= _LAST_BEGINNING:
        yield word, ""
    elif word.isalpha():
        yield word[:_LAST_BEGINNING], ""
    else:
        yield word, "*"  # a number: many begin alike, few go on alike


def _fold_with_origin(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and for each of its characters the place it comes from."""
    folded = fold(text)
    if len(folded) == len(text):
        return folded, range(len(text))
    parts = [fold(character) for character in text]
    return "".join(parts), [place for place, part in enumerate(parts) for _ in part]


class SearchIndex:
    """Follow the events into the full-text index."""

    name = "search"
    version = "3"

    def reset(self, connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO search (search) VALUES ('delete-all')")

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        execute_rows(
            connection, "INSERT INTO search (rowid, terms) VALUES {}", _rows(connection, events), sizes=_SIZES
        )

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        # An index without the texts must be told the very terms again. They follow from the text and
        # `version`.
        rows = (("delete", *row) for row in _rows(connection, events))
        execute_rows(connection, "INSERT INTO search (search, rowid, terms) VALUES {}", rows, sizes=_SIZES)


def _rows(connection: Connection, events: Sequence[Positioned]) -> Iterator[tuple[int, str]]:
    numbers = {row.id: row.number for row in connection.execute(_NUMBERS)}
    for position, event in events:
        searched = searched_text(event)
        if searched:
            found = index_terms(fold(searched), f"{numbers[event.tenant]}x")
            if found:
                yield position, found


def searched_text(event: Event) -> str:
    """Return the text by which an event is found, empty when it is not."""
    if isinstance(event, Said) or (isinstance(event, Noted) and event.kind in _NOTES):
        return event.text
    return ""


_NUMBERS: Final = text("SELECT id, number FROM tenant")
