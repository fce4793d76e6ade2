"""One message's walk through the pipeline: what a handler is given and what it gives back."""

from typing import Any, Literal, Protocol

from msgspec import Struct

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Role, Said
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor

__all__ = ["Action", "Outcome", "Port", "Reply", "Turn"]


class Port(Protocol):
    """What a running handler may show before its outcome."""

    def show(self, text: str, *, replace: bool = False) -> None:
        """Show the next piece of an answer that is being written, or replace all pieces so far."""

    def thinking(self, note: str = "") -> None:
        """Tell the visitor that an answer is being worked on; `note` is one human line."""


class Turn:
    """A visitor's message with everything that may be known when it is answered, as of its arrival; never changed.

    `received_ns` is the monotonic time that deadlines count from.
    """

    __slots__ = ("conversation", "language", "message", "port", "received_ns", "site", "visitor")

    def __init__(
        self,
        *,
        message: Said,
        conversation: Conversation,
        visitor: Visitor,
        site: Site,
        language: str,
        received_ns: int,
        port: Port,
    ) -> None:
        self.message = message
        self.conversation = conversation
        self.visitor = visitor
        self.site = site
        self.language = language
        self.received_ns = received_ns
        self.port = port

    @property
    def id(self) -> str:
        """Return the name that it has in `status` and `delta` frames."""
        return f"t{self.message.seq}"

    def at(self, port: Port) -> "Turn":
        """Return the same turn with another port, for a handler that takes it over."""
        return Turn(
            message=self.message,
            conversation=self.conversation,
            visitor=self.visitor,
            site=self.site,
            language=self.language,
            received_ns=self.received_ns,
            port=port,
        )


class Reply(Struct, frozen=True, kw_only=True):
    """One message to the visitor."""

    text: str
    kind: str = "text"
    role: Role = "bot"
    name: str = ""
    extra: dict[str, Any] | None = None
    sources: list[dict[str, str]] | None = None


class Action(Struct, frozen=True, kw_only=True):
    """A change that a handler asks for; the desk does it or refuses it by its own rules."""

    do: Literal[
        "handoff",
        "assign",
        "label",
        "priority",
        "note",
        "resolve",
        "snooze",
        "flow",
        "assistant",
        "fields",
        "webhook",
        "noted",
    ]
    values: dict[str, Any] = {}


class Outcome(Struct, frozen=True, kw_only=True):
    """What a handler answers: replies in order, actions after them, and why."""

    replies: tuple[Reply, ...] = ()
    actions: tuple[Action, ...] = ()
    #: Encoded state of the flow to keep, b"" to end it, None to leave it.
    flow: bytes | None = None
    #: Ids of once-only rules that fired.
    fired: tuple[str, ...] = ()
    why: dict[str, Any] | None = None
    #: True when nothing was understood: the desk counts it and offers a person.
    missed: bool = False
    #: True when this is done beside the answer, such as a label: the handlers behind are asked for one.
    goes_on: bool = False
