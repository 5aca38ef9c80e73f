/* balance leastconn: the server with the fewest streams for its weight; among equals the one that has been so longest. */
#include "balance/balance_words.h"
#include "proxy/balance_row.h"
#include "proxy/server.h"
#include "stream/stream.h"

#define LOAD_SCALE 4096

struct least {
    uint64_t since; /* when its load became what it is */
};
struct leastconn {
    uint64_t changes;
};

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct arena *arena = &proxy->configuration->arena;
    struct leastconn *state = arena_need(arena, sizeof(*state));
    for (struct server *server = proxy->servers; server; server = server->next) {
        struct least *least = server->balance = arena_need(arena, sizeof(*least));
        least->since = ++state->changes;
    }
    proxy->balance_state = state;
    return balance_no_words(words, error);
}

static uint64_t load_of(const struct server *server, uint64_t now)
{
    uint64_t streams = (uint64_t)server->current + server->queue_count,
             weight = server_weight_at(server, now);
    return streams ? (streams + 1) * LOAD_SCALE / weight : 0;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    uint64_t now = engine_now(stream->engine), least = 0;
    struct server *best = NULL;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->settings.backup != backups || !server_takes_new(server) || !server_has_room(server))
            continue;
        if (backups && !proxy->settings.all_backups)
            return server;
        uint64_t load = load_of(server, now);
        bool earlier = best && load == least &&
                       ((struct least *)server->balance)->since < ((struct least *)best->balance)->since;
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
    ((struct least *)server->balance)->since = ++state->changes;
}

const struct balance_row balance_leastconn_row = {
    "leastconn", prepare, pick, NULL, load_changed, 0, "the server with the fewest streams for its weight",
};
