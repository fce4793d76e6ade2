"""Change who has a connection: to a WebSocket endpoint, and from the HTTP server back to its guest.

Enters: a transport and what was read from it. Leaves: the transport with its new protocol, all of it replayed.
"""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from fastdesk._core import WsConnection, WsProtocol
from fastdesk.transport.guest import Guest
from fastdesk.transport.handshake import Upgrade, render_upgrade

__all__ = ["Answered", "seat_websocket"]


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


class Answered(AbstractAccessLogger):
    """In place of an access log: tell the guest of a request that the HTTP server has answered it."""

    enabled = True

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        transport = request.transport
        guest: Any = (
            transport.get_protocol() if transport is not None and not transport.is_closing() else None
        )
        if isinstance(guest, Guest):
            guest.answered(bool(response.keep_alive))
