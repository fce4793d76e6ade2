"""Stage 3: who answers this turn?"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from fastdesk.hooks.registry import Hooks
from fastdesk.hooks.spec import Handler
from fastdesk.model.conversation import Conversation
from fastdesk.model.turn import Turn
from fastdesk.moderation import Verdict

__all__ = ["Filter", "Route", "is_bot_silent", "route"]


class Filter(Protocol):
    """The tenants' word filters."""

    def check(self, tenant: str, text: str, side: Literal["input", "output"]) -> Verdict:
        """Return what the tenant's word lists say of a text that comes in ("input") or goes out ("output")."""


class Route:
    """The handler that claimed a turn, with its claim, and the handlers behind it to fall back on."""

    __slots__ = ("claim", "handler", "rest")

    def __init__(self, handler: Handler, claim: Any, rest: Sequence[Handler]) -> None:
        self.handler = handler
        self.claim = claim
        self.rest = rest


def is_bot_silent(conversation: Conversation) -> bool:
    """Tell whether a person answers, or is awaited: then no handler speaks."""
    return conversation.mode != "bot"


def route(turn: Turn, handlers: Sequence[Handler], hooks: Hooks) -> Route | None:
    """Ask the handlers in order; the first that claims the turn gets it. None when nobody does."""
    for index, handler in enumerate(handlers):
        claim = hooks.claim(handler, turn)
        if claim is not None:
            return Route(handler, claim, handlers[index + 1 :])
    return None
