/* balance random(draws): points of the ring by chance, of which the one whose server has the fewest streams for its
 * weight is taken. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"
#include "base/units.h"
#include "proxy/server.h"
#include "stream/stream.h"

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    int64_t *draws = arena_need(&proxy->configuration->arena, sizeof(*draws));
    *draws = 2;
    *error = NULL;
    struct str text = balance_parentheses(proxy, error);
    balance_hash_prepare(proxy, draws);
    if (*error)
        return false;
    if (text.data && !units_parse_int(text, 1, 1000, draws)) {
        *error = "expects an integer of at least 1 as number of draws";
        return false;
    }
    return balance_no_words(words, error);
}

static bool less_loaded(const struct server *a, const struct server *b, uint64_t now)
{
    uint64_t left = (uint64_t)a->current * server_weight_at(b, now);
    return left < (uint64_t)b->current * server_weight_at(a, now);
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    const int64_t *draws = balance_hash_own(proxy);
    uint64_t now = engine_now(stream->engine);
    struct server *best = NULL;
    for (int64_t i = 0; i < *draws; i++) {
        uint32_t hash = engine_random(stream->engine);
        struct server *server = balance_ring_value(proxy, stream, hash, avoid, backups);
        if (server && (!best || less_loaded(server, best, now)))
            best = server;
    }
    return best && server_has_room(best) ? best : NULL;
}

const struct balance_row balance_random_row = {
    .word = "random",
    .prepare = prepare,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_IN_TURN,
    .note = "the less loaded of some servers by chance",
    .finish = balance_hash_finish,
};
