"""Turn the short form of flows, which people write, into the long form, which is stored and sent.

    states:                                  states:
      number:                                  number:
        ask: number                              kind: ask, slot: number
        say: 您的订单号是？             →         say: 您的订单号是？
        next: look_up                            next: look_up
      look_up:                                 look_up:
        call: https://…                          kind: call, url: https://…

What is not recognised passes through unchanged: the type of the flow then names the fault with its line.
"""

from collections.abc import Callable

from fastdesk.model.document import Node
from fastdesk.model.shorthand import expand_condition, expand_duration, expand_option, many

__all__ = ["SHORT_NAMES", "expand_flow"]

SHORT_NAMES = ("ask", "branch", "call", "flow", "hand", "end", "timeout", "wait", "when", "else", "with")
"""Names of the short form that are no fields of the long one."""


def expand_flow(node: Node) -> Node:
    """Give a flow in its long form; the first state is where it starts."""
    if not isinstance(node.value, dict):
        return node
    held = dict(node.value)
    if "flow" in held and "id" not in held:
        held["id"] = held.pop("flow")
    for name in ("triggers", "cancel"):
        if name in held:
            held[name] = many(held[name])
    held |= _each(held, "slots", _slot) | _each(held, "states", _state)
    states = held.get("states")
    if "start" not in held and states is not None and isinstance(states.value, dict) and states.value:
        held["start"] = Node(next(iter(states.value)), states.line)
    return Node(held, node.line)


def _each(held: dict[str, Node], name: str, expand: Callable[[Node], Node]) -> dict[str, Node]:
    node = held.get(name)
    if node is None or not isinstance(node.value, dict):
        return {}
    return {name: Node({key: expand(item) for key, item in node.value.items()}, node.line)}


def _slot(node: Node) -> Node:
    """`number: phone` names a type; `size: [S, M]` are the options of a choice."""
    if isinstance(node.value, str):
        return Node({"type": node}, node.line)
    if isinstance(node.value, list):
        return Node({"type": Node("choice", node.line), "options": _choices(node)}, node.line)
    if not isinstance(node.value, dict):
        return node
    held = dict(node.value)
    if "options" in held:
        held["options"] = _choices(held["options"])
        held.setdefault("type", Node("choice", node.line))
    if "pattern" in held:
        held.setdefault("type", Node("regex", node.line))
    return Node(held, node.line)


def _choices(node: Node) -> Node:
    if not isinstance(node.value, list):
        return node
    return Node([_choice(item) for item in node.value], node.line)


def _choice(node: Node) -> Node:
    if not isinstance(node.value, dict):
        return Node({"value": Node(node.text, node.line)}, node.line)
    if "words" in node.value:
        return Node({**node.value, "words": many(node.value["words"])}, node.line)
    return node


def _state(node: Node) -> Node:
    if not isinstance(node.value, dict) or "kind" in node.value:
        return node
    held = dict(node.value)
    for key, expand in _KINDS.items():
        if key in held:
            fields = expand(held.pop(key))
            line = next(iter(fields.values())).line if fields else node.line
            kind = "sub" if key == "flow" else key
            return Node({"kind": Node(kind, line), **fields, **_timed(held)}, node.line)
    if "say" in held:
        return Node({"kind": Node("say", node.line), **_said(held)}, node.line)
    return node


def _timed(held: dict[str, Node]) -> dict[str, Node]:
    names = {"wait": "wait_ms", "timeout": "timeout_ms"}
    timed = {
        names.get(key, key): expand_duration(item) if key in names else item for key, item in held.items()
    }
    if "with" in timed:
        timed["given"] = timed.pop("with")
    return timed


def _said(held: dict[str, Node]) -> dict[str, Node]:
    options = held.get("options")
    if options is not None and isinstance(options.value, list):
        held["options"] = Node([expand_option(item) for item in options.value], options.line)
    return held


def _call(node: Node) -> dict[str, Node]:
    return _timed(node.value) if isinstance(node.value, dict) else {"url": node}


def _branch(node: Node) -> dict[str, Node]:
    """Each case is `{when: …, next: …}`; the last may be `{else: …}`."""
    if not isinstance(node.value, list):
        return {"cases": node}
    return {"cases": Node([_case(item) for item in node.value], node.line)}


def _case(node: Node) -> Node:
    if not isinstance(node.value, dict):
        return node
    held = dict(node.value)
    if "else" in held:
        held["next"] = held.pop("else")
    if "when" in held:
        held["when"] = expand_condition(held["when"])
    return Node(held, node.line)


def _hand(node: Node) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return node.value
    return {} if node.value is None or node.value is True else {"reason": node}


def _end(node: Node) -> dict[str, Node]:
    return {} if node.value is None or node.value is True else {"result": node}


_KINDS: dict[str, Callable[[Node], dict[str, Node]]] = {
    "ask": lambda node: {"slot": node},
    "branch": _branch,
    "call": _call,
    "flow": lambda node: {"flow": node},
    "hand": _hand,
    "end": _end,
}
