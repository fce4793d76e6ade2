/* Visitors over WebSocket. Closed loop: `depth` messages of each are always under way. Open loop: messages
   leave at a fixed rate whatever comes back, and their latency counts from when they should have left. */
#include "scenarios.h"
#include "visitors.h"

enum { OPEN_SLOTS = 256 };

static uint64_t paced_from, paced_count;

static void on_text(connection *c, char *text, size_t length, uint64_t now) {
    visitor *v = c->session;
    fields frame;
    if (!scan_object(text, length, &frame)) visitor_refuse(v, text, length, "not one JSON object");
    if (span_is(frame.t, "ack")) {
        visitor_take_ack(v, &frame, now);
    } else if (span_is(frame.t, "message")) {
        visitor_take_answer(v, &frame, now);
        if (sending && chosen.rate == 0) visitor_send(v, now, now);
    } else if (span_is(frame.t, "delta")) {
        if (!v->first_word_seen && v->answered < v->sent)
            count_latency(FIRST_WORD, now - v->slots[v->answered % (uint64_t)slot_count].intended_ns);
        v->first_word_seen = true;
    } else if (span_is(frame.t, "error") || span_is(frame.t, "reset")) {
        visitor_refuse(v, text, length, "refused");
    } else if (span_is(frame.t, "welcome") && !visitor_take_welcome(v, &frame)) {
        visitor_refuse(v, text, length, "a second welcome");
    }
}

static const behaviour chatting = {
    .websocket = true, .path = "/v1/ws", .on_open = visitor_greet, .on_text = on_text, .on_closed = visitor_lost,
};

static void prepare(void) {
    visitors_load(chosen.connections, chosen.rate > 0 ? OPEN_SLOTS : chosen.depth);
    visitors_connect(&chatting);
}

static void begin_closed(uint64_t now) {
    for (int i = 0; i < visitor_count; i++) {
        for (int j = 0; j < chosen.depth; j++) visitor_send(&visitors[i], now, now);
        connection_flush(&visitors[i].socket);
    }
}

static void begin_paced(uint64_t now) {
    paced_from = now;
    paced_count = 0;
}

static uint64_t due_at(uint64_t number) { return paced_from + (uint64_t)((double)number * 1e9 / chosen.rate); }

static uint64_t tick(uint64_t now) {
    uint64_t due = due_at(paced_count);
    while (due <= now) {
        visitor *v = &visitors[paced_count % (uint64_t)visitor_count];
        /* A visitor with a full ring holds the schedule back; what waits keeps its intended time. */
        if (v->sent - v->answered == OPEN_SLOTS) return now + 100000;
        visitor_send(v, due, now);
        connection_flush(&v->socket);
        count_latency(SEND_LAG, now - due);
        due = due_at(++paced_count);
    }
    return due;
}

const scenario chat = {
    .name = "chat", .prepare = prepare, .begin = begin_closed, .outstanding = visitors_outstanding,
};
const scenario chat_paced = {
    .name = "chat_paced", .prepare = prepare, .begin = begin_paced, .tick = tick, .outstanding = visitors_outstanding,
};
