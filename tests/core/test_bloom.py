"""`BloomFilter` against its Python twin, its promises about errors and window, and bad input."""

from collections.abc import Hashable
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.reference import ReferenceBloom

from fastdesk._core import BloomFilter

KEY = bytes(range(16))
ITEMS = st.text(max_size=9) | st.tuples(st.sampled_from("ab"), st.integers(0, 60).map(lambda i: f"id-{i}"))


def names(prefix: str, number: int) -> list[bytes]:
    return [f"{prefix}-{i}".encode() for i in range(number)]


@given(
    expected=st.integers(1, 120),
    rate=st.sampled_from([0.5, 0.1, 0.01, 1e-4]),
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "add_if_new", "add_if_new", "may_contain"]), ITEMS), max_size=150
    ),
)
@settings(max_examples=150, deadline=None)
def test_every_step_equals_the_reference(
    expected: int, rate: float, steps: list[tuple[str, Hashable]]
) -> None:
    bloom, reference = BloomFilter(expected, rate, KEY), ReferenceBloom(expected, rate, KEY)
    assert (bloom.hashes, bloom.bytes_used) == (reference.hashes, 2 * 64 * reference.blocks)
    for name, item in steps:
        assert getattr(bloom, name)(item) == getattr(reference, name)(item)
        assert bloom.generation == reference.generation
        assert bloom.fill_ratio == reference.bits_set() / (reference.blocks * 512) < 0.5
        assert (item in bloom) == reference.may_contain(item)


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.001])
def test_new_items_are_taken_for_seen_no_more_often_than_promised(rate: float) -> None:
    bloom = BloomFilter(20_000, rate, KEY)
    # The worst moment: one generation full, the other about to be.
    for i in count():
        if bloom.generation == 1 and bloom.fill_ratio > 0.499:
            break
        bloom.add(b"member-%d" % i)
    strangers = names("stranger", 200_000)
    wrong = sum(stranger in bloom for stranger in strangers)
    # Four standard deviations of chance on top.
    assert wrong / len(strangers) <= rate + 4 * (rate / len(strangers)) ** 0.5
    assert wrong > 0 or rate < 0.01


@pytest.mark.parametrize("expected", [1, 10, 1000, 50_000])
def test_the_window_holds_the_last_expected_items(expected: int) -> None:
    bloom = BloomFilter(expected, 0.01, KEY)
    members = names("m", 3 * expected)
    for i, member in enumerate(members):
        bloom.add(member)
        assert member in bloom
        assert members[max(0, i - expected + 1)] in bloom
    assert all(member in bloom for member in members[-expected:])
    if expected >= 1000:
        assert bloom.generation in (2, 3)
        assert sum(member in bloom for member in members[:expected]) < expected * 0.05


def test_repeats_do_not_wear_the_filter_out() -> None:
    bloom = BloomFilter(100, 0.01, KEY)
    assert bloom.add_if_new(b"id")
    fill = bloom.fill_ratio
    for _ in range(10_000):
        assert not bloom.add_if_new(b"id")
        bloom.add(b"id")
    assert (bloom.fill_ratio, bloom.generation) == (fill, 0)


def test_an_item_of_the_previous_generation_is_not_new() -> None:
    bloom = BloomFilter(1, 0.5, KEY)
    bloom.add(b"old")
    for i in count():
        if bloom.generation == 1:
            break
        bloom.add(b"%d" % i)
    assert bloom.fill_ratio == 0
    assert not bloom.add_if_new(b"old")
    assert bloom.fill_ratio == 0


def test_parts_are_told_apart() -> None:
    bloom = BloomFilter(100, 1e-6, KEY)
    bloom.add(("退款", "42"))
    assert ("退款", "42") in bloom
    for other in (("退款", "43"), ("42", "退款"), ("退款4", "2"), ("退款", "42", ""), "退款42"):
        assert other not in bloom


def test_another_key_puts_the_items_elsewhere() -> None:
    members = names("m", 500)
    one, other = BloomFilter(500, 0.5, KEY), BloomFilter(500, 0.5, bytes(16))
    for member in members:
        one.add(member)
        other.add(member)
    strangers = names("s", 2000)
    assert [each in one for each in strangers] != [each in other for each in strangers]


def test_clear_forgets_both_generations() -> None:
    bloom = BloomFilter(100, 1e-6, KEY)
    members = names("m", 150)
    for member in members:
        bloom.add(member)
    assert bloom.generation == 1
    bloom.clear()
    assert not any(member in bloom for member in members)
    assert (bloom.fill_ratio, bloom.generation) == (0, 1)


def test_memory_is_what_the_contract_says() -> None:
    bloom = BloomFilter(1_000_000, 0.001, KEY)
    assert 4.4 * 2**20 < bloom.bytes_used < 4.6 * 2**20


@pytest.mark.parametrize("expected", [0, -1, 2**32 + 1])
def test_expectations_out_of_range_are_refused(expected: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        BloomFilter(expected, 0.1, KEY)


@pytest.mark.parametrize("rate", [0.0, 1e-7, 0.51, 1.0, -1.0, float("nan"), float("inf")])
def test_rates_out_of_range_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="false_positive_rate"):
        BloomFilter(10, rate, KEY)


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17)])
def test_keys_of_another_length_are_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        BloomFilter(10, 0.1, key)


@pytest.mark.parametrize("key", [None, "0123456789abcdef", bytearray(16), 5])
def test_keys_of_another_type_are_refused(key: Any) -> None:
    with pytest.raises(TypeError):
        BloomFilter(10, 0.1, key)


@pytest.mark.parametrize("item", [bytearray(b"id"), ["id"], ("id", {})])
def test_items_that_cannot_be_hashed_are_refused(item: Any) -> None:
    bloom = BloomFilter(10, 0.1, KEY)
    for call in (bloom.add, bloom.add_if_new, bloom.may_contain, bloom.__contains__):
        with pytest.raises(TypeError, match="unhashable"):
            call(item)
    assert bloom.fill_ratio == 0


def test_a_filter_that_does_not_fit_is_refused() -> None:
    with pytest.raises((MemoryError, ValueError)):
        BloomFilter(2**40, 1e-6, KEY)
