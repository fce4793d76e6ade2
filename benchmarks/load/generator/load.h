/* The course of a run: warm-up, repetitions, drain; what is counted in each; the report. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"
#include "machine.h"

typedef struct {
    const char *mode, *sessions, *agents, *path, *text, *expect;
    int port, connections, depth, repetitions, server_pid, core;
    double rate, warm_up_s, seconds, hold_s;
    double stall_s; /* silence that means something is lost */
    bool with_buckets;
} options;

extern options chosen;
extern process_tree server_tree;

/* One scenario, as the main loop drives it. */
typedef struct {
    const char *name;
    void (*prepare)(void);             /* connect, greet; returns when everything is ready */
    void (*begin)(uint64_t now);       /* put the first messages under way */
    uint64_t (*tick)(uint64_t now);    /* open loop: send what is due, return when the next is; NULL: closed loop */
    uint64_t (*outstanding)(void);     /* messages without their answer */
    void (*report)(FILE *out);         /* further members of the result; may be NULL */
} scenario;

typedef enum { WHOLE, ACKNOWLEDGED, FIRST_WORD, SEND_LAG, KINDS } latency_kind;

extern bool sending; /* false while draining */

void count_latency(latency_kind kind, uint64_t ns); /* into the running repetition; WHOLE counts a message */
int load_run(const scenario *s); /* warm-up to report; 0, or 3 when the generator was the limit */

/* Serve until `ready()` or, without any progress for `stall_s`, fail with `what`. */
void serve_until(bool (*ready)(void), const char *what);
void serve_for_seconds(double seconds);
void note_progress(void);

#endif
