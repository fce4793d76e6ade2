"""Stage 1: is this session still good, and may it go on right now? Who is blocked has been shown out."""

from fastdesk.hub.session import Session
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.limits import Limits

__all__ = ["authenticate"]


def authenticate(session: Session, limits: Limits, *, now_ns: int, now_ms: int) -> Rejection | None:
    """Refuse a session without principal, an expired one, and one that is out of tokens (with the wait)."""
    principal = session.principal
    if principal is None:
        return Rejection("hello_first")
    if principal.expires_at and now_ms > principal.expires_at:
        return Rejection("unauthenticated", "This token has expired: ask for a new one.")
    wait_ns = limits.take(session.bucket, principal, now_ns)
    if wait_ns:
        return Rejection("rate_limited", retry_after_ms=-(-wait_ns // 1_000_000))
    return None
