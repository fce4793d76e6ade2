"""Who may do what: higher roles may all that lower ones may, and visitors nothing of it."""

import itertools

from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.tenants.permissions import AUDITED, PERMISSIONS, ROLES, may, permissions_of


def test_each_role_may_all_that_the_one_below_it_may_and_more() -> None:
    held = [permissions_of(role) for role in ROLES]
    assert all(lower < higher for lower, higher in itertools.pairwise(held))
    assert held[-1] == set(PERMISSIONS)


def test_a_viewer_changes_nothing() -> None:
    assert all(name.endswith(".read") for name in permissions_of("viewer"))
    assert "conversation.write" in permissions_of("agent")
    assert "site.write" not in permissions_of("agent")
    assert "export.run" not in permissions_of("admin")


def test_a_visitor_may_nothing_and_a_key_what_it_holds() -> None:
    visitor = Principal(kind="visitor", tenant=TenantId("t"), id="v1")
    key = Principal(kind="key", tenant=TenantId("t"), id="k", permissions=frozenset({"report.read"}))
    assert not any(may(visitor, name) for name in PERMISSIONS)
    assert [name for name in PERMISSIONS if may(key, name)] == ["report.read"]


def test_acts_of_administration_are_audited_and_reading_or_talking_is_not() -> None:
    assert {"site.write", "visitor.erase", "export.run", "key.write"} <= AUDITED
    assert not {"conversation.write", "site.read", "bot.speak"} & AUDITED
