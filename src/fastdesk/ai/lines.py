"""Lines of a conversation made fit for a model: visitors' words as data, without personal data.

Only this module makes a `ReadyLine`, and prompts take nothing else: so no line can reach a model as it was written.
"""

import re
from typing import Literal

import msgspec

from fastdesk.ai.guard import PersonalData, mask_personal
from fastdesk.ai.provider import Line
from fastdesk.ai.tokens import LINE_TOKENS, estimate_tokens

__all__ = ["ReadyLine", "closed", "encoded_line", "ready_line", "unmarked"]

_encode = msgspec.json.Encoder().encode

_MARK = re.compile(r"<(?=/?\s*(?:visitor|passage|desk|draft)\b)", re.IGNORECASE)


class ReadyLine:
    """A line as a model may read it, what it takes of the window, whether something in it was masked, and its JSON.

    A plain class, as compiled its fields are read at once: a prompt has many lines.
    """

    def __init__(self, line: Line, tokens: int, is_masked: bool, encoded: bytes) -> None:
        self.line = line
        self.tokens = tokens
        self.is_masked = is_masked
        self.encoded = encoded


def ready_line(role: Literal["user", "assistant"], content: str, mask: tuple[PersonalData, ...]) -> ReadyLine:
    """Mask personal data in what was said; a visitor's words stand between marks that they cannot close."""
    masked = mask_personal(content, mask)
    text = f"<visitor>{closed(masked.text)}</visitor>" if role == "user" else masked.text
    return encoded_line(Line(role, text), is_masked=bool(masked.kinds))


def encoded_line(line: Line, *, is_masked: bool = False) -> ReadyLine:
    """Return a line of the desk's own making as it is."""
    return ReadyLine(line, estimate_tokens(line.content) + LINE_TOKENS, is_masked, _encode(line))


def closed(text: str) -> str:
    """Return `text` with marks that cannot end what they stand in."""
    return _MARK.sub("‹", text) if "<" in text else text


def unmarked(content: str) -> str:
    """Return what a visitor wrote without the marks around it."""
    return content.removeprefix("<visitor>").removesuffix("</visitor>")
