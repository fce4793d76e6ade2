"""Break off foreign code that takes too long, so that one plug-in cannot stop the desk.

Enters: a function to run. Leaves: its value, or `TooLong` raised inside it once its time is up, wherever it stands: in a loop,
asleep, or waiting for a socket. It is done with the alarm signal of the machine, which Python delivers to the main thread; in
any other thread, and before `install`, functions run without a limit.
"""

import signal
import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

__all__ = ["Cutoff", "Guarded", "TooLong"]

T = TypeVar("T")


class TooLong(BaseException):
    """The time of a function is up. No `Exception`: foreign code must not catch it by mistake and go on."""


class Cutoff:
    """Give each call a limit of wall-clock time.

    Costs two system calls a call. Code that swallows the first alarm meets the next one a limit later.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._is_installed = False
        self._is_armed = False

    def install(self) -> None:
        """Take the alarm signal; possible in the main thread only, elsewhere there is no limit."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._strike)
            self._is_installed = True

    def remove(self) -> None:
        """Give the alarm signal back."""
        if self._is_installed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            self._is_installed = False

    def run(self, work: Callable[..., T], *args: Any) -> T:
        """Return what `work` returns, or let it end with TooLong; a call within a call shares its time."""
        if not self._is_installed or self._is_armed:
            return work(*args)
        self._is_armed = True
        signal.setitimer(signal.ITIMER_REAL, self.limit_s, self.limit_s)
        try:
            return work(*args)
        finally:
            self._is_armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _strike(self, number: int, frame: Any) -> None:
        # In `run` itself the work has ended, or has not begun: raising there would leave the alarm on.
        if self._is_armed and frame is not None and frame.f_code is not Cutoff.run.__code__:
            raise TooLong


class Guarded:
    """An awaitable whose steps each have the limit of a cut-off; waiting between them has none.

    Args:
        inner: what foreign code returned to be awaited.
    """

    __slots__ = ("_cutoff", "_inner")

    def __init__(self, inner: Any, cutoff: Cutoff) -> None:
        self._inner = inner
        self._cutoff = cutoff

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._inner.__await__()
        step: Callable[..., Any] = partial(next, steps)
        given: tuple[Any, ...] = ()
        while True:
            try:
                waits_for = self._cutoff.run(step, *given)
            except StopIteration as done:
                return done.value
            step, given = partial(next, steps), ()
            try:
                yield waits_for
            except BaseException as thrown:  # cancelled: the foreign code hears of it and may tidy up
                if not hasattr(steps, "throw"):
                    raise
                step, given = steps.throw, (thrown,)

    def close(self) -> None:
        """Give up what nobody has begun to wait for."""
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()
