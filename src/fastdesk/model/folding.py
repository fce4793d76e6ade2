"""Ways to write a text so that equal-looking texts compare equal. For comparing only, never for showing."""

from fastdesk._core import has_full_width

__all__ = ["exact_key", "fold", "widen"]

_ENDS = " \t\r\n\u3000.,;:!?~…、。，；：！？～·\"'“”‘’()[]（）【】"

# Punctuation stays: people write both kinds, and NFKC over whole texts costs ten times the search that
# follows.
_PLAIN = {
    sign: sign - 0xFEE0 for sign in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
}
_PLAIN[0x3000] = 0x20


def widen(text: str) -> str:
    """Write full-width letters, digits and spaces as plain ones; the length stays."""
    return text.translate(_PLAIN) if has_full_width(text) else text


def fold(text: str) -> str:
    """Write a text without differences of case and width."""
    return widen(text).casefold()


def exact_key(folded: str) -> str:
    """Drop what surrounds a folded text: spaces, punctuation, brackets; inner spaces become one."""
    return " ".join(folded.split()).strip(_ENDS)
