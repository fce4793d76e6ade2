"""Who stands at the other end: the visitor's address behind trusted proxies, the connections one may have."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final, Literal

__all__ = ["PeerTable", "TrustedProxies", "peer_key"]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_FORWARDED: Final = "forwarded"


def _parse_address(text: str) -> _Address | None:
    """Read an address with or without brackets, port or zone; IPv4 in IPv6 clothes becomes IPv4."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def peer_key(address: str) -> str:
    """Return what counts as one peer: an IPv4 address, or the /64 network of an IPv6 address."""
    parsed = _parse_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
    return address if parsed is None else str(parsed)


class TrustedProxies:
    """Find the visitor's address behind the operator's own proxies.

    Args:
        networks: addresses or networks of the proxies, as "10.0.0.0/8". None: no header is ever believed.
        field: the one header that the proxies write. A header they only pass on could be forged.

    Raises:
        ValueError: a network cannot be read.
    """

    def __init__(
        self,
        networks: Iterable[str] = (),
        *,
        field: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for",
    ) -> None:
        self.field: Final = field
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trusts(self, address: str) -> bool:
        """Tell whether `address` is one of the proxies."""
        parsed = _parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def visitor(self, address: str, values: Sequence[str]) -> str:
        """Return the nearest address that is no proxy.

        The walk goes from the socket's `address` through `values`, all values of `field` in order, last to
        first; a part that is no address ends it.
        """
        chain = [part for value in values for part in value.split(",")] if self._networks else []
        while chain and self.trusts(address):
            part = chain.pop()
            parsed = _parse_address(_forwarded_for(part) if self.field == _FORWARDED else part)
            if parsed is None:
                break
            address = str(parsed)
        return address


def _forwarded_for(element: str) -> str:
    """Return the `for` of one element of a Forwarded header (RFC 7239, section 4)."""
    for pair in element.split(";"):
        name, _, value = pair.strip().partition("=")
        if name.lower() == "for":
            return value
    return ""


class PeerTable:
    """Count connections per peer. Holds no entry for a peer without connections; 0 as limit counts nobody."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def enter(self, address: str) -> bool:
        """Count one connection more, or tell that the peer has all it may have."""
        if not self._limit:
            return True
        key = peer_key(address)
        count = self._counts.get(key, 0)
        if count >= self._limit:
            return False
        self._counts[key] = count + 1
        return True

    def leave(self, address: str) -> None:
        """Count one connection less, after an `enter` that was allowed."""
        if not self._limit:
            return
        key = peer_key(address)
        count = self._counts[key] - 1
        if count:
            self._counts[key] = count
        else:
            del self._counts[key]
