"""What a model may ask the desk to do: nothing but the tools that rules allow here, with arguments that fit.

The model proposes; this room checks the name against the allowed ones, the arguments against the tool's
schema, fills the identity arguments from the verified session, and gives side effects a key under which
they can happen only once. The desk then does it, or not.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from fastdesk.ai.provider import Tool, ToolCall
from fastdesk.ai.settings import AssistantSettings, ToolSettings

__all__ = ["BUILT_IN", "ProposedAction", "Refusal", "offered_tools", "propose"]

#: Ask for a person, or say that the question cannot be answered from what is known.
BUILT_IN = {
    "hand_off": ToolSettings(
        name="hand_off",
        description="Pass the visitor on to a person: he asks for one, is upset, or needs what only a person can do.",
        parameters={
            "type": "object",
            "properties": {"reason": {"type": "string", "description": "Why, in a few words."}},
        },
    ),
    "not_sure": ToolSettings(
        name="not_sure",
        description="Say that you cannot answer from what you know; the desk then asks the visitor or offers a person.",
        parameters={"type": "object", "properties": {}},
    ),
}

_MAX_ARGUMENT_BYTES = 8_192
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class ProposedAction(Struct, frozen=True):
    """Something to be done. `key` is the same whenever the same turn proposes the same; "" when it has no side effect."""

    name: str
    arguments: dict[str, Any]
    key: str = ""


class Refusal(Struct, frozen=True):
    """Why a proposal was not accepted; told to the model and written to the log, so it names no values."""

    name: str
    reason: str


def offered_tools(settings: AssistantSettings, identity: Mapping[str, str]) -> dict[str, ToolSettings]:
    """Return the tools that rules allow here and now: those that need an identity only when there is a verified one."""
    tools = {**BUILT_IN, **{tool.name: tool for tool in settings.tools}}
    return {
        name: tool
        for name, tool in tools.items()
        if name in settings.allow and all(source in identity for source in tool.identity.values())
    }


def as_tool(tool: ToolSettings) -> Tool:
    """Return a tool as the model sees it: without the arguments that are not its to choose."""
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    hidden = tool.identity
    schema["properties"] = {
        name: value for name, value in schema.get("properties", {}).items() if name not in hidden
    }
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in hidden]
    return Tool(tool.name, tool.description, schema)


def propose(
    call: ToolCall, offered: Mapping[str, ToolSettings], identity: Mapping[str, str], turn: str
) -> ProposedAction | Refusal:
    """Check what the model wants to do."""
    tool = offered.get(call.name)
    if tool is None:
        return Refusal(call.name[:64], "not allowed here")
    if len(call.arguments) > _MAX_ARGUMENT_BYTES:
        return Refusal(tool.name, "too long")
    try:
        given = msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return Refusal(tool.name, "the arguments are no JSON object")
    given = {name: value for name, value in given.items() if name not in tool.identity}
    fault = _fault(given, as_tool(tool).parameters)
    if fault:
        return Refusal(tool.name, fault)
    arguments = given | {name: identity[source] for name, source in tool.identity.items()}
    key = ""
    if tool.side_effect:
        content = msgspec.json.encode([turn, tool.name, arguments], order="deterministic")
        key = hashlib.blake2b(content, digest_size=16).hexdigest()
    return ProposedAction(tool.name, arguments, key)


def _fault(given: dict[str, Any], schema: Mapping[str, Any]) -> str:
    """Return what is wrong with arguments: names, presence, types, listed values. Deeper checks are the tool's own."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in given:
            return f"{name} is missing"
    for name, value in given.items():
        if name not in properties:
            return "an argument that the tool does not have"
        wanted = properties[name].get("type")
        kinds = [wanted] if isinstance(wanted, str) else wanted or []
        fits = any(
            isinstance(value, _KINDS.get(kind, (object,)))
            and not (isinstance(value, bool) and kind in ("integer", "number"))
            for kind in kinds
        )
        if kinds and not fits:
            return f"{name} must be {' or '.join(kinds)}"
        if "enum" in properties[name] and value not in properties[name]["enum"]:
            return f"{name} is not one of the listed values"
    return ""
