"""One question that waits: its deadline, what it is shown meanwhile, and the one result it gets."""

import asyncio
from typing import Protocol

from fastdesk.ai.answer import NoAnswer, Result
from fastdesk.ai.attempt import Spending
from fastdesk.ai.counters import Counters
from fastdesk.model.turn import Port

__all__ = ["Asking", "Awaited"]


#: An answer that takes longer is announced: the visitor sees that something is being done.
ANNOUNCE_AFTER_S = 0.1


class Awaited(Protocol):
    """What a question waits for."""

    def leave(self, asking: "Asking", *, is_late: bool) -> Spending:
        """Stop telling this one; return what it has to account for."""

    def wait_on(self) -> None:
        """The deadline has passed, and the answer is wanted all the same."""


class Asking:
    """Wait for a result. Whoever cancels `future` ends the question: nobody wants the answer any more.

    Args:
        port: shows pieces of the answer; None shows none.
        follows_up: an answer after the deadline is wanted too.
    """

    def __init__(self, *, port: Port | None, follows_up: bool, counters: Counters) -> None:
        self.future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.future.add_done_callback(self._on_done)
        self._port = port
        self._follows_up = follows_up
        self._counters = counters
        self._follow_up: asyncio.Future[Result] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._awaited: Awaited | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the question has its result, or nobody wants it any more."""
        return self.future.done() and self._follow_up is None

    def expect_within(self, delay_ns: int) -> None:
        """Begin the time for the first token."""
        loop = self.future.get_loop()
        delay_s = max(0, delay_ns) / 1e9
        if self._port is None or delay_s <= ANNOUNCE_AFTER_S:
            self._timer = loop.call_later(delay_s, self._on_deadline)
        else:
            self._timer = loop.call_later(ANNOUNCE_AFTER_S, self._announce, delay_s - ANNOUNCE_AFTER_S)

    def wait_for(self, awaited: Awaited) -> None:
        """Name what is waited for."""
        self._awaited = awaited

    # Called by what is waited for.

    def on_begun(self) -> None:
        """The first token has come: the deadline is met."""
        self._stop_timer()

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
        self._stop_timer()
        self._awaited = None
        if not self.future.done():
            if isinstance(result, NoAnswer):
                self._counters.count(result.reason)
            else:
                self._counters.answered += 1
            self.future.set_result(result)
        elif self._follow_up is not None and not self._follow_up.done():
            self._counters.follow_ups += 1
            self._follow_up.set_result(result)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Called by the loop.

    def _announce(self, left_s: float) -> None:
        self._timer = self.future.get_loop().call_later(left_s, self._on_deadline)
        self.thinking("")

    def _on_deadline(self) -> None:
        self._timer = None
        awaited = self._awaited
        if self._follows_up and awaited is not None:
            # What comes now comes as a message of its own, not as pieces of an answer that the rules have
            # given.
            self._port = None
            self._follow_up = self.future.get_loop().create_future()
            self._follow_up.add_done_callback(self._on_done)
            awaited.wait_on()
            self._counters.late += 1
            self.future.set_result(NoAnswer(reason="late", follow_up=self._follow_up))
            return
        if awaited is None:
            self.tell(NoAnswer(reason="late"))
            return
        used = awaited.leave(self, is_late=True)
        self.tell(
            NoAnswer(
                reason="late",
                tokens_in=used.tokens_in,
                tokens_out=used.tokens_out,
                cost_micro=used.cost_micro,
            )
        )

    def _on_done(self, future: "asyncio.Future[Result]") -> None:
        if not future.cancelled():
            return
        self._counters.cancelled += 1
        self._stop_timer()
        awaited, self._awaited = self._awaited, None
        if awaited is not None:
            awaited.leave(self, is_late=False)
