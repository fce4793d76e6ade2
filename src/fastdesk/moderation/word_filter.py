"""The word filter of a tenant: compiled off the loop, never changed, replaced as a whole.

Theory of operation: one native automaton finds all words of all lists, and the phrases that allow them, in the text
without case, width, zero-width signs, separators and look-alikes. That catches evasion, and too much: every find is
then read again as it was written (`fastdesk.moderation.reading`), and dropped inside a phrase that allows it. A clean
text, which most are, costs the native pass alone.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from fastdesk._core import KeywordMatcher
from fastdesk.model.problem import Problem
from fastdesk.model.word import LEVELS, Side, WordList
from fastdesk.moderation.lookalikes import FOLDS
from fastdesk.moderation.reading import SEPARATORS, counts
from fastdesk.moderation.verdict import CLEAN, Hit, Verdict
from fastdesk.moderation.words import check_list

__all__ = ["MAX_FINDS", "MAX_HITS", "WordFilter"]

MAX_FINDS = 1_000
"""Places of words in one text that are looked at."""

MAX_HITS = 50
"""Hits that a verdict names; a text made of bad words needs no longer record."""

_BATCH = 2_000
_Span = tuple[int, int, int]


def _carry_on() -> None:
    """Do nothing between two batches."""


class WordFilter:
    """Hold the word lists of one tenant, ready to be asked. Immutable and safe to share between threads.

    Words are numbered through all lists, the phrases that allow them follow. Those that read the same are found
    under the number of the first of them.
    """

    EMPTY: "WordFilter"

    __slots__ = ("_allowing", "_lists", "_matcher", "_same", "_starts", "size")

    def __init__(self, lists: list[WordList], breathe: Callable[[], None] = _carry_on) -> None:
        self._lists = lists
        self._starts: list[int] = []
        words: list[str] = []
        for owner in lists:
            self._starts.append(len(words))
            words += [word.text for word in owner.words]
        self.size = len(words)
        phrases = {phrase for owner in lists for phrase in owner.allow}
        phrases.update(phrase for owner in lists for word in owner.words for phrase in word.allow)
        words += sorted(phrases)
        breathe()
        self._matcher = KeywordMatcher(words, separators=SEPARATORS, lookalikes=FOLDS)
        self._same: dict[int, list[int]] = {}
        for place, word in enumerate(words[: self.size]):
            if place % _BATCH == 0:
                breathe()
            number = self._number(word)
            if number != place:
                self._same.setdefault(number, []).append(place)
        self._allowing = {phrase: self._number(phrase) for phrase in phrases}

    @classmethod
    def compile(
        cls, lists: Iterable[WordList], breathe: Callable[[], None] = _carry_on
    ) -> "WordFilter | list[Problem]":
        """Check lists and build their filter, or list every problem. Takes CPU time: run it off the loop.

        Args:
            lists: the lists of one tenant; disabled ones are left out.
            breathe: called often, so that a thread can let the loop run in between.
        """
        enabled = [owner for owner in lists if owner.enabled]
        problems: list[Problem] = []
        for owner in enabled:
            breathe()
            problems += check_list(owner)
        return problems or cls(enabled, breathe)

    @classmethod
    def salvage(
        cls, lists: Iterable[WordList], breathe: Callable[[], None] = _carry_on
    ) -> "tuple[WordFilter, list[Problem]]":
        """Build the filter of all words that can be found, and list the problems of those left out."""
        kept: list[WordList] = []
        refused: list[Problem] = []
        for owner in lists:
            breathe()
            problems = check_list(owner)
            wrong = {problem.path for problem in problems}
            refused += problems
            words = tuple(word for n, word in enumerate(owner.words) if f"{owner.id}.words[{n}]" not in wrong)
            kept.append(replace(owner, words=words) if wrong else owner)
        return cls([owner for owner in kept if owner.enabled], breathe), refused

    def check(self, text: str, side: Side = "input") -> Verdict:
        """Say what a text holds; offsets count its own characters. A clean text costs one pass."""
        spans = self._matcher.find_all(text, MAX_FINDS)
        return self._judge(text, spans, side) if spans else CLEAN

    def _judge(self, text: str, spans: list[_Span], side: Side) -> Verdict:
        hits: dict[Hit, None] = {}
        for span in spans:
            for place in (span[2], *self._same.get(span[2], ())):
                if place < self.size and (hit := self._hit(place, text, span, spans, side)) is not None:
                    hits[hit] = None
            if len(hits) >= MAX_HITS:
                break
        return _verdict(text, list(hits)[:MAX_HITS]) if hits else CLEAN

    def _hit(self, place: int, text: str, span: _Span, spans: list[_Span], side: Side) -> Hit | None:
        """Give the hit of one word, or None where it does not count."""
        which = bisect_right(self._starts, place) - 1
        owner, number = self._lists[which], place - self._starts[which]
        word = owner.words[number]
        start, end, _ = span
        if side not in owner.sides or not counts(word.text, text, start, end):
            return None
        allowing = {self._allowing[phrase] for phrase in (*owner.allow, *word.allow)}
        if allowing and any(found in allowing and a <= start and end <= b for a, b, found in spans):
            return None
        return Hit(start=start, end=end, list=owner.id, word=number + 1, level=owner.level)

    def _number(self, word: str) -> int:
        """Give the number under which a word is found; -1 when nothing of it can be."""
        return max(self._matcher.find_all(word), key=_length, default=(0, 0, -1))[2]


def _length(span: _Span) -> int:
    return span[1] - span[0]


def _verdict(text: str, hits: list[Hit]) -> Verdict:
    level = max((hit.level for hit in hits), key=LEVELS.index)
    masked = list(text)
    for hit in hits:
        if hit.level == "mask":
            masked[hit.start : hit.end] = "*" * (hit.end - hit.start)
    has_mask = any(hit.level == "mask" for hit in hits)
    return Verdict(level=level, masked="".join(masked) if has_mask else None, hits=tuple(hits))


WordFilter.EMPTY = WordFilter([])
