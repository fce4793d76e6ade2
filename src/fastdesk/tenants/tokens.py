"""Tokens and signatures of visitors.

A visitor's token is a JWT (RFC 7519, HS256) signed with the installation's secret. A site proves who a visitor is by an
HMAC-SHA256 of the identity, or by a JWT of its own, both with the site's signing secret.
"""

import hmac
from typing import Any

import jwt
from msgspec import Struct

from fastdesk._core import LRUCache
from fastdesk.model.identity import Principal
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.site import Site
from fastdesk.protocol.codes import Rejection

__all__ = ["ProvenIdentity", "VisitorTokens", "prove_identity"]

VISITOR_TOKEN_DAYS = 365
_LEEWAY_S = 60  # clocks of two machines differ
#: Tokens whose signature was found good, and their bytes: polling shows the same one with every request.
_KNOWN, _KNOWN_BYTES = 20_000, 16 << 20


class ProvenIdentity(Struct, frozen=True):
    """What a site's signature says of a visitor."""

    id: str
    name: str = ""
    email: str = ""
    attributes: dict[str, Any] = {}


class VisitorTokens:
    """Issue and read the bearer tokens of visitors."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._known: LRUCache[str, Principal] = LRUCache(_KNOWN, _KNOWN_BYTES)

    def issue(self, tenant: TenantId, site: SiteId, visitor: str, *, now_ms: int) -> str:
        """Return a token for `visitor`, good for a year."""
        expires_s = now_ms // 1000 + VISITOR_TOKEN_DAYS * 86_400
        claims = {"aud": "visitor", "sub": visitor, "ten": tenant, "sit": site, "exp": expires_s}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def read(self, token: str, *, now_ms: int) -> Principal | Rejection:
        """Return whose token this is, or why it is not good."""
        principal = self._known.get(token) or self._verify(token)
        if principal is None:
            return Rejection("unauthenticated")
        if now_ms > principal.expires_at + _LEEWAY_S * 1000:
            return Rejection("unauthenticated", "This token has expired: ask for a new one.")
        return principal

    def _verify(self, token: str) -> Principal | None:
        """Return whose token this is, None where the signature or the claims are not ours; keep what was found good."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience="visitor",
                # Expiry is checked by `read`: the time is an argument, PyJWT would ask the machine.
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "sub", "ten", "sit"]},
            )
            expires_at = int(claims["exp"]) * 1000
            tenant, site, visitor = str(claims["ten"]), str(claims["sit"]), str(claims["sub"])
        except (jwt.InvalidTokenError, ValueError, TypeError):
            return None
        principal = Principal(
            kind="visitor", tenant=TenantId(tenant), site=SiteId(site), id=visitor, expires_at=expires_at
        )
        self._known.put(token, principal, 600 + len(token))  # a principal and its strings, measured
        return principal


def prove_identity(
    site: Site, identity: dict[str, Any], signature: str, *, now_ms: int
) -> ProvenIdentity | Rejection:
    """Check the site's signature over a visitor's identity: 64 hexadecimal digits of HMAC-SHA256, or a JWT.

    The HMAC covers the identity's id only, so nothing else in `identity` is more than a wish; a JWT covers all its claims,
    must expire, and its `sub` is the identity.
    """
    wrong = Rejection("forbidden", "The signature of this identity is wrong.")
    if not site.signing_secret or not signature or not signature.isascii():
        return wrong
    claimed = str(identity.get("id", ""))
    if signature.count(".") == 2:
        return _read_identity_jwt(site, claimed, signature, now_ms) or wrong
    expected = hmac.new(site.signing_secret.encode(), claimed.encode(), "sha256").hexdigest()
    if not claimed or not hmac.compare_digest(expected, signature.lower()):
        return wrong
    return ProvenIdentity(
        claimed,
        str(identity.get("name", ""))[:200],
        str(identity.get("email", ""))[:200],
        _attributes(identity),
    )


def _read_identity_jwt(site: Site, claimed: str, token: str, now_ms: int) -> ProvenIdentity | None:
    try:
        claims = jwt.decode(
            token,
            site.signing_secret,
            algorithms=["HS256"],
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_aud": False,
                "require": ["exp", "sub"],
            },
        )
        expires_s, subject = int(claims["exp"]), str(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        return None
    if now_ms > (expires_s + _LEEWAY_S) * 1000 or not subject or (claimed and claimed != subject):
        return None
    return ProvenIdentity(
        subject, str(claims.get("name", ""))[:200], str(claims.get("email", ""))[:200], _attributes(claims)
    )


def _attributes(identity: dict[str, Any]) -> dict[str, Any]:
    attributes = identity.get("attrs")
    return attributes if isinstance(attributes, dict) else {}
