"""Fields and C signatures of the LRU cache."""

cdef struct Link:                       # a place in a circular list; its own neighbour while in none
    Link* older
    Link* newer
    void* holder                        # the Entry or Owner it lies in, borrowed; NULL in a sentinel


cdef class Owner:
    cdef:
        Link entries                    # sentinel: `newer` is the owner's oldest entry
        Link above                      # place among those above their share
        Py_ssize_t bytes_used           # by the owner's entries
        object name


cdef class Entry:
    cdef:
        Link by_age                     # place among all entries
        Link by_owner                   # place among the owner's entries
        Py_ssize_t size                 # bytes, as the caller counts them
        object key
        object value
        Owner owner                     # None: nobody's


cdef class LRUCache:
    cdef:
        readonly Py_ssize_t max_entries
        readonly Py_ssize_t max_bytes
        readonly Py_ssize_t max_owner_bytes
        readonly Py_ssize_t bytes_used
        readonly Py_ssize_t hits
        readonly Py_ssize_t misses
        readonly Py_ssize_t evictions   # entries dropped to keep a bound
        Link _by_age                    # sentinel: `newer` is the oldest entry, `older` the newest
        Link _above                     # sentinel: `newer` is the owner above its share for the longest time
        dict _entries                   # key -> Entry; owns the entries
        dict _owners                    # name -> Owner, only those that hold something

    cpdef object get(self, key, default=*)
    cpdef bint put(self, key, value, Py_ssize_t size, owner=*) except -1
    cpdef object pop(self, key, default=*)
    cdef Owner _owner(self, name)
    cdef int _insert(self, Entry entry) except -1
    cdef void _touch(self, Entry entry) noexcept
    cdef void _resize(self, Entry entry, Py_ssize_t size) noexcept
    cdef void _count(self, Owner account, Py_ssize_t size) noexcept
    cdef int _drop(self, Entry entry) except -1
    cdef bint _evict(self) except -1
