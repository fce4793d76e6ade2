"""Fields and C signatures of the keyword matcher."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from fastdesk._core.alphabet cimport Alphabet, Draft


ctypedef fused Unit:                    # of a str: one, two or four bytes a character
    uint8_t
    uint16_t
    uint32_t


cdef struct Node:                       # a state; numbered in breadth-first order, the root is 0
    uint32_t first                      # lowest of its children; they end where the next state's begin
    uint32_t fail                       # state of the longest proper suffix that begins a word
    uint32_t ending                     # longest word that ends here; 0: none
    uint32_t depth                      # characters from the root


cdef struct Ending:                     # a word, in the list of those that end at one place
    uint32_t word                       # its index in the caller's list
    uint32_t length                     # characters after normalisation
    uint32_t shorter                    # next in the list; 0: none


cdef struct Text:                       # a str, borrowed
    int kind
    const void* start
    Py_ssize_t size


cdef class KeywordMatcher:
    cdef:
        readonly tuple unusable         # indices of the words that can never match
        Py_ssize_t _words               # words given
        Alphabet _alphabet
        uint32_t* _pairs                # bitmap by hash: a state one deep and a label that follows it
        int _pair_shift                 # bits of the 32-bit hash that are not used
        size_t _states
        Node* _nodes                    # one more than states: the last closes the list of children
        uint16_t* _arrivals             # state -> label that leads into it
        uint32_t _ends                  # words that can match
        Ending* _endings                # 1.._ends

    cdef int _build(self, Draft* draft) noexcept nogil
    cdef int _allocate(self, const Draft* draft) noexcept nogil
    cdef int _grow(self, const Draft* draft) noexcept nogil
    cdef void _end_word(self, uint32_t state, uint32_t word) noexcept nogil
    cdef void _add_child(self, uint32_t state, uint32_t label) noexcept nogil
    cdef void _shrink(self) noexcept nogil
    cdef uint32_t _label(self, const Text* text, Py_ssize_t index) noexcept nogil
    cdef bint _may_follow(self, uint32_t state, uint32_t label) noexcept nogil
    cdef uint32_t _advance(self, uint32_t state, uint32_t label) noexcept nogil
    cdef Py_ssize_t _first(self, const Text* text) noexcept nogil
    cdef Py_ssize_t _scan(self, const Unit* text, Py_ssize_t size) noexcept nogil
    cdef list _overlapping(self, const Text* text, Py_ssize_t begin, Py_ssize_t limit)
    cdef list _longest(self, const Text* text, Py_ssize_t limit)
