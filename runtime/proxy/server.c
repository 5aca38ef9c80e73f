/* What a server may take now: its limit of streams, and its weight while it warms up. */
#include "proxy/server.h"
#include "base/units.h"
#include "proxy/proxy.h"

int64_t server_limit(const struct server *server)
{
    const struct server_settings *settings = &server->settings;
    const struct proxy *backend = server->proxy;
    int64_t full = backend->settings.fullconn, low = settings->minconn;
    if (settings->maxconn <= 0)
        return 0;
    if (low <= 0 || low >= settings->maxconn || full <= 0 || backend->current_back >= full)
        return settings->maxconn;
    int64_t limit = backend->current_back * settings->maxconn / full;
    return limit > low ? limit : low;
}

bool server_has_room(const struct server *server)
{
    int64_t limit = server_limit(server);
    return !limit || (!server->queue_count && server->current < limit);
}

unsigned server_weight_at(const struct server *server, uint64_t now_ns)
{
    unsigned full = (unsigned)server->weight_now * SERVER_WEIGHT_SCALE;
    uint64_t slow_ns = server->settings.slowstart * NS_PER_MS;
    if (server->state != SERVER_STARTING || !slow_ns || now_ns < server->last_change_ns)
        return full;
    uint64_t up_ns = now_ns - server->last_change_ns;
    if (up_ns >= slow_ns)
        return full;
    return (unsigned)server->weight_now * (unsigned)(1 + (SERVER_WEIGHT_SCALE - 1) * up_ns / slow_ns);
}

void server_recount(struct server *server)
{
    struct proxy *backend = server->proxy;
    bool backup = server->settings.backup;
    if (server->counted) {
        backend->usable[backup]--;
        backend->usable_weight[backup] -= server->counted_weight;
    }
    server->counted = server_takes_new(server);
    server->counted_weight = server->weight_now;
    if (!server->counted)
        return;
    backend->usable[backup]++;
    backend->usable_weight[backup] += server->counted_weight;
}
