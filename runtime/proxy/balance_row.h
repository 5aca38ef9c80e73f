/* A balance algorithm: one row and its functions, in balance/balance_<name>.c. */
#ifndef PROXY_BALANCE_ROW_H
#define PROXY_BALANCE_ROW_H
#include "base/check.h"
#include <stdbool.h>

struct proxy;
struct server;
struct stream;

struct balance_row {
    const char *word;
    /* Reads the words behind the algorithm's name (NULL-terminated) and sets proxy->balance_state, in the
     * configuration's arena. false: *error says why. Called when the backend is whole. */
    bool (*prepare)(struct proxy *proxy, const char **words, const char **error);
    /* The server for the stream among those that take new clients and, unless the algorithm is bound to one by what the
     * stream says, are not full; `avoid` (may be NULL) only when there is no other. backups: among the backup servers.
     * NULL: none. */
    struct server *(*pick)(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups);
    /* A server's weight or state changed. May be NULL. */
    void (*server_changed)(struct proxy *proxy, struct server *server);
    /* A stream came to a server or left it. May be NULL. */
    void (*load_changed)(struct proxy *proxy, struct server *server);
    unsigned traits; /* enum balance_trait bits */
    const char *note;
    /* A server came at run time; server_changed follows. false: no memory. May be NULL. */
    bool (*server_added)(struct proxy *proxy, struct server *server);
    /* Gives back what is not in the arena. May be NULL. */
    void (*finish)(struct proxy *proxy);
};

enum balance_trait {
    BALANCE_IN_TURN = 1,      /* no stream is bound to a server: a failed connect may go elsewhere at once */
    BALANCE_HASH = 2,         /* the same key goes to the same server */
    BALANCE_FIXED_WEIGHT = 4, /* weights cannot change at run time but to 0 and back */
};

#endif
