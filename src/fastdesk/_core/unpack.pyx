"""MessagePack that is read without making objects of all of it: the beginning of a row, and rows in a row."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

cimport cython

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* start, Py_ssize_t size, const char* errors)
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    void* PyUnicode_DATA(object text)

__all__ = ["split_array", "unpack_head"]

cdef enum:
    KEPT = 256                          # texts that were read a moment ago, by the hash of their end
    KEPT_BYTES = 64                     # of the longest of them

cdef list kept = [""] * KEPT            # used under the interpreter's lock only


cdef inline uint64_t big_endian(const uint8_t* at, Py_ssize_t size) noexcept nogil:
    cdef uint64_t number = 0
    cdef Py_ssize_t i
    for i in range(size):
        number = number << 8 | at[i]
    return number


cdef inline Py_ssize_t head_size(uint8_t kind) noexcept nogil:
    """Return the bytes before the content of a text or an integer; 0 for what is neither."""
    if kind < 0x80 or 0xA0 <= kind < 0xC0 or kind >= 0xE0 or 0xCC <= kind <= 0xD3:
        return 1
    return 1 + (1 << (kind - 0xD9)) if 0xD9 <= kind <= 0xDB else 0


cdef inline uint64_t content_size(const uint8_t* at) noexcept nogil:
    """Return the bytes of its content; only its head is looked at."""
    cdef uint8_t kind = at[0]
    if kind < 0x80 or kind >= 0xE0:
        return 0
    if kind < 0xC0:
        return kind & 31
    return big_endian(at + 1, 1 << (kind - 0xD9)) if kind >= 0xD9 else 1 << (kind & 3)


@cython.overflowcheck(False)            # the hash is what is left of a product
cdef object read_text(const uint8_t* start, Py_ssize_t size):
    """Return a str; one that was read a moment ago is the same object, whose hash is known already."""
    cdef uint32_t end = 0
    cdef object text
    if size > KEPT_BYTES:
        return PyUnicode_DecodeUTF8(<const char*>start, size, NULL)
    memcpy(&end, start + max(size - 4, 0), min(size, 4))
    end = ((end ^ <uint32_t>size) * 0x9E3779B1u) >> 24
    text = kept[end]
    if PyUnicode_GET_LENGTH(text) != size or memcmp(PyUnicode_DATA(text), start, size) != 0:
        text = PyUnicode_DecodeUTF8(<const char*>start, size, NULL)
        if PyUnicode_IS_COMPACT_ASCII(text):
            kept[end] = text
    return text


cdef object read_number(const uint8_t* at):
    cdef uint8_t kind = at[0]
    if kind < 0x80:
        return kind
    if kind >= 0xE0:
        return <int8_t>kind
    cdef uint64_t number = big_endian(at + 1, 1 << (kind & 3))
    if kind < 0xD0:
        return number
    return (
        <int8_t>number if kind == 0xD0 else <int16_t>number if kind == 0xD1
        else <int32_t>number if kind == 0xD2 else <int64_t>number
    )


def unpack_head(bytes packed not None, str tag not None, Py_ssize_t count, /):
    """Return `count` values of an array of up to 15: texts and integers, those behind its first one, `tag`.

    None for what is no such array or has another value among these; what is behind them is not looked at.
    O(length).

    Raises:
        ValueError: a negative count.
        UnicodeDecodeError: a text that is not UTF-8.
    """
    cdef const uint8_t* at = <const uint8_t*>PyBytes_AS_STRING(packed)
    cdef const uint8_t* end = at + PyBytes_GET_SIZE(packed)
    cdef Py_ssize_t i, head, size
    cdef uint64_t content
    cdef const char* name = PyUnicode_AsUTF8AndSize(tag, &size)
    cdef object value
    if count < 0:
        raise ValueError(f"{count} values can't be read.")
    if end - at < 2 + size or size >= 32 or not 0x90 < at[0] < 0xA0 or (at[0] & 15) <= count:
        return None
    if at[1] != (0xA0 | size) or memcmp(at + 2, name, size) != 0:
        return None
    at += 2 + size
    cdef tuple values = PyTuple_New(count)
    for i in range(count):
        head = head_size(at[0]) if at < end else 0
        if head == 0 or end - at < head:
            return None
        content = content_size(at)
        if content > <uint64_t>(end - at - head):
            return None
        if 0xA0 <= at[0] < 0xC0 or 0xD9 <= at[0] <= 0xDB:
            value = read_text(at + head, content)
        else:
            value = read_number(at)
        Py_INCREF(value)
        PyTuple_SET_ITEM(values, i, value)
        at += head + content
    return values


cdef inline const uint8_t* after_sized(
    const uint8_t* at, const uint8_t* end, Py_ssize_t head, Py_ssize_t extra
) noexcept nogil:
    """Return what follows a value whose size stands in `head` bytes behind its first; NULL: it is cut off."""
    cdef uint64_t size
    if end - at <= head:
        return NULL
    size = big_endian(at + 1, head) + <uint64_t>extra
    return at + 1 + head + <Py_ssize_t>size if size <= <uint64_t>(end - at - 1 - head) else NULL


cdef const uint8_t* after_value(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """Return what follows a value (MessagePack specification, formats); NULL when it is cut off or none."""
    cdef uint64_t left = 1              # values to pass, at most one for each byte
    cdef uint8_t kind
    cdef Py_ssize_t size
    while left:
        if at >= end:
            return NULL
        left -= 1
        kind = at[0]
        size = 0
        if kind < 0x80 or kind >= 0xE0 or kind == 0xC0 or kind == 0xC2 or kind == 0xC3:
            at += 1
            continue
        if 0xA0 <= kind < 0xC0:
            size = 1 + (kind & 31)
        elif kind < 0x90:
            left += 2 * (kind & 15)
            size = 1
        elif kind < 0xA0:
            left += kind & 15
            size = 1
        elif 0xCA <= kind <= 0xD3:      # numbers
            size = 1 + (4 if kind == 0xCA else 8 if kind == 0xCB else 1 << (kind & 3))
        elif 0xD4 <= kind <= 0xD8:      # extensions of fixed sizes
            size = 2 + (1 << (kind - 0xD4))
        elif 0xDC <= kind:              # arrays and maps
            size = 5 if kind & 1 else 3
            if end - at < size:
                return NULL
            left += big_endian(at + 1, size - 1) << (1 if kind >= 0xDE else 0)
        elif kind >= 0xD9:              # texts
            at = after_sized(at, end, 1 << (kind - 0xD9), 0)
        elif kind >= 0xC7:              # extensions
            at = after_sized(at, end, 1 << (kind - 0xC7), 1)
        elif kind >= 0xC4:              # bytes
            at = after_sized(at, end, 1 << (kind - 0xC4), 0)
        else:                           # 0xC1: never used
            return NULL
        if at == NULL or end - at < size:
            return NULL
        at += size
        if left > <uint64_t>(end - at):
            return NULL
    return at


def split_array(bytes packed not None, /):
    """Return the elements of an array as they are packed.

    None for what is no array, is cut off or goes on behind it. Texts are not looked at. O(length).
    """
    cdef const uint8_t* at = <const uint8_t*>PyBytes_AS_STRING(packed)
    cdef const uint8_t* end = at + PyBytes_GET_SIZE(packed)
    cdef const uint8_t* next
    cdef uint64_t count
    cdef Py_ssize_t size
    if at == end:
        return None
    if 0x90 <= at[0] < 0xA0:
        count = at[0] & 15
        at += 1
    elif at[0] == 0xDC or at[0] == 0xDD:
        size = 2 if at[0] == 0xDC else 4
        if end - at <= size:
            return None
        count = big_endian(at + 1, size)
        at += 1 + size
    else:
        return None
    cdef list elements = []
    while count:
        next = after_value(at, end)
        if next == NULL:
            return None
        elements.append(PyBytes_FromStringAndSize(<const char*>at, next - at))
        at = next
        count -= 1
    return elements if at == end else None
