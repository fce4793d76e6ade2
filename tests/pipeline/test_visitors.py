"""A visitor is written as it stands, with the tenant's next number."""

import msgspec

from fastdesk.model.event import Event, Put
from fastdesk.model.ids import SiteId, TenantId, VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.visitors import Visitors
from fastdesk.tenants.revs import Revs

SHOP, OTHER = TenantId("shop"), TenantId("other")


class Paper:
    """Keeps what is appended, with what it came from."""

    def __init__(self) -> None:
        self.entries: list[tuple[Event, object]] = []

    def append(self, event: Event, origin: object = None) -> None:
        self.entries.append((event, origin))


class Noon(Clock):
    def now_ns(self) -> int:
        return 0

    def now_ms(self) -> int:
        return 1_790_000_000_000

    def cpu_ns(self) -> int:
        return 0


def visitor(tenant: TenantId = SHOP, **fields: object) -> Visitor:
    return Visitor(id=VisitorId("v1"), tenant=tenant, site=SiteId("s"), **fields)  # type: ignore[arg-type]


def test_it_is_read_again_as_it_was() -> None:
    paper = Paper()
    li = visitor(name="李雷", email="li@example.com", fields={"plan": {"级别": [1, None]}}, labels=("vip",))
    Visitors(store=paper, revs=Revs({}), clock=Noon()).save(
        li, actor="agent-1", reason="form chat", origin=paper
    )
    (event, origin) = paper.entries[0]
    assert isinstance(event, Put)
    assert msgspec.json.decode(event.body or b"", type=Visitor) == li
    assert (event.tenant, event.kind, event.id, event.at) == (SHOP, "visitor", "v1", 1_790_000_000_000)
    assert (event.actor, event.reason, origin) == ("agent-1", "form chat", paper)


def test_each_write_takes_the_next_number_of_its_own_tenant() -> None:
    paper = Paper()
    visitors = Visitors(store=paper, revs=Revs({SHOP: 41}), clock=Noon())
    for tenant in (SHOP, OTHER, SHOP):
        visitors.save(visitor(tenant))
    assert [(event.tenant, event.rev) for event, _ in paper.entries] == [(SHOP, 42), (OTHER, 1), (SHOP, 43)]
