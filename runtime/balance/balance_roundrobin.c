/* Round robin, smooth and by weight: time goes in steps, one for each stream; a server with weight w out of a total of W
 * has a turn every W/w steps. What the division leaves over is kept, and decides between servers whose turns fall on the
 * same step. A server begins, and comes back, without a turn, and gets its first one when nobody else is due, the
 * heaviest first. */
#include "balance/balance_roundrobin.h"
#include "balance/balance_heap.h"
#include "balance/balance_words.h"
#include "base/arena.h"
#include "proxy/configuration.h"
#include "proxy/server.h"
#include "stream/engine.h"
#include "stream/stream.h"

struct turn {
    struct heap_node node; /* in `first` when it had a turn, else in `second` */
    struct server *server;
    bool had_one;
    uint64_t due;   /* step of the next one */
    uint64_t since; /* number of the turn it had last */
    unsigned rest;  /* of the division, in parts of its weight */
};

struct roundrobin {
    uint64_t step[2]; /* of the servers, of the backup servers */
    struct balance_heap heaps[2];
};

static struct turn *turn_of(const struct server *server)
{
    return server->balance;
}

static bool add(struct proxy *proxy, struct server *server)
{
    struct turn *turn = server->balance = arena_zero(&proxy->configuration->arena, sizeof(*turn));
    if (turn)
        turn->server = server;
    return turn != NULL;
}

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct roundrobin *state = proxy->balance_state =
        arena_need(&proxy->configuration->arena, sizeof(*state));
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
    struct roundrobin *state = proxy->balance_state;
    balance_heap_finish(&state->heaps[0]);
    balance_heap_finish(&state->heaps[1]);
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

/* ---- in order ---- */

#define SINCE_BITS 48 /* of a node's order; above them the rest without the weight, which is not above 0 */
#define REST_BIAS  (256 * SERVER_WEIGHT_SCALE)

/* As is_sooner has it, and is_better among those without a turn. */
static void set_order(struct turn *turn, size_t index)
{
    unsigned weight = server_weight_at(turn->server, UINT64_MAX);
    if (!turn->had_one) {
        turn->node.key = UINT64_MAX - weight;
        turn->node.order = index;
        return;
    }
    turn->node.key = turn->due;
    turn->node.order = (uint64_t)(turn->rest + REST_BIAS - weight) << SINCE_BITS | turn->since;
}

static bool sort_in(struct balance_heap *heap, struct server *server, size_t index)
{
    struct turn *turn = turn_of(server);
    set_order(turn, index);
    return heap_add(turn->had_one ? &heap->first : &heap->second, &turn->node);
}

/* Whose turn it is, when it may be taken. */
static struct server *first(struct balance_heap *heap, uint64_t step, const struct server *avoid)
{
    struct heap_node *turned = heap_first(&heap->first), *fresh = heap_first(&heap->second);
    struct heap_node *node = fresh && !(turned && turned->key <= step) ? fresh : turned;
    struct server *server = node ? CONTAINER_OF(node, struct turn, node)->server : NULL;
    return server && server != avoid && server_has_room(server) ? server : NULL;
}

static void move(struct balance_heap *heap, struct turn *turn, bool was_fresh)
{
    set_order(turn, 0);
    if (!was_fresh) {
        heap_moved(&heap->first, &turn->node);
        return;
    }
    heap_remove(&heap->second, &turn->node);
    if (!heap_add(&heap->first, &turn->node))
        heap->changed = true;
}

/* ---- one after the other ---- */

static struct server *search(struct proxy *proxy, const struct server *avoid, bool backups, uint64_t now,
                             uint64_t *total)
{
    const struct roundrobin *state = proxy->balance_state;
    struct server *best = NULL;
    *total = 0;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->settings.backup != backups || !server_takes_new(server))
            continue;
        *total += server_weight_at(server, now);
        if (!server_has_room(server))
            continue;
        if (backups && !proxy->settings.all_backups)
            return server;
        if (!best || best == avoid || (server != avoid && is_better(server, best, state->step[backups], now)))
            best = server;
    }
    return best;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    struct roundrobin *state = proxy->balance_state;
    struct balance_heap *heap = &state->heaps[backups];
    uint64_t now = engine_now(stream->engine), step = state->step[backups];
    bool ready = balance_heap_is_ready(heap, proxy, backups, now, sort_in);
    uint64_t total = heap->weight;
    struct server *best = ready ? first(heap, step, avoid) : NULL;
    if (!best)
        best = search(proxy, avoid, backups, now, &total);
    if (!best)
        return NULL;
    bool was_fresh = !turn_of(best)->had_one;
    take_turn(best->balance, step, total, server_weight_at(best, now));
    state->step[backups]++;
    if (ready)
        move(heap, best->balance, was_fresh);
    return best;
}

/* A server that comes back does not catch up on all it missed. */
static void server_changed(struct proxy *proxy, struct server *changed)
{
    struct roundrobin *state = proxy->balance_state;
    struct turn *turn = turn_of(changed);
    state->heaps[changed->settings.backup].changed = true;
    if (server_takes_new(changed))
        return;
    turn->had_one = false;
    turn->due = turn->since = turn->rest = 0;
}

const struct balance_row balance_roundrobin_row = {
    .word = "roundrobin",
    .prepare = prepare,
    .pick = pick,
    .server_changed = server_changed,
    .traits = BALANCE_IN_TURN,
    .note = "each server in turn by weight; weights may change at run time",
    .server_added = add,
    .finish = finish,
};
