"""Lines of a conversation made fit for a model: visitors' words as data, without personal data.

A conversation's lines are asked for again with every question, so what was made of a line is remembered.
"""

import re
from typing import NamedTuple

from fastdesk._core import LRUCache
from fastdesk.ai.guard import PersonalData, mask_personal
from fastdesk.ai.provider import Line
from fastdesk.ai.tokens import LINE_TOKENS, estimate_tokens

__all__ = ["LineMemory", "ReadyLine", "as_data", "closed", "unmarked"]

_MARK = re.compile(r"<(?=/?\s*(?:visitor|passage|desk|draft)\b)", re.IGNORECASE)
_MAX_LINES = 50_000
_MAX_BYTES = 16 << 20
#: What an entry takes beside its text, twice two bytes per character.
_ENTRY_BYTES = 600

_Key = tuple[str, str, str, tuple[PersonalData, ...]]


class ReadyLine(NamedTuple):
    """A line as a model may read it, what it costs of the window, and whether something in it was masked."""

    line: Line
    tokens: int
    is_masked: bool


class LineMemory:
    """Make lines ready, and remember them; no tenant takes more than half of the room."""

    def __init__(self) -> None:
        self._ready: LRUCache[_Key, ReadyLine] = LRUCache(_MAX_LINES, _MAX_BYTES, 0.5)

    def ready(self, tenant: str, line: Line, mask: tuple[PersonalData, ...]) -> ReadyLine:
        """Return `line` as a model may read it."""
        key = (tenant, line.role, line.content, mask)
        known = self._ready.get(key)
        if known is None:
            known = as_data(line, mask)
            self._ready.put(key, known, _ENTRY_BYTES + 4 * len(line.content), tenant)
        return known

    def forget(self, tenant: str) -> None:
        """Drop a tenant's lines: somebody's data is to be erased."""
        self._ready.drop_owner(tenant)


def as_data(line: Line, mask: tuple[PersonalData, ...]) -> ReadyLine:
    """Mask personal data in a line; a visitor's stands between marks that it cannot close."""
    masked = mask_personal(line.content, mask)
    if line.role == "user":
        line = Line("user", f"<visitor>{closed(masked.text)}</visitor>")
    elif masked.kinds:
        line = Line(line.role, masked.text)
    return ReadyLine(line, estimate_tokens(line.content) + LINE_TOKENS, bool(masked.kinds))


def closed(text: str) -> str:
    """Return `text` with marks that cannot end what they stand in."""
    return _MARK.sub("‹", text) if "<" in text else text


def unmarked(content: str) -> str:
    """Return what a visitor wrote without the marks around it."""
    return content.removeprefix("<visitor>").removesuffix("</visitor>")
