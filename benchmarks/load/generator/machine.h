/* What the operating system knows: time, the processor used by generator and server, the server's memory. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_PROCESSES = 64 };

/* The server: one process and its descendants. */
typedef struct {
    int pids[MAX_PROCESSES];
    int count;
} process_tree;

typedef struct {
    uint64_t wall_ns;
    uint64_t own_cpu_ns;
    uint64_t own_wait_ns;    /* runnable, but another process had the core */
    uint64_t server_cpu_ns;  /* all threads of all processes of the tree */
    uint64_t server_wait_ns;
} machine_reading;

uint64_t now_ns(void);      /* monotonic */
uint64_t wall_clock_ms(void);

void tree_find(process_tree *tree, int root_pid);
bool tree_is_alive(const process_tree *tree);
uint64_t tree_rss_bytes(const process_tree *tree);  /* proportional where the kernel tells it */

machine_reading machine_read(const process_tree *server);

void pin_to_core(int core);
void raise_descriptor_limit(void);
void keep_timers_exact(void);

/* Print {"valid":false,"failure":"…"} and end with status 2: one wrong answer fails the run. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
