"""Whether a visitor or an address is kept out. Pure: enforcing it is the corridor's business."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable

from fastdesk.model.block import Block

__all__ = ["Blocks"]


class Blocks:
    """A tenant's blocks, ready to be asked: O(1) for visitors, one look for each length of prefix in use."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._visitors: dict[str, int] = {}
        self._ranges: defaultdict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        for block in blocks:
            until = block.until or 1 << 62
            if block.visitor:
                self._visitors[block.visitor] = max(until, self._visitors.get(block.visitor, 0))
            else:
                network = ipaddress.ip_network(block.address, strict=False)
                range_ = self._ranges[network.version, network.max_prefixlen - network.prefixlen]
                first = int(network.network_address) >> network.max_prefixlen - network.prefixlen
                range_[first] = max(until, range_.get(first, 0))

    def __bool__(self) -> bool:
        return bool(self._visitors or self._ranges)

    def is_blocked(self, visitor: str, address: str, now_ms: int) -> bool:
        """Tell whether a visitor, or whoever is at this address, is kept out now."""
        if self._visitors.get(visitor, 0) > now_ms:
            return True
        if not self._ranges:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        number = int(parsed)
        return any(
            version == parsed.version and range_.get(number >> shift, 0) > now_ms
            for (version, shift), range_ in self._ranges.items()
        )
