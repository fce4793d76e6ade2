"""What the WebSocket connections of one path share: functions to call, limits, the time, who is open."""

cimport cython
from libc.stdint cimport int64_t

from picows.picows cimport WSListener

__all__ = ["WsEndpoint", "WsLimits"]

cdef int64_t MAX_STEP_NS = 5_000_000_000  # a loop that stood still for longer must not time out everybody


@cython.final
cdef class WsLimits:
    """Bound one connection. Sizes in bytes, times in seconds, all above zero; `unclaimed_s=0` waits for ever.

    `max_message_bytes` bounds a frame as well, `max_pending_bytes` also the largest frame that can be sent. A
    time limit takes effect at the next sweep, up to a second later. Raises ValueError. Immutable.
    """

    def __cinit__(
        self,
        *,
        Py_ssize_t max_message_bytes=65_536,
        Py_ssize_t max_fragments=1_024,
        Py_ssize_t max_pending_bytes=262_144,
        Py_ssize_t control_frames_per_s=100,
        double message_timeout_s=28,
        double write_stall_s=8,
        double close_timeout_s=2,
        double unclaimed_s=9,
        double ping_after_s=25,
        double silence_s=60,
    ):
        if min(max_message_bytes, max_fragments, max_pending_bytes, control_frames_per_s) < 1:
            raise ValueError("a limit of size or number must be at least 1")
        if min(message_timeout_s, write_stall_s, close_timeout_s, ping_after_s) <= 0 or unclaimed_s < 0:
            raise ValueError("a time limit must be above 0 seconds")
        if silence_s <= ping_after_s:
            raise ValueError("silence_s must be longer than ping_after_s, or no PING can be answered")
        self.max_message_bytes = max_message_bytes
        self.max_fragments = max_fragments
        self.max_pending_bytes = max_pending_bytes
        self.control_frames_per_s = control_frames_per_s
        self.message_timeout_s = message_timeout_s
        self.write_stall_s = write_stall_s
        self.close_timeout_s = close_timeout_s
        self.unclaimed_s = unclaimed_s
        self.ping_after_s = ping_after_s
        self.silence_s = silence_s


cdef class Seat(WSListener):
    """What an endpoint knows of a connection: it may have frames to write, it minds the time, it can fail."""

    cdef int flush(self) except -1:
        raise NotImplementedError

    cdef int check_time(self, int64_t now_ns) except -1:
        raise NotImplementedError

    cdef int fail(self) except -1:
        raise NotImplementedError


@cython.final
cdef class WsEndpoint:
    """Serve one path.

    Args:
        on_message: called with (connection, payload, is_text) for each whole message; text is valid UTF-8.
        on_open: called with (connection) once, when the handshake is done.
        on_close: called with (connection, code) exactly once, from the loop, never inside another call:
            the peer's code (1005: none given), ours, or 1006 when the connection was lost.
        on_error: called with (connection, exception) when one of the others raised; the connection then
            closes with 1011. What it raises itself is dropped.
        call_soon: puts a function into the loop's queue (`loop.call_soon`).
        on_writable: called with (connection) from the loop when its `is_writable` is true again.
        limits: of each connection.

    Everything must be called in the loop's thread. Call `sweep` every second.
    """

    def __cinit__(
        self,
        *,
        on_message not None,
        on_open not None,
        on_close not None,
        on_error not None,
        call_soon not None,
        on_writable=None,
        WsLimits limits=None,
    ):
        self.on_message, self.on_open, self.on_close = on_message, on_open, on_close
        self.on_error, self.on_writable, self.call_soon = on_error, on_writable, call_soon
        self.limits = WsLimits() if limits is None else limits
        self.open = {}
        self._dirty = []
        self._last_ns = 0
        self.time_ns = 1

    def __len__(self):
        return len(self.open)

    def connections(self):
        """Return the open connections, oldest first: a copy, O(n)."""
        return list(self.open)

    def counters(self):
        """Return what happened since the start, by name."""
        return {
            "opened": self.opened,
            "messages_in": self.messages_in,
            "messages_out": self.messages_out,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "writes": self.writes,
            "cut_slow": self.cut_slow,
            "cut_silent": self.cut_silent,
            "cut_late": self.cut_late,
            "refused": self.refused,
            "callback_errors": self.callback_errors,
        }

    def sweep(self, int64_t now_ns):
        """Enforce every time limit; `now_ns` is monotonic. O(open connections).

        A step backwards counts as no time, a step of more than five seconds as five: a machine that slept, or
        a loop that was held up, must not time out everybody.
        """
        cdef Seat seat
        if self._last_ns:
            self.time_ns += min(max(now_ns - self._last_ns, 0), MAX_STEP_NS)
        self._last_ns = now_ns
        for seat in list(self.open):
            try:
                seat.check_time(self.time_ns)
            except Exception as failure:
                self.report(seat, failure)

    cpdef Py_ssize_t flush_dirty(self) except -1:
        """Write what was sent outside of a read, one write per connection; return how many were written.

        It runs by itself at the next turn of the loop; whoever has just sent to many calls it at the end.
        """
        cdef Seat seat
        cdef list dirty = self._dirty
        self._is_scheduled = False
        if not dirty:
            return 0
        self._dirty = []
        for seat in dirty:
            seat.is_dirty = False
            try:
                seat.flush()
            except Exception as failure:
                self.report(seat, failure)
        return len(dirty)

    cdef int mark_dirty(self, Seat seat) except -1:
        seat.is_dirty = True
        self._dirty.append(seat)
        if not self._is_scheduled:
            self._is_scheduled = True
            self.call_soon(self.flush_dirty)
        return 0

    cdef int report(self, Seat seat, object failure) except -1:
        """Tell the failure and end the connection; nothing of it leaves this function."""
        self.callback_errors += 1
        try:
            self.on_error(seat, failure)
        except Exception:  # nobody is left who could be told
            pass
        return seat.fail()
