"""Ids that were used: the newest exactly, older ones by their order and by a filter that tables share."""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from fastdesk._core.bloom cimport BloomFilter
from fastdesk._core.checksum cimport xxh64

cdef extern from "Python.h":
    int PyUnicode_Compare(object one, object other) except? -1

__all__ = ["IdTable"]

cdef enum:                              # where the ids are that came before those of the table
    NOWHERE                             # there were none
    FILTERED
    UNKNOWN

cdef enum:                              # what `find` says beside a number
    NEW = 0
    OTHER_BODY = -1
    UNSURE = -2

cdef Py_ssize_t FEWEST = 8
cdef Py_ssize_t MOST = 1 << 15          # places are counted in 16 bits


cdef inline uint32_t digest_of(str body):
    return <uint32_t>xxh64(
        <const unsigned char*>PyUnicode_DATA(body), PyUnicode_GET_LENGTH(body) * PyUnicode_KIND(body), 0
    )


@cython.final
cdef class IdTable:
    """Tell an id that was used before from a new one, and whether it stands for the same body.

    Bounds: the newest `keep` ids, 20 bytes each (none while it is empty); when one more comes, the older half
    is let go. As long as ids come in order, as those do that begin with the time (RFC 9562, version 7), no
    more need be known of these than where they end; after that they move into `filter`, under this table's
    name. What is kept of an id is the interpreter's keyed hash of 64 bits (PEP 456), so two ids are taken for
    one once in 2**64 pairs; of a body a checksum of 32 bits.

    `find` is O(1), so is `put` on average; both raise nothing but MemoryError for good types. Not locked:
    calls must hold the GIL.

    Raises:
        ValueError: keep outside 2..32,768.
        TypeError: an id, body or name that is no str.

    PERF: a dict of texts and numbers took 250 bytes an id, and 3,000 instructions for one that came and went
    where this takes 1,000; and most of it was not in the processor's cache any more.
    """

    def __cinit__(self, BloomFilter filter not None, str name not None, Py_ssize_t keep):
        if not 2 <= keep <= MOST:
            raise ValueError(f"keep must lie in 2..{MOST}, not {keep}")
        self._filter = filter
        self._name = <uint64_t><Py_hash_t>hash(name)
        self._keep = keep
        self._newest = self._passed = ""
        self._is_sorted = True
        self._older = NOWHERE

    def __dealloc__(self):
        PyMem_Free(self._known)

    def find(self, str id not None, str body not None, /):
        """Return the number under which an id came with this body.

        0: surely new. -1: it came with another body. -2: unsure, it may have come before those that are kept.
        """
        cdef uint64_t hashed = <uint64_t><Py_hash_t>hash(id)
        cdef const Known* known = self._look(hashed)
        if known != NULL:
            return known.number if known.digest == digest_of(body) else OTHER_BODY
        if self._older == UNKNOWN:
            return UNSURE
        if PyUnicode_Compare(id, self._newest) > 0:
            return NEW
        if PyUnicode_Compare(id, self._passed) <= 0:
            return UNSURE
        if self._older == NOWHERE:
            return NEW
        if self._filter.generation - self._generation > 1:
            return UNSURE               # it has forgotten some of them
        return UNSURE if self._filter.has_hash(self._in_filter(hashed)) else NEW

    def put(self, str id not None, str body not None, uint32_t number, /):
        """Keep an id with its body and its number; one that is here already stands for these from now on."""
        cdef uint64_t hashed = <uint64_t><Py_hash_t>hash(id)
        cdef Known* known = self._look(hashed)
        if known == NULL:
            if self._count == self._keep:
                self._let_go()
            if self._count == self._room:
                self._grow()
            known = &self._known[self._count]
            known.hash = hashed
            self._link(self._count)
            self._count += 1
            if PyUnicode_Compare(id, self._newest) > 0:
                self._newest = id
            else:
                self._is_sorted = False
        known.digest = digest_of(body)
        known.number = number

    def miss_older(self):
        """Say that others came before these, which nobody can name: what is not here is unsure."""
        self._older = UNKNOWN

    def __contains__(self, str id not None, /):
        """Tell whether an id is among those that are kept."""
        return self._look(<uint64_t><Py_hash_t>hash(id)) != NULL

    def __len__(self):
        """Count those that are kept."""
        return self._count

    @property
    def bytes_used(self):
        return sizeof(IdTable) + self._room * (sizeof(Known) + 2 * sizeof(uint16_t))

    @cython.overflowcheck(False)        # arithmetic modulo 2**64 is what it is made of
    cdef uint64_t _in_filter(self, uint64_t hash) noexcept:
        """Return the hash of an id of this name."""
        return hash + self._name * 0x9E3779B97F4A7C15u

    cdef Known* _look(self, uint64_t hash) noexcept:
        """Return where an id is kept, or NULL: linear probing, at most half of the slots are taken."""
        cdef uint64_t slot
        if self._count == 0:
            return NULL
        slot = hash & <uint64_t>(2 * self._room - 1)
        while self._slots[slot]:
            if self._known[self._slots[slot] - 1].hash == hash:
                return &self._known[self._slots[slot] - 1]
            slot = (slot + 1) & <uint64_t>(2 * self._room - 1)
        return NULL

    cdef void _link(self, Py_ssize_t place) noexcept:
        cdef uint64_t slot = self._known[place].hash & <uint64_t>(2 * self._room - 1)
        while self._slots[slot]:
            slot = (slot + 1) & <uint64_t>(2 * self._room - 1)
        self._slots[slot] = <uint16_t>(place + 1)

    cdef int _grow(self) except -1:
        cdef Py_ssize_t room = max(FEWEST, 2 * self._room), place
        cdef Known* known = <Known*>PyMem_Malloc(room * (sizeof(Known) + 2 * sizeof(uint16_t)))
        if known == NULL:
            raise MemoryError("no memory for ids")
        if self._count:
            memcpy(known, self._known, self._count * sizeof(Known))
        PyMem_Free(self._known)
        self._known, self._room = known, room
        self._slots = <uint16_t*>(known + room)
        memset(self._slots, 0, 2 * room * sizeof(uint16_t))
        for place in range(self._count):
            self._link(place)
        return 0

    cdef int _let_go(self) except -1:
        """Let the older half go."""
        cdef Py_ssize_t half = self._keep // 2, place
        if self._is_sorted:
            self._passed = self._newest
        else:
            if self._older == NOWHERE:
                self._older, self._generation = FILTERED, self._filter.generation
            for place in range(half):
                self._filter.add_hash(self._in_filter(self._known[place].hash))
        self._count -= half
        memmove(self._known, self._known + half, self._count * sizeof(Known))
        memset(self._slots, 0, 2 * self._room * sizeof(uint16_t))
        for place in range(self._count):
            self._link(place)
        return 0
