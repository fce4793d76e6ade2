"""Who is kept out: a visitor, or everybody at a range of addresses, until a time."""

import ipaddress
from typing import Annotated, Final

from msgspec import Meta, Struct

__all__ = ["Block"]

#: The widest ranges: a slip of the pen must not shut out half the world.
_WIDEST: Final = {4: 8, 6: 16}


class Block(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One block. Either `visitor` (an id) or `address` (`203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`) is given."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    visitor: Annotated[str, Meta(max_length=64)] = ""
    address: Annotated[str, Meta(max_length=64)] = ""
    #: Wall-clock milliseconds; 0 is for ever.
    until: Annotated[int, Meta(ge=0, le=2**53)] = 0
    reason: Annotated[str, Meta(max_length=500)] = ""

    def __post_init__(self) -> None:
        if bool(self.visitor) == bool(self.address):
            raise ValueError("A block names either a visitor or an address")
        if self.address:
            try:
                network = ipaddress.ip_network(self.address, strict=False)
            except ValueError:
                raise ValueError("The address is none, nor a range such as 203.0.113.0/24") from None
            if network.prefixlen < _WIDEST[network.version]:
                raise ValueError(f"A range is at most a /{_WIDEST[network.version]}")
