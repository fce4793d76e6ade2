"""WebSocket sessions: between the native listener and the pipeline."""

import asyncio

import structlog

from fastdesk._core import WsConnection
from fastdesk.hub.session import Session
from fastdesk.pipeline.opening import Opening
from fastdesk.pipeline.runner import Pipeline
from fastdesk.protocol.codec import JSON, SUBPROTOCOLS
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.limits import address_prefix

__all__ = ["SocketSession", "WebSockets"]

_log = structlog.get_logger("fastdesk.websocket")


class SocketSession(Session):
    """A session on one WebSocket."""

    __slots__ = ("_connection", "_send", "_waiter")

    def __init__(self, connection: WsConnection) -> None:
        handshake = connection.handshake
        codec = SUBPROTOCOLS.get(handshake.protocol, JSON)
        super().__init__(codec=codec, address=connection.peer, bucket=address_prefix(connection.peer))
        self._connection = connection
        self._send = connection.send_text if codec.is_text else connection.send_binary
        self._waiter: asyncio.Future[None] | None = None

    def claim(self) -> None:
        self._connection.context = self  # from now on the listener does not cut it as unclaimed

    def write(self, data: bytes) -> None:
        if not self.closed:
            self._send(data)

    def close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)

    async def until_writable(self) -> None:
        while self._connection.is_open and not self._connection.is_writable:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def wake(self) -> None:
        """Let who waits to write look again."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class WebSockets:
    """The callbacks of the listener: one object for all connections.

    A connection without context has not said a good `hello` yet; the listener cuts it when that takes too long.
    """

    def __init__(self, *, pipeline: Pipeline, opening: Opening) -> None:
        self._pipeline = pipeline
        self._opening = opening
        self._strangers: dict[WsConnection, SocketSession] = {}

    def on_message(self, connection: WsConnection, payload: bytes, is_text: bool) -> None:
        """Take one whole message; the first one must be `hello`."""
        session: SocketSession | None = connection.context
        if session is None or session.principal is None:
            self._receive_stranger(connection, payload, is_text)
        elif is_text is session.codec.is_text:
            self._pipeline.accept(session, payload)
        else:
            _refuse_type(session)

    def _receive_stranger(self, connection: WsConnection, payload: bytes, is_text: bool) -> None:
        session = self._strangers.get(connection)
        if session is None:
            session = self._strangers[connection] = SocketSession(connection)
        if is_text is session.codec.is_text:
            self._opening.receive(session, payload)
        else:
            _refuse_type(session)

    def on_open(self, connection: WsConnection) -> None:
        """Wait for what a new connection says."""

    def on_close(self, connection: WsConnection, code: int) -> None:
        """Forget a connection's session."""
        session = self._strangers.pop(connection, None) or connection.context
        if session is not None:
            session.closed = True
            session.wake()
            self._opening.leave(session)
            connection.context = None

    def on_writable(self, connection: WsConnection) -> None:
        """Let a session that has much to send go on."""
        if connection.context is not None:
            connection.context.wake()

    def on_error(self, connection: WsConnection, failure: Exception) -> None:
        """Log a fault of ours; the listener closes the connection with 1011."""
        _log.error("session_failed", error=type(failure).__name__, exc_info=failure)


def _refuse_type(session: Session) -> None:
    kind = "text" if session.codec.is_text else "binary"
    session.refuse(Rejection("bad_frame", f"{session.codec.name} uses {kind} frames."))
