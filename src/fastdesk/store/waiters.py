"""Those who wait until a position is reached."""

import asyncio
import heapq
from itertools import count

from fastdesk.errors import StoreError

__all__ = ["Waiters"]


class Waiters:
    """Wake everybody whose position is reached. Used in the loop only."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, bool, asyncio.Future[None]]] = []
        self._order = count()

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def highest(self) -> int:
        """The highest position that somebody waits for, 0 when nobody waits."""
        return max((position for position, *_ in self._heap), default=0)

    async def wait(self, position: int, *, patient: bool = True) -> None:
        """Return once `position` is reached, or `let_go` is called for those that are not patient.

        Raises StoreError once it never will be.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, (position, next(self._order), patient, future))
        await future

    def reach(self, position: int) -> None:
        """Wake those who wait for `position` or a lower one."""
        while self._heap and self._heap[0][0] <= position:
            _wake(heapq.heappop(self._heap)[3])

    def let_go(self) -> None:
        """Wake those who are not patient."""
        for *_, patient, future in self._heap:
            if not patient:
                _wake(future)
        self._heap = [waiter for waiter in self._heap if waiter[2]]
        heapq.heapify(self._heap)

    def fail(self, reason: str) -> None:
        """Raise StoreError in all of them."""
        heap, self._heap = self._heap, []
        for *_, future in heap:
            if not future.done():
                future.set_exception(StoreError(reason))


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
