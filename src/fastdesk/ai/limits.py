"""How many requests and tokens per minute a tenant, a site and a visitor may use.

What a call may use at most is taken before it, what it did not use is given back after it.
"""

from collections.abc import Callable, Hashable
from typing import Final, NamedTuple, Protocol

from fastdesk.ai.settings import Limits

__all__ = ["Buckets", "Rate", "RateLimits", "Taken", "rates_of"]

#: `r` for requests or `t` for tokens, then tenant, site, visitor as far as they go.
Key = tuple[str, ...]

#: Keys of one table; buckets that are not full are never forgotten for room.
MAX_KEYS: Final = 100_000


class Buckets(Protocol):
    """Token buckets of one rate (`fastdesk._core.BucketTable`)."""

    def take(self, key: Hashable, n: int, now_ns: int) -> int:
        """Take `n` tokens and return 0, or take none and return how many nanoseconds to wait for them."""

    def give(self, key: Hashable, n: int, now_ns: int) -> None:
        """Put tokens back."""


class Rate(NamedTuple):
    """A limit in force: of requests ("r") or tokens ("t"), for the first `depth` of tenant, site and visitor."""

    kind: str
    depth: int
    per_minute: int


def rates_of(limits: Limits) -> tuple[Rate, ...]:
    """Return the limits that are set, the narrowest first."""
    rates = (
        Rate("r", 3, limits.visitor_requests),
        Rate("r", 2, limits.site_requests),
        Rate("r", 1, limits.tenant_requests),
        Rate("t", 3, limits.visitor_tokens),
        Rate("t", 2, limits.site_tokens),
        Rate("t", 1, limits.tenant_tokens),
    )
    return tuple(rate for rate in rates if rate.per_minute)


class Taken:
    """Tokens that were taken for one call, so that the rest can be given back."""

    __slots__ = ("_tokens",)

    def __init__(self, tokens: list[tuple[Buckets, Key, int]]) -> None:
        self._tokens = tokens

    def give_back(self, used: int, now_ns: int) -> None:
        """Return the tokens that the call did not use; the second time does nothing."""
        taken, self._tokens = self._tokens, []
        for table, key, amount in taken:
            if amount > used:
                table.give(key, amount - used, now_ns)


class RateLimits:
    """Keep the buckets of all tenants.

    Args:
        make_buckets: makes a table from a rate per second, a burst, and a number of keys.
    """

    def __init__(self, make_buckets: Callable[[float, int, int], Buckets]) -> None:
        self._make = make_buckets
        self._tables: dict[int, Buckets] = {}

    def take(
        self, rates: tuple[Rate, ...], owners: tuple[str, str, str], tokens: int, now_ns: int
    ) -> Taken | int | None:
        """Take one request and `tokens` for (tenant, site, visitor), or nothing.

        Returns:
            What may have to be given back, None when no tokens are limited; or the nanoseconds to wait.
        """
        taken: list[tuple[Buckets, Key, int]] = []
        for kind, depth, per_minute in rates:
            table = self._table(per_minute)
            key = (kind, *owners[:depth])
            # Not more than the bucket holds, or a larger call could never be made.
            amount = 1 if kind == "r" else min(tokens, per_minute)
            wait_ns = table.take(key, amount, now_ns)
            if wait_ns:
                for other, other_key, given in taken:
                    other.give(other_key, given, now_ns)
                return wait_ns
            taken.append((table, key, amount))
        of_tokens = [entry for entry in taken if entry[1][0] == "t"]
        return Taken(of_tokens) if of_tokens else None

    def _table(self, per_minute: int) -> Buckets:
        table = self._tables.get(per_minute)
        if table is None:
            table = self._tables[per_minute] = self._make(per_minute / 60, per_minute, MAX_KEYS)
        return table
