"""How many tokens a text takes, without the model's own vocabulary: an estimate for windows, and a bound for money."""

from collections.abc import Iterable
from typing import Final

from fastdesk._core import utf8_length

__all__ = ["LINE_TOKENS", "estimate_tokens", "line_tokens", "most_tokens"]

#: What the format itself adds to each line of a prompt.
LINE_TOKENS: Final = 4


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` is: one per Chinese character, one per four Latin letters."""
    characters = len(text)
    # A Chinese character has three bytes, so half of the bytes beyond one per character counts them.
    wide = (utf8_length(text) - characters) // 2
    return wide + (characters - min(wide, characters) + 3) // 4


def line_tokens(texts: Iterable[str]) -> int:
    """Return about how many tokens these lines of a prompt are."""
    total = 0
    for text in texts:
        total += estimate_tokens(text) + LINE_TOKENS
    return total


def most_tokens(texts: Iterable[str]) -> int:
    """Return how many tokens these lines are at most: no vocabulary has tokens shorter than a byte."""
    total = 0
    for text in texts:
        total += utf8_length(text) + LINE_TOKENS
    return total
