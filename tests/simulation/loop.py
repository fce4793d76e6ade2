"""An event loop on a virtual clock: sleeping costs nothing, and the same seed gives the same run."""

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

from fastdesk.observe.clock import Clock


class _NoSelector(selectors.BaseSelector):
    """Wait for no socket; a wait moves the clock to the next timer instead."""

    def __init__(self, clock: "VirtualClock") -> None:
        self._clock = clock

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("The simulation stands still: nothing is scheduled and nobody can wake it.")
        self._clock.advance(timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class VirtualClock(Clock):
    """Tell virtual time; it moves only when the loop has nothing to do."""

    def __init__(self) -> None:
        self._now_ns = 1_000_000_000

    def advance(self, seconds: float) -> None:
        # Rounded up, so that the timer which was waited for is due.
        self._now_ns += max(int(seconds * 1e9) + 1, 0) if seconds > 0 else 0

    def now_ns(self) -> int:
        return self._now_ns

    def cpu_ns(self) -> int:
        return 0

    def now_ms(self) -> int:
        return 1_700_000_000_000 + self._now_ns // 1_000_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """Run coroutines on a virtual clock, in one thread, without sockets."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        super().__init__(_NoSelector(self.clock))

    def time(self) -> float:
        return self.clock.now_ns() / 1e9
