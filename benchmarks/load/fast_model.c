/* The stand-in model for load tests: healthy, with an exact delay, and cheap enough to share a core with the load
   generator. Answers like stand_in_model.py (which can fail in every way, but costs more); both are held to the
   same tests of a healthy model.
   usage: fast_model PORT DELAY_MS CHUNKS GAP_MS
   SIGTERM ends it and prints {"calls":…,"streams":…,"delay_ms":…}: the delay as it was, on average. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20, EVENTS = 512, MAX_FDS = 1 << 15, QUEUE = 1 << 16, REF = 48 };

static const char before_ref[] = "The stand-in model answers ";
static const char after_ref[] = ". It goes on for a second sentence. This is the last one.";
static const char chunk_start[] =
    "data: {\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"stand-in\",\"choices\":[{\"index\":0,\"delta\":{";
static const char chunk_end[] = "},\"finish_reason\":null}]}\n\n";
static const char stream_end[] =
    "data: {\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"stand-in\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"stand-in\",\"choices\":[],"
    "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"total_tokens\":120}}\n\ndata: [DONE]\n\n";

typedef struct {
    char *kept;
    size_t length;
    uint32_t life; /* tells a reused descriptor from the one a timer was set for */
    bool busy, streams;
    int chunk;
    uint64_t received_ns;
    char text[sizeof before_ref + REF + sizeof after_ref];
} peer;

typedef struct {
    uint64_t due_ns;
    int fd;
    uint32_t life;
} timer;

/* All waits of one kind are equally long, so a queue is a sorted list of timers. */
typedef struct {
    timer entries[QUEUE];
    uint64_t head, tail, wait_ns;
} timer_queue;

static peer peers[MAX_FDS];
static timer_queue first_bytes, next_chunks;
static char in[ROOM];
static int chunk_count, poller;
static uint64_t calls, streams, delay_sum_ns;
static volatile sig_atomic_t ended;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void set_timer(timer_queue *queue, int fd) {
    if (queue->tail - queue->head == QUEUE) fputs("fast_model: too many calls at once\n", stderr), exit(1);
    queue->entries[queue->tail++ % QUEUE] = (timer){now_ns() + queue->wait_ns, fd, peers[fd].life};
}

static void drop(int fd) {
    uint32_t life = peers[fd].life + 1;
    close(fd);
    free(peers[fd].kept);
    peers[fd] = (peer){.life = life};
}

static void put(int fd, const char *bytes, size_t length) {
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) drop(fd); /* a caller that does not read */
}

/* Requests. */

static size_t body_length(const char *head, const char *end) {
    for (const char *line = head; line && line < end; line = memmem(line, (size_t)(end - line), "\r\n", 2)) {
        if (*line == '\r') line += 2;
        if (strncasecmp(line, "content-length:", 15) == 0) return strtoul(line + 15, NULL, 10);
    }
    return 0;
}

static void choose_text(peer *p, const char *body, size_t length) {
    const char *found = NULL, *at = body, *end = body + length;
    while ((at = memmem(at, (size_t)(end - at), "ref-", 4))) found = at, at += 4;
    size_t ref = 0;
    while (found && found + ref < end && ref < REF - 1 &&
           ((found[ref] >= 'a' && found[ref] <= 'z') || (found[ref] >= '0' && found[ref] <= '9') || found[ref] == '-'))
        ref++;
    snprintf(p->text, sizeof p->text, "%s%.*s%s", before_ref, (int)ref, found ? found : "", after_ref);
}

static bool is_true(const char *body, size_t length, const char *member) {
    const char *at = memmem(body, length, member, strlen(member));
    if (!at) return false;
    at += strlen(member);
    while (*at == ' ' || *at == ':') at++;
    return strncmp(at, "true", 4) == 0;
}

static void take_request(int fd) {
    peer *p = &peers[fd];
    memcpy(in, p->kept ? p->kept : in, p->length);
    ssize_t got = recv(fd, in + p->length, ROOM - 1 - p->length, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) drop(fd);
        return;
    }
    size_t length = p->length + (size_t)got;
    in[length] = 0;
    const char *head_end = memmem(in, length, "\r\n\r\n", 4);
    size_t body = head_end ? body_length(in, head_end) : 0;
    if (!head_end || length < (size_t)(head_end + 4 - in) + body) {
        p->kept = realloc(p->kept, length);
        memcpy(p->kept, in, p->length = length);
        return;
    }
    p->length = 0;
    p->streams = is_true(head_end + 4, body, "\"stream\"");
    choose_text(p, head_end + 4, body);
    p->busy = true;
    p->chunk = 0;
    p->received_ns = now_ns();
    calls++;
    streams += p->streams;
    set_timer(&first_bytes, fd);
}

/* Answers. */

static void answer_plain(int fd) {
    char body[1024], response[1280];
    int length = snprintf(body, sizeof body,
                          "{\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion\",\"created\":1700000000,"
                          "\"model\":\"stand-in\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                          "\"content\":\"%s\",\"refusal\":null},\"finish_reason\":\"stop\"}],"
                          "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"total_tokens\":120}}",
                          peers[fd].text);
    length = snprintf(response, sizeof response,
                      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", length, body);
    peers[fd].busy = false;
    put(fd, response, (size_t)length);
}

static void stream_chunk(int fd) {
    static const char head[] =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    peer *p = &peers[fd];
    char event[1280], chunk[1600];
    int size = (int)strlen(p->text), count = chunk_count < size ? chunk_count : size;
    int from = size * p->chunk / count, to = size * (p->chunk + 1) / count;
    bool is_last = ++p->chunk == count;
    int length = snprintf(event, sizeof event, "%s%s\"content\":\"%.*s\"%s%s", chunk_start,
                          p->chunk == 1 ? "\"role\":\"assistant\"," : "", to - from, p->text + from, chunk_end,
                          is_last ? stream_end : "");
    length = snprintf(chunk, sizeof chunk, "%s%x\r\n%s\r\n%s", p->chunk == 1 ? head : "", (unsigned)length, event,
                      is_last ? "0\r\n\r\n" : "");
    p->busy = !is_last;
    put(fd, chunk, (size_t)length);
    if (!is_last && p->busy) set_timer(&next_chunks, fd);
}

static void answer(int fd) {
    delay_sum_ns += now_ns() - peers[fd].received_ns;
    if (peers[fd].streams) stream_chunk(fd);
    else answer_plain(fd);
}

/* Run what is due; return the time until the next timer, or a second. A queue without a wait has each of its
   entries run once, so that a stream without gaps does not shut out the others. */
static uint64_t run_timers(timer_queue *queue, void (*run)(int fd), uint64_t now) {
    for (uint64_t last = queue->tail; queue->head != last;) {
        timer *entry = &queue->entries[queue->head % QUEUE];
        if (entry->due_ns > now) return entry->due_ns - now;
        queue->head++;
        if (peers[entry->fd].life == entry->life && peers[entry->fd].busy) run(entry->fd);
    }
    return queue->head == queue->tail ? 1000000000 : queue->wait_ns;
}

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) perror("bind"), exit(1);
    return listener;
}

static void accept_all(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_FDS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted);
    }
}

static void end(int number) {
    (void)number;
    ended = 1;
}

int main(int count, char **arguments) {
    if (count != 5) return fputs("usage: fast_model PORT DELAY_MS CHUNKS GAP_MS\n", stderr), 64;
    first_bytes.wait_ns = (uint64_t)(atof(arguments[2]) * 1e6);
    chunk_count = atoi(arguments[3]);
    next_chunks.wait_ns = (uint64_t)(atof(arguments[4]) * 1e6);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    signal(SIGTERM, end);
    poller = epoll_create1(0);
    int listener = listen_on(atoi(arguments[1]));
    struct epoll_event events[EVENTS], wanted = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
    while (!ended) {
        uint64_t now = now_ns();
        uint64_t wait = run_timers(&first_bytes, answer, now), other = run_timers(&next_chunks, stream_chunk, now);
        if (other < wait) wait = other;
        struct timespec at_most = {.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
        int ready = epoll_pwait2(poller, events, EVENTS, &at_most, NULL);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) accept_all(listener);
            else take_request(events[i].data.fd);
        }
    }
    printf("{\"calls\":%llu,\"streams\":%llu,\"delay_ms\":%.4f}\n", (unsigned long long)calls,
           (unsigned long long)streams, calls ? (double)delay_sum_ns / (double)calls / 1e6 : 0.0);
}
