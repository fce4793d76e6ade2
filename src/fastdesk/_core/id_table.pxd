"""Fields and C signatures of the id table."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t

from fastdesk._core.bloom cimport BloomFilter


cdef struct Known:                      # an id
    uint64_t hash
    uint32_t digest                     # of the body that came with it
    uint32_t number


cdef class IdTable:
    cdef:
        BloomFilter _filter
        uint64_t _name                  # hash of the table's name
        str _newest                     # the id that sorts behind all others that came
        str _passed                     # no id that was let go while all came in order sorts behind it
        bint _is_sorted                 # all came in order
        Known* _known                   # in the order in which they came
        uint16_t* _slots                # hash -> place in `_known` and one; behind it in the same memory
        Py_ssize_t _keep
        Py_ssize_t _room                # ids that there is memory for: none, or a power of two
        Py_ssize_t _count
        Py_ssize_t _generation          # of the filter when it began to have this table's older ids
        int _older

    cdef uint64_t _in_filter(self, uint64_t hash) noexcept
    cdef Known* _look(self, uint64_t hash) noexcept
    cdef void _link(self, Py_ssize_t place) noexcept
    cdef int _grow(self) except -1
    cdef int _let_go(self) except -1
