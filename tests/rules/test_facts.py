"""Every name that rules may use has its value, and no other name has one."""

from typing import Any

import pytest

from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import AgentId, ConversationId, SiteId, TeamId, TenantId, VisitorId
from fastdesk.model.visitor import PageView, Visitor
from fastdesk.rules.facts import PATHS, VISITOR_NAMES, Facts, known_path

VISITOR = Visitor(
    id=VisitorId("v1"), tenant=TenantId("t"), site=SiteId("s"), name="小明", email="m@example.com", phone="1",
    identity="from the record", address="192.0.2.1", referrer="https://search.example",
    fields={"plan": {"name": "gold"}, "cart": [{"price": 3}]},
    trail=(PageView("https://shop.example/", "Shop"), PageView("https://shop.example/cart", "Cart")),
)  # fmt: skip
CONVERSATION = Conversation(
    id=ConversationId("c1"), tenant=TenantId("t"), site=SiteId("s"), visitor=VISITOR.id, mode="queued",
    assignee=AgentId("a1"), team=TeamId("sales"), labels=("vip",), rating=4, flow=b"secret",
)  # fmt: skip
FULL: dict[str, Any] = {
    "text": "你好", "site": "s", "site_name": "Shop", "language": "zh", "visitor": VISITOR, "identity": "signed",
    "agent": "Li", "state": "open", "labels": ("vip",), "conversation": CONVERSATION, "idle_ms": 119_999,
    "counts": {"visitor": 2}, "intent": ("refund", 0.9),
}  # fmt: skip


#: What only the event itself says.
OF_EVENTS = {"status.from", "status.to", "assignment.agent", "assignment.team", "target.id", "target.answer",
             "target.state", "idle.by"}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_fixed_name_has_a_value_once_all_is_known(path: str) -> None:
    assert known_path(path)
    facts = Facts(**FULL, values={path: "said by the event"} if path in OF_EVENTS else None)
    assert facts.look_up(path) is not None


@pytest.mark.parametrize(
    "path",
    ["conversation.flow", "conversation.fired", "conversation.tenant", "visitor.address", "visitor.site",
     "visitor.fields.", "site", "nothing.at.all", ""],
)  # fmt: skip
def test_what_is_no_name_has_no_value_however_much_is_known(path: str) -> None:
    assert Facts(**FULL).look_up(path) is None
    assert not known_path(path)


def test_a_visitor_and_what_a_preview_writes_of_one_read_alike() -> None:
    written = {
        "id": "v1", "name": "小明", "email": "m@example.com", "phone": "1", "page": "https://shop.example/cart",
        "title": "Cart", "referrer": "https://search.example", "fields": VISITOR.fields,
    }  # fmt: skip
    record, preview = Facts(visitor=VISITOR, language="zh"), Facts(visitor=written, language="zh")
    for name in (*VISITOR_NAMES, "fields.plan.name", "fields.cart.0.price", "fields.cart.1"):
        assert record.look_up(f"visitor.{name}") == preview.look_up(f"visitor.{name}"), name


def test_only_the_session_verifies_and_neither_record_nor_page_does() -> None:
    claimed = {"identity": "owner", "verified": True}
    for visitor in (VISITOR, claimed):
        facts = Facts(visitor=visitor)
        assert facts.look_up("visitor.identity") is None
        assert facts.look_up("visitor.verified") is False


def test_what_is_unknown_is_missing_but_a_count_is_nought() -> None:
    facts = Facts()
    assert [facts.look_up(path) for path in ("language", "agent.name", "intent.name", "visitor.name")] == [
        None
    ] * 4
    assert facts.look_up("counts.agent") == Facts(**FULL).look_up("counts.agent") == 0


def test_waiting_is_told_by_the_mode_and_minutes_are_whole_ones() -> None:
    facts = Facts(**FULL)
    assert facts.look_up("conversation.waiting") is True
    assert facts.look_up("idle.minutes") == 1
