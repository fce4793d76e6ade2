/* The machine's limit: a WebSocket echo in C and epoll that does nothing but what the protocol demands.
   One recv and one send per readiness, frames echoed together when several came together. The handshake answers
   the specification's sample key only (RFC 6455, 1.3), which is the one that the load generator sends.
   usage: ws_echo PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 20, EVENTS = 512, MAX_FDS = 1 << 16 };

static const char upgraded[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

typedef struct {
    char *kept; /* the start of a frame that has not come whole */
    size_t length;
    int open;
} peer;

static peer peers[MAX_FDS];
static char in[ROOM], out[ROOM + ROOM / 2];

static void drop(int fd) {
    close(fd);
    free(peers[fd].kept);
    peers[fd] = (peer){0};
}

/* Echo one frame from `at` to `to`; the bytes taken, 0 when it is not whole, -1 on close or nonsense. */
static ssize_t echo_frame(const unsigned char *at, size_t length, char *to, size_t *written) {
    if (length < 6) return 0;
    size_t head = 2, payload = at[1] & 0x7F;
    if (!(at[1] & 0x80) || payload == 127 || (at[0] & 15) == 8) return -1;
    if (payload == 126) payload = (size_t)at[2] << 8 | at[3], head = 4;
    if (length < head + 4 + payload) return 0;
    size_t reply = 2;
    to[0] = (char)at[0];
    to[1] = (char)payload;
    if (head == 4) to[1] = 126, to[2] = (char)at[2], to[3] = (char)at[3], reply = 4;
    uint64_t mask, word;
    memcpy(&mask, at + head, 4);
    memcpy((char *)&mask + 4, at + head, 4);
    const unsigned char *from = at + head + 4;
    size_t i = 0;
    for (; i + 8 <= payload; i += 8) {
        memcpy(&word, from + i, 8);
        word ^= mask;
        memcpy(to + reply + i, &word, 8);
    }
    for (; i < payload; i++) to[reply + i] = (char)(from[i] ^ ((unsigned char *)&mask)[i & 7]);
    *written = reply + payload;
    return (ssize_t)(head + 4 + payload);
}

static void serve(int fd) {
    peer *p = &peers[fd];
    memcpy(in, p->kept ? p->kept : in, p->length);
    ssize_t got = recv(fd, in + p->length, ROOM - p->length, 0);
    if (got <= 0) {
        drop(fd);
        return;
    }
    size_t length = p->length + (size_t)got, at = 0, filled = 0;
    if (!p->open) {
        if (length < 4 || memcmp(in + length - 4, "\r\n\r\n", 4)) return;
        memcpy(out, upgraded, filled = sizeof upgraded - 1);
        p->open = 1;
        at = length;
    }
    while (at < length) {
        size_t written;
        ssize_t taken = echo_frame((unsigned char *)in + at, length - at, out + filled, &written);
        if (taken < 0) {
            drop(fd);
            return;
        }
        if (taken == 0) break;
        at += (size_t)taken;
        filled += written;
    }
    p->length = length - at;
    if (p->length) {
        p->kept = realloc(p->kept, p->length);
        memcpy(p->kept, in + at, p->length);
    }
    if (filled && send(fd, out, filled, MSG_NOSIGNAL) != (ssize_t)filled) drop(fd); /* a peer that does not read */
}

int main(int count, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(count > 1 ? arguments[1] : "0"))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return perror("bind"), 1;
    int poller = epoll_create1(0);
    struct epoll_event events[EVENTS], wanted = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                serve(fd);
                continue;
            }
            fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0 || fd >= MAX_FDS) continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            wanted.data.fd = fd;
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted);
        }
    }
}
