"""The native structures once more in plain Python: slow, obvious, and the oracle of the property tests.

Each class has the contract of its native twin (see the class docstrings in `fastdesk._core`), written for the
reader and not for speed.
"""

from collections import OrderedDict
from collections.abc import Hashable
from fractions import Fraction
from math import ceil
from typing import Any


class ReferenceLRU:
    """`LRUCache` over an ordered dict of (value, size, owner)."""

    def __init__(self, max_entries: int, max_bytes: int, owner_share: float = 1.0) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.max_owner_bytes = max_bytes if owner_share == 1.0 else int(max_bytes * owner_share)
        self.entries: OrderedDict[Hashable, tuple[Any, int, Hashable]] = OrderedDict()
        self.hits = self.misses = self.evictions = 0

    @property
    def bytes_used(self) -> int:
        return sum(size for _, size, _ in self.entries.values())

    def owner_bytes(self, owner: Hashable) -> int:
        return sum(size for _, size, name in self.entries.values() if name == owner)

    def get(self, key: Hashable, default: Any = None) -> Any:
        if key not in self.entries:
            self.misses += 1
            return default
        self.hits += 1
        self.entries.move_to_end(key)
        return self.entries[key][0]

    def put(self, key: Hashable, value: Any, size: int, owner: Hashable = None) -> bool:
        self.entries.pop(key, None)
        if size > (self.max_bytes if owner is None else self.max_owner_bytes):
            return False
        self.entries[key] = (value, size, owner)
        while owner is not None and self.owner_bytes(owner) > self.max_owner_bytes:
            self._evict(next(key for key, entry in self.entries.items() if entry[2] == owner))
        while self.bytes_used > self.max_bytes or len(self.entries) > self.max_entries:
            self._evict(next(iter(self.entries)))
        return True

    def _evict(self, key: Hashable) -> None:
        del self.entries[key]
        self.evictions += 1

    def pop(self, key: Hashable, default: Any = None) -> Any:
        return self.entries.pop(key, (default,))[0]

    def drop_owner(self, owner: Hashable) -> int:
        keys = [key for key, entry in self.entries.items() if owner is not None and entry[2] == owner]
        for key in keys:
            del self.entries[key]
        return len(keys)

    def clear(self) -> None:
        self.entries.clear()

    def keys(self) -> list[Hashable]:
        return list(self.entries)


class ReferenceBucket:
    """`TokenBucket` in rational numbers: the level is exact, so is the wait."""

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self.rate_per_ns = Fraction(round(rate_per_s * 1_000_000), 10**15)
        self.burst = burst
        self.level = Fraction(burst)
        self.last_ns = 0

    def refill(self, now_ns: int) -> Fraction:
        self.level = min(Fraction(self.burst), self.level + max(0, now_ns - self.last_ns) * self.rate_per_ns)
        self.last_ns = now_ns
        return self.level

    def take(self, n: int, now_ns: int) -> int:
        if self.refill(now_ns) >= n:
            self.level -= n
            return 0
        return ceil((n - self.level) / self.rate_per_ns)

    def give(self, n: int, now_ns: int) -> None:
        self.level = min(Fraction(self.burst), self.refill(now_ns) + n)

    def level_micro(self, now_ns: int) -> int:
        return int(self.refill(now_ns) * 1_000_000)


class ReferenceTable:
    """`BucketTable` as a dict; equal to the native one while all keys lie within one sweep (256)."""

    def __init__(self, rate_per_s: float, burst: int, max_keys: int) -> None:
        self.make = lambda: ReferenceBucket(rate_per_s, burst)
        self.max_keys = max_keys
        self.buckets: dict[Hashable, ReferenceBucket] = {}
        self.overflow = self.make()
        self.order: list[Hashable] = []
        self.hand = 0

    def take(self, key: Hashable, n: int, now_ns: int) -> int:
        return self._bucket(key, now_ns).take(n, now_ns)

    def give(self, key: Hashable, n: int, now_ns: int) -> None:
        if key in self.buckets:
            self.buckets[key].give(n, now_ns)

    def _bucket(self, key: Hashable, now_ns: int) -> ReferenceBucket:
        if key in self.buckets:
            return self.buckets[key]
        if len(self.order) < self.max_keys:
            self.order.append(key)
            return self._fresh(key, now_ns)
        for _ in self.order:
            place, self.hand = self.hand, (self.hand + 1) % self.max_keys
            former = self.order[place]
            if self.buckets[former].refill(now_ns) == self.buckets[former].burst:
                del self.buckets[former]
                self.order[place] = key
                return self._fresh(key, now_ns)
        return self.overflow

    def _fresh(self, key: Hashable, now_ns: int) -> ReferenceBucket:
        self.buckets[key] = self.make()
        self.buckets[key].last_ns = now_ns
        return self.buckets[key]
