"""Lines of a conversation made fit for a model: visitors' words as data, without personal data.

Only this module makes a `ReadyLine`, and prompts take nothing else: so no line can reach a model as it was written.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from fastdesk._core import JsonForm
from fastdesk.ai.guard import PersonalData, mask_personal, may_be_personal
from fastdesk.ai.provider import Line
from fastdesk.ai.tokens import LINE_TOKENS, estimate_tokens

__all__ = ["ReadyLine", "Window", "closed", "first_line", "ready_line", "unmarked"]

_encode = msgspec.json.Encoder().encode
#: What msgspec makes of a line, behind a comma.
_USERS: Final = JsonForm((b',{"role":"user","content":',), b"}")
_ASSISTANTS: Final = JsonForm((b',{"role":"assistant","content":',), b"}")
#: Lines that a window has dropped and still holds.
MAX_GONE: Final = 8

_MARK = re.compile(r"<(?=/?\s*(?:visitor|passage|desk|draft)\b)", re.IGNORECASE)


class ReadyLine:
    """A line as a model may read it, what it takes of the window, whether something in it was masked, and its JSON.

    The JSON stands behind what is written before it in a list of lines: a comma, or a bracket if it is the first.
    A plain class, as compiled its fields are read at once: a prompt has many lines.
    """

    def __init__(self, line: Line, tokens: int, is_masked: bool, encoded: bytes) -> None:
        self.line = line
        self.tokens = tokens
        self.is_masked = is_masked
        self.encoded = encoded


class Window:
    """What was said before a question, oldest first: lines, and their JSON in one piece that grows with them.

    Made anew for each question, it took five times the instructions. Lines that were dropped go later, many at a time.
    """

    def __init__(self, ready: Iterable[ReadyLine] = ()) -> None:
        self._ready: list[ReadyLine] = []
        self._lines: list[Line] = []
        self._encoded = b""
        #: Of the lines and bytes at the beginning, how many were dropped; and the tokens of the others.
        self._gone = 0
        self._gone_bytes = 0
        self._tokens = 0
        for line in ready:
            self.append(line)

    def __len__(self) -> int:
        return len(self._ready) - self._gone

    def append(self, ready: ReadyLine) -> None:
        """Add the newest line."""
        self._ready.append(ready)
        self._lines.append(ready.line)
        self._encoded += ready.encoded
        self._tokens += ready.tokens

    def drop_oldest(self) -> None:
        """Forget a line; there must be one."""
        ready = self._ready[self._gone]
        self._gone += 1
        self._gone_bytes += len(ready.encoded)
        self._tokens -= ready.tokens
        if self._gone > MAX_GONE:
            self._ready = self._ready[self._gone :]
            self._lines = self._lines[self._gone :]
            self._encoded = self._encoded[self._gone_bytes :]
            self._gone = self._gone_bytes = 0

    def newest(self, most: int, room: int) -> tuple[list[Line], bytes]:
        """Return the newest lines, at most so many, that fit into so many tokens, and their JSON."""
        first, cut, tokens, end = self._gone, self._gone_bytes, self._tokens, len(self._ready)
        while end - first > most or (tokens > room and first < end):
            oldest = self._ready[first]
            first += 1
            cut += len(oldest.encoded)
            tokens -= oldest.tokens
        return self._lines[first:], self._encoded[cut:]


def ready_line(role: Literal["user", "assistant"], content: str, mask: tuple[PersonalData, ...]) -> ReadyLine:
    """Mask personal data in what was said; a visitor's words stand between marks that they cannot close."""
    text, is_masked = content, False
    if may_be_personal(content):
        masked = mask_personal(content, mask)
        text, is_masked = masked.text, bool(masked.kinds)
    if role == "user":
        text = f"<visitor>{closed(text)}</visitor>"
        encoded = _USERS.write((text,))
    else:
        encoded = _ASSISTANTS.write((text,))
    return ReadyLine(Line(role, text), estimate_tokens(text) + LINE_TOKENS, is_masked, encoded)


def first_line(line: Line) -> ReadyLine:
    """Return a line of the desk's own making as it is, to be the first of all."""
    return ReadyLine(line, estimate_tokens(line.content) + LINE_TOKENS, False, b"[" + _encode(line))


def closed(text: str) -> str:
    """Return `text` with marks that cannot end what they stand in."""
    return _MARK.sub("‹", text) if "<" in text else text


def unmarked(content: str) -> str:
    """Return what a visitor wrote without the marks around it."""
    return content.removeprefix("<visitor>").removesuffix("</visitor>")
