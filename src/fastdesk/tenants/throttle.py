"""Slow down guessing: few attempts to sign in for each account and each address."""

from fastdesk._core import BucketTable
from fastdesk.tenants.limits import Rate

__all__ = ["Throttle"]


class Throttle:
    """Take one token from the bucket of every key; refused attempts cost nothing more."""

    def __init__(self, rate: Rate, *, enabled: bool, max_keys: int = 100_000) -> None:
        self._buckets = BucketTable(rate.per_s, rate.burst, max_keys)
        self._enabled = enabled

    def take(self, keys: tuple[str, ...], now_ns: int) -> int:
        """Return 0 when an attempt may be made, else the nanoseconds to wait."""
        if not self._enabled:
            return 0
        return max(self._buckets.take(key, 1, now_ns) for key in keys)
