"""Guessing is slow, for the account and for the address."""

from fastdesk.tenants.limits import Rate
from fastdesk.tenants.throttle import Throttle

SECOND = 1_000_000_000


def test_attempts_are_few_for_each_key() -> None:
    throttle = Throttle(Rate(1, 2), enabled=True)
    assert [throttle.take(("a@b", "192.0.2.1"), 0) for _ in range(2)] == [0, 0]
    assert throttle.take(("a@b", "192.0.2.2"), 0) > 0, "the account is out, from any address"
    assert throttle.take(("c@d", "192.0.2.1"), 0) > 0, "the address is out, for any account"
    assert throttle.take(("c@d", "192.0.2.3"), 0) == 0
    assert throttle.take(("a@b", "192.0.2.9"), SECOND) == 0


def test_the_longest_wait_counts() -> None:
    throttle = Throttle(Rate(0.5, 1), enabled=True)
    throttle.take(("a",), 0)
    throttle.take(("b",), SECOND)
    assert throttle.take(("a", "b"), SECOND) == 2 * SECOND


def test_it_may_be_off() -> None:
    throttle = Throttle(Rate(0.5, 1), enabled=False)
    assert [throttle.take(("a",), 0) for _ in range(3)] == [0, 0, 0]
