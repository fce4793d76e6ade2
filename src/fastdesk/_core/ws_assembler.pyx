"""Fragments of WebSocket messages in, whole messages out."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from fastdesk._core.ws_bytes cimport continues_utf8, release, reserve, take_bytes

__all__ = ["MessageAssembler"]


@cython.final
cdef class MessageAssembler:
    """Join the data frames of one connection (RFC 6455, sections 5.4 and 8.1). One message at a time.

    Bounded by `max_bytes` and `max_fragments` of one message; at most four times `max_bytes` are allocated,
    and nothing between messages. Text is checked as it arrives. Appending is O(size), amortised.
    """

    def __cinit__(self, *, Py_ssize_t max_bytes, Py_ssize_t max_fragments):
        if max_bytes < 1 or max_fragments < 1:
            raise ValueError("a message has at least 1 byte and 1 fragment")
        self.max_bytes = max_bytes
        self.max_fragments = max_fragments

    def __dealloc__(self):
        release(&self._parts)

    def feed(self, uint8_t opcode, bint fin, bytes payload not None):
        """Add one frame: return the whole message, None while more must come, or the close code it deserves.

        `opcode` is 0 (continuation), 1 (text) or 2 (binary). After a code the assembler is empty again.
        """
        cdef int code = self.add(opcode, fin, PyBytes_AS_STRING(payload), PyBytes_GET_SIZE(payload))
        if code:
            return code
        return None if self.is_open else self.take()

    cdef int add(self, uint8_t opcode, bint fin, const char* payload, Py_ssize_t size) except -1:
        """Return 0, or the close code; when `is_open` is false afterwards, `take` has the message."""
        cdef int code = self._judge(opcode, fin, payload, size)
        if code:
            self.is_open = False
            release(&self._parts)
            return code
        memcpy(reserve(&self._parts, size), payload, size)
        self._parts.size += size
        self.is_open = not fin
        return 0

    cdef int _judge(self, uint8_t opcode, bint fin, const char* payload, Py_ssize_t size) except -1:
        if (opcode == 0) != self.is_open:
            return 1002
        if opcode:
            self.is_text = opcode == 1
            self._fragments = 0
            self._utf8.need = 0
        self._fragments += 1
        if size > self.max_bytes - self._parts.size or self._fragments > self.max_fragments:
            return 1009
        if self.is_text and not continues_utf8(&self._utf8, payload, size):
            return 1007
        if self.is_text and fin and self._utf8.need:
            return 1007
        return 0

    cdef bytes take(self):
        """Return the message and give its memory back."""
        return take_bytes(&self._parts)
