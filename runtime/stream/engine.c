/* One worker's share of the engine: its pools, its listeners, its lists of what lives. */
#include "stream/engine.h"
#include "base/mem.h"
#include "base/units.h"
#include "net/listener.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/log_forwarder.h"
#include "stream/ocsp_update.h"
#include "stream/refused_message.h"
#include "stream/ring_server.h"
#include "stream/server_conn.h"
#include "stream/server_resolve.h"
#include "stream/session.h"
#include "stream/session_steps.h"
#include "stream/stream.h"
#include "stream/tls_count.h"
#include "table/stick_table.h"

#define SCRATCH_CHUNK 16384

struct bind_listener {
    struct list link; /* engine's listeners */
    struct listener listener;
    struct engine *engine;
    struct bind *bind;
};

static void add_to(struct engine *first, struct engine *engine)
{
    struct engine *last = first;
    while (last->next)
        last = last->next;
    last->next = engine;
}

static void remove_from(struct engine *first, struct engine *engine)
{
    struct engine *before = first;
    while (before != engine && before->next != engine)
        before = before->next;
    if (before != engine)
        before->next = engine->next;
    if (first->last_given == engine)
        first->last_given = NULL;
}

struct engine *engine_create(struct configuration *configuration, struct loop *loop, struct engine *first)
{
    struct engine *engine = mem_zero(sizeof(*engine));
    if (!engine)
        return NULL;
    engine->configuration = configuration;
    engine->loop = loop;
    engine->log = log_sender_create(loop);
    if (!engine->log) {
        mem_free(engine);
        return NULL;
    }
    pool_init(&engine->buffers, "buffers", configuration->globals.bufsize, 64);
    pool_init(&engine->bulk_buffers, "bulk_buffers", 8 * (size_t)configuration->globals.bufsize, 16);
    pool_init(&engine->sessions, "sessions", sizeof(struct session), 1024);
    pool_init(&engine->server_conns, "server_conns", sizeof(struct server_conn), 1024);
    arena_init(&engine->scratch, SCRATCH_CHUNK);
    list_init(&engine->session_list);
    list_init(&engine->stream_list);
    list_init(&engine->free_streams);
    list_init(&engine->listeners);
    list_init(&engine->ring_servers);
    list_init(&engine->log_forwarders);
    engine->first = first ? first : engine;
    if (first) {
        add_to(first, engine);
        return engine;
    }
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next)
        if (proxy->table)
            stick_table_attach(proxy->table, loop);
    return engine;
}

static bool room_for(const struct bind *bind)
{
    const struct configuration *configuration = bind->proxy->configuration;
    const struct proxy *frontend = bind->proxy;
    if (bind->is_cli)
        return true;
    if (frontend->paused)
        return false;
    if (configuration->globals.maxconn &&
        configuration->current_connections >= configuration->globals.maxconn)
        return false;
    if (bind->tls && !tls_count_room(configuration))
        return false;
    if (frontend->settings.maxconn && frontend->current_front >= frontend->settings.maxconn)
        return false;
    return !bind->settings.maxconn || bind->current < bind->settings.maxconn;
}

/* How long until one more event a second is within the limit; 0: it is now. */
static uint64_t over_rate(const struct rate *rate, int64_t limit, uint64_t now)
{
    if (!limit || (int64_t)rate_read(rate, now) < limit)
        return 0;
    uint64_t each = NS_PER_S / (uint64_t)limit;
    return each > NS_PER_MS ? each : NS_PER_MS;
}

/* rate-limit sessions, maxconnrate and maxsessrate: who is too many waits in the backlog. */
static uint64_t rate_pause(const struct bind_listener *bound)
{
    const struct configuration *configuration = bound->bind->proxy->configuration;
    const struct proxy *frontend = bound->bind->proxy;
    uint64_t now = engine_now(bound->engine);
    uint64_t pause =
        over_rate(&frontend->front_counters.session_rate, frontend->settings.rate_limit_sessions, now);
    if (!pause)
        pause = over_rate(&configuration->counters.connection_rate, configuration->globals.maxconn_rate, now);
    if (!pause)
        pause = over_rate(&configuration->counters.session_rate, configuration->globals.session_rate, now);
    if (!pause && bound->bind->tls)
        pause = over_rate(&configuration->tls_rates.clients, configuration->globals.ssl_rate, now);
    return pause;
}

static bool may_accept(struct listener *listener)
{
    const struct bind_listener *bound = CONTAINER_OF(listener, struct bind_listener, listener);
    if (bound->bind->is_cli)
        return true;
    if (!room_for(bound->bind))
        return false;
    listener->pause_ns = rate_pause(bound);
    return !listener->pause_ns;
}

static struct engine *after(const struct engine *engine)
{
    return engine->next ? engine->next : engine->first;
}

/* Who has the fewest sessions; of several, the next one in the round. */
static struct engine *least_loaded(struct engine *first)
{
    struct engine *chosen = first->last_given ? after(first->last_given) : first;
    struct engine *begin = chosen;
    for (struct engine *other = after(begin); other != begin; other = after(other))
        if (other->session_count < chosen->session_count)
            chosen = other;
    return chosen;
}

static void accepted(struct listener *listener, plat_sock sock, const struct addr *peer)
{
    struct bind_listener *bound = CONTAINER_OF(listener, struct bind_listener, listener);
    struct engine *engine = bound->engine;
    if (UNLIKELY(engine->next) && !bound->bind->is_cli)
        engine = engine->last_given = least_loaded(engine);
    session_accept(engine, bound->bind, sock, peer);
}

void engine_room_again(struct engine *engine)
{
    LIST_EACH (link, &engine->first->listeners) {
        struct bind_listener *bound = LIST_ITEM(link, struct bind_listener, link);
        if (bound->listener.paused && room_for(bound->bind) && !rate_pause(bound))
            listener_resume(&bound->listener);
    }
}

/* Who passes connections to a worker is its master. */
static void sender_gone(struct listener *listener)
{
    const struct bind_listener *bound = CONTAINER_OF(listener, struct bind_listener, listener);
    bound->engine->master_gone = true;
}

static bool listen_on(struct engine *engine, struct bind *bind)
{
    struct bind_listener *bound = mem_zero(sizeof(*bound));
    if (!bound)
        return false;
    bound->engine = engine;
    bound->bind = bind;
    bound->listener.accepted = accepted;
    bound->listener.may_accept = may_accept;
    bound->listener.by_messages = bind->by_messages;
    bound->listener.ended = sender_gone;
    if (listener_open(&bound->listener, engine->loop, bind->sock) != IO_OK) {
        mem_free(bound);
        return false;
    }
    bind->heard = bind->sock;
    bind->sock = PLAT_NO_SOCK; /* the listener's now */
    list_add_last(&engine->listeners, &bound->link);
    return true;
}

static bool listen_for(struct engine *engine, struct proxy *proxy)
{
    for (struct bind *bind = proxy->binds; bind; bind = bind->next)
        if (bind->sock != PLAT_NO_SOCK &&
            !(bind->datagram ? log_forwarder_listen(engine, bind) : listen_on(engine, bind)))
            return false;
    return true;
}

bool engine_listen(struct engine *engine)
{
    if (!ring_servers_begin(engine) || !server_resolve_start(engine) || !ocsp_update_start(engine))
        return false;
    for (struct proxy *proxy = engine->configuration->proxies; proxy; proxy = proxy->next)
        if (!listen_for(engine, proxy))
            return false;
    for (struct proxy *proxy = engine->configuration->log_forwards; proxy; proxy = proxy->next)
        if (!listen_for(engine, proxy))
            return false;
    return !engine->configuration->cli || listen_for(engine, engine->configuration->cli);
}

static void close_listeners(struct engine *engine)
{
    LIST_EACH_SAFE(link, &engine->listeners)
    {
        struct bind_listener *bound = LIST_ITEM(link, struct bind_listener, link);
        list_remove(&bound->link);
        listener_close(&bound->listener);
        mem_free(bound);
    }
    log_forwarders_close(engine);
}

/* A paused socket is closed, so that clients are refused and not left waiting; one that the starter of the process gave
 * us could not be had again and only rests. */
void engine_pause(struct engine *engine, struct proxy *frontend)
{
    frontend->paused = true;
    LIST_EACH (link, &engine->first->listeners) {
        struct bind_listener *bound = LIST_ITEM(link, struct bind_listener, link);
        if (bound->bind->proxy == frontend && bound->bind->addr.fd < 0)
            listener_close(&bound->listener);
    }
}

bool engine_resume(struct engine *engine, struct proxy *frontend)
{
    bool all = true;
    frontend->paused = false;
    engine = engine->first;
    LIST_EACH (link, &engine->listeners) {
        struct bind_listener *bound = LIST_ITEM(link, struct bind_listener, link);
        if (bound->bind->proxy != frontend || bound->listener.open)
            continue;
        all = bind_open(loop_platform(engine->loop), bound->bind) == IO_OK &&
              listener_open(&bound->listener, engine->loop, bound->bind->sock) == IO_OK && all;
        if (bound->listener.open) {
            bound->bind->heard = bound->bind->sock;
            bound->bind->sock = PLAT_NO_SOCK;
        }
    }
    frontend->paused = !all;
    engine_room_again(engine);
    return all;
}

void engine_close(struct engine *engine, struct proxy *frontend)
{
    frontend->stopped = true;
    LIST_EACH_SAFE(link, &engine->first->listeners)
    {
        struct bind_listener *bound = LIST_ITEM(link, struct bind_listener, link);
        if (bound->bind->proxy != frontend)
            continue;
        list_remove(&bound->link);
        listener_close(&bound->listener);
        mem_free(bound);
    }
}

static void purge_servers(struct engine *engine)
{
    for (struct proxy *proxy = engine->configuration->proxies; proxy; proxy = proxy->next)
        for (struct server *server = proxy->servers; server; server = server->next)
            server_conn_purge(server);
}

bool engine_ends_connection(struct engine *engine)
{
    uint64_t window_ms = engine->configuration->globals.close_spread_ms;
    if (!engine->soft_stopping || window_ms == UINT64_MAX)
        return false;
    uint64_t since_ms = (engine_now(engine) - engine->soft_stop_ns) / NS_PER_MS;
    return since_ms >= window_ms || engine_random(engine) % window_ms < since_ms;
}

bool engine_lets_go(const struct engine *engine)
{
    return engine->soft_stopping && !engine->configuration->globals.close_spread_ms;
}

static void soft_stop_sessions(struct engine *engine)
{
    LIST_EACH_SAFE(link, &engine->session_list)
    {
        struct session *session = LIST_ITEM(link, struct session, link);
        session_soft_stop(session);
    }
}

void engine_soft_stop(struct engine *engine)
{
    for (struct engine *one = engine; one; one = one->next) {
        one->soft_stopping = true;
        one->soft_stop_ns = engine_now(engine);
    }
    close_listeners(engine);
    ocsp_update_stop(engine); /* nobody new is to be shown a response */
    purge_servers(engine);
    for (struct engine *one = engine; one; one = one->next)
        soft_stop_sessions(one);
}

/* What there is once for all workers. */
static void end_shared(struct engine *first)
{
    CHECK(!first->next);
    ring_servers_end(first);
    for (struct proxy *proxy = first->configuration->proxies; proxy; proxy = proxy->next) {
        refused_message_forget(proxy);
        if (proxy->table)
            stick_table_detach(proxy->table);
    }
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    close_listeners(engine);
    for (struct engine *one = engine->first; one; one = one->next)
        one->soft_stopping = true;
    if (engine == engine->first) {
        ocsp_update_stop(engine);
        server_resolve_stop(engine);
    }
    while (!list_empty(&engine->session_list))
        session_close(LIST_ITEM(list_first(&engine->session_list), struct session, link), false);
    purge_servers(engine);
    if (engine == engine->first)
        end_shared(engine);
    remove_from(engine->first, engine);
    while (!list_empty(&engine->free_streams)) {
        struct stream *stream = LIST_ITEM(list_first(&engine->free_streams), struct stream, link);
        list_remove(&stream->link);
        arena_finish(&stream->arena);
        mem_free(stream);
    }
    pool_finish(&engine->buffers);
    pool_finish(&engine->bulk_buffers);
    pool_finish(&engine->sessions);
    pool_finish(&engine->server_conns);
    arena_finish(&engine->scratch);
    log_sender_destroy(engine->log);
    mem_free(engine);
}

uint32_t engine_random(struct engine *engine)
{
    struct platform *platform = loop_platform(engine->loop);
    uint32_t value;
    platform->ops->entropy(platform, &value, sizeof(value));
    return value;
}
