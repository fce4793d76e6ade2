"""`LRUCache` against its Python twin, and at its edges."""

import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.reference import ReferenceLRU

from fastdesk._core import LRUCache

KEYS = st.integers(0, 12)
OWNERS = st.sampled_from([None, "red", "green", "blue"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(), st.integers(0, 60), OWNERS),
        st.tuples(st.just("get"), KEYS),
        st.tuples(st.just("get"), KEYS, st.just("missing")),
        st.tuples(st.just("pop"), KEYS),
        st.tuples(st.just("drop_owner"), OWNERS),
        st.tuples(st.just("clear")),
    ),
    max_size=80,
)


@given(
    max_entries=st.integers(1, 8),
    max_bytes=st.integers(1, 150),
    share=st.sampled_from([1.0, 0.75, 0.5, 0.1]),
    steps=STEPS,
)
@settings(max_examples=500, deadline=None)
def test_every_step_does_what_the_reference_does(
    max_entries: int, max_bytes: int, share: float, steps: list[tuple[Any, ...]]
) -> None:
    cache: LRUCache[int, int] = LRUCache(max_entries, max_bytes, owner_share=share)
    reference = ReferenceLRU(max_entries, max_bytes, owner_share=share)
    assert cache.max_owner_bytes == reference.max_owner_bytes
    for name, *arguments in steps:
        assert getattr(cache, name)(*arguments) == getattr(reference, name)(*arguments)
        assert cache.keys() == list(cache) == reference.keys()
        assert len(cache) == len(reference.entries) <= max_entries
        assert cache.bytes_used == reference.bytes_used <= max_bytes
        for owner in ("red", "green", "blue"):
            assert cache.owner_bytes(owner) == reference.owner_bytes(owner)
    for counter in ("hits", "misses", "evictions"):
        assert getattr(cache, counter) == getattr(reference, counter)
    for key in range(13):
        assert (key in cache) == (key in reference.entries)


def test_the_entry_used_least_recently_goes_first() -> None:
    cache: LRUCache[str, int] = LRUCache(max_entries=2, max_bytes=100)
    cache.put("a", 1, size=1)
    cache.put("b", 2, size=1)
    assert cache.get("a") == 1
    cache.put("c", 3, size=1)
    assert cache.keys() == ["a", "c"]
    assert cache.evictions == 1


def test_who_is_alone_has_all_the_room() -> None:
    cache: LRUCache[int, int] = LRUCache(max_entries=100, max_bytes=100, owner_share=0.25)
    for i in range(50):
        assert cache.put(i, i, size=10, owner="alone")
    assert cache.keys() == list(range(40, 50))


def test_an_owner_over_its_share_loses_its_own_oldest_entry() -> None:
    cache: LRUCache[str, int] = LRUCache(max_entries=100, max_bytes=100, owner_share=0.25)
    cache.put("quiet", 0, size=20, owner="quiet")
    for i in range(50):
        assert cache.put(f"noisy {i}", i, size=10, owner="noisy")
    assert cache.keys() == ["quiet", *(f"noisy {i}" for i in range(42, 50))]


def test_who_comes_later_gets_its_share_from_who_has_more() -> None:
    cache: LRUCache[str, int] = LRUCache(max_entries=100, max_bytes=100, owner_share=0.5)
    for i in range(10):
        cache.put(f"early {i}", i, size=10, owner="early")
    for i in range(5):
        cache.put(f"late {i}", i, size=10, owner="late")
        for j in range(i + 1, 10):
            cache.get(f"early {j}")
    assert (cache.owner_bytes("early"), cache.owner_bytes("late")) == (50, 50)


def test_a_value_larger_than_its_bound_is_refused_and_leaves_nothing_stale() -> None:
    cache: LRUCache[str, str] = LRUCache(max_entries=10, max_bytes=100, owner_share=0.5)
    assert cache.put("k", "old", size=10, owner="o")
    assert not cache.put("k", "new", size=51, owner="o")
    assert "k" not in cache
    assert cache.owner_bytes("o") == cache.bytes_used == 0
    assert cache.put("k", "nobody's", size=100)
    assert not cache.put("k", "nobody's", size=101)
    assert len(cache) == 0
    assert cache.evictions == 0


def test_looking_does_not_make_newer() -> None:
    cache: LRUCache[int, int] = LRUCache(max_entries=2, max_bytes=10)
    cache.put(1, 1, size=1)
    cache.put(2, 2, size=1)
    assert 1 in cache
    assert list(cache) == [1, 2]
    cache.put(3, 3, size=1)
    assert 1 not in cache
    assert (cache.hits, cache.misses) == (0, 0)


def test_an_entry_may_change_its_owner() -> None:
    cache: LRUCache[str, int] = LRUCache(max_entries=10, max_bytes=100)
    cache.put("k", 1, size=10, owner="red")
    cache.put("k", 2, size=20, owner="blue")
    assert (cache.owner_bytes("red"), cache.owner_bytes("blue"), cache.bytes_used) == (0, 20, 20)
    assert cache.drop_owner("red") == 0
    assert cache.drop_owner("blue") == 1


@pytest.mark.parametrize(
    ("max_entries", "max_bytes", "share"),
    [
        (0, 1, 1.0),
        (1, 0, 1.0),
        (-1, 1, 1.0),
        (2**62, 1, 1.0),
        (1, 2**62, 1.0),
        (1, 1, 0.0),
        (1, 1, 1.01),
        (1, 1, float("nan")),
    ],
)
def test_bounds_that_make_no_sense_are_refused(max_entries: int, max_bytes: int, share: float) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        LRUCache(max_entries, max_bytes, owner_share=share)


def test_bounds_beyond_the_machine_are_refused() -> None:
    with pytest.raises(OverflowError):
        LRUCache(2**64, 1)


def test_the_largest_bounds_do_not_overflow() -> None:
    top = 2**62 - 1
    cache: LRUCache[int, int] = LRUCache(top, top)
    assert cache.put(1, 1, size=top)
    assert cache.put(2, 2, size=top)
    assert (list(cache), cache.bytes_used) == ([2], top)


def test_a_bad_call_changes_nothing() -> None:
    cache: LRUCache[Any, int] = LRUCache(4, 100)
    cache.put("k", 1, size=1)
    with pytest.raises(ValueError, match="negative"):
        cache.put("k", 2, size=-1)
    with pytest.raises(TypeError):
        cache.put([], 2, size=1)
    with pytest.raises(TypeError):
        cache.put("other", 2, size=1, owner=[])
    with pytest.raises(TypeError):
        cache.get({})
    assert (cache.get("k"), cache.keys(), cache.bytes_used) == (1, ["k"], 1)


def test_destructors_may_use_the_cache() -> None:
    cache: LRUCache[int, object] = LRUCache(max_entries=3, max_bytes=100, owner_share=0.5)
    deaths = []

    class Restless:
        def __init__(self, number: int) -> None:
            self.number = number

        def __del__(self) -> None:
            deaths.append(self.number)
            cache.get(self.number)
            if self.number < 200:
                cache.put(1000 + self.number, self.number, size=7, owner="reborn")
            if self.number % 10 == 0:
                cache.drop_owner("o")

    for i in range(100):
        cache.put(i, Restless(i), size=i % 9, owner="o" if i % 2 else None)
    cache.clear()
    assert sorted(deaths) == list(range(100))
    assert len(cache) <= 3
    assert cache.bytes_used <= 100


def test_keys_that_call_back_cannot_break_the_lists() -> None:
    cache: LRUCache[object, int] = LRUCache(max_entries=4, max_bytes=1000, owner_share=0.5)
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
                cache.put(self, depth, size=depth, owner=depth % 2)
                cache.pop(other)
                cache.drop_owner(1)
                depth -= 1
            return isinstance(other, Hostile) and other.number == self.number

    for i in range(50):
        cache.put(Hostile(i % 6), i, size=3, owner=i % 3)
        cache.get(Hostile((i + 1) % 6))
    cache.clear()
    gc.collect()


def test_a_cache_in_a_cycle_is_collected() -> None:
    cache: LRUCache[str, object] = LRUCache(4, 100)
    cache.put("self", cache, size=1, owner="o")
    cache.put("list", [cache], size=1)
    del cache
    assert gc.collect() > 0


def test_the_class_can_be_subscripted_at_run_time() -> None:
    assert LRUCache[str, int].__origin__ is LRUCache
