/* Sockets: non-blocking connections under one epoll, WebSocket framing and HTTP answers, buffers. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { CLOSED, CONNECTING, UPGRADING, OPEN } connection_state;

typedef struct {
    char *bytes;
    size_t length, room;
} buffer;

typedef struct connection connection;

/* What a scenario does with its connections. `now` is when the read came back, in monotonic ns. */
typedef struct {
    bool websocket;
    const char *path; /* of the upgrade request */
    void (*on_open)(connection *c);
    void (*on_text)(connection *c, char *text, size_t length, uint64_t now);           /* WebSocket */
    void (*on_answer)(connection *c, int status, char *body, size_t length, uint64_t now); /* HTTP */
    void (*on_closed)(connection *c, const char *why);
} behaviour;

struct connection {
    int fd;
    int index;
    connection_state state;
    bool waits_for_room; /* the kernel's buffer is full: EPOLLOUT is asked for */
    const behaviour *does;
    buffer in, out;
    void *session; /* the scenario's */
};

extern int open_connections;

void connections_start(int port);
void connection_open(connection *c, const behaviour *does, int index, void *session);
void connection_cut(connection *c); /* at once, with a reset, as a lost network does it */

/* Append to the output; `connection_flush` hands it to the kernel, together in one call. */
void connection_put(connection *c, const char *bytes, size_t length);
void connection_put_text(connection *c, const char *text, size_t length); /* as one masked frame */
void connection_flush(connection *c);
void connection_flush_later(connection *c); /* for another connection than the one being served */

/* Serve what is ready; wait for at most `wait_ns` when nothing is. */
void connections_serve(uint64_t wait_ns);

#endif
