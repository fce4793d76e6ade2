"""What is due when: one moment for each key, changed and struck off as often as need be.

A heap whose struck-off entries are skipped when they come up; it is built anew when they are the most of it.
"""

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

__all__ = ["Agenda"]

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """Keep moments in milliseconds; setting costs O(log n), asking for what is due O(log n) for each."""

    def __init__(self) -> None:
        self._moments: dict[K, int] = {}
        self._heap: list[tuple[int, int, K]] = []
        self._entries = 0

    def __len__(self) -> int:
        return len(self._moments)

    def set(self, key: K, at_ms: int) -> None:
        """Let something be due at a moment, and not at another one set before."""
        if self._moments.get(key) == at_ms:
            return
        self._moments[key] = at_ms
        self._push(key, at_ms)
        if len(self._heap) > 2 * len(self._moments) + 64:
            self._heap = []
            for each, moment in self._moments.items():
                self._heap.append((moment, self._number(), each))
            heapify(self._heap)

    def strike(self, key: K) -> None:
        """Let something be due no more."""
        self._moments.pop(key, None)

    def at(self, key: K) -> int | None:
        """Return when something is due."""
        return self._moments.get(key)

    def first(self) -> int | None:
        """Return the earliest moment; None when nothing is due."""
        while self._heap:
            at_ms, _, key = self._heap[0]
            if self._moments.get(key) == at_ms:
                return at_ms
            heappop(self._heap)
        return None

    def due(self, now_ms: int) -> list[K]:
        """Return and strike off what is due by now, earliest first."""
        found: list[K] = []
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, _, key = heappop(self._heap)
            if self._moments.get(key) == at_ms:
                del self._moments[key]
                found.append(key)
        return found

    def _push(self, key: K, at_ms: int) -> None:
        heappush(self._heap, (at_ms, self._number(), key))

    def _number(self) -> int:
        """Return what decides between equal moments: keys need not be comparable."""
        self._entries += 1
        return self._entries
