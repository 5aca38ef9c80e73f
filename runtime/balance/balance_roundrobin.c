/* Round robin, smooth and by weight: time goes in steps, one for each stream; a server with weight w out of a total of W
 * has a turn every W/w steps. What the division leaves over is kept, and decides between servers whose turns fall on the
 * same step. A server begins, and comes back, without a turn, and gets its first one when nobody else is due, the
 * heaviest first. */
#include "balance/balance_roundrobin.h"
#include "balance/balance_words.h"
#include "base/arena.h"
#include "proxy/configuration.h"
#include "proxy/server.h"
#include "stream/engine.h"
#include "stream/stream.h"

struct turn {
    bool had_one;
    uint64_t due;   /* step of the next one */
    uint64_t since; /* number of the turn it had last */
    unsigned rest;  /* of the division, in parts of its weight */
};

struct roundrobin {
    uint64_t step[2]; /* of the servers, of the backup servers */
};

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct arena *arena = &proxy->configuration->arena;
    proxy->balance_state = arena_need(arena, sizeof(struct roundrobin));
    for (struct server *server = proxy->servers; server; server = server->next)
        server->balance = arena_need(arena, sizeof(struct turn));
    return balance_no_words(words, error);
}

/* Whose turn comes first of two that had one before. */
static bool is_sooner(const struct server *a, const struct server *b, uint64_t now)
{
    const struct turn *x = a->balance, *y = b->balance;
    int64_t left = (int64_t)x->rest - server_weight_at(a, now);
    int64_t right = (int64_t)y->rest - server_weight_at(b, now);
    if (x->due != y->due)
        return x->due < y->due;
    return left != right ? left < right : x->since < y->since;
}

/* 0: due now; 1: without a turn yet; 2: not due yet. */
static unsigned rank(const struct turn *turn, uint64_t step)
{
    return !turn->had_one ? 1 : turn->due <= step ? 0 : 2;
}

static bool is_better(const struct server *a, const struct server *b, uint64_t step, uint64_t now)
{
    unsigned left = rank(a->balance, step), right = rank(b->balance, step);
    if (left != right)
        return left < right;
    return left == 1 ? server_weight_at(a, now) > server_weight_at(b, now) : is_sooner(a, b, now);
}

static void take_turn(struct turn *turn, uint64_t step, uint64_t total, unsigned weight)
{
    if (!turn->had_one ||
        turn->due + total < step) /* it waited for long, as a full server does: no catching up */
        turn->due = step;
    turn->had_one = true;
    turn->due += total / weight;
    turn->rest += (unsigned)(total % weight);
    if (turn->rest >= weight) {
        turn->rest -= weight;
        turn->due++;
    }
    turn->since = step;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    struct roundrobin *state = proxy->balance_state;
    uint64_t now = engine_now(stream->engine), total = 0, step = state->step[backups];
    struct server *best = NULL;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->settings.backup != backups || !server_takes_new(server))
            continue;
        total += server_weight_at(server, now);
        if (!server_has_room(server))
            continue;
        if (backups && !proxy->settings.all_backups)
            return server;
        if (!best || best == avoid || (server != avoid && is_better(server, best, step, now)))
            best = server;
    }
    if (!best)
        return NULL;
    take_turn(best->balance, step, total, server_weight_at(best, now));
    state->step[backups]++;
    return best;
}

/* A server that comes back does not catch up on all it missed. */
static void server_changed(struct proxy *proxy, struct server *changed)
{
    (void)proxy;
    if (!server_takes_new(changed))
        *(struct turn *)changed->balance = (struct turn){ 0 };
}

const struct balance_row balance_roundrobin_row = {
    "roundrobin",
    prepare,
    pick,
    server_changed,
    NULL,
    BALANCE_IN_TURN,
    "each server in turn by weight; weights may change at run time",
};
