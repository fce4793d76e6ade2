"""Texts with variables: `您好 {{visitor.name | 朋友}}`. Parsed once, rendered often; no code, no loops.

A variable is a dotted path and, after a bar, the words to use when there is no value.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

__all__ = [
    "MAX_RENDERED",
    "CallTemplate",
    "LocalizedTemplate",
    "LookUp",
    "Template",
    "as_text",
    "in_language",
    "step_into",
    "strings",
]

T = TypeVar("T")

LookUp = Callable[[str], object]
"""Give the value at a dotted path, None when there is none."""

MAX_RENDERED = 8_000
"""Characters a rendered text may have; the rest is cut, so that no remote answer floods a conversation."""

_HOLE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")
_PATH = re.compile(r"^[a-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_\-]+)*$")


class Template:
    """Hold a text and its variables.

    Args:
        text: the text as its owner wrote it.

    Raises:
        ValueError: a variable is not a dotted path, or braces don't pair; the message names the place.
    """

    __slots__ = ("_parts", "paths", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: list[str | tuple[str, str]] = []
        end = 0
        for hole in _HOLE.finditer(text):
            self._add(text[end : hole.start()])
            path, default = hole.group(1), hole.group(2) or ""
            if not _PATH.match(path):
                raise ValueError(
                    f"'{{{{{path}}}}}' is not a variable: write a name such as {{{{visitor.name}}}}"
                )
            self._parts.append((path, default))
            end = hole.end()
        self._add(text[end:])
        self.paths = tuple(part[0] for part in self._parts if isinstance(part, tuple))

    def render(self, look_up: LookUp) -> str:
        """Fill in the variables; a missing one becomes its default or nothing."""
        if not self.paths:
            return self.text
        return "".join(
            part if isinstance(part, str) else (as_text(look_up(part[0])) or part[1]) for part in self._parts
        )[:MAX_RENDERED]

    def render_url(self, look_up: LookUp) -> str:
        """Fill in the variables percent-encoded, so that a value cannot leave its place in the address."""
        return "".join(
            part if isinstance(part, str) else quote(as_text(look_up(part[0])) or part[1], safe="")
            for part in self._parts
        )

    def _add(self, text: str) -> None:
        if "{{" in text or "}}" in text:
            raise ValueError("a variable is written {{name}}: the braces here don't pair")
        if text:
            self._parts.append(text)


class LocalizedTemplate:
    """Hold one template, or one for each language.

    Raises:
        ValueError: a text is no template.
    """

    __slots__ = ("_by_language", "_only")

    def __init__(self, text: str | dict[str, str]) -> None:
        self._only = Template(text) if isinstance(text, str) else None
        self._by_language = {} if isinstance(text, str) else {tag: Template(one) for tag, one in text.items()}

    def render(self, look_up: LookUp, language: str) -> str:
        """Fill in the variables of the text for a language."""
        return (self._only or in_language(self._by_language, language)).render(look_up)


class CallTemplate:
    """Hold an HTTP call with variables in its address, headers and JSON body.

    Raises:
        ValueError: a text is no template.
    """

    __slots__ = ("_body", "_headers", "_url", "paths")

    def __init__(self, url: str, headers: dict[str, str], body: object) -> None:
        self._url = Template(url)
        self._headers = {name: Template(text) for name, text in headers.items()}
        self._body = _compile_value(body)
        texts = (url, *headers.values(), *strings(body))
        self.paths = frozenset(path for text in texts for path in Template(text).paths)

    def render(self, look_up: LookUp) -> tuple[str, dict[str, str], Any]:
        """Fill in the variables so that no value leaves its place; give address, headers and body."""
        # A line break in a header would begin another header.
        headers = {name: " ".join(text.render(look_up).split()) for name, text in self._headers.items()}
        return self._url.render_url(look_up), headers, self._body(look_up)


def strings(value: object) -> Iterator[str]:
    """List the strings inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def as_text(value: object) -> str:
    """Write a JSON value as a person would: nothing for None, `3` for 3.0, a list with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(as_text, value)))
    return "" if isinstance(value, dict) else str(value)


def step_into(value: object, path: str) -> object:
    """Follow a dotted path through JSON objects and lists; None where it leads nowhere."""
    for key in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list | tuple) and key.isascii() and key.isdigit() and len(key) < 7:
            value = value[int(key)] if int(key) < len(value) else None
        else:
            return None
    return value


def in_language(texts: dict[str, T], language: str) -> T:
    """Choose the text for a language: that very tag, its main language, else the first one written."""
    main = language.partition("-")[0].lower()
    for tag, text in texts.items():
        if tag == language:
            return text
    for tag, text in texts.items():
        if tag.partition("-")[0] == main:
            return text
    return next(iter(texts.values()))


def _compile_value(value: object) -> Callable[[LookUp], object]:
    """Make the function that renders the strings inside a JSON value; a lone variable keeps its type."""
    if isinstance(value, str):
        template = Template(value)
        if len(template.paths) == 1 and value.startswith("{{") and value.endswith("}}") and "|" not in value:
            path = template.paths[0]
            return lambda look_up: look_up(path)
        return template.render
    if isinstance(value, dict):
        items = {key: _compile_value(item) for key, item in value.items()}
        return lambda look_up: {key: item(look_up) for key, item in items.items()}
    if isinstance(value, list | tuple):
        parts = [_compile_value(item) for item in value]
        return lambda look_up: [part(look_up) for part in parts]
    return lambda look_up: value
