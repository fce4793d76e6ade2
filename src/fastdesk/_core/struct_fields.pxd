"""Fields and C signature of the struct fields."""

from cpython.object cimport PyObject

from fastdesk._core.byte_writer cimport MAX_PARTS


cdef enum FieldKind:
    PLAIN                               # str or int
    OPTIONAL                            # a str that counts as None where it is empty
    ENCODED


cdef class StructFields:
    cdef:
        object _type
        tuple _encoders                 # for each field what makes bytes of it, or None
        Py_ssize_t count
        Py_ssize_t[MAX_PARTS] _offsets  # of the fields in an object
        FieldKind[MAX_PARTS] _kinds

    cdef object take(self, object struct, PyObject** values)
