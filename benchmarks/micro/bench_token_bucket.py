"""What does a rate limit cost a message, and what an attacker who changes his key each time?

Unit: one take from a table of 100,000 keys. Beside it the same arithmetic in plain Python with floats and a
dict (unbounded, so it could not be used), and `cachetools.TTLCache` counters, a usual way to bound it. Three
limits stand before every message, so a regression counts three times.

    python -m pytest benchmarks/micro/bench_token_bucket.py
"""

from collections.abc import Callable
from itertools import count

import cachetools
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastdesk._core import BucketTable, TokenBucket

RATE, BURST, KEYS = 1000.0, 1000, 100_000
STEP_NS = 1_000_000

Take = Callable[[str, int], object]


def desk() -> Take:
    table = BucketTable(RATE, BURST, KEYS)
    return lambda key, now_ns: table.take(key, 1, now_ns)


def floats_in_a_dict() -> Take:
    buckets: dict[str, tuple[float, int]] = {}

    def take(key: str, now_ns: int) -> bool:
        level, last_ns = buckets.get(key, (BURST, now_ns))
        level = min(BURST, level + (now_ns - last_ns) * RATE * 1e-9)
        granted = level >= 1
        buckets[key] = (level - granted, now_ns)
        return granted

    return take


def counters_that_expire() -> Take:
    counters: cachetools.TTLCache[str, int] = cachetools.TTLCache(KEYS, ttl=1.0)

    def take(key: str, now_ns: int) -> bool:
        taken = counters.get(key, 0)
        counters[key] = taken + 1
        return taken < BURST

    return take


ways = pytest.mark.parametrize("make", [desk, floats_in_a_dict, counters_that_expire])


@ways
@pytest.mark.benchmark(group="known key")
def test_take(benchmark: BenchmarkFixture, make: Callable[[], Take]) -> None:
    take = make()
    for i in range(10_000):
        take(f"2001:db8:{i:x}::/64", 0)
    times = count(STEP_NS, STEP_NS)
    benchmark(lambda: take("2001:db8:ff::/64", next(times)))


@ways
@pytest.mark.benchmark(group="new key each time, table full")
def test_take_with_new_keys(benchmark: BenchmarkFixture, make: Callable[[], Take]) -> None:
    take = make()
    for i in range(KEYS):
        take(f"{i}", 0)
    numbers = count(KEYS)
    benchmark(lambda: take(f"{next(numbers)}", 1))


@pytest.mark.benchmark(group="one bucket")
def test_one_bucket(benchmark: BenchmarkFixture) -> None:
    bucket = TokenBucket(RATE, BURST)
    times = count(STEP_NS, STEP_NS)
    assert benchmark(lambda: bucket.take(1, next(times))) == 0


@pytest.mark.benchmark(group="one bucket")
def test_a_refusal(benchmark: BenchmarkFixture) -> None:
    bucket = TokenBucket(RATE, BURST)
    bucket.take(BURST, 0)
    assert benchmark(bucket.take, 1, 0) > 0
