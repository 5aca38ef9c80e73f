/* A listening socket: accepts in batches and hands each connection on; pauses when descriptors run out. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H
#include "event/loop.h"

struct listener {
    struct watch watch;
    struct timer pause;
    struct loop *loop;
    bool open, paused;
    bool by_messages;  /* the socket is no listener: connections come over it as sockets */
    uint64_t pause_ns; /* set by may_accept with its no: ask again then; 0: when listener_resume says so */
    /* Takes the socket. */
    void (*accepted)(struct listener *listener, plat_sock sock, const struct addr *peer);
    /* false: no more connections now (limits); asked before each accept. May be NULL. */
    bool (*may_accept)(struct listener *listener);
    /* Of by_messages: who sent the sockets is gone. May be NULL. */
    void (*ended)(struct listener *listener);
};

/* Takes the socket. IO_OK or why it cannot be watched. */
enum io_status listener_open(struct listener *listener, struct loop *loop, plat_sock sock) MUST_USE;
void listener_close(struct listener *listener);
/* After may_accept said no: when there may be room again. */
void listener_resume(struct listener *listener);

#endif
