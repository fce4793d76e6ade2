"""Where a connection goes after the door: to the HTTP server or a WebSocket endpoint, on the same transport.

Enters: a transport and what was read from it. Leaves: the transport with its new protocol, all of it
replayed.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

from fastdesk._core import WsConnection, WsProtocol
from fastdesk.transport.handshake import Upgrade, render_upgrade

__all__ = ["HttpSeat", "seat_websocket", "take_over"]


class HttpSeat(asyncio.Protocol):
    """Stand between a transport and the HTTP server: nothing raises through it, and its end is counted.

    Args:
        inner: the server's protocol for this connection.
        on_gone: called once with the seat, when the connection ended or was taken over.
        on_error: called with what the server's protocol raised.
    """

    __slots__ = ("_inner", "_on_error", "_on_gone", "_transport", "address")

    def __init__(
        self,
        inner: asyncio.Protocol,
        address: str,
        on_gone: "Callable[[HttpSeat], None]",
        on_error: Callable[[Exception], None],
    ) -> None:
        self._inner = inner
        self._on_gone = on_gone
        self._on_error = on_error
        self._transport: asyncio.BaseTransport | None = None
        self.address = address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._inner.data_received(data)
        except Exception as failure:  # the border of the socket callbacks
            self._on_error(failure)
            if self._transport is not None:
                self._transport.close()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._inner.connection_lost(exc)
        self._on_gone(self)

    def leave(self) -> None:
        """Let go of the transport: the HTTP server is told that the connection is lost."""
        self._inner.connection_lost(None)
        self._on_gone(self)


def seat_websocket(
    transport: asyncio.Transport, connection: WsConnection, upgrade: Upgrade, rest: bytes
) -> None:
    """Put picows on the transport and feed it the request and `rest`, the frames that came with it."""
    protocol = WsProtocol(connection, upgrade.handshake.protocol)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    _replay(protocol, render_upgrade(upgrade))
    _replay(protocol, rest)


def _replay(protocol: asyncio.BufferedProtocol, received: bytes) -> None:
    view = memoryview(received)
    while view:
        buffer = memoryview(protocol.get_buffer(-1))
        size = min(len(buffer), len(view))
        buffer[:size] = view[:size]
        protocol.buffer_updated(size)
        view = view[size:]


def take_over(request: web.Request) -> tuple[asyncio.Transport, bytes] | None:
    """Take a kept-alive connection back from the HTTP server, with the bytes behind the request.

    The server's handler goes on as if the peer had left: what it answers is not sent. None when the
    connection is closing, did not come through the door, or has more requests waiting. `_message_tail` and
    `_messages` are private to aiohttp: tests/transport/test_seats.py holds it to its word.
    """
    server = request.protocol
    transport = server.transport
    if transport is None or transport.is_closing() or server._messages:
        return None
    seat = transport.get_protocol()
    if not isinstance(seat, HttpSeat):
        return None
    rest = bytes(server._message_tail)
    server.transport = None  # or it would close it
    seat.leave()
    return transport, rest
