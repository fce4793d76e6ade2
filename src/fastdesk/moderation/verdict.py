"""What the word filter says about a text."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from fastdesk.model.word import Level, WordListId

__all__ = ["CLEAN", "Hit", "Verdict", "filter_line"]

_LEVELS = {
    "flag": ("标记待审", "flagged"),
    "mask": ("已遮盖", "masked"),
    "handoff": ("转人工", "handed off"),
    "block": ("已拦截", "blocked"),
}


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Hold one word that stands in a text: from `start` up to `end`, the `word`-th (from 1) of its list."""

    start: int
    end: int
    list: WordListId
    word: int
    level: Level


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Hold the most severe level, all hits in their order, and the text with masked words as stars.

    `text` is None when nothing is masked: the text stays as it is.
    """

    level: Level | Literal["clean"] = "clean"
    masked: str | None = None
    hits: tuple[Hit, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Say whether the text holds no listed word."""
        return not self.hits

    def reason(self, language: str = "zh") -> str:
        """Write one line for people: lists and numbers of the words, never the visitor's text."""
        return "" if self.level == "clean" else filter_line(self.level, self.places, language)

    @property
    def places(self) -> list[str]:
        """Return which words of which lists were found, each once: `weapons#1`."""
        return list(dict.fromkeys(f"{hit.list}#{hit.word}" for hit in self.hits))


def filter_line(level: str, places: Sequence[str], language: str = "zh") -> str:
    """Write what was found, and what followed, as one line."""
    zh = language.startswith("zh")
    done = _LEVELS[level][not zh] if level in _LEVELS else level
    found = ", ".join(places)
    return f"{done}：词库 {found}" if zh else f"{done}: word list {found}"


CLEAN = Verdict()
