"""What writers of JSON and MessagePack share: the parts of a row of values, and a place to write them to."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    bint PyUnicode_CheckExact(object value)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    void* PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    bint PyLong_CheckExact(object value)
    bint PyBytes_CheckExact(object value)
    # A third of the instructions of PyLong_AsLongLong, which takes large numbers apart byte by byte.
    long long PyLong_AsLongLongAndOverflow(object value, int* overflow) except? -1

cdef enum Kind:
    ABSENT
    TEXT
    NUMBER
    READY

cdef enum:
    MAX_PARTS = 24                      # values in one row
    SCRATCH = 32768                     # bytes; what is longer gets memory of its own


cdef struct Part:
    Kind kind
    const char* start                   # of a text's UTF-8 or of ready bytes; lives as long as the value
    Py_ssize_t size
    long long number


cdef inline Py_ssize_t take_parts(PyObject** values, Py_ssize_t count, Part* parts) except -1:
    """Look at up to MAX_PARTS values once; return the bytes of the texts and ready bytes among them.

    Raises TypeError for other types, OverflowError beyond 64 bits, UnicodeEncodeError.
    """
    cdef Py_ssize_t i, total = 0
    cdef int overflow = 0
    cdef object value
    for i in range(count):
        value = <object>values[i]
        if value is None:
            parts[i].kind = ABSENT
        elif PyUnicode_CheckExact(value):
            parts[i].kind = TEXT
            if PyUnicode_IS_COMPACT_ASCII(value):       # most are, and are kept as they are written
                parts[i].start = <const char*>PyUnicode_DATA(value)
                parts[i].size = PyUnicode_GET_LENGTH(value)
            else:
                parts[i].start = PyUnicode_AsUTF8AndSize(value, &parts[i].size)
            total += parts[i].size
        elif PyLong_CheckExact(value):
            parts[i].kind = NUMBER
            parts[i].number = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow:
                raise OverflowError("a number beyond 64 bits")
        elif PyBytes_CheckExact(value):
            parts[i].kind = READY
            parts[i].start = PyBytes_AS_STRING(value)
            parts[i].size = PyBytes_GET_SIZE(value)
            total += parts[i].size
        else:
            raise TypeError(f"{type(value).__name__} is neither str, int, bytes nor None")
    return total


cdef inline char* borrow_room(char* scratch, Py_ssize_t size) except NULL:
    """Return room for `size` bytes: the scratch, or memory that `give_back` frees."""
    if size <= SCRATCH:
        return scratch
    cdef char* room = <char*>PyMem_Malloc(size)
    if room == NULL:
        raise MemoryError
    return room


cdef inline void give_back(char* scratch, char* room) noexcept:
    if room != scratch:
        PyMem_Free(room)
