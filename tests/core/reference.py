"""The native structures once more in plain Python: slow, obvious, and the oracle of the property tests.

Each class has the contract of its native twin (see the class docstrings in `fastdesk._core`), written for the
reader and not for speed.
"""

from collections import OrderedDict
from collections.abc import Hashable
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
