/* `lockstep-sim serve`: one world steered from outside, a JSON object a line in, one a line out (docs/SERVE.md).
 *
 * The world stands still between two requests. A request that waits runs it in virtual time until what it waits for
 * has come or its time is over. This header is for the files of ops. */
#ifndef SIM_SERVE_H
#define SIM_SERVE_H
#include "base/buf.h"
#include "base/list.h"
#include "sim/json.h"
#include "sim/net.h"
#include "sim/world.h"

struct serve {
    struct world *world;
    struct net *net;
    struct list hosts; /* struct serve_host.link: everything that opens sockets and is no proxy */
    struct list socks; /* struct serve_sock.link */
    struct list nodes; /* struct serve_node.link */
    uint64_t began_ns;
    unsigned next_id;
    int next_inherited;
    struct arena arena;     /* of the request */
    const struct json *ask; /* the request */
    struct buf answer;
    bool ended; /* the op `quit` came */
};

struct serve_host {
    struct list link;
    struct net_host *host;
    char name[64];
};

struct serve_row {
    const char *op;
    bool (*run)(struct serve *serve); /* false: serve_refuse was called */
};
extern const struct serve_row serve_sock_rows[], serve_node_rows[];

/* The answer is an error with this text. Returns false. */
bool serve_refuse(struct serve *serve, const char *format, ...) PRINTF_LIKE(2, 3);
/* Members of the request. Missing: what `otherwise` says; NULL: refused. false: refused. */
bool serve_text(struct serve *serve, const char *name, const char *otherwise, struct str *out) MUST_USE;
bool serve_number(struct serve *serve, const char *name, const double *otherwise, double *out) MUST_USE;
bool serve_flag(struct serve *serve, const char *name); /* missing: false */
/* The member's seconds from now as an instant. */
bool serve_deadline(struct serve *serve, const char *name, double otherwise_s, uint64_t *out) MUST_USE;
/* "hex" or "text" of the request, as bytes in the request's arena. */
bool serve_bytes(struct serve *serve, struct str *out) MUST_USE;
/* Members of the answer. */
void serve_add_text(struct serve *serve, const char *name, struct str text);
void serve_add_hex(struct serve *serve, const char *name, struct str bytes);
void serve_add_int(struct serve *serve, const char *name, int64_t value);
void serve_add_flag(struct serve *serve, const char *name, bool value);

/* The host of that name, made if absent; a proxy's name gives the proxy's. */
struct net_host *serve_host(struct serve *serve, struct str name);
struct net_host *serve_node_host(struct serve *serve, struct str name); /* NULL: no such proxy runs */

/* Runs the world until ready says so; false: the deadline came first (the clock stands on it then). */
bool serve_wait(struct serve *serve, uint64_t deadline_ns, bool (*ready)(struct serve *serve, void *data),
                void *data);

void serve_sock_close_all(struct serve *serve);
void serve_node_end_all(struct serve *serve);

/* The whole dialogue, until the end of the input or `quit`. */
int serve_dialogue(void);

#endif
