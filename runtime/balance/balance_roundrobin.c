/* Round robin: each server in turn, in proportion to its weight. A server's position says where its next turn is on a
 * common scale; the smallest position is next, and a turn costs SCALE / weight. */
#include "balance/balance_roundrobin.h"
#include "base/arena.h"
#include "proxy/configuration.h"
#include "proxy/server.h"

#define SCALE (1u << 20)

struct turn {
    uint64_t position;
};

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    if (words && words[0]) {
        *error = "takes no argument";
        return false;
    }
    for (struct server *server = proxy->servers; server; server = server->next)
        server->balance = arena_need(&proxy->configuration->arena, sizeof(struct turn));
    return true;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    struct server *best = NULL;
    (void)stream;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->settings.backup != backups || !server_takes_new(server) || !server_has_room(server))
            continue;
        if (backups && !proxy->settings.all_backups)
            return server;
        const struct turn *turn = server->balance, *best_turn = best ? best->balance : NULL;
        bool better = !best || best == avoid || (turn->position < best_turn->position && server != avoid);
        if (better)
            best = server;
    }
    if (!best)
        return NULL;
    struct turn *turn = best->balance;
    turn->position += SCALE / (unsigned)best->weight_now;
    return best;
}

/* A server that comes back takes its place among the others instead of catching up on all it missed. */
static void server_changed(struct proxy *proxy, struct server *changed)
{
    struct turn *turn = changed->balance;
    uint64_t least = UINT64_MAX;
    for (const struct server *server = proxy->servers; server; server = server->next)
        if (server != changed && server_takes_new(server) &&
            ((struct turn *)server->balance)->position < least)
            least = ((struct turn *)server->balance)->position;
    if (least != UINT64_MAX && turn->position < least)
        turn->position = least;
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
