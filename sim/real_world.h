/* The real world of a scenario that runs in it: the machine's clock and sockets, and the processes that were started.
 *
 * The scenario's own world stays its calendar: its clock follows the machine's, and its events are called when they are
 * due. Between two of them the loop waits for sockets and children. */
#ifndef SIM_REAL_WORLD_H
#define SIM_REAL_WORLD_H
#include "sim/net.h"

struct real_world;
struct list;
struct real_process;

/* proxy: the program that `haproxy` statements start; borrowed. NULL: something is lacking, as was said in *why. */
struct real_world *real_world_create(struct world *world, const char *proxy, const char **why);
/* Ends all processes that were started, and what they left behind; closes all sockets, removes the folder. NULL is fine. */
void real_world_destroy(struct real_world *real);

struct platform *real_world_platform(struct real_world *real);
const char *real_world_folder(const struct real_world *real); /* an absolute path under TMPDIR */
const char *real_world_proxy(const struct real_world *real);
uint64_t
real_world_quiet_ns(const struct real_world *real); /* since a socket or a child last said something */

/* Waits until `until_ns` of the world at most, for the first thing that happens, and lets everybody whom it concerns go
 * on. false: somebody wants this process to end (INT, TERM). */
bool real_world_turn(struct real_world *real, uint64_t until_ns);

/* ---- sockets; owner: any address that tells whose they are ---- */
void real_world_own(struct real_world *real, plat_sock sock, const void *owner);
void real_world_close(struct real_world *real, plat_sock sock);
void real_world_close_all(struct real_world *real, const void *owner);
void real_world_on_ready(struct real_world *real, plat_sock sock, net_ready_call *call, void *data);
/* A listener is looked at only while somebody waits for a connection: it tells as long as one is there. */
void real_world_await(struct real_world *real, plat_sock listener);
unsigned real_world_readiness(const struct real_world *real, plat_sock sock); /* what was told so far */

/* ---- processes (real_process.c) ---- */
void real_world_add_process(struct real_world *real, struct list *link);

#endif
