"""A Bloom filter with two generations: it forgets the oldest items instead of filling up."""

from libc.math cimport ceil, exp, log, log2, pow
from libc.stdint cimport uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING

__all__ = ["BloomFilter"]

cdef extern from "stdlib.h" nogil:
    void* aligned_alloc(size_t alignment, size_t size)

cdef int BLOCK_BITS = 512
cdef double LN2 = log(2.0)
cdef double OVERSHOOT = 1.02            # blocks fill unevenly: half the bits stand a little after `expected`


@cython.overflowcheck(False)            # arithmetic modulo 2**64 is what it is made of
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

    Items are texts, or tuples of them for what has several parts: whatever can be hashed. The interpreter
    hashes texts with a keyed SipHash (PEP 456) and keeps the hash with the text; what it gives is mixed with
    the 16 bytes of `key`. So nobody outside can craft items that collide.

    O(1) beside the hash; one cache line per generation is touched. The call that rotates also clears one
    generation, about 0.1 ms per MiB. Memory is reserved at once: about 2 * 1.44 * log2(2 / rate) bits for
    each expected item and a fifth more, 4.5 MiB for a million at 0.001. Not locked: calls must hold the GIL.

    Raises:
        ValueError: expected outside 1..2**32, a rate outside 1e-6..0.5, a key that is not 16 bytes long.
        TypeError: an item that can't be hashed.
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
        self.add_hash(<uint64_t><Py_hash_t>hash(item))

    cpdef bint may_contain(self, item) except -1:
        """Return False when `item` is surely new, True when it was perhaps seen."""
        return self.has_hash(<uint64_t><Py_hash_t>hash(item))

    cpdef bint add_if_new(self, item) except -1:
        """Remember `item` and return True when it is surely new; otherwise return False, changing nothing."""
        cdef Place place
        self._place(<uint64_t><Py_hash_t>hash(item), &place)
        if covers(&self._current[place.block], &place.mask):
            return False
        if covers(&self._previous[place.block], &place.mask):
            return False
        self._set(&place)
        return True

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

    cdef bint has_hash(self, uint64_t hash) noexcept:
        """Tell what `may_contain` tells of an item that has this hash."""
        cdef Place place
        self._place(hash, &place)
        return covers(&self._current[place.block], &place.mask) or (
            covers(&self._previous[place.block], &place.mask)
        )

    cdef void add_hash(self, uint64_t hash) noexcept:
        """Remember an item that has this hash."""
        cdef Place place
        self._place(hash, &place)
        self._set(&place)

    @cython.overflowcheck(False)        # the upper half of the hash times _blocks stays inside 64 bits
    cdef void _place(self, uint64_t hash, Place* place) noexcept:
        cdef uint64_t state = hash ^ self._key[0]
        cdef uint64_t bits = 0
        cdef int i
        state = next_random(&state) ^ self._key[1]
        place.block = ((state >> 32) * self._blocks) >> 32
        memset(&place.mask, 0, sizeof(Block))
        for i in range(self.hashes):
            if i % 7 == 0:              # one number is good for seven positions of nine bits
                bits = next_random(&state)
            place.mask.words[bits >> 6 & 7] |= <uint64_t>1 << (bits & 63)
            bits >>= 9

    cdef void _set(self, const Place* place) noexcept:
        cdef Block* block = &self._current[place.block]
        cdef uint64_t fresh
        cdef int i
        for i in range(BLOCK_WORDS):
            fresh = place.mask.words[i] & ~block.words[i]
            block.words[i] |= fresh
            while fresh:                # few are, if any
                fresh &= fresh - 1
                self._bits_set += 1
        if 2 * self._bits_set >= self._blocks * BLOCK_BITS:
            self._current, self._previous = self._previous, self._current
            memset(self._current, 0, self._blocks * sizeof(Block))
            self._bits_set = 0
            self.generation += 1
