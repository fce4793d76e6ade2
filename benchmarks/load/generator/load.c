#include "load.h"

#include <stdlib.h>

#include "connection.h"

enum { MAX_REPETITIONS = 50 };

static const double STRAY_S = 0.2;    /* after the last answer: wait for what nobody asked for */
static const double MAX_SHARE = 0.95; /* above it the generator may be what is measured */
static const uint64_t SECOND = 1000000000;

typedef struct {
    histogram latency[KINDS];
    machine_reading from, to;
} repetition;

options chosen;
process_tree server_tree;
bool sending;

static repetition *repetitions;
static repetition *running;
static uint64_t last_progress, total_messages;

static uint64_t ns(double seconds) { return (uint64_t)(seconds * 1e9); }

void note_progress(void) { last_progress = now_ns(); }

void count_latency(latency_kind kind, uint64_t value_ns) {
    if (kind == WHOLE) total_messages++;
    if (running) histogram_add(&running->latency[kind], value_ns);
}

/* A run without progress is over: the server has ended, or an answer is lost. */
static void fail_when_stalled(const scenario *s, const char *what) {
    if (now_ns() - last_progress < ns(chosen.stall_s)) return;
    if (!tree_is_alive(&server_tree)) fail("the server process has ended (%s)", what);
    uint64_t outstanding = s ? s->outstanding() : 0;
    if (s && outstanding == 0) {
        note_progress();
        return;
    }
    fail("nothing came for %.1f s %s: lost replies, %llu messages without an answer", chosen.stall_s, what,
         (unsigned long long)outstanding);
}

void serve_until(bool (*ready)(void), const char *what) {
    note_progress();
    while (!ready()) {
        connections_serve(SECOND / 20);
        fail_when_stalled(NULL, what);
    }
}

void serve_for_seconds(double seconds) {
    for (uint64_t until = now_ns() + ns(seconds); now_ns() < until;) connections_serve(SECOND / 100);
}

static void serve_for(const scenario *s, uint64_t until) {
    uint64_t now = now_ns(), counted = total_messages;
    while (now < until) {
        uint64_t wake = until;
        if (s->tick) {
            uint64_t due = s->tick(now);
            if (due < wake) wake = due;
            now = now_ns();
        }
        connections_serve(wake > now ? wake - now : 0);
        if (total_messages != counted) counted = total_messages, note_progress();
        fail_when_stalled(s, "under load");
        now = now_ns();
    }
}

static void drain(const scenario *s) {
    uint64_t left = s->outstanding();
    sending = false;
    note_progress();
    while (left) {
        connections_serve(SECOND / 100);
        if (s->outstanding() != left) note_progress();
        left = s->outstanding();
        fail_when_stalled(s, "after the last message");
    }
    serve_for_seconds(STRAY_S);
}

static double share(const repetition *r, uint64_t used_ns) {
    return (double)used_ns / (double)(r->to.wall_ns - r->from.wall_ns);
}

static bool print_repetition(const repetition *r, FILE *out) {
    static const char *const names[KINDS] = {"latency", "ack", "first_word", "send_lag"};
    uint64_t messages = r->latency[WHOLE].total;
    double seconds = (double)(r->to.wall_ns - r->from.wall_ns) / 1e9;
    double own_share = share(r, r->to.own_cpu_ns - r->from.own_cpu_ns);
    double per_message = messages ? 1.0 / (double)messages / 1e3 : 0;
    fprintf(out, "{\"seconds\":%.6f,\"messages\":%llu,\"rate\":%.3f", seconds, (unsigned long long)messages,
            (double)messages / seconds);
    fprintf(out, ",\"generator_share\":%.4f,\"generator_waited\":%.4f,\"generator_cpu_us\":%.4f", own_share,
            share(r, r->to.own_wait_ns - r->from.own_wait_ns),
            (double)(r->to.own_cpu_ns - r->from.own_cpu_ns) * per_message);
    fprintf(out, ",\"server_share\":%.4f,\"server_waited\":%.4f,\"server_cpu_us\":%.4f",
            share(r, r->to.server_cpu_ns - r->from.server_cpu_ns),
            share(r, r->to.server_wait_ns - r->from.server_wait_ns),
            (double)(r->to.server_cpu_ns - r->from.server_cpu_ns) * per_message);
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind != WHOLE && r->latency[kind].total == 0) continue;
        fprintf(out, ",\"%s\":", names[kind]);
        histogram_print(&r->latency[kind], out, chosen.with_buckets && kind == WHOLE);
    }
    fputc('}', out);
    return own_share <= MAX_SHARE;
}

static bool report(const scenario *s) {
    bool valid = true;
    FILE *out = stdout;
    fprintf(out, "{\"mode\":\"%s\",\"connections\":%d,\"depth\":%d,\"rate_wanted\":%.1f,\"repetitions\":[", s->name,
            chosen.connections, chosen.depth, chosen.rate);
    for (int i = 0; i < chosen.repetitions; i++) {
        if (i) fputc(',', out);
        valid &= print_repetition(&repetitions[i], out);
    }
    fprintf(out, "],\"checked_messages\":%llu,\"server_rss_bytes\":%llu", (unsigned long long)total_messages,
            (unsigned long long)tree_rss_bytes(&server_tree));
    if (s->report) s->report(out);
    fprintf(out, ",\"valid\":%s", valid ? "true" : "false");
    if (!valid) fprintf(out, ",\"failure\":\"the generator used more than %.0f %% of its core\"", MAX_SHARE * 100);
    fputs("}\n", out);
    return valid;
}

int load_run(const scenario *s) {
    if (chosen.repetitions > MAX_REPETITIONS) fail("at most %d repetitions", MAX_REPETITIONS);
    repetitions = calloc((size_t)chosen.repetitions, sizeof *repetitions);
    if (!repetitions) fail("out of memory");
    s->prepare();
    note_progress();
    sending = true;
    s->begin(now_ns());
    serve_for(s, now_ns() + ns(chosen.warm_up_s));
    for (int i = 0; i < chosen.repetitions; i++) {
        repetitions[i].from = machine_read(&server_tree);
        running = &repetitions[i];
        serve_for(s, now_ns() + ns(chosen.seconds));
        running = NULL;
        repetitions[i].to = machine_read(&server_tree);
    }
    drain(s);
    return report(s) ? 0 : 3;
}
