"""A dialogue flow: states, what the bot says, slots that the visitor fills. Data only; `fastdesk.dialogue` runs it.

The long form here is what is stored and sent; owners write the short form (`ask: number`, `say: …`).
"""

from typing import Annotated, Literal, NewType

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fastdesk.model.condition import Condition, Number, Pattern
from fastdesk.model.rule import Localized, Name, Option, ShortText, TimeoutMs, VariableName

__all__ = [
    "Ask",
    "Branch",
    "Call",
    "Case",
    "Choice",
    "End",
    "Flow",
    "FlowId",
    "FlowVersion",
    "Hand",
    "Say",
    "Slot",
    "SlotType",
    "State",
    "StateName",
    "Sub",
]

FlowId = NewType("FlowId", str)
StateName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
SlotType = Literal["text", "phone", "order_number", "date", "choice", "number", "email", "regex"]


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Offer one value of a choice slot; `words` are other ways to say it."""

    value: ShortText
    label: Localized | None = None
    words: Annotated[tuple[ShortText, ...], Meta(max_length=50)] = ()


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name a value that the visitor gives, and what may stand in it.

    `label` is how people call it: it is said when a value is corrected, and heard in `change the phone to …`.
    Bounds: `at_least` and `at_most` count characters of a text, or bound a number; a date counts days from today.
    """

    type: SlotType = "text"
    label: Localized | None = None
    options: Annotated[tuple[Choice, ...], Meta(max_length=20)] = ()
    pattern: Pattern | None = None
    at_least: Number | UnsetType = UNSET
    at_most: Number | UnsetType = UNSET


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Share the settings of all states."""


class Ask(_State, frozen=True, kw_only=True, tag="ask"):
    """Ask for a slot until it is filled. A slot that is filled beforehand is not asked.

    A wrong value gets `retry` (or `say` again); after `tries` of them `failed` follows, a person where it is missing.
    With `wait_ms`, `late` follows when the visitor is silent that long.
    """

    slot: VariableName
    say: Localized
    retry: Localized | None = None
    tries: Annotated[int, Meta(ge=1, le=10)] = 3
    next: StateName
    failed: StateName | None = None
    wait_ms: Annotated[int, Meta(ge=1_000, le=30 * 86_400_000)] | None = None
    late: StateName | None = None


class Say(_State, frozen=True, kw_only=True, tag="say"):
    """Say something and go on. Buttons are only shown: to ask by them, use a choice slot."""

    say: Localized
    options: Annotated[tuple[Option, ...], Meta(max_length=12)] = ()
    next: StateName


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Go to `next` when the condition holds; a case without one always holds."""

    when: Condition | None = None
    next: StateName


class Branch(_State, frozen=True, kw_only=True, tag="branch"):
    """Go where the first case that holds leads."""

    cases: Annotated[tuple[Case, ...], Meta(min_length=1, max_length=50)]


class Call(_State, frozen=True, kw_only=True, tag="call"):
    """Call an endpoint; its JSON answer is `{{save.…}}` from then on. `failed` follows a failure or a late answer.

    A call that uses `visitor.identity` is made for verified visitors only; others go to `unverified`, or `failed`.
    """

    url: Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^/\s{}]+(/\S*)?$")]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: Annotated[dict[Name, ShortText], Meta(max_length=20)] = {}
    body: Annotated[dict[str, object], Meta(max_length=100)] | None = None
    timeout_ms: TimeoutMs = 3_000
    save: VariableName = "answer"
    next: StateName
    failed: StateName
    unverified: StateName | None = None


class Sub(_State, frozen=True, kw_only=True, tag="sub"):
    """Run another flow and come back; its slots are `{{save.…}}` then. `given` fills slots of it beforehand."""

    flow: FlowId
    given: Annotated[dict[VariableName, ShortText], Meta(max_length=50)] = {}
    save: VariableName
    next: StateName
    cancelled: StateName | None = None


class Hand(_State, frozen=True, kw_only=True, tag="hand"):
    """Hand over to a person, with the slots; the flow is over."""

    reason: Annotated[str, Meta(max_length=200)] = ""
    team: Name | None = None
    say: Localized | None = None


class End(_State, frozen=True, kw_only=True, tag="end"):
    """End the flow with a result."""

    result: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = "done"
    say: Localized | None = None


State = Ask | Say | Branch | Call | Sub | Hand | End


class Flow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hold one version of a flow. A conversation keeps the version it began with.

    `triggers` are phrases of a visitor that begin it. `cancel` adds words to those that always cancel.
    """

    id: Annotated[FlowId, Meta(pattern=r"^[a-z][a-z0-9_\-]{0,47}$")]
    version: Annotated[int, Meta(ge=1, le=2**53)] = 1
    name: Annotated[str, Meta(max_length=200)] = ""
    enabled: bool = True
    triggers: Annotated[tuple[ShortText, ...], Meta(max_length=200)] = ()
    start: StateName
    zone: Annotated[str, Meta(max_length=64)] = "UTC"
    """Time zone in which `today` is meant."""
    cancel: Annotated[tuple[ShortText, ...], Meta(max_length=50)] = ()
    slots: Annotated[dict[VariableName, Slot], Meta(max_length=50)] = {}
    states: Annotated[dict[StateName, State], Meta(min_length=1, max_length=300)]


class FlowVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier version of a flow, kept for the conversations that began with it; `id` is `FLOW.VERSION`."""

    id: str
    flow: Flow
