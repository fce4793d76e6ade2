"""Rules: on an event, when a condition holds, do actions. An answer rule is one whose only action is a reply.

The long form here is what is stored and sent; owners may write the short form (`contains: 退款`, `reply: …`),
which `fastdesk.rules.parse` turns into it.
"""

from typing import Annotated, Literal, NewType

import msgspec
from msgspec import Meta

from fastdesk.model.condition import Condition

__all__ = [
    "Action",
    "Assign",
    "Assistant",
    "Buttons",
    "Handoff",
    "Http",
    "Localized",
    "Note",
    "Option",
    "Reply",
    "Resolve",
    "Rule",
    "RuleId",
    "SetLabels",
    "SetPriority",
    "Snooze",
    "StartFlow",
    "Trigger",
    "Webhook",
]

RuleId = NewType("RuleId", str)

Trigger = Literal["message", "conversation_created", "status", "assignment", "idle", "schedule", "target"]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
ShortText = Annotated[str, Meta(min_length=1, max_length=500)]
LongText = Annotated[str, Meta(min_length=1, max_length=4000)]
LanguageTag = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Za-z]{2,4})?$")]
Localized = LongText | Annotated[dict[LanguageTag, LongText], Meta(min_length=1, max_length=20)]
"""One text, or one for each language; a template with `{{variables}}`."""
TimeoutMs = Annotated[int, Meta(ge=50, le=30_000)]
VariableName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class _Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="act"):
    """Share the settings of all actions."""


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Offer one button; `value` is sent when it is pressed, the label when there is none."""

    label: Localized
    value: ShortText | None = None


class Reply(_Action, frozen=True, kw_only=True, tag="reply"):
    """Say `text` to the visitor."""

    text: Localized


class Buttons(_Action, frozen=True, kw_only=True, tag="buttons"):
    """Say `text` and offer buttons under it."""

    text: Localized
    options: Annotated[tuple[Option, ...], Meta(min_length=1, max_length=12)]


class Assign(_Action, frozen=True, kw_only=True, tag="assign"):
    """Assign the conversation to a team or an agent, by id or name."""

    team: Name | None = None
    agent: Name | None = None


class SetLabels(_Action, frozen=True, kw_only=True, tag="label"):
    """Put labels on the conversation and take others off."""

    add: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()
    remove: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()


class SetPriority(_Action, frozen=True, kw_only=True, tag="priority"):
    """Set the conversation's priority."""

    level: Literal["low", "normal", "high", "urgent"]


class Note(_Action, frozen=True, kw_only=True, tag="note"):
    """Leave an internal note that the visitor never sees."""

    text: LongText


class Resolve(_Action, frozen=True, kw_only=True, tag="resolve"):
    """Resolve the conversation."""


class Snooze(_Action, frozen=True, kw_only=True, tag="snooze"):
    """Snooze the conversation for a time."""

    for_ms: Annotated[int, Meta(ge=1_000, le=366 * 86_400_000)]


class StartFlow(_Action, frozen=True, kw_only=True, tag="start_flow"):
    """Begin a dialogue flow; `slots` are filled in advance."""

    flow: Name
    slots: Annotated[dict[VariableName, ShortText], Meta(max_length=50)] = {}


class Http(_Action, frozen=True, kw_only=True, tag="http"):
    """Call an endpoint; its JSON answer is `{{save.…}}` in the actions after it.

    The address is fixed up to its path. When the call fails, is late or its answer is no JSON, `failure` is
    said and the actions after it are dropped.
    """

    url: Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^/\s{}]+(/\S*)?$")]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: Annotated[dict[Name, ShortText], Meta(max_length=20)] = {}
    body: Annotated[dict[str, object], Meta(max_length=100)] | None = None
    timeout_ms: TimeoutMs = 3_000
    save: VariableName = "answer"
    failure: Localized | None = None


class Webhook(_Action, frozen=True, kw_only=True, tag="webhook"):
    """Send the event to the tenant's webhook of this name."""

    name: Name


class Assistant(_Action, frozen=True, kw_only=True, tag="assistant"):
    """Let the assistant answer; `instruction` is added to its prompt for this turn."""

    instruction: Annotated[str, Meta(max_length=4000)] = ""


class Handoff(_Action, frozen=True, kw_only=True, tag="handoff"):
    """Hand the conversation to a person."""

    reason: Annotated[str, Meta(max_length=200)] = ""
    team: Name | None = None
    skills: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()


Action = (
    Reply
    | Buttons
    | Assign
    | SetLabels
    | SetPriority
    | Note
    | Resolve
    | Snooze
    | StartFlow
    | Http
    | Webhook
    | Assistant
    | Handoff
)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do `do` in order on the event `on` when `when` holds.

    Rules run by `position`, equal ones by id; one that fires with `stop` ends the walk. `once` fires at most
    once in a conversation. A rule that uses the visitor's verified identity fires for verified visitors only;
    for the others it says `unverified`, or does not fire where that is missing.
    """

    id: Annotated[RuleId, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(max_length=200)] = ""
    version: Annotated[int, Meta(ge=1, le=2**53)] = 1
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    enabled: bool = True
    sites: Annotated[tuple[str, ...], Meta(max_length=200)] = ()
    """Sites it holds for; all when empty."""
    on: Trigger = "message"
    idle_ms: Annotated[int, Meta(ge=1_000, le=366 * 86_400_000)] | None = None
    """With `on: idle`, how long nobody wrote."""
    every_ms: Annotated[int, Meta(ge=60_000, le=366 * 86_400_000)] | None = None
    """With `on: schedule`, the time between two runs, counted from 1970-01-01 UTC."""
    when: Condition | None = None
    do: Annotated[tuple[Action, ...], Meta(min_length=1, max_length=20)]
    unverified: Localized | None = None
    once: bool = False
    stop: bool = True
