/* What is sent and what must come back: every message has its own id and, where {n} stands, its own text. */
#ifndef TEXTS_H
#define TEXTS_H

#include <stddef.h>
#include <stdint.h>

enum { ID_LENGTH = 36, MAX_TEXT = 16384 };

/* `sent` and `expected` may hold one {n}; both are UTF-8 without characters that JSON escapes. */
void texts_start(const char *sent, const char *expected);

/* Ids are UUIDs of version 7, as the desk's own SDK makes them: milliseconds, visitor, counter. */
void text_id(char id[ID_LENGTH], uint64_t stamp_ms, int visitor, uint64_t counter);

/* The texts of one message, valid until the next call. */
const char *text_sent(int visitor, uint64_t counter, size_t *length);
const char *text_expected(int visitor, uint64_t counter, size_t *length);

/* {"t":"send","id":…,"text":…}, or without "t" as the body of POST /v1/messages; valid until the next call. */
const char *text_frame(uint64_t stamp_ms, int visitor, uint64_t counter, size_t *length);
const char *text_body(uint64_t stamp_ms, int visitor, uint64_t counter, size_t *length);

#endif
