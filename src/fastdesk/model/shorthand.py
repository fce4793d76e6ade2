"""The short form of what owners write in files: conditions, durations, buttons. Gives the long form.

What is not recognised passes through unchanged: the type it is for then names the fault with its line.
"""

import re
from collections.abc import Callable

from fastdesk.model.document import Node

__all__ = ["all_of", "expand_condition", "expand_duration", "expand_option", "many", "one_condition"]

_DURATION = re.compile(r"^([0-9]{1,9})\s*(ms|s|m|h|d)$")
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def expand_condition(node: Node) -> Node:
    """Give a condition in its long form: a list, or several keys at once, mean `all`."""
    if isinstance(node.value, list):
        return all_of([expand_condition(item) for item in node.value], node.line)
    if not isinstance(node.value, dict):
        return node
    if "kind" in node.value:
        held = dict(node.value)
        if isinstance(of := held.get("of"), Node):
            nested = [expand_condition(item) for item in of.value] if isinstance(of.value, list) else None
            held["of"] = expand_condition(of) if nested is None else Node(nested, of.line)
        return Node(held, node.line)
    if "value" in node.value:
        return _compare(node)
    known = [key for key in node.value if key in _CONDITIONS]
    if not known or len(known) < len(node.value):
        stranger = next((key for key in node.value if key not in _CONDITIONS), "")
        line = node.value[stranger].line if stranger else node.line
        return Node({"kind": Node(stranger, line), **node.value}, node.line)
    return all_of([one_condition(key, node.value[key]) for key in known], node.line)


def expand_duration(node: Node) -> Node:
    """Turn `90s`, `5m`, `2h` or `1d` into milliseconds; a number is milliseconds already."""
    found = _DURATION.match(node.text) if isinstance(node.value, str) else None
    return Node(int(found.group(1)) * _MILLISECONDS[found.group(2)], node.line) if found else node


def all_of(conditions: list[Node], line: int = 0) -> Node:
    """Join conditions; one alone stands for itself."""
    if len(conditions) == 1:
        return conditions[0]
    line = line or (conditions[0].line if conditions else 0)
    return Node({"kind": Node("all", line), "of": Node(conditions, line)}, line)


def one_condition(key: str, value: Node) -> Node:
    """Give the condition that `key: value` stands for; the key must be known."""
    fields = _CONDITIONS[key](value)
    return Node({"kind": Node(key, value.line), **fields}, value.line)


def many(node: Node) -> Node:
    """Give a list of texts; one text stands for a list of one, a number for its digits."""
    items = node.value if isinstance(node.value, list) else [node]
    return Node([Node(item.text, item.line) if _is_scalar(item) else item for item in items], node.line)


def _is_scalar(node: Node) -> bool:
    return isinstance(node.value, str | int | float) and not isinstance(node.value, bool)


def expand_option(node: Node) -> Node:
    """Give a button: a lone text, or one for each language, is its label."""
    if isinstance(node.value, dict) and "label" in node.value:
        return node
    return Node({"label": Node(node.text, node.line) if _is_scalar(node) else node}, node.line)


def _texts(node: Node) -> dict[str, Node]:
    return {"texts": many(node)}


def _names(node: Node) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return {key: many(item) if key == "names" else item for key, item in node.value.items()}
    return {"names": many(node)}


def _keywords(node: Node) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return {key: many(item) for key, item in node.value.items()}
    return {"all": many(node)}


def _regex(node: Node) -> dict[str, Node]:
    return node.value if isinstance(node.value, dict) else {"pattern": Node(node.text, node.line)}


def _hours(node: Node) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        return {"state": node}
    held = dict(node.value)
    if "days" in held:
        held["days"] = _days(held["days"])
    return held


def _days(node: Node) -> Node:
    """Write `mon-fri` out; a range may run over the end of the week."""
    days: list[Node] = []
    for item in node.value if isinstance(node.value, list) else [node]:
        first, dash, last = item.text.partition("-")
        if dash and first in _DAYS and last in _DAYS:
            start = _DAYS.index(first)
            days += [
                Node(_DAYS[(start + n) % 7], node.line) for n in range((_DAYS.index(last) - start) % 7 + 1)
            ]
        else:
            days.append(item)
    return Node(days, node.line)


def _compare(node: Node) -> Node:
    names = {"value": "path", "is": "equals", "in": "any_of"}
    held = {names.get(key, key): item for key, item in node.value.items()}
    return Node({"kind": Node("compare", node.line), **held}, node.line)


def _nested(node: Node) -> dict[str, Node]:
    items = node.value if isinstance(node.value, list) else [node]
    return {"of": Node([expand_condition(item) for item in items], node.line)}


_CONDITIONS: dict[str, Callable[[Node], dict[str, Node]]] = {
    "exact": _texts,
    "contains": _texts,
    "keywords": _keywords,
    "regex": _regex,
    "intent": _names,
    "language": _names,
    "label": _names,
    "hours": _hours,
    "all": _nested,
    "any": _nested,
    "not": lambda node: {"of": expand_condition(node)},
}
