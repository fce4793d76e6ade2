"""Stage 4: run the handler under its deadline; when it is late or fails, the next one answers."""

import asyncio
from collections.abc import Awaitable, Sequence

from fastdesk.hooks.registry import Hooks
from fastdesk.hooks.spec import Handler
from fastdesk.model.turn import Outcome, Turn
from fastdesk.pipeline.route import Route, route

__all__ = ["Aside", "Slow", "finish", "process"]

#: No handler may take longer, whatever it waits for; the assistant's own deadlines are far shorter.
MAX_ANSWER_S = 120.0


class Aside:
    """What is done beside the answer, and the handlers that are still to be asked for one."""

    __slots__ = ("outcome", "rest")

    def __init__(self, outcome: Outcome, rest: Sequence[Handler]) -> None:
        self.outcome = outcome
        self.rest = rest


class Slow:
    """An answer that has to be waited for, and the handler that works on it."""

    __slots__ = ("answer", "chosen")

    def __init__(self, chosen: Route, answer: Awaitable[Outcome | None]) -> None:
        self.chosen = chosen
        self.answer = answer

    def close(self) -> None:
        """Give up an answer that nobody has begun to wait for."""
        close = getattr(self.answer, "close", None)
        if close is not None:
            close()


def process(turn: Turn, chosen: Route | None, hooks: Hooks) -> Outcome | Aside | Slow | None:
    """Start the chosen handler; an answer that is there at once comes back as it is, so no task is made for it.

    Returns:
        The outcome, what is done beside it, what is to be waited for, or None when no handler is left.
    """
    while chosen is not None:
        answer: Outcome | Awaitable[Outcome | None] | None
        answer = hooks.answer(chosen.handler, turn, chosen.claim)
        if isinstance(answer, Outcome):
            return Aside(answer, chosen.rest) if answer.goes_on else answer
        if answer is not None:
            return Slow(chosen, answer)
        chosen = route(turn, chosen.rest, hooks)
    return None


async def finish(turn: Turn, slow: Slow, hooks: Hooks) -> Outcome | Aside:
    """Wait for a slow handler; when it fails or gives nothing, let the handlers behind it answer."""
    answer: Outcome | Aside | Slow | None = slow
    while isinstance(answer, Slow):
        try:
            async with asyncio.timeout(MAX_ANSWER_S):
                outcome = await answer.answer
            if outcome is not None:
                return Aside(outcome, answer.chosen.rest) if outcome.goes_on else outcome
        except Exception as failure:  # the border to foreign code
            hooks.fail(answer.chosen.handler.name, failure)
        answer = process(turn, route(turn, answer.chosen.rest, hooks), hooks)
    return answer or Outcome()
