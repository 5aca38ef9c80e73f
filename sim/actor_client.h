/* Scripted clients: `client cNAME`. */
#ifndef SIM_ACTOR_CLIENT_H
#define SIM_ACTOR_CLIENT_H
#include "sim/actor.h"

extern const struct actor_class actor_client_class;
enum actor_step actor_client_statement(struct actor *top);

#endif
