"""Find, in one pass over a text, which of a thousand rules' texts, words and patterns occur in it."""

from collections.abc import Iterable
from typing import Final, Literal

from fastdesk._core import KeywordMatcher, is_bordered
from fastdesk.model.condition import Contains, Exact, Keywords, Regex
from fastdesk.model.folding import exact_key, fold, widen
from fastdesk.model.pattern import Pattern, PatternSet

__all__ = ["MAX_TEXT", "NOTHING", "Finds", "Mark", "TextCondition", "TextIndex"]

MAX_TEXT = 8_192
"""Characters of a text that are looked at."""

MAX_PATTERN_TEXT = 1_000
"""Characters of a text that patterns see: with the worst patterns allowed they hold the loop for 60 ms, not more."""

MAX_FINDS = 1_000
"""Places of words in one text that are looked at."""

MAX_AROUND = 40
"""Spaces and punctuation that may surround a whole phrase."""

TextCondition = Exact | Contains | Keywords | Regex

Mark = tuple[Literal["key"], str] | tuple[Literal["word", "pattern"], int]
"""One thing that a text can show: it is a certain phrase, has a word, has a pattern."""


_NONE: Final[frozenset[int]] = frozenset()


class Finds:
    """Hold what occurs in one text: its key, numbers of words (anywhere; as whole words) and of patterns.

    `only` is the one word of a text that shows nothing else; such finds are made once, and the same for each such text.
    """

    __slots__ = ("key", "only", "patterns", "text", "whole", "words")

    def __init__(
        self,
        key: str = "",
        words: frozenset[int] = _NONE,
        whole: frozenset[int] = _NONE,
        patterns: frozenset[int] = _NONE,
        text: str = "",
        only: int = -1,
    ) -> None:
        self.key = key
        self.words = words
        self.whole = whole
        self.patterns = patterns
        self.text = text
        self.only = only


NOTHING = Finds()


class TextIndex:
    """Number every phrase and pattern of the given conditions and find them all at once. Immutable."""

    __slots__ = ("_alone", "_longest_key", "_matcher", "_patterns", "_set", "_words")

    def __init__(self, conditions: Iterable[TextCondition], patterns: dict[Regex, Pattern]) -> None:
        self._patterns: dict[Regex, tuple[int, Pattern]] = {}
        phrases: dict[str, None] = {}
        keys = [0]
        for condition in conditions:
            if isinstance(condition, Regex):
                self._patterns.setdefault(condition, (len(self._patterns), patterns[condition]))
            elif isinstance(condition, Exact):
                keys += map(len, condition.texts)
            else:
                phrases.update(dict.fromkeys(_phrases(condition)))
        self._longest_key = max(keys) + MAX_AROUND if len(keys) > 1 else 0
        self._matcher = KeywordMatcher(phrases, separators="")
        self._words = {phrase: self._number(phrase) for phrase in phrases}
        # Most texts that show anything show one word: what comes of it is made once, within other words and as a whole one.
        self._alone: list[tuple[Finds, Finds]] = [
            (Finds(words=word, only=number), Finds(words=word, whole=word, only=number))
            for number, word in enumerate(frozenset([number]) for number in range(len(phrases)))
        ]
        self._set = (
            PatternSet([pattern for _, pattern in self._patterns.values()]) if self._patterns else None
        )

    def find(self, text: str) -> Finds:
        """Find everything in a text; linear in its length."""
        wide = widen(text[:MAX_TEXT])
        # A longer text can't be one of the phrases: its key need not be made.
        key = exact_key(wide.casefold()) if len(wide) <= self._longest_key else ""
        spans = self._matcher.find_all(wide, MAX_FINDS)
        patterns = self._set.find(wide[:MAX_PATTERN_TEXT]) if self._set is not None else None
        if not spans and not patterns:
            return Finds(key) if key else NOTHING
        if len(spans) == 1 and not (key or patterns):
            start, end, number = spans[0]
            within, whole_word = self._alone[number]
            return whole_word if is_bordered(wide, start, end) else within
        words = frozenset([number for _, _, number in spans])
        whole = frozenset([number for start, end, number in spans if is_bordered(wide, start, end)])
        seen = frozenset(patterns) if patterns else _NONE
        return Finds(key, words, whole, seen, wide[:MAX_PATTERN_TEXT] if seen else "")

    def _number(self, phrase: str) -> int:
        """Give the number under which a phrase is found: that of the first one that reads the same; -1: never."""
        return max(self._matcher.find_all(phrase), key=_length, default=(0, 0, -1))[2]

    def word(self, phrase: str) -> int:
        """Give the number of a phrase of the conditions."""
        return self._words[phrase]

    def pattern(self, condition: Regex) -> tuple[int, Pattern]:
        """Give the number of a pattern and the pattern."""
        return self._patterns[condition]

    def marks(self, condition: TextCondition) -> frozenset[Mark]:
        """List marks of which a text must show one, or the condition can't hold."""
        if isinstance(condition, Exact):
            return frozenset(("key", exact_key(fold(text))) for text in condition.texts)
        if isinstance(condition, Regex):
            return frozenset([("pattern", self._patterns[condition][0])])
        if isinstance(condition, Keywords) and condition.all:
            # The longest word is the rarest: the fewest texts have to be looked at again.
            return frozenset([("word", self.word(max(condition.all, key=len)))])
        return frozenset(("word", self.word(phrase)) for phrase in _phrases(condition))


def _phrases(condition: Contains | Keywords) -> tuple[str, ...]:
    return condition.texts if isinstance(condition, Contains) else (*condition.all, *condition.any)


def _length(span: tuple[int, int, int]) -> int:
    return span[1] - span[0]
