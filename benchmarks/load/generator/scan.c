#include "scan.h"

#include <string.h>

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) at++;
    return at;
}

/* From behind the opening quote to the closing one; NULL when there is none. */
static const char *string_end(const char *at, const char *end) {
    while ((at = memchr(at, '"', (size_t)(end - at)))) {
        const char *before = at;
        while (before[-1] == '\\') before--;
        if ((at - before) % 2 == 0) return at;
        at++;
    }
    return NULL;
}

/* Behind the value that starts at `at`; NULL when it does not end. */
static const char *value_end(const char *at, const char *end) {
    int depth = 0;
    for (; at < end; at++) {
        switch (*at) {
        case '"':
            at = string_end(at + 1, end);
            if (!at) return NULL;
            if (depth == 0) return at + 1;
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth == 0) return at;
            if (--depth == 0) return at + 1;
            break;
        case ',':
            if (depth == 0) return at;
            break;
        }
    }
    return NULL;
}

static bool is(const char *key, size_t length, const char *name) {
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

static span *member_for(fields *found, const char *key, size_t length) {
    switch (key[0]) {
    case 't':
        return is(key, length, "t") ? &found->t : is(key, length, "text") ? &found->text
             : is(key, length, "token") ? &found->token : NULL;
    case 'i':
        return is(key, length, "id") ? &found->id : NULL;
    case 's':
        return is(key, length, "seq") ? &found->seq : NULL;
    case 'e':
        return is(key, length, "epoch") ? &found->epoch : is(key, length, "events") ? &found->events : NULL;
    case 'c':
        return is(key, length, "conversation") ? &found->conversation : is(key, length, "code") ? &found->code : NULL;
    case 'm':
        return is(key, length, "message") ? &found->message : NULL;
    case 'r':
        return is(key, length, "role") ? &found->role : NULL;
    default:
        return NULL;
    }
}

static bool scan_members(const char *at, const char *end, fields *found) {
    at = skip_space(at, end);
    if (at >= end || *at != '{') return false;
    at = skip_space(at + 1, end);
    if (at < end && *at == '}') return true;
    while (at < end && *at == '"') {
        const char *key = at + 1;
        const char *key_end = string_end(key, end);
        if (!key_end) return false;
        at = skip_space(key_end + 1, end);
        if (at >= end || *at != ':') return false;
        at = skip_space(at + 1, end);
        const char *value = at;
        at = value_end(at, end);
        if (!at || at == value) return false;
        size_t length = (size_t)(at - value);
        span *member = member_for(found, key, (size_t)(key_end - key));
        if (member) {
            bool quoted = *value == '"';
            *member = (span){value + quoted, length - 2 * (size_t)quoted};
        } else if (is(key, (size_t)(key_end - key), "from") && *value == '{') {
            fields sender = {0};
            if (!scan_members(value, at, &sender)) return false;
            found->role = sender.role;
        }
        at = skip_space(at, end);
        if (at < end && *at == '}') return skip_space(at + 1, end) == end;
        if (at >= end || *at != ',') return false;
        at = skip_space(at + 1, end);
    }
    return false;
}

bool scan_object(const char *from, size_t length, fields *found) {
    memset(found, 0, sizeof *found);
    return scan_members(from, from + length, found);
}

bool scan_next_object(const char **at, const char *end, span *object) {
    const char *start = skip_space(*at, end);
    if (start < end && (*start == '[' || *start == ',')) start = skip_space(start + 1, end);
    if (start >= end || *start != '{') return false;
    const char *behind = value_end(start, end);
    if (!behind) return false;
    *object = (span){start, (size_t)(behind - start)};
    *at = behind;
    return true;
}

bool span_is(span value, const char *text) {
    return value.at && is(value.at, value.length, text);
}

int64_t span_number(span value) {
    if (!value.at || value.length == 0 || value.length > 18) return -1;
    int64_t number = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') return -1;
        number = number * 10 + (value.at[i] - '0');
    }
    return number;
}

static int hex4(const char *at) {
    int code = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

static size_t put_utf8(char *out, int code) {
    if (code < 0x80) return out[0] = (char)code, 1;
    if (code < 0x800) return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 63));
        return out[2] = (char)(0x80 | (code & 63)), 3;
    }
    out[0] = (char)(0xF0 | code >> 18), out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63)), out[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* Decode one escape at `at` (behind the backslash); the bytes read, 0 when it is no escape. */
static size_t unescape(const char *at, const char *end, char *out, size_t *written) {
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (at >= end) return 0;
    const char *simple = memchr(plain, *at, 8);
    if (simple) return out[0] = meant[simple - plain], *written = 1, 1;
    if (*at != 'u' || end - at < 5) return 0;
    int code = hex4(at + 1);
    if (code < 0) return 0;
    size_t length = 5;
    if (code >= 0xD800 && code < 0xDC00 && end - at >= 11 && at[5] == '\\' && at[6] == 'u') {
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(at + 7) - 0xDC00);
        length = 11;
    }
    *written = put_utf8(out, code);
    return length;
}

bool span_equals_text(span value, const char *text, size_t length) {
    if (!value.at) return false;
    if (value.length == length && memcmp(value.at, text, length) == 0) return true;
    const char *at = value.at, *end = at + value.length;
    size_t matched = 0;
    while (at < end) {
        char decoded[4] = {*at};
        size_t written = 1, taken = 1;
        if (*at == '\\') {
            taken = unescape(at + 1, end, decoded, &written) + 1;
            if (taken == 1) return false;
        }
        if (matched + written > length || memcmp(text + matched, decoded, written)) return false;
        matched += written;
        at += taken;
    }
    return matched == length;
}
