/* balance leastconn: the server with the fewest streams for its weight; among equals the one that has been so longest. */
#include "balance/balance_heap.h"
#include "balance/balance_words.h"
#include "proxy/balance_row.h"
#include "stream/stream.h"

#define LOAD_SCALE 4096

struct least {
    struct heap_node node; /* by load, since then */
    uint64_t since;        /* when its load became what it is */
    struct server *server;
};
struct leastconn {
    uint64_t changes;
    struct balance_heap heaps[2]; /* of the servers, of the backup servers */
};

static struct least *least_of(const struct server *server)
{
    return server->balance;
}

static bool add(struct proxy *proxy, struct server *server)
{
    struct leastconn *state = proxy->balance_state;
    struct least *least = server->balance = arena_zero(&proxy->configuration->arena, sizeof(*least));
    if (!least)
        return false;
    least->server = server;
    least->since = ++state->changes;
    return true;
}

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct leastconn *state = proxy->balance_state = arena_need(&proxy->configuration->arena, sizeof(*state));
    for (unsigned i = 0; i < 2; i++)
        balance_heap_init(&state->heaps[i]);
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (!add(proxy, server)) {
            *error = "has no memory";
            return false;
        }
    }
    return balance_no_words(words, error);
}

static void finish(struct proxy *proxy)
{
    struct leastconn *state = proxy->balance_state;
    balance_heap_finish(&state->heaps[0]);
    balance_heap_finish(&state->heaps[1]);
}

static uint64_t load_of(const struct server *server, uint64_t now)
{
    uint64_t streams = (uint64_t)server->current + server->queue_count,
             weight = server_weight_at(server, now);
    return streams ? (streams + 1) * LOAD_SCALE / weight : 0;
}

static bool sort_in(struct balance_heap *heap, struct server *server, size_t index)
{
    struct least *least = least_of(server);
    (void)index;
    least->node.key = load_of(server, UINT64_MAX);
    least->node.order = least->since;
    return heap_add(&heap->first, &least->node);
}

/* The first in order, when it may be taken. */
static struct server *first(struct proxy *proxy, const struct server *avoid, bool backups, uint64_t now)
{
    struct leastconn *state = proxy->balance_state;
    struct balance_heap *heap = &state->heaps[backups];
    if (!balance_heap_is_ready(heap, proxy, backups, now, sort_in) || !heap_first(&heap->first))
        return NULL;
    struct server *server = CONTAINER_OF(heap_first(&heap->first), struct least, node)->server;
    return server != avoid && server_has_room(server) ? server : NULL;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    uint64_t now = engine_now(stream->engine), least = 0;
    struct server *best = first(proxy, avoid, backups, now);
    if (best)
        return best;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->settings.backup != backups || !server_takes_new(server) || !server_has_room(server))
            continue;
        if (backups && !proxy->settings.all_backups)
            return server;
        uint64_t load = load_of(server, now);
        bool earlier = best && load == least && least_of(server)->since < least_of(best)->since;
        if (best && best != avoid && (server == avoid || (load >= least && !earlier)))
            continue;
        best = server;
        least = load;
    }
    return best;
}

static void load_changed(struct proxy *proxy, struct server *server)
{
    struct leastconn *state = proxy->balance_state;
    struct balance_heap *heap = &state->heaps[server->settings.backup];
    struct least *least = least_of(server);
    least->since = ++state->changes;
    if (heap->changed || !least->node.place)
        return;
    least->node.key = load_of(server, UINT64_MAX);
    least->node.order = least->since;
    heap_moved(&heap->first, &least->node);
}

static void server_changed(struct proxy *proxy, struct server *server)
{
    struct leastconn *state = proxy->balance_state;
    state->heaps[server->settings.backup].changed = true;
}

const struct balance_row balance_leastconn_row = {
    .word = "leastconn",
    .prepare = prepare,
    .pick = pick,
    .server_changed = server_changed,
    .load_changed = load_changed,
    .note = "the server with the fewest streams for its weight",
    .server_added = add,
    .finish = finish,
};
