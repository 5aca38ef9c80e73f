/* A process of the machine that a scenario in the real world starts: a proxy, or a script of `shell`. */
#ifndef SIM_REAL_PROCESS_H
#define SIM_REAL_PROCESS_H
#include "base/buf.h"
#include "base/dict.h"
#include "base/list.h"
#include "platform/platform.h"

struct real_process;
struct real_world;

struct real_process_start {
    const char *script; /* for /bin/sh */
    const char *folder; /* where it runs */
    const struct dict *environment,
        *variables;        /* name -> text, beside this process's own; the latter go before */
    const plat_sock *pass; /* stay open under the same numbers */
    unsigned pass_count;
    void (*printed)(void *data, struct str text); /* either may be NULL */
    void (*ended)(void *data);
    void *data;
};

/* Standard input is /dev/null, what it prints is kept. NULL: the machine does not start any. */
struct real_process *real_process_start(struct real_world *real, const struct real_process_start *how);
void real_process_destroy(struct real_process *process); /* KILL, if it still runs; NULL is fine */
struct real_process *real_process_of(struct list *link);

int64_t real_process_pid(const struct real_process *process);
bool real_process_has_ended(const struct real_process *process);
int real_process_exit_code(const struct real_process *process); /* 128 + the signal that ended it */
bool real_process_was_killed(const struct real_process *process);
struct str real_process_output(const struct real_process *process); /* both streams */
void real_process_signal(struct real_process *process, enum plat_signal signal);
void real_process_kill(struct real_process *process);
void real_process_look(struct real_process *process); /* a child ended: perhaps it? */

#endif
