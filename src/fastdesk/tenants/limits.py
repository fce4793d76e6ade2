"""Token buckets in front of everything that a peer can ask for: by address prefix, visitor and tenant."""

import ipaddress
from typing import Final

from msgspec import Struct

from fastdesk._core import BucketTable
from fastdesk.model.identity import Principal

__all__ = ["LOOPBACK", "Limits", "Rate", "address_prefix"]

#: What every address of this machine itself counts as.
LOOPBACK: Final = "loopback"


class Rate(Struct, frozen=True):
    """`per_s` tokens flow in each second, at most `burst` are kept."""

    per_s: float
    burst: int


class Limits:
    """Take a token from each bucket that a request touches; `enabled=False` grants everything (load tests).

    Requests of this machine itself have no address bucket: they come from the operator's proxy or tools, and behind a proxy
    that is not trusted all visitors would share one.
    """

    def __init__(
        self,
        *,
        enabled: bool,
        address: Rate,
        visitor: Rate,
        agent: Rate,
        tenant: Rate,
        max_keys: int = 100_000,
    ) -> None:
        self.enabled = enabled
        self._address = BucketTable(address.per_s, address.burst, max_keys)
        self._visitor = BucketTable(visitor.per_s, visitor.burst, max_keys)
        self._agent = BucketTable(agent.per_s, agent.burst, max_keys)
        self._tenant = BucketTable(tenant.per_s, tenant.burst, max_keys)

    def take(self, address: str, principal: Principal, now_ns: int) -> int:
        """Return 0 when a request may go on, else the nanoseconds to wait. A refused request costs its sender, too."""
        if not self.enabled:
            return 0
        sender = self._visitor if principal.kind == "visitor" else self._agent
        return (
            sender.take(principal.id, 1, now_ns)
            or self.take_address(address, now_ns)
            or self._tenant.take(principal.tenant, 1, now_ns)
        )

    def take_address(self, address: str, now_ns: int, cost: int = 1) -> int:
        """Return the wait of a request that has no sender yet."""
        return self._address.take(address, cost, now_ns) if self.enabled and address != LOOPBACK else 0


def address_prefix(address: str) -> str:
    """Return what counts as one peer: an IPv4 address, the /64 of an IPv6 one, or `LOOPBACK`."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback:
        return LOOPBACK
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)
