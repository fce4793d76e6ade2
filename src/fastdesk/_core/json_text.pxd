"""What writers and readers of JSON share: where the plain part of a string ends."""

cimport cython
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

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


cdef inline const char* plain_end(const char* at, const char* end) noexcept nogil:
    """Return the first byte from `at` on that a JSON string must not hold as it is, or `end`."""
    cdef uint64_t word, found
    while at + 8 <= end:
        memcpy(&word, at, 8)
        found = specials(word)
        if found != 0:
            at += bytes_before(found)
            break
        at += 8
    while at < end and <unsigned char>at[0] >= 32 and at[0] != 34 and at[0] != 92:
        at += 1
    return at
