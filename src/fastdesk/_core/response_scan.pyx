"""The bytes of HTTP/1 responses: the plain ones, which are nearly all, in one pass."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp

__all__ = ["plain_body"]

cdef enum:
    MAX_LENGTH_DIGITS = 9


cdef inline bint is_named(
    const char* at, Py_ssize_t size, const char* name, Py_ssize_t length
) noexcept nogil:
    """Tell whether letters and hyphens say `name`, which is in small letters."""
    cdef Py_ssize_t i
    if size != length:
        return False
    for i in range(size):
        if at[i] | 32 != name[i]:
            return False
    return True


cdef inline bint is_name_sign(unsigned char sign) noexcept nogil:
    return 97 <= (sign | 32) <= 122 or 48 <= sign <= 57 or sign == 45


def plain_body(bytes raw not None, /):
    """Return the body of an answer that is here whole and leaves its connection open, None for any other.

    Such an answer is HTTP/1.1 with status 200, one Content-Length of up to nine digits and just so many bytes
    behind the head, names of letters, digits and hyphens, printable values on one line each, no
    Transfer-Encoding and no Upgrade; its Connection is keep-alive if it says so. O(length).
    """
    cdef const char* at = PyBytes_AS_STRING(raw)
    cdef const char* end = at + PyBytes_GET_SIZE(raw)
    cdef const char* name
    cdef const char* value
    cdef Py_ssize_t size, length = -1
    # Bytes end with a zero of their own: every look at one more stops there.
    if end - at < 17 or memcmp(at, b"HTTP/1.1 200 ", 13) != 0:
        return None
    at += 13
    while 32 <= at[0] <= 126:
        at += 1
    while True:
        if at[0] != 13 or at[1] != 10:
            return None
        at += 2
        if at[0] == 13 and at[1] == 10:
            break
        name = at
        while is_name_sign(at[0]):
            at += 1
        size = at - name
        if size == 0 or at[0] != 58:
            return None
        at += 1
        while at[0] == 32:
            at += 1
        value = at
        while 32 <= at[0] <= 126:
            at += 1
        if is_named(name, size, b"content-length", 14):
            if length >= 0 or not 0 < at - value <= MAX_LENGTH_DIGITS:
                return None
            length = 0
            while 48 <= value[0] <= 57:
                length = 10 * length + value[0] - 48
                value += 1
            if value != at:
                return None
        elif is_named(name, size, b"connection", 10):
            if not is_named(value, at - value, b"keep-alive", 10):
                return None
        elif (
            is_named(name, size, b"transfer-encoding", 17)
            or is_named(name, size, b"upgrade", 7)
            or is_named(name, size, b"proxy-connection", 16)
        ):
            return None
    at += 2
    return PyBytes_FromStringAndSize(at, length) if end - at == length else None
