/* Visitors over WebSocket: who they are, how they greet, and the check of every frame they get. */
#ifndef VISITORS_H
#define VISITORS_H

#include "connection.h"
#include "load.h"
#include "scan.h"

typedef struct {
    uint64_t intended_ns; /* latencies count from here, also when the sending itself was late */
    uint64_t stamp_ms;    /* of the id */
} message_slot;

typedef struct {
    connection socket;
    char *token, *conversation, *epoch;
    size_t conversation_length;
    bool greeted;
    int64_t seq;                    /* the last one seen: the next must be one more */
    uint64_t sent, acked, answered; /* the counters are also the messages' numbers */
    bool first_word_seen;
    message_slot *slots; /* ring of `slot_count`, by number */
} visitor;

extern visitor *visitors;
extern int visitor_count, greeted_count;
extern int slot_count;

void visitors_load(int count, int slots); /* reads options.sessions: answers of POST /v1/visitors, one a line */
void visitors_connect(const behaviour *does);
void visitor_greet(connection *c);        /* on_open: hello */
void visitor_send(visitor *v, uint64_t intended_ns, uint64_t now); /* put, not flushed */
uint64_t visitors_outstanding(void);

/* The checks; each fails the run on the first wrong frame. */
bool visitor_take_welcome(visitor *v, const fields *frame);
void visitor_take_seq(visitor *v, const fields *frame, const char *what);
void visitor_take_ack(visitor *v, const fields *frame, uint64_t now);
void visitor_take_answer(visitor *v, const fields *frame, uint64_t now);
void visitor_refuse(visitor *v, const char *text, size_t length, const char *why) __attribute__((noreturn));
void visitor_lost(connection *c, const char *why);

#endif
