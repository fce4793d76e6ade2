"""The native structures give everything back: objects, entries and raw memory."""

import gc
import resource
import weakref
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from fastdesk._core import (
    BloomFilter,
    BucketTable,
    IdTable,
    JsonForm,
    KeywordMatcher,
    LRUCache,
    PackForm,
    StructFields,
    TokenBucket,
    checksum,
    index_terms,
)

WORDS = [f"{i:03d}{i * 7919 % 1000:03d}" for i in range(1000)]
STATM = Path("/proc/self/statm")
needs_proc = pytest.mark.skipif(not STATM.exists(), reason="reads the resident size from /proc")


class Row(msgspec.Struct):
    """A struct to be written."""

    text: str
    number: int
    made: object


FIELDS = StructFields(Row, ("text", "number", "made"), encoders={"made": msgspec.msgpack.encode})


class Value:
    """A Python object that can be watched."""


def resident_bytes() -> int:
    return int(STATM.read_text().split()[1]) * resource.getpagesize()


def growth_bytes(work: Callable[[], object], rounds: int) -> int:
    """Return how much the process grows over `rounds` of work, after as many to warm up."""
    for _ in range(rounds):
        work()
    gc.collect()
    before = resident_bytes()
    for _ in range(rounds):
        work()
    gc.collect()
    return resident_bytes() - before


def test_a_hundred_thousand_values_pass_through_the_cache_and_die() -> None:
    alive: weakref.WeakSet[Value] = weakref.WeakSet()
    cache: LRUCache[str, Value] = LRUCache(1000, 100_000, owner_share=0.5)
    for i in range(100_000):
        value = Value()
        alive.add(value)
        cache.put(f"key {i % 3000}", value, size=i % 200, owner=i % 7 or None)
        if i % 11 == 0:
            cache.pop(f"key {i % 500}")
        if i % 5000 == 0:
            cache.drop_owner(3)
    del value
    gc.collect()
    assert len(alive) == len(cache) <= 1000
    cache.clear()
    gc.collect()
    assert len(alive) == 0


def test_caches_in_cycles_die_with_what_they_hold() -> None:
    alive: weakref.WeakSet[Value] = weakref.WeakSet()
    for _ in range(10_000):
        cache: LRUCache[str, object] = LRUCache(10, 100)
        value = Value()
        alive.add(value)
        cache.put("value", value, size=1, owner="o")
        cache.put("cycle", [cache], size=1, owner="o")
    del cache, value
    gc.collect()
    assert len(alive) == 0


def test_evicted_keys_die() -> None:
    class Key(Value):
        pass

    alive: weakref.WeakSet[Key] = weakref.WeakSet()
    table = BucketTable(1000.0, 1, 100)
    for i in range(100_000):
        key = Key()
        alive.add(key)
        table.take(key, 1, i * 1_000_000_000)
    del key
    gc.collect()
    assert len(alive) == len(table) == 100


@needs_proc
@pytest.mark.parametrize(
    ("rounds", "work"),
    [
        (50_000, lambda: LRUCache(10, 100).put("key", b"value", size=5, owner="owner")),
        (100_000, lambda: TokenBucket(1.0, 5).take(1, 0)),
        (20_000, lambda: BucketTable(1.0, 5, 1000).take("key", 1, 0)),
        (10_000, lambda: BloomFilter(1000, 0.01, bytes(16)).add("item")),
        (20_000, lambda: JsonForm((b'{"a":',), b"}").read(JsonForm((b'{"a":',), b"}").write(("é" * 20,)))),
        (500, lambda: JsonForm((b'{"a":',), b"}").write(("é" * 20_000,))),
        (20_000, lambda: PackForm("row", FIELDS).write(Row("é" * 20, 2**62, [1]))),
        (20_000, lambda: IdTable(BloomFilter(9, 0.1, bytes(16)), "a", 9).put("b", "c", 1)),
        (50_000, lambda: checksum(b"x" * 50)),
        (20_000, lambda: index_terms("退款 order" * 5, "1x")),
        (700, lambda: KeywordMatcher(WORDS, lookalikes={"0": "o"}).find_all(WORDS[0] * 50)),
    ],
    ids=[
        "LRUCache",
        "TokenBucket",
        "BucketTable",
        "BloomFilter",
        "form",
        "long form",
        "row",
        "ids",
        "checksum",
        "terms",
        "KeywordMatcher",
    ],
)
def test_memory_does_not_grow(rounds: int, work: Callable[[], object]) -> None:
    # So many rounds that the smallest allocation of each, were it not freed, would come to more.
    assert growth_bytes(work, rounds) < 1 << 20


@needs_proc
def test_refused_calls_leave_nothing_behind() -> None:
    cache: LRUCache[object, int] = LRUCache(10, 100)
    table = BucketTable(1.0, 5, 10)
    bloom = BloomFilter(10, 0.1, bytes(16))
    matcher = KeywordMatcher(["a"])
    refusals: list[Callable[[], object]] = [
        lambda: LRUCache(0, 1),
        lambda: LRUCache(2**70, 1),
        lambda: cache.put([], 1, size=1),
        lambda: cache.put("k", 1, size=-1),
        lambda: TokenBucket(0.0, 1),
        lambda: BucketTable(1.0, 1, 2**60),
        lambda: table.take("k", 6, 0),
        lambda: table.take([], 1, 0),  # type: ignore[arg-type]
        lambda: BloomFilter(10, 2.0, bytes(16)),
        lambda: bloom.add([]),
        lambda: JsonForm((b"{",), b"}").write(("\ud800",)),
        lambda: JsonForm((b"{",), b"}").write((object(),)),  # type: ignore[arg-type]
        lambda: JsonForm((b"{",), b"}").write(()),
        lambda: PackForm("row", FIELDS).write(Row("a", 2**70, [1])),
        lambda: PackForm("row", FIELDS).write(Row("a", 1, object())),
        lambda: IdTable(bloom, "a", 1),
        lambda: IdTable(bloom, "a", 9).put("b", "c", -1),
        lambda: matcher.find_all("a", 0),
        lambda: matcher.has_match(None),  # type: ignore[arg-type]
        lambda: KeywordMatcher(["a"] * 300 + [None]),  # type: ignore[list-item]
        lambda: KeywordMatcher(["many characters"] * 100, max_bytes=1000),
    ]

    def refuse_all() -> None:
        for call in refusals:
            with pytest.raises((ValueError, TypeError, OverflowError, MemoryError)):
                call()

    assert growth_bytes(refuse_all, 200) < 2 << 20
