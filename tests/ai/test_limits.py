from fastdesk._core import BucketTable
from fastdesk.ai.limits import RateLimits, Taken, rates_of
from fastdesk.ai.settings import Limits

OWNERS = ("t", "s", "v")
MINUTE = 60_000_000_000


class Asked:
    """Limits that are asked for leave."""

    def __init__(self) -> None:
        self._limits = RateLimits(BucketTable)

    def take(
        self, limits: Limits, owners: tuple[str, str, str], tokens: int, now_ns: int
    ) -> Taken | int | None:
        return self._limits.take(rates_of(limits), owners, tokens, now_ns)

    def allows(self, limits: Limits, owners: tuple[str, str, str], tokens: int, now_ns: int) -> bool:
        return not isinstance(self.take(limits, owners, tokens, now_ns), int)


def limits() -> Asked:
    return Asked()


def test_no_limits_take_nothing() -> None:
    assert rates_of(Limits(visitor_requests=0)) == ()
    rates = limits()
    for _ in range(10_000):
        assert rates.take(Limits(visitor_requests=0), OWNERS, 10**9, 0) is None


def test_visitor_waits_and_others_do_not() -> None:
    rates = limits()
    own = Limits(visitor_requests=3)
    assert [rates.allows(own, OWNERS, 1, 0) for _ in range(4)] == [True, True, True, False]
    wait_ns = rates.take(own, OWNERS, 1, 0)
    assert wait_ns == MINUTE // 3
    assert rates.allows(own, ("t", "s", "other"), 1, 0)
    assert rates.allows(own, ("other", "s", "v"), 1, 0)
    assert rates.allows(own, OWNERS, 1, MINUTE // 3)


def test_site_and_tenant_bound_all_their_visitors() -> None:
    rates = limits()
    site = Limits(visitor_requests=0, site_requests=2, tenant_requests=3)
    answers = [
        rates.take(site, ("t", place, visitor), 1, 0) for place, visitor in ("a1", "a2", "a3", "b4", "b5")
    ]
    assert [not isinstance(answer, int) for answer in answers] == [True, True, False, True, False]


def test_refusal_takes_nothing() -> None:
    rates = limits()
    tight = Limits(visitor_requests=10, tenant_requests=1)
    rates.take(tight, OWNERS, 1, 0)
    for _ in range(20):
        assert isinstance(rates.take(tight, OWNERS, 1, 0), int)
    lone = Limits(visitor_requests=10)
    assert sum(rates.allows(lone, OWNERS, 1, 0) for _ in range(20)) == 9


def test_unused_tokens_are_given_back_once() -> None:
    rates = limits()
    own = Limits(visitor_requests=0, tenant_tokens=1000)
    taken = rates.take(own, OWNERS, 900, 0)
    assert isinstance(taken, Taken)
    assert isinstance(rates.take(own, OWNERS, 200, 0), int)
    taken.give_back(100, 0)
    taken.give_back(0, 0)
    assert rates.allows(own, OWNERS, 900, 0)
    assert isinstance(rates.take(own, OWNERS, 1, 0), int)


def test_call_larger_than_the_bucket_can_be_made_when_it_is_full() -> None:
    rates = limits()
    own = Limits(visitor_requests=0, tenant_tokens=100)
    assert rates.allows(own, OWNERS, 5000, 0)
    assert isinstance(rates.take(own, OWNERS, 1, 0), int)
