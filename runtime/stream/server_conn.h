/* A connection to a server: in use by one stream, or idle until another stream of the same backend takes it. */
#ifndef STREAM_SERVER_CONN_H
#define STREAM_SERVER_CONN_H
#include "net/conn.h"
#include "stream/engine.h"

struct server;
struct stream;

struct server_conn {
    struct conn conn;
    struct engine *engine;
    struct server *server;
    struct stream *stream;   /* NULL while idle */
    struct session *session; /* the only one that may use it; NULL: it may be shared */
    struct list idle_link;   /* in server->idle or session->server_conns while idle */
    struct timer timer;      /* how long it may idle */
    uint64_t serial;
    unsigned request_count; /* served on it */
    uint64_t identity;      /* what it was opened with beside the server: a PROXY header, addresses */
};

/* server_header.c: the PROXY protocol header for a connection of this stream to the server; nothing when none is to be
 * sent. stream NULL: the proxy's own connection, a check. false: no memory. */
bool server_header_build(struct stream *stream, const struct server *server, struct buf *out) MUST_USE;

/* Opens a connection for the stream. NULL: *why says (nothing is left open). */
struct server_conn *server_conn_open(struct stream *stream, struct server *server, enum io_status *why);
/* An idle one that the stream may use under the backend's http-reuse, NULL for none. */
struct server_conn *server_conn_reuse(struct stream *stream, struct server *server);
bool server_conn_may_reuse(struct stream *stream, struct server *server); /* there is such a one */
/* From here on only the stream's session uses it: it carries an identity (NTLM and the like). */
void server_conn_make_private(struct server_conn *server_conn);
/* Closes those that only this session may use. */
void server_conn_end_session(struct session *session);
/* The stream is done with it: kept idle when keep is true and the limits allow it, else closed. */
void server_conn_release(struct server_conn *server_conn, bool keep);
/* Closes now. */
void server_conn_destroy(struct server_conn *server_conn, bool reset);
/* Closes all idle ones of a server / of an engine's servers. */
void server_conn_purge(struct server *server);

#endif
