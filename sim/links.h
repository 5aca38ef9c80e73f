/* `net A->B {...}`: the links between a scenario's hosts, by name. A rule counts for hosts that come later too. */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H
#include "sim/actor.h"

struct links;

/* torture: every link cuts writes, reads and segments by chance. */
struct links *links_create(struct scenario *scenario, bool torture);
void links_destroy(struct links *links);
/* A host of that name exists / is about to end. A proxy has several. */
void links_add_host(struct links *links, const char *name, struct net_host *host);
void links_remove_host(struct links *links, const struct net_host *host);

/* All links from and to the hosts of that name: nothing passes, or passes again. */
void links_cut_off(struct links *links, const char *name, bool cut);

/* The link that holds where no rule says otherwise is drawn: slow, small, in pieces, with losses, or nothing of it. */
void links_swarm(struct links *links);
void links_heal(struct links *links); /* of all that fails: cuts and losses */

enum actor_step links_statement(struct actor *top);

#endif
