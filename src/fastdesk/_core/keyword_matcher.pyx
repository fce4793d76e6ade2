"""Find the words of a long list in a text, whatever its width, case, spacing and look-alikes."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset

cimport cython

from fastdesk._core.alphabet cimport (
    NO_LABELS,
    NO_MEMORY,
    SKIPPED,
    Block,
    Draft,
    Item,
    discard,
    draft_alphabet,
    draft_words,
    label_of,
    sort_words,
    unusable_words,
)

from fastdesk._core.alphabet import SEPARATORS

__all__ = ["KeywordMatcher"]

cdef extern from "Python.h" nogil:
    int PyUnicode_KIND(object text)
    const void* PyUnicode_DATA(object text)
    uint32_t PyUnicode_READ(int kind, const void* start, Py_ssize_t index)

cdef enum:
    RING = 256                          # a power of two above alphabet.LONGEST

cdef struct Run:                        # of sorted items
    uint32_t first
    uint32_t end

cdef Py_ssize_t STATE_BYTES = sizeof(Node) + sizeof(uint16_t)


cdef inline Text borrow(str text):
    return Text(PyUnicode_KIND(text), PyUnicode_DATA(text), len(text))


@cython.overflowcheck(False)            # a multiplicative hash; its upper bits are used
cdef inline uint32_t pair_hash(uint32_t state, uint32_t label) noexcept nogil:
    return state * 0x9E3779B1u ^ label * 0x85EBCA77u


@cython.final
cdef class KeywordMatcher:
    """Find all words of a frozen list in a text.

    Words and texts are normalised alike, one character at a time: full width becomes half width, upper case
    lower case, and then a character in `lookalikes` the one it is mapped to. Invisible characters (zero
    width, combining, direction and variation marks, controls) and those in `separators` are passed over,
    however many. A match is `(start, end, word)`: the slice of the original text in code points, from the
    word's first to its last character, and the index of the word in the list. Of words that are the same
    after normalisation only the first is reported.

    A word of which nothing is left, or more than 255 characters (1,020 before normalisation), can never
    match; its index stands in `unusable`. An empty list is allowed. A lone surrogate is a character.

    Bounds: building refuses a list whose automaton may pass `max_bytes`, at 18 bytes a character and 12 a
    word; besides it keeps 512 bytes for every 256 code points in use and at most 2 MiB for a bitmap. While it
    builds it takes as much again and 15 MB. It builds without the GIL, but for slices well below a
    millisecond: in a thread, a list of 100,000 words holds up no event loop; nor does dropping a matcher in a
    thread. Once built it never changes, so calls from several threads need no lock.

    Building is O(n log n) over all characters, for 100,000 words a fraction of a second. To see that nothing
    matches is O(text) for any list of words. `find_all` adds O(matches); `find_longest` looks at most 255
    times at a character, and once for ordinary lists.

    Raises:
        TypeError: a word, text, separator or look-alike that is no str.
        RuntimeError: the list changed while the matcher was built of it.
        ValueError: a look-alike that is not one character or means one that is a look-alike itself; a list
            that may pass `max_bytes` or has more than 65,534 different characters; a limit below one.
        MemoryError: no room for the automaton.

    Source: Aho & Corasick 1975. Own: states in breadth-first order, so that the children of a state are a
    sorted run and the states one deep bear the labels that lead to them; and a bitmap of the pairs of
    characters that begin a word, which answers for most of a text.
    """

    def __cinit__(
        self,
        words,
        *,
        str separators not None=SEPARATORS,
        lookalikes=None,
        Py_ssize_t max_bytes=1 << 28,
    ):
        cdef dict meanings = {} if lookalikes is None else dict(lookalikes)
        cdef Draft draft
        cdef int failure
        if not 1 <= max_bytes <= <Py_ssize_t>1 << 36:   # states and words are counted in 32 bits
            raise ValueError(f"max_bytes must lie in 1..2**36, not {max_bytes}")
        if isinstance(words, str):
            raise TypeError("words must be a list of str, not one str")
        if not isinstance(words, list):     # a list is read where it stands: a copy touches every word twice
            words = list(words)
        memset(&draft, 0, sizeof(Draft))
        self._words = len(words)
        try:
            draft_words(
                &draft, words, separators, meanings,
                (max_bytes - self._words * <Py_ssize_t>sizeof(Ending)) // STATE_BYTES,
            )
            with nogil:
                failure = self._build(&draft)
            if failure == NO_LABELS:
                raise ValueError(f"the words have more than {SKIPPED - 1} different characters")
            if failure == NO_MEMORY:
                raise MemoryError(f"no memory for {self._words} words")
            self.unusable = unusable_words(&draft)
        finally:
            with nogil:
                discard(&draft)

    def __dealloc__(self):
        # The system takes its time with tens of megabytes; other threads need not wait for it.
        with nogil:
            free(self._alphabet.blocks)
            free(self._pairs)
            free(self._nodes)
            free(self._arrivals)
            free(self._endings)

    def has_match(self, str text not None, /):
        """Return whether any word stands in the text."""
        cdef Text borrowed = borrow(text)
        return self._first(&borrowed) >= 0

    def find_first(self, str text not None, /):
        """Return the leftmost match, the longest of those that begin there, or None."""
        cdef Text borrowed = borrow(text)
        return self._longest(&borrowed, 1)[0] if self._first(&borrowed) >= 0 else None

    def find_longest(self, str text not None, /):
        """Return matches that do not overlap, from left to right, each the longest that begins there."""
        cdef Text borrowed = borrow(text)
        return self._longest(&borrowed, borrowed.size) if self._first(&borrowed) >= 0 else []

    def find_all(self, str text not None, /, Py_ssize_t limit=10_000):
        """Return all matches, also one within another, by end and then start; the first `limit` of them."""
        cdef Text borrowed = borrow(text)
        if limit < 1:
            raise ValueError(f"limit must be at least one, not {limit}")
        cdef Py_ssize_t begin = self._first(&borrowed)
        return self._overlapping(&borrowed, begin, limit) if begin >= 0 else []

    def __len__(self):
        return self._words

    @property
    def bytes_used(self):
        return (
            sizeof(KeywordMatcher)
            + self._alphabet.blocks_used * sizeof(Block)
            + (self._states + 1) * STATE_BYTES
            + (self._ends + 1) * sizeof(Ending)
            + ((<size_t>1 << (32 - self._pair_shift)) >> 3)
        )

    # Reading a text.

    cdef inline uint32_t _label(self, const Text* text, Py_ssize_t index) noexcept nogil:
        return label_of(&self._alphabet, PyUnicode_READ(text.kind, text.start, index))

    cdef inline bint _may_follow(self, uint32_t state, uint32_t label) noexcept nogil:
        """May the two begin a word? Only for states up to one deep, which are labels too."""
        cdef uint32_t bit = pair_hash(state, label) >> self._pair_shift
        return self._pairs[bit >> 5] >> (bit & 31) & 1

    cdef inline uint32_t _advance(self, uint32_t state, uint32_t label) noexcept nogil:
        """Return the state of the longest suffix, `label` at its end, that begins a word."""
        cdef uint32_t low, size, half
        if label == 0:
            return 0
        while state > self._alphabet.starts or state > 0 and self._may_follow(state, label):
            low = self._nodes[state].first
            size = self._nodes[state + 1].first - low
            while size > 1:
                half = size >> 1
                low += half * <uint32_t>(self._arrivals[low + half] <= label)   # no branch: a coin toss
                size -= half
            if size and self._arrivals[low] == label:
                return low
            state = self._nodes[state].fail
        return label if label <= self._alphabet.starts else 0

    cdef Py_ssize_t _first(self, const Text* text) noexcept nogil:
        """Return a place before the first match, where no word has begun yet; -1 when nothing matches.

        For nearly every text this is all, and no object is made.
        """
        if text.kind == 1:
            return self._scan(<const uint8_t*>text.start, text.size)
        if text.kind == 2:
            return self._scan(<const uint16_t*>text.start, text.size)
        return self._scan(<const uint32_t*>text.start, text.size)

    cdef Py_ssize_t _scan(self, const Unit* text, Py_ssize_t size) noexcept nogil:
        cdef uint32_t starts = self._alphabet.starts
        cdef uint32_t singles = self._alphabet.singles
        cdef uint32_t state = 0
        cdef uint32_t label
        cdef Py_ssize_t i = 0
        cdef Py_ssize_t begin = 0
        while True:
            if state == 0:
                while i < size:              # nothing begins: most of a text
                    label = label_of(&self._alphabet, text[i])
                    if label != 0 and label <= starts:
                        break
                    i += 1
                begin = i
            if i >= size:
                return -1
            label = label_of(&self._alphabet, text[i])
            i += 1
            if label == 0:                   # nothing goes on
                state = 0
                continue
            if state > starts or self._may_follow(state, label):
                if label != SKIPPED:
                    state = self._advance(state, label)
                    if self._nodes[state].ending:
                        return begin
            elif label <= singles:
                return begin
            else:
                # Coin tosses, so no branches: it begins a word, or it is passed over, or neither.
                state = label if label <= starts else state if label == SKIPPED else 0

    cdef list _overlapping(self, const Text* text, Py_ssize_t begin, Py_ssize_t limit):
        cdef list found = []
        cdef Py_ssize_t[RING] places    # of the last characters that were not passed over
        cdef Py_ssize_t count = 0
        cdef Py_ssize_t i, start
        cdef uint32_t state = 0
        cdef uint32_t label, ending
        for i in range(begin, text.size):
            label = self._label(text, i)
            if label == SKIPPED or state == 0 and label > self._alphabet.starts:
                continue
            if label == 0:
                state = 0
                continue
            places[count & (RING - 1)] = i
            count += 1
            state = self._advance(state, label)
            ending = self._nodes[state].ending
            while ending:
                start = places[(count - self._endings[ending].length) & (RING - 1)]
                found.append((start, i + 1, self._endings[ending].word))
                if len(found) == limit:
                    return found
                ending = self._endings[ending].shorter
        return found

    cdef list _longest(self, const Text* text, Py_ssize_t limit):
        cdef list found = []
        cdef Py_ssize_t[RING] places
        cdef Py_ssize_t count = 0
        cdef Py_ssize_t i = 0
        cdef Py_ssize_t start
        cdef Py_ssize_t best_start = -1     # none
        cdef Py_ssize_t best_end = 0
        cdef uint32_t best = 0
        cdef uint32_t state = 0
        cdef uint32_t label, ending, depth
        while i < text.size or best_start >= 0:
            if i < text.size:
                label = self._label(text, i)
                i += 1
                if label == SKIPPED:
                    continue
                places[count & (RING - 1)] = i - 1
                count += 1
                state = self._advance(state, label)
                ending = self._nodes[state].ending
                if ending:
                    start = places[(count - self._endings[ending].length) & (RING - 1)]
                    if best_start < 0 or start <= best_start:
                        best_start, best_end, best = start, i, self._endings[ending].word
                depth = self._nodes[state].depth
                if best_start < 0 or depth and places[(count - depth) & (RING - 1)] <= best_start:
                    continue
            # No word that begins at the best match or before it can grow any more.
            found.append((best_start, best_end, best))
            if len(found) == limit:
                break
            i, best_start, state = best_end, -1, 0
        return found

    # Building.

    cdef int _build(self, Draft* draft) noexcept nogil:
        """Return 0, or NO_MEMORY or NO_LABELS."""
        cdef int failure = draft_alphabet(draft, &self._alphabet)
        if failure == 0:
            failure = self._allocate(draft)
        if failure == 0:
            failure = sort_words(draft)
        if failure == 0:
            failure = self._grow(draft)
        if failure == 0:
            self._shrink()
        return failure

    cdef int _allocate(self, const Draft* draft) noexcept nogil:
        """Reserve for the largest automaton that these words can make."""
        cdef size_t room = draft.codes_used + 2
        cdef int bits = 10
        # Sixteen bits for a word, 2 MiB at most: one wrong pair in sixteen gets through.
        while bits < 24 and <Py_ssize_t>1 << bits < 16 * draft.count:
            bits += 1
        self._pair_shift = 32 - bits
        self._pairs = <uint32_t*>calloc((<size_t>1 << bits) >> 5, sizeof(uint32_t))
        self._nodes = <Node*>calloc(room, sizeof(Node))
        self._arrivals = <uint16_t*>malloc(room * sizeof(uint16_t))
        self._endings = <Ending*>calloc(draft.count + 1, sizeof(Ending))
        if self._pairs == NULL or self._nodes == NULL or self._arrivals == NULL or self._endings == NULL:
            return NO_MEMORY
        return 0

    cdef int _grow(self, const Draft* draft) noexcept nogil:
        """Make the states breadth first: a state stands for a run of the items, a child for a part of it."""
        cdef Run* runs = <Run*>malloc((draft.codes_used + 2) * sizeof(Run))
        cdef const Item* items = draft.items
        cdef Node* nodes = self._nodes
        cdef uint32_t state = 0
        cdef uint32_t depth, label, i, end
        if runs == NULL:
            return NO_MEMORY
        runs[0] = Run(0, draft.count)
        self._states = 1
        while state < self._states:
            nodes[state].first = self._states
            nodes[state].ending = nodes[nodes[state].fail].ending
            depth = nodes[state].depth
            i = runs[state].first
            end = runs[state].end
            if i < end and items[i].spelling[depth] == 0:
                if depth:
                    self._end_word(state, items[i].word)
                while i < end and items[i].spelling[depth] == 0:
                    i += 1
            while i < end:
                label = items[i].spelling[depth]
                runs[self._states].first = i
                while i < end and items[i].spelling[depth] == label:
                    i += 1
                runs[self._states].end = i
                self._add_child(state, label)
            state += 1
        nodes[state].first = state
        free(runs)
        return 0

    cdef void _end_word(self, uint32_t state, uint32_t word) noexcept nogil:
        cdef Node* node = &self._nodes[state]
        cdef uint32_t ending = self._ends + 1
        self._endings[ending] = Ending(word, node.depth, node.ending)
        self._ends = node.ending = ending

    cdef void _add_child(self, uint32_t state, uint32_t label) noexcept nogil:
        cdef uint32_t child = self._states
        cdef uint32_t* pairs = self._pairs
        cdef uint32_t bit
        self._nodes[child].depth = self._nodes[state].depth + 1
        if state:
            self._nodes[child].fail = self._advance(self._nodes[state].fail, label)
        if self._nodes[child].depth == 2:
            bit = pair_hash(state, label) >> self._pair_shift
            pairs[bit >> 5] |= <uint32_t>1 << (bit & 31)
        self._arrivals[child] = label
        self._states = child + 1

    cdef void _shrink(self) noexcept nogil:
        """Give back what the automaton did not need; where that fails, the old place is still good."""
        cdef void* place = realloc(self._nodes, (self._states + 1) * sizeof(Node))
        if place != NULL:
            self._nodes = <Node*>place
        place = realloc(self._arrivals, self._states * sizeof(uint16_t))
        if place != NULL:
            self._arrivals = <uint16_t*>place
        place = realloc(self._endings, (self._ends + 1) * sizeof(Ending))
        if place != NULL:
            self._endings = <Ending*>place
