/* A proxy as a process: the production engine on a simulated platform, started with a command line, signalled, ended,
 * with what it printed and its exit code. */
#ifndef SIM_SIM_PROCESS_H
#define SIM_SIM_PROCESS_H
#include "base/buf.h"
#include "sim/sim_platform.h"

struct sim_process;

enum sim_process_state {
    PROCESS_NEW,     /* not started */
    PROCESS_RUNNING, /* serves */
    PROCESS_ENDED,   /* its exit code is known, its sockets are closed */
};

struct sim_process *sim_process_create(struct world *world, struct net *net, const char *name);
void sim_process_destroy(struct sim_process *process); /* NULL is fine */

/* Before the start: files, environment and inherited sockets are given to the platform. */
struct sim_platform *sim_process_platform(struct sim_process *process);
int64_t sim_process_pid(const struct sim_process *process);
/* Called for what it prints, and once when it has ended; either may be NULL. */
void sim_process_on(struct sim_process *process, void (*printed)(void *data, struct str text),
                    void (*ended)(void *data), void *data);

/* Processes that it starts, the same proxy each: born before the first turn, gone when nothing of one is left. signalled:
 * a signal for a pid that is none of its own. Each may be NULL. */
struct sim_family {
    void (*born)(void *data, struct sim_process *child);
    void (*gone)(void *data, struct sim_process *child);
    void (*signalled)(void *data, int64_t pid, enum plat_signal signal);
};
void sim_process_family(struct sim_process *process, const struct sim_family *family, void *data);
/* It or one that it started has the pid. */
bool sim_process_signal_pid(struct sim_process *process, int64_t pid, enum plat_signal signal);

/* At this instant; it may have ended when this returns. argv ends with NULL. */
void sim_process_start(struct sim_process *process, int argc, const char *const *argv);
void sim_process_signal(struct sim_process *process, enum plat_signal signal);
/* As SIGKILL: its exit code is 137. */
void sim_process_kill(struct sim_process *process);

enum sim_process_state sim_process_state(const struct sim_process *process);
int sim_process_exit_code(const struct sim_process *process);
bool sim_process_was_killed(const struct sim_process *process);
/* Descriptors that were open when it had ended and given everything back, and those of what it started; those that were
 * inherited do not count. */
unsigned sim_process_left_open(const struct sim_process *process);
/* What the scripts of it and of those that it started are doing (node.h). */
void sim_process_describe_lua(const struct sim_process *process, struct buf *out);
struct str sim_process_output(const struct sim_process *process); /* all of it */

/* Splits text as a shell does, in place: blanks separate, quotes join, nothing is expanded. Returns the count. */
int sim_process_split(char *text, const char **out, int max);

#endif
