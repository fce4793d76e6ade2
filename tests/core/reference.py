"""The native structures once more in plain Python: slow, obvious, and the oracle of the property tests.

Each class has the contract of its native twin (see the class docstrings in `fastdesk._core`), written for the
reader and not for speed.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, exp, log
from typing import Any

from fastdesk._core import SEPARATORS


class ReferenceLRU:
    """`LRUCache` over an ordered dict of (value, size, owner)."""

    def __init__(self, max_entries: int, max_bytes: int, owner_share: float = 1.0) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.max_owner_bytes = max_bytes if owner_share == 1.0 else int(max_bytes * owner_share)
        self.entries: OrderedDict[Hashable, tuple[Any, int, Hashable]] = OrderedDict()
        self.above: list[Hashable] = []
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
        if size > (self.max_bytes if owner is None else self.max_owner_bytes):
            self.pop(key)
            return False
        self.entries.pop(key, None)
        self.entries[key] = (value, size, owner)
        self._judge()
        while self.bytes_used > self.max_bytes or len(self.entries) > self.max_entries:
            self._evict()
        return True

    def _evict(self) -> None:
        self.pop(
            next(key for key, entry in self.entries.items() if entry[2] in (self.above[:1] or [entry[2]]))
        )
        self.evictions += 1

    def _judge(self) -> None:
        """Note who is above its share, in the order in which they came to be."""
        owners = {owner for _, _, owner in self.entries.values() if owner is not None}
        above = {owner for owner in owners if self.owner_bytes(owner) > self.max_owner_bytes}
        self.above = [owner for owner in self.above if owner in above]
        self.above += above - set(self.above)

    def pop(self, key: Hashable, default: Any = None) -> Any:
        found = self.entries.pop(key, (default,))[0]
        self._judge()
        return found

    def drop_owner(self, owner: Hashable) -> int:
        keys = [key for key, entry in self.entries.items() if owner is not None and entry[2] == owner]
        for key in keys:
            self.pop(key)
        return len(keys)

    def clear(self) -> None:
        self.entries.clear()
        self.above.clear()

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


MASK = 2**64 - 1


STEP = 0x9E3779B97F4A7C15


def reference_mix(state: int) -> int:
    """What SplitMix64 gives for a state."""
    x = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


class ReferenceBloom:
    """`BloomFilter` bit for bit, its blocks Python integers."""

    def __init__(self, expected: int, false_positive_rate: float, key: bytes) -> None:
        self.key = key
        self.hashes = next(k for k in range(1, 99) if self._rate(k) <= false_positive_rate / 2)
        self.blocks = ceil(expected * self.hashes / log(2) / 512)
        self.generation = 0
        self.clear()

    @staticmethod
    def _rate(hashes: int) -> float:
        load = 1.02 * 512 * log(2) / hashes
        chance, rate = exp(-load), 0.0
        for items in range(1, int(4 * load) + 60):
            chance *= load / items
            rate += chance * (1 - (1 - 1 / 512) ** (hashes * items)) ** hashes
        return rate

    def clear(self) -> None:
        self.current: dict[int, int] = {}
        self.previous: dict[int, int] = {}

    def _locate(self, item: Hashable) -> tuple[int, int]:
        k0, k1 = (int.from_bytes(self.key[i : i + 8], "little") for i in (0, 8))
        state = reference_mix(((hash(item) & MASK) ^ k0) + STEP & MASK) ^ k1
        block = (state >> 32) * self.blocks >> 32
        mask = 0
        for i in range(self.hashes):
            if i % 7 == 0:
                state = (state + STEP) & MASK
                bits = reference_mix(state)
            mask |= 1 << (bits & 511)
            bits >>= 9
        return block, mask

    def may_contain(self, item: Hashable) -> bool:
        block, mask = self._locate(item)
        return any(half.get(block, 0) & mask == mask for half in (self.current, self.previous))

    def add(self, item: Hashable) -> None:
        block, mask = self._locate(item)
        self.current[block] = self.current.get(block, 0) | mask
        if 2 * self.bits_set() >= self.blocks * 512:
            self.current, self.previous = {}, self.current
            self.generation += 1

    def add_if_new(self, item: Hashable) -> bool:
        if self.may_contain(item):
            return False
        self.add(item)
        return True

    def bits_set(self) -> int:
        return sum(block.bit_count() for block in self.current.values())


class ReferenceAssembler:
    """`MessageAssembler` that keeps the fragments and looks at the whole text each time."""

    def __init__(self, *, max_bytes: int, max_fragments: int) -> None:
        self.max_bytes = max_bytes
        self.max_fragments = max_fragments
        self.fragments: list[bytes] = []
        self.is_open = False
        self.is_text = False

    def feed(self, opcode: int, fin: bool, payload: bytes) -> bytes | int | None:
        verdict = self._judge(opcode, fin, payload)
        if verdict:
            self.is_open = False
            return verdict
        self.is_open = not fin
        return b"".join(self.fragments) if fin else None

    def _judge(self, opcode: int, fin: bool, payload: bytes) -> int:
        if (opcode == 0) != self.is_open:
            return 1002
        if opcode:
            self.is_text = opcode == 1
            self.fragments = []
        self.fragments.append(payload)
        whole = b"".join(self.fragments)
        if len(whole) > self.max_bytes or len(self.fragments) > self.max_fragments:
            return 1009
        if self.is_text and not (_is_utf8(whole) if fin else _begins_utf8(whole)):
            return 1007
        return 0


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _begins_utf8(text: bytes) -> bool:
    """Some ending makes it valid. Python's incremental decoder is no oracle: it lets half a surrogate pass."""
    endings = (bytes(ending) for size in range(4) for ending in product((0x80, 0xBF), repeat=size))
    return any(_is_utf8(text + ending) for ending in endings)


INVISIBLE = [
    *[(0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD)],
    *[(0x0300, 0x036F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)],
    *[(0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)],
    *[(0x20D0, 0x20FF), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F)],
    *[(0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)],
]

Match = tuple[int, int, int]


def fold(sign: str) -> str:
    """Make a character half-width and lower-case."""
    if "\uff01" <= sign <= "\uff5e":
        sign = chr(ord(sign) - 0xFEE0)
    return sign.replace("\u3000", " ").lower()[0]


class ReferenceMatcher:
    """`KeywordMatcher` by looking every part of the normalised text up in a dict."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        separators: str = SEPARATORS,
        lookalikes: Mapping[str, str] | None = None,
    ) -> None:
        self.separators = {fold(sign) for sign in separators}
        self.meanings = {fold(sign): fold(meant) for sign, meant in (lookalikes or {}).items()}
        self.words: dict[str, int] = {}
        unusable = []
        for i, word in enumerate(words):
            normal = "".join(filter(None, map(self.normalize, word)))
            if 0 < len(normal) <= 255 and len(word) <= 1020:
                self.words.setdefault(normal, i)
            else:
                unusable.append(i)
        self.unusable = tuple(unusable)
        self.longest = max(map(len, self.words), default=0)

    def normalize(self, sign: str) -> str:
        """Return what stands for the character, nothing when it is passed over."""
        if any(first <= ord(sign) <= last for first, last in INVISIBLE) or fold(sign) in self.separators:
            return ""
        return self.meanings.get(fold(sign), fold(sign))

    def find_all(self, text: str, limit: int = 10_000) -> list[Match]:
        kept = [(i, normal) for i, sign in enumerate(text) if (normal := self.normalize(sign))]
        normal_text = "".join(normal for _, normal in kept)
        found = []
        for end in range(1, len(kept) + 1):
            for start in range(max(0, end - self.longest), end):
                word = self.words.get(normal_text[start:end])
                if word is not None:
                    found.append((kept[start][0], kept[end - 1][0] + 1, word))
        return found[:limit]

    def find_longest(self, text: str) -> list[Match]:
        chosen: list[Match] = []
        for match in sorted(self.find_all(text, limit=10**9), key=lambda match: (match[0], -match[1])):
            if not chosen or match[0] >= chosen[-1][1]:
                chosen.append(match)
        return chosen

    def find_first(self, text: str) -> Match | None:
        return next(iter(self.find_longest(text)), None)

    def has_match(self, text: str) -> bool:
        return bool(self.find_all(text))
