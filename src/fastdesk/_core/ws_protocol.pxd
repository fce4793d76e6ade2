"""Fields of the frame parser's seat."""

from fastdesk._core.ws_listener cimport WsConnection


cdef class ParserVoice:
    cdef WsConnection connection
