"""Where a conversation stands in its flow, what comes in, and what the caller is to do."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fastdesk.model.call import CallAnswer
from fastdesk.model.flow import FlowId
from fastdesk.model.template import step_into

__all__ = [
    "Answered",
    "Around",
    "Aside",
    "Effect",
    "FlowState",
    "Frame",
    "Given",
    "Handed",
    "Heard",
    "Late",
    "Offer",
    "Over",
    "Request",
    "SideAnswered",
    "Speak",
    "Step",
    "decode_state",
    "encode_state",
]


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """Hold one running flow: its version, where it stands and what it knows.

    `order` lists the slots as they were filled, `kept` those that need not be asked when the walk comes to them.
    """

    flow: FlowId
    version: int
    state: str
    slots: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    order: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class FlowState(msgspec.Struct, frozen=True, array_like=True):
    """Hold a running dialogue: the flow and, above it, the flows it has called. Small; the store keeps it.

    `late_at_ms` is when the caller should give `Late`, 0 when never.
    """

    frames: Annotated[tuple[Frame, ...], Meta(min_length=1, max_length=10)]
    waits_for: Literal["text", "call", "aside"] = "text"
    tries: int = 0
    asides: int = 0
    late_at_ms: int = 0


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what surrounds a dialogue. `identity` is what the verified session says, None for everybody else."""

    language: str = ""
    visitor: dict[str, Any] = {}
    identity: str | None = None
    site_name: str = ""

    def look_up(self, path: str) -> object:
        """Give the value at a dotted path, None when there is none."""
        head, _, rest = path.partition(".")
        if head == "visitor":
            if rest == "identity":
                return self.identity
            return self.identity is not None if rest == "verified" else step_into(self.visitor, rest)
        if path == "site.name":
            return self.site_name
        return (self.language or None) if path == "language" else None


class Heard(msgspec.Struct, frozen=True):
    """The visitor wrote something, or pressed a button."""

    text: str


class Answered(msgspec.Struct, frozen=True):
    """A call came back, or failed."""

    answer: CallAnswer


class SideAnswered(msgspec.Struct, frozen=True):
    """A side question was answered; `found` is False when nobody knew an answer."""

    found: bool = True


class Late(msgspec.Struct, frozen=True):
    """The time that a state waits has passed."""


Given = Heard | Answered | SideAnswered | Late


class Offer(msgspec.Struct, frozen=True):
    """One button under a text: what is shown, and what is sent when it is pressed."""

    label: str
    value: str


class Speak(msgspec.Struct, frozen=True, kw_only=True, tag="speak"):
    """Say `text` to the visitor, with buttons under it."""

    text: str
    options: tuple[Offer, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True, tag="request"):
    """Call an endpoint, then step with `Answered`. Always the last effect of a step."""

    url: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    headers: dict[str, str]
    body: Any
    timeout_ms: int


class Aside(msgspec.Struct, frozen=True, kw_only=True, tag="aside"):
    """Answer a side question by other means, then step with `SideAnswered`. Always the last effect of a step."""

    text: str


class Handed(msgspec.Struct, frozen=True, kw_only=True, tag="handed"):
    """Hand the conversation to a person, with what the visitor has said so far."""

    reason: str
    team: str | None = None
    slots: dict[str, Any] = {}


class Over(msgspec.Struct, frozen=True, kw_only=True, tag="over"):
    """The dialogue has ended: `cancelled`, `handed`, `failed`, or the result of its end state."""

    flow: FlowId
    version: int
    result: str
    slots: dict[str, Any] = {}


Effect = Speak | Request | Aside | Handed | Over


class Step(msgspec.Struct, frozen=True):
    """Hold where the dialogue stands now (None: it is over) and what to do, in order."""

    state: FlowState | None
    effects: tuple[Effect, ...]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(FlowState)


def encode_state(state: FlowState) -> bytes:
    """Write a state for the store."""
    return _ENCODER.encode(state)


def decode_state(stored: bytes) -> FlowState | None:
    """Read a state from the store; None when it cannot be read."""
    try:
        return _DECODER.decode(stored)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
