/* A worker's parts, made and unmade in order. */
#include "worker.h"
#include "base/mem.h"

struct worker *worker_create(struct configuration *configuration, struct worker *first, bool gated)
{
    struct worker *worker = mem_zero(sizeof(*worker));
    if (!worker)
        return NULL;
    worker->loop = loop_create(configuration->platform);
    if (worker->loop && first)
        loop_join(worker->loop, first->loop, gated);
    if (worker->loop)
        worker->engine = engine_create(configuration, worker->loop, first ? first->engine : NULL);
    if (!worker->engine) {
        worker_destroy(worker);
        return NULL;
    }
    return worker;
}

void worker_run(void *data)
{
    struct worker *worker = data;
    struct platform *platform = loop_platform(worker->loop);
    platform->ops->gate_enter(platform);
    while (!worker->over)
        loop_turn(worker->loop);
    platform->ops->gate_leave(platform);
}

void worker_destroy(struct worker *worker)
{
    if (!worker)
        return;
    engine_destroy(worker->engine);
    if (worker->loop)
        loop_destroy(worker->loop);
    mem_free(worker);
}

bool worker_empty(const struct worker *worker)
{
    return worker->engine->session_count == 0;
}
