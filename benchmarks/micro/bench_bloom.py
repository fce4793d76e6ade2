"""What does it cost to know that a message id is surely new, and what would an exact set cost?

Unit: a thousand ids beside half a million remembered ones, at a false positive rate of 0.001. Beside the filter
a `set`, which is exact and quick and takes 120 MB for a million ids where the filter takes 4.5, and the filter's
Python twin. A regression counts once for every message.

    python -m pytest benchmarks/micro/bench_bloom.py
"""

from collections import deque
from collections.abc import Callable
from itertools import count

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.core.reference import ReferenceBloom

from fastdesk._core import BloomFilter

IDS = 1_000_000
KEY = bytes(range(16))
OLD = [f"018f3a5c-0001-7abc-8def-{i:012x}" for i in range(IDS // 2)]

AddIfNew = Callable[[str], bool]


def desk() -> AddIfNew:
    bloom = BloomFilter(IDS, 0.001, KEY)
    deque(map(bloom.add, OLD), maxlen=0)
    return bloom.add_if_new


def exact_set() -> AddIfNew:
    seen = set(OLD)

    def add_if_new(item: str) -> bool:
        if item in seen:
            return False
        seen.add(item)
        return True

    return add_if_new


def twin() -> AddIfNew:
    bloom = ReferenceBloom(IDS, 0.001, KEY)
    return lambda item: not bloom.may_contain(item)


def ask_all(add_if_new: AddIfNew, ids: list[str]) -> None:
    deque(map(add_if_new, ids), maxlen=0)


@pytest.mark.parametrize("make", [desk, exact_set, twin])
@pytest.mark.benchmark(group="new ids")
def test_new_ids(benchmark: BenchmarkFixture, make: Callable[[], AddIfNew]) -> None:
    add_if_new = make()
    numbers = count(IDS)

    def new_ids() -> tuple[tuple[AddIfNew, list[str]], dict[str, object]]:
        return (add_if_new, [f"018f3a5c-0002-7abc-8def-{next(numbers):012x}" for _ in range(1000)]), {}

    benchmark.pedantic(ask_all, setup=new_ids, rounds=100)


@pytest.mark.parametrize("make", [desk, exact_set])
@pytest.mark.benchmark(group="repeated ids")
def test_repeated_ids(benchmark: BenchmarkFixture, make: Callable[[], AddIfNew]) -> None:
    benchmark(ask_all, make(), OLD[:: len(OLD) // 1000])


@pytest.mark.benchmark(group="what the call that rotates does twice as much of")
def test_clear_of_both_generations(benchmark: BenchmarkFixture) -> None:
    benchmark(BloomFilter(IDS, 0.001, KEY).clear)
