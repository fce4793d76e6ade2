"""MessagePack that is read without making objects of all of it: what rows begin with, and where they end."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

cimport cython

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* start, Py_ssize_t size, const char* errors)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    void* PyUnicode_DATA(object text)

__all__ = ["RunReader", "split_array"]

cdef enum:
    KEPT = 256                          # texts that were read a moment ago, by the hash of their end
    KEPT_BYTES = 64                     # of the longest of them
    MAX_VALUES = 14                     # of a row, behind its tag

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


cdef inline bint read_number(const uint8_t* at, int64_t* number) noexcept nogil:
    """Read an integer; False for one beyond 63 bits and a sign."""
    cdef uint8_t kind = at[0]
    cdef uint64_t bits
    if kind < 0x80:
        number[0] = kind
        return True
    if kind >= 0xE0:
        number[0] = <int8_t>kind
        return True
    bits = big_endian(at + 1, 1 << (kind & 3))
    if kind < 0xD0:
        number[0] = <int64_t>bits
        return bits <= <uint64_t>0x7FFFFFFFFFFFFFFF
    number[0] = (
        <int8_t>bits if kind == 0xD0 else <int16_t>bits if kind == 0xD1
        else <int32_t>bits if kind == 0xD2 else <int64_t>bits
    )
    return True


cdef enum Use:                          # of a value in a row
    LOOKED_OVER                         # some text or number
    ALIKE
    NUMBER
    COUNTED


cdef struct Look:                       # at a row
    const uint8_t* texts[MAX_VALUES]    # those that are alike
    Py_ssize_t[MAX_VALUES] sizes
    int64_t[MAX_VALUES] numbers
    bint is_counted


@cython.final
cdef class RunReader:
    """Read rows that follow each other, and are about the same, as one.

    A row is an array of up to 15 in MessagePack: `tag`, and texts and integers behind it; what else follows
    is not looked at. Never changed.

    Args:
        tag: what such rows begin with.
        alike: places of texts (0 is the first behind the tag) which all rows of a run have in common.
        numbers: places of integers, with how far above that of the run's first row one may be.
        counted: the place of a text, and which one is counted.

    Raises:
        ValueError: a place that is named twice or outside 0..13, a tag of more than 31 bytes.
    """

    cdef bytes _tag, _counted
    cdef Py_ssize_t _places, _alike, _numbers
    cdef Use[MAX_VALUES] _uses
    cdef uint64_t[MAX_VALUES] _spreads  # of the numbers, in the order of their places

    def __cinit__(self, str tag not None, *, alike, dict numbers not None, tuple counted not None):
        cdef Py_ssize_t place
        place_of_counted, text = counted
        places = [*alike, *numbers, place_of_counted]
        self._tag = tag.encode()
        self._counted = text.encode()
        if len(self._tag) > 31 or len(set(places)) != len(places):
            raise ValueError("A tag has up to 31 bytes, and a place one use.")
        if not 0 <= min(places) <= max(places) < MAX_VALUES:
            raise ValueError(f"A place lies in 0..{MAX_VALUES - 1}.")
        self._places = max(places) + 1
        for place in range(self._places):
            if place in alike:
                self._uses[place] = ALIKE
                self._alike += 1
            elif place in numbers:
                self._uses[place] = NUMBER
                self._spreads[self._numbers] = numbers[place]
                self._numbers += 1
            else:
                self._uses[place] = COUNTED if place == place_of_counted else LOOKED_OVER

    def read(self, list rows not None, Py_ssize_t begin, Py_ssize_t most, /):
        """Return how many rows from `begin` on are one run, `most` at most, and what can be told of them.

        That is: their count, the texts that are alike, the numbers of the first row, those of the last, and
        how many rows have the text that is counted. None when the row at `begin` is none of these. O(length).

        Raises:
            IndexError: no row at `begin`.
            TypeError: a row that is not bytes.
        """
        cdef Look first, now
        cdef int64_t[MAX_VALUES] numbers
        cdef Py_ssize_t i, count = 1, counted, end = min(len(rows), begin + most)
        if not 0 <= begin < len(rows):
            raise IndexError("no such row")
        if not self._look(rows[begin], &first):
            return None
        memcpy(numbers, first.numbers, sizeof(numbers))
        counted = first.is_counted
        for i in range(begin + 1, end):
            if not self._look(rows[i], &now) or not self._goes_on(&first, &now):
                break
            memcpy(numbers, now.numbers, sizeof(numbers))
            counted += now.is_counted
            count += 1
        cdef list told = [count]
        try:
            for i in range(self._alike):
                told.append(read_text(first.texts[i], first.sizes[i]))
        except UnicodeDecodeError:
            return None
        for i in range(self._numbers):
            told.append(first.numbers[i])
        for i in range(self._numbers):
            told.append(numbers[i])
        told.append(counted)
        return tuple(told)

    cdef bint _look(self, bytes row, Look* look) except -1:
        """Look at a row; False when it is none of these."""
        if row is None:
            raise TypeError("a row is bytes, not None")
        cdef const uint8_t* at = <const uint8_t*>PyBytes_AS_STRING(row)
        cdef const uint8_t* end = at + PyBytes_GET_SIZE(row)
        cdef Py_ssize_t place, head, texts = 0, numbers = 0, size = PyBytes_GET_SIZE(self._tag)
        cdef uint64_t content
        cdef Use use
        cdef bint is_text
        look.is_counted = False
        if end - at < 2 + size or not 0x90 < at[0] < 0xA0 or (at[0] & 15) <= self._places:
            return False
        if at[1] != (0xA0 | size) or memcmp(at + 2, PyBytes_AS_STRING(self._tag), size) != 0:
            return False
        at += 2 + size
        for place in range(self._places):
            head = head_size(at[0]) if at < end else 0
            if head == 0 or end - at < head:
                return False
            content = content_size(at)
            if content > <uint64_t>(end - at - head):
                return False
            is_text = 0xA0 <= at[0] < 0xC0 or 0xD9 <= at[0] <= 0xDB
            use = self._uses[place]
            if use == NUMBER:
                if is_text or not read_number(at, &look.numbers[numbers]):
                    return False
                numbers += 1
            elif use != LOOKED_OVER:
                if not is_text:
                    return False
                if use == ALIKE:
                    look.texts[texts], look.sizes[texts] = at + head, content
                    texts += 1
                elif <Py_ssize_t>content == PyBytes_GET_SIZE(self._counted):
                    look.is_counted = memcmp(at + head, PyBytes_AS_STRING(self._counted), content) == 0
            at += head + content
        return True

    @cython.overflowcheck(False)        # a number below the first one counts as far above it
    cdef bint _goes_on(self, const Look* first, const Look* now) noexcept:
        cdef Py_ssize_t i
        for i in range(self._alike):
            if now.sizes[i] != first.sizes[i] or memcmp(now.texts[i], first.texts[i], first.sizes[i]) != 0:
                return False
        for i in range(self._numbers):
            if <uint64_t>now.numbers[i] - <uint64_t>first.numbers[i] > self._spreads[i]:
                return False
        return True


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
