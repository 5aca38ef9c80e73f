/* `check WHEN {WHAT OPERATOR WHAT}`: facts about proxies, servers and the run itself that must hold now, soon, always
 * or never. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H
#include "sim/actor.h"

enum actor_step check_statement(struct actor *top);
/* The script is over: those that must hold always are looked at a last time. STEP_WAIT: they are at it. */
enum actor_step check_finish(struct actor *top);

#endif
