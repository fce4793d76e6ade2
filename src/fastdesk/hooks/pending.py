"""An outcome that comes later, without a round of the loop between its coming and the one who waits for it."""

import asyncio
from collections.abc import Callable

from fastdesk.model.turn import Outcome

__all__ = ["Pending"]


class Pending:
    """What a handler of our own gives that bounds its time itself: a future that tells the one who waits at once.

    A future of the loop tells him a round later, by a handle of its own: 9,000 instructions for each answer of a model.
    """

    def __init__(self) -> None:
        self.is_over = False
        self.is_cancelled = False
        self._outcome: Outcome | None = None
        self._failure: Exception | None = None
        self._told: Callable[[Pending], None] | None = None

    def give(self, outcome: Outcome) -> None:
        """Give the outcome; what comes after the end changes nothing."""
        if not self.is_over:
            self._outcome = outcome
            self._tell()

    def fail(self, failure: Exception) -> None:
        """Say why there is no outcome."""
        if not self.is_over:
            self._failure = failure
            self._tell()

    def cancel(self) -> bool:
        """End it without an outcome and tell so in the loop's next round; return False when it had ended."""
        if self.is_over:
            return False
        self.is_over = self.is_cancelled = True
        self._tell_later()
        return True

    # For the one who waits.

    def add_done_callback(self, told: "Callable[[Pending], None]") -> None:
        """Name the one who is told of the end."""
        self._told = told
        if self.is_over:
            self._tell_later()

    def cancelled(self) -> bool:
        """Tell whether nobody wanted it any more."""
        return self.is_cancelled

    def exception(self) -> Exception | None:
        """Return why there is no outcome."""
        return self._failure

    def result(self) -> Outcome | None:
        """Return the outcome."""
        return self._outcome

    def _tell(self) -> None:
        self.is_over = True
        told, self._told = self._told, None
        if told is not None:
            try:
                told(self)
            except Exception as failure:  # the loop's own futures treat one who waits in the same way
                context = {"message": "an outcome could not be taken", "exception": failure}
                asyncio.get_running_loop().call_exception_handler(context)

    def _tell_later(self) -> None:
        told, self._told = self._told, None
        if told is not None:
            asyncio.get_running_loop().call_soon(told, self)
