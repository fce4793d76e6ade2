"""One timer of the loop for many who wait about equally long: a timer for each would cost more than all the rest of waiting."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

__all__ = ["Alarm", "Sleeper"]

#: The loop counts in milliseconds and may come so much too early.
_SLACK_S = 0.001
#: Who comes further out of order than this gets a timer of its own.
_FURTHEST = 64


class Sleeper(Protocol):
    """Whoever wants to be woken, as long as `is_waiting`."""

    @property
    def is_waiting(self) -> bool: ...


S = TypeVar("S", bound=Sleeper)


class Alarm(Generic[S]):
    """Wake sleepers in the order of their times, which is nearly that in which they come.

    Args:
        wake: called with each sleeper that still waits when its time has come.
    """

    def __init__(self, wake: Callable[[S], None]) -> None:
        self._wake = wake
        self._sleepers: deque[tuple[float, S]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        #: Asked for once: each question for the running loop is one to the system, too.
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, due: float, sleeper: S) -> None:
        """Wake `sleeper` at `due`, in the loop's seconds."""
        sleepers, loop = self._sleepers, self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        while sleepers and not sleepers[0][1].is_waiting:  # who waits no more is not kept
            sleepers.popleft()
        place = count = len(sleepers)
        while place and sleepers[place - 1][0] > due:
            place -= 1
            if not place or count - place > _FURTHEST:
                loop.call_at(due, self._wake_one, sleeper)
                return
        sleepers.insert(place, (due, sleeper))
        if self._timer is None:
            self._timer = loop.call_at(due, self._on_time)

    def _wake_one(self, sleeper: S) -> None:
        if sleeper.is_waiting:
            self._wake(sleeper)

    def _on_time(self) -> None:
        self._timer = None
        sleepers, loop = self._sleepers, self._loop
        assert loop is not None
        now = loop.time() + _SLACK_S
        while sleepers:
            due, sleeper = sleepers[0]
            if due > now and sleeper.is_waiting:
                self._timer = loop.call_at(due, self._on_time)
                break
            sleepers.popleft()
            loop.call_soon(self._wake_one, sleeper)  # apart, so that one that fails takes no other along
