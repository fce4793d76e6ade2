"""Questions to a whole text, each in one pass over its characters, at a tenth of the cost of a pattern."""

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)

__all__ = ["has_controls", "has_full_width", "is_name"]


def has_controls(str text not None, /):
    """Tell whether a text has a control character (below U+0020, U+007F) but tab and line feed. O(length)."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef unsigned int sign
    cdef Py_ssize_t i
    for i in range(PyUnicode_GET_LENGTH(text)):
        sign = PyUnicode_READ(kind, data, i)
        if (sign < 0x20 and sign != 9 and sign != 10) or sign == 0x7F:
            return True
    return False


def has_full_width(str text not None, /):
    """Tell whether a text has a full-width letter, digit or space (U+FF10 to U+FF5A, U+3000). O(length)."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef unsigned int sign
    cdef Py_ssize_t i
    if PyUnicode_IS_ASCII(text):
        return False
    for i in range(PyUnicode_GET_LENGTH(text)):
        sign = PyUnicode_READ(kind, data, i)
        if sign == 0x3000 or 0xFF10 <= sign <= 0xFF19 or 0xFF21 <= sign <= 0xFF3A or 0xFF41 <= sign <= 0xFF5A:
            return True
    return False


def is_name(str text not None, Py_ssize_t least, Py_ssize_t most, /):
    """Tell whether a text is `least` to `most` ASCII letters, digits, `_` and `-`. O(length)."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef unsigned int sign
    cdef Py_ssize_t i, length = PyUnicode_GET_LENGTH(text)
    if not least <= length <= most or not PyUnicode_IS_ASCII(text):
        return False
    for i in range(length):
        sign = PyUnicode_READ(kind, data, i)
        if not (97 <= (sign | 32) <= 122 or 48 <= sign <= 57 or sign == 95 or sign == 45):
            return False
    return True
