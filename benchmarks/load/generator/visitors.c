#define _GNU_SOURCE
#include "visitors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

enum { GREETINGS_AT_ONCE = 128 };

visitor *visitors;
int visitor_count, greeted_count, slot_count;

static const behaviour *connecting_as;
static int started_count;

static char *copy(span value) { return strndup(value.at, value.length); }

void visitors_load(int count, int slots) {
    FILE *file = fopen(chosen.sessions, "r");
    if (!file) fail("cannot read the sessions file %s: %s", chosen.sessions, strerror(errno));
    visitors = calloc((size_t)count, sizeof *visitors);
    message_slot *ring = calloc((size_t)count * (size_t)slots, sizeof *ring);
    if (!visitors || !ring) fail("out of memory");
    char *line = NULL;
    size_t room = 0;
    for (int i = 0; i < count; i++) {
        fields found;
        ssize_t length = getline(&line, &room, file);
        if (length <= 0) fail("%d sessions are needed, %s has %d", count, chosen.sessions, i);
        if (!scan_object(line, (size_t)length, &found) || !found.token.at || !found.conversation.at)
            fail("line %d of %s is no answer of POST /v1/visitors", i + 1, chosen.sessions);
        visitors[i].token = copy(found.token);
        visitors[i].conversation = copy(found.conversation);
        visitors[i].conversation_length = found.conversation.length;
        visitors[i].slots = ring + (size_t)i * (size_t)slots;
    }
    free(line);
    fclose(file);
    visitor_count = count;
    slot_count = slots;
}

/* Connecting. */

static bool all_greeted(void) {
    while (started_count < visitor_count && started_count - greeted_count < GREETINGS_AT_ONCE) {
        visitor *v = &visitors[started_count];
        connection_open(&v->socket, connecting_as, started_count, v);
        started_count++;
    }
    return greeted_count == visitor_count;
}

void visitors_connect(const behaviour *does) {
    connecting_as = does;
    started_count = greeted_count = 0;
    serve_until(all_greeted, "connecting the visitors");
}

void visitor_greet(connection *c) {
    visitor *v = c->session;
    char hello[4096];
    int length = snprintf(hello, sizeof hello, "{\"t\":\"hello\",\"token\":\"%s\"}", v->token);
    connection_put_text(c, hello, (size_t)length);
    connection_flush(c);
}

void visitor_lost(connection *c, const char *why) {
    if (!tree_is_alive(&server_tree)) fail("the server process has ended");
    fail("visitor %d lost its connection: %s", c->index, why);
}

/* Sending. */

void visitor_send(visitor *v, uint64_t intended_ns, uint64_t now) {
    static uint64_t stamp_ms, stamped_at;
    if (now - stamped_at > 1000000) stamp_ms = wall_clock_ms(), stamped_at = now;
    v->slots[v->sent % (uint64_t)slot_count] = (message_slot){intended_ns, stamp_ms};
    size_t length;
    const char *frame = text_frame(stamp_ms, v->socket.index, v->sent, &length);
    connection_put_text(&v->socket, frame, length);
    v->sent++;
}

uint64_t visitors_outstanding(void) {
    uint64_t total = 0;
    for (int i = 0; i < visitor_count; i++) total += visitors[i].sent - visitors[i].answered;
    return total;
}

/* Checks. */

void visitor_refuse(visitor *v, const char *text, size_t length, const char *why) {
    int shown = length > 300 ? 300 : (int)length;
    fail("visitor %d (conversation %s, %llu sent, %llu acknowledged, %llu answered, seq %lld): %s: %.*s",
         v->socket.index, v->conversation, (unsigned long long)v->sent, (unsigned long long)v->acked,
         (unsigned long long)v->answered, (long long)v->seq, why, shown, text);
}

static void refuse_value(visitor *v, span value, const char *why) {
    visitor_refuse(v, value.at ? value.at : "(absent)", value.at ? value.length : 8, why);
}

bool visitor_take_welcome(visitor *v, const fields *frame) {
    if (v->greeted) return false;
    int64_t seq = span_number(frame->seq);
    if (!frame->seq.at) seq = 0; /* a member with its default value may be left out */
    if (seq < 0) refuse_value(v, frame->seq, "the welcome has a wrong seq");
    if (!frame->epoch.at) refuse_value(v, frame->epoch, "the welcome has no epoch");
    free(v->epoch);
    v->epoch = copy(frame->epoch);
    v->seq = seq;
    v->greeted = true;
    greeted_count++;
    note_progress();
    return true;
}

void visitor_take_seq(visitor *v, const fields *frame, const char *what) {
    int64_t seq = span_number(frame->seq);
    char why[128];
    if (seq == v->seq + 1) {
        v->seq = seq;
        return;
    }
    const char *kind = seq < 0 ? "without a number" : seq <= v->seq ? "duplicate or out of order" : "a gap";
    snprintf(why, sizeof why, "%s with a wrong seq, %s: expected %lld, got", what, kind, (long long)v->seq + 1);
    refuse_value(v, frame->seq, why);
}

static message_slot *slot_of(visitor *v, uint64_t number) { return &v->slots[number % (uint64_t)slot_count]; }

void visitor_take_ack(visitor *v, const fields *frame, uint64_t now) {
    char id[ID_LENGTH];
    if (v->acked == v->sent) refuse_value(v, frame->id, "an ack nobody waits for");
    message_slot *slot = slot_of(v, v->acked);
    text_id(id, slot->stamp_ms, v->socket.index, v->acked);
    if (frame->id.length != ID_LENGTH || memcmp(frame->id.at, id, ID_LENGTH))
        refuse_value(v, frame->id, "an ack with another id than that of the oldest message without one");
    visitor_take_seq(v, frame, "ack");
    v->acked++;
    count_latency(ACKNOWLEDGED, now - slot->intended_ns);
}

void visitor_take_answer(visitor *v, const fields *frame, uint64_t now) {
    if (span_is(frame->role, "visitor")) refuse_value(v, frame->text, "one's own message came back");
    visitor_take_seq(v, frame, "reply");
    if (v->answered == v->sent) refuse_value(v, frame->text, "a reply nobody waits for");
    if (v->answered == v->acked) refuse_value(v, frame->text, "a reply before its message's ack");
    size_t length;
    const char *expected = text_expected(v->socket.index, v->answered, &length);
    if (!span_equals_text(frame->text, expected, length)) {
        char why[MAX_TEXT + 64];
        snprintf(why, sizeof why, "wrong reply, expected \"%s\", got", expected);
        refuse_value(v, frame->text, why);
    }
    count_latency(WHOLE, now - slot_of(v, v->answered)->intended_ns);
    v->answered++;
    v->first_word_seen = false;
}
