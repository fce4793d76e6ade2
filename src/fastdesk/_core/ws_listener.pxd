"""Fields and C signatures of the WebSocket listener."""

from libc.stdint cimport int64_t, uint8_t

from picows.picows cimport WSFrame, WSTransport

from fastdesk._core.ws_assembler cimport MessageAssembler
from fastdesk._core.ws_bytes cimport Buffer
from fastdesk._core.ws_endpoint cimport Seat, WsEndpoint


cdef class WsConnection(Seat):
    cdef:
        readonly WsEndpoint endpoint
        readonly str peer
        readonly object handshake
        public object context
        object _on_gone                 # called after on_close, for whoever counts connections
        WSTransport _ws                 # None before the handshake and after the end
        MessageAssembler _assembler     # None until the first fragment
        Buffer _out                     # frames not yet given to the transport
        Py_ssize_t _unsent              # given to the transport: an upper bound, see `_measure`
        Py_ssize_t _control_left        # control frames the peer may still send before the next sweep
        int64_t _opened_ns
        int64_t _heard_ns               # last complete frame
        int64_t _message_ns             # first fragment of the unfinished message; 0 = none
        int64_t _frame_ns               # first bytes of the unfinished frame; 0 = none
        int64_t _paused_ns              # since when the peer takes too little; 0 = it keeps up
        int64_t _deadline_ns            # end of the close handshake
        int _code                       # what on_close will say
        int parser_code                # what the parser refused in this read; 0 = nothing
        uint8_t _state
        bint _is_corked                 # inside a read: frames are collected until its end
        bint _is_full                   # more waits in `_out` than is good
        bint _is_pinged
        bint _has_frames                # this read completed a frame
        bint _has_tail                  # bytes of a next frame follow it

    cpdef on_ws_connected(self, WSTransport transport)
    cpdef on_ws_frame(self, WSTransport transport, WSFrame frame)
    cpdef on_ws_disconnected(self, WSTransport transport)
    cpdef pause_writing(self)
    cpdef resume_writing(self)
    cpdef send_text(self, bytes payload)
    cpdef send_binary(self, bytes payload)

    cdef int _send(self, uint8_t opcode, bytes payload) except -1
    cdef int _append(self, uint8_t opcode, const char* payload, Py_ssize_t size) except -1
    cdef Py_ssize_t _measure(self) except -1
    cdef int _begin_close(self, int code, bytes reason) except -1
    cdef int _refuse(self, int code, bytes reason) except -1
    cdef int _cut(self, int code) except -1
    cdef int begin_read(self) except -1
    cdef int end_read(self) except -1
    cdef int _process_frame(self, WSFrame frame) except -1
    cdef int _process_control(self, WSFrame frame) except -1
    cdef int _process_close(self, WSFrame frame) except -1
