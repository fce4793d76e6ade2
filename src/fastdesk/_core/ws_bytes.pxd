"""Growing byte buffers and incremental UTF-8, inline for the WebSocket extensions."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef struct Buffer:
    char* start                         # NULL while empty
    Py_ssize_t size                     # bytes in use
    Py_ssize_t capacity                 # bytes allocated


cdef struct Utf8:
    uint8_t need                        # continuation bytes still to come; 0 between characters
    uint8_t low                         # lowest byte that may come next
    uint8_t high                        # highest byte that may come next


cdef inline char* reserve(Buffer* buffer, Py_ssize_t more) except NULL:
    """Return room for `more` bytes behind the used ones: never NULL, also for none.

    It grows fourfold from 512 bytes, four short replies.
    """
    cdef Py_ssize_t needed = buffer.size + more
    cdef Py_ssize_t capacity = buffer.capacity or 512
    cdef char* start
    if needed > buffer.capacity or buffer.start == NULL:
        while capacity < needed:
            capacity *= 4
        start = <char*>PyMem_Realloc(buffer.start, capacity)
        if start == NULL:
            raise MemoryError("no memory for a WebSocket buffer")
        buffer.start = start
        buffer.capacity = capacity
    return buffer.start + buffer.size


cdef inline void release(Buffer* buffer) noexcept:
    """Give the memory back."""
    PyMem_Free(buffer.start)
    buffer.start = NULL
    buffer.size = buffer.capacity = 0


cdef inline bytes take_bytes(Buffer* buffer):
    """Return the bytes and give the memory back: an idle connection keeps no buffer."""
    cdef bytes content = PyBytes_FromStringAndSize(buffer.start, buffer.size)
    release(buffer)
    return content


cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    #define FASTDESK_LOWEST_FIRST 1
    #else
    #define FASTDESK_LOWEST_FIRST 0
    #endif
    """
    bint LOWEST_FIRST "FASTDESK_LOWEST_FIRST"


cdef inline bint is_whole(uint32_t four) noexcept nogil:
    """Of four bytes, the lowest first, that begin with a character of three: tell whether it is a good one.

    RFC 3629, section 4: after E0 the second byte is A0 or above, after ED below that.
    """
    return (four & 0x200F) != 0 and (four & 0x200F) != 0x200D


cdef inline bint continues_utf8(Utf8* state, const char* text, Py_ssize_t size) noexcept:
    """Tell whether `text` continues valid UTF-8 (RFC 3629, section 4); stops at the first wrong byte."""
    cdef const uint8_t* here = <const uint8_t*>text
    cdef const uint8_t* end = here + size
    cdef uint8_t need = state.need, low = state.low, high = state.high
    cdef uint8_t byte
    cdef uint64_t eight
    cdef uint32_t four
    while here < end:
        byte = here[0]
        if need:
            if byte < low or byte > high:
                return False
            need, low, high = need - 1, 0x80, 0xBF
            here += 1
            continue
        if byte < 0x80:
            here += 1
            while end - here >= 8:
                memcpy(&eight, here, 8)
                if eight & 0x8080808080808080ULL:
                    break
                here += 8
            continue
        if LOWEST_FIRST and byte >= 0xE0 and end - here >= 4:          # nearly all of Chinese, in one step
            memcpy(&four, here, 4)
            if (four & 0xC0C0F0) == 0x8080E0 and is_whole(four):
                here += 3
                while end - here >= 4:
                    memcpy(&four, here, 4)
                    if (four & 0xC0C0F0) != 0x8080E0 or not is_whole(four):
                        break
                    here += 3
                continue
        here += 1
        low, high = 0x80, 0xBF
        if 0xC2 <= byte <= 0xDF:
            need = 1
        elif 0xE0 <= byte <= 0xEF:
            need = 2
            if byte == 0xE0:
                low = 0xA0      # shorter forms exist
            elif byte == 0xED:
                high = 0x9F     # surrogates
        elif 0xF0 <= byte <= 0xF4:
            need = 3
            if byte == 0xF0:
                low = 0x90      # shorter forms exist
            elif byte == 0xF4:
                high = 0x8F     # above U+10FFFF
        else:
            return False
    state.need, state.low, state.high = need, low, high
    return True


cdef inline bint is_utf8(const char* text, Py_ssize_t size) noexcept:
    """Tell whether `text` is valid UTF-8 from its first to its last byte."""
    cdef Utf8 state
    state.need = state.low = state.high = 0
    return continues_utf8(&state, text, size) and state.need == 0
