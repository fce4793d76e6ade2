"""Visitors' tokens and sites' signatures: the right one is taken, everything else is refused."""

import hmac

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.model.identity import Principal
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.site import Site
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.tokens import VISITOR_TOKEN_DAYS, ProvenIdentity, VisitorTokens, prove_identity

SECRET = "an installation's secret, long enough for anybody"
SIGNING = "a site's signing secret, also long enough for it"
NOW = 1_763_800_000_000
YEAR_MS = VISITOR_TOKEN_DAYS * 86_400_000
SITE = Site(id=SiteId("shop"), signing_secret=SIGNING)


def issue(now_ms: int = NOW, secret: str = SECRET) -> str:
    return VisitorTokens(secret).issue(TenantId("demo"), SiteId("shop"), "v1", now_ms=now_ms)


def test_a_token_says_whose_it_is_for_a_year() -> None:
    principal = VisitorTokens(SECRET).read(issue(), now_ms=NOW + YEAR_MS)
    assert isinstance(principal, Principal)
    assert (principal.kind, principal.tenant, principal.site, principal.id) == (
        "visitor",
        "demo",
        "shop",
        "v1",
    )
    assert not principal.permissions


def test_an_old_token_and_one_of_another_installation_are_refused() -> None:
    assert isinstance(VisitorTokens(SECRET).read(issue(), now_ms=NOW + YEAR_MS + 61_000), Rejection)
    assert isinstance(VisitorTokens(SECRET).read(issue(secret="x" * 40), now_ms=NOW), Rejection)


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_of_another_algorithm_or_audience_is_refused(algorithm: str) -> None:
    claims = {"aud": "visitor", "sub": "v1", "ten": "demo", "sit": "shop", "exp": NOW // 1000 + 60}
    key = None if algorithm == "none" else SECRET.ljust(64)
    assert isinstance(VisitorTokens(SECRET).read(jwt.encode(claims, key, algorithm), now_ms=NOW), Rejection)
    agent = jwt.encode({**claims, "aud": "agent"}, SECRET, "HS256")
    assert isinstance(VisitorTokens(SECRET).read(agent, now_ms=NOW), Rejection)


@given(st.text(max_size=80))
def test_anything_else_is_refused_and_raises_nothing(text: str) -> None:
    assert isinstance(VisitorTokens(SECRET).read(text, now_ms=NOW), Rejection)
    assert isinstance(prove_identity(SITE, {"id": "u1"}, text, now_ms=NOW), Rejection)


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_changed_token_is_refused(at: int) -> None:
    token = issue()
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    assert isinstance(VisitorTokens(SECRET).read(changed, now_ms=NOW), Rejection)


def test_a_signature_proves_the_id_that_it_was_made_for() -> None:
    signature = hmac.new(SIGNING.encode(), b"u1", "sha256").hexdigest()
    proven = prove_identity(SITE, {"id": "u1"}, signature.upper(), now_ms=NOW)
    assert isinstance(proven, ProvenIdentity)
    assert proven.id == "u1"
    assert isinstance(prove_identity(SITE, {"id": "u2"}, signature, now_ms=NOW), Rejection)
    assert isinstance(prove_identity(SITE, {}, signature, now_ms=NOW), Rejection)


def test_a_site_without_a_secret_proves_nobody() -> None:
    signature = hmac.new(b"", b"u1", "sha256").hexdigest()
    assert isinstance(prove_identity(Site(id=SiteId("shop")), {"id": "u1"}, signature, now_ms=NOW), Rejection)


def test_a_token_of_the_site_must_expire_and_be_in_force() -> None:
    def proves(**claims: object) -> bool:
        token = jwt.encode({"sub": "u1", **claims}, SIGNING, "HS256")
        return isinstance(prove_identity(SITE, {"id": "u1"}, token, now_ms=NOW), ProvenIdentity)

    assert proves(exp=NOW // 1000 + 60)
    assert not proves()
    assert not proves(exp=NOW // 1000 - 120)
    assert not proves(exp=NOW // 1000 + 60, sub="u2")
