"""How long somebody will wait: from how fast the live line has moved, and how wrong that was.

Own design. While people wait, the time between two departures is what one place costs; before any was seen, it is how long a
conversation takes, shared among all that can be had at once. Both are averages that forget (weight 1/8, as RFC 6298 has it).
"""

__all__ = ["Pace"]

_WEIGHT = 0.125
#: A departure after less than this was no wait: somebody was free.
_NO_WAIT_MS = 1_000
#: What was seen so long ago says nothing of today.
_STALE_MS = 30 * 60_000


class Pace:
    """The pace of one team's lines. Times are milliseconds; `estimates`, `error_ms` and `waited_ms` are sums."""

    def __init__(self) -> None:
        self._step_ms: float | None = None
        self._talk_ms: float | None = None
        self._left_at = 0
        self.estimates = 0
        self.error_ms = 0
        self.waited_ms = 0

    def left(self, since_ms: int, now_ms: int) -> None:
        """Take note that somebody who waited since then was given to an agent."""
        if now_ms - since_ms >= _NO_WAIT_MS:
            self._step_ms = _blend(self._step_ms, now_ms - max(since_ms, self._left_at))
            self._left_at = now_ms

    def talked(self, for_ms: int) -> None:
        """Take note of how long an agent had a conversation."""
        self._talk_ms = _blend(self._talk_ms, for_ms)

    def expect(self, place: int, capacity: int, now_ms: int) -> int | None:
        """Return the wait of whoever stands at a place, from 1, when so many conversations can be had at once; None: unknown."""
        if not capacity:
            return None
        if self._step_ms is not None and now_ms - self._left_at < _STALE_MS:
            passed = min(now_ms - self._left_at, int(self._step_ms))
            return max(0, int(place * self._step_ms) - passed)
        return None if self._talk_ms is None else int(place * self._talk_ms / capacity)

    def judge(self, told_ms: int, waited_ms: int) -> None:
        """Compare what somebody was told with what came."""
        self.estimates += 1
        self.error_ms += abs(told_ms - waited_ms)
        self.waited_ms += waited_ms


def _blend(before: float | None, now: float) -> float:
    return now if before is None else before + _WEIGHT * (now - before)
