"""WebSocket connections, server side: strict frames in, whole messages out, one Python call per message.

picows parses the frames and writes the 101; every later frame is built here, and goes straight to the socket
unless the transport holds others, the kernel takes no more, or TLS stands between.

Theory of operation. A connection is opening, open, closing or closed. It leaves `open` once, before anything
is written or called, so nothing that arrives later can be taken for a message. A read is one call of
`WsProtocol.buffer_updated`: its frames are processed while the connection is *corked*, and its end writes in
one go what was sent meanwhile. Frames sent at any other time are written by `WsEndpoint.flush_dirty`, once a
turn of the loop. No clock is read: `WsEndpoint.sweep` brings the time and enforces what counts in seconds.

Rules beyond the parser's own (RFC 6455): no reserved bits (5.2), fragments in order (5.4), text checked as it
arrives (8.1), close codes of 7.4 only, one answer to CLOSE and then a timed end, control frames on a budget.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from picows.picows cimport WSFrame, WSTransport

from picows.version import __version__ as picows_version

from fastdesk._core.ws_assembler cimport MessageAssembler
from fastdesk._core.ws_bytes cimport Buffer, is_utf8, release, reserve
from fastdesk._core.ws_endpoint cimport Seat, WsEndpoint

__all__ = ["WsConnection"]

if picows_version != "2.3.1":  # the layout of its classes is compiled into this module
    raise ImportError(f"fastdesk needs picows 2.3.1, found {picows_version}")

cdef enum:
    OPENING, OPEN, CLOSING, CLOSED

cdef enum:
    OP_CONTINUATION = 0
    OP_TEXT = 1
    OP_BINARY = 2
    OP_CLOSE = 8
    OP_PING = 9
    OP_PONG = 10

cdef enum:
    NO_CODE = 1005
    LOST = 1006

cdef Py_ssize_t HIGH_WATER = 65_536  # the loops' own mark for their transports
cdef Py_ssize_t MAX_HEADER = 10     # of a frame that a server sends


cdef int64_t in_ns(double seconds) noexcept:
    return <int64_t>(seconds * 1e9)


cdef bint may_close_with(int code) noexcept:
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


@cython.final
cdef class WsConnection(Seat):
    """One connection from the handshake to `on_close`. Loop thread only.

    `context` belongs to the caller until `on_close` returns; while it is None the connection is unclaimed and
    closes after `unclaimed_s`. `handshake` is whatever the caller gave. What is sent after `open` is dropped:
    a send is no delivery. A peer that lets more than `max_pending_bytes` pile up is cut, code 1013;
    that marks it and calls nothing, so a loop over many receivers may go on. Sending is one copy, O(size).
    """

    def __cinit__(self, WsEndpoint endpoint not None, str peer not None, handshake=None, on_gone=None):
        self.endpoint = endpoint
        self.peer = peer
        self.handshake = handshake
        self._on_gone = on_gone
        self._code = LOST
        self._state = OPENING

    def __dealloc__(self):
        release(&self._out)

    @property
    def is_open(self):
        """Tell whether messages can still come and go."""
        return self._state == OPEN

    @property
    def is_writable(self):
        """Tell whether there is room for more: who has much to send stops here and goes on in `on_writable`.

        It turns false when 64 KiB wait to be written, or when the peer does not keep up; in the second case
        nothing is read from it either.
        """
        return self._state == OPEN and self._paused_ns == 0 and not self._is_full

    @property
    def pending_bytes(self):
        """Count the bytes that the kernel has not taken yet."""
        return self._out.size + (0 if self._ws is None else self._measure())

    cpdef send_text(self, bytes payload):
        """Send one message of UTF-8 text; it is not checked again."""
        self._send(OP_TEXT, payload)

    cpdef send_binary(self, bytes payload):
        """Send one binary message."""
        self._send(OP_BINARY, payload)

    def close(self, int code=1000, str reason not None=""):
        """Send what is pending, then CLOSE; of the reason the first 123 bytes. Closing twice is allowed.

        Raises ValueError for a code that may not stand on the wire.
        """
        if not may_close_with(code):
            raise ValueError(f"a close code is 1000-1003, 1007-1014 or 3000-4999, not {code}")
        self._begin_close(code, reason.encode()[:123].decode(errors="ignore").encode())

    def abort(self, int code=LOST):
        """Drop the connection and all that is pending; `on_close` gets the code, the peer nothing."""
        self._cut(code)

    # Sending.

    cdef int _send(self, uint8_t opcode, bytes payload) except -1:
        cdef Py_ssize_t size, cap = self.endpoint.limits.max_pending_bytes
        if payload is None:
            raise TypeError("a payload is bytes, not None")
        if self._state != OPEN:
            return 0
        size = PyBytes_GET_SIZE(payload) + MAX_HEADER
        if self._out.size + size + self._unsent > cap:
            self.flush()
            if self._state != OPEN:
                return 0
            if size + self._measure() > cap:
                self.endpoint.cut_slow += 1
                return self._cut(1013)
        self._append(opcode, PyBytes_AS_STRING(payload), size - MAX_HEADER)
        self.endpoint.messages_out += 1
        self._is_full = self._out.size > HIGH_WATER
        if not self._is_corked and not self.is_dirty:
            self.endpoint.mark_dirty(self)
        return 0

    cdef int _append(self, uint8_t opcode, const char* payload, Py_ssize_t size) except -1:
        """Build an unmasked, unfragmented frame (RFC 6455, section 5.2) behind those that wait."""
        cdef uint8_t* head = <uint8_t*>reserve(&self._out, size + MAX_HEADER)
        cdef Py_ssize_t used = 2, i
        head[0] = 0x80 | opcode
        if size < 126:
            head[1] = <uint8_t>size
        elif size < 65_536:
            head[1] = 126
            used = 4
        else:
            head[1] = 127
            used = 10
        for i in range(2, used):
            head[i] = <uint8_t>(size >> 8 * (used - 1 - i) & 0xFF)
        memcpy(head + used, payload, size)
        self._out.size += used + size
        return 0

    cdef int flush(self) except -1:
        """Write the waiting frames in one go; the transport may call `pause_writing` meanwhile."""
        cdef Buffer frames = self._out
        if frames.size == 0 or self._ws is None or self._state == CLOSED:
            return 0
        self._unsent += frames.size
        self.endpoint.bytes_out += frames.size
        self.endpoint.writes += 1
        self._out = Buffer(NULL, 0, 0)
        try:
            self._ws._fast_write(frames.start, frames.size)
        finally:
            release(&frames)
        if self._is_full and self._paused_ns == 0:
            self._is_full = False
            self.endpoint.call_soon(self._go_on)
        return 0

    cdef Py_ssize_t _measure(self) except -1:
        """Ask the transport what it still holds; between two questions `_unsent` can only be too high."""
        self._unsent = self._ws._tr_get_write_buffer_size()
        return self._unsent

    # Ending.

    cdef int _begin_close(self, int code, bytes reason) except -1:
        """Send CLOSE and wait for the peer's; what else it sends is thrown away."""
        cdef bytes body
        if self._state != OPEN:
            return 0
        self._state = CLOSING
        self._code = code
        self._assembler = None
        self._deadline_ns = self.endpoint.time_ns + in_ns(self.endpoint.limits.close_timeout_s)
        body = b"" if code == NO_CODE else code.to_bytes(2, "big") + reason
        self._append(OP_CLOSE, PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body))
        return self.flush()

    cdef int _refuse(self, int code, bytes reason) except -1:
        """Close, because the peer broke a rule."""
        self.endpoint.refused += 1
        return self._begin_close(code, reason)

    cdef int fail(self) except -1:
        """Close, because something broke on this side."""
        try:
            return self._begin_close(1011, b"")
        except Exception:
            return self._cut(1011)

    cdef int _cut(self, int code) except -1:
        """Drop the transport; the loop calls `on_ws_disconnected` later."""
        if self._state == CLOSED or self._ws is None:
            return 0
        if self._state == OPEN:
            self._code = code
        self._state = CLOSED
        self._assembler = None
        release(&self._out)
        self._ws.underlying_transport.abort()
        return 0

    # Receiving.

    cdef int begin_read(self) except -1:
        self._is_corked = True
        self._has_frames = self._has_tail = False
        return 0

    cdef int end_read(self) except -1:
        """Note an unfinished frame, pass on the parser's verdict, write what was sent meanwhile."""
        self._is_corked = False
        if self._has_frames or self._frame_ns == 0:
            self._frame_ns = self.endpoint.time_ns if self._has_tail or not self._has_frames else 0
        if self.parser_code:
            self._refuse(self.parser_code, b"")
            self.parser_code = 0
        return self.flush()

    cpdef on_ws_connected(self, WSTransport transport):
        """The handshake is done."""
        cdef int64_t now_ns = self.endpoint.time_ns
        transport.is_close_frame_sent = True  # silences picows: CLOSE must come after our frames
        transport.request = transport.response = None
        self._ws = transport
        self._state = OPEN
        self._opened_ns = self._heard_ns = now_ns
        self._control_left = self.endpoint.limits.control_frames_per_s
        self.begin_read()
        self._has_frames = True
        self.endpoint.open[self] = None
        self.endpoint.opened += 1
        try:
            self.endpoint.on_open(self)
        except Exception as failure:
            self.endpoint.report(self, failure)

    cpdef on_ws_frame(self, WSTransport transport, WSFrame frame):
        """One complete frame; its memory is reused after this call."""
        self._has_frames = True
        self._has_tail = frame.tail_size > 0
        try:
            if self._state == OPEN:
                self._process_frame(frame)
            elif self._state == CLOSING and <int>frame.msg_type == OP_CLOSE:
                transport.underlying_transport.close()
        except Exception as failure:
            self.endpoint.report(self, failure)

    cdef int _process_frame(self, WSFrame frame) except -1:
        cdef WsEndpoint endpoint = self.endpoint
        cdef uint8_t opcode = <uint8_t>frame.msg_type
        cdef bint is_text = opcode == OP_TEXT
        cdef bytes message
        cdef int code
        self._heard_ns = endpoint.time_ns
        self._is_pinged = False
        endpoint.bytes_in += frame.payload_size
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            return self._refuse(1002, b"reserved bit")
        if opcode >= OP_CLOSE:
            return self._process_control(frame)
        if frame.fin and opcode != OP_CONTINUATION and self._message_ns == 0:  # a whole message
            if frame.payload_size > endpoint.limits.max_message_bytes:
                return self._refuse(1009, b"message too big")
            if is_text and not is_utf8(frame.payload_ptr, frame.payload_size):
                return self._refuse(1007, b"not UTF-8")
            message = PyBytes_FromStringAndSize(frame.payload_ptr, frame.payload_size)
        else:
            if self._assembler is None:
                self._assembler = MessageAssembler(
                    max_bytes=endpoint.limits.max_message_bytes, max_fragments=endpoint.limits.max_fragments
                )
            code = self._assembler.add(opcode, frame.fin, frame.payload_ptr, frame.payload_size)
            if code:
                return self._refuse(code, b"")
            if not frame.fin:
                self._message_ns = self._message_ns or endpoint.time_ns
                return 0
            self._message_ns = 0
            is_text = self._assembler.is_text
            message = self._assembler.take()
        endpoint.messages_in += 1
        endpoint.on_message(self, message, True if is_text else False)
        return 0

    cdef int _process_control(self, WSFrame frame) except -1:
        self._control_left -= 1
        if self._control_left < 0:
            self._refuse(1008, b"too many control frames")
            self._ws.underlying_transport.close()  # reads no more of it
        elif <int>frame.msg_type == OP_PING:
            self._append(OP_PONG, frame.payload_ptr, frame.payload_size)
        elif <int>frame.msg_type == OP_CLOSE:
            self._process_close(frame)
        return 0

    cdef int _process_close(self, WSFrame frame) except -1:
        """Answer with the same code and end; the parser refuses a bad reason and a body of one byte."""
        cdef const uint8_t* body = <const uint8_t*>frame.payload_ptr
        cdef int code = NO_CODE
        if frame.payload_size:
            code = body[0] << 8 | body[1]
            if not may_close_with(code):
                return self._refuse(1002, b"close code")
        self._begin_close(1000 if code == NO_CODE else code, b"")
        self._code = code
        self._ws.underlying_transport.close()
        return 0

    # What the transport and the sweep report.

    cpdef pause_writing(self):
        """The transport holds more than it likes: read no more from a peer that does not read."""
        self._paused_ns = self.endpoint.time_ns
        if self._ws is not None:
            self._ws.underlying_transport.pause_reading()

    cpdef resume_writing(self):
        """The peer has caught up."""
        self._paused_ns = 0
        self._is_full = self._out.size > HIGH_WATER
        if self._ws is not None and self._state != CLOSED:
            self._ws.underlying_transport.resume_reading()
            self._go_on()

    def _go_on(self):
        if self.is_writable and self.endpoint.on_writable is not None:
            try:
                self.endpoint.on_writable(self)
            except Exception as failure:
                self.endpoint.report(self, failure)

    cpdef on_ws_disconnected(self, WSTransport transport):
        """The transport is gone."""
        self._state = CLOSED
        self._ws = None
        self._assembler = None
        release(&self._out)
        self.endpoint.open.pop(self, None)
        try:
            self.endpoint.on_close(self, self._code)
        except Exception as failure:
            self.endpoint.report(self, failure)
        self.context = None  # most contexts know their connection: no cycle stays behind
        if self._on_gone is not None:
            self._on_gone(self)

    cdef int check_time(self, int64_t now_ns) except -1:
        cdef WsEndpoint endpoint = self.endpoint
        cdef int64_t silent_ns = now_ns - self._heard_ns
        cdef int64_t late_ns = in_ns(endpoint.limits.message_timeout_s)
        self._control_left = endpoint.limits.control_frames_per_s
        if self._state == CLOSING:
            return self._cut(self._code) if now_ns >= self._deadline_ns else 0
        if self._state != OPEN:
            return 0
        if self._paused_ns:
            if now_ns - self._paused_ns >= in_ns(endpoint.limits.write_stall_s):
                endpoint.cut_slow += 1
                self._cut(1013)
        elif (self._frame_ns and now_ns - self._frame_ns >= late_ns) or (
            self._message_ns and now_ns - self._message_ns >= late_ns
        ):
            endpoint.cut_late += 1
            self._begin_close(1008, b"unfinished message")
        elif self.context is None and 0 < in_ns(endpoint.limits.unclaimed_s) <= now_ns - self._opened_ns:
            endpoint.cut_late += 1
            self._begin_close(1008, b"nobody came in")
        elif silent_ns >= in_ns(endpoint.limits.silence_s):
            endpoint.cut_silent += 1
            self._cut(LOST)
        elif silent_ns >= in_ns(endpoint.limits.ping_after_s) and not self._is_pinged:
            self._is_pinged = True
            self._append(OP_PING, b"", 0)
            self.flush()
        return 0
