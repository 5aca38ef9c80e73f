/* What a scenario in the real world starts and asks: proxies, `feature cmd`, `shell`. */
#ifndef SIM_REAL_NODE_H
#define SIM_REAL_NODE_H
#include "sim/actor.h"
#include "sim/real_process.h"

struct real_node_start {
    const char *mode; /* -d or -c */
    const char *folder;
    struct str arguments, conf;
    bool master;                       /* it is waited for, by its file of the pid */
    struct real_process_start process; /* all but script, folder and environment */
};

/* Writes the configuration and starts the proxy. NULL: the machine does not. */
struct real_process *real_node_start(struct scenario *scenario, const struct real_node_start *how);
/* Waits until a master says that it serves: STEP_NEXT. It has until that instant. */
enum actor_step real_node_await(struct actor *by, struct real_process *process, const char *folder,
                                uint64_t until_ns);

/* `feature cmd`: does the script end with 0? */
bool real_command_succeeds(struct scenario *scenario, struct str script);
/* `shell`; STEP_NEXT: it ended. What it said lives as long as the scenario. */
enum actor_step real_shell(struct actor *actor, struct str script, int *exit_code, struct str *said);
/* Why the command can only be carried out in a simulated world; NULL: it can here. */
const char *real_lacks(const struct command *command);

#endif
