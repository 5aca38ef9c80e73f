/* One worker: a loop and its share of the engine. */
#ifndef WORKER_H
#define WORKER_H
#include "event/loop.h"
#include "stream/engine.h"

struct worker {
    struct loop *loop;
    struct engine *engine;
    bool over; /* its thread is to end; read and written inside the gate */
};

/* first: of the same node; NULL: this is the first. gated: see loop_join. NULL: no memory or descriptors. */
struct worker *worker_create(struct configuration *configuration, struct worker *first, bool gated);
/* What a thread does from its start: turns, until the worker is over. */
void worker_run(void *worker);
/* Ends its sessions; the first of a node goes last. NULL is fine. */
void worker_destroy(struct worker *worker);
/* Nothing lives on it any more. */
bool worker_empty(const struct worker *worker);

#endif
