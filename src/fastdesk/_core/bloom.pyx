"""A Bloom filter with a keyed hash and two generations: it forgets the oldest items instead of filling up."""

from libc.math cimport ceil, exp, log, log2, pow
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize

__all__ = ["BloomFilter"]

cdef extern from "stdlib.h" nogil:
    void* aligned_alloc(size_t alignment, size_t size)

cdef extern from *:
    int popcount "__builtin_popcountll"(unsigned long long) nogil

cdef int BLOCK_BITS = 512
cdef double LN2 = log(2.0)
cdef double OVERSHOOT = 1.02            # blocks fill unevenly: half the bits stand a little after `expected`


@cython.overflowcheck(False)            # what is shifted out comes back in on the other side
cdef inline uint64_t rotate(uint64_t x, int bits) noexcept nogil:
    return (x << bits) | (x >> (64 - bits))


@cython.overflowcheck(False)            # addition modulo 2**64 is what the hash is made of
cdef inline void sip_rounds(uint64_t* v, int rounds) noexcept nogil:
    for _ in range(rounds):
        v[0] += v[1]
        v[2] += v[3]
        v[1] = rotate(v[1], 13) ^ v[0]
        v[3] = rotate(v[3], 16) ^ v[2]
        v[0] = rotate(v[0], 32) + v[3]
        v[2] += v[1]
        v[3] = rotate(v[3], 21) ^ v[0]
        v[1] = rotate(v[1], 17) ^ v[2]
        v[2] = rotate(v[2], 32)


cdef uint64_t siphash(const uint8_t* item, Py_ssize_t size, const uint64_t* key) noexcept nogil:
    """Hash with SipHash-2-4 (Aumasson & Bernstein 2012), on a little-endian machine bit for bit."""
    cdef uint64_t[4] v
    cdef uint64_t word
    cdef Py_ssize_t i
    v[0] = key[0] ^ 0x736F6D6570736575u
    v[1] = key[1] ^ 0x646F72616E646F6Du
    v[2] = key[0] ^ 0x6C7967656E657261u
    v[3] = key[1] ^ 0x7465646279746573u
    for i in range(0, size - 7, 8):
        memcpy(&word, item + i, 8)
        v[3] ^= word
        sip_rounds(v, 2)
        v[0] ^= word
    word = 0
    memcpy(&word, item + (size & ~7), size & 7)
    word |= <uint64_t>(size & 0xFF) << 56
    v[3] ^= word
    sip_rounds(v, 2)
    v[0] ^= word
    v[2] ^= 0xFF
    sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


@cython.overflowcheck(False)            # as above
cdef inline uint64_t next_random(uint64_t* state) noexcept nogil:
    """Return the next number of SplitMix64 (Steele, Lea & Flood 2014)."""
    cdef uint64_t x
    state[0] += 0x9E3779B97F4A7C15u
    x = state[0]
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu
    return x ^ (x >> 31)


cdef inline bint covers(const Block* block, const Block* mask) noexcept nogil:
    cdef uint64_t missing = 0
    cdef int i
    for i in range(BLOCK_WORDS):
        missing |= mask.words[i] & ~block.words[i]
    return missing == 0


cdef double false_positives(int hashes, double load) noexcept:
    """Return the rate for blocks with `load` items on average, Poisson distributed."""
    cdef double chance = exp(-load)
    cdef double rate = 0.0
    cdef int items
    for items in range(1, <int>(4 * load) + 60):
        chance *= load / items
        rate += chance * pow(1.0 - pow(1.0 - 1.0 / BLOCK_BITS, hashes * items), hashes)
    return rate


cdef int fewest_hashes(double rate) noexcept:
    """Return the bits per item with which half-full blocks stay at or below `rate`."""
    cdef int hashes = max(1, <int>-log2(rate))  # with fewer, not even evenly filled blocks would
    while false_positives(hashes, OVERSHOOT * BLOCK_BITS * LN2 / hashes) > rate:
        hashes += 1
    return hashes


@cython.final
cdef class BloomFilter:
    """Tell items that are surely new from items that were perhaps seen.

    "Perhaps" is wrong for at most `false_positive_rate` of new items; "surely new" is never wrong for an item
    within the window. The filter may therefore choose a cheap way, never decide that an item is a repeat.

    Window: items are added to the current generation. When half of its bits are set, which is after
    `expected` distinct items or a few more, it becomes the previous one and a cleared one takes its place. So
    the last `expected` distinct items are remembered, and never more than twice as many; the rate holds for
    both generations together.

    Items are bytes, or str that stand for their UTF-8. They are hashed with SipHash-2-4 under the 16 bytes of
    `key`: without the key nobody can craft items that collide. Who makes items from several parts must join
    them so that two combinations never look alike.

    O(length of the item); one cache line per generation is touched. The call that rotates also clears one
    generation, about 0.1 ms per MiB. Memory is reserved at once: about 2 * 1.44 * log2(2 / rate) bits for
    each expected item and a fifth more, 4.5 MiB for a million at 0.001. Not locked: calls must hold the GIL.

    Raises:
        ValueError: expected outside 1..2**32, a rate outside 1e-6..0.5, a key that is not 16 bytes long,
            a str with a lone surrogate.
        TypeError: an item that is neither bytes nor str.
        MemoryError: no room for the generations.

    Source: Bloom 1970; one cache line per item after Putze, Sanders & Singler 2007.
    """

    def __cinit__(self, Py_ssize_t expected, double false_positive_rate, bytes key not None):
        if not 1 <= expected <= <Py_ssize_t>1 << 32:
            raise ValueError(f"expected must lie in 1..2**32, not {expected}")
        if not 1e-6 <= false_positive_rate <= 0.5:
            raise ValueError(f"false_positive_rate must lie in 1e-6..0.5, not {false_positive_rate}")
        if len(key) != 16:
            raise ValueError(f"the key must be 16 bytes long, not {len(key)}")
        memcpy(self._key, PyBytes_AS_STRING(key), 16)
        self.expected = expected
        # Either generation may err.
        self.hashes = fewest_hashes(false_positive_rate / 2)
        self._blocks = <uint64_t>ceil(expected * self.hashes / LN2 / BLOCK_BITS)
        self._current = <Block*>aligned_alloc(sizeof(Block), self._blocks * sizeof(Block))
        self._previous = <Block*>aligned_alloc(sizeof(Block), self._blocks * sizeof(Block))
        if self._current == NULL or self._previous == NULL:
            raise MemoryError(f"no memory for two generations of {expected} items")
        self.clear()

    def __dealloc__(self):
        free(self._current)
        free(self._previous)

    def add(self, item, /):
        """Remember `item`."""
        cdef Place place
        self._locate(item, &place)
        self._set(&place)

    cpdef bint may_contain(self, item) except -1:
        """Return False when `item` is surely new, True when it was perhaps seen."""
        cdef Place place
        self._locate(item, &place)
        return covers(&self._current[place.block], &place.mask) or (
            covers(&self._previous[place.block], &place.mask)
        )

    cpdef bint add_if_new(self, item) except -1:
        """Remember `item` and return True when it is surely new; otherwise return False, changing nothing."""
        cdef Place place
        self._locate(item, &place)
        if covers(&self._current[place.block], &place.mask):
            return False
        if covers(&self._previous[place.block], &place.mask):
            return False
        self._set(&place)
        return True

    def fingerprint(self, item, /):
        """Return the item's 64-bit keyed hash."""
        return self._hash(item)

    def clear(self):
        """Forget everything; the generation counter goes on."""
        memset(self._current, 0, self._blocks * sizeof(Block))
        memset(self._previous, 0, self._blocks * sizeof(Block))
        self._bits_set = 0

    @property
    def fill_ratio(self):
        """Share of the current generation's bits that are set: 0 to 0.5."""
        return <double>self._bits_set / <double>(self._blocks * BLOCK_BITS)

    @property
    def bytes_used(self):
        return 2 * self._blocks * sizeof(Block)

    def __contains__(self, item):
        return self.may_contain(item)

    cdef uint64_t _hash(self, item) except? 0:
        cdef Py_ssize_t size
        cdef const char* start
        if isinstance(item, bytes):
            start = PyBytes_AS_STRING(item)
            size = PyBytes_GET_SIZE(item)
        elif isinstance(item, str):
            start = PyUnicode_AsUTF8AndSize(item, &size)
        else:
            raise TypeError(f"an item must be bytes or str, not {type(item).__name__}")
        return siphash(<const uint8_t*>start, size, self._key)

    @cython.overflowcheck(False)        # the upper half of the hash times _blocks stays inside 64 bits
    cdef int _locate(self, item, Place* place) except -1:
        cdef uint64_t state = self._hash(item)
        cdef uint64_t bits = 0
        cdef int i
        place.block = ((state >> 32) * self._blocks) >> 32
        memset(&place.mask, 0, sizeof(Block))
        for i in range(self.hashes):
            if i % 7 == 0:              # one number is good for seven positions of nine bits
                bits = next_random(&state)
            place.mask.words[bits >> 6 & 7] |= <uint64_t>1 << (bits & 63)
            bits >>= 9
        return 0

    cdef void _set(self, const Place* place) noexcept:
        cdef Block* block = &self._current[place.block]
        cdef int i
        for i in range(BLOCK_WORDS):
            self._bits_set += popcount(place.mask.words[i] & ~block.words[i])
            block.words[i] |= place.mask.words[i]
        if 2 * self._bits_set >= self._blocks * BLOCK_BITS:
            self._current, self._previous = self._previous, self._current
            memset(self._current, 0, self._blocks * sizeof(Block))
            self._bits_set = 0
            self.generation += 1
