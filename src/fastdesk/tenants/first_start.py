"""The first start of an installation: a tenant, a site and an owner, so that nothing needs to be set up."""

from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.site import Site, Tenant, Texts
from fastdesk.observe.clock import Clock, Entropy, new_secret
from fastdesk.tenants.gate import new_agent
from fastdesk.tenants.records import HOUSE, Records

__all__ = ["DEMO", "found_installation"]

DEMO = TenantId("demo")


def found_installation(
    records: Records, *, email: str, password: str | None, clock: Clock, entropy: Entropy
) -> str | None:
    """Make tenant, site and owner when there is no tenant yet.

    Returns:
        The owner's password when this was the first start, None otherwise; one is made when none was given.
    """
    if next(records.tenants(), None) is not None:
        return None
    password = password or new_secret(entropy, 12)
    now_ms = clock.now_ms()
    records.put(HOUSE, "tenant", Tenant(id=DEMO, name="Demo", created_at=now_ms), actor="first start")
    texts = Texts(
        welcome={"zh-CN": "您好！有什么可以帮您？", "en": "Hello! How can we help you?"},
        title={"zh-CN": "在线客服", "en": "Chat with us"},
    )
    site = Site(id=SiteId("demo"), name="Demo", texts=texts, signing_secret=new_secret(entropy))
    records.put(DEMO, "site", site, actor="first start")
    owner = new_agent(email, password, name="Admin", role="owner", now_ms=now_ms, entropy=entropy)
    records.put(DEMO, "agent", owner, actor="first start")
    return password
