"""Ids sort by time and do not meet; secrets are long."""

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.observe.clock import SeededEntropy, SystemClock, SystemEntropy, new_id, new_secret


@given(st.integers(0, 2**44), st.integers(1, 10**9), st.integers(0, 100))
def test_a_later_id_sorts_behind_an_earlier_one(now_ms: int, later_ms: int, seed: int) -> None:
    entropy = SeededEntropy(seed)
    assert new_id(now_ms, entropy) < new_id(now_ms + later_ms, entropy)


def test_ids_of_one_moment_differ_and_have_twenty_plain_characters() -> None:
    ids = {new_id(1_763_800_000_000, SystemEntropy()) for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(len(id) == 20 and id.isalnum() and id.isascii() for id in ids)


def test_the_same_seed_gives_the_same_values() -> None:
    first, second = SeededEntropy(5), SeededEntropy(5)
    assert [first.random_bytes(9), first.uniform()] == [second.random_bytes(9), second.uniform()]


def test_a_secret_has_the_bytes_that_were_asked_for() -> None:
    assert len(new_secret(SystemEntropy())) == 43
    assert new_secret(SystemEntropy()) != new_secret(SystemEntropy())


def test_the_monotonic_clock_does_not_go_back() -> None:
    clock = SystemClock()
    times = [clock.now_ns() for _ in range(1000)]
    assert times == sorted(times)
