/* One worker: a loop and its share of the engine. */
#ifndef WORKER_H
#define WORKER_H
#include "event/loop.h"
#include "stream/engine.h"

struct worker {
    struct loop *loop;
    struct engine *engine;
};

/* NULL: no memory or descriptors. */
struct worker *worker_create(struct configuration *configuration);
/* Ends its sessions. NULL is fine. */
void worker_destroy(struct worker *worker);
/* Nothing lives on it any more. */
bool worker_empty(const struct worker *worker);

#endif
