"""The alphabet of a keyword matcher: characters normalised and numbered, words spelled in these numbers.

`draft_words` takes the words in and normalises them; `draft_alphabet` gives each character that occurs in
them a label without the GIL but for the copying of words, a slice at a time.
The rules of normalisation stand in the docstring of `KeywordMatcher`.
"""

from libc.stdint cimport uint16_t, uint32_t
from libc.stdlib cimport free, malloc, qsort, realloc
from libc.string cimport memset

from cpython.unicode cimport PyUnicode_AsUCS4
from posix.mman cimport MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE, mmap, munmap
from posix.unistd cimport usleep

__all__ = ["SEPARATORS"]

# White space, and signs that are put between the characters of a word to hide it.
SEPARATORS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x20\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000*._-~|/\\+^·•・"
)

cdef extern from "Python.h" nogil:
    uint32_t Py_UNICODE_TOLOWER(uint32_t code)

cdef size_t TABLE_BYTES = 0x110000 * sizeof(uint32_t)
cdef uint32_t NOTHING = 0xFFFFFFFF          # fold of a character that is passed over
cdef uint32_t CASED_BELOW = 0x20000         # no plane from there on has letters with case or width
cdef Py_ssize_t RAW_LONGEST = 4 * LONGEST   # of a word before normalisation
cdef Py_ssize_t CHUNK_WORDS = 4096          # copied with the GIL held, in a fraction of a millisecond
cdef Py_ssize_t CHUNK_CODES = 1 << 16
cdef unsigned int WAKE_US = 500             # a free GIL goes to whoever is awake; waking up takes a while

# First and last of: controls but white space, soft hyphen, combining marks, fillers, zero-width and direction
# marks, variation selectors, tags.
cdef uint32_t[50] INVISIBLE = [
    0x0000, 0x0008, 0x000E, 0x001B, 0x007F, 0x0084, 0x0086, 0x009F, 0x00AD, 0x00AD, 0x0300, 0x036F,
    0x061C, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x1AB0, 0x1AFF, 0x1DC0, 0x1DFF,
    0x200B, 0x200F, 0x202A, 0x202E, 0x2060, 0x206F, 0x20D0, 0x20FF, 0x2800, 0x2800, 0x3164, 0x3164,
    0xFE00, 0xFE0F, 0xFE20, 0xFE2F, 0xFEFF, 0xFEFF, 0xFFA0, 0xFFA0, 0xFFF0, 0xFFFB, 0x1D173, 0x1D17A,
    0xE0000, 0xE0FFF,
]


cdef uint32_t fold(uint32_t code) noexcept nogil:
    """Return the half-width lower-case form of a character."""
    if 0xFF01 <= code <= 0xFF5E:
        code -= 0xFEE0
    elif code == 0x3000:
        code = 0x20
    return Py_UNICODE_TOLOWER(code)


cdef int draft_words(
    Draft* draft, list words, str separators, dict lookalikes, Py_ssize_t max_codes
) except -1:
    """Fill an empty draft with the words, normalised. What can never match becomes an empty word."""
    cdef Py_ssize_t total = len(words)
    cdef Py_ssize_t first
    cdef int failure
    with nogil:
        failure = open_draft(draft, total)
    if failure:
        raise MemoryError(f"no memory for {total} words")
    set_folds(draft, separators, lookalikes)
    while draft.count < total:
        first = draft.count
        with nogil:
            failure = reserve_chunk(draft)
        if failure:
            raise MemoryError(f"no memory for {total} words")
        # Meanwhile other threads ran, and the list is theirs as well.
        if len(words) != total:
            raise RuntimeError("the list of words changed while it was read")
        copy_chunk(draft, words)
        with nogil:
            normalize(draft, first)
            if draft.count < total:
                usleep(WAKE_US)
        if draft.codes_used > max_codes:
            raise ValueError(f"the first {draft.count} of {total} words already pass max_bytes")
    return 0


cdef int open_draft(Draft* draft, Py_ssize_t total) noexcept nogil:
    draft.folds = map_code_points()
    draft.labels = map_code_points()
    draft.items = <Item*>malloc((total + 1) * sizeof(Item))
    return 0 if draft.folds != NULL and draft.labels != NULL and draft.items != NULL else NO_MEMORY


cdef uint32_t* map_code_points() noexcept nogil:
    """Return a table of zeros. Most of its pages are never touched: they cost nothing, as calloc's may."""
    cdef void* table = mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    return NULL if table == MAP_FAILED else <uint32_t*>table


cdef int set_folds(Draft* draft, str separators, dict lookalikes) except -1:
    cdef uint32_t code, target
    cdef dict targets = {}
    for sign, meant in lookalikes.items():
        if not isinstance(sign, str) or not isinstance(meant, str):
            raise TypeError(f"a look-alike and its meaning must be str, not {sign!r}: {meant!r}")
        if len(sign) != 1 or len(meant) != 1:
            raise ValueError(f"a look-alike and its meaning must be one character: {sign!r}: {meant!r}")
        targets[fold(ord(sign))] = fold(ord(meant))
    for code, target in targets.items():
        if targets.get(target, target) != target:
            raise ValueError(f"look-alike {chr(code)!r} means {chr(target)!r}, which is a look-alike itself")
        set_fold(draft, code, target)
    for sign in separators:
        set_fold(draft, fold(ord(sign)), NOTHING)
    with nogil:
        spread_folds(draft)
    return 0


cdef inline void set_fold(Draft* draft, uint32_t code, uint32_t target) noexcept nogil:
    draft.folds[code] = target
    draft.touched[code >> 8] = True


cdef void spread_folds(Draft* draft) noexcept nogil:
    """Go from the folds of half-width lower-case characters to those of all."""
    cdef uint32_t code, target
    cdef size_t i
    for i in range(0, sizeof(INVISIBLE) // sizeof(uint32_t), 2):
        for code in range(INVISIBLE[i], INVISIBLE[i + 1] + 1):
            set_fold(draft, code, NOTHING)
    for code in range(CASED_BELOW):
        target = fold(code)
        if target != code and draft.folds[code] != NOTHING:
            set_fold(draft, code, draft.folds[target] or target)


cdef int reserve_chunk(Draft* draft) noexcept nogil:
    cdef Py_ssize_t needed = draft.codes_used + CHUNK_CODES + RAW_LONGEST + 1
    cdef void* place
    if needed > draft.codes_capacity:
        place = realloc(draft.codes, 2 * needed * sizeof(uint32_t))
        if place == NULL:
            return NO_MEMORY
        draft.codes = <uint32_t*>place
        draft.codes_capacity = 2 * needed
    return 0


cdef int copy_chunk(Draft* draft, list words) except -1:
    cdef Py_ssize_t end = min(draft.count + CHUNK_WORDS, len(words))
    cdef Py_ssize_t codes_end = draft.codes_used + CHUNK_CODES
    cdef Py_ssize_t size
    while draft.count < end and draft.codes_used < codes_end:
        word = words[draft.count]
        if not isinstance(word, str):
            raise TypeError(f"word {draft.count} must be str, not {type(word).__name__}")
        draft.items[draft.count] = Item(draft.codes_used, NULL, draft.count)
        size = len(word)
        if 0 < size <= RAW_LONGEST:
            PyUnicode_AsUCS4(word, <Py_UCS4*>(draft.codes + draft.codes_used), size, 0)
            draft.codes_used += size
        draft.codes[draft.codes_used] = 0
        draft.codes_used += 1
        draft.count += 1
    return 0


cdef void normalize(Draft* draft, Py_ssize_t first) noexcept nogil:
    """Normalise the words from `first` on, in place: nothing gets longer."""
    cdef Py_ssize_t read = draft.items[first].start
    cdef Py_ssize_t write = read
    cdef Py_ssize_t i, end
    cdef uint32_t code
    for i in range(first, draft.count):
        end = draft.items[i + 1].start if i + 1 < draft.count else draft.codes_used
        draft.items[i].start = write
        while read < end - 1:
            code = draft.folds[draft.codes[read]] or draft.codes[read]
            read += 1
            if code != NOTHING:
                draft.codes[write] = code
                write += 1
        if write - draft.items[i].start > LONGEST:
            write = draft.items[i].start
        draft.codes[write] = 0
        write += 1
        read = end
    draft.codes_used = write


cdef int draft_alphabet(Draft* draft, Alphabet* alphabet) noexcept nogil:
    """Spell the words in labels and make the table; return 0, or NO_MEMORY or NO_LABELS."""
    cdef void* shrunk
    alphabet.blocks = <Block*>malloc((PAGES + 1) * sizeof(Block))
    draft.spellings = <uint16_t*>malloc((draft.codes_used + 1) * sizeof(uint16_t))
    if alphabet.blocks == NULL or draft.spellings == NULL:
        return NO_MEMORY
    if number(draft, alphabet) >= SKIPPED:
        return NO_LABELS
    spell(draft)
    tabulate(draft, alphabet)
    shrunk = realloc(alphabet.blocks, alphabet.blocks_used * sizeof(Block))
    if shrunk != NULL:                  # if not, the old place is still good
        alphabet.blocks = <Block*>shrunk
    return 0


cdef inline void set_label(Draft* draft, uint32_t code, uint32_t label) noexcept nogil:
    draft.labels[code] = label
    draft.touched[code >> 8] = True


cdef uint32_t number(Draft* draft, Alphabet* alphabet) noexcept nogil:
    """Give labels: to the words of one character, to what begins a word, to the rest. Return the last."""
    cdef uint32_t last = 0
    cdef uint32_t* codes
    cdef Py_ssize_t i
    cdef int turn
    for turn in range(2):
        for i in range(draft.count):
            codes = draft.codes + draft.items[i].start
            if codes[0] and draft.labels[codes[0]] == 0 and (turn == 1 or codes[1] == 0):
                last += 1
                set_label(draft, codes[0], last)
        if turn == 0:
            alphabet.singles = last
    alphabet.starts = last
    for i in range(draft.codes_used):
        if draft.codes[i] and draft.labels[draft.codes[i]] == 0:
            last += 1
            set_label(draft, draft.codes[i], last)
    return last


cdef void spell(Draft* draft) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(draft.codes_used):
        draft.spellings[i] = draft.labels[draft.codes[i]]   # the zero at the end stays zero
    for i in range(draft.count):
        draft.items[i].spelling = draft.spellings + draft.items[i].start


cdef void tabulate(Draft* draft, Alphabet* alphabet) noexcept nogil:
    """Write the labels of all code points; pages on which none counts share block 0."""
    cdef Block* block
    cdef uint32_t code, target, seen
    cdef int page, i
    memset(alphabet.blocks, 0, sizeof(Block))
    alphabet.blocks_used = 1
    for page in range(PAGES):
        if not draft.touched[page]:
            continue
        block = &alphabet.blocks[alphabet.blocks_used]
        seen = 0
        for i in range(256):
            code = page << 8 | i
            target = draft.folds[code] or code
            block.labels[i] = SKIPPED if target == NOTHING else draft.labels[target]
            seen |= block.labels[i]
        if seen:
            alphabet.pages[page] = alphabet.blocks_used
            alphabet.blocks_used += 1


cdef int compare(const void* one, const void* other) noexcept nogil:
    """Order items by their labels, equal ones as they came."""
    cdef const uint16_t* a = (<const Item*>one).spelling
    cdef const uint16_t* b = (<const Item*>other).spelling
    while a[0] and a[0] == b[0]:
        a += 1
        b += 1
    if a[0] != b[0]:
        return -1 if a[0] < b[0] else 1
    return -1 if (<const Item*>one).word < (<const Item*>other).word else 1


cdef int sort_words(Draft* draft) noexcept nogil:
    """Sort the items by their spelling and lay the spellings down in this order; return 0 or NO_MEMORY.

    PERF: reading the spellings in any other order costs a cache miss a character, two thirds of a build
    (`benchmarks/micro/bench_keyword_matcher.py`).
    """
    cdef uint16_t* gathered = <uint16_t*>malloc((draft.codes_used + 1) * sizeof(uint16_t))
    cdef uint16_t* write = gathered
    cdef const uint16_t* read
    cdef Py_ssize_t i
    if gathered == NULL:
        return NO_MEMORY
    qsort(draft.items, draft.count, sizeof(Item), compare)
    for i in range(draft.count):
        read = draft.items[i].spelling
        draft.items[i].spelling = write
        while read[0]:
            write[0] = read[0]
            write += 1
            read += 1
        write[0] = 0
        write += 1
    free(draft.spellings)
    draft.spellings = gathered
    return 0


cdef tuple unusable_words(const Draft* draft):
    """Return the indices of the empty words, which stand first among the sorted ones."""
    cdef list words = []
    cdef Py_ssize_t i
    for i in range(draft.count):
        if draft.items[i].spelling[0]:
            break
        words.append(draft.items[i].word)
    return tuple(words)


cdef void discard(Draft* draft) noexcept nogil:
    if draft.folds != NULL:
        munmap(draft.folds, TABLE_BYTES)
    if draft.labels != NULL:
        munmap(draft.labels, TABLE_BYTES)
    free(draft.codes)
    free(draft.spellings)
    free(draft.items)
