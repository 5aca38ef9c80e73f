/* `dns NAME ...`: a scripted name server, which is there from the first such statement on. It answers over UDP and TCP at
 * ${dns_addr}:${dns_port}, and the systems on which proxies run ask it when these start. */
#ifndef SIM_NAME_SERVER_H
#define SIM_NAME_SERVER_H
#include "sim/actor.h"
#include "sim/sim_platform.h"

struct name_server;

enum actor_step name_server_statement(struct actor *top);
void name_server_destroy(struct name_server *server); /* NULL is fine */
/* A proxy begins: its start-up names are looked up here, once the server is there. */
void name_server_attach(struct scenario *scenario, struct sim_platform *sim);
/* "queries", "answers": how many; false: there is no such count. */
bool name_server_count(const struct name_server *server, struct str name, uint64_t *out);

#endif
