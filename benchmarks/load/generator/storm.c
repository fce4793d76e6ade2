/* A reconnect storm: every visitor has said something and was answered, then all connections are cut at once and
   all come back at once with `epoch` and `after`; each must get exactly its two messages again, in order. */
#include "scenarios.h"
#include "texts.h"
#include "visitors.h"

static bool resuming;
static int answered_count, resumed_count;
static uint64_t cut_at;
static histogram until_resumed;

static void greet(connection *c) {
    visitor *v = c->session;
    char hello[4096];
    if (!resuming) {
        visitor_greet(c);
        return;
    }
    int length = snprintf(hello, sizeof hello, "{\"t\":\"hello\",\"token\":\"%s\",\"epoch\":\"%s\",\"after\":%lld}",
                          v->token, v->epoch, (long long)v->seq);
    connection_put_text(c, hello, (size_t)length);
    connection_flush(c);
}

static void take_replayed(visitor *v, const fields *frame, uint64_t now) {
    size_t length;
    if (!v->acked) {
        const char *text = text_sent(v->socket.index, 0, &length);
        visitor_take_seq(v, frame, "replayed message");
        if (!span_equals_text(frame->text, text, length))
            visitor_refuse(v, frame->text.at, frame->text.length, "another message was replayed");
        v->acked = 1;
        return;
    }
    visitor_take_answer(v, frame, now);
    histogram_add(&until_resumed, now - cut_at);
    resumed_count++;
    note_progress();
}

static void on_text(connection *c, char *text, size_t length, uint64_t now) {
    visitor *v = c->session;
    fields frame;
    if (!scan_object(text, length, &frame)) visitor_refuse(v, text, length, "not one JSON object");
    if (span_is(frame.t, "welcome")) {
        if (!resuming) visitor_take_welcome(v, &frame);
    } else if (span_is(frame.t, "ack")) {
        visitor_take_ack(v, &frame, now);
    } else if (span_is(frame.t, "message") && resuming) {
        take_replayed(v, &frame, now);
    } else if (span_is(frame.t, "message")) {
        visitor_take_answer(v, &frame, now);
        answered_count++;
        note_progress();
    } else if (span_is(frame.t, "error") || span_is(frame.t, "reset")) {
        visitor_refuse(v, text, length, "refused");
    }
}

static const behaviour storming = {
    .websocket = true, .path = "/v1/ws", .on_open = greet, .on_text = on_text, .on_closed = visitor_lost,
};

static bool all_answered(void) { return answered_count == visitor_count; }
static bool all_resumed(void) { return resumed_count == visitor_count; }

void storm_run(void) {
    visitors_load(chosen.connections, 1);
    visitors_connect(&storming);
    for (int i = 0; i < visitor_count; i++) {
        uint64_t now = now_ns();
        visitor_send(&visitors[i], now, now);
        connection_flush(&visitors[i].socket);
    }
    serve_until(all_answered, "the first replies");
    for (int i = 0; i < visitor_count; i++) {
        visitor *v = &visitors[i];
        v->seq -= 2, v->acked = v->answered = 0;
        connection_cut(&v->socket);
    }
    resuming = true;
    cut_at = now_ns();
    machine_reading from = machine_read(&server_tree);
    for (int i = 0; i < visitor_count; i++) {
        connection_open(&visitors[i].socket, &storming, i, &visitors[i]);
        if (i % 64 == 63) connections_serve(0);
    }
    serve_until(all_resumed, "the resumed connections");
    machine_reading to = machine_read(&server_tree);
    double seconds = (double)(to.wall_ns - from.wall_ns) / 1e9;
    printf("{\"mode\":\"storm\",\"valid\":true,\"connections\":%d,\"seconds\":%.4f,\"resumed_per_s\":%.1f,"
           "\"server_cpu_us\":%.2f,\"generator_share\":%.4f,\"latency\":",
           visitor_count, seconds, visitor_count / seconds,
           (double)(to.server_cpu_ns - from.server_cpu_ns) / visitor_count / 1e3,
           (double)(to.own_cpu_ns - from.own_cpu_ns) / 1e9 / seconds);
    histogram_print(&until_resumed, stdout, chosen.with_buckets);
    puts("}");
}
