"""Stage 4: run the handler under its deadline; when it is late or fails, the next one answers."""

import asyncio
from collections.abc import Awaitable

from fastdesk.hooks.pending import Pending
from fastdesk.hooks.registry import Hooks
from fastdesk.model.turn import Outcome, Turn
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.route import Route, route

__all__ = ["Aside", "Slow", "finish", "process"]

#: No handler may take longer, whatever it waits for; the assistant's own deadlines are far shorter.
MAX_ANSWER_S = 120.0


class Aside:
    """What is done beside the answer, and the place in the order from which handlers are still to be asked for one."""

    __slots__ = ("following", "outcome")

    def __init__(self, outcome: Outcome, following: int) -> None:
        self.outcome = outcome
        self.following = following


class Slow:
    """An answer that has to be waited for, and the handler that works on it."""

    __slots__ = ("answer", "chosen")

    def __init__(self, chosen: Route, answer: Awaitable[Outcome | None] | Pending) -> None:
        self.chosen = chosen
        self.answer = answer

    def begin(self, hooks: Hooks, tasks: Tasks) -> "asyncio.Future[Outcome | None] | Pending":
        """Return the future of the answer: a task that waits in bounded time, or what a handler of our own bounds itself."""
        answer = self.answer
        if isinstance(answer, Pending):
            return answer
        if isinstance(answer, asyncio.Future) and hooks.is_trusted(self.chosen.handler.name):
            return answer
        return tasks.spawn(_in_time(answer), "answer")

    def close(self) -> None:
        """Give up an answer that nobody waits for."""
        if isinstance(self.answer, (Pending, asyncio.Future)):
            self.answer.cancel()
            return
        close = getattr(self.answer, "close", None)
        if close is not None:
            close()


async def _in_time(answer: Awaitable[Outcome | None]) -> Outcome | None:
    async with asyncio.timeout(MAX_ANSWER_S):
        return await answer


def process(turn: Turn, chosen: Route | None, hooks: Hooks) -> Outcome | Aside | Slow | None:
    """Start the chosen handler; an answer that is there at once comes back as it is, so no task is made for it.

    Returns:
        The outcome, what is done beside it, what is to be waited for, or None when no handler is left.
    """
    while chosen is not None:
        answer: Outcome | Awaitable[Outcome | None] | Pending | None
        answer = hooks.answer(chosen.handler, turn, chosen.claim)
        if isinstance(answer, Outcome):
            return Aside(answer, chosen.following) if answer.goes_on else answer
        if answer is not None:
            return Slow(chosen, answer)
        chosen = route(turn, hooks, chosen.following)
    return None


def finish(
    turn: Turn, slow: Slow, answer: "asyncio.Future[Outcome | None] | Pending", hooks: Hooks
) -> Outcome | Aside | Slow | None:
    """Return what a slow handler has answered; when it failed or gave nothing, let the handlers behind it answer."""
    failure = answer.exception()
    if failure is not None:
        hooks.fail(slow.chosen.handler.name, failure)
    else:
        outcome = answer.result()
        if outcome is not None:
            return Aside(outcome, slow.chosen.following) if outcome.goes_on else outcome
    return process(turn, route(turn, hooks, slow.chosen.following), hooks)
