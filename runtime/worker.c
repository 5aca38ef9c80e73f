/* A worker's parts, made and unmade in order. */
#include "worker.h"
#include "base/mem.h"

struct worker *worker_create(struct configuration *configuration)
{
    struct worker *worker = mem_zero(sizeof(*worker));
    if (!worker)
        return NULL;
    worker->loop = loop_create(configuration->platform);
    if (worker->loop)
        worker->engine = engine_create(configuration, worker->loop);
    if (!worker->engine) {
        worker_destroy(worker);
        return NULL;
    }
    return worker;
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
