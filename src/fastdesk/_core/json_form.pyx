"""JSON objects of one shape: written without building them first, and read where they are plain."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
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
from fastdesk._core.struct_fields cimport StructFields
from fastdesk._core.ws_bytes cimport LOWEST_FIRST, is_whole

cdef extern from "Python.h":
    ctypedef struct PyCompactUnicodeObject:
        Py_ssize_t utf8_length
        char* utf8                      # PyUnicode_AsUTF8AndSize keeps its work here; freed with the str

    ctypedef struct PyTupleObject:
        PyObject** ob_item

    object PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    uint8_t* PyUnicode_1BYTE_DATA(object text)
    uint16_t* PyUnicode_2BYTE_DATA(object text)
    object PyUnicode_DecodeUTF8(const char* start, Py_ssize_t size, const char* errors)
    void* PyObject_Malloc(size_t size)

__all__ = ["JsonForm"]

cdef enum:
    SHORT = 24                          # bytes of most pieces at most; as many behind the room may change
    SIGNS = 8192                        # characters of a text that takes the short way

cdef uint64_t TOP_BITS = 0x8080808080808080
cdef char[SCRATCH] scratch              # used under the interpreter's lock only, as is the next one
cdef uint16_t[SIGNS] signs
cdef const char* HEX = b"0123456789abcdef"
cdef bytes PAIRS_OF_DIGITS = b"".join([b"%02d" % pair for pair in range(100)])
cdef const char* PAIRS = PAIRS_OF_DIGITS


cdef extern from *:
    """
    #if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    #define bytes_before(found) (__builtin_ctzll(found) >> 3)
    #else
    #define bytes_before(found) 0 /* they are looked at one by one */
    #endif
    """
    int bytes_before(uint64_t found) nogil


@cython.overflowcheck(False)             # bits that are borrowed beyond the word are meant to be
cdef inline uint64_t specials(uint64_t word) noexcept nogil:
    """Return eight bytes, the first that is not 0 where one is below space, a quote or a backslash.

    Source: Anderson, Bit Twiddling Hacks, `hasless` and `haszero`; what they say is exact up to the first.
    """
    cdef uint64_t ones = 0x0101010101010101
    cdef uint64_t quote = word ^ (ones * 34)
    cdef uint64_t slash = word ^ (ones * 92)
    return (
        ((word - ones * 32) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)
    ) & (ones << 7)


cdef inline const char* plain_end(const char* at, const char* end, uint64_t* seen) noexcept nogil:
    """Return the first byte from `at` on that a JSON string must not hold as it is, or `end`.

    Into `seen` go the bits of all bytes before it, and maybe some of those behind it.
    """
    cdef uint64_t word, found
    while at + 8 <= end:
        memcpy(&word, at, 8)
        seen[0] |= word
        found = specials(word)
        if found != 0:
            at += bytes_before(found)
            break
        at += 8
    while at < end and <unsigned char>at[0] >= 32 and at[0] != 34 and at[0] != 92:
        seen[0] |= <unsigned char>at[0]
        at += 1
    return at


cdef inline char* write_text(char* to, const char* at, Py_ssize_t size) noexcept nogil:
    """Write a JSON string of UTF-8; takes up to 6 * size + 2 bytes, and up to 8 behind them may change."""
    cdef const char* end = at + size
    cdef unsigned char sign
    cdef char short
    cdef uint64_t word, found
    to[0] = 34
    to += 1
    while True:
        found = 0
        while end - at >= 8:
            memcpy(&word, at, 8)
            memcpy(to, &word, 8)
            found = specials(word)
            if found != 0:
                at += bytes_before(found)
                to += bytes_before(found)
                break
            at += 8
            to += 8
        while at < end and <unsigned char>at[0] >= 32 and at[0] != 34 and at[0] != 92:
            to[0] = at[0]
            at += 1
            to += 1
        if at == end:
            break
        sign = at[0]
        at += 1
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
        memcpy(&digits[at], &PAIRS[2 * pair], 2)
    if rest >= 10:
        at -= 1
        digits[at] = 48 + <char>(rest % 10)
        rest //= 10
    at -= 1
    digits[at] = 48 + <char>rest
    memcpy(to, &digits[at], 20 - at)
    return to + 20 - at


cdef object read_text(const char* start, Py_ssize_t size, bint is_ascii):
    """Return a str of UTF-8 (RFC 3629), None when it is none.

    Two short ways: for ASCII; and for Chinese, whose characters take two bytes each, and whose UTF-8 is kept
    with it, as the journal wants that in a moment.
    """
    cdef const uint8_t* at = <const uint8_t*>start
    cdef const uint8_t* end = at + (size if size <= SIGNS else 0)     # a longer one takes the long way
    cdef Py_ssize_t count = 0
    cdef uint32_t four
    cdef unsigned int sign, highest = 0
    cdef object text
    if is_ascii:
        text = PyUnicode_New(size, 127)
        memcpy(PyUnicode_1BYTE_DATA(text), start, size)
        return text
    while at < end:
        if at[0] < 0x80:
            while at < end and at[0] < 0x80:
                signs[count] = at[0]
                count += 1
                at += 1
            continue
        while LOWEST_FIRST and end - at >= 4:                       # nearly all of Chinese
            memcpy(&four, at, 4)
            if (four & 0xC0C0F0) != 0x8080E0 or not is_whole(four):
                break
            sign = (four & 0x0F) << 12 | (four >> 2 & 0xFC0) | (four >> 16 & 0x3F)
            highest |= sign
            signs[count] = <uint16_t>sign
            count += 1
            at += 3
        if at == end or at[0] < 0x80:
            continue
        if at[0] >= 0xE0:
            if end - at < 3 or at[0] >= 0xF0 or (at[1] & 0xC0) != 0x80 or (at[2] & 0xC0) != 0x80:
                break
            sign = (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu)
            if sign < 0x800 or 0xD800 <= sign < 0xE000:
                break
            at += 3
        else:
            if at[0] < 0xC2 or end - at < 2 or (at[1] & 0xC0) != 0x80:
                break
            sign = (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu)
            at += 2
        highest |= sign
        signs[count] = <uint16_t>sign
        count += 1
    if at < end or highest < 0x100:     # other bytes a character are wanted, or it is no UTF-8
        try:
            return PyUnicode_DecodeUTF8(start, size, NULL)
        except UnicodeDecodeError:
            return None
    text = PyUnicode_New(count, 0xFFFF)
    memcpy(PyUnicode_2BYTE_DATA(text), signs, 2 * count)
    keep_utf8(<PyCompactUnicodeObject*>text, start, size)
    return text


cdef void keep_utf8(PyCompactUnicodeObject* text, const char* start, Py_ssize_t size) noexcept:
    cdef char* kept = <char*>PyObject_Malloc(size + 1)
    if kept != NULL:
        memcpy(kept, start, size)
        kept[size] = 0
        text.utf8 = kept
        text.utf8_length = size


cdef struct Piece:
    const char* start                   # of bytes that the form keeps
    Py_ssize_t size
    char[SHORT] copy                    # of one that fits, so that it is copied in one step


cdef void take_piece(Piece* piece, bytes content):
    piece.start = PyBytes_AS_STRING(content)
    piece.size = PyBytes_GET_SIZE(content)
    memcpy(piece.copy, piece.start, min(piece.size, SHORT))


@cython.final
cdef class JsonForm:
    """Hold what stands before each value of an object and behind the last one.

    So `JsonForm((b'{"id":', b',"seq":'), b"}").write(("a", 1))` is `{"id":"a","seq":1}`. Never changed.

    Args:
        before: at most 24 pieces of JSON, each in front of its value.
        end: what follows the last value.
        fields: whose values `write_struct` takes, one for each piece.
    """

    cdef tuple _before
    cdef bytes _end
    cdef StructFields _fields
    cdef Py_ssize_t _count, _fixed
    cdef Piece[MAX_PARTS] _pieces

    def __cinit__(self, tuple before not None, bytes end not None, StructFields fields=None):
        cdef Py_ssize_t i
        if not 0 < len(before) <= MAX_PARTS or not all(type(piece) is bytes for piece in before):
            raise ValueError(f"A form has 1 to {MAX_PARTS} pieces of bytes.")
        if fields is not None and fields.count != len(before):
            raise ValueError(f"This form takes {len(before)} fields.")
        self._before = before
        self._end = end
        self._fields = fields
        self._count = len(before)
        self._fixed = sum(map(len, before)) + len(end)
        for i in range(self._count):
            take_piece(&self._pieces[i], before[i])

    def write(self, tuple values not None, /):
        """Return the object with these values: str, int of 64 bits, bytes that are JSON already.

        None leaves its piece out. O(length).

        Raises:
            TypeError: a value of another type.
            ValueError: not as many values as pieces.
            OverflowError: a number beyond 64 bits.
            UnicodeEncodeError: a lone surrogate.
        """
        if PyTuple_GET_SIZE(values) != self._count:
            raise ValueError(f"This form takes {self._count} values.")
        return self._write((<PyTupleObject*>values).ob_item)

    def write_struct(self, struct, /):
        """Return the object with a struct's fields for its values; raises what `write` raises."""
        cdef PyObject* values[MAX_PARTS]
        if self._fields is None:
            raise ValueError("This form has no fields.")
        cdef object _made = self._fields.take(struct, values)     # lives until the end
        return self._write(values)

    cdef bytes _write(self, PyObject** values):
        cdef Part[MAX_PARTS] parts
        cdef Py_ssize_t i
        cdef const Piece* piece
        cdef Py_ssize_t most = 6 * take_parts(values, self._count, parts) + self._fixed + 20 * self._count
        cdef char* room = borrow_room(scratch, most + SHORT)
        cdef char* to = room
        for i in range(self._count):
            if parts[i].kind == ABSENT:
                continue
            piece = &self._pieces[i]
            if piece.size <= SHORT:
                memcpy(to, piece.copy, SHORT)
            else:
                memcpy(to, piece.start, piece.size)
            to += piece.size
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
        cdef uint64_t seen
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
            seen = 0
            stop = plain_end(at, end, &seen)
            if stop == end or stop[0] != 34:
                return None
            text = read_text(at, stop - at, (seen & TOP_BITS) == 0)
            if text is None:
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
