/* The statistics fields: one table that `show stat`, `show info`, the page, the metrics and Lua read.
 *
 * A row is a field: its name, on which objects it has a meaning, how collectors may add it up (management manual 9.2),
 * and a function that gives its value. The order is the order of the columns. */
#ifndef ADMIN_STAT_FIELDS_H
#define ADMIN_STAT_FIELDS_H
#include "base/buf.h"
#include <stdint.h>

struct bind;
struct engine;
struct proxy;
struct server;
struct arena;

enum stat_side { /* bits; the numbers of `show stat`'s type filter */
                 STAT_FRONTEND = 1,
                 STAT_BACKEND = 2,
                 STAT_SERVER = 4,
                 STAT_LISTENER = 8,
                 STAT_PROCESS = 16,
                 STAT_HTTP_ONLY = 32, /* no value in mode tcp */
};

enum stat_kind { STAT_U32, STAT_S32, STAT_U64, STAT_STR };

struct stat_value {
    enum stat_kind kind;
    int64_t number;
    struct str text; /* STR: lives as long as the object or its scratch */
};

struct stat_object { /* what a row of statistics is about */
    enum stat_side side;
    struct engine *engine;
    const struct proxy *proxy;
    const struct server *server;
    const struct bind *bind;
    struct arena *scratch; /* for texts; the caller rewinds it */
};

struct stat_row {
    const char *name;
    unsigned sides;
    const char *tags; /* origin, nature, scope: "MCP" */
    enum stat_kind kind;
    bool (*get)(const struct stat_object *object, const struct stat_row *row, struct stat_value *out);
    size_t offset; /* of a counter in struct proxy_counters */
    const char *description;
    const char *metric; /* Prometheus name without its prefix; NULL: none */
};

extern const struct stat_row stat_fields[];        /* of proxies and servers, up to an empty one */
extern const struct stat_row stat_module_fields[]; /* behind "-": their order may change */
extern const struct stat_row stat_info_fields[];   /* of the process; a NULL name with sides set is a hole */

/* false: no value here. */
bool stat_get(const struct stat_row *row, const struct stat_object *object, struct stat_value *out) MUST_USE;

/* Walks what `show stat` lists: frontend, listeners (with `option socket-stats`), servers, backend, section by section. */
struct stat_walk {
    struct engine *engine;
    int64_t proxy_id; /* -1: all */
    unsigned sides;
    int64_t server_id;        /* -1: all */
    const struct proxy *only; /* by name; NULL: all */
    /* Where it stands. */
    const struct proxy *proxy;
    const struct server *server;
    const struct bind *bind;
    int stage;
    bool begun;
};
void stat_walk_start(struct stat_walk *walk, struct engine *engine);
bool stat_walk_next(struct stat_walk *walk, struct stat_object *object);

const char *stat_kind_name(enum stat_kind kind); /* "u32" */

#endif
