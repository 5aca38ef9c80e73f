/* How a server stood before a restart, as a line of a state file has it (server_state_file.h). */
#ifndef HEALTH_SERVER_PAST_H
#define HEALTH_SERVER_PAST_H
#include "base/arena.h"
#include "base/buf.h"
#include "proxy/server.h"

struct engine;

/* In the order in which `show servers state` writes them. */
enum server_past_column {
    PAST_BACKEND_ID,
    PAST_BACKEND,
    PAST_SERVER_ID,
    PAST_SERVER,
    PAST_ADDR,
    PAST_STATE,
    PAST_ADMIN,
    PAST_WEIGHT,
    PAST_INITIAL_WEIGHT,
    PAST_SINCE,
    PAST_CHECK_STATUS,
    PAST_CHECK_RESULT,
    PAST_HEALTH,
    PAST_CHECK_BITS,
    PAST_AGENT_BITS,
    PAST_BACKEND_FORCED,
    PAST_SERVER_FORCED,
    PAST_FQDN,
    PAST_PORT,
    PAST_SERVICE,
    PAST_SSL,
    PAST_CHECK_PORT,
    PAST_CHECK_ADDR,
    PAST_AGENT_ADDR,
    PAST_AGENT_PORT,
    PAST_COUNT,
    PAST_NEEDED = PAST_SERVICE + 1, /* those behind came later */
};

struct server_past_line {
    struct str columns[PAST_COUNT];
    unsigned count; /* at least PAST_NEEDED */
};

struct server_past {
    enum server_state state;
    unsigned admin; /* enum server_admin */
    int64_t weight, initial_weight;
    uint64_t since_s;
    int64_t status, result, health;
    int64_t check_bits, agent_bits;
    const char *host, *service; /* NULL: none */
    struct addr addr;           /* with its port; family ADDR_NONE: none */
    bool says_ssl;
    int64_t ssl;                    /* 1, 0; -1: `no-ssl` */
    uint16_t port;                  /* 0: none */
    struct addr check, agent;       /* family ADDR_NONE: not said */
    int64_t check_port, agent_port; /* 0: not said */
};

/* In the arena; NULL: a column is not what it should be, and problems have ", invalid srv_uweight value '300'" for each. */
struct server_past *server_past_read(const struct server_past_line *line, struct arena *arena,
                                     struct buf *problems);
/* Each server takes up its past, where the configuration is still the same, and what those that it tracks hand down.
 * Checks are there. */
void server_past_apply(struct engine *engine);
/* The bits of enum server_admin, as state files have them. */
unsigned server_past_admin(const struct server *server);

#endif
