/* What the files sim_platform*.c share; nobody else includes it. */
#ifndef SIM_SIM_PLATFORM_PARTS_H
#define SIM_SIM_PLATFORM_PARTS_H
#include "base/dict.h"
#include "base/units.h"
#include "sim/sim_files.h"
#include "sim/sim_heap.h"
#include "sim/sim_mem.h"
#include "sim/sim_platform.h"

enum { POLLER_MAX = 256, NO_POLLER = -1 };

struct watched {
    uint64_t token;
    int poller;  /* NO_POLLER: not watched */
    bool queued; /* on its poller's list */
};

struct sim_poller {
    bool open;
    uint64_t until;   /* what the last wait named */
    plat_sock *ready; /* sockets with an edge, in order */
    unsigned count, capacity;
};

struct inherited {
    int number;
    plat_sock sock;
    bool taken;
};

struct host_name {
    char *name;
    struct addr addr;
};

struct sim_platform {
    struct platform base;
    struct platform_ops ops;
    struct world *world;
    struct net *net;
    struct net_host *host;
    uint32_t entity;
    int64_t pid;
    struct world_timer turn_timer;
    void (*turn)(void *data);
    void *turn_data;
    bool in_turn, again;
    uint64_t not_before; /* when the current turn is over */
    uint64_t turns;
    uint64_t cpu_looks;
    uint32_t busy;    /* turns in a row that the node asked for itself */
    unsigned signals; /* a bit per enum plat_signal */
    struct sim_poller pollers[POLLER_MAX];
    int pollers_used; /* the highest that was open, and one */
    struct watched *watched;
    unsigned watched_size;
    struct inherited *inherited;
    unsigned inherited_count;
    struct host_name *names;
    unsigned name_count;
    enum io_status (*on_resolve)(void *data, const char *name, enum addr_family family, struct addr *out,
                                 unsigned max, unsigned *count);
    void *on_resolve_data;
    struct dict env; /* name -> "NAME=value" */
    struct sim_files *files;
    bool files_of_parent;
    const struct sim_children *children; /* NULL: there are no programs here */
    void *children_data;
    struct buf printed, shown;
    void (*on_print)(void *data, bool to_stderr, struct str text);
    void *on_print_data;
    bool (*fails)(void *data, enum sim_operation operation, enum io_status *status);
    void *fails_data;
    void (*on_wire)(void *data, enum sim_wire what, plat_sock sock, struct str bytes);
    void *on_wire_data;
    void (*on_secret)(void *data, struct str line);
    void *on_secret_data;
};

static inline struct sim_platform *self(struct platform *platform)
{
    return CONTAINER_OF(platform, struct sim_platform, base);
}

static inline bool fails(struct platform *platform, enum sim_operation operation, enum io_status *status)
{
    struct sim_platform *sim = self(platform);
    return UNLIKELY(sim->fails != NULL) && sim->fails(sim->fails_data, operation, status);
}

static inline void show_wire(struct sim_platform *sim, enum sim_wire what, plat_sock sock, struct str bytes)
{
    if (!sim->on_wire)
        return;
    bool in_turn = sim_heap_leave();
    sim->on_wire(sim->on_wire_data, what, sock, bytes);
    sim_heap_return(in_turn);
}

/* sim_platform.c */
void sim_platform_rouse(struct sim_platform *sim); /* something happened to the node */

/* sim_platform_watch.c */
void sim_platform_watch_ops(struct platform_ops *ops);
/* A socket that would block for no reason, or moved too little, is ready again at once, and says so. */
void sim_platform_again_at_once(struct sim_platform *sim, plat_sock sock);

/* sim_platform_sock.c */
void sim_platform_sock_ops(struct platform_ops *ops);

/* sim_platform_system.c */
void sim_platform_system_ops(struct platform_ops *ops);

#endif
