"""Stage 3: who answers this turn?"""

from typing import Any

from fastdesk.hooks.registry import Hooks
from fastdesk.hooks.spec import Handler
from fastdesk.model.conversation import Conversation
from fastdesk.model.turn import Turn

__all__ = ["Route", "is_bot_silent", "route"]


class Route:
    """The handler that claimed a turn, with its claim, and the place in the order from which the others are fallen back on."""

    __slots__ = ("claim", "following", "handler")

    def __init__(self, handler: Handler, claim: Any, following: int) -> None:
        self.handler = handler
        self.claim = claim
        self.following = following


def is_bot_silent(conversation: Conversation) -> bool:
    """Tell whether a person answers, or is awaited: then no handler speaks."""
    return conversation.mode != "bot"


def route(turn: Turn, hooks: Hooks, first: int = 0) -> Route | None:
    """Ask the handlers in order, from place `first` on; the first that claims the turn gets it. None when nobody does."""
    handlers = hooks.handlers
    for place in range(first, len(handlers)):
        claim = hooks.claim(place, turn)
        if claim is not None:
            return Route(handlers[place], claim, place + 1)
    return None
