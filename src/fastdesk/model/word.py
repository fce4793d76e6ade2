"""The word filter's lists: which words, what follows when one is used, and where it is allowed after all."""

from typing import Annotated, Literal, NewType, get_args

import msgspec
from msgspec import Meta

__all__ = ["LEVELS", "Level", "Side", "Word", "WordList", "WordListId"]

WordListId = NewType("WordListId", str)

Level = Literal["flag", "mask", "handoff", "block"]
"""What follows: mark for review; write stars; let a person answer; refuse the message. Mild to severe."""

LEVELS: tuple[Level, ...] = get_args(Level)

Side = Literal["input", "output"]
"""What a visitor writes, and what the desk answers."""


Phrases = tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...]


class Word(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Hold one word or phrase, and the phrases in which it is allowed: 杀 in 杀毒.

    It holds nothing that could lead back to it: the collector need not walk 100,000 of them.
    """

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    allow: Annotated[Phrases, Meta(max_length=100)] = ()


class WordList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hold words that are treated alike."""

    id: Annotated[WordListId, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(max_length=200)] = ""
    level: Level = "block"
    sides: Annotated[tuple[Side, ...], Meta(min_length=1, max_length=2)] = ("input", "output")
    words: Annotated[tuple[Word, ...], Meta(max_length=200_000)] = ()
    allow: Annotated[Phrases, Meta(max_length=1000)] = ()
    """Phrases that allow any word of the list that stands inside them."""
    enabled: bool = True
