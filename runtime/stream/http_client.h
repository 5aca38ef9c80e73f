/* HTTP requests of the proxy's own, to anywhere: those of scripts, and those for OCSP responses. One connection a request;
 * what HTTP says is read and written by the same wire as streams use.
 *
 * begin → the request is put together (target, head, fields, body) → send → advance until it is over → the answer is looked
 * at → end. Names are found by the resolvers of httpclient.resolvers.id. Whatever goes wrong below HTTP, or takes too long, is `failed`. */
#ifndef STREAM_HTTP_CLIENT_H
#define STREAM_HTTP_CLIENT_H
#include "base/buf.h"
#include "http/http_uri.h"
#include "resolve/resolver.h"
#include "stream/http_wire.h"

struct http_target { /* what a URL says; views into it */
    struct http_uri uri;
    struct http_authority authority;
    bool tls;
    unsigned port;
    struct str sni;   /* a name; none for an address */
    struct addr addr; /* ADDR_NONE: it is none */
};
void http_target_read(struct http_target *target, struct str url);
/* "/path?query", as it is asked for at its own server; data NULL: no memory. */
struct str http_target_path(const struct http_target *target, struct arena *arena);

struct http_client {
    struct engine *engine;
    void (*ready)(
        struct http_client *client); /* something came: http_client_advance is to be called, not from here */
    struct conn conn;
    struct arena arena; /* of one request */
    struct channel request, response;
    struct http_reader reader;
    struct http_writer writer;
    struct http_msg request_head, response_head;
    struct str body;   /* of the request, which has one when data is not NULL */
    size_t body_taken; /* by the channel */
    struct buf answer; /* the response's body */
    size_t answer_max; /* a longer one is a failure; 0: any length */
    struct plat_connect how;
    struct resolve_user name; /* while its server's name is looked for */
    struct str sni;           /* in the arena */
    uint64_t deadline, connect_deadline;
    int64_t retries; /* left */
    bool busy, head_done, failed, tls, sent, looks_up, name_told;
};

/* With its memory zeroed, or after an end. `ready` and `engine` stay as they are set. */
void http_client_begin(struct http_client *client, struct engine *engine);
/* Begins the head; path is what stands behind the method. false: no memory, or no method. */
bool http_client_head(struct http_client *client, struct str method, struct str path) MUST_USE;
/* Adds a body's length, and what the target and good manners ask for where the head does not have it, and connects.
 * When that cannot be, the client has failed. */
void http_client_send(struct http_client *client, const struct http_target *target, uint64_t timeout_ms);
/* Goes on. true: it is over, well or not. */
bool http_client_advance(struct http_client *client);
/* When it is to be called though nothing came. */
uint64_t http_client_wake_at(const struct http_client *client);
void http_client_end(struct http_client *client); /* harmless when not begun */

#endif
