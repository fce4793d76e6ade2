"""A connection before anybody knows what it wants: collect the head of its first request, hand it on or
refuse.

Enters: a fresh connection. Leaves: one call of the doorkeeper with the head and what came behind it, or a
refusal.
"""

import asyncio
from typing import Final, Protocol, cast

from fastdesk.transport.handshake import Head, Refusal, parse_head

__all__ = ["Doorkeeper", "Knock"]

_END: Final = b"\r\n\r\n"
_LINGER_NS: Final = 1_000_000_000  # time for a refusal to arrive: closing at once could reset it away


class Doorkeeper(Protocol):
    """What a knock asks of the door."""

    @property
    def max_head_bytes(self) -> int:
        """Return the bound of a request's head."""

    def admit(self, knock: "Knock") -> Refusal | None:
        """Count the connection, or say why it may not come in."""

    def seat(self, knock: "Knock", head: Head, rest: bytes) -> Refusal | None:
        """Give the connection to whom it is for; `rest` is what came behind the head."""

    def may_linger(self) -> bool:
        """Tell whether a refusal may keep its descriptor until it has arrived."""

    def dismiss(self, knock: "Knock") -> None:
        """Forget a connection that was never seated."""

    def now_ns(self) -> int:
        """Tell the time."""

    def report(self, failure: Exception) -> None:
        """Take note of a failure on this side."""


class Knock(asyncio.Protocol):
    """Sniff one connection. `received` is bounded by the doorkeeper's `max_head_bytes` and one read."""

    __slots__ = ("_door", "address", "is_counted", "is_refused", "made_ns", "received", "transport")

    transport: asyncio.Transport

    def __init__(self, door: Doorkeeper) -> None:
        self._door = door
        self.address = ""
        self.is_counted = False
        self.is_refused = False
        self.made_ns = door.now_ns()
        self.received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.address = str(name[0]) if isinstance(name, tuple) else ""
        if (refusal := self._door.admit(self)) is not None:
            self.refuse(refusal)

    def data_received(self, data: bytes) -> None:
        if self.is_refused:
            return
        try:
            refusal = self._sniff(data)
        except Exception as failure:  # the border of the socket callbacks
            self._door.report(failure)
            refusal = Refusal(500, "internal")
        if refusal is not None:
            self.refuse(refusal)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.dismiss(self)

    def expire(self, now_ns: int, head_timeout_ns: int) -> None:
        """End a connection that does not say what it wants, or has had time to read its refusal."""
        waited_ns = now_ns - self.made_ns
        if self.is_refused:
            if waited_ns >= _LINGER_NS:
                self.transport.abort()
        elif waited_ns >= head_timeout_ns:
            if self.received:
                self.refuse(Refusal(408, "bad_request", "The request did not arrive in time."))
            else:
                self.transport.abort()  # a browser that connected ahead of need: it comes again

    def refuse(self, refusal: Refusal) -> None:
        """Answer, stop sending, and throw away what still comes until the peer goes or time is up."""
        self.is_refused = True
        self.made_ns = self._door.now_ns()
        self.received.clear()
        if not self._door.may_linger():
            self.transport.abort()
            return
        self.transport.write(refusal.render())
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _sniff(self, data: bytes) -> Refusal | None:
        """Look for the end of the head; the empty line a peer may send first does not count."""
        searched = max(0, len(self.received) - len(_END))
        self.received += data if self.received else data.lstrip(b"\r\n")
        end = self.received.find(_END, searched)
        if end > self._door.max_head_bytes or (end < 0 and len(self.received) > self._door.max_head_bytes):
            return Refusal(431, "too_large", "The head of the request is too large.")
        if end < 0:
            return None
        head = parse_head(bytes(self.received[:end]))
        if isinstance(head, Refusal):
            return head
        return self._door.seat(self, head, bytes(self.received[end + len(_END) :]))
