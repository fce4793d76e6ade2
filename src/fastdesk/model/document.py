"""A YAML or JSON document with the line of every part, so that a fault can be shown where it stands.

`on`, `yes` and dates are plain text here, and numbers are decimal: what YAML 1.1 makes of them surprises
people. Anchors, tags and merge keys are refused.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
import yaml

from fastdesk.model.problem import Problem

__all__ = ["MAX_BYTES", "Node", "decode", "nearest", "read_document"]

T = TypeVar("T")

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 200_000

_INT = re.compile(r"^[-+]?(0|[1-9][0-9]{0,15})$")
_FLOAT = re.compile(r"^[-+]?[0-9]{1,15}\.[0-9]{1,15}$")
_LISTS = (msgspec.inspect.VarTupleType, msgspec.inspect.ListType)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Node:
    """One value with the line it stands on (0 when unknown); lists and mappings hold nodes.

    `text` keeps a scalar as it was written, for places where `12315` means the text.
    """

    __slots__ = ("line", "text", "value")

    def __init__(self, value: Any, line: int = 0, text: str | None = None) -> None:
        self.value = value
        self.line = line
        self.text = str(value) if text is None else text

    @classmethod
    def of(cls, value: object) -> "Node":
        """Wrap plain values, as they come from decoded JSON; what is a node already stays."""
        if isinstance(value, cls):
            return value
        if isinstance(value, dict):
            return cls({str(key): cls.of(item) for key, item in value.items()})
        if isinstance(value, list | tuple):
            return cls([cls.of(item) for item in value])
        return cls(value)

    def plain(self) -> Any:
        """Give the value without lines."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def line_at(self, path: list[str | int]) -> int:
        """Give the line of a part, or of its nearest parent."""
        node = self
        line = node.line
        for key in path:
            held = node.value
            try:
                node = held[key]
            except (LookupError, TypeError):
                break
            line = node.line or line
        return line


def read_document(source: str | bytes) -> Node | Problem:
    """Read one YAML or JSON document of at most 1 MiB."""
    if len(source) > MAX_BYTES:
        return Problem(message=f"the file has a length of {len(source)}, {MAX_BYTES} is allowed")
    text = ""
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        return _build(_Events(yaml.parse(text, Loader=_LOADER)))
    except UnicodeDecodeError as error:
        line = bytes(error.object).count(b"\n", 0, error.start) + 1
        return Problem(message="the file is not UTF-8 text", hint="save it as UTF-8", line=line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        # The commonest fault: `{zh: 您好 {{visitor.name}}}`, where the variable's braces are read as a mapping.
        written = text.splitlines()[line - 1 : line]
        hint = "put a text that holds {{…}} in quotes" if "{{" in "".join(written) else ""
        return Problem(message=f"this is not YAML: {error.problem or error.context}", line=line, hint=hint)
    except yaml.YAMLError as error:
        return Problem(message=f"this is not YAML: {str(error).splitlines()[0]}")
    except _Fault as fault:
        return fault.problem


def decode(node: Node, type_: type[T], path: str = "", also: tuple[str, ...] = ()) -> T | Problem:
    """Turn a node into a value of `type_`, or say where and why not.

    Args:
        node: what to convert.
        path: where the node stands in its document, for the message.
        also: names that people may write beside the fields of the type, for `did you mean`.
    """
    plain = node.plain()
    try:
        return msgspec.convert(plain, type_)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        keys = _keys(place.rstrip("`"), plain, type_)
        hint = ""
        if unknown := re.search(r"unknown field `(.*)`", message):
            keys.append(unknown.group(1))
            message = f"unknown field '{unknown.group(1)}'"
            hint = nearest(unknown.group(1), [*_names(node, keys[:-1], type_), *also])
        elif unknown := re.match(r"Invalid (?:enum )?value '(.*)'", message):
            known = _names(node, keys if "enum" in message else keys[:-1], type_, choices=True)
            message = f"unknown value '{unknown.group(1)}'"
            hint = nearest(unknown.group(1), known) or f"one of {', '.join(known)}"
        inside = path + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
        return Problem(
            message=_plain_words(message), hint=hint, line=node.line_at(keys), path=inside.lstrip(".")
        )
    except RecursionError:
        return Problem(message="the document is nested too deeply", line=node.line, path=path)


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Ask `did you mean …?` when a known name is close."""
    close = get_close_matches(word, known, 1, 0.6)
    return f"did you mean '{close[0]}'?" if close else ""


class _Fault(Exception):
    """Carry a problem out of the recursion of `_convert`."""

    def __init__(self, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(message=message, line=line, hint=hint)


class _Events:
    """Hand out the parser's events one by one, and refuse what is not allowed in any of them.

    The parser's own tree is not used: building it recurses in C, and a file of open brackets ends the process.
    """

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._left = MAX_NODES

    def take(self) -> Any:
        """Give the next event."""
        event = next(self._events)
        line = event.start_mark.line + 1
        self._left -= 1
        if self._left < 0:
            raise _Fault(f"the document has more than {MAX_NODES} parts", line)
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _Fault("anchors (&, *) are not allowed", line, "write the part out again")
        if getattr(event, "tag", None) is not None:
            raise _Fault(f"tags such as {event.tag} are not allowed", line)
        return event


def _build(events: _Events) -> Node:
    events.take()  # the stream begins
    if isinstance(event := events.take(), yaml.StreamEndEvent):
        raise _Fault("the file is empty", 1)
    root = _node(events, events.take(), 0)
    events.take()  # the document ends
    if not isinstance(event := events.take(), yaml.StreamEndEvent):
        raise _Fault("a second document begins here", event.start_mark.line + 1, "keep one in a file")
    return root


def _node(events: _Events, event: Any, depth: int) -> Node:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        return Node(_scalar(event), line, event.value)
    if depth == MAX_DEPTH:
        raise _Fault(f"the document is nested more than {MAX_DEPTH} deep", line)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(event := events.take(), yaml.SequenceEndEvent):
            items.append(_node(events, event, depth + 1))
        return Node(items, line)
    held: dict[str, Node] = {}
    while not isinstance(key := events.take(), yaml.MappingEndEvent):
        place = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarEvent):
            raise _Fault("a key must be a plain word", place)
        if key.value in held:
            raise _Fault(f"'{key.value}' stands here twice", place)
        value = _node(events, events.take(), depth + 1)
        value.line = place
        held[key.value] = value
    return Node(held, line)


def _scalar(event: Any) -> object:
    text: str = event.value
    if not event.implicit[0]:  # quoted
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _keys(place: str, plain: Any, type_: Any) -> list[str | int]:
    """Read `$.rules[2].when` into its keys.

    The decoder writes `[...]` for a key of a mapping: the one is looked for that brings the same fault alone.
    """
    keys: list[str | int] = []
    held = plain
    for name, index in re.findall(r"\.([^.\[\]]+)|\[([^\]]*)\]", place.removeprefix("$")):
        key = _key_at_fault(held, place, plain, type_) if index == "..." else int(index) if index else name
        if key is None:
            break
        keys.append(key)
        held = held[key]
    return keys


def _key_at_fault(held: dict[str, Any], place: str, plain: Any, type_: Any) -> str | None:
    for key, value in list(held.items()):
        held.clear()
        held[key] = value
        try:
            msgspec.convert(plain, type_)
        except msgspec.ValidationError as error:
            if str(error).endswith(f"`{place}`"):
                return key
    return None


def _names(node: Node, keys: list[str | int], type_: Any, *, choices: bool = False) -> list[str]:
    """List what may stand at `keys`: the fields of the struct there, or with `choices` its tags or literals."""
    held: Any = node.plain()
    kind = msgspec.inspect.type_info(type_)
    for key in keys:
        kind = _within(_chosen(_bare(kind), held), key)
        held = held[key]
    kind = _bare(kind)
    members: Any = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    if choices:
        tags = [str(one.tag) for one in members if isinstance(one, msgspec.inspect.StructType) and one.tag]
        literals = [
            str(v) for one in members if isinstance(one, msgspec.inspect.LiteralType) for v in one.values
        ]
        return tags + literals
    struct = _chosen(kind, held)
    return (
        [field.encode_name for field in struct.fields]
        if isinstance(struct, msgspec.inspect.StructType)
        else []
    )


def _bare(kind: Any) -> Any:
    while isinstance(kind, msgspec.inspect.Metadata):
        kind = kind.type
    return kind


def _chosen(kind: Any, held: Any) -> Any:
    """Pick the member of a union that the value's tag (or its shape) names."""
    if not isinstance(kind, msgspec.inspect.UnionType):
        return kind
    for member in map(_bare, kind.types):
        if isinstance(member, msgspec.inspect.StructType) and isinstance(held, dict):
            if member.tag is None or held.get(str(member.tag_field)) == member.tag:
                return member
        elif isinstance(member, _LISTS) and isinstance(held, list):
            return member
    return None


def _within(kind: Any, key: str | int) -> Any:
    if isinstance(kind, msgspec.inspect.StructType):
        return next((field.type for field in kind.fields if field.encode_name == key), None)
    if isinstance(kind, msgspec.inspect.DictType):
        return kind.value_type
    return kind.item_type if isinstance(kind, _LISTS) else None


def _plain_words(message: str) -> str:
    for technical, plain in _WORDS:
        message = message.replace(technical, plain)
    return message[:1].lower() + message[1:]


_WORDS = (
    ("Object missing required field", "missing field"),
    ("`object`", "a mapping"),
    ("`array`", "a list"),
    ("`str`", "text"),
    ("`int`", "a whole number"),
    ("`float`", "a number"),
    ("`bool`", "true or false"),
    ("`null`", "nothing"),
    ("`", "'"),
)
