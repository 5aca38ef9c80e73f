/* balance first: the server with the lowest id that has room, so that the others may rest. */
#include "balance/balance_words.h"
#include "proxy/balance_row.h"
#include "proxy/server.h"
#include "stream/stream.h"

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    (void)proxy;
    return balance_no_words(words, error);
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
        if (!best || best == avoid || (server != avoid && server->id < best->id))
            best = server;
    }
    return best;
}

const struct balance_row balance_first_row = {
    .word = "first",
    .prepare = prepare,
    .pick = pick,
    .note = "the server with the lowest id that has room",
};
