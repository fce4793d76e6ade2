"""JSON objects of one shape: written without building them first, and read where they are plain."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from fastdesk._core.byte_writer cimport (
    ABSENT,
    MAX_PARTS,
    NUMBER,
    SCRATCH,
    TEXT,
    Part,
    borrow_room,
    give_back,
    take_parts,
)
from fastdesk._core.json_text cimport plain_end

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* start, Py_ssize_t size, const char* errors)

__all__ = ["JsonForm"]

cdef char[SCRATCH] scratch              # used under the interpreter's lock only
cdef const char* HEX = b"0123456789abcdef"


cdef inline char* write_text(char* to, const char* at, Py_ssize_t size) noexcept nogil:
    """Write a JSON string of UTF-8; takes up to 6 * size + 2 bytes."""
    cdef const char* end = at + size
    cdef const char* stop
    cdef unsigned char sign
    cdef char short
    to[0] = 34
    to += 1
    while True:
        stop = plain_end(at, end)
        memcpy(to, at, stop - at)
        to += stop - at
        if stop == end:
            break
        sign = stop[0]
        at = stop + 1
        to[0] = 92
        short = (
            sign if sign == 34 or sign == 92
            else 110 if sign == 10 else 116 if sign == 9 else 114 if sign == 13
            else 98 if sign == 8 else 102 if sign == 12 else 0
        )
        if short:
            to[1] = short
            to += 2
        else:
            memcpy(to + 1, b"u00", 3)
            to[4] = HEX[sign >> 4]
            to[5] = HEX[sign & 15]
            to += 6
    to[0] = 34
    return to + 1


cdef inline char* write_number(char* to, long long number) noexcept nogil:
    """Write a number in decimal; takes up to 20 bytes."""
    cdef char[20] digits
    cdef int at = 20
    cdef uint64_t pair
    # The smallest number has no positive twin in 64 bits with a sign, but has one without.
    cdef uint64_t rest = <uint64_t>number
    if number < 0:
        rest = ~rest + 1                # 0 - rest, without a borrow that a checked build minds
        to[0] = 45
        to += 1
    while rest >= 100:
        pair = rest % 100
        rest //= 100
        at -= 2
        digits[at] = 48 + <char>(pair // 10)
        digits[at + 1] = 48 + <char>(pair % 10)
    if rest >= 10:
        at -= 1
        digits[at] = 48 + <char>(rest % 10)
        rest //= 10
    at -= 1
    digits[at] = 48 + <char>rest
    memcpy(to, &digits[at], 20 - at)
    return to + 20 - at


@cython.final
cdef class JsonForm:
    """Hold what stands before each value of an object and behind the last one.

    So `JsonForm((b'{"id":', b',"seq":'), b"}").write(("a", 1))` is `{"id":"a","seq":1}`. Never changed.

    Args:
        before: at most 24 pieces of JSON, each in front of its value.
        end: what follows the last value.
    """

    cdef tuple _before
    cdef bytes _end
    cdef Py_ssize_t _count, _fixed

    def __cinit__(self, tuple before not None, bytes end not None):
        if not 0 < len(before) <= MAX_PARTS or not all(type(piece) is bytes for piece in before):
            raise ValueError(f"A form has 1 to {MAX_PARTS} pieces of bytes.")
        self._before = before
        self._end = end
        self._count = len(before)
        self._fixed = sum(map(len, before)) + len(end)

    def write(self, tuple values not None, /):
        """Return the object with these values: str, int of 64 bits, bytes that are JSON already.

        None leaves its piece out. O(length).

        Raises:
            TypeError: a value of another type.
            ValueError: not as many values as pieces.
            OverflowError: a number beyond 64 bits.
            UnicodeEncodeError: a lone surrogate.
        """
        cdef Part[MAX_PARTS] parts
        cdef Py_ssize_t i
        if PyTuple_GET_SIZE(values) != self._count:
            raise ValueError(f"This form takes {self._count} values.")
        cdef Py_ssize_t most = 6 * take_parts(values, parts) + self._fixed + 20 * self._count
        cdef char* room = borrow_room(scratch, most)
        cdef char* to = room
        cdef object piece
        for i in range(self._count):
            if parts[i].kind == ABSENT:
                continue
            piece = <object>PyTuple_GET_ITEM(self._before, i)
            memcpy(to, PyBytes_AS_STRING(piece), PyBytes_GET_SIZE(piece))
            to += PyBytes_GET_SIZE(piece)
            if parts[i].kind == TEXT:
                to = write_text(to, parts[i].start, parts[i].size)
            elif parts[i].kind == NUMBER:
                to = write_number(to, parts[i].number)
            else:
                memcpy(to, parts[i].start, parts[i].size)
                to += parts[i].size
        memcpy(to, PyBytes_AS_STRING(self._end), PyBytes_GET_SIZE(self._end))
        to += PyBytes_GET_SIZE(self._end)
        try:
            return PyBytes_FromStringAndSize(room, to - room)
        finally:
            give_back(scratch, room)

    def read(self, bytes payload not None, /):
        """Return the texts of an object that has this very shape and nothing escaped, else None.

        O(length); never raises on what a peer sent.
        """
        cdef const char* at = PyBytes_AS_STRING(payload)
        cdef const char* end = at + PyBytes_GET_SIZE(payload)
        cdef const char* stop
        cdef Py_ssize_t i
        cdef object piece, text
        cdef tuple texts = PyTuple_New(self._count)
        for i in range(self._count):
            piece = <object>PyTuple_GET_ITEM(self._before, i)
            if not is_next(at, end, piece):
                return None
            at += PyBytes_GET_SIZE(piece)
            if at == end or at[0] != 34:
                return None
            at += 1
            stop = plain_end(at, end)
            if stop == end or stop[0] != 34:
                return None
            try:
                text = PyUnicode_DecodeUTF8(at, stop - at, NULL)
            except UnicodeDecodeError:
                return None
            Py_INCREF(text)
            PyTuple_SET_ITEM(texts, i, text)
            at = stop + 1
        if not is_next(at, end, self._end) or end - at != PyBytes_GET_SIZE(self._end):
            return None
        return texts


cdef inline bint is_next(const char* at, const char* end, object piece) noexcept:
    cdef Py_ssize_t size = PyBytes_GET_SIZE(piece)
    return end - at >= size and memcmp(at, PyBytes_AS_STRING(piece), size) == 0
