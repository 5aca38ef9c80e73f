/* `fault WHO OPERATION RESULT`: calls of a proxy's platform that fail in ways the kernel has, and what happens to whole
 * processes. A rule counts for proxies that are started later, too. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H
#include "sim/actor.h"
#include "sim/sim_platform.h"

enum actor_step fault_statement(struct actor *top);
/* A proxy of that name begins; its calls are subject to the rules from now on. */
void fault_attach(struct scenario *scenario, const char *name, struct sim_platform *sim);
const char *fault_operation_name(enum sim_operation operation);
void fault_forget_all(struct scenario *scenario);

/* Each proxy's calls fail by chance, in the ways that the run draws. */
void fault_swarm(struct scenario *scenario);

#endif
