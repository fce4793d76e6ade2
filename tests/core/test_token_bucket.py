"""`TokenBucket` and `BucketTable` against rational numbers, at their edges, and under attack."""

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.core.reference import ReferenceBucket, ReferenceTable

from fastdesk._core import BucketTable, TokenBucket

SECOND = 1_000_000_000
CENTURY_S = 100 * 365.25 * 86_400
RATES = st.one_of(
    st.floats(1e-6, 1e9, allow_nan=False),
    st.integers(1, 10**9).map(float),
    st.sampled_from([1e-6, 1 / 3, 0.1, 5 / 3, 7.0, 999_999_999.999_999, 1e9]),
)
BURSTS = st.one_of(st.integers(1, 20), st.integers(1, 10**9))
GAPS_NS = st.one_of(
    st.integers(0, 3),
    st.integers(0, 3 * SECOND),
    st.integers(0, 10**16),
    st.integers(-5 * SECOND, 0),
)


def too_slow(rate: float, burst: int) -> bool:
    return burst / rate > CENTURY_S * 0.99


@given(rate=RATES, burst=BURSTS, draw=st.data())
@settings(max_examples=200, deadline=None)
def test_every_step_equals_the_rational_model(rate: float, burst: int, draw: st.DataObject) -> None:
    assume(not too_slow(rate, burst))
    bucket, reference = TokenBucket(rate, burst), ReferenceBucket(rate, burst)
    now_ns = draw.draw(st.integers(0, 2**60))
    for _ in range(draw.draw(st.integers(1, 30))):
        now_ns = max(0, now_ns + draw.draw(GAPS_NS))
        name = draw.draw(st.sampled_from(["take", "take", "take", "give", "level_micro"]))
        arguments = () if name == "level_micro" else (draw.draw(st.integers(1, burst)),)
        assert getattr(bucket, name)(*arguments, now_ns) == getattr(reference, name)(*arguments, now_ns)


@given(rate=RATES, burst=BURSTS, taken=st.integers(1, 10**9), n=st.integers(1, 10**9))
@settings(deadline=None)
def test_the_wait_is_exact_to_the_nanosecond(rate: float, burst: int, taken: int, n: int) -> None:
    assume(not too_slow(rate, burst))
    taken, n = min(taken, burst), min(n, burst)
    early, late = TokenBucket(rate, burst), TokenBucket(rate, burst)
    for bucket in (early, late):
        assert bucket.take(taken, 5) == 0
    wait_ns = late.take(n, 5)
    if wait_ns:
        assert early.take(n, 5 + wait_ns - 1) == 1
        assert late.take(n, 5 + wait_ns) == 0


def test_a_million_takes_never_pass_burst_plus_rate_and_lose_at_most_one_token() -> None:
    rate, burst = 1000 / 7, 20
    bucket = TokenBucket(rate, burst)
    random_gap = random.Random(19)
    now_ns = granted = 0
    exact_rate = Fraction(round(rate * 1_000_000), 10**15)
    for i in range(1_000_000):
        now_ns += random_gap.randrange(7_000_000)
        granted += bucket.take(1, now_ns) == 0
        if i % 1000 == 0:
            assert granted <= burst + exact_rate * now_ns
    assert burst + exact_rate * now_ns - granted <= burst + 1


def test_a_greedy_taker_gets_all_but_one_token() -> None:
    bucket = TokenBucket(3.0, 5)
    now_ns = granted = 0
    while now_ns < 3600 * SECOND:
        granted += bucket.take(1, now_ns) == 0
        now_ns += 33_333_331
    assert 5 + 3 * 3600 - 1 <= granted <= 5 + 3 * 3600


def test_a_refusal_takes_nothing() -> None:
    bucket = TokenBucket(1.0, 10)
    assert bucket.take(8, 0) == 0
    for _ in range(100):
        assert bucket.take(3, 0) == SECOND
    assert bucket.take(2, 0) == 0


def test_given_tokens_never_pass_the_burst() -> None:
    bucket = TokenBucket(1.0, 10)
    assert bucket.take(4, 0) == 0
    bucket.give(10, 0)
    assert bucket.level_micro(0) == 10_000_000
    assert bucket.take(10, 0) == 0
    assert bucket.take(1, 0) == SECOND


def test_time_that_steps_back_neither_bursts_nor_locks_out() -> None:
    year_ns = 365 * 86_400 * SECOND
    bucket = TokenBucket(1.0, 5)
    assert bucket.take(5, year_ns) == 0
    assert bucket.take(1, 0) == SECOND
    assert bucket.take(1, SECOND) == 0
    assert bucket.take(1, year_ns) == 0
    assert bucket.level_micro(year_ns) == 4_000_000


@pytest.mark.parametrize("rate", [0.0, -1.0, 1e-7, 1.1e9, float("nan"), float("inf"), float("-inf")])
def test_rates_out_of_range_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate_per_s"):
        TokenBucket(rate, 1)
    with pytest.raises(ValueError, match="rate_per_s"):
        BucketTable(rate, 1, 1)


@pytest.mark.parametrize("burst", [0, -1, 10**9 + 1])
def test_bursts_out_of_range_are_refused(burst: int) -> None:
    with pytest.raises(ValueError, match="burst"):
        TokenBucket(1.0, burst)


def test_a_bucket_that_takes_ages_to_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="century"):
        TokenBucket(1e-6, 10**9)


@pytest.mark.parametrize("n", [0, -1, 6, 2**62, -(2**62)])
def test_amounts_that_can_never_be_granted_are_refused(n: int) -> None:
    bucket, table = TokenBucket(1.0, 5), BucketTable(1.0, 5, 5)
    for call in (bucket.take, bucket.give):
        with pytest.raises(ValueError, match="burst"):
            call(n, 0)
    for table_call in (table.take, table.give):
        with pytest.raises(ValueError, match="burst"):
            table_call("k", n, 0)
    assert len(table) == 0


def test_times_out_of_range_are_refused() -> None:
    bucket = TokenBucket(1.0, 5)
    with pytest.raises(ValueError, match="now_ns"):
        bucket.take(1, -1)
    with pytest.raises(OverflowError):
        bucket.take(1, 2**63)
    assert bucket.take(5, 2**63 - 1) == 0
    assert bucket.take(1, 2**63 - 1) == SECOND


def test_what_was_set_can_be_read() -> None:
    bucket = TokenBucket(2.5, 7)
    assert (bucket.rate_per_s, bucket.burst) == (2.5, 7)
    assert BucketTable(2.5, 7, 3).max_keys == 3


@given(
    rate=st.sampled_from([0.5, 1.0, 10.0, 1 / 3]),
    burst=st.integers(1, 4),
    max_keys=st.integers(1, 5),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["take", "take", "take", "give"]),
            st.sampled_from("abcdefghij"),
            st.integers(1, 4),
            st.sampled_from([0, 1, SECOND // 10, SECOND, 20 * SECOND, -SECOND]),
        ),
        max_size=60,
    ),
)
@settings(max_examples=200, deadline=None)
def test_the_table_equals_its_reference(
    rate: float, burst: int, max_keys: int, steps: list[tuple[str, str, int, int]]
) -> None:
    table, reference = BucketTable(rate, burst, max_keys), ReferenceTable(rate, burst, max_keys)
    now_ns = 0
    for name, key, n, gap_ns in steps:
        now_ns = max(0, now_ns + gap_ns)
        n = min(n, burst)
        assert getattr(table, name)(key, n, now_ns) == getattr(reference, name)(key, n, now_ns)
        assert len(table) == len(reference.buckets) <= max_keys
        assert all(key in table for key in reference.buckets)


def test_keys_do_not_share_their_tokens() -> None:
    table = BucketTable(1.0, 3, 10)
    for key in ("a", ("tenant", 7), b"bytes", 5):
        assert [table.take(key, 1, 0) for _ in range(4)] == [0, 0, 0, SECOND]
        assert table.level_micro(key, SECOND) == 1_000_000
    assert table.level_micro("never seen", 0) == 3_000_000
    assert "never seen" not in table


def test_only_full_buckets_are_evicted() -> None:
    table = BucketTable(1.0, 2, 2)
    table.take("a", 2, 0)
    table.take("b", 1, 0)
    assert table.take("c", 1, SECOND - 1) == 0
    assert (table.overflowed, table.evictions, "c" in table) == (1, 0, False)
    assert table.take("c", 1, SECOND) == 0
    assert ("a" in table, "b" in table, "c" in table) == (True, False, True)
    assert (table.overflowed, table.evictions) == (1, 1)


def test_rotating_keys_yields_no_fresh_bursts() -> None:
    rate, burst, max_keys = 2.0, 10, 1000
    table = BucketTable(rate, burst, max_keys)
    granted = 0
    for i in range(100_000):
        now_ns = i * 1000
        granted += table.take(f"attacker {i}", 1, now_ns) == 0
        assert len(table) <= max_keys
    # One token for each place in the table and what the shared bucket lets through in 0.1 s.
    assert granted <= max_keys + burst + 1
    assert table.overflowed == 100_000 - max_keys


def test_a_large_table_finds_the_full_bucket_within_a_few_takes() -> None:
    table = BucketTable(0.001, 10, 2000)
    for i in range(2000):
        table.take(i, 1 if i == 1500 else 10, 0)
    later_ns = 1000 * SECOND
    tries = next(i for i in range(10) if table.take("new", 1, later_ns) == 0 and "new" in table)
    assert tries <= 2000 // 256
    assert 1500 not in table


def test_unhashable_keys_and_absurd_tables_are_refused() -> None:
    table = BucketTable(1.0, 2, 2)
    unhashable: Any = []
    with pytest.raises(TypeError):
        table.take(unhashable, 1, 0)
    with pytest.raises(ValueError, match="max_keys"):
        BucketTable(1.0, 1, 0)
    with pytest.raises(MemoryError):
        BucketTable(1.0, 1, 2**60)


def test_keys_that_call_back_cannot_break_the_table() -> None:
    table = BucketTable(1.0, 2, 3)
    depth = 0

    class Hostile:
        def __init__(self, number: int) -> None:
            self.number = number

        def __hash__(self) -> int:
            return 7

        def __eq__(self, other: object) -> bool:
            nonlocal depth
            if depth < 3:
                depth += 1
                table.take(Hostile(self.number + 1), 1, 10 * SECOND)
                table.take(self, 1, 20 * SECOND)
                depth -= 1
            return isinstance(other, Hostile) and other.number == self.number

    for i in range(30):
        table.take(Hostile(i % 6), 1, i * SECOND)  # what it grants is the keys' own fault
    assert table.take("calm", 1, 100 * SECOND) == 0
