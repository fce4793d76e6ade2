"""What do a look-up, a put and an eviction cost in the cache of contexts and answers?

Unit: a thousand operations on a cache of 10,000 entries with keys like those of conversations. Beside it
`cachetools`, which a user would take, with sizes as ours; and an `OrderedDict`, the fastest cache in plain
Python, which counts entries only. A regression makes every message of every conversation dearer.

    python -m pytest benchmarks/micro/bench_lru.py
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import count, repeat

import cachetools
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastdesk._core import LRUCache

ENTRIES = 10_000
KEYS = [f"tenant:conversation-{i:06d}" for i in range(ENTRIES)]
THOUSAND = KEYS[::10]

Work = Callable[[Iterable[str]], object]


def desk(owner: str | None = None) -> tuple[Work, Work]:
    cache: LRUCache[str, str] = LRUCache(ENTRIES, ENTRIES * 100)
    return (
        lambda keys: deque(map(cache.get, keys), maxlen=0),
        lambda keys: deque(map(cache.put, keys, keys, repeat(100), repeat(owner)), maxlen=0),
    )


def desk_with_owners() -> tuple[Work, Work]:
    return desk("tenant")


def from_cachetools() -> tuple[Work, Work]:
    cache: cachetools.LRUCache[str, str] = cachetools.LRUCache(ENTRIES * 100, getsizeof=lambda _: 100)
    return (
        lambda keys: deque(map(cache.get, keys), maxlen=0),
        lambda keys: deque(map(cache.__setitem__, keys, keys), maxlen=0),
    )


def ordered_dict() -> tuple[Work, Work]:
    cache: OrderedDict[str, str] = OrderedDict()

    def get(key: str) -> str | None:
        if key not in cache:
            return None
        cache.move_to_end(key)
        return cache[key]

    def put(key: str, value: str) -> None:
        cache[key] = value
        cache.move_to_end(key)
        if len(cache) > ENTRIES:
            cache.popitem(last=False)

    return lambda keys: deque(map(get, keys), maxlen=0), lambda keys: deque(map(put, keys, keys), maxlen=0)


ways = pytest.mark.parametrize("make", [desk, desk_with_owners, from_cachetools, ordered_dict])
Make = Callable[[], tuple[Work, Work]]


@ways
@pytest.mark.benchmark(group="get")
def test_get(benchmark: BenchmarkFixture, make: Make) -> None:
    get, put = make()
    put(KEYS)
    benchmark(get, THOUSAND)


@ways
@pytest.mark.benchmark(group="put over")
def test_put_over(benchmark: BenchmarkFixture, make: Make) -> None:
    _, put = make()
    put(KEYS)
    benchmark(put, THOUSAND)


@ways
@pytest.mark.benchmark(group="put new and evict")
def test_put_new(benchmark: BenchmarkFixture, make: Make) -> None:
    _, put = make()
    put(KEYS)
    numbers = count()

    def new_keys() -> tuple[tuple[list[str]], dict[str, object]]:
        return ([f"new-{next(numbers):012d}" for _ in range(1000)],), {}

    benchmark.pedantic(put, setup=new_keys, rounds=300)
