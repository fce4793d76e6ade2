"""Fields and C signatures of the WebSocket endpoint."""

from libc.stdint cimport int64_t, uint64_t

from picows.picows cimport WSListener


cdef class WsLimits:
    cdef readonly:
        Py_ssize_t max_message_bytes        # of one message, all fragments together
        Py_ssize_t max_fragments            # of one message
        Py_ssize_t max_pending_bytes        # sent but not yet taken by the kernel
        Py_ssize_t control_frames_per_s
        double message_timeout_s            # from the first byte of a message to its last
        double write_stall_s                # the peer takes too little
        double close_timeout_s              # from our CLOSE to the end of the connection
        double unclaimed_s                  # nobody has set `context`; 0 = wait for ever
        double ping_after_s                 # silence
        double silence_s                    # silence, our PING unanswered


cdef class Seat(WSListener):
    cdef bint is_dirty                      # stands in the endpoint's list
    cdef int flush(self) except -1
    cdef int check_time(self, int64_t now_ns) except -1
    cdef int fail(self) except -1


cdef class WsEndpoint:
    cdef:
        readonly WsLimits limits
        object on_message, on_open, on_close, on_error, on_writable
        object call_soon
        dict open                           # seat -> None, in order of arrival
        list _dirty                         # seats with frames to write
        bint _is_scheduled                  # a flush_dirty stands in the loop's queue
        int64_t _last_ns                    # the caller's clock at the last sweep
        int64_t time_ns                     # own time: never steps back, never jumps ahead
        uint64_t opened, messages_in, messages_out, bytes_in, bytes_out, writes
        uint64_t cut_slow, cut_silent, cut_late, refused, callback_errors

    cpdef Py_ssize_t flush_dirty(self) except -1
    cdef int mark_dirty(self, Seat seat) except -1
    cdef int report(self, Seat seat, object failure) except -1
