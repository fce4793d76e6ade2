"""One connection of the street until it is a WebSocket: its requests, one at a time, in order.

Enters: the bytes of a connection. Leaves: a request with a quick route to that route, a good upgrade to its endpoint, any
other request to the HTTP server, and refusals.

Theory of operation. A guest hands on whole heads only and counts the bytes of each body, so it knows at any time to
whom a byte belongs. What a quick route can answer is answered right here. For every other request the connection is lent
to the HTTP server: it gets this one request, byte for byte, and says when it has answered (`answered`). Whatever the peer
sends in the meantime waits, so that answers keep the order of the requests and both kinds mix on one connection. The
server's side stays for the next such request and is let go at the first quick one: it weighs 20 times as much as a guest.
Two kinds of requests end with the connection, for nobody can tell from outside where they end: one with a chunked body,
and an upgrade that the HTTP server is asked for.
"""

import asyncio
import sys
from collections.abc import Callable, Container
from typing import Final, Protocol, cast

from aiohttp import web

from fastdesk._core import take_front
from fastdesk.transport.head import Head, Refusal

__all__ = ["Asked", "Doorkeeper", "Guest", "Quick"]

_END: Final = b"\r\n\r\n"
_ENDLESS: Final = sys.maxsize
#: Bytes of later requests that may wait, beside the one read that brings more.
_MAX_WAITING: Final = 65_536
_SECOND_NS: Final = 1_000_000_000
_LINGER_NS: Final = _SECOND_NS  # time for a refusal to arrive: closing at once could reset it away
_BODY_NS: Final = 15 * _SECOND_NS
_IDLE_NS: Final = (
    75 * _SECOND_NS
)  # longer than proxies keep a connection, so that they are the ones who end it
_READ_NS: Final = 30 * _SECOND_NS  # time for a peer to read its answers


class Asked:
    """One request with a quick route: its head, its whole body, and the visitor's address."""

    __slots__ = ("address", "body", "head")

    def __init__(self, head: Head, body: bytes, address: str) -> None:
        self.head = head
        self.body = body
        self.address = address


#: Answer a request by calling the function once with the whole response, now or later; never raises. Returns what is to be
#: called when the peer has gone before.
Quick = Callable[[Asked, Callable[[bytes], None]], Callable[[], None] | None]


class Doorkeeper(Protocol):
    """What a guest asks of the door."""

    @property
    def max_head_bytes(self) -> int:
        """Return the bound of a request's head."""

    @property
    def head_timeout_ns(self) -> int:
        """Return the time that a head may take."""

    @property
    def endpoints(self) -> Container[str]:
        """Return the paths of WebSocket endpoints."""

    def admit(self, guest: "Guest") -> Refusal | None:
        """Count the connection, or say why it may not come in."""

    def read_head(self, raw: bytes) -> Head | Refusal:
        """Read a head."""

    def quick(self, head: Head) -> Quick | None:
        """Return the quick route that takes this very request."""

    def seat(self, guest: "Guest", head: Head) -> Refusal | None:
        """Give the connection, with what was received, to the WebSocket endpoint of the path."""

    def serve(self, transport: asyncio.Transport) -> web.RequestHandler:
        """Return the HTTP server's side of a connection."""

    def address_of(self, guest: "Guest", head: Head) -> str:
        """Return the visitor's address, from the header of a trusted proxy where there is one."""

    def may_linger(self) -> bool:
        """Tell whether a refusal may keep its descriptor until it has arrived."""

    def dismiss(self, guest: "Guest") -> None:
        """Forget a connection that has ended."""

    def now_ns(self) -> int:
        """Tell the time."""

    def report(self, failure: Exception) -> None:
        """Take note of a failure on this side."""


class Guest:
    """Read one connection. `received` is bounded by a head, a quick body and one read.

    `since_ns` is when the present wait began: for a request, for the rest of one, for a peer that reads.
    """

    __slots__ = (
        "_door", "_gone", "_head", "_is_busy", "_is_choked", "_is_over", "_owed", "_searched", "_server", "_since_ns", "address",
        "has_asked", "is_counted", "is_leaving", "is_proxy", "is_refused", "received", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, door: Doorkeeper) -> None:
        self._door = door
        self.address = ""
        self.is_counted = False
        #: Its requests may name another address.
        self.is_proxy = False
        self.has_asked = False
        self.is_refused = False
        #: Ends as soon as what it asks for now is answered.
        self.is_leaving = False
        self.received = bytearray()
        self._searched = 0
        #: A request with a quick route whose body is still coming.
        self._head: Head | None = None
        #: Somebody answers a request.
        self._is_busy = False
        self._gone: Callable[[], None] | None = None
        self._server: web.RequestHandler | None = None
        #: Bytes of the body that the HTTP server still has to get.
        self._owed = 0
        self._is_choked = False
        self._is_over = False
        self._since_ns = door.now_ns()

    # The transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.address = str(name[0]) if isinstance(name, tuple) else ""
        if (refusal := self._door.admit(self)) is not None:
            self.refuse(refusal)

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self.received += data
        self._advance()

    def eof_received(self) -> None:
        if self._server is not None:
            self._server.eof_received()

    def pause_writing(self) -> None:
        self._is_choked = True
        if self._server is not None:
            self._server.pause_writing()
        else:
            self._since_ns = self._door.now_ns()

    def resume_writing(self) -> None:
        self._is_choked = False
        if self._server is not None:
            self._server.resume_writing()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self.received.clear()
        if self._server is not None:
            self._server.connection_lost(exc)
            self._server = None
        if self._gone is not None:
            self._gone()
            self._gone = None
        self._door.dismiss(self)

    # The door calls.

    @property
    def is_served(self) -> bool:
        """Tell whether a quick route is about to answer."""
        return self._is_busy and self._server is None

    def expire(self, now_ns: int) -> None:
        """End a connection whose peer does not go on in its time; nobody is hurried while he waits for an answer."""
        waited_ns = now_ns - self._since_ns
        if self.is_refused:
            if waited_ns >= _LINGER_NS:
                self.transport.abort()
        elif self._is_choked and self._server is None:
            if waited_ns >= _READ_NS:
                self.transport.abort()
        elif self._is_busy or self._is_choked:
            return
        elif self.received or self._head is not None:
            if waited_ns >= (self._door.head_timeout_ns if self._head is None else _BODY_NS):
                self.refuse(Refusal(408, "bad_request", "The request did not arrive in time."))
        elif waited_ns >= (_IDLE_NS if self.has_asked else self._door.head_timeout_ns):
            self.transport.abort()  # a browser that connected ahead of need: it comes again

    def leave(self) -> None:
        """End the connection, after the answer to what is being answered."""
        self.is_leaving = True
        if not self._is_busy:
            self._is_over = True
            self.transport.close()

    def refuse(self, refusal: Refusal) -> None:
        """Answer, stop sending, and throw away what still comes until the peer goes or time is up."""
        self.is_refused = self._is_over = True
        self._since_ns = self._door.now_ns()
        self.received.clear()
        if not self._door.may_linger():
            self.transport.abort()
            return
        self.transport.write(refusal.render())
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    # One request after the other.

    def _advance(self) -> None:
        """Do with what was received whatever can be done now."""
        try:
            if self._owed:
                self._pass_on()
            if not self.received or self._is_over:
                return
            if self._is_busy or self._is_choked:
                if len(self.received) > _MAX_WAITING:
                    self.transport.pause_reading()
                return
            refusal = self._take()
            if refusal is not None:
                self.refuse(refusal)
        except Exception as failure:  # the border of the socket callbacks
            self._door.report(failure)
            if self._server is None:
                self.refuse(Refusal(500, "internal"))
            else:
                self._is_over = True
                self.transport.close()

    def _go_on(self) -> None:
        """Turn to what waits, in the loop's next turn: who sends many requests at once holds nobody up."""
        if self.is_leaving and not self._is_busy:
            self.leave()
        elif self.received and not self._is_over and not self.transport.is_closing():
            self.transport.resume_reading()
            asyncio.get_running_loop().call_soon(self._advance)

    def _take(self) -> Refusal | None:
        """Take the next request when enough of it is here."""
        head = self._head or self._take_head()
        if not isinstance(head, Head):
            return head
        self.has_asked = True
        quick = self._door.quick(head)
        if quick is not None:
            self._serve(head, quick)
        elif head.path in self._door.endpoints:
            return self._door.seat(self, head)
        else:
            self._lend(head)
        return None

    def _take_head(self) -> Head | Refusal | None:
        received = self.received
        if received[0] <= 13:  # an empty line before a request does not count (RFC 9112, 2.2)
            received[:] = received.lstrip(b"\r\n")
        end, most = received.find(_END, self._searched), self._door.max_head_bytes
        if end > most or (end < 0 and len(received) > most):
            return Refusal(431, "too_large", "The head of the request is too large.")
        if end < 0:
            if not self._searched and self.has_asked:
                self._since_ns = self._door.now_ns()
            self._searched = max(1, len(received) - len(_END) + 1)
            return None
        self._searched = 0
        return self._door.read_head(take_front(received, end + len(_END)))

    # Answered right here.

    def _serve(self, head: Head, quick: Quick) -> None:
        """Let a quick route answer as soon as the whole body is here."""
        size = head.fields.body_bytes
        if len(self.received) < size:
            self._head = head
            return
        self._head = None
        body = take_front(self.received, size)
        self.take_back()
        self._is_busy = True
        address = self._door.address_of(self, head) if self.is_proxy else self.address
        gone = quick(Asked(head, body, address), self._answer)
        if self._is_busy:
            self._gone = gone

    def _answer(self, response: bytes) -> None:
        if self._is_over or not self._is_busy:
            return
        self._is_busy = False
        self._gone = None
        self._since_ns = self._door.now_ns()
        self.transport.write(response)
        self._go_on()

    # Lent to the HTTP server.

    def _lend(self, head: Head) -> None:
        self._is_busy = True
        if self._server is None:
            self._server = self._door.serve(self.transport)
        raw = head.raw
        if head.fields.is_chunked:
            raw = raw[:-2] + b"Connection: close\r\n\r\n"
        is_last = head.fields.is_chunked or b"upgrade" in head.fields.values
        self._owed = _ENDLESS if is_last else head.fields.body_bytes
        self._server.data_received(raw)
        if self._owed and self.received:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give the HTTP server what it still has to get of its request."""
        part = take_front(self.received, self._owed)
        if self._owed != _ENDLESS:
            self._owed -= len(part)
        if self._server is not None:
            self._server.data_received(part)

    def answered(self, keeps_alive: bool) -> None:
        """Hear that the HTTP server has answered its request; where it does not keep the connection, it closes it itself."""
        if not keeps_alive:
            return
        self._is_busy = False
        self._since_ns = self._door.now_ns()
        if self._owed == _ENDLESS:
            self._is_over = True
            self.transport.close()
        else:
            self._go_on()

    def take_back(self) -> None:
        """Let the HTTP server's side go; it has answered all it was given."""
        if self._server is not None:
            server, self._server = self._server, None
            # Its side ends as if the peer had left; without a transport it has none to close.
            server.transport = None
            server.connection_lost(None)
            self.transport.resume_reading()

    def hand_over(self) -> bytes:
        """Be done with the connection, which somebody else has now; return what was received of what follows."""
        self.take_back()
        self._is_over = True
        rest = bytes(self.received)
        self.received.clear()
        return rest
