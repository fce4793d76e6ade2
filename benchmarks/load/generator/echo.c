/* A bare echo server under the same load: the same frames, of which every byte must come back in order. */
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "scenarios.h"
#include "texts.h"

typedef struct {
    connection socket;
    uint64_t sent, echoed;
    uint64_t *sent_at; /* ring of `depth` */
} speaker;

static speaker *speakers;
static int started, ready;

static void speak(speaker *s, uint64_t now) {
    size_t length;
    const char *frame = text_frame(s->sent, s->socket.index, s->sent, &length);
    s->sent_at[s->sent % (uint64_t)chosen.depth] = now;
    connection_put_text(&s->socket, frame, length);
    s->sent++;
}

static void on_open(connection *c) {
    (void)c;
    ready++;
    note_progress();
}

static void on_text(connection *c, char *text, size_t length, uint64_t now) {
    speaker *s = c->session;
    size_t expected_length;
    const char *expected = text_frame(s->echoed, c->index, s->echoed, &expected_length);
    if (s->echoed == s->sent) fail("connection %d: an echo nobody waits for", c->index);
    if (length != expected_length || memcmp(text, expected, length))
        fail("connection %d: wrong echo: %.*s", c->index, length > 300 ? 300 : (int)length, text);
    count_latency(WHOLE, now - s->sent_at[s->echoed % (uint64_t)chosen.depth]);
    s->echoed++;
    if (sending) speak(s, now);
}

static void on_closed(connection *c, const char *why) { fail("connection %d was lost: %s", c->index, why); }

static behaviour echoing = {.websocket = true, .on_open = on_open, .on_text = on_text, .on_closed = on_closed};

static bool all_ready(void) {
    while (started < chosen.connections && started - ready < 128) {
        speakers[started].sent_at = calloc((size_t)chosen.depth, sizeof(uint64_t));
        connection_open(&speakers[started].socket, &echoing, started, &speakers[started]);
        started++;
    }
    return ready == chosen.connections;
}

static void prepare(void) {
    echoing.path = chosen.path;
    speakers = calloc((size_t)chosen.connections, sizeof *speakers);
    if (!speakers) fail("out of memory");
    serve_until(all_ready, "connecting");
}

static void begin(uint64_t now) {
    for (int i = 0; i < chosen.connections; i++) {
        for (int j = 0; j < chosen.depth; j++) speak(&speakers[i], now);
        connection_flush(&speakers[i].socket);
    }
}

static uint64_t outstanding(void) {
    uint64_t total = 0;
    for (int i = 0; i < chosen.connections; i++) total += speakers[i].sent - speakers[i].echoed;
    return total;
}

const scenario echo = {.name = "echo", .prepare = prepare, .begin = begin, .outstanding = outstanding};
