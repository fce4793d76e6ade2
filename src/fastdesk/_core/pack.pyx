"""Structs and plain dicts in MessagePack, written without a general encoder's questions."""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from fastdesk._core.byte_writer cimport (
    ABSENT,
    MAX_PARTS,
    NUMBER,
    SCRATCH,
    TEXT,
    Part,
    PyLong_CheckExact,
    PyUnicode_AsUTF8AndSize,
    PyUnicode_CheckExact,
    borrow_room,
    give_back,
    take_parts,
)
from fastdesk._core.struct_fields cimport StructFields

cdef extern from "Python.h":
    PyObject* Py_None
    PyObject* Py_True
    PyObject* Py_False
    Py_ssize_t PyDict_Size(object names)
    bint PyDict_Next(object names, Py_ssize_t* place, PyObject** name, PyObject** value)
    long long PyLong_AsLongLongAndOverflow(object number, int* overflow) except? -1

__all__ = ["PackForm", "pack_plain_dict"]

cdef char[SCRATCH] scratch              # used under the interpreter's lock only


cdef inline char* write_big_endian(char* to, int head, uint64_t number, int size) noexcept nogil:
    cdef int i
    to[0] = <char>head
    for i in range(size):
        to[1 + i] = <char>(number >> (8 * (size - 1 - i)))
    return to + 1 + size


cdef inline char* write_number(char* to, long long number) noexcept nogil:
    """Write an integer in the fewest bytes, nine at most (MessagePack specification, int format family)."""
    cdef uint64_t bits = <uint64_t>number
    if -32 <= number < 128:
        to[0] = <char>number
        return to + 1
    if number >= 0:
        if number < 1 << 8:
            return write_big_endian(to, 0xCC, bits, 1)
        if number < 1 << 16:
            return write_big_endian(to, 0xCD, bits, 2)
        if number < 1LL << 32:
            return write_big_endian(to, 0xCE, bits, 4)
        return write_big_endian(to, 0xCF, bits, 8)
    if number >= -(1 << 7):
        return write_big_endian(to, 0xD0, bits, 1)
    if number >= -(1 << 15):
        return write_big_endian(to, 0xD1, bits, 2)
    if number >= -(1LL << 31):
        return write_big_endian(to, 0xD2, bits, 4)
    return write_big_endian(to, 0xD3, bits, 8)


cdef inline char* write_text(char* to, const char* start, Py_ssize_t size) noexcept nogil:
    """Write UTF-8 behind its length, five bytes at most."""
    if size < 32:
        to[0] = <char>(0xA0 | size)
        to += 1
    elif size < 1 << 8:
        to = write_big_endian(to, 0xD9, size, 1)
    elif size < 1 << 16:
        to = write_big_endian(to, 0xDA, size, 2)
    else:
        to = write_big_endian(to, 0xDB, size, 4)
    memcpy(to, start, size)
    return to + size


@cython.final
cdef class PackForm:
    """Write structs of one type as arrays, a tag in front of their fields. Never changed.

    So `PackForm("said", fields).write(struct)` is `["said", …]`.
    """

    cdef str _tag
    cdef StructFields _fields

    def __cinit__(self, str tag not None, StructFields fields not None):
        self._tag = tag
        self._fields = fields

    def write(self, struct, /):
        """Return the array; a field is str, int of 64 bits, None, or bytes that are MessagePack already.

        O(length).

        Raises:
            TypeError: another struct, or a value of another type.
            OverflowError: a number beyond 64 bits, or texts of 4 GiB.
            UnicodeEncodeError: a lone surrogate.
        """
        cdef PyObject* values[MAX_PARTS + 1]
        cdef Part[MAX_PARTS + 1] parts
        cdef Py_ssize_t i, count = self._fields.count + 1
        values[0] = <PyObject*>self._tag
        cdef object _made = self._fields.take(struct, &values[1])  # lives until the end
        cdef Py_ssize_t total = take_parts(values, count, parts)
        if total >= 1LL << 32:
            raise OverflowError("An array has less than 4 GiB.")
        cdef char* room = borrow_room(scratch, total + 9 * count + 3)
        cdef char* to = room
        if count < 16:
            to[0] = <char>(0x90 | count)
            to += 1
        else:
            to = write_big_endian(to, 0xDC, count, 2)
        for i in range(count):
            if parts[i].kind == TEXT:
                to = write_text(to, parts[i].start, parts[i].size)
            elif parts[i].kind == NUMBER:
                to = write_number(to, parts[i].number)
            elif parts[i].kind == ABSENT:
                to[0] = <char>0xC0
                to += 1
            else:
                memcpy(to, parts[i].start, parts[i].size)
                to += parts[i].size
        try:
            return PyBytes_FromStringAndSize(room, to - room)
        finally:
            give_back(scratch, room)


cdef inline char* put_text(char* to, object text) except? NULL:
    """Write a text into the scratch; NULL when it is none or leaves no room for a number behind it."""
    cdef const char* start
    cdef Py_ssize_t size
    if not PyUnicode_CheckExact(text):
        return NULL
    start = PyUnicode_AsUTF8AndSize(text, &size)
    return write_text(to, start, size) if size < SCRATCH - 16 - (to - scratch) else NULL


def pack_plain_dict(dict plain not None, /):
    """Return a map of fewer than 16 texts, whose values are texts, integers of 64 bits, bool or None.

    None for any other dict, and for one of about 32 KiB or more. O(length).

    Raises:
        UnicodeEncodeError: a lone surrogate.
    """
    cdef PyObject* name
    cdef PyObject* value
    cdef Py_ssize_t place = 0, count = PyDict_Size(plain)
    cdef char* to = scratch
    cdef long long number
    cdef int overflow = 0
    if count >= 16:
        return None
    to[0] = <char>(0x80 | count)
    to += 1
    while PyDict_Next(plain, &place, &name, &value):
        to = put_text(to, <object>name)
        if to == NULL:
            return None
        if value == Py_None:
            to[0] = <char>0xC0
            to += 1
        elif value == Py_True or value == Py_False:
            to[0] = <char>(0xC3 if value == Py_True else 0xC2)
            to += 1
        elif PyLong_CheckExact(<object>value):
            number = PyLong_AsLongLongAndOverflow(<object>value, &overflow)
            if overflow != 0:
                return None
            to = write_number(to, number)
        else:
            to = put_text(to, <object>value)
            if to == NULL:
                return None
    return PyBytes_FromStringAndSize(scratch, to - scratch)
