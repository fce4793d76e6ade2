"""Pick the stretch of an article that shows why it was found, and mark the words that were asked for."""

from collections.abc import Sequence

from fastdesk.knowledge.analysis import TOKEN, fold, is_cjk, spaced_stem
from fastdesk.knowledge.chunks import plain
from fastdesk.knowledge.hits import Snippet

__all__ = ["Marker"]

# Two lines of a chat window.
_WIDTH = 160
# What is cut off at the front begins after a space where there is one this near.
_WORD_REACH = 15


class Marker:
    """Marks the terms of one query wherever they stand."""

    __slots__ = ("_chinese", "_spaced")

    def __init__(self, query_terms: Sequence[str]) -> None:
        chinese = {term for term in query_terms if is_cjk(term)}
        self._spaced = frozenset(query_terms) - chinese
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
        spans: list[tuple[int, int, str]] = []
        for found in TOKEN.finditer(text):
            token = found.group()
            if is_cjk(token):
                spans += _places(fold(token), found.start(), self._chinese)
            elif self._spaced and (stem := spaced_stem(token)) in self._spaced:
                spans.append((*found.span(), stem))
        return spans


def _places(run: str, at: int, wanted: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return where the wanted terms stand in a run of Chinese that begins at `at`, in order."""
    places = []
    for term in wanted:
        place = run.find(term)
        while place >= 0:
            places.append((at + place, at + place + len(term), term))
            place = run.find(term, place + 1)
    return sorted(places)


def _best_start(text: str, spans: Sequence[tuple[int, int, str]]) -> int:
    """Return where to begin: at a found term, a little before it, so that most different terms are in view."""
    if len(text) <= _WIDTH or not spans:
        return 0
    best, most = 0, 0
    for at, _, _ in spans:
        seen = len({term for start, end, term in spans if at <= start and end <= at + _WIDTH * 3 // 4})
        if seen > most:
            best, most = at, seen
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
