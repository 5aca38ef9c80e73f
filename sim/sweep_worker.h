/* The processes of a sweep: each runs its share of the scenarios and tells the sweep what came out.
 *
 * A run is in a process of its own sweep, so that one which dies (a broken rule of the engine, a signal) is a result
 * like others: the sweep learns which run it was and starts the worker anew behind it. */
#ifndef SIM_SWEEP_WORKER_H
#define SIM_SWEEP_WORKER_H
#include "sim/run_options.h"
#include <sys/types.h>

/* The runs of a sweep are numbered from 0: all seeds of the first file, then of the second. */
struct sweep_plan {
    const struct run_options *options;
    const char *folder;     /* where repros go */
    uint64_t shard, shards; /* this one, from 0, of so many */
    unsigned jobs;
};

enum sweep_outcome { /* as enum scenario_outcome, and: */
                     SWEEP_DIED = SCENARIO_WRONG + 1
};

struct sweep_result {
    uint64_t run;
    int outcome; /* enum scenario_outcome or SWEEP_DIED */
    uint64_t hash, events, virtual_ns, real_ns;
    struct str says, text, repro; /* repro: the path of its file; empty: none */
    struct str marks;             /* as scenario_result has them */
};

struct sweep_worker {
    pid_t pid; /* 0: it is not there */
    int pipe;
    struct buf heard;
    uint64_t next; /* the run that it begins with, or is at */
    bool busy;     /* at it */
};

const char *sweep_file(const struct sweep_plan *plan, uint64_t run);
uint64_t sweep_seed(const struct sweep_plan *plan, uint64_t run);
uint64_t sweep_run_count(const struct sweep_plan *plan); /* of all shards */

/* Starts the process; next says from which run on. false: it cannot be. */
bool sweep_worker_start(const struct sweep_plan *plan, struct sweep_worker *worker) MUST_USE;
/* What it said since: calls `each` for every result. false: it ended. When it died in a run, each is told. */
bool sweep_worker_hear(const struct sweep_plan *plan, struct sweep_worker *worker,
                       void (*each)(void *data, const struct sweep_result *result), void *data);
void sweep_worker_stop(struct sweep_worker *worker); /* by force */

#endif
