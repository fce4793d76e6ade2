"""The contracts of plug-ins: handlers answer a turn, hooks watch or veto between the stages.

Enters: plug-in objects. Leaves: one frozen tuple of bound methods per hook, so that a hook without subscribers costs one
truth test on the straight way.
"""

from collections.abc import Awaitable, Iterable
from typing import Any, Protocol, runtime_checkable

from fastdesk.hooks.pending import Pending
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Said
from fastdesk.model.turn import Outcome, Turn
from fastdesk.model.visitor import Visitor
from fastdesk.model.visitor_card import VisitorCard
from fastdesk.protocol.codes import Rejection

__all__ = ["HOOKS", "CardMaker", "Handler", "HookSpec"]


@runtime_checkable
class Handler(Protocol):
    """Answer turns. Handlers are asked in their declared order; the first that claims a turn answers it."""

    name: str

    def claim(self, turn: Turn) -> Any:
        """Return what `answer` needs when this turn is mine, None when it is not. No I/O, no `await`: microseconds."""

    def answer(self, turn: Turn, claim: Any) -> "Outcome | Awaitable[Outcome | None] | Pending | None":
        """Return the outcome, an awaitable of it when it takes a slow step, or None to let the next handler answer.

        `Pending` is for handlers of the product, which bound their time themselves.
        """


@runtime_checkable
class CardMaker(Protocol):
    """Show agents what is known of a visitor elsewhere, in the pane beside the conversation."""

    name: str

    def cards(self, visitor: Visitor) -> "Iterable[VisitorCard] | Awaitable[Iterable[VisitorCard]]":
        """Return at most ten cards within three seconds; called when an agent opens a conversation."""


class HookSpec(Protocol):
    """The hooks there are. A plug-in defines any of them by name with the same parameters."""

    def on_message(self, conversation: Conversation, visitor: Visitor, text: str) -> Rejection | None:
        """Watch or veto a visitor's message after it was parsed and before it is stored."""

    def on_stored(self, said: Said) -> None:
        """Watch a message, anyone's, after it is durable."""

    def on_outcome(self, turn: Turn, outcome: Outcome) -> Outcome | None:
        """Watch or replace an answer before it is stored; None leaves it."""

    def on_changed(self, changed: Changed) -> None:
        """Watch a conversation that was opened or changed, after it is durable."""


#: Hook name → parameter names after `self`; checked against every plug-in at start.
HOOKS: dict[str, tuple[str, ...]] = {
    "on_message": ("conversation", "visitor", "text"),
    "on_stored": ("said",),
    "on_outcome": ("turn", "outcome"),
    "on_changed": ("changed",),
}
