"""The text of a web page as Markdown: its main part, without menus, forms and scripts.

Enters: HTML as it came, however broken. Leaves: title, language, Markdown. Never fails: what is no HTML is text.
"""

import re
from html.parser import HTMLParser
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

__all__ = ["PageText", "read_html"]

#: Elements whose content is no text of the page.
_LEFT_OUT: Final = frozenset(
    {"script", "style", "nav", "aside", "form", "noscript", "template", "svg", "iframe", "button", "select", "dialog", "head"}
)  # fmt: skip
#: Left out unless the page says that its main part holds them.
_FRAME: Final = frozenset({"header", "footer"})
_BLOCKS: Final = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "ul", "ol", "dl", "dt", "dd", "table", "tbody", "thead",
     "blockquote", "figure", "figcaption", "body", "html", "details", "summary", "hr", "address", "caption"}
)  # fmt: skip
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_EMPTY: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track"}
)
_MARKS: Final = {"strong": "**", "b": "**", "code": "`"}
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_MAIN = re.compile(r"<main[\s>]|role=[\"']?main", re.IGNORECASE)
_ARTICLE = re.compile(r"<article[\s>]", re.IGNORECASE)
#: Deeper nesting than any honest page has.
_MAX_DEPTH: Final = 500


class PageText(NamedTuple):
    """A page's text; empty strings where it says nothing."""

    title: str
    language: str
    markdown: str


def read_html(html: str, url: str = "") -> PageText:
    """Return the text of a page's main part, the whole body where it names none; `url` makes its links absolute."""
    main = "main" if _MAIN.search(html) else "article" if _ARTICLE.search(html) else ""
    reader = _Reader(url, main)
    reader.feed(html)
    reader.close()
    return reader.result()


class _Reader(HTMLParser):
    """Walk the elements once and write Markdown."""

    def __init__(self, url: str, main: str) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self._main = main
        self._open: list[str] = []
        self._left_out = 0
        self._inside_main = 0
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._prefix = ""
        self._lists: list[list[int]] = []
        self._cells: list[str] | None = None
        self._rows = 0
        self._pre = 0
        self._links: list[tuple[int, str]] = []
        self._is_title = False
        self._title = ""
        self._heading = ""
        self._language = ""

    def result(self) -> PageText:
        """Return what was read."""
        self._flush()
        title = _SPACES.sub(" ", self._title).strip()
        return PageText(self._heading or title, self._language, "\n\n".join(self._blocks))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "html":
            self._language = named.get("lang", "")[:35]
        if tag == "title" and not self._title:
            self._is_title = True
        if tag in _EMPTY:
            self._mark_empty(tag)
            return
        if len(self._open) >= _MAX_DEPTH:
            return
        self._open.append(tag)
        if self._is_left_out(tag, named):
            self._left_out += 1
        if tag == self._main or (self._main == "main" and named.get("role") == "main"):
            self._inside_main += 1
            self._open[-1] = "main!"
        if self._is_heard:
            self._begin(tag, named)

    def _is_left_out(self, tag: str, named: dict[str, str]) -> bool:
        is_hidden = "hidden" in named or named.get("aria-hidden") == "true"
        return bool(
            self._left_out or tag in _LEFT_OUT or is_hidden or (tag in _FRAME and not self._inside_main)
        )

    @property
    def _is_heard(self) -> bool:
        return not self._left_out and (not self._main or self._inside_main > 0)

    def _mark_empty(self, tag: str) -> None:
        if tag == "br" and self._is_heard:
            self._line.append("\n")
        elif tag == "hr":
            self._flush()

    def _begin(self, tag: str, named: dict[str, str]) -> None:
        if tag in _HEADINGS:
            self._flush()
            self._prefix = _HEADINGS[tag] + " "
        elif tag in ("ul", "ol"):
            self._flush()
            self._lists.append([0, int(tag == "ol")])
        elif tag == "li":
            self._begin_item()
        elif tag == "tr":
            self._flush()
            self._cells = []
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "pre":
            self._flush()
            self._pre += 1
        elif tag == "a":
            self._links.append((len(self._line), self._address(named.get("href", ""))))
        elif tag in _MARKS and not self._pre:
            self._line.append(_MARKS[tag])
        elif tag in _BLOCKS and self._cells is None:
            self._flush()

    def _begin_item(self) -> None:
        self._flush()
        if not self._lists:
            self._lists.append([0, 0])
        counted = self._lists[-1]
        counted[0] += 1
        mark = f"{counted[0]}. " if counted[1] else "- "
        self._prefix = "  " * (len(self._lists) - 1) + mark

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._is_title = False
        wanted = "main!" if tag == "main" or (tag == self._main and self._inside_main) else tag
        if wanted not in self._open and tag in self._open:
            wanted = tag
        if wanted not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            if self._is_heard:
                self._end("div" if closed == "main!" else closed)
            if closed == "main!":
                self._inside_main -= 1
            self._left_out = max(0, self._left_out - 1)
            if closed == wanted:
                break

    def _end(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._end_heading()
        elif tag in ("ul", "ol"):
            self._flush()
            if self._lists:
                self._lists.pop()
        elif tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "table":
            self._rows = 0
        elif tag == "pre":
            self._end_pre()
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in _MARKS and not self._pre:
            self._line.append(_MARKS[tag])
        elif (tag in _BLOCKS or tag == "li") and self._cells is None:
            self._flush()

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self._title += data
        elif self._is_heard:
            self._line.append(data if self._pre else _SPACES.sub(" ", data))

    def _end_heading(self) -> None:
        text = self._take()
        if text and not self._heading:
            self._heading = text
        if text:
            self._blocks.append(self._prefix + text)
        self._prefix = ""

    def _end_pre(self) -> None:
        self._pre -= 1
        text = "".join(self._line).strip("\n")
        self._line.clear()
        if text.strip():
            self._blocks.append(f"```\n{text}\n```")

    def _end_link(self, start: int, address: str) -> None:
        text = _SPACES.sub(" ", "".join(self._line[start:])).strip()
        if address and text and not self._pre:
            self._line[start:] = [f"[{text}]({address}) "]

    def _end_cell(self) -> None:
        text = self._take()
        if self._cells is not None and text:
            self._cells.append(text.replace("\n", " ").replace("|", "\\|"))

    def _end_row(self) -> None:
        self._end_cell()
        cells, self._cells = self._cells or [], None
        if not cells:
            return
        row = "| " + " | ".join(cells) + " |"
        if self._rows == 0:
            self._blocks.append(row + "\n|" + " --- |" * len(cells))
        else:
            self._blocks[-1] += "\n" + row
        self._rows += 1

    def _take(self) -> str:
        text = "".join(self._line)
        self._line.clear()
        self._links.clear()
        lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
        return "\n".join(line for line in lines if line).replace("** **", " ").replace("****", "")

    def _flush(self) -> None:
        text = self._take()
        if not text:
            return
        joins = self._lists and self._prefix and self._blocks and _is_item(self._blocks[-1])
        block = self._prefix + text
        if joins:
            self._blocks[-1] += "\n" + block
        else:
            self._blocks.append(block)
        self._prefix = ""

    def _address(self, href: str) -> str:
        try:
            address = urljoin(self._url, href.strip())
            return address if urlsplit(address).scheme in ("http", "https", "mailto", "tel") else ""
        except ValueError:
            return ""


def _is_item(block: str) -> bool:
    return re.match(r"\s*(?:- |\d+\. )", block.rpartition("\n")[2]) is not None
