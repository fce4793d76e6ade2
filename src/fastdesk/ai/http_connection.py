"""One keep-alive HTTP/1.1 connection to a model: one exchange after another, each answer capped in size.

Enters: the bytes of a request and an `Exchange` that wants its answer. Leaves: calls on that exchange, in
order: `on_body` any number of times, then one of `on_whole`, `on_lost`. An answer that is plain and comes in one
read is taken as it is; all others httptools (llhttp) parses, without a callback per header field: ten of them
cost more than all the rest of an answer (7.4 µs against 2.9).
"""

import asyncio
import re
from typing import Any, Final

import httptools
from mypy_extensions import mypyc_attr

from fastdesk._core import plain_body
from fastdesk.errors import ModelFault

__all__ = ["Connection", "Exchange", "Owner"]

#: Beyond this an answer is no answer: head and body together.
MAX_ANSWER_BYTES: Final = 256 * 1024
#: How long an answer whose text is complete may take to end before its connection is given up.
DRAIN_S: Final = 1.0

_FRAMED = re.compile(rb"\r\n(?:content-length|transfer-encoding):", re.IGNORECASE)


# Classes and no protocols: compiled, they are called directly.
@mypyc_attr(allow_interpreted_subclasses=True)
class Exchange:
    """One request whose answer is awaited on a connection."""

    def on_body(self, piece: bytes, status: int) -> bool:
        """Take bytes of the body; return True when nothing more is wanted of it."""
        raise NotImplementedError

    def on_whole(self, status: int, head: bytes) -> None:
        """The answer is whole; `head` begins with its status line and header fields."""
        raise NotImplementedError

    def on_lost(self, kind: ModelFault, untouched: bool) -> None:
        """The connection failed; `untouched` when not one byte of an answer had come."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Owner:
    """Who keeps connections."""

    def on_free(self, connection: "Connection") -> None:
        """The connection can carry another exchange."""
        raise NotImplementedError

    def on_gone(self, connection: "Connection") -> None:
        """The connection is closed."""
        raise NotImplementedError


class Connection:
    """Carry exchanges one after another; the loop's protocol of a stream."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._transport: Any = None
        self._exchange: Exchange | None = None
        self._draining: asyncio.TimerHandle | None = None
        #: Pieces of the body in the read at hand; the parser appends to it without a Python call.
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append
        self._parser = httptools.HttpResponseParser(self)
        self._head = b""
        self._received = 0
        self._status = 0
        self._complete = False
        self._reusable = False
        #: How many exchanges it has carried; that an old connection fails at once says nothing about the
        #: model.
        self.carried = 0
        #: When it became free, in the owner's monotonic nanoseconds.
        self.free_since_ns = 0

    def send(self, request: bytes, exchange: Exchange) -> None:
        """Begin an exchange; the connection must be free."""
        self._exchange = exchange
        self._head = b""
        self._received = 0
        self._status = 0
        self._complete = False
        self.carried += 1
        self._transport.write(request)

    def abort(self) -> None:
        """Close at once; the running exchange hears nothing."""
        self._exchange = None
        self._stop_draining()
        self._transport.abort()

    def fail(self, kind: ModelFault) -> None:
        """Close at once; the running exchange hears why."""
        exchange = self._exchange
        self.abort()
        if exchange is not None:
            exchange.on_lost(kind, False)

    # Called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, piece: bytes) -> None:
        if self._exchange is None and self._draining is None:
            self.abort()  # words nobody asked for: a server that says good-bye, or worse
            return
        self._received += len(piece)
        if self._received > MAX_ANSWER_BYTES:
            self.fail("too_large")
            return
        if self._received == len(piece) and self._take_plain(piece):
            return
        if not self._status:
            self._head = self._head + piece if self._head else piece
        try:
            self._parser.feed_data(piece)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self._complete:
                self.fail("garbage")
                return
            self._reusable = False  # the answer is whole; what came behind it ends the connection
        satisfied = self._deliver()
        if self._complete:
            self._finish()
        elif satisfied:
            self._drain()

    def connection_lost(self, error: Exception | None) -> None:
        exchange, self._exchange = self._exchange, None
        self._stop_draining()
        self._owner.on_gone(self)
        if exchange is None:
            return
        if self._status and error is None and not _FRAMED.search(self._head):
            exchange.on_whole(self._status, self._head)  # the end of the connection is the end of the answer
        else:
            exchange.on_lost("broken", not self._received)

    def eof_received(self) -> None:
        """The other end has closed; what that means `connection_lost` says."""

    def pause_writing(self) -> None:
        """Requests are far smaller than what the system takes at once."""

    def resume_writing(self) -> None:
        """Nothing was held back."""

    # Called by the parser, from within `data_received`.

    def on_message_begin(self) -> None:
        if self._complete:
            raise ConnectionError("a second answer to one question")  # it must never meet the next question

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_message_complete(self) -> None:
        if self._status < 200:  # 1xx: the real answer follows
            self._status = 0
        else:
            self._complete = True
            self._reusable = self._parser.should_keep_alive()

    # Onwards to the exchange.

    def _take_plain(self, piece: bytes) -> bool:
        """Take the first bytes of an answer without the parser, if they are all of it; return whether they are."""
        body = plain_body(piece)
        if body is None:
            return False
        self._head, self._status = piece, 200
        self._complete = self._reusable = True
        if body and self._exchange is not None:
            self._exchange.on_body(body, 200)
        self._finish()
        return True

    def _deliver(self) -> bool:
        """Hand over what the read brought of the body; return True when the exchange wants no more."""
        if not self._pieces:
            return False
        body = b"".join(self._pieces)
        self._pieces.clear()
        return self._exchange is not None and self._exchange.on_body(body, self._status)

    def _drain(self) -> None:
        """End the exchange; what is left of the framing is read and dropped, then the connection is free."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self._draining = asyncio.get_running_loop().call_later(DRAIN_S, self.abort)
            exchange.on_whole(self._status, self._head)

    def _finish(self) -> None:
        exchange, status, head = self._exchange, self._status, self._head
        self._exchange = None
        self._stop_draining()
        if self._reusable and not self._transport.is_closing():
            self._owner.on_free(self)  # first, so that whatever the answer sets off finds the connection free
        else:
            self._transport.abort()
        if exchange is not None:
            exchange.on_whole(status, head)

    def _stop_draining(self) -> None:
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None
