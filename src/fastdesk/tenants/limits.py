"""Token buckets in front of everything that a peer can ask for: by address prefix, visitor and tenant."""

import ipaddress

from msgspec import Struct

from fastdesk._core import BucketTable

__all__ = ["Limits", "Rate", "address_prefix"]


class Rate(Struct, frozen=True):
    """`per_s` tokens flow in each second, at most `burst` are kept."""

    per_s: float
    burst: int


class Limits:
    """Take a token from each bucket that a request touches; `enabled=False` grants everything (load tests)."""

    def __init__(
        self, *, enabled: bool, address: Rate, sender: Rate, tenant: Rate, max_keys: int = 100_000
    ) -> None:
        self.enabled = enabled
        self._address = BucketTable(address.per_s, address.burst, max_keys)
        self._sender = BucketTable(sender.per_s, sender.burst, max_keys)
        self._tenant = BucketTable(tenant.per_s, tenant.burst, max_keys)

    def take(self, address: str, sender: str, tenant: str, now_ns: int) -> int:
        """Return 0 when a request may go on, else the nanoseconds to wait. A refused request costs its sender, too."""
        if not self.enabled:
            return 0
        wait = self._sender.take(sender, 1, now_ns)
        if wait == 0:
            wait = self._address.take(address, 1, now_ns)
        if wait == 0:
            wait = self._tenant.take(tenant, 1, now_ns)
        return wait

    def take_address(self, address: str, now_ns: int, cost: int = 1) -> int:
        """Return the wait of a request that has no sender yet."""
        return self._address.take(address, cost, now_ns) if self.enabled else 0


def address_prefix(address: str) -> str:
    """Return what counts as one peer: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return address
