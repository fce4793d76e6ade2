"""A least-recently-used cache that is bounded by entries and by bytes, with a fair share for each owner."""

import types

cimport cython

__all__ = ["LRUCache"]

cdef Py_ssize_t LARGEST_BOUND = (<Py_ssize_t>1 << 62) - 1   # two of them still fit a Py_ssize_t


cdef inline void detach(Link* link) noexcept:
    link.older.newer = link.newer
    link.newer.older = link.older
    link.older = link
    link.newer = link


cdef inline void attach_newest(Link* sentinel, Link* link) noexcept:
    link.older = sentinel.older
    link.newer = sentinel
    sentinel.older.newer = link
    sentinel.older = link


@cython.final
@cython.no_gc_clear  # entries point into it: only the cache may let it go
cdef class Owner:
    def __cinit__(self, name):
        self.entries.older = &self.entries
        self.entries.newer = &self.entries
        self.above.older = &self.above
        self.above.newer = &self.above
        self.above.holder = <void*>self
        self.name = name

    def __dealloc__(self):
        if self.above.holder != NULL:
            detach(&self.above)


@cython.final
@cython.no_gc_clear
cdef class Entry:
    def __cinit__(self, key, value, Py_ssize_t size, Owner owner):
        self.by_age.older = &self.by_age
        self.by_age.newer = &self.by_age
        self.by_owner.older = &self.by_owner
        self.by_owner.newer = &self.by_owner
        self.by_age.holder = <void*>self
        self.by_owner.holder = <void*>self
        self.key = key
        self.value = value
        self.size = size
        self.owner = owner

    def __dealloc__(self):
        # The lists borrow their entries: whatever lets one die, no neighbour may keep a pointer to it.
        if self.by_age.holder != NULL:
            detach(&self.by_age)
            detach(&self.by_owner)


@cython.final
cdef class LRUCache:
    """Keep the most recently used values within two bounds, shared fairly between owners.

    Bounds: at most `max_entries` entries whose sizes sum up to at most `max_bytes`; the sizes are what the
    caller says, in bytes. Past them the oldest entry goes: of the owner that has held more than `owner_share`
    of `max_bytes` for the longest time, and of all entries when there is none. So who is alone has all the
    room, and nobody can push the others out. Entries of nobody (`owner=None`) know only the common bounds.

    Get and put make an entry the newest; `in`, `len` and iteration change nothing. Iteration goes over a copy
    of the keys, oldest first. A value too large for its bound (an owner's is its share) is refused, and what
    its key held before is dropped, so that no stale value stays behind.

    Each operation is O(1) and expected O(1) on the hash table, apart from `clear`, `drop_owner` and `keys`,
    which walk what they drop or copy. Memory: about 200 bytes an entry beside key and value.

    Not locked: calls must hold the GIL, and keys must hash and compare without calling the cache again.
    Destructors of dropped values may call it.

    Raises:
        ValueError: a bound below one or above 2**62 - 1, a share outside (0, 1], a negative size.
        TypeError: an unhashable key or owner; nothing has changed then.

    Source: own; a hash table over an intrusive circular list, as in most caches of this kind.
    """

    __class_getitem__ = classmethod(types.GenericAlias)

    def __cinit__(self, Py_ssize_t max_entries, Py_ssize_t max_bytes, double owner_share=1.0):
        self._by_age.older = &self._by_age
        self._by_age.newer = &self._by_age
        self._above.older = &self._above
        self._above.newer = &self._above
        if not 1 <= max_entries <= LARGEST_BOUND or not 1 <= max_bytes <= LARGEST_BOUND:
            raise ValueError(f"bounds must lie in 1..2**62-1: {max_entries} entries, {max_bytes} bytes")
        if not 0.0 < owner_share <= 1.0:
            raise ValueError(f"owner_share must lie in (0, 1], not {owner_share}")
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        # A share of one is no share: a double can't hold every large bound exactly.
        self.max_owner_bytes = max_bytes if owner_share == 1.0 else <Py_ssize_t>(max_bytes * owner_share)
        self._entries = {}
        self._owners = {}

    def __dealloc__(self):
        # An entry that something outside still holds must not point here; NULL when __cinit__ never began.
        while self._by_age.newer != NULL and self._by_age.newer != &self._by_age:
            detach(self._by_age.newer)
        while self._above.newer != NULL and self._above.newer != &self._above:
            detach(self._above.newer)

    cpdef object get(self, key, default=None):
        """Return the value of `key` and make it the newest, or `default` when it is missing."""
        cdef Entry entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return default
        self.hits += 1
        self._touch(entry)
        return entry.value

    cpdef bint put(self, key, value, Py_ssize_t size, owner=None) except -1:
        """Hold `value` as the newest; return False when it is larger than its bound allows."""
        cdef Entry entry = self._entries.get(key)
        cdef Owner account
        if size < 0:
            raise ValueError(f"size must not be negative, but is {size}")
        if size > (self.max_bytes if owner is None else self.max_owner_bytes):
            if entry is not None:
                self._drop(entry)
            return False
        account = self._owner(owner)
        if entry is not None and entry.owner is account:
            _former = entry.value       # dies at the end, when everything is in place again
            entry.value = value
            self._resize(entry, size)
            self._touch(entry)
        else:
            if entry is not None:
                self._drop(entry)
            self._insert(Entry(key, value, size, account))
        while self.bytes_used > self.max_bytes or len(self._entries) > self.max_entries:
            if not self._evict():
                break
        return True

    cpdef object pop(self, key, default=None):
        """Take `key` out and return its value, or `default` when it is missing."""
        cdef Entry entry = self._entries.get(key)
        if entry is None:
            return default
        self._drop(entry)
        return entry.value

    def drop_owner(self, owner, /):
        """Drop everything that `owner` holds and return the number of entries."""
        cdef Owner account = self._owners.get(owner)
        cdef list entries = [] if account is None else listed(&account.entries)
        cdef Entry entry
        for entry in entries:
            self._drop(entry)
        return len(entries)

    def clear(self):
        """Drop everything; the counters go on."""
        _former = self._entries         # dies at the end, when everything is in place again
        self._entries = {}
        self._owners = {}
        self.bytes_used = 0
        while self._by_age.newer != &self._by_age:
            detach(self._by_age.newer)
        while self._above.newer != &self._above:
            detach(self._above.newer)

    def keys(self):
        """Return the keys, oldest first."""
        cdef Entry entry
        return [entry.key for entry in listed(&self._by_age)]

    def owner_bytes(self, owner, /):
        """Return the bytes that `owner` holds."""
        cdef Owner account = self._owners.get(owner)
        return 0 if account is None else account.bytes_used

    def __contains__(self, key):
        return key in self._entries

    def __len__(self):
        return len(self._entries)

    def __iter__(self):
        return iter(self.keys())

    cdef Owner _owner(self, name):
        cdef Owner account
        if name is None:
            return None
        account = self._owners.get(name)
        if account is None:
            account = Owner(name)
            self._owners[name] = account
        return account

    cdef int _insert(self, Entry entry) except -1:
        self._entries[entry.key] = entry
        attach_newest(&self._by_age, &entry.by_age)
        if entry.owner is not None:
            attach_newest(&entry.owner.entries, &entry.by_owner)
        self._count(entry.owner, entry.size)
        return 0

    cdef void _touch(self, Entry entry) noexcept:
        detach(&entry.by_age)
        attach_newest(&self._by_age, &entry.by_age)
        if entry.owner is not None:
            detach(&entry.by_owner)
            attach_newest(&entry.owner.entries, &entry.by_owner)

    cdef void _resize(self, Entry entry, Py_ssize_t size) noexcept:
        self._count(entry.owner, size - entry.size)
        entry.size = size

    cdef void _count(self, Owner account, Py_ssize_t size) noexcept:
        self.bytes_used += size
        if account is None:
            return
        account.bytes_used += size
        if account.bytes_used <= self.max_owner_bytes:
            detach(&account.above)
        elif account.above.newer == &account.above:
            attach_newest(&self._above, &account.above)

    cdef int _drop(self, Entry entry) except -1:
        cdef Owner account = entry.owner
        if entry.by_age.newer == &entry.by_age:
            return 0                    # a destructor was faster
        detach(&entry.by_age)
        detach(&entry.by_owner)
        self._count(account, -entry.size)
        if account is not None and account.entries.newer == &account.entries:
            self._owners.pop(account.name, None)
        self._entries.pop(entry.key, None)
        return 0

    cdef bint _evict(self) except -1:
        cdef Link* entries = &self._by_age
        cdef Entry entry
        if self._above.newer != &self._above:
            entries = &(<Owner>self._above.newer.holder).entries
        if entries.newer == entries:
            return False
        entry = <Entry>entries.newer.holder
        self.evictions += 1
        self._drop(entry)
        return True


cdef list listed(Link* sentinel):
    """Return the entries of a list, oldest first, each held by a reference of its own."""
    cdef list entries = []
    cdef Link* link = sentinel.newer
    while link != sentinel:
        entries.append(<object>link.holder)
        link = link.newer
    return entries
