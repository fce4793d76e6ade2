/* Visitors over HTTP: POST /v1/messages, then GET /v1/events until the reply is there; one kept-alive connection
   each. A message counts when its reply has come; the number of polls is reported too. */
#include <string.h>

#include "scenarios.h"
#include "texts.h"
#include "visitors.h"

typedef enum { LOOKING, POSTING, POLLING } step;

static step *steps;
static uint64_t polls;

static void ask(visitor *v, const char *request_line, const char *body, size_t body_length) {
    char head[4096];
    int length = snprintf(head, sizeof head,
                          "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n", request_line, v->token);
    connection_put(&v->socket, head, (size_t)length);
    if (body) {
        length = snprintf(head, sizeof head, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body_length);
        connection_put(&v->socket, head, (size_t)length);
    }
    connection_put(&v->socket, "\r\n", 2);
    if (body) connection_put(&v->socket, body, body_length);
}

static void post(visitor *v, uint64_t now) {
    size_t length;
    uint64_t stamp_ms = wall_clock_ms();
    v->slots[0] = (message_slot){now, stamp_ms};
    const char *body = text_body(stamp_ms, v->socket.index, v->sent, &length);
    steps[v->socket.index] = POSTING;
    v->sent++;
    ask(v, "POST /v1/messages", body, length);
}

static void poll(visitor *v) {
    char line[128];
    snprintf(line, sizeof line, "GET /v1/events?after=%lld&wait=25", (long long)v->seq);
    steps[v->socket.index] = POLLING;
    polls++;
    ask(v, line, NULL, 0);
}

static void take_event(visitor *v, span event, uint64_t now) {
    fields frame;
    if (!scan_object(event.at, event.length, &frame)) visitor_refuse(v, event.at, event.length, "no JSON object");
    if (!span_is(frame.t, "message")) return;
    if (!span_is(frame.role, "visitor")) {
        visitor_take_answer(v, &frame, now);
        return;
    }
    char id[ID_LENGTH];
    size_t length;
    const char *text = text_sent(v->socket.index, v->sent - 1, &length);
    text_id(id, v->slots[0].stamp_ms, v->socket.index, v->sent - 1);
    visitor_take_seq(v, &frame, "own message");
    if (frame.id.length != ID_LENGTH || memcmp(frame.id.at, id, ID_LENGTH) || !span_equals_text(frame.text, text, length))
        visitor_refuse(v, event.at, event.length, "one's own message is another than the one sent");
}

static void on_answer(connection *c, int status, char *body, size_t length, uint64_t now) {
    visitor *v = c->session;
    fields found;
    if (status != 200 && status != 201) visitor_refuse(v, body, length, "refused");
    if (!scan_object(body, length, &found)) visitor_refuse(v, body, length, "not one JSON object");
    switch (steps[c->index]) {
    case LOOKING:
        v->seq = found.seq.at ? span_number(found.seq) : 0;
        greeted_count++;
        note_progress();
        return;
    case POSTING: {
        int64_t before = v->seq;
        visitor_take_ack(v, &found, now);
        v->seq = before; /* the event that follows carries the number again */
        poll(v);
        return;
    }
    case POLLING: {
        const char *at = found.events.at;
        const char *end = at + found.events.length;
        span event;
        while (at && scan_next_object(&at, end, &event)) take_event(v, event, now);
        if (v->answered < v->sent) poll(v);
        else if (sending) post(v, now);
    }
    }
}

static void look(connection *c) {
    steps[c->index] = LOOKING;
    ask(c->session, "GET /v1/events?wait=0", NULL, 0);
    connection_flush(c);
}

static const behaviour polling_visitor = {.on_open = look, .on_answer = on_answer, .on_closed = visitor_lost};

static void prepare(void) {
    static step all_steps[65536];
    if (chosen.connections > 65536) fail("at most 65536 connections");
    steps = all_steps;
    visitors_load(chosen.connections, 1);
    visitors_connect(&polling_visitor);
}

static void begin(uint64_t now) {
    for (int i = 0; i < visitor_count; i++) {
        post(&visitors[i], now);
        connection_flush(&visitors[i].socket);
    }
}

static void report(FILE *out) { fprintf(out, ",\"polls\":%llu", (unsigned long long)polls); }

const scenario polling = {
    .name = "polling", .prepare = prepare, .begin = begin, .outstanding = visitors_outstanding, .report = report,
};
