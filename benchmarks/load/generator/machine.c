#define _GNU_SOURCE
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

uint64_t wall_clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Call `each` with the thread ids of a process. */
static void for_each_thread(int pid, void (*each)(int pid, int thread, void *into), void *into) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (!threads) return;
    for (struct dirent *entry; (entry = readdir(threads));)
        if (entry->d_name[0] != '.') each(pid, atoi(entry->d_name), into);
    closedir(threads);
}

static void add_children(int pid, int thread, void *into) {
    process_tree *tree = into;
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, thread);
    FILE *file = fopen(path, "r");
    if (!file) return;
    int child;
    while (tree->count < MAX_PROCESSES && fscanf(file, "%d", &child) == 1) tree->pids[tree->count++] = child;
    fclose(file);
}

void tree_find(process_tree *tree, int root_pid) {
    tree->count = 0;
    if (root_pid <= 0) return;
    tree->pids[tree->count++] = root_pid;
    for (int i = 0; i < tree->count; i++) for_each_thread(tree->pids[i], add_children, tree);
}

bool tree_is_alive(const process_tree *tree) {
    return tree->count == 0 || kill(tree->pids[0], 0) == 0;
}

static void add_schedstat(int pid, int thread, void *into) {
    uint64_t *total = into;
    unsigned long long on_cpu, waiting;
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, thread);
    FILE *file = fopen(path, "r");
    if (!file) return;
    if (fscanf(file, "%llu %llu", &on_cpu, &waiting) == 2) total[0] += on_cpu, total[1] += waiting;
    fclose(file);
}

machine_reading machine_read(const process_tree *server) {
    machine_reading reading = {.wall_ns = now_ns()};
    uint64_t own[2] = {0}, theirs[2] = {0};
    for_each_thread(getpid(), add_schedstat, own);
    for (int i = 0; i < server->count; i++) for_each_thread(server->pids[i], add_schedstat, theirs);
    reading.own_cpu_ns = own[0], reading.own_wait_ns = own[1];
    reading.server_cpu_ns = theirs[0], reading.server_wait_ns = theirs[1];
    return reading;
}

static uint64_t field_bytes(int pid, const char *file_name, const char *field) {
    char path[64], line[256];
    uint64_t kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file_name);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0) kilobytes = strtoull(line + strlen(field), NULL, 10);
    fclose(file);
    return kilobytes * 1024;
}

uint64_t tree_rss_bytes(const process_tree *tree) {
    uint64_t total = 0;
    for (int i = 0; i < tree->count; i++) {
        uint64_t bytes = field_bytes(tree->pids[i], "smaps_rollup", "Pss:");
        total += bytes ? bytes : field_bytes(tree->pids[i], "status", "VmRSS:");
    }
    return total;
}

void pin_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores)) fail("cannot pin to core %d: %s", core, strerror(errno));
}

void raise_descriptor_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void keep_timers_exact(void) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* else the kernel may wake us 50 µs late, to save power */
}

void fail(const char *format, ...) {
    char reason[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    fputs("{\"valid\":false,\"failure\":\"", stdout);
    for (const unsigned char *at = (const unsigned char *)reason; *at; at++) {
        if (*at == '"' || *at == '\\') putchar('\\');
        if (*at < ' ') printf("\\u%04x", *at);
        else putchar(*at);
    }
    fputs("\"}\n", stdout);
    fflush(stdout);
    exit(2);
}
