"""picows' frame parser on a transport: bytes in, frames out to one `WsConnection`."""

import sys

cimport cython

from picows import WSAutoPingStrategy, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol

from fastdesk._core.ws_listener cimport WsConnection

__all__ = ["WsProtocol"]

cdef Py_ssize_t READ_BUFFER = 2048  # the least that picows takes, a quarter of what an idle connection costs
cdef object parse_bytes = WSProtocol.buffer_updated


@cython.final
cdef class ParserVoice:
    """Take what picows tells its logger: it tells refused frames nowhere else, and none is for the log."""

    def __cinit__(self, WsConnection connection not None):
        self.connection = connection

    def isEnabledFor(self, level):
        return False

    def debug(self, message, *values):
        pass

    info = warning = debug

    def error(self, message, values):
        self.connection.parser_code = values[0] if isinstance(values, tuple) else 1011

    def exception(self, message, *values):
        self.connection.parser_code = 1011
        self.connection.endpoint.report(self.connection, sys.exc_info()[1])


class WsProtocol(WSProtocol):
    """Parse frames for `connection`: the protocol of a transport. It neither writes nor times nor pings.

    Feed it the head of a valid upgrade request; `subprotocol` is confirmed in the 101 unless it is empty. Its
    base is private to picows: tests/core/test_ws_protocol.py holds it to its word.
    """

    __slots__ = ()

    def __init__(self, WsConnection connection not None, str subprotocol not None=""):
        headers = {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else None

        def answer(request):
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), connection)

        super().__init__(
            host_port=None,
            ws_path=None,
            is_client_side=False,
            ws_listener_factory=answer,
            logger=ParserVoice(connection),
            disconnect_on_exception=True,
            websocket_handshake_timeout=None,
            enable_auto_ping=False,
            auto_ping_idle_timeout=None,
            auto_ping_reply_timeout=None,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
            enable_auto_pong=False,
            max_frame_size=connection.endpoint.limits.max_message_bytes,
            extra_headers=None,
            read_buffer_init_size=READ_BUFFER,
        )

    def buffer_updated(self, Py_ssize_t nbytes):
        """Parse `nbytes` new bytes: one read."""
        cdef WsConnection connection = self.listener
        if connection is not None:
            connection.begin_read()
        parse_bytes(self, nbytes)
        connection = self.listener
        if connection is not None:
            connection.end_read()
