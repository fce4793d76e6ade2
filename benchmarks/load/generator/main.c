/* The load generator: one scenario against one server on this machine, every answer checked, JSON on stdout. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "scenarios.h"
#include "texts.h"

static const char usage[] =
    "usage: generator --mode MODE --port PORT [options]\n"
    "\n"
    "modes     chat       visitors over WebSocket; closed loop, or open loop with --rate\n"
    "          echo       the same frames against a bare echo server (--path)\n"
    "          polling    visitors over HTTP: send, then long poll\n"
    "          agents     visitors write, agents' sockets read (--agents)\n"
    "          idle       memory of connections that only stay open (--hold)\n"
    "          storm      all connections cut and resumed at once\n"
    "          histogram  nanoseconds from stdin, one a line, as a histogram: for tests\n"
    "\n"
    "options   --connections N      64        --depth N            1, messages of each under way\n"
    "          --rate PER_SECOND    0: closed loop; else latencies count from the intended time\n"
    "          --warm-up SECONDS    1         --seconds SECONDS    2, of each repetition\n"
    "          --repetitions N      3         --hold SECONDS       3, of idle connections\n"
    "          --stall SECONDS      5, of silence with answers outstanding: they are lost\n"
    "          --sessions FILE      answers of POST /v1/visitors, one a line\n"
    "          --agents FILE        token and frames of each agent, tabs between, one a line\n"
    "          --text TEXT          what is sent; {n} becomes the message's number in letters\n"
    "          --expect TEXT        what must be answered; {n} likewise\n"
    "          --path PATH          of the echo server's WebSocket, /\n"
    "          --server-pid PID     count the processor time and memory of this process and its children\n"
    "          --core N             run on this core only\n"
    "          --buckets            print the whole histogram\n"
    "\n"
    "Ends with 0 when the result is valid, with 2 on the first wrong answer, with 3 when the generator itself\n"
    "was the limit; \"failure\" in the output says why.\n";

static const struct option names[] = {
    {"mode", 1, 0, 'm'},        {"port", 1, 0, 'p'},     {"connections", 1, 0, 'c'}, {"depth", 1, 0, 'd'},
    {"rate", 1, 0, 'r'},        {"warm-up", 1, 0, 'w'},  {"seconds", 1, 0, 's'},     {"repetitions", 1, 0, 'n'},
    {"hold", 1, 0, 'h'},        {"sessions", 1, 0, 'S'}, {"agents", 1, 0, 'A'},      {"text", 1, 0, 't'},
    {"expect", 1, 0, 'e'},      {"stall", 1, 0, 'a'},       {"path", 1, 0, 'P'},     {"server-pid", 1, 0, 'i'},  {"core", 1, 0, 'o'},
    {"buckets", 0, 0, 'b'},     {"help", 0, 0, '?'},     {0},
};

static void read_options(int count, char **arguments) {
    chosen = (options){
        .mode = "", .sessions = "", .agents = "", .path = "/", .text = "hello", .expect = "hello", .connections = 64,
        .depth = 1, .repetitions = 3, .core = -1, .warm_up_s = 1, .seconds = 2, .hold_s = 3, .stall_s = 5,
    };
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
        case 'm': chosen.mode = optarg; break;
        case 'p': chosen.port = atoi(optarg); break;
        case 'c': chosen.connections = atoi(optarg); break;
        case 'd': chosen.depth = atoi(optarg); break;
        case 'r': chosen.rate = atof(optarg); break;
        case 'w': chosen.warm_up_s = atof(optarg); break;
        case 's': chosen.seconds = atof(optarg); break;
        case 'n': chosen.repetitions = atoi(optarg); break;
        case 'h': chosen.hold_s = atof(optarg); break;
        case 'a': chosen.stall_s = atof(optarg); break;
        case 'S': chosen.sessions = optarg; break;
        case 'A': chosen.agents = optarg; break;
        case 't': chosen.text = optarg; break;
        case 'e': chosen.expect = optarg; break;
        case 'P': chosen.path = optarg; break;
        case 'i': chosen.server_pid = atoi(optarg); break;
        case 'o': chosen.core = atoi(optarg); break;
        case 'b': chosen.with_buckets = true; break;
        default: fputs(usage, stderr); exit(name == '?' && optopt == 0 ? 0 : 64);
        }
    }
    if (chosen.connections < 1 || chosen.depth < 1 || chosen.repetitions < 1 || chosen.rate < 0)
        fail("connections, depth and repetitions must be at least 1, the rate at least 0");
}

static void print_histogram_of_input(void) {
    static histogram h;
    unsigned long long value;
    while (scanf("%llu", &value) == 1) histogram_add(&h, value);
    histogram_print(&h, stdout, 1);
    putchar('\n');
}

static int load_mode(const char *mode) {
    static const scenario *const scenarios[] = {&chat, &echo, &polling, &agents};
    if (strcmp(mode, "chat") == 0 && chosen.rate > 0) return load_run(&chat_paced);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(mode, scenarios[i]->name) == 0) return load_run(scenarios[i]);
    fail("no mode '%s'; --help lists them", mode);
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    if (strcmp(chosen.mode, "histogram") == 0) {
        print_histogram_of_input();
        return 0;
    }
    if (chosen.core >= 0) pin_to_core(chosen.core);
    raise_descriptor_limit();
    keep_timers_exact();
    tree_find(&server_tree, chosen.server_pid);
    texts_start(chosen.text, chosen.expect);
    connections_start(chosen.port);
    if (strcmp(chosen.mode, "idle") == 0) return idle_run(), 0;
    if (strcmp(chosen.mode, "storm") == 0) return storm_run(), 0;
    return load_mode(chosen.mode);
}
