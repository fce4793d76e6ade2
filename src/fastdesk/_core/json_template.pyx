"""JSON objects of one fixed shape, written and recognised without anything between the bytes and the values."""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8

__all__ = ["JsonTemplate"]

cdef int MAX_FIELDS = 32
cdef int MAX_DIGITS = 20
cdef char* HEX = b"0123456789abcdef"

# What a byte becomes inside a string: 1 itself, 2 a short escape, 6 \u00XX. RFC 8259 section 7.
cdef unsigned char[256] WIDTH
cdef char[256] SHORT
cdef int _code
for _code in range(256):
    WIDTH[_code] = 6 if _code < 0x20 else 1
    SHORT[_code] = 0
for _raw, _letter in ((8, b"b"), (9, b"t"), (10, b"n"), (12, b"f"), (13, b"r"), (34, b'"'), (92, b"\\")):
    WIDTH[_raw] = 2
    SHORT[_raw] = _letter[0]


cdef inline Py_ssize_t escaped_size(const unsigned char* text, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i, total = 0
    for i in range(size):
        total += WIDTH[text[i]]
    return total


cdef char* write_escaped(char* to, const unsigned char* text, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned char byte
    for i in range(size):
        byte = text[i]
        if WIDTH[byte] == 1:
            to[0] = <char>byte
            to += 1
        elif WIDTH[byte] == 2:
            to[0] = c"\\"
            to[1] = SHORT[byte]
            to += 2
        else:
            memcpy(to, "\\u00", 4)
            to[4] = HEX[byte >> 4]
            to[5] = HEX[byte & 15]
            to += 6
    return to


cdef inline char* write_number(char* to, int64_t value) noexcept nogil:
    cdef char[20] digits
    cdef int count = 0
    cdef uint64_t left = <uint64_t>value
    if value < 0:
        to[0] = c"-"
        to += 1
        left = 0 - left
    while True:
        digits[count] = <char>(48 + left % 10)
        left //= 10
        count += 1
        if left == 0:
            break
    while count:
        count -= 1
        to[0] = digits[count]
        to += 1
    return to


@cython.final
cdef class JsonTemplate:
    """Write JSON objects of one shape, and read those that are written in just that way.

    Args:
        parts: literal text, and `str` or `int` where a value stands, in turn; literals without the quotes of a string
            value. At most 32 values.

    `fill` takes the values in order: strings (quoted and escaped as RFC 8259 section 7 asks, the rest as UTF-8) and
    integers of 64 bits; it returns new bytes, in O(length). `match` is its inverse for payloads that hold the literals
    byte for byte, strings without escapes and control characters, and integers without leading zeros of at most 18
    digits; for any other payload it returns None, which says nothing about whether that is good JSON.

    Errors: TypeError for a value of the wrong type, ValueError for a wrong number of values, OverflowError for a larger
    integer, UnicodeEncodeError for a lone surrogate. `match` raises nothing on any payload.
    """

    cdef list _literals
    cdef readonly int fields
    cdef bint[32] _is_text
    cdef Py_ssize_t _fixed

    def __cinit__(self, *parts):
        self._literals = [b""]
        self.fields = 0
        self._fixed = 0
        for part in parts:
            if part is str or part is int:
                if self.fields == MAX_FIELDS:
                    raise ValueError(f"a template has at most {MAX_FIELDS} values")
                self._is_text[self.fields] = part is str
                self.fields += 1
                self._literals.append(b"")
            elif isinstance(part, str):
                self._literals[self.fields] += part.encode()
                self._fixed += len(part.encode())
            else:
                raise TypeError("a part is text, str or int")

    def fill(self, *values):
        cdef const char* starts[32]
        cdef Py_ssize_t sizes[32]
        cdef int64_t numbers[32]
        cdef Py_ssize_t total = self._fixed, size
        cdef int i
        cdef char* to
        cdef bytes literal
        if len(values) != self.fields:
            raise ValueError(f"{self.fields} values are wanted, not {len(values)}")
        for i in range(self.fields):
            value = values[i]
            if self._is_text[i]:
                if type(value) is not str and not isinstance(value, str):
                    raise TypeError("a string is wanted")
                starts[i] = PyUnicode_AsUTF8AndSize(value, &sizes[i])
                total += 2 + escaped_size(<const unsigned char*>starts[i], sizes[i])
            else:
                numbers[i] = value
                total += MAX_DIGITS
        made = PyBytes_FromStringAndSize(NULL, total)
        to = PyBytes_AS_STRING(made)
        for i in range(self.fields + 1):
            literal = <bytes>self._literals[i]
            size = PyBytes_GET_SIZE(literal)
            memcpy(to, PyBytes_AS_STRING(literal), size)
            to += size
            if i == self.fields:
                break
            if self._is_text[i]:
                to[0] = c'"'
                to = write_escaped(to + 1, <const unsigned char*>starts[i], sizes[i])
                to[0] = c'"'
                to += 1
            else:
                to = write_number(to, numbers[i])
        size = to - PyBytes_AS_STRING(made)
        return made if size == total else made[:size]

    def match(self, bytes payload not None, /):
        cdef const char* at = PyBytes_AS_STRING(payload)
        cdef const char* end = at + PyBytes_GET_SIZE(payload)
        cdef const char* close
        cdef Py_ssize_t size
        cdef int i
        cdef int64_t number
        cdef bytes literal
        cdef list values = []
        for i in range(self.fields + 1):
            literal = <bytes>self._literals[i]
            size = PyBytes_GET_SIZE(literal)
            if end - at < size or memcmp(at, PyBytes_AS_STRING(literal), size) != 0:
                return None
            at += size
            if i == self.fields:
                break
            if self._is_text[i]:
                if at == end or at[0] != c'"':
                    return None
                at += 1
                close = <const char*>memchr(at, c'"', end - at)
                if close == NULL or has_escape(<const unsigned char*>at, close - at):
                    return None
                try:
                    values.append(PyUnicode_DecodeUTF8(at, close - at, NULL))
                except UnicodeDecodeError:
                    return None
                at = close + 1
            else:
                close = at
                number = 0
                while close < end and close - at < 19 and c"0" <= close[0] <= c"9":
                    number = number * 10 + (close[0] - 48)
                    close += 1
                if close == at or close - at > 18 or (at[0] == c"0" and close - at > 1):
                    return None
                values.append(number)
                at = close
        return tuple(values) if at == end else None


cdef inline bint has_escape(const unsigned char* text, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    cdef bint found = False
    for i in range(size):
        found |= text[i] == 92 or text[i] < 32
    return found
