/* Scripted servers: `server sNAME`. */
#ifndef SIM_ACTOR_SERVER_H
#define SIM_ACTOR_SERVER_H
#include "sim/actor.h"

extern const struct actor_class actor_server_class;
enum actor_step actor_server_statement(struct actor *top);
/* "\n    backend be1\n\tserver srv1 ADDR:PORT\n" and a frontend for each server, for -conf+backend. */
void actor_server_backends(struct scenario *scenario, struct buf *out);

#endif
