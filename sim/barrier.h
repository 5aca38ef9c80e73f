/* Barriers: actors wait until as many as declared have come. */
#ifndef SIM_BARRIER_H
#define SIM_BARRIER_H
#include "sim/actor.h"

enum actor_step barrier_statement(struct actor *actor);
/* The scenario ends: nobody waits any longer. */
void barrier_release_all(struct scenario *scenario);

#endif
