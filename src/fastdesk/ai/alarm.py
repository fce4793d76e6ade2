"""One timer of the loop for many who wait about equally long: a timer for each would cost more than all the rest of waiting."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from mypy_extensions import mypyc_attr

__all__ = ["Alarm", "Sleeper"]

#: The loop counts in milliseconds and may come so much too early.
_SLACK_S = 0.001
#: Who comes further out of order than this gets a timer of its own.
_FURTHEST = 64


@mypyc_attr(allow_interpreted_subclasses=True)
class Sleeper:
    """Whoever wants to be woken, as long as `is_waiting`; `wakes_at` is for its alarm, it has one at a time.

    A class and no protocol: compiled, what an alarm looks at is read at once.
    """

    def __init__(self) -> None:
        self.is_waiting = True
        self.wakes_at = 0.0


S = TypeVar("S", bound=Sleeper)


class Alarm(Generic[S]):
    """Wake sleepers in the order of their times, which is nearly that in which they come.

    Args:
        wake: called with each sleeper that still waits when its time has come.
    """

    def __init__(self, wake: Callable[[S], None]) -> None:
        self._wake = wake
        self._sleepers: deque[S] = deque()
        self._timer: asyncio.TimerHandle | None = None
        #: Asked for once: each question for the running loop is one to the system, too.
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, due: float, sleeper: S) -> None:
        """Wake `sleeper` at `due`, in the loop's seconds."""
        sleepers, loop = self._sleepers, self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        while sleepers and not sleepers[0].is_waiting:  # who waits no more is not kept
            sleepers.popleft()
        sleeper.wakes_at = due
        if not sleepers or sleepers[-1].wakes_at <= due:
            sleepers.append(sleeper)
        elif not self._put_between(due, sleeper):
            loop.call_at(due, self._wake_one, sleeper)
            return
        if self._timer is None:
            self._timer = loop.call_at(due, self._on_time)

    def _put_between(self, due: float, sleeper: S) -> bool:
        """Put in its place one who wakes before others that came before it; False when that is too far in front."""
        sleepers = self._sleepers
        place = count = len(sleepers)
        while place and sleepers[place - 1].wakes_at > due:
            place -= 1
            if not place or count - place > _FURTHEST:
                return False
        sleepers.insert(place, sleeper)
        return True

    def _wake_one(self, sleeper: S) -> None:
        if sleeper.is_waiting:
            self._wake(sleeper)

    def _on_time(self) -> None:
        self._timer = None
        sleepers, loop = self._sleepers, self._loop
        assert loop is not None
        now = loop.time() + _SLACK_S
        while sleepers:
            sleeper = sleepers[0]
            if sleeper.wakes_at > now and sleeper.is_waiting:
                self._timer = loop.call_at(sleeper.wakes_at, self._on_time)
                break
            sleepers.popleft()
            loop.call_soon(self._wake_one, sleeper)  # apart, so that one that fails takes no other along
