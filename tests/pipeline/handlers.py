"""Handlers that do what a test says, and turns for them to answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.hub.test_live import live, said

from fastdesk.hooks.registry import Hooks
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.observe.clock import SystemClock


class Silent:
    """A port that nobody looks through."""

    def show(self, text: str, *, replace: bool = False) -> None:
        pass

    def thinking(self, note: str = "") -> None:
        pass


class Says:
    """Claim turns with a word in them and answer with what `make` gives for the claim."""

    def __init__(
        self,
        name: str,
        word: str = "",
        make: Callable[[Any], "Outcome | Awaitable[Outcome | None] | None"] | None = None,
    ) -> None:
        self.name = name
        self.asked = 0
        self._word = word
        self._make = make or (lambda claim: answer(name))

    def claim(self, turn: Turn) -> str | None:
        self.asked += 1
        return turn.message.text if self._word in turn.message.text else None

    def answer(self, turn: Turn, claim: Any) -> "Outcome | Awaitable[Outcome | None] | None":
        return self._make(claim)


def answer(text: str) -> Outcome:
    return Outcome(replies=(Reply(text=text),))


def hooks_of(*handlers: Says) -> Hooks:
    """Return hooks that know these handlers as the product's own."""
    named = [(each.name, each) for each in handlers]
    return Hooks(named, clock=SystemClock(), trusted=frozenset(name for name, _ in named))


def turn(seq: int = 1) -> Turn:
    """Return the turn of a message whose text is its number."""
    talk = live()
    return Turn(
        message=said(seq), conversation=talk.conversation, visitor=talk.visitor, site=talk.site,
        language="en", received_ns=0, port=Silent(),
    )  # fmt: skip
