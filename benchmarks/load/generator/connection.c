#define _GNU_SOURCE
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

enum { READ_BYTES = 1 << 20, EVENTS = 1024, KEPT_BYTES = 4096, LATE = 1024 };

/* RFC 6455, 1.3: the specification's own sample key and the answer it must get. */
#define SAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

int open_connections;

static int poller;
static connection *late[LATE];
static int late_count;
static struct sockaddr_in server;
static char scratch[READ_BYTES]; /* one for all connections: it stays in the processor's cache */

void connections_start(int port) {
    poller = epoll_create1(0);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

/* Buffers. */

static void buffer_put(buffer *b, const char *bytes, size_t length) {
    if (b->length + length > b->room) {
        b->room = (b->length + length) * 2;
        b->bytes = realloc(b->bytes, b->room);
        if (!b->bytes) fail("out of memory");
    }
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}

static void buffer_drop(buffer *b, size_t taken) {
    b->length -= taken;
    if (b->length) memmove(b->bytes, b->bytes + taken, b->length);
    else if (b->room > KEPT_BYTES) free(b->bytes), *b = (buffer){0};
}

/* Opening and closing. */

static void watch(connection *c, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poller, operation, c->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
}

void connection_open(connection *c, const behaviour *does, int index, void *session) {
    *c = (connection){.index = index, .does = does, .session = session, .state = CONNECTING};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) fail("socket %d: %s", index, strerror(errno));
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)
        fail("connect %d: %s", index, strerror(errno));
    watch(c, EPOLLOUT, EPOLL_CTL_ADD);
}

static void forget(connection *c) {
    if (c->state == OPEN) open_connections--;
    close(c->fd);
    free(c->in.bytes);
    free(c->out.bytes);
    c->in = c->out = (buffer){0};
    c->state = CLOSED;
}

void connection_cut(connection *c) {
    struct linger reset = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    forget(c);
}

static void lost(connection *c, const char *why) {
    const behaviour *does = c->does;
    forget(c);
    does->on_closed(c, why);
}

static void opened(connection *c) {
    c->state = OPEN;
    open_connections++;
    c->does->on_open(c);
}

static void connected(connection *c) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        lost(c, strerror(error));
        return;
    }
    watch(c, EPOLLIN, EPOLL_CTL_MOD);
    if (!c->does->websocket) {
        opened(c);
        return;
    }
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: " SAMPLE_KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          c->does->path);
    c->state = UPGRADING;
    connection_put(c, request, (size_t)length);
    connection_flush(c);
}

/* Sending. */

void connection_put(connection *c, const char *bytes, size_t length) { buffer_put(&c->out, bytes, length); }

void connection_put_text(connection *c, const char *text, size_t length) {
    static const unsigned char mask[8] = {0x5A, 0xC3, 0x19, 0x7E, 0x5A, 0xC3, 0x19, 0x7E};
    char head[8] = {(char)0x81};
    size_t head_length = 2;
    if (length < 126) {
        head[1] = (char)(0x80 | length);
    } else if (length < 65536) {
        head[1] = (char)(0x80 | 126), head[2] = (char)(length >> 8), head[3] = (char)length;
        head_length = 4;
    } else {
        fail("a frame of %zu bytes is longer than the generator sends", length);
    }
    memcpy(head + head_length, mask, 4);
    buffer_put(&c->out, head, head_length + 4);
    size_t start = c->out.length;
    buffer_put(&c->out, text, length);
    char *masked = c->out.bytes + start;
    uint64_t word, wide_mask;
    memcpy(&wide_mask, mask, 8);
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, masked + i, 8);
        word ^= wide_mask;
        memcpy(masked + i, &word, 8);
    }
    for (; i < length; i++) masked[i] ^= (char)mask[i & 7];
}

void connection_flush(connection *c) {
    if (c->out.length == 0 || c->state == CLOSED || c->state == CONNECTING) return;
    ssize_t sent = send(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        lost(c, strerror(errno));
        return;
    }
    if (sent > 0) buffer_drop(&c->out, (size_t)sent);
    bool waits = c->out.length > 0;
    if (waits != c->waits_for_room) watch(c, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    c->waits_for_room = waits;
}

static void flush_late(void) {
    for (int i = 0; i < late_count; i++) connection_flush(late[i]);
    late_count = 0;
}

void connection_flush_later(connection *c) {
    if (late_count == LATE) flush_late();
    late[late_count++] = c;
}

/* Receiving. Each taker returns the bytes it has used, 0 when it needs more. */

static size_t take_upgrade(connection *c, char *bytes, size_t length) {
    char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - bytes) + 4;
    if (strncmp(bytes, "HTTP/1.1 101", 12)) fail("the upgrade was refused: %.*s", (int)head - 4, bytes);
    if (!memmem(bytes, head, SAMPLE_ACCEPT, strlen(SAMPLE_ACCEPT))) fail("wrong Sec-WebSocket-Accept");
    opened(c);
    return head;
}

static void take_control(connection *c, int opcode, const unsigned char *payload, size_t length) {
    if (opcode == 8) {
        char why[64];
        int code = length >= 2 ? payload[0] << 8 | payload[1] : 1005;
        snprintf(why, sizeof why, "close frame %d %.*s", code, length > 2 ? (int)length - 2 : 0, payload + 2);
        lost(c, why);
    } else if (opcode == 9) {
        char pong[6 + 125] = {(char)0x8A, (char)(0x80 | length)}; /* mask 0: the payload stays as it is */
        memcpy(pong + 6, payload, length);
        connection_put(c, pong, 6 + length);
    } else if (opcode != 10) {
        fail("connection %d: opcode %d, only whole text frames are expected", c->index, opcode);
    }
}

static size_t take_frame(connection *c, char *bytes, size_t length, uint64_t now) {
    const unsigned char *head = (const unsigned char *)bytes;
    if (length < 2) return 0;
    size_t head_length = 2, payload = head[1] & 0x7F;
    if (payload == 126) {
        if (length < 4) return 0;
        payload = (size_t)head[2] << 8 | head[3];
        head_length = 4;
    } else if (payload == 127) {
        if (length < 10) return 0;
        payload = (size_t)head[6] << 24 | (size_t)head[7] << 16 | (size_t)head[8] << 8 | head[9];
        head_length = 10;
    }
    if (length < head_length + payload) return 0;
    if (head[1] & 0x80 || head[0] & 0x70) fail("connection %d: a masked or extended frame came back", c->index);
    if (head[0] == 0x81) c->does->on_text(c, bytes + head_length, payload, now);
    else take_control(c, head[0] & 0x80 ? head[0] & 15 : -1, head + head_length, payload);
    return head_length + payload;
}

static size_t take_answer(connection *c, char *bytes, size_t length, uint64_t now) {
    char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - bytes) + 4, body = 0;
    bool has_length = false;
    for (char *line = bytes; line < end;) {
        char *line_end = memmem(line, head - (size_t)(line - bytes), "\r\n", 2);
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoul(line + 15, NULL, 10), has_length = true;
        line = line_end + 2;
    }
    if (!has_length) fail("an answer without Content-Length: %.*s", (int)head - 4, bytes);
    if (length < head + body) return 0;
    if (strncmp(bytes, "HTTP/1.1 ", 9)) fail("no HTTP/1.1 answer: %.*s", (int)head - 4, bytes);
    c->does->on_answer(c, atoi(bytes + 9), bytes + head, body, now);
    return head + body;
}

static void receive(connection *c) {
    size_t kept = c->in.length;
    if (kept > READ_BYTES / 2) fail("connection %d: a frame longer than %d bytes", c->index, READ_BYTES / 2);
    memcpy(scratch, c->in.bytes ? c->in.bytes : scratch, kept);
    ssize_t got = recv(c->fd, scratch + kept, READ_BYTES - kept, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        lost(c, got ? strerror(errno) : "the server ended the connection");
        return;
    }
    uint64_t now = now_ns();
    size_t length = kept + (size_t)got, at = 0, taken;
    do {
        char *bytes = scratch + at;
        if (c->state == UPGRADING) taken = take_upgrade(c, bytes, length - at);
        else if (c->does->websocket) taken = take_frame(c, bytes, length - at, now);
        else taken = take_answer(c, bytes, length - at, now);
        at += taken;
    } while (taken && at < length && c->state != CLOSED);
    if (c->state == CLOSED) return;
    c->in.length = 0;
    if (at < length) buffer_put(&c->in, scratch + at, length - at);
    connection_flush(c);
    flush_late();
}

void connections_serve(uint64_t wait_ns) {
    struct epoll_event events[EVENTS];
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / 1000000000), .tv_nsec = (long)(wait_ns % 1000000000)};
    int count = epoll_pwait2(poller, events, EVENTS, &wait, NULL);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        connection *c = events[i].data.ptr;
        if (c->state == CONNECTING) {
            connected(c);
            continue;
        }
        if (events[i].events & EPOLLOUT) connection_flush(c);
        if (c->state != CLOSED && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
    }
}
