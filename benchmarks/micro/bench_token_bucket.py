"""What does a rate limit cost a message, and what an attacker who changes his key each time?

Unit: a thousand takes from a table of 100,000 keys. Beside it the same arithmetic in plain Python, with floats
and a dict that grows without bound, and counters in a `cachetools.TTLCache`, a usual way to bound them. Three
limits stand before every message, so a regression counts three times.

    python -m pytest benchmarks/micro/bench_token_bucket.py
"""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import count, repeat

import cachetools
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastdesk._core import BucketTable, TokenBucket

RATE, BURST, KEYS = 1000.0, 1000, 100_000
STEP_NS = 1_000_000
PREFIXES = [f"2001:db8:{i:x}::/64" for i in range(1000)]

Take = Callable[[str, int, int], object]


def desk() -> Take:
    return BucketTable(RATE, BURST, KEYS).take


def floats_in_a_dict() -> Take:
    buckets: dict[str, tuple[float, int]] = {}

    def take(key: str, n: int, now_ns: int) -> bool:
        level, last_ns = buckets.get(key, (BURST, now_ns))
        level = min(BURST, level + (now_ns - last_ns) * RATE * 1e-9)
        granted = level >= n
        buckets[key] = (level - n if granted else level, now_ns)
        return granted

    return take


def counters_that_expire() -> Take:
    counters: cachetools.TTLCache[str, int] = cachetools.TTLCache(KEYS, ttl=1.0)

    def take(key: str, n: int, now_ns: int) -> bool:
        taken = counters.get(key, 0)
        counters[key] = taken + n
        return taken < BURST

    return take


def take_all(take: Take, keys: Iterable[str], times_ns: Iterable[int]) -> None:
    deque(map(take, keys, repeat(1), times_ns), maxlen=0)


ways = pytest.mark.parametrize("make", [desk, floats_in_a_dict, counters_that_expire])


@ways
@pytest.mark.benchmark(group="known keys")
def test_take(benchmark: BenchmarkFixture, make: Callable[[], Take]) -> None:
    times_ns = count(STEP_NS, STEP_NS)
    benchmark(take_all, make(), PREFIXES, times_ns)


@ways
@pytest.mark.benchmark(group="new keys, the table full of buckets that are not")
def test_take_with_new_keys(benchmark: BenchmarkFixture, make: Callable[[], Take]) -> None:
    take = make()
    take_all(take, map(str, range(KEYS)), repeat(0))
    numbers = count(KEYS)

    def new_keys() -> tuple[tuple[Take, list[str], Iterable[int]], dict[str, object]]:
        return (take, [str(next(numbers)) for _ in range(1000)], repeat(1)), {}

    benchmark.pedantic(take_all, setup=new_keys, rounds=100)


@pytest.mark.benchmark(group="one bucket")
def test_one_bucket(benchmark: BenchmarkFixture) -> None:
    bucket = TokenBucket(RATE, BURST)
    times_ns = count(STEP_NS, STEP_NS)
    benchmark(lambda: deque(map(bucket.take, repeat(1, 1000), times_ns), maxlen=0))


@pytest.mark.benchmark(group="one bucket")
def test_refusals(benchmark: BenchmarkFixture) -> None:
    bucket = TokenBucket(RATE, BURST)
    bucket.take(BURST, 0)
    benchmark(lambda: deque(map(bucket.take, repeat(1, 1000), repeat(0)), maxlen=0))
