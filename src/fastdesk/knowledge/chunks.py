"""Cut an article's Markdown at its headings, so that an answer can point to the part that gives it.

Enters: Markdown. Leaves: `Chunk`s whose offsets and anchors lead back into it. Headings inside fenced code are none.
"""

import re
import unicodedata
from collections.abc import Iterator

from msgspec import Struct

__all__ = ["Chunk", "cut", "plain"]

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_SENTENCE_END = re.compile(r"[。！？；]|[.!?;](?=\s)|\n")

# Marks that are no text. Links and images keep their words.
_MARKS = (
    (re.compile(r"^ {0,3}(?:```+|~~~+).*$", re.MULTILINE), ""),
    (re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+)", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|~~|`)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!-])"), r"\1"),
    (re.compile(r"\s+"), " "),
)


class Chunk(Struct, frozen=True):
    """A part of an article: `body[start:end]`, under the heading with this anchor.

    `heading` is the way to it, outermost first; both it and `anchor` are empty before the first heading.
    """

    start: int
    end: int
    anchor: str = ""
    heading: tuple[str, ...] = ()
    first: bool = True
    """Whether it is the first chunk under its heading."""


def cut(body: str, max_characters: int) -> tuple[Chunk, ...]:
    """Cut Markdown at its headings, and sections longer than `max_characters` at the end of a paragraph or sentence.

    Anchors are made as GitHub makes them: lower case, hyphens for spaces, Chinese kept, a number when one repeats.
    Parts without text are left out, so an empty body has no chunk.
    """
    chunks: list[Chunk] = []
    for start, end, anchor, heading in _sections(body):
        first = True
        for part_start, part_end in _parts(body, start, end, max_characters):
            chunks.append(Chunk(part_start, part_end, anchor, heading, first))
            first = False
    return tuple(chunks)


def plain(markdown: str) -> str:
    """Return the words of Markdown on one line, without its marks."""
    for pattern, replacement in _MARKS:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


def _sections(body: str) -> Iterator[tuple[int, int, str, tuple[str, ...]]]:
    """Yield start, end, anchor and headings of each section; the section includes its heading's line."""
    path: list[tuple[int, str]] = []
    anchors: dict[str, int] = {}
    start, at = 0, 0
    anchor, heading = "", ()  # type: str, tuple[str, ...]
    fence = ""
    for line in body.splitlines(keepends=True):
        text = line.rstrip("\r\n")
        fence_mark = _FENCE.match(text)
        if fence_mark and (not fence or fence_mark[1].startswith(fence)):
            fence = "" if fence else fence_mark[1]
        found = None if fence else _HEADING.match(text)
        if found:
            yield start, at, anchor, heading
            level, title = len(found[1]), plain(found[2])
            path = [step for step in path if step[0] < level] + [(level, title)]
            anchor, heading, start = _anchor(title, anchors), tuple(step[1] for step in path), at
        at += len(line)
    yield start, at, anchor, heading


def _anchor(title: str, taken: dict[str, int]) -> str:
    kept = "".join(c for c in title.lower() if c in "-_ " or unicodedata.category(c)[0] in "LNM")
    slug = kept.strip().replace(" ", "-")
    count = taken.get(slug, 0)
    taken[slug] = count + 1
    return f"{slug}-{count}" if count else slug


def _parts(body: str, start: int, end: int, max_characters: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `body[start:end]` without blank ends, none longer than `max_characters`."""
    while start < end:
        stop = end
        if end - start > max_characters:
            stop = _last_end(_PARAGRAPH_END, body, start, max_characters)
            stop = stop or _last_end(_SENTENCE_END, body, start, max_characters)
            stop = stop or start + max_characters
        text = body[start:stop]
        left = start + len(text) - len(text.lstrip())
        right = start + len(text.rstrip())
        if left < right:
            yield left, right
        start = stop


def _last_end(pattern: re.Pattern[str], body: str, start: int, max_characters: int) -> int:
    """Return where the last match in reach ends, 0 when there is none in its second half."""
    ends = [
        found.end() for found in pattern.finditer(body, start + max_characters // 2, start + max_characters)
    ]
    return ends[-1] if ends else 0
