/* Which server a stream goes to: use-server rules, then the balance algorithm among servers that take new clients and
 * have room; a full house means a place in a queue. Then the connection, with retries. */
#include "base/units.h"
#include "proxy/balance_row.h"
#include "proxy/server.h"
#include "stream/stream_steps.h"

#define RETRY_PAUSE_NS NS_PER_S

void server_pick_prepare(struct configuration *configuration)
{
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        list_init(&proxy->queue);
        for (struct server *server = proxy->servers; server; server = server->next) {
            list_init(&server->queue);
            list_init(&server->idle);
            server->weight_now = server->settings.weight;
            server->state = SERVER_RUNNING;
            if (server->settings.disabled)
                server->admin |= ADMIN_CONFIG_MAINT | ADMIN_FORCED_MAINT;
        }
    }
}

static bool has_room(const struct server *server)
{
    return server->settings.maxconn <= 0 || server->current < server->settings.maxconn;
}

static bool any_usable(const struct proxy *backend)
{
    for (const struct server *server = backend->servers; server; server = server->next)
        if (server_takes_new(server))
            return true;
    return false;
}

static struct server *by_rule(struct stream *stream)
{
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, stream->backend);
    struct server *found = NULL;
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    for (struct server_rule *rule = stream->backend->server_rules; rule && !found; rule = rule->next) {
        if (condition_eval(rule->condition, &context) != ACL_PASS)
            continue;
        found = rule->server;
        if (!found && rule->name) {
            struct str name = log_format_text(rule->name, &context, true);
            found = name.data ? proxy_server(stream->backend, name.data) : NULL;
        }
        if (found && !server_usable(found) && !stream->backend->settings.persist)
            found = NULL;
    }
    arena_rewind(context.scratch, mark);
    stream->assigned_by_rule = found != NULL;
    return found;
}

static struct server *pick(struct stream *stream, const struct server *avoid)
{
    struct proxy *backend = stream->backend;
    const struct balance_row *balance = backend->settings.balance;
    if (!balance)
        return NULL;
    struct server *server = balance->pick(backend, stream, avoid, false);
    bool primary_alive = false;
    for (const struct server *each = backend->servers; each && !server && !primary_alive; each = each->next)
        primary_alive = server_takes_new(each) && !each->settings.backup;
    if (!server && !primary_alive)
        server = balance->pick(backend, stream, avoid, true);
    return server;
}

static void enqueue(struct stream *stream, struct server *server)
{
    struct proxy *backend = stream->backend;
    stream->in_queue = true;
    stream->server = server;
    stream->times.queued = engine_now(stream->engine);
    if (server) {
        stream->queue_position_server = server->queue_count++;
        list_add_last(&server->queue, &stream->queue_link);
    } else {
        stream->queue_position_backend = backend->queue_count++;
        list_add_last(&backend->queue, &stream->queue_link);
    }
    uint64_t limit = stream->timeout_queue_ms;
    stream->deadline_queue = limit ? stream->times.queued + limit * NS_PER_MS : TIMER_OFF;
}

static void dequeue(struct stream *stream)
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

static void occupy(struct stream *stream, struct server *server)
{
    stream->server = server;
    stream->server_counted = true;
    server->current++;
    if ((uint64_t)server->current > server->counters.sessions_max)
        server->counters.sessions_max = (uint64_t)server->current;
    server->counters.sessions_total++;
    server->counters.picked++;
    rate_add(&server->counters.session_rate, engine_now(stream->engine), 1);
    server->last_use_ns = engine_now(stream->engine);
    stream->times.unqueued = engine_now(stream->engine);
    if (!stream->times.queued)
        stream->times.queued = stream->times.unqueued;
}

void server_pick_next(struct server *server)
{
    while (has_room(server) && server_usable(server)) {
        struct list *link = list_first(&server->queue);
        if (!link && server_takes_new(server))
            link = list_first(&server->proxy->queue);
        if (!link)
            return;
        struct stream *stream = LIST_ITEM(link, struct stream, queue_link);
        dequeue(stream);
        occupy(stream, server);
        stream_wake(stream);
    }
}

void server_pick_leave(struct stream *stream)
{
    dequeue(stream);
    if (!stream->server_counted)
        return;
    struct server *server = stream->server;
    CHECK(server->current > 0);
    stream->server_counted = false;
    server->current--;
    server_pick_next(server);
}

static void no_server(struct stream *stream, char cause, char phase)
{
    stream->backend->back_counters.failed_connections++;
    if (stream->http) {
        if (stream_reply_error(stream, 503, cause, phase))
            return;
    }
    stream_abort(stream, cause, phase, false);
}

enum step server_pick_run(struct stream *stream)
{
    if (stream->server_counted)
        return STEP_NEXT;
    if (stream->in_queue) {
        if (engine_now(stream->engine) < stream->deadline_queue)
            return STEP_WAIT;
        dequeue(stream);
        no_server(stream, 's', 'Q');
        return STEP_WAIT;
    }
    struct server *server = by_rule(stream);
    if (!server && !any_usable(stream->backend)) {
        no_server(stream, 'S', 'C');
        return STEP_WAIT;
    }
    if (server && !has_room(server)) {
        enqueue(stream, server);
        return STEP_WAIT;
    }
    if (!server)
        server = pick(stream, NULL);
    if (!server || !has_room(server)) {
        enqueue(stream, NULL);
        return STEP_WAIT;
    }
    occupy(stream, server);
    return STEP_NEXT;
}

/* Another attempt, or none. */
static void try_again(struct stream *stream, enum io_status why)
{
    struct server *server = stream->server;
    struct proxy *backend = stream->backend;
    (void)why;
    server->counters.failed_connections++;
    if (!stream->tries_left) {
        server_pick_leave(stream);
        no_server(stream, why == IO_TIMED_OUT ? 's' : 'S', 'C');
        return;
    }
    stream->tries_left--;
    stream->try_count++;
    server->counters.retries++;
    backend->back_counters.retries++;
    bool move = backend->settings.redispatch && !stream->assigned_by_rule && stream->tries_left == 0;
    struct server *other = move ? pick(stream, server) : NULL;
    if (other && other != server && has_room(other)) {
        server->counters.redispatches++;
        backend->back_counters.redispatches++;
        stream->redispatched = true;
        server_pick_leave(stream);
        occupy(stream, other);
        stream_wake(stream);
        return;
    }
    uint64_t pause = stream->timeout_connect_ms ? stream->timeout_connect_ms * NS_PER_MS : RETRY_PAUSE_NS;
    if (why == IO_TIMED_OUT)
        stream_wake(stream);
    else
        stream_wait_until(stream,
                          engine_now(stream->engine) + (pause < RETRY_PAUSE_NS ? pause : RETRY_PAUSE_NS));
}

static bool open_connection(struct stream *stream)
{
    struct server *server = stream->server;
    enum io_status why = IO_OK;
    stream->back = stream->http ? server_conn_reuse(stream, server) : NULL;
    if (stream->back)
        return true;
    stream->back = server_conn_open(stream, server, &why);
    server->counters.connects++;
    if (!stream->back) {
        try_again(stream, why);
        return false;
    }
    uint64_t limit = stream->timeout_connect_ms;
    stream->deadline_connect = limit ? engine_now(stream->engine) + limit * NS_PER_MS : TIMER_OFF;
    return true;
}

enum step server_pick_connect(struct stream *stream)
{
    if (!stream->back) {
        if (stream->deadline_rules != TIMER_OFF) { /* the pause before another attempt */
            if (engine_now(stream->engine) < stream->deadline_rules)
                return STEP_WAIT;
            stream->deadline_rules = TIMER_OFF;
        }
        if (!open_connection(stream))
            return STEP_WAIT;
    }
    struct conn *conn = &stream->back->conn;
    if (conn->state == CONN_READY && conn->error == IO_OK) {
        stream->deadline_connect = TIMER_OFF;
        stream->times.connected = engine_now(stream->engine);
        stream->back->request_count++;
        return STEP_NEXT;
    }
    bool late = engine_now(stream->engine) >= stream->deadline_connect;
    if (conn->error == IO_OK && !late)
        return STEP_WAIT;
    enum io_status why = conn->error != IO_OK ? conn->error : IO_TIMED_OUT;
    server_conn_destroy(stream->back, false);
    stream->back = NULL;
    stream->deadline_connect = TIMER_OFF;
    try_again(stream, why);
    return STEP_WAIT;
}
