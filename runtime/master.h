/* The master of -W and -Ws: starts a worker, which is this same program, and the programs of the configuration, passes
 * signals on, and at a reload has a new worker take the place of the old one (management manual 3 and 9.4).
 *
 * A worker knows that it is one by LOCKSTEP_WORKER in its environment: the number of a socket to its master, and behind
 * a comma that of one to the worker before it, whose listeners it is to take. Over the first it says "R" once it serves,
 * and gets connections to its management socket as sockets (sockpair@). */
#ifndef MASTER_H
#define MASTER_H
#include "admin/cli.h"
#include "command_line.h"
#include "proxy/configuration.h"

#define MASTER_WORKER_VARIABLE "LOCKSTEP_WORKER"

struct master;

struct master_facts {
    struct platform *platform;
    struct diag *diag;
    const struct command_line *line;
    const char *const *argv; /* as it was started; the workers get the same */
    /* Reads the configuration anew, for a reload. NULL: it is not valid (said). The caller's to free, at the next call. */
    struct configuration *(*read)(void *data);
    void *data;
};

/* Starts the programs and the first worker. configuration: as read, for the programs. NULL: said. */
struct master *master_create(const struct master_facts *facts, struct configuration *configuration);
/* One turn of its loop. false: all is over, with *exit_code. */
bool master_turn(struct master *master, int *exit_code);
void master_destroy(struct master *master); /* NULL is fine */

/* ---- for its management socket ---- */

enum child_kind { CHILD_WORKER, CHILD_PROGRAM };

struct child {
    struct list link;
    enum child_kind kind;
    struct master *master;
    char name[64]; /* of a program */
    int64_t pid;
    int reloads; /* since it was started */
    int reload;  /* the one that started it; 0: the first start */
    uint64_t start_ns;
    bool ready, leaving;
    bool stays;           /* a program that a reload leaves alone */
    struct watch channel; /* to a worker */
};

enum reload_state { RELOAD_NONE, RELOAD_RUNNING, RELOAD_DONE, RELOAD_FAILED };

struct list *master_children(struct master *master); /* the newest last */
int master_reload_count(const struct master *master);
int master_reload_failures(const struct master *master);
uint64_t master_start_ns(const struct master *master);
/* Begins a reload; who asked is woken when it is over. */
void master_reload(struct master *master, struct stream *who);
enum reload_state master_reload_state(const struct master *master);
void master_forget(struct master *master, const struct stream *who); /* the stream ends */
/* A new connection to a worker's management socket. PLAT_NO_SOCK: there is none to be had. */
plat_sock master_connect(struct master *master, struct child *worker);

extern const struct command_row master_cli_rows[];
/* configuration->route: commands that are for a worker. */
bool master_cli_route(struct cli_command *command, const char *text);

#endif
