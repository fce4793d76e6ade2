"""Stage 1: who may go on."""

from tests.pipeline.sessions import Kept

from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.pipeline.authenticate import authenticate
from fastdesk.tenants.limits import Limits, Rate

NONE, MANY = Rate(0.5, 1), Rate(1000, 1000)


def limits(**rates: Rate) -> Limits:
    given = {"address": MANY, "visitor": MANY, "agent": MANY, "tenant": MANY, **rates}
    return Limits(enabled=True, **given)


def session(expires_at: int = 0) -> Kept:
    made = Kept(bucket="192.0.2.1")
    made.admit(Principal(kind="visitor", tenant=TenantId("t"), id="v1", expires_at=expires_at))
    return made


def test_who_has_not_said_hello_is_refused() -> None:
    refusal = authenticate(Kept(), limits(), now_ns=0, now_ms=0)
    assert refusal is not None
    assert refusal.code == "hello_first"


def test_a_token_is_good_up_to_its_last_millisecond() -> None:
    assert authenticate(session(1000), limits(), now_ns=0, now_ms=1000) is None
    refusal = authenticate(session(1000), limits(), now_ns=0, now_ms=1001)
    assert refusal is not None
    assert refusal.code == "unauthenticated"
    assert authenticate(session(0), limits(), now_ns=0, now_ms=10**15) is None, "0 means for ever"


def test_one_out_of_tokens_is_told_how_long_to_wait() -> None:
    for bucket in ("visitor", "address", "tenant"):
        strict = limits(**{bucket: NONE})
        assert authenticate(session(), strict, now_ns=0, now_ms=0) is None
        refusal = authenticate(session(), strict, now_ns=1, now_ms=0)
        assert refusal is not None
        assert (refusal.code, refusal.retry_after_ms) == ("rate_limited", 2000), "rounded up, never too early"
        assert authenticate(session(), strict, now_ns=2_000_000_000, now_ms=0) is None
