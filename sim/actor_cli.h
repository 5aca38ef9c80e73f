/* What a scenario says to a proxy's management socket: `haproxy hNAME -cli {SPEC}`. */
#ifndef SIM_ACTOR_CLI_H
#define SIM_ACTOR_CLI_H
#include "sim/actor.h"

extern const struct actor_class actor_cli_class;

struct actor_cli;
/* node: the proxy's name; the socket is ${<node>_<which>_sock}, "cli" or "mcli". Ends with the scenario. */
struct actor_cli *actor_cli_create(struct scenario *scenario, const char *node, const char *which);
struct actor *actor_cli_base(struct actor_cli *cli);
/* The spec at the word; false: the scenario was told. */
bool actor_cli_set_spec(struct actor_cli *cli, struct actor *top, unsigned word) MUST_USE;
bool actor_cli_has_spec(const struct actor_cli *cli);
/* Carries the spec out once; it has none any more then. */
void actor_cli_start(struct actor_cli *cli, struct actor *top);

#endif
