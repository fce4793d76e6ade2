"""Token buckets in integer arithmetic: one alone, and a bounded table of one for each key."""

cimport cython
from libc.math cimport llround
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free

__all__ = ["BucketTable", "TokenBucket"]

cdef int64_t MICRO = 1_000_000
cdef uint64_t BILLION = 1_000_000_000
cdef int64_t MOST_TOKENS = 1_000_000_000    # in micro-tokens 10**15: products below stay inside 64 bits
cdef double CENTURY_S = 100 * 365.25 * 86_400
cdef Py_ssize_t SWEEP = 256                 # a full table is searched this far: under a microsecond


cdef extern from *:
    """
    /* The nanoseconds in which `missing` micro-tokens flow in, rounded up. The product passes 64 bits. */
    static inline uint64_t wait_ns(uint64_t missing, uint64_t fraction, uint64_t rate_micro) {
        unsigned __int128 need = (unsigned __int128)missing * 1000000000u - fraction;
        return (uint64_t)((need + rate_micro - 1) / rate_micro);
    }
    """
    uint64_t wait_ns(uint64_t missing, uint64_t fraction, uint64_t rate_micro) noexcept nogil


cdef int set_limit(Limit* limit, double rate_per_s, int64_t burst) except -1:
    # Written so that NaN is refused too.
    if not 1e-6 <= rate_per_s <= <double>MOST_TOKENS:
        raise ValueError(f"rate_per_s must lie in 1e-6..1e9, not {rate_per_s}")
    if not 1 <= burst <= MOST_TOKENS:
        raise ValueError(f"burst must lie in 1..1e9, not {burst}")
    limit.rate_micro = llround(rate_per_s * <double>MICRO)
    limit.burst_micro = burst * MICRO
    if burst / rate_per_s > CENTURY_S:
        raise ValueError(f"a burst of {burst} at {rate_per_s} per second takes over a century to fill")
    limit.fill_ns = wait_ns(limit.burst_micro, 0, limit.rate_micro)
    return 0


cdef inline int check(const Limit* limit, int64_t n, int64_t now_ns) except -1:
    if n < 1 or <uint64_t>n > limit.burst_micro // MICRO:
        raise ValueError(f"n must lie in 1..{limit.burst_micro // MICRO}, the burst, not {n}")
    if now_ns < 0:
        raise ValueError(f"now_ns must not be negative, but is {now_ns}")
    return 0


cdef inline void fill(Bucket* bucket, const Limit* limit, int64_t now_ns) noexcept nogil:
    bucket.level_micro = limit.burst_micro
    bucket.fraction = 0
    bucket.last_ns = now_ns


cdef inline void refill(Bucket* bucket, const Limit* limit, int64_t now_ns) noexcept nogil:
    """Add what has flowed in since the last time; what is no whole micro-token stays in `fraction`."""
    cdef uint64_t elapsed = now_ns - bucket.last_ns if now_ns > bucket.last_ns else 0
    cdef uint64_t seconds, rest
    bucket.last_ns = now_ns
    if elapsed >= limit.fill_ns:
        fill(bucket, limit, now_ns)
        return
    # Below fill_ns no product passes 64 bits: seconds * rate <= burst, the others are below 10**18.
    seconds = elapsed // BILLION
    rest = elapsed % BILLION
    bucket.fraction += rest * (limit.rate_micro % BILLION)
    bucket.level_micro += (
        seconds * limit.rate_micro + rest * (limit.rate_micro // BILLION) + bucket.fraction // BILLION
    )
    bucket.fraction %= BILLION
    if bucket.level_micro >= limit.burst_micro:
        fill(bucket, limit, now_ns)


cdef inline int64_t take_from(Bucket* bucket, const Limit* limit, int64_t n, int64_t now_ns) noexcept nogil:
    cdef uint64_t cost = n * MICRO
    refill(bucket, limit, now_ns)
    if bucket.level_micro >= cost:
        bucket.level_micro -= cost
        return 0
    return wait_ns(cost - bucket.level_micro, bucket.fraction, limit.rate_micro)


cdef inline void give_to(Bucket* bucket, const Limit* limit, int64_t n, int64_t now_ns) noexcept nogil:
    refill(bucket, limit, now_ns)
    bucket.level_micro += <uint64_t>(n * MICRO)
    if bucket.level_micro >= limit.burst_micro:
        fill(bucket, limit, now_ns)


@cython.final
cdef class TokenBucket:
    """Let through at most `burst` tokens at once and `rate_per_s` tokens a second on average.

    Units: tokens, kept in whole micro-tokens with an exact remainder; `rate_per_s` is rounded to a
    micro-token per second. Time is `now_ns`, nanoseconds of a monotonic clock, an argument of each call.

    The bucket is full at first. `take` and `give` move one token at least and the burst at most. Over any
    stretch of time no more than `burst + rate * elapsed` tokens are granted, and a bucket asked often grants
    that amount to within one token. Time that steps back gives nothing: the bucket goes on from the earlier
    time, so it neither bursts nor locks out.

    O(1), no memory beyond the object. Not locked: calls must hold the GIL.

    Raises:
        ValueError: rate outside 1e-6..1e9, burst outside 1..1e9, a bucket that takes over a century to fill,
            n outside 1..burst (more than the burst can never be granted), a negative time.

    Source: own; the token bucket as in RFC 2697, section 3.
    """

    def __cinit__(self, double rate_per_s, int64_t burst):
        set_limit(&self._limit, rate_per_s, burst)
        fill(&self._bucket, &self._limit, 0)

    cpdef int64_t take(self, int64_t n, int64_t now_ns) except -1:
        """Take n tokens and return 0, or take none and return the ns after which they would be there."""
        check(&self._limit, n, now_ns)
        return take_from(&self._bucket, &self._limit, n, now_ns)

    def give(self, int64_t n, int64_t now_ns):
        """Put n tokens back that were taken and not needed; what does not fit is lost."""
        check(&self._limit, n, now_ns)
        give_to(&self._bucket, &self._limit, n, now_ns)

    def level_micro(self, int64_t now_ns):
        """Return the micro-tokens in the bucket."""
        check(&self._limit, 1, now_ns)
        refill(&self._bucket, &self._limit, now_ns)
        return self._bucket.level_micro

    @property
    def burst(self):
        return self._limit.burst_micro // MICRO

    @property
    def rate_per_s(self):
        return <double>self._limit.rate_micro / <double>MICRO


@cython.final
cdef class BucketTable:
    """Keep one token bucket for each key, all with the same rate and burst, within a fixed memory.

    Units, exactness and the treatment of time are those of TokenBucket. A key is any hashable object; the
    table holds a reference to it.

    Bounds: at most `max_keys` keys. A new key that finds the table full takes the place of a key whose bucket
    is full again, as nothing is lost by forgetting that one. A bucket that is not full is never evicted, so
    nobody gets a fresh burst by rotating keys: when no full one is among the next 256 buckets, the take goes
    to one bucket that all such keys share, and the table forgets the key.

    O(1), and at most 256 buckets looked at for a new key in a full table. Memory: 24 bytes a key, reserved at
    once, and the table's entry of about 150 bytes for each key in use. Not locked: calls hold the GIL, and
    keys must hash and compare without calling the table again.

    Raises:
        ValueError: as TokenBucket; also max_keys below one.
        MemoryError: no room for max_keys.
        TypeError: an unhashable key.

    Source: own; the sweep is the clock algorithm (Corbato 1968) with "is full" as the reference bit.
    """

    def __cinit__(self, double rate_per_s, int64_t burst, Py_ssize_t max_keys):
        set_limit(&self._limit, rate_per_s, burst)
        if max_keys < 1:
            raise ValueError(f"max_keys must be at least one, not {max_keys}")
        self.max_keys = max_keys
        self._keys = []
        self._slots = {}
        fill(&self._overflow, &self._limit, 0)
        self._buckets = <Bucket*>calloc(max_keys, sizeof(Bucket))
        if self._buckets == NULL:
            raise MemoryError(f"no memory for {max_keys} buckets")

    def __dealloc__(self):
        free(self._buckets)

    cpdef int64_t take(self, key, int64_t n, int64_t now_ns) except -1:
        """Take n tokens for `key` and return 0, or take none and return the ns after which they are there."""
        cdef Py_ssize_t index
        check(&self._limit, n, now_ns)
        slot = self._slots.get(key)
        index = self._claim(key, now_ns) if slot is None else slot
        if index < 0:
            self.overflowed += 1
            return take_from(&self._overflow, &self._limit, n, now_ns)
        return take_from(&self._buckets[index], &self._limit, n, now_ns)

    def give(self, key, int64_t n, int64_t now_ns):
        """Put n tokens back into the bucket of `key`; a key without one has nothing to get back."""
        check(&self._limit, n, now_ns)
        slot = self._slots.get(key)
        if slot is not None:
            give_to(&self._buckets[<Py_ssize_t>slot], &self._limit, n, now_ns)

    def level_micro(self, key, int64_t now_ns):
        """Return the micro-tokens in the bucket of `key`: the full burst when it has none."""
        cdef Py_ssize_t index
        check(&self._limit, 1, now_ns)
        slot = self._slots.get(key)
        if slot is None:
            return self._limit.burst_micro
        index = slot
        refill(&self._buckets[index], &self._limit, now_ns)
        return self._buckets[index].level_micro

    def __contains__(self, key):
        return key in self._slots

    def __len__(self):
        return len(self._slots)

    cdef Py_ssize_t _claim(self, key, int64_t now_ns) except -2:
        """Return the index of a full bucket that is now the key's, or -1."""
        cdef Py_ssize_t index = len(self._keys)
        if index < self.max_keys:
            fill(&self._buckets[index], &self._limit, now_ns)
            self._keys.append(key)
        else:
            index = self._find_full(now_ns)
            if index < 0:
                return -1
            former = self._keys[index]
            self._keys[index] = key
            self._slots.pop(former, None)
            self.evictions += 1
        self._slots[key] = index
        return index

    cdef Py_ssize_t _find_full(self, int64_t now_ns) noexcept:
        cdef Py_ssize_t index
        for _ in range(min(SWEEP, self.max_keys)):
            index = self._hand
            self._hand = index + 1 if index + 1 < self.max_keys else 0
            refill(&self._buckets[index], &self._limit, now_ns)
            if self._buckets[index].level_micro == self._limit.burst_micro:
                return index
        return -1
