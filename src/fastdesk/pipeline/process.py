"""Stage 4: run the handler under its deadline; when it is late or fails, the next one answers."""

import asyncio
import inspect
from collections.abc import Awaitable

from fastdesk.hooks.registry import Hooks
from fastdesk.model.turn import Outcome, Turn
from fastdesk.pipeline.route import Route, route

__all__ = ["finish", "process"]

#: No handler may take longer, whatever it waits for; the assistant's own deadlines are far shorter.
MAX_ANSWER_S = 120.0


def process(turn: Turn, chosen: Route | None, hooks: Hooks) -> "Outcome | Awaitable[Outcome] | None":
    """Start the chosen handler; an answer that is there at once comes back as it is, so no task is made for it.

    Returns:
        The outcome, an awaitable of it, or None when no handler is left.
    """
    while chosen is not None:
        answer: Outcome | Awaitable[Outcome] | None
        answer = hooks.call(chosen.handler.name, chosen.handler.answer, turn, chosen.claim)
        if answer is not None:
            return answer if isinstance(answer, Outcome) else _guard(turn, chosen, answer, hooks)
        chosen = route(turn, chosen.rest, hooks)
    return None


async def _guard(turn: Turn, chosen: Route, answer: Awaitable[Outcome], hooks: Hooks) -> Outcome:
    """Wait for a slow handler; when it fails, let the handlers behind it answer."""
    try:
        async with asyncio.timeout(MAX_ANSWER_S):
            outcome = await answer
        if outcome is not None:
            return outcome
    except Exception as failure:  # the border to foreign code
        hooks.fail(chosen.handler.name, failure)
    return await finish(process(turn, route(turn, chosen.rest, hooks), hooks))


async def finish(answer: "Outcome | Awaitable[Outcome] | None") -> Outcome:
    """Return the outcome of `process`, waiting where it has to be waited for."""
    if answer is None:
        return Outcome()
    return await answer if inspect.isawaitable(answer) else answer
