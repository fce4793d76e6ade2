/* Visitors write, agents read: a message counts when the agent's socket has it, and the next one leaves when
   agent and visitor (by its ack) have the one before. Each line of options.agents is an agent's token and the
   frames by which it takes its conversations, with tabs between. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"
#include "texts.h"
#include "visitors.h"

enum { MAX_AGENTS = 64, TABLE = 1 << 16 };

static const double SETTLE_S = 0.5;

typedef struct {
    connection socket;
    char *line; /* token and frames */
    bool ready;
} agent;

static agent desk[MAX_AGENTS];
static int agent_count, ready_count;
static bool begun;
static int64_t *seen_by_agent; /* last seq, by visitor */
static visitor *by_conversation[TABLE];

static uint32_t hash(const char *key, size_t length) {
    uint32_t value = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++) value = (value ^ (unsigned char)key[i]) * 16777619u;
    return value;
}

static visitor **find(const char *conversation, size_t length) {
    uint32_t at = hash(conversation, length) % TABLE;
    while (by_conversation[at] && (by_conversation[at]->conversation_length != length ||
                                   memcmp(by_conversation[at]->conversation, conversation, length)))
        at = (at + 1) % TABLE;
    return &by_conversation[at];
}

static void go_on(visitor *v, uint64_t now) {
    uint64_t done = v->acked < v->answered ? v->acked : v->answered;
    if (!sending || v->sent - done >= (uint64_t)chosen.depth) return;
    visitor_send(v, now, now);
    connection_flush_later(&v->socket);
}

/* What the visitors get. */

static void on_visitor_text(connection *c, char *text, size_t length, uint64_t now) {
    visitor *v = c->session;
    fields frame;
    if (!scan_object(text, length, &frame)) visitor_refuse(v, text, length, "not one JSON object");
    if (span_is(frame.t, "ack")) {
        visitor_take_ack(v, &frame, now);
        go_on(v, now);
    } else if (span_is(frame.t, "message")) {
        if (begun) visitor_refuse(v, text, length, "a message although a person has taken over");
        visitor_take_seq(v, &frame, "message");
    } else if (span_is(frame.t, "error") || span_is(frame.t, "reset")) {
        visitor_refuse(v, text, length, "refused");
    } else if (span_is(frame.t, "welcome") && !visitor_take_welcome(v, &frame)) {
        visitor_refuse(v, text, length, "a second welcome");
    }
}

/* What the agents get. */

static void take_at_agent(visitor *v, const fields *frame, const char *text, size_t length, uint64_t now) {
    int64_t seq = span_number(frame->seq);
    int64_t *last = &seen_by_agent[v->socket.index];
    if (seq != *last + 1) visitor_refuse(v, text, length, "the agent got a wrong seq");
    *last = seq;
    size_t expected_length;
    const char *expected = text_sent(v->socket.index, v->answered, &expected_length);
    if (v->answered == v->sent) visitor_refuse(v, text, length, "the agent got a message nobody sent");
    if (!span_equals_text(frame->text, expected, expected_length))
        visitor_refuse(v, text, length, "the agent got another text than the visitor sent");
    count_latency(WHOLE, now - v->slots[v->answered % (uint64_t)slot_count].intended_ns);
    v->answered++;
    go_on(v, now);
}

static void on_agent_text(connection *c, char *text, size_t length, uint64_t now) {
    agent *a = c->session;
    fields frame;
    if (!scan_object(text, length, &frame)) fail("agent %d: not one JSON object: %.*s", c->index, (int)length, text);
    if (span_is(frame.t, "message") && begun) {
        visitor *v = frame.conversation.at ? *find(frame.conversation.at, frame.conversation.length) : NULL;
        if (v) take_at_agent(v, &frame, text, length, now);
    } else if (span_is(frame.t, "error") || span_is(frame.t, "reset")) {
        fail("agent %d was refused: %.*s", c->index, length > 300 ? 300 : (int)length, text);
    } else if (span_is(frame.t, "welcome")) {
        for (char *frame_text; (frame_text = strsep(&a->line, "\t\n"));)
            if (*frame_text) connection_put_text(c, frame_text, strlen(frame_text));
        connection_put_text(c, "{\"t\":\"ping\"}", 12);
    } else if (span_is(frame.t, "pong") && !a->ready) {
        a->ready = true;
        ready_count++;
        note_progress();
    }
}

static void greet_as_agent(connection *c) {
    agent *a = c->session;
    char hello[4096];
    const char *token = strsep(&a->line, "\t\n");
    int length = snprintf(hello, sizeof hello, "{\"t\":\"hello\",\"token\":\"%s\"}", token);
    connection_put_text(c, hello, (size_t)length);
    connection_flush(c);
}

static void agent_lost(connection *c, const char *why) { fail("agent %d lost its connection: %s", c->index, why); }

static const behaviour writing = {
    .websocket = true, .path = "/v1/ws", .on_open = visitor_greet, .on_text = on_visitor_text,
    .on_closed = visitor_lost,
};
static const behaviour reading = {
    .websocket = true, .path = "/v1/ws", .on_open = greet_as_agent, .on_text = on_agent_text,
    .on_closed = agent_lost,
};

static void load_agents(void) {
    FILE *file = fopen(chosen.agents, "r");
    if (!file) fail("cannot read the agents file %s: %s", chosen.agents, strerror(errno));
    size_t room = 0;
    for (char *line = NULL; agent_count < MAX_AGENTS && getline(&line, &room, file) > 0; line = NULL, room = 0)
        desk[agent_count++].line = line;
    fclose(file);
}

static bool all_ready(void) { return ready_count == agent_count; }

static void prepare(void) {
    visitors_load(chosen.connections, chosen.depth);
    load_agents();
    for (int i = 0; i < visitor_count; i++)
        *find(visitors[i].conversation, visitors[i].conversation_length) = &visitors[i];
    visitors_connect(&writing);
    for (int i = 0; i < agent_count; i++) connection_open(&desk[i].socket, &reading, i, &desk[i]);
    serve_until(all_ready, "the agents taking their conversations");
    serve_for_seconds(SETTLE_S); /* what the taking itself sends around */
    seen_by_agent = calloc((size_t)visitor_count, sizeof *seen_by_agent);
    for (int i = 0; i < visitor_count; i++) seen_by_agent[i] = visitors[i].seq;
}

static void begin(uint64_t now) {
    begun = true;
    for (int i = 0; i < visitor_count; i++) {
        for (int j = 0; j < chosen.depth; j++) visitor_send(&visitors[i], now, now);
        connection_flush(&visitors[i].socket);
    }
}

static void report(FILE *out) { fprintf(out, ",\"agents\":%d", agent_count); }

const scenario agents = {
    .name = "agents", .prepare = prepare, .begin = begin, .outstanding = visitors_outstanding, .report = report,
};
