"""A few values out of JSON documents of a known shape, in one pass: nothing else of them is built."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp

from fastdesk._core.json_text cimport plain_end

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* start, Py_ssize_t size, const char* errors)

__all__ = ["JsonShape"]

cdef enum:
    MAX_FIELDS = 64                     # of a shape, one bit each
    MAX_DEPTH = 64                      # of values in values; what is deeper has another shape

cdef enum Kind:
    TEXT
    NUMBER
    NOTHING
    OBJECT
    ONLY                                # a list of one element


cdef struct Field:
    const char* name                    # of a field of an object; its owner is the shape
    Py_ssize_t size
    Kind kind
    int slot                            # of a text or number: its place in what is returned
    int first, last                     # of an object: where its fields stand; of a list: its element


cdef inline const char* pass_space(const char* at) noexcept nogil:
    while at[0] == 32 or at[0] == 10 or at[0] == 13 or at[0] == 9:
        at += 1
    return at


cdef const char* pass_text(const char* at, const char* end, bint* is_plain) noexcept nogil:
    """Return what is behind a string whose quote is passed; NULL for none, and for one with `\\u`."""
    is_plain[0] = True
    while True:
        at = plain_end(at, end)
        if at == end or <unsigned char>at[0] < 32:
            return NULL
        if at[0] == 34:
            return at + 1
        is_plain[0] = False
        if at + 1 == end or at[1] == 0 or memchr(b'"\\/bfnrt', at[1], 8) == NULL:
            return NULL
        at += 2


cdef const char* pass_number(const char* at) noexcept nogil:
    """Return what is behind a number (RFC 8259, 6), NULL for none."""
    if at[0] == 45:
        at += 1
    if at[0] == 48:
        at += 1
    elif 49 <= at[0] <= 57:
        while 48 <= at[0] <= 57:
            at += 1
    else:
        return NULL
    if at[0] == 46:
        at += 1
        if not 48 <= at[0] <= 57:
            return NULL
        while 48 <= at[0] <= 57:
            at += 1
    if at[0] == 101 or at[0] == 69:
        at += 1
        if at[0] == 43 or at[0] == 45:
            at += 1
        if not 48 <= at[0] <= 57:
            return NULL
        while 48 <= at[0] <= 57:
            at += 1
    return at


cdef inline const char* pass_word(const char* at, const char* end, const char* word, int size) noexcept nogil:
    return at + size if end - at >= size and memcmp(at, word, size) == 0 else NULL


cdef const char* pass_value(const char* at, const char* end, int depth) noexcept nogil:
    """Return what is behind any value, NULL for none."""
    cdef bint is_plain
    cdef char close
    if at[0] == 34:
        return pass_text(at + 1, end, &is_plain)
    if at[0] == 110:
        return pass_word(at, end, b"null", 4)
    if at[0] == 116:
        return pass_word(at, end, b"true", 4)
    if at[0] == 102:
        return pass_word(at, end, b"false", 5)
    if at[0] != 123 and at[0] != 91:
        return pass_number(at)
    if depth == MAX_DEPTH:
        return NULL
    close = at[0] + 2                   # { and }, [ and ] stand two apart
    at = pass_space(at + 1)
    if at[0] == close:
        return at + 1
    while True:
        if close == 125:
            if at[0] != 34:
                return NULL
            at = pass_text(at + 1, end, &is_plain)
            if at == NULL:
                return NULL
            at = pass_space(at)
            if at[0] != 58:
                return NULL
            at = pass_space(at + 1)
        at = pass_value(at, end, depth + 1)
        if at == NULL:
            return NULL
        at = pass_space(at)
        if at[0] == close:
            return at + 1
        if at[0] != 44:
            return NULL
        at = pass_space(at + 1)


cdef object unescaped(const char* at, Py_ssize_t size):
    """Return the text of a string whose escapes are those of one letter."""
    cdef bytes kept = PyBytes_FromStringAndSize(at, size)
    cdef char* to = PyBytes_AS_STRING(kept)
    cdef const char* end = at + size
    cdef char sign
    while at < end:
        sign = at[0]
        at += 1
        if sign == 92:
            sign = at[0]
            at += 1
            sign = (
                10 if sign == 110 else 9 if sign == 116 else 13 if sign == 114
                else 8 if sign == 98 else 12 if sign == 102 else sign
            )
        to[0] = sign
        to += 1
    return PyUnicode_DecodeUTF8(PyBytes_AS_STRING(kept), to - PyBytes_AS_STRING(kept), NULL)


@cython.final
cdef class JsonShape:
    """Hold the shape of documents: which fields are known, and which of them are wanted.

    So `JsonShape({"a": [{"b": str, "c": None}], "d": int}).pick(b'{"x":{},"a":[{"b":"y"}],"d":1}')` is
    `("y", 1)`. Never changed.

    Args:
        shape: an object. `str` and `int` are wanted; None is a field that must be null where it is there at
            all; a list of one shape is a list of one element. Up to 64 fields in all; other fields may hold
            anything.
    """

    cdef Field[MAX_FIELDS] _fields
    cdef int _known, _wanted
    cdef list _names
    cdef Field _root

    def __cinit__(self, dict shape not None):
        self._names = []
        self._add(&self._root, shape)

    cdef int _add(self, Field* field, object shape) except -1:
        cdef int at
        cdef bytes name
        if shape is str or shape is int:
            field.kind = TEXT if shape is str else NUMBER
            field.slot = self._wanted
            self._wanted += 1
        elif shape is None:
            field.kind = NOTHING
        elif type(shape) is dict or (type(shape) is list and len(shape) == 1):
            field.kind = OBJECT if type(shape) is dict else ONLY
            field.first = at = self._known
            field.last = self._known = at + <int>len(shape)
            if self._known > MAX_FIELDS:
                raise ValueError(f"A shape has up to {MAX_FIELDS} fields.")
            for part in shape:
                if field.kind == OBJECT:
                    name = part.encode()
                    self._names.append(name)
                    self._fields[at].name = PyBytes_AS_STRING(name)
                    self._fields[at].size = PyBytes_GET_SIZE(name)
                    part = shape[part]
                self._add(&self._fields[at], part)
                at += 1
        else:
            raise ValueError(f"{shape!r} is no part of a shape.")
        return 0

    def pick(self, bytes document not None, /):
        """Return what is wanted, in the order of the shape, None for what is null or missing.

        None for a document that is not of this shape, that has a known field twice, `\\u`, a number that is
        wanted and not one of up to 15 digits, or more than 64 values in each other; also for one that is no
        JSON in a part that had to be looked at. O(length); never raises on what a peer sent.
        """
        cdef const char* at = PyBytes_AS_STRING(document)
        cdef const char* end = at + PyBytes_GET_SIZE(document)
        cdef list found = [None] * self._wanted
        cdef uint64_t seen = 0
        at = self._take(pass_space(at), end, &self._root, found, &seen, 0)
        if at == NULL or pass_space(at) != end:
            return None
        return tuple(found)

    cdef const char* _take(
        self, const char* at, const char* end, Field* field, list found, uint64_t* seen, int depth
    ) except? NULL:
        cdef const char* start = at
        cdef bint is_plain
        cdef long long number = 0
        if at[0] == 110 and field.kind <= NOTHING:
            return pass_word(at, end, b"null", 4)
        if field.kind == TEXT:
            if at[0] != 34:
                return NULL
            at = pass_text(at + 1, end, &is_plain)
            if at == NULL:
                return NULL
            try:
                if is_plain:
                    found[field.slot] = PyUnicode_DecodeUTF8(start + 1, at - start - 2, NULL)
                else:
                    found[field.slot] = unescaped(start + 1, at - start - 2)
            except UnicodeDecodeError:
                return NULL
            return at
        if field.kind == NUMBER:
            while 48 <= at[0] <= 57:
                number = 10 * number + at[0] - 48
                at += 1
                if at - start > 15:
                    return NULL
            if at == start or (start[0] == 48 and at - start > 1):
                return NULL
            found[field.slot] = number
            return at
        if field.kind == OBJECT and at[0] == 123:
            return self._take_fields(at + 1, end, field, found, seen, depth + 1)
        if field.kind == ONLY and at[0] == 91:
            at = self._take(pass_space(at + 1), end, &self._fields[field.first], found, seen, depth + 1)
            if at == NULL:
                return NULL
            at = pass_space(at)
            return at + 1 if at[0] == 93 else NULL
        return NULL

    cdef const char* _take_fields(
        self, const char* at, const char* end, Field* field, list found, uint64_t* seen, int depth
    ) except? NULL:
        cdef const char* name
        cdef Field* known
        cdef bint is_plain
        cdef Py_ssize_t size
        cdef int i
        at = pass_space(at)
        if at[0] == 125:
            return at + 1
        while True:
            name = at + 1
            if at[0] != 34:
                return NULL
            at = pass_text(name, end, &is_plain)
            if at == NULL or not is_plain:
                return NULL
            size = at - name - 1
            at = pass_space(at)
            if at[0] != 58:
                return NULL
            at = pass_space(at + 1)
            known = NULL
            for i in range(field.first, field.last):
                if self._fields[i].size == size and memcmp(self._fields[i].name, name, size) == 0:
                    known = &self._fields[i]
                    if seen[0] & (<uint64_t>1 << i):
                        return NULL
                    seen[0] |= <uint64_t>1 << i
                    break
            if known == NULL:
                at = pass_value(at, end, depth)
            else:
                at = self._take(at, end, known, found, seen, depth)
            if at == NULL:
                return NULL
            at = pass_space(at)
            if at[0] == 125:
                return at + 1
            if at[0] != 44:
                return NULL
            at = pass_space(at + 1)
