"""Whose token is it? Agents' sign-ins and keys work until they are revoked, expired, or their owner is."""

from typing import Any

import pytest
from msgspec.structs import replace

from fastdesk.model.agent import Agent, SignIn
from fastdesk.model.identity import Principal
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.site import Tenant
from fastdesk.observe.clock import Clock as BaseClock
from fastdesk.observe.clock import Entropy, SeededEntropy
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.gate import SIGN_IN_DAYS, Gate, new_agent
from fastdesk.tenants.permissions import PERMISSIONS, permissions_of
from fastdesk.tenants.records import HOUSE, Records, basic_kinds
from fastdesk.tenants.revs import Revs
from fastdesk.tenants.second_factor import code_at, new_recovery_codes, new_seed
from fastdesk.tenants.tokens import VisitorTokens

SHOP, OTHER = TenantId("shop"), TenantId("other")
DAY_MS = 86_400_000
PASSWORD = "correct horse battery"


class Clock(BaseClock):
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms

    def now_ns(self) -> int:
        return self.ms * 1_000_000


class Paper:
    def append(self, event: Any, origin: Any = None) -> None:
        pass


class House:
    """A gate with two tenants and an agent."""

    def __init__(self) -> None:
        self.clock = Clock()
        entropy: Entropy = SeededEntropy(7)
        self.records = Records(basic_kinds(), store=Paper(), revs=Revs({}), clock=self.clock)
        visitors = VisitorTokens("a secret of tests that is longer than 32 characters")
        self.gate = Gate(self.records, visitors=visitors, clock=self.clock, entropy=entropy)
        for tenant in (SHOP, OTHER):
            self.records.put(HOUSE, "tenant", Tenant(id=tenant), actor="test")
        self.li = new_agent(
            " Li@Example.com ", PASSWORD, name="", role="agent", now_ms=self.clock.ms, entropy=entropy
        )
        self.put(self.li)

    def put(self, agent: Agent) -> None:
        self.records.put(SHOP, "agent", agent, actor="test")

    def who(self, token: str) -> Principal | str:
        found = self.gate.principal_of(token, self.clock.ms)
        return found.code if isinstance(found, Rejection) else found

    def sign_in(self) -> tuple[str, Principal]:
        token = self.gate.sign_in(SHOP, self.li, address="192.0.2.1", device="x" * 500)
        found = self.who(token)
        assert isinstance(found, Principal)
        return token, found


@pytest.fixture
def house() -> House:
    return House()


def test_a_sign_in_is_its_agent_with_the_rights_of_the_role(house: House) -> None:
    _, li = house.sign_in()
    assert (li.kind, li.tenant, li.id, li.name, li.role) == ("agent", SHOP, house.li.id, "Li", "agent")
    assert li.permissions == permissions_of("agent")
    kept = house.records.get(SignIn, SHOP, "sign_in", li.token)
    assert kept is not None
    assert (kept.address, len(kept.device)) == ("192.0.2.1", 200)


def test_a_sign_in_ends_after_its_days_or_when_it_is_revoked(house: House) -> None:
    token, li = house.sign_in()
    house.clock.ms += SIGN_IN_DAYS * DAY_MS - 1
    assert house.who(token) == li
    assert house.gate.is_good(li, house.clock.ms)
    house.clock.ms += 2
    assert house.who(token) == "unauthenticated"
    assert not house.gate.is_good(li, house.clock.ms)
    token, li = house.sign_in()
    assert house.gate.sign_out(SHOP, li.token, "boss")
    assert house.who(token) == "unauthenticated"
    assert not house.gate.is_good(li, house.clock.ms)
    assert not house.gate.sign_out(SHOP, li.token, "boss"), "it is gone"


def test_an_agent_who_is_disabled_is_out_at_once(house: House) -> None:
    token, li = house.sign_in()
    house.put(replace(house.li, enabled=False))
    assert house.who(token) == "unauthenticated"
    assert not house.gate.is_good(li, house.clock.ms)
    assert house.gate.find_agent("li@example.com") is None


def test_an_open_session_does_not_keep_the_rights_of_an_earlier_role(house: House) -> None:
    token, li = house.sign_in()
    house.put(replace(house.li, name="Li"))
    assert house.gate.is_good(li, house.clock.ms), "another name is the same agent"
    house.put(replace(house.li, role="viewer"))
    assert not house.gate.is_good(li, house.clock.ms)
    found = house.who(token)
    assert isinstance(found, Principal), "the sign-in still stands, with less"
    assert found.permissions == permissions_of("viewer")


def test_a_token_of_one_tenant_does_not_open_another(house: House) -> None:
    token, _ = house.sign_in()
    assert house.who(token.replace("_shop_", "_other_")) == "unauthenticated"
    assert house.who(token[:-1]) == "unauthenticated"
    assert house.who("fda_") == "unauthenticated"


def test_what_is_no_agents_token_is_read_as_a_visitors(house: House) -> None:
    token = house.gate.visitors.issue(SHOP, SiteId("s"), "v1", now_ms=house.clock.ms)
    found = house.who(token)
    assert isinstance(found, Principal)
    assert (found.kind, found.id) == ("visitor", "v1")


def test_a_key_may_do_what_its_scopes_say_and_no_more(house: House) -> None:
    token, key = house.gate.new_key(SHOP, "shop", ("conversation.read", "no.such"), actor="boss")
    found = house.who(token)
    assert isinstance(found, Principal)
    assert (found.kind, found.id, found.permissions) == ("key", f"key:{token[-6:]}", {"conversation.read"})
    assert house.gate.is_good(found, house.clock.ms)
    house.records.remove(SHOP, "api_key", key.id, actor="boss")
    assert house.who(token) == "unauthenticated"
    assert not house.gate.is_good(found, house.clock.ms)


def test_a_key_with_days_expires_and_one_without_does_not(house: House) -> None:
    short, _ = house.gate.new_key(SHOP, "a day", ("*",), actor="boss", days=1)
    long, _ = house.gate.new_key(SHOP, "for ever", ("*",), actor="boss")
    house.clock.ms += DAY_MS + 1
    assert house.who(short) == "unauthenticated"
    found = house.who(long)
    assert isinstance(found, Principal)
    assert found.permissions == set(PERMISSIONS)
    assert house.gate.is_good(found, house.clock.ms)


def test_an_open_session_ends_with_the_days_of_its_key(house: House) -> None:
    key, _ = house.gate.new_key(SHOP, "a day", ("*",), actor="boss", days=1)
    found = house.who(key)
    assert isinstance(found, Principal)
    assert house.gate.is_good(found, house.clock.ms)
    assert not house.gate.is_good(found, house.clock.ms + DAY_MS + 1)


async def test_a_password_lets_in_who_it_belongs_to(house: House) -> None:
    assert await house.gate.check_password(" LI@example.com", PASSWORD) == (SHOP, house.li)
    assert await house.gate.check_password("li@example.com", PASSWORD + " ") is None
    assert await house.gate.check_password("nobody@example.com", PASSWORD) is None
    assert house.gate.find_agent("li@example.com", OTHER) is None
    house.records.put(HOUSE, "tenant", Tenant(id=SHOP, enabled=False), actor="test")
    assert await house.gate.check_password("li@example.com", PASSWORD) is None


def test_a_new_password_ends_the_agents_sign_ins_and_nobody_elses(house: House) -> None:
    token, _ = house.sign_in()
    bo = replace(house.li, id="bo", email="bo@example.com")  # type: ignore[arg-type]
    house.put(bo)
    others = house.gate.sign_in(SHOP, bo, address="", device="")
    house.gate.set_password(SHOP, house.li, "another hash", actor=house.li.id)
    assert house.who(token) == "unauthenticated"
    assert isinstance(house.who(others), Principal)
    assert house.records.get(Agent, SHOP, "agent", house.li.id).password == "another hash"  # type: ignore[union-attr]


def test_a_code_works_once_and_so_does_a_recovery_code(house: House) -> None:
    assert house.gate.check_code(SHOP, house.li, ""), "without a second factor none is wanted"
    codes, hashes = new_recovery_codes(SeededEntropy(1))
    li = replace(house.li, totp=new_seed(SeededEntropy(2)), recovery=hashes)
    house.put(li)
    code = code_at(li.totp, house.clock.ms)
    assert not house.gate.check_code(SHOP, li, "")
    assert house.gate.check_code(SHOP, li, code)
    assert not house.gate.check_code(SHOP, li, code), "it was overheard"
    house.clock.ms += 30_000
    assert house.gate.check_code(SHOP, li, code_at(li.totp, house.clock.ms))
    assert house.gate.check_code(SHOP, li, codes[3])
    left = house.records.get(Agent, SHOP, "agent", li.id)
    assert left is not None
    assert len(left.recovery) == len(codes) - 1
    assert not house.gate.check_code(SHOP, left, codes[3])
