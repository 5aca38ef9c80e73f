/* A proxy in a scenario: `haproxy hNAME`. It is the production engine on a simulated platform, started, signalled and
 * ended as a process would be. */
#ifndef SIM_SIM_NODE_H
#define SIM_SIM_NODE_H
#include "sim/actor.h"

struct sim_node;

enum actor_step sim_node_statement(struct actor *top);
/* Stops the proxy as -wait does: INT, then TERM, then KILL, and judges its exit code. by: who waits for it. One that
 * does not run is fine. */
enum actor_step sim_node_stop(struct actor *by, struct sim_node *node);
struct sim_node *sim_node_of(struct list *link);
void sim_node_destroy(struct sim_node *node);

const char *sim_node_name(const struct sim_node *node);
bool sim_node_serves(const struct sim_node *node); /* it runs, and was not told to end */
struct sim_node *sim_node_find(struct scenario *scenario, struct str name); /* NULL: there is none */
/* As by SIGKILL; and begun anew with the same configuration and sockets. */
enum actor_step sim_node_crash(struct actor *top, struct sim_node *node);
enum actor_step sim_node_restart(struct actor *top, struct sim_node *node);
enum actor_step sim_node_reload(struct actor *top, struct sim_node *node); /* as by SIGUSR2 to a master */
void sim_node_attach_faults(struct sim_node *node);                        /* the rules are other ones now */

int64_t sim_node_pid(const struct sim_node *node); /* 0: it does not run */
/* A proxy that is started only to end at once, with these variables beside the scenario's: its exit code, and what it
 * prints; -1: it goes on. */
int sim_node_run_once(struct scenario *scenario, int argc, const char *const *argv,
                      const struct dict *variables, struct buf *out);

/* The answer to `-cc CONDITION`, by a proxy made for the question; arguments come before -cc. */
bool sim_node_condition(struct scenario *scenario, struct str arguments, struct str condition);
/* What its scripts are doing; nothing when it does not run. */
void sim_node_describe_lua(const struct sim_node *node, struct buf *out);
/* Its name and the last lines that it printed, for a report. */
void sim_node_describe(const struct sim_node *node, struct buf *out);

#endif
