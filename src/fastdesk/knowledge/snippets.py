"""Pick the stretch of an article that shows why it was found, and mark the words that were asked for."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from fastdesk.knowledge.analysis import TOKEN, fold, is_cjk, spaced_stem
from fastdesk.knowledge.chunks import plain
from fastdesk.knowledge.hits import Snippet

__all__ = ["Marker"]

# Two lines of a chat window.
_WIDTH = 160
# How far the words may lie apart to be seen together: what stands before the first of them needs room, too.
_REACH = 120
# What is cut off at the front begins after a space where there is one this near.
_WORD_REACH = 15
# Of one term; a page may have it a hundred times.
_MAX_PLACES = 8
_WORD = re.compile(r"\w")


class Marker:
    """Marks the terms of one query wherever they stand."""

    __slots__ = ("_chinese", "_spaced")

    def __init__(self, query_terms: Sequence[str]) -> None:
        chinese = {term for term in query_terms if is_cjk(term)}
        self._spaced = sorted(set(query_terms) - chinese)
        # Single characters are marked only when there is no more to mark.
        self._chinese = sorted(term for term in chinese if len(term) > 1) or sorted(chinese)

    def snippet(self, markdown: str) -> Snippet:
        """Return about 160 characters of the text with the most of the query's different terms in them."""
        text = plain(markdown)
        spans = self._spans(text)
        start = _best_start(text, spans)
        end = min(len(text), start + _WIDTH)
        before, after = ("…" if start else ""), ("…" if end < len(text) else "")
        moved = [
            (at - start + len(before), to - start + len(before))
            for at, to, _ in spans
            if at >= start and to <= end
        ]
        return Snippet(before + text[start:end] + after, _merged(moved))

    def _spans(self, text: str) -> list[tuple[int, int, str]]:
        """Return where the terms stand, in order, each with the term."""
        folded = _folded_in_place(text)
        spans = [
            (at, at + len(term), term)
            for term in self._chinese
            for at in islice(_places(folded, term), _MAX_PLACES)
        ]
        for stem in self._spaced:
            start = stem.removesuffix("y")  # "countries" has the stem "country"
            for at in islice(_places(folded, start), _MAX_PLACES):
                word = TOKEN.match(folded, at)
                if word and not _WORD.match(folded, at - 1, at) and spaced_stem(word.group()) == stem:
                    spans.append((*word.span(), stem))
        return sorted(spans)


def _folded_in_place(text: str) -> str:
    """Return the text folded, with every character at the place where it was."""
    folded = fold(text)
    return folded if len(folded) == len(text) else "".join(fold(character)[:1] or " " for character in text)


def _places(text: str, term: str) -> Iterator[int]:
    place = text.find(term)
    while place >= 0:
        yield place
        place = text.find(term, place + 1)


def _best_start(text: str, spans: Sequence[tuple[int, int, str]]) -> int:
    """Return where to begin: at a found term, a little before it, so that most different terms are in view."""
    if len(text) <= _WIDTH or not spans:
        return 0
    best, most, last = 0, 0, 0
    seen: Counter[str] = Counter()
    for at, _, first in spans:
        while last < len(spans) and spans[last][1] <= at + _REACH:
            seen[spans[last][2]] += 1
            last += 1
        if len(seen) > most:
            best, most = at, len(seen)
        seen[first] -= 1
        if seen[first] <= 0:
            del seen[first]
    start = max(0, min(best - _WIDTH // 4, len(text) - _WIDTH))
    space = text.find(" ", start, start + _WORD_REACH)
    return space + 1 if start and 0 <= space < best else start


def _merged(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in order, those that touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
