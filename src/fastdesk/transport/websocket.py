"""WebSocket sessions: between the native listener and the pipeline."""

from fastdesk._core import WsConnection
from fastdesk.hub.session import Session
from fastdesk.pipeline.opening import Opening
from fastdesk.pipeline.runner import Pipeline
from fastdesk.protocol.codec import JSON, SUBPROTOCOLS
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.limits import address_prefix

__all__ = ["SocketSession", "WebSockets"]


class SocketSession(Session):
    """A session on one WebSocket."""

    __slots__ = ("_connection", "_send", "opened_ns")

    def __init__(self, connection: WsConnection, opened_ns: int) -> None:
        handshake = connection.handshake
        codec = SUBPROTOCOLS.get(handshake.protocol, JSON)
        super().__init__(codec=codec, address=connection.peer, bucket=address_prefix(connection.peer))
        self._connection = connection
        self._send = connection.send_text if codec.is_text else connection.send_binary
        self.opened_ns = opened_ns

    @property
    def origin(self) -> str | None:
        """Return the web origin that opened this socket, None for programs."""
        return self._connection.handshake.origin

    def write(self, data: bytes) -> None:
        if not self.closed:
            self._send(data)

    def close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)


class WebSockets:
    """The callbacks of the listener: one object for all connections."""

    def __init__(self, *, pipeline: Pipeline, opening: Opening) -> None:
        self._pipeline = pipeline
        self._opening = opening

    def on_message(self, connection: WsConnection, payload: bytes, is_text: bool) -> None:
        """Take one whole message; the first one must be `hello`."""
        session = connection.context
        assert isinstance(session, SocketSession)
        if is_text is not session.codec.is_text:
            session.refuse(
                Rejection(
                    "bad_frame",
                    f"{session.codec.name} uses {'text' if session.codec.is_text else 'binary'} frames.",
                )
            )
        elif session.principal is None:
            self._opening.receive(session, payload)
        else:
            self._pipeline.accept(session, payload)

    def on_open(self, connection: WsConnection) -> None:
        """Give a new connection its session."""
        connection.context = SocketSession(connection, 0)

    def on_close(self, connection: WsConnection, code: int) -> None:
        """Forget a connection's session."""
        session = connection.context
        if isinstance(session, SocketSession):
            session.closed = True
            self._opening.leave(session)
            connection.context = None
