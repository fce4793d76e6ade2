"""Questions to a whole text, each in one pass over its characters, at a tenth of the cost of a pattern."""

cimport cython
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)
    bint Py_UNICODE_ISALPHA(Py_UCS4 sign)
    bint Py_UNICODE_ISDIGIT(Py_UCS4 sign)

__all__ = [
    "SignSet",
    "has_controls",
    "has_full_width",
    "has_long_number",
    "is_bordered",
    "is_name",
    "scripts",
    "utf8_length",
]


ctypedef fused Unit:                    # of a str: one, two or four bytes a character
    uint8_t
    uint16_t
    uint32_t


# Of loops that look at every character, without a way out, compilers make some of eight or sixteen at a time.


cdef inline bint any_control(const Unit* signs, Py_ssize_t length) noexcept nogil:
    cdef Unit found = 0
    cdef Py_ssize_t i
    for i in range(length):
        found |= <Unit>((signs[i] < 0x20) & (signs[i] != 9) & (signs[i] != 10)) | <Unit>(signs[i] == 0x7F)
    return found != 0


def has_controls(str text not None, /):
    """Tell whether a text has a control character (below U+0020, U+007F) but tab and line feed. O(length)."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    if kind == 1:
        return any_control(<const uint8_t*>data, length)
    if kind == 2:
        return any_control(<const uint16_t*>data, length)
    return any_control(<const uint32_t*>data, length)


cdef inline bint any_wide_sign(const Unit* signs, Py_ssize_t length) noexcept nogil:
    """Tell whether one is U+3000, or a digit, a capital or a small letter of full width."""
    cdef Unit found = 0
    cdef Py_ssize_t i
    for i in range(length):
        found |= (
            <Unit>(signs[i] == 0x3000)
            | <Unit>(<Unit>(signs[i] - 0xFF10) <= 9)
            | <Unit>(<Unit>(signs[i] - 0xFF21) <= 25)
            | <Unit>(<Unit>(signs[i] - 0xFF41) <= 25)
        )
    return found != 0


def has_full_width(str text not None, /):
    """Tell whether a text has a full-width letter, digit or space (U+FF10 to U+FF5A, U+3000). O(length)."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    if kind == 1:
        return False
    if kind == 2:
        return any_wide_sign(<const uint16_t*>data, length)
    return any_wide_sign(<const uint32_t*>data, length)


cdef inline bint is_digit(unsigned int sign) noexcept:
    return 48 <= sign <= 57 or 0xFF10 <= sign <= 0xFF19


cdef inline bint is_of_number(unsigned int sign) noexcept:
    if sign == 32 or sign == 45 or sign == 46 or sign == 40 or sign == 41 or sign == 0x2013:
        return True
    return is_digit(sign)


def has_long_number(str text not None, /):
    """Tell whether a text has a digit and behind it six digits or signs that group digits. O(length).

    Such signs are space `-` `.` `(` `)` `–`.
    """
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef unsigned int sign
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text), i = 6
    cdef int run
    while i < length:  # seven in a row do not pass by one who looks at every seventh
        if not is_of_number(PyUnicode_READ(kind, data, i)):
            i += 7
            continue
        while i and is_of_number(PyUnicode_READ(kind, data, i - 1)):
            i -= 1
        run = 0
        while i < length:
            sign = PyUnicode_READ(kind, data, i)
            if is_digit(sign) or (run and is_of_number(sign)):
                run += 1
                if run == 7:
                    return True
            elif not is_of_number(sign):
                break
            i += 1
        i += 7
    return False


def scripts(str text not None, /):
    """Return which scripts occur in a text, as bits. O(length).

    Kana 1, Han 2, Hangul 4, Cyrillic 8, Arabic 16, Hebrew 32, Thai 64, Devanagari 128, Greek 256.
    """
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef unsigned int sign
    cdef int found = 0
    cdef Py_ssize_t i
    if PyUnicode_IS_ASCII(text):
        return 0
    for i in range(PyUnicode_GET_LENGTH(text)):
        sign = PyUnicode_READ(kind, data, i)
        if sign < 0x370:
            continue
        if 0x3400 <= sign <= 0x9FFF or 0xF900 <= sign <= 0xFAFF:
            found |= 2
        elif 0x3041 <= sign <= 0x30FF:
            found |= 1
        elif 0xAC00 <= sign <= 0xD7A3 or 0x1100 <= sign <= 0x11FF:
            found |= 4
        elif 0x400 <= sign <= 0x4FF:
            found |= 8
        elif 0x600 <= sign <= 0x6FF:
            found |= 16
        elif 0x590 <= sign <= 0x5FF:
            found |= 32
        elif 0xE00 <= sign <= 0xE7F:
            found |= 64
        elif 0x900 <= sign <= 0x97F:
            found |= 128
        elif sign <= 0x3FF:
            found |= 256
    return found


def utf8_length(str text not None, /):
    """Return how many bytes a text takes in UTF-8. O(length).

    A lone surrogate counts as one, the `?` that replaces it.
    """
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef unsigned int sign
    cdef Py_ssize_t i, length = PyUnicode_GET_LENGTH(text), size = length
    if PyUnicode_IS_ASCII(text):
        return length
    for i in range(length):
        sign = PyUnicode_READ(kind, data, i)
        if sign >= 0x80 and not 0xD800 <= sign <= 0xDFFF:
            size += 1 + (sign >= 0x800) + (sign >= 0x10000)
    return size


def is_name(str text not None, Py_ssize_t least, Py_ssize_t most, /):
    """Tell whether a text is `least` to `most` ASCII letters, digits, `_` and `-`. O(length)."""
    cdef const uint8_t* data = <const uint8_t*>PyUnicode_DATA(text)
    cdef uint8_t all_are = 1
    cdef Py_ssize_t i, length = PyUnicode_GET_LENGTH(text)
    if not least <= length <= most or not PyUnicode_IS_ASCII(text):
        return False
    for i in range(length):
        all_are &= IN_NAMES[data[i]]
    return all_are != 0


cdef uint8_t[128] IN_NAMES
for sign in range(128):
    IN_NAMES[sign] = chr(sign).isalnum() or chr(sign) in "_-"


def is_bordered(str text not None, Py_ssize_t start, Py_ssize_t end, /):
    """Tell whether `text[start:end]` does not cut a word or a number in two; `QQ` is whole in `加QQ123`. O(1).

    Words and numbers are those of scripts that put spaces between words (below U+0250). Raises IndexError
    for a span that is empty or not in the text.
    """
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    if not 0 <= start < end <= length:
        raise IndexError("no part of this text")
    if start > 0 and continues(PyUnicode_READ(kind, data, start - 1), PyUnicode_READ(kind, data, start)):
        return False
    if end == length:
        return True
    return not continues(PyUnicode_READ(kind, data, end - 1), PyUnicode_READ(kind, data, end))


cdef inline bint continues(Py_UCS4 left, Py_UCS4 right):
    if left >= 0x250 or right >= 0x250:
        return False
    if Py_UNICODE_ISALPHA(left):
        return Py_UNICODE_ISALPHA(right)
    return Py_UNICODE_ISDIGIT(left) and Py_UNICODE_ISDIGIT(right)


@cython.final
cdef class SignSet:
    """Hold a few characters of U+4E00 to U+9FFF, to be looked for in texts; never changed. Takes 2.6 KB.

    Raises ValueError for a character outside of that range.
    """

    cdef unsigned char[0xA40] _bits     # one bit for each

    def __cinit__(self, str signs not None):
        cdef unsigned int place
        memset(self._bits, 0, sizeof(self._bits))
        for sign in signs:
            if not 0x4E00 <= ord(sign) <= 0x9FFF:
                raise ValueError(f"U+{ord(sign):04X} is not of U+4E00 to U+9FFF")
            place = ord(sign) - 0x4E00
            self._bits[place >> 3] |= 1 << (place & 7)

    def occurs_in(self, str text not None, /):
        """Tell whether a text has any of them. O(length)."""
        cdef int kind = PyUnicode_KIND(text)
        cdef void* data = PyUnicode_DATA(text)
        cdef unsigned int place
        cdef Py_ssize_t i
        if kind == 1:
            return False
        for i in range(PyUnicode_GET_LENGTH(text)):
            place = PyUnicode_READ(kind, data, i)
            place -= 0x4E00
            if place < 0x5200 and self._bits[place >> 3] >> (place & 7) & 1:
                return True
        return False
