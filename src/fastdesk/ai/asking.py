"""One question that waits: its deadline, what it is shown meanwhile, and the one result it gets."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from fastdesk.ai.alarm import Alarm, Sleeper
from fastdesk.ai.answer import Answer, NoAnswer, Result
from fastdesk.ai.attempt import Spending
from fastdesk.ai.counters import Counters
from fastdesk.model.turn import Port

__all__ = ["Asking", "Awaited", "Deadlines"]


#: An answer that takes longer is announced: the visitor sees that something is being done.
ANNOUNCE_AFTER_S: Final = 0.1


class Awaited(Protocol):
    """What a question waits for."""

    def leave(self, asking: "Asking", *, is_late: bool) -> Spending:
        """Stop telling this one; return what it has to account for."""

    def wait_on(self) -> None:
        """The deadline has passed, and the answer is wanted all the same."""


class Asking(Sleeper):
    """Wait for a result, of which `then` is told once. Whoever cancels it ends the question.

    Args:
        then: takes the result; must not raise.
        port: shows pieces of the answer; None shows none.
        follows_up: an answer after the deadline is wanted too.
    """

    def __init__(
        self, then: Callable[[Result], None], *, port: Port | None, follows_up: bool, counters: Counters
    ) -> None:
        # It waits as long as the deadline counts: no token has come, and nothing has ended the question.
        super().__init__()
        #: How long it may take, and when that is over, in the loop's seconds.
        self.deadline_ms = 0
        self.due = 0.0
        self._then: Callable[[Result], None] | None = then
        self._port = port
        self._follows_up = follows_up
        self._counters = counters
        self._follow_up: asyncio.Future[Result] | None = None
        self._awaited: Awaited | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the question has its result, or nobody wants it any more."""
        return self._then is None and self._follow_up is None

    def wait_for(self, awaited: Awaited) -> None:
        """Name what is waited for."""
        self._awaited = awaited

    def cancel(self) -> None:
        """End the question: nobody wants the answer any more."""
        if self._then is not None:
            self._then = None
            self._leave()

    # Called by what is waited for.

    def on_begun(self) -> None:
        """The first token has come: the deadline is met."""
        self.is_waiting = False

    def show(self, text: str, *, replace: bool) -> None:
        """Show a checked piece."""
        if self._port is not None:
            self._port.show(text, replace=replace)

    def thinking(self, note: str) -> None:
        """Show one line on what is being done."""
        if self._port is not None:
            self._port.thinking(note)

    def tell(self, result: Result) -> None:
        """Give the result."""
        self.is_waiting = False
        self._awaited = self._port = None
        then, self._then = self._then, None
        if then is not None:
            if isinstance(result, Answer):
                self._counters.answered += 1
            else:
                self._counters.count(result.reason)
            then(result)
        elif self._follow_up is not None and not self._follow_up.done():
            self._counters.follow_ups += 1
            self._follow_up.set_result(result)

    # Time.

    def announce(self) -> None:
        """Tell the visitor that it takes a moment."""
        self.thinking("")

    def on_deadline(self) -> None:
        """Give the result that there is none, or let the answer follow later."""
        awaited = self._awaited
        if self._follows_up and awaited is not None:
            # What comes now comes as a message of its own, not as pieces of an answer that the rules have
            # given.
            follow_up: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
            follow_up.add_done_callback(self._on_follow_up_done)
            awaited.wait_on()
            self.tell(NoAnswer(reason="late", follow_up=follow_up))
            self._follow_up, self._awaited = follow_up, awaited
            return
        used = awaited.leave(self, is_late=True) if awaited is not None else Spending()
        self.tell(
            NoAnswer(
                reason="late",
                tokens_in=used.tokens_in,
                tokens_out=used.tokens_out,
                cost_micro=used.cost_micro,
            )
        )

    def _on_follow_up_done(self, follow_up: "asyncio.Future[Result]") -> None:
        if follow_up.cancelled():
            self._leave()

    def _leave(self) -> None:
        self._counters.cancelled += 1
        self.is_waiting = False
        awaited, self._awaited = self._awaited, None
        if awaited is not None:
            awaited.leave(self, is_late=False)


class Deadlines:
    """Bound the time of many questions."""

    def __init__(self) -> None:
        self._announcing: Alarm[Asking] = Alarm(self._announce)
        #: By the length of the deadline: those with the same one end in the order in which they began.
        self._ending: dict[int, Alarm[Asking]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def expect(self, asking: Asking, left_ns: int, deadline_ms: int) -> None:
        """Begin the time for the first token: `left_ns` are left of `deadline_ms`."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        now, left_s = loop.time(), max(0, left_ns) / 1e9
        asking.deadline_ms, asking.due = deadline_ms, now + left_s
        if left_s > ANNOUNCE_AFTER_S:  # most answers are there before
            self._announcing.add(now + ANNOUNCE_AFTER_S, asking)
        else:
            self._end(asking)

    def _announce(self, asking: Asking) -> None:
        self._end(asking)
        asking.announce()

    def _end(self, asking: Asking) -> None:
        ending = self._ending.get(asking.deadline_ms)
        if ending is None:
            ending = self._ending[asking.deadline_ms] = Alarm(Asking.on_deadline)
        ending.add(asking.due, asking)
