"""Buckets in front of requests: by sender, address and tenant, with the wait in the refusal."""

import pytest

from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.tenants.limits import LOOPBACK, Limits, Rate, address_prefix
from fastdesk.tenants.throttle import Throttle

SECOND = 10**9


def limits(**rates: Rate) -> Limits:
    wide = Rate(1000, 1000)
    given = {"address": wide, "visitor": wide, "agent": wide, "tenant": wide} | rates
    return Limits(enabled=True, **given)


def visitor(id: str = "v1", tenant: str = "demo") -> Principal:
    return Principal(kind="visitor", tenant=TenantId(tenant), id=id)


def test_a_visitor_waits_when_its_tokens_are_gone_and_others_do_not() -> None:
    few = limits(visitor=Rate(2, 3))
    assert [few.take("1.2.3.4", visitor(), 0) for _ in range(4)] == [0, 0, 0, SECOND // 2]
    assert few.take("1.2.3.4", visitor("v2"), 0) == 0
    assert few.take("1.2.3.4", visitor(), SECOND // 2) == 0


def test_an_address_and_a_tenant_have_a_bucket_each() -> None:
    assert limits(address=Rate(1, 1)).take("1.2.3.4", visitor(), 0) == 0
    narrow = limits(address=Rate(1, 1))
    narrow.take("1.2.3.4", visitor("v1"), 0)
    assert narrow.take("1.2.3.4", visitor("v2"), 0) > 0
    assert narrow.take("4.3.2.1", visitor("v3"), 0) == 0
    small = limits(tenant=Rate(1, 1))
    small.take("a", visitor("v1"), 0)
    assert small.take("b", visitor("v2"), 0) > 0
    assert small.take("b", visitor("v2", "other"), 0) == 0


def test_agents_do_not_pay_from_the_visitors_bucket() -> None:
    few = limits(visitor=Rate(1, 1), agent=Rate(10, 10))
    agent = Principal(kind="agent", tenant=TenantId("demo"), id="v1")
    few.take("a", visitor(), 0)
    assert [few.take("a", agent, 0) for _ in range(5)] == [0] * 5


def test_this_machine_has_no_address_bucket_and_no_limits_means_none() -> None:
    narrow = limits(address=Rate(1, 1))
    assert [narrow.take_address(LOOPBACK, 0) for _ in range(5)] == [0] * 5
    off = Limits(enabled=False, address=Rate(1, 1), visitor=Rate(1, 1), agent=Rate(1, 1), tenant=Rate(1, 1))
    assert [off.take("1.2.3.4", visitor(), 0) for _ in range(5)] == [0] * 5


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("127.0.0.1", LOOPBACK),
        ("::1", LOOPBACK),
        ("::ffff:127.0.0.1", LOOPBACK),
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_peer(address: str, prefix: str) -> None:
    assert address_prefix(address) == prefix


def test_guessing_is_slowed_down_by_account_and_by_address() -> None:
    throttle = Throttle(Rate(0.1, 3), enabled=True)
    assert [throttle.take(("li@example.com", "1.2.3.4"), 0) > 0 for _ in range(4)] == [False] * 3 + [True]
    assert throttle.take(("li@example.com", "9.9.9.9"), 0) > 0, "another address does not help"
    assert throttle.take(("wang@example.com", "1.2.3.4"), 0) > 0, "another account does not help"
    assert throttle.take(("li@example.com", "1.2.3.4"), 60 * SECOND) == 0
