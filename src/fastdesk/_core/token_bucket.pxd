"""Fields and C signatures of the token buckets."""

from libc.stdint cimport int64_t, uint64_t


cdef struct Limit:
    uint64_t rate_micro                 # micro-tokens per second, 1..10**15
    uint64_t burst_micro                # micro-tokens, 10**6..10**15
    uint64_t fill_ns                    # from empty to full, rounded up, about a century at most


cdef struct Bucket:
    uint64_t level_micro                # whole micro-tokens in it
    uint64_t fraction                   # billionths of a micro-token on top
    int64_t last_ns                     # time of the last refill


cdef class TokenBucket:
    cdef:
        Limit _limit
        Bucket _bucket

    cpdef int64_t take(self, int64_t n, int64_t now_ns) except -1


cdef class BucketTable:
    cdef:
        readonly Py_ssize_t max_keys
        readonly Py_ssize_t evictions   # full buckets that made room for a new key
        readonly Py_ssize_t overflowed  # takes that went to the shared bucket
        Limit _limit
        Bucket _overflow                # shared by the keys that found no room
        Bucket* _buckets                # max_keys of them
        list _keys                      # the key of each bucket in use
        dict _slots                     # key -> index of its bucket
        Py_ssize_t _hand                # where the next sweep for a full bucket starts

    cpdef int64_t take(self, key, int64_t n, int64_t now_ns) except -1
    cdef Py_ssize_t _claim(self, key, int64_t now_ns) except -2
    cdef Py_ssize_t _find_full(self, int64_t now_ns) noexcept
