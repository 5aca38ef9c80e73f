/* Scripted servers: `server sNAME`. */
#ifndef SIM_ACTOR_SERVER_H
#define SIM_ACTOR_SERVER_H
#include "sim/actor.h"

extern const struct actor_class actor_server_class;
enum actor_step actor_server_statement(struct actor *top);
/* "\n    backend be1\n\tserver srv1 ADDR:PORT\n" and a frontend for each server, for -conf+backend. */
void actor_server_backends(struct scenario *scenario, struct buf *out);

/* "requests" or "connections" so far; false: there is no such count. */
bool actor_server_count(struct actor *server, struct str name, uint64_t *out);
/* Its connection is reset and its port is closed, as if its process had been killed; it can be started again. */
enum actor_step actor_server_crash(struct actor *server);
enum actor_step actor_server_restart(struct actor *top, struct actor *server);

#endif
