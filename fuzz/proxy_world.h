/* One proxy in a world of its own, for targets that feed a whole proxy: its configuration and files come from memory,
 * its peers are sockets of one host that the target steers. */
#ifndef FUZZ_PROXY_WORLD_H
#define FUZZ_PROXY_WORLD_H
#include "sim/net.h"
#include "sim/sim_process.h"

/* Answers choices with the bytes of an input, then with zeros. */
struct proxy_world_tape {
    struct world_source base;
    struct str rest;
};

struct proxy_world {
    struct proxy_world_tape tape;
    struct world *world;
    struct net *net;
    struct net_host *peers;
    struct sim_process *process;
    int next_inherited;
};

/* tape: the world's choices, a byte each. pw stays where it is until it is closed. */
void proxy_world_open(struct proxy_world *pw, struct str tape);
/* Everything ends. */
void proxy_world_close(struct proxy_world *pw);

/* A listening socket of the peers on 127.0.0.1; *addr is its name. */
plat_sock proxy_world_listen(struct proxy_world *pw, struct addr *addr);
/* The same for the proxy to take over as `fd@${name}`. */
void proxy_world_inherit(struct proxy_world *pw, const char *name, struct addr *addr);
void proxy_world_file(struct proxy_world *pw, const char *path, struct str data);
/* With `options` (ended by NULL) before -f. true: it serves. */
bool proxy_world_start(struct proxy_world *pw, struct str conf, const char *const *options);

/* The connection is made when this returns, if it can be. */
plat_sock proxy_world_connect(struct proxy_world *pw, const struct addr *to);
/* Lets time pass; false: the world did not come to rest, which is a livelock. */
bool proxy_world_run(struct proxy_world *pw, uint64_t for_ns);
/* Appends what can be read now. false: the peer ended. */
bool proxy_world_read(struct proxy_world *pw, plat_sock sock, struct buf *out);
/* As much as goes. */
void proxy_world_write(struct proxy_world *pw, plat_sock sock, struct str bytes);

#endif
