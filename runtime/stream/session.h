/* A client's connection from accept to close. It carries streams, one after the other in HTTP/1 and TCP; a front end
 * of another protocol may carry many at a time. */
#ifndef STREAM_SESSION_H
#define STREAM_SESSION_H
#include "net/conn.h"
#include "sample/vars.h"
#include "stream/channel.h"
#include "stream/engine.h"

struct bind;
struct stick_entry;
struct stream;

struct session {
    struct list link; /* engine's session_list */
    struct engine *engine;
    struct proxy *frontend;
    struct bind *bind; /* NULL: made by Lua or by a check */
    struct conn conn;
    struct task task;   /* works off what is ready */
    struct timer timer; /* idle, handshake and request time-outs */
    uint64_t serial;
    uint64_t accept_ns; /* monotonic */
    int64_t accept_wall_ns;
    uint64_t handshake_ns;             /* when the connection was usable (Th ends) */
    uint64_t idle_since_ns;            /* end of the previous request; == handshake_ns for the first */
    unsigned stream_count;             /* so far */
    struct stream *stream;             /* the one that lives now; NULL while idle */
    struct addr *source, *destination; /* set by tcp-request session rules; heap; NULL: the connection's */
    struct vars vars;                  /* sess. */
    struct rule_cursor cursor;         /* tcp-request connection / session rules */
    unsigned phase;
    struct stick_entry *tracked[3]; /* followed by tcp-request connection and session rules */
    bool counted;                   /* in the frontend's and the bind's current connections */
    bool reset_on_close;            /* the stream asked for RST */
    bool begun;                     /* its rules let it through */
    bool lingering;                 /* our side is shut; the client's bytes are dropped until it closes */
    struct server *last_server;     /* that served it; NULL: none yet */
    struct list server_conns;       /* idle ones that no other session may use */
    unsigned server_conn_count;
    struct channel *saved; /* heap: bytes that arrived behind the last request; NULL: none */
};

/* A connection was accepted on bind; takes the socket. */
void session_accept(struct engine *engine, struct bind *bind, plat_sock sock, const struct addr *peer);
/* Ends at once, with its stream. reset: RST instead of FIN. */
void session_close(struct session *session, bool reset);
/* Who the client is and where it wanted to go, as rules of the session have it. */
const struct addr *session_source(struct session *session);
const struct addr *session_destination(struct session *session);
/* A context for evaluating something about the session alone. */
struct sample_context session_context(struct session *session, enum sample_place place);

#endif
