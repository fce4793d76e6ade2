/* Reading what the desk sends: members of a JSON object as spans of the received bytes, nothing copied. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a value inside the received frame; strings without their quotes, still escaped. NULL: absent. */
typedef struct {
    const char *at;
    size_t length;
} span;

/* The members of a frame or of an HTTP answer that the checks look at. */
typedef struct {
    span t, id, seq, epoch, text, conversation, code, message, events, role, token;
} fields;

/* Fill `found` from the object at [from, from + length); false when it is not one well-formed object.
   `from` of a message is an object itself: its `role` is found too. */
bool scan_object(const char *from, size_t length, fields *found);

/* Take the next object of an array's inside, from *at up to end; false at its end. */
bool scan_next_object(const char **at, const char *end, span *object);

bool span_is(span value, const char *text);
int64_t span_number(span value); /* -1 when absent or not a whole number */

/* Whether the still-escaped string equals the plain UTF-8 text. */
bool span_equals_text(span value, const char *text, size_t length);

#endif
