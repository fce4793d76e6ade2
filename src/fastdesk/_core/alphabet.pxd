"""Fields and C signatures of the alphabet: what a character of a text is to a keyword matcher."""

from libc.stdint cimport uint16_t, uint32_t

cdef enum:
    PAGES = 0x1100                      # of 256 code points each
    LONGEST = 255                       # characters of a normalised word
    SKIPPED = 0xFFFF                    # label of a character that is passed over
    NO_MEMORY = -1
    NO_LABELS = -2                      # more different characters than labels


cdef struct Block:
    uint16_t[256] labels                # two bytes: those of Chinese fit in the nearest cache


cdef struct Alphabet:
    uint32_t singles                    # labels up to here are words of one character
    uint32_t starts                     # labels up to here begin a word; 0: not in any word
    uint16_t[PAGES] pages               # code point // 256 -> block
    Block* blocks                       # block 0 is all zero
    size_t blocks_used


cdef struct Item:                       # a word
    Py_ssize_t start                    # its place in Draft.codes
    const uint16_t* spelling            # its labels and a zero
    uint32_t word                       # its index in the caller's list


cdef struct Draft:                      # the words while an automaton is built of them
    uint32_t* folds                     # code point -> the one it stands for, NOTHING, or 0: itself
    uint32_t* labels                    # normalised code point -> label
    bint[PAGES] touched                 # code point // 256 -> it has a fold or a label there
    uint32_t* codes                     # of all words: code points, then normalised ones; zero ends a word
    Py_ssize_t codes_used
    Py_ssize_t codes_capacity
    uint16_t* spellings                 # of all words, as codes
    Item* items
    Py_ssize_t count


cdef inline uint32_t label_of(const Alphabet* alphabet, uint32_t code) noexcept nogil:
    return alphabet.blocks[alphabet.pages[code >> 8]].labels[code & 0xFF]


cdef int draft_words(
    Draft* draft, list words, str separators, dict lookalikes, Py_ssize_t max_codes
) except -1
cdef int draft_alphabet(Draft* draft, Alphabet* alphabet) noexcept nogil
cdef int sort_words(Draft* draft) noexcept nogil
cdef tuple unusable_words(const Draft* draft)
cdef void discard(Draft* draft) noexcept nogil
