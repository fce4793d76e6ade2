"""Each tenant's events are numbered densely, from where the store stopped."""

from fastdesk.model.ids import TenantId
from fastdesk.tenants.revs import Revs

ONE, TWO = TenantId("one"), TenantId("two")


def test_each_tenant_counts_for_itself_from_its_last_number() -> None:
    stored = {ONE: 41}
    revs = Revs(stored)
    assert [revs.next(ONE), revs.next(TWO), revs.next(ONE)] == [42, 1, 43]
    assert (revs.highest(ONE), revs.highest(TWO), revs.highest(TenantId("none"))) == (43, 1, 0)
    assert stored == {ONE: 41}, "what the store gave is its own"


def test_an_import_moves_it_forward_never_back() -> None:
    revs = Revs({ONE: 10})
    revs.reach(ONE, 5)
    assert revs.next(ONE) == 11
    revs.reach(ONE, 100)
    assert revs.next(ONE) == 101
