/* Queues are lists in the order in which their streams will be served; a stream is put in from the end, so that the
 * usual case, all of one class and no offset, costs one comparison. */
#include "stream/server_queue.h"
#include "base/units.h"
#include "proxy/balance_row.h"
#include "proxy/server.h"
#include "stream/stream_steps.h"

/* Whether `first` is served before `second`, which came later. */
static bool goes_first(const struct stream *first, const struct stream *second)
{
    if (first->priority_class != second->priority_class)
        return first->priority_class < second->priority_class;
    int64_t a = (int64_t)(first->times.queued / NS_PER_MS) + first->priority_offset_ms;
    int64_t b = (int64_t)(second->times.queued / NS_PER_MS) + second->priority_offset_ms;
    return a <= b;
}

static void insert(struct list *queue, struct stream *stream)
{
    struct list *before = queue->prev;
    while (before != queue && !goes_first(LIST_ITEM(before, struct stream, queue_link), stream))
        before = before->prev;
    list_add_first(before, &stream->queue_link);
}

void server_queue_enter(struct stream *stream, struct server *server)
{
    struct proxy *backend = stream->backend;
    struct proxy_counters *counters = server ? &server->counters : &backend->back_counters;
    stream->in_queue = true;
    stream->server = server;
    if (!stream->times.queued)
        stream->times.queued = engine_now(stream->engine);
    if (server)
        stream->queue_position_server = server->queue_count++;
    else
        stream->queue_position_backend = backend->queue_count++;
    insert(server ? &server->queue : &backend->queue, stream);
    uint64_t count = server ? server->queue_count : backend->queue_count;
    if (count > counters->queue_max)
        counters->queue_max = count;
    uint64_t limit = stream->timeout_queue_ms;
    stream->deadline_queue = limit ? engine_now(stream->engine) + limit * NS_PER_MS : TIMER_OFF;
}

void server_queue_leave(struct stream *stream)
{
    if (!stream->in_queue)
        return;
    stream->in_queue = false;
    list_remove(&stream->queue_link);
    if (stream->server)
        stream->server->queue_count--;
    else
        stream->backend->queue_count--;
    stream->deadline_queue = TIMER_OFF;
}

static void load_changed(struct server *server)
{
    const struct balance_row *balance = server->proxy->settings.balance;
    if (balance && balance->load_changed)
        balance->load_changed(server->proxy, server);
}

void server_queue_occupy(struct stream *stream, struct server *server)
{
    uint64_t now = engine_now(stream->engine);
    stream->server = server;
    stream->server_counted = true;
    server->current++;
    server->proxy->on_servers++;
    if ((uint64_t)server->current > server->counters.sessions_max)
        server->counters.sessions_max = (uint64_t)server->current;
    server->counters.sessions_total++;
    server->counters.picked++;
    server->proxy->back_counters.picked++;
    rate_count(&server->counters.session_rate, &server->counters.session_rate_max, now);
    server->last_use_ns = now;
    stream->times.unqueued = now;
    if (!stream->times.queued)
        stream->times.queued = now;
    load_changed(server);
}

/* Who is served next by this server: its own queue's first or, when it takes new clients, the backend's. */
static struct stream *next_for(struct server *server)
{
    struct list *own = list_first(&server->queue);
    struct list *any = server_takes_new(server) ? list_first(&server->proxy->queue) : NULL;
    if (!own || !any)
        own = own ? own : any;
    else if (!goes_first(LIST_ITEM(own, struct stream, queue_link),
                         LIST_ITEM(any, struct stream, queue_link)))
        own = any;
    return own ? LIST_ITEM(own, struct stream, queue_link) : NULL;
}

void server_pick_next(struct server *server)
{
    while (server_usable(server) && (!server_limit(server) || server->current < server_limit(server))) {
        struct stream *stream = next_for(server);
        if (!stream)
            return;
        server_queue_leave(stream);
        server_queue_occupy(stream, server);
        stream_wake(stream);
    }
}

void server_pick_leave(struct stream *stream)
{
    server_queue_leave(stream);
    if (!stream->server_counted)
        return;
    struct server *server = stream->server;
    CHECK(server->current > 0 && server->proxy->on_servers > 0);
    stream->server_counted = false;
    server->current--;
    server->proxy->on_servers--;
    load_changed(server);
    server_pick_next(server);
}

unsigned server_queue_scatter(struct server *server)
{
    unsigned count = 0;
    LIST_EACH_SAFE(link, &server->queue)
    {
        struct stream *stream = LIST_ITEM(link, struct stream, queue_link);
        if (stream->force_persist)
            continue;
        server_queue_leave(stream);
        stream->assigned = NULL;
        stream->server = NULL;
        stream_wake(stream);
        count++;
    }
    return count;
}

void server_pick_changed(struct server *server)
{
    struct proxy *backend = server->proxy;
    const struct balance_row *balance = backend->settings.balance;
    server_recount(server);
    if (balance && balance->server_changed)
        balance->server_changed(backend, server);
    if (!server_usable(server) && !backend->settings.persist)
        (void)server_queue_scatter(server);
    server_pick_next(server);
}
