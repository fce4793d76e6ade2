"""C signature of the checksum."""

from libc.stdint cimport uint64_t

cdef uint64_t xxh64(const unsigned char* at, Py_ssize_t size, uint64_t seed) noexcept nogil
