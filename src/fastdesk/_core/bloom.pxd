"""Fields and C signatures of the Bloom filter."""

from libc.stdint cimport uint64_t

cdef enum:
    BLOCK_WORDS = 8                     # 64 bytes, one cache line


cdef struct Block:
    uint64_t[BLOCK_WORDS] words


cdef struct Place:                      # where an item lies, the same in both generations
    uint64_t block
    Block mask                          # its bits within the block


cdef class BloomFilter:
    cdef:
        readonly Py_ssize_t expected    # distinct items a generation holds
        readonly Py_ssize_t generation  # rotations so far
        readonly int hashes             # bits set for an item
        uint64_t[2] _key
        uint64_t _blocks                # in each generation
        uint64_t _bits_set              # in the current generation
        Block* _current
        Block* _previous

    cpdef bint may_contain(self, item) except -1
    cpdef bint add_if_new(self, item) except -1
    cdef bint has_hash(self, uint64_t hash) noexcept
    cdef void add_hash(self, uint64_t hash) noexcept
    cdef void _place(self, uint64_t hash, Place* place) noexcept
    cdef void _set(self, const Place* place) noexcept
