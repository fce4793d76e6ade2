#include "texts.h"

#include <stdio.h>
#include <string.h>

#include "machine.h"

enum { VISITOR_LETTERS = 5, COUNTER_LETTERS = 8, NUMBER_LENGTH = VISITOR_LETTERS + COUNTER_LETTERS };

/* A text with a hole for the message's number. */
typedef struct {
    char bytes[MAX_TEXT];
    size_t length;
    char *number; /* NULL: the same text for every message */
    char *id;
} pattern;

static pattern sent, expected, frame, body;

static void pattern_start(pattern *p, const char *before, const char *text, const char *behind) {
    int length = snprintf(p->bytes, MAX_TEXT, "%s%s%s", before, text, behind);
    if (length >= MAX_TEXT - NUMBER_LENGTH) fail("the text is longer than %d bytes", MAX_TEXT);
    char *hole = strstr(p->bytes, "{n}");
    if (hole) {
        memmove(hole + NUMBER_LENGTH, hole + 3, strlen(hole + 3) + 1);
        memset(hole, 'b', NUMBER_LENGTH);
    }
    char *id = strstr(p->bytes, "\"id\":\"");
    p->id = id ? id + 6 : NULL;
    p->number = hole;
    p->length = strlen(p->bytes);
}

void texts_start(const char *sent_text, const char *expected_text) {
    static const char no_id[] = "00000000-0000-7000-8000-000000000000";
    char before[128];
    pattern_start(&sent, "", sent_text, "");
    pattern_start(&expected, "", expected_text, "");
    snprintf(before, sizeof before, "{\"t\":\"send\",\"id\":\"%s\",\"text\":\"", no_id);
    pattern_start(&frame, before, sent_text, "\"}");
    snprintf(before, sizeof before, "{\"id\":\"%s\",\"text\":\"", no_id);
    pattern_start(&body, before, sent_text, "\"}");
}

static void put_hex(char *at, uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; i--, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

void text_id(char id[ID_LENGTH], uint64_t stamp_ms, int visitor, uint64_t counter) {
    put_hex(id, stamp_ms >> 16, 8);
    id[8] = id[13] = id[18] = id[23] = '-';
    put_hex(id + 9, stamp_ms & 0xFFFF, 4);
    id[14] = '7';
    put_hex(id + 15, (uint64_t)visitor >> 12, 3);
    id[19] = '8';
    put_hex(id + 20, (uint64_t)visitor & 0xFFF, 3);
    put_hex(id + 24, counter, 12);
}

/* Decimal digits written as consonants, so that no word filter and no mask of numbers finds anything in them. */
static void put_letters(char *at, uint64_t value, int letters) {
    for (int i = letters - 1; i >= 0; i--, value /= 10) at[i] = "bdghjkmqvx"[value % 10];
}

static const char *fill(pattern *p, int visitor, uint64_t counter, size_t *length) {
    if (p->number) {
        put_letters(p->number, (uint64_t)visitor, VISITOR_LETTERS);
        put_letters(p->number + VISITOR_LETTERS, counter, COUNTER_LETTERS);
    }
    *length = p->length;
    return p->bytes;
}

const char *text_sent(int visitor, uint64_t counter, size_t *length) {
    return fill(&sent, visitor, counter, length);
}

const char *text_expected(int visitor, uint64_t counter, size_t *length) {
    return fill(&expected, visitor, counter, length);
}

const char *text_frame(uint64_t stamp_ms, int visitor, uint64_t counter, size_t *length) {
    text_id(frame.id, stamp_ms, visitor, counter);
    return fill(&frame, visitor, counter, length);
}

const char *text_body(uint64_t stamp_ms, int visitor, uint64_t counter, size_t *length) {
    text_id(body.id, stamp_ms, visitor, counter);
    return fill(&body, visitor, counter, length);
}
