"""What does a look-up, a put and an eviction cost in the cache of contexts and answers?

Unit: one operation on a cache of 10,000 entries with keys like those of conversations. Beside it `cachetools`,
which a user would take, with sizes as ours; and an `OrderedDict`, the fastest cache in plain Python, which
counts entries only. A regression makes every message of every conversation dearer.

    python -m pytest benchmarks/micro/bench_lru.py
"""

from collections import OrderedDict
from collections.abc import Callable
from itertools import count

import cachetools
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastdesk._core import LRUCache

ENTRIES = 10_000
KEYS = [f"tenant:conversation-{i:06d}" for i in range(ENTRIES)]

Get = Callable[[str], object]
Put = Callable[[str, object], object]


def desk() -> tuple[Get, Put]:
    cache: LRUCache[str, object] = LRUCache(ENTRIES, ENTRIES * 100, owner_share=0.5)
    return cache.get, lambda key, value: cache.put(key, value, 100)


def desk_with_owners() -> tuple[Get, Put]:
    cache: LRUCache[str, object] = LRUCache(ENTRIES, ENTRIES * 100, owner_share=0.5)
    return cache.get, lambda key, value: cache.put(key, value, 100, key[-2:])


def from_cachetools() -> tuple[Get, Put]:
    cache: cachetools.LRUCache[str, object] = cachetools.LRUCache(ENTRIES * 100, getsizeof=lambda _: 100)
    return cache.get, cache.__setitem__


def ordered_dict() -> tuple[Get, Put]:
    cache: OrderedDict[str, object] = OrderedDict()

    def get(key: str) -> object:
        if key in cache:
            cache.move_to_end(key)
            return cache[key]
        return None

    def put(key: str, value: object) -> None:
        cache[key] = value
        cache.move_to_end(key)
        if len(cache) > ENTRIES:
            cache.popitem(last=False)

    return get, put


ways = pytest.mark.parametrize("make", [desk, desk_with_owners, from_cachetools, ordered_dict])


@ways
@pytest.mark.benchmark(group="get")
def test_get(benchmark: BenchmarkFixture, make: Callable[[], tuple[Get, Put]]) -> None:
    get, put = make()
    for key in KEYS:
        put(key, key)
    assert benchmark(get, KEYS[ENTRIES // 2]) == KEYS[ENTRIES // 2]


@ways
@pytest.mark.benchmark(group="put over")
def test_put_over(benchmark: BenchmarkFixture, make: Callable[[], tuple[Get, Put]]) -> None:
    get, put = make()
    for key in KEYS:
        put(key, key)
    benchmark(put, KEYS[ENTRIES // 2], "new")
    assert get(KEYS[ENTRIES // 2]) == "new"


@ways
@pytest.mark.benchmark(group="put new and evict")
def test_put_new(benchmark: BenchmarkFixture, make: Callable[[], tuple[Get, Put]]) -> None:
    get, put = make()
    for key in KEYS:
        put(key, key)
    numbers = count()
    benchmark(lambda: put(f"new {next(numbers):06d}", "value"))
    assert get(KEYS[0]) is None
