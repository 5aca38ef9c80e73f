/* The judge of rest: when clients and servers are gone and nothing fails any more, a proxy has no sessions left, nobody
 * stands in a queue, and no stream counts, within a time. It asks by the management socket. `sim -live TIME` says another one;
 * with 0 it is not looked at. */
#ifndef SIM_JUDGE_REST_H
#define SIM_JUDGE_REST_H
#include "sim/actor.h"

/* At the end of the script. STEP_WAIT: not yet; STEP_NEXT: all rest, or it is not asked for. */
enum actor_step judge_rest_step(struct actor *top);
void judge_rest_destroy(struct scenario *scenario);

#endif
