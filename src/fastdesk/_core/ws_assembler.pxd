"""Fields and C signatures of the message assembler."""

from libc.stdint cimport uint8_t

from fastdesk._core.ws_bytes cimport Buffer, Utf8


cdef class MessageAssembler:
    cdef:
        readonly Py_ssize_t max_bytes       # of one message
        readonly Py_ssize_t max_fragments   # of one message
        readonly bint is_text               # kind of the message at hand
        readonly bint is_open               # its last fragment is still to come
        Buffer _parts
        Py_ssize_t _fragments
        Utf8 _utf8

    cdef int add(self, uint8_t opcode, bint fin, const char* payload, Py_ssize_t size) except -1
    cdef int _judge(self, uint8_t opcode, bint fin, const char* payload, Py_ssize_t size) except -1
    cdef bytes take(self)
