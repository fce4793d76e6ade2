"""What does it cost to know that a message id is surely new, and what would an exact set cost?

Unit: one id of a million remembered ones, at a false positive rate of 0.001. Beside the filter a `set`, which
is exact and fast and takes 120 MB for a million ids where the filter takes 4.5, and the filter's Python twin.
A regression counts once for every message.

    python -m pytest benchmarks/micro/bench_bloom.py
"""

from collections.abc import Callable
from itertools import count

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastdesk._core import BloomFilter
from tests.core.reference import ReferenceBloom

IDS = 1_000_000
KEY = bytes(range(16))


@pytest.fixture(scope="module")
def filled() -> BloomFilter:
    bloom = BloomFilter(IDS, 0.001, KEY)
    for i in range(IDS // 2):
        bloom.add(f"018f3a5c-0001-7abc-8def-{i:012x}")
    return bloom


def fresh_ids() -> Callable[[], str]:
    numbers = count(IDS)
    return lambda: f"018f3a5c-0001-7abc-8def-{next(numbers):012x}"


@pytest.mark.benchmark(group="new id")
def test_new_id(benchmark: BenchmarkFixture, filled: BloomFilter) -> None:
    fresh = fresh_ids()
    benchmark(lambda: filled.add_if_new(fresh()))


@pytest.mark.benchmark(group="new id")
def test_new_id_in_a_set(benchmark: BenchmarkFixture) -> None:
    seen = {f"018f3a5c-0001-7abc-8def-{i:012x}" for i in range(IDS // 2)}
    fresh = fresh_ids()

    def add_if_new() -> bool:
        item = fresh()
        if item in seen:
            return False
        seen.add(item)
        return True

    benchmark(add_if_new)


@pytest.mark.benchmark(group="new id")
def test_new_id_in_the_twin(benchmark: BenchmarkFixture) -> None:
    twin = ReferenceBloom(1000, 0.001, KEY)
    fresh = fresh_ids()
    benchmark(lambda: twin.may_contain(fresh().encode()))


@pytest.mark.benchmark(group="repeated id")
def test_repeated_id(benchmark: BenchmarkFixture, filled: BloomFilter) -> None:
    assert not benchmark(filled.add_if_new, "018f3a5c-0001-7abc-8def-000000000007")


@pytest.mark.benchmark(group="the call that rotates")
def test_clear_of_both_generations(benchmark: BenchmarkFixture) -> None:
    bloom = BloomFilter(IDS, 0.001, KEY)
    benchmark(bloom.clear)
