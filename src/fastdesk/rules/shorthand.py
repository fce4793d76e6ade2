"""Turn the short form of rules, which people write, into the long form, which is stored and sent.

    - id: refund                          - id: refund
      contains: 退款                        when: {kind: contains, texts: [退款]}
      reply: 请告诉我们订单号。       →       do: [{act: reply, text: 请告诉我们订单号。}]

What is not recognised passes through unchanged: the type of the rule then names the fault with its line.
"""

from collections.abc import Callable

from fastdesk.model.document import Node
from fastdesk.model.shorthand import (
    all_of,
    expand_condition,
    expand_duration,
    expand_option,
    many,
    one_condition,
)

__all__ = ["SHORT_NAMES", "expand_rule"]


def expand_rule(node: Node) -> Node:
    """Give a rule in its long form."""
    if not isinstance(node.value, dict):
        return node
    held = dict(node.value)
    conditions = [one_condition(key, held.pop(key)) for key in list(held) if key in _TOP_CONDITIONS]
    if "when" in held:
        conditions.append(expand_condition(held.pop("when")))
    if conditions:
        held["when"] = all_of(conditions)
    actions = [_act(key, held.pop(key)) for key in list(held) if key in _TOP_ACTIONS]
    if "do" in held:
        listed = held.pop("do")
        # A single action may stand without its list.
        actions += [
            _expand_action(item) for item in (listed.value if isinstance(listed.value, list) else [listed])
        ]
    if actions:
        held["do"] = Node(actions, actions[0].line)
    for short, long in (("idle", "idle_ms"), ("every", "every_ms")):
        if short in held:
            held[long] = expand_duration(held.pop(short))
            held.setdefault("on", Node("idle" if short == "idle" else "schedule", held[long].line))
    if "sites" in held:
        held["sites"] = many(held["sites"])
    return Node(held, node.line)


def _expand_action(node: Node) -> Node:
    """Give an action in its long form: `resolve`, `reply: …`."""
    if isinstance(node.value, str):
        return Node({"act": Node(node.value, node.line)}, node.line)
    if not isinstance(node.value, dict) or "act" in node.value or len(node.value) != 1:
        return node
    ((key, value),) = node.value.items()
    return _act(key, value)


_TOP_CONDITIONS = ("exact", "contains", "keywords", "regex", "intent", "language", "hours")


def _act(key: str, value: Node) -> Node:
    expand = _ACTIONS.get(key)
    fields = expand(value) if expand else value.value if isinstance(value.value, dict) else {}
    return Node({"act": Node(key, value.line), **fields}, value.line)


def _field(name: str) -> Callable[[Node], dict[str, Node]]:
    """Take a lone value as the field `name`, a mapping as the fields; an action without a value has none."""

    def expand(node: Node) -> dict[str, Node]:
        if isinstance(node.value, dict):
            return node.value
        return {} if node.value is None or node.value is True else {name: node}

    return expand


def _reply(node: Node) -> dict[str, Node]:
    return node.value if isinstance(node.value, dict) and "text" in node.value else {"text": node}


def _buttons(node: Node) -> dict[str, Node]:
    if not isinstance(node.value, dict) or not isinstance((options := node.value.get("options")), Node):
        return _reply(node)
    if not isinstance(options.value, list):
        return dict(node.value)
    made = [expand_option(item) for item in options.value]
    return {**node.value, "options": Node(made, options.line)}


def _labels(node: Node) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return {key: many(item) if key in ("add", "remove") else item for key, item in node.value.items()}
    return {"add": many(node)}


def _snooze(node: Node) -> dict[str, Node]:
    return _times({"for": "for_ms"}, node.value if isinstance(node.value, dict) else {"for": node})


def _http(node: Node) -> dict[str, Node]:
    return _times({"timeout": "timeout_ms"}, node.value if isinstance(node.value, dict) else {"url": node})


def _times(names: dict[str, str], held: dict[str, Node]) -> dict[str, Node]:
    return {
        names.get(key, key): expand_duration(item) if key in names else item for key, item in held.items()
    }


_ACTIONS: dict[str, Callable[[Node], dict[str, Node]]] = {
    "reply": _reply,
    "buttons": _buttons,
    "label": _labels,
    "priority": _field("level"),
    "note": _field("text"),
    "resolve": _field("resolve"),
    "snooze": _snooze,
    "start_flow": _field("flow"),
    "http": _http,
    "webhook": _field("name"),
    "assistant": _field("instruction"),
    "handoff": _field("reason"),
}
_TOP_ACTIONS = ("reply", "buttons", "start_flow", "assistant", "handoff")

SHORT_NAMES = (*_TOP_CONDITIONS, *_TOP_ACTIONS, "idle", "every", "is", "in", "value", "for", "timeout")
"""Names of the short form that are no fields of the long one."""
