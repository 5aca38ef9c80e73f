/* Which server a stream goes to: use-server rules, then the balance algorithm among servers that take new clients and
 * have room; a full house means a place in a queue. Then the connection, with retries. */
#include "base/units.h"
#include "proxy/balance_row.h"
#include "proxy/server.h"
#include "stream/persist_cookie.h"
#include "stream/server_queue.h"
#include "stream/stick_rules.h"
#include "stream/stream_steps.h"
#include "stream/tls_count.h"
#include "tls/tls_conn.h"

#define RETRY_PAUSE_NS NS_PER_S

/* `dispatch` and option transparent: one address stands for the servers that the section lacks. */
static void prepare_dispatch(struct configuration *configuration, struct proxy *backend)
{
    if (backend->servers)
        backend->dispatch = NULL;
    if (!backend->dispatch && !backend->servers && backend->settings.transparent &&
        (backend->sides & PROXY_BACK)) {
        backend->dispatch = arena_need(&configuration->arena, sizeof(struct server));
        backend->dispatch->addr.addr.family = ADDR_IPV4; /* none of its own: the client's destination */
        backend->dispatch->addr.fd = -1;
    }
    struct server *server = backend->dispatch;
    if (!server)
        return;
    server->proxy = backend;
    server->name = "<NOSRV>"; /* as logs have it */
    server->settings = *backend->default_server;
    server->settings.maxconn = 0;
    server->state = SERVER_RUNNING;
    server->weight_now = 1;
    list_init(&server->queue);
    list_init(&server->idle);
}

/* The sum of what the frontends may send here, a tenth of it: when servers are to be at their maxconn (manual 4.2
 * "fullconn"). */
static void set_fullconn(struct configuration *configuration, struct proxy *backend)
{
    int64_t sum = 0;
    if (backend->settings.fullconn || !(backend->sides & PROXY_BACK))
        return;
    for (const struct proxy *front = configuration->proxies; front; front = front->next) {
        bool leads = front == backend || front->default_backend == backend;
        for (const struct switching_rule *rule = front->switching; rule && !leads; rule = rule->next)
            leads = rule->backend == backend || !rule->backend;
        if (leads && (front->sides & PROXY_FRONT))
            sum += front->settings.maxconn ? front->settings.maxconn : configuration->globals.maxconn;
    }
    backend->settings.fullconn = (sum + 9) / 10;
}

void server_pick_prepare(struct configuration *configuration)
{
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        list_init(&proxy->queue);
        set_fullconn(configuration, proxy);
        prepare_dispatch(configuration, proxy);
        for (struct server *server = proxy->servers; server; server = server->next) {
            list_init(&server->queue);
            list_init(&server->idle);
            server->weight_now = server->settings.weight;
            server->state = SERVER_RUNNING;
            if (server->admin & ADMIN_MAINT)
                server->state = SERVER_STOPPED;
            server_recount(server);
        }
        persist_cookie_prepare(proxy);
    }
}

static bool any_usable(const struct proxy *backend)
{
    for (const struct server *server = backend->servers; server; server = server->next)
        if (server_takes_new(server))
            return true;
    return false;
}

/* ---- who is bound to a server ---- */

/* force-persist and ignore-persist: the first rule that holds counts. */
static void persist_rules(struct stream *stream)
{
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    for (const struct persist_rule *rule = stream->backend->persist_rules; rule; rule = rule->next) {
        if (condition_eval(rule->condition, &context) != ACL_PASS)
            continue;
        stream->force_persist = rule->force;
        stream->ignore_persist = !rule->force;
        break;
    }
    arena_rewind(context.scratch, mark);
}

/* A rule whose server is down is passed over; one whose computed name is no server ends the search. */
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
            if (!found)
                break;
        }
        if (found && !server_usable(found) && !stream->backend->settings.persist && !stream->force_persist)
            found = NULL;
    }
    arena_rewind(context.scratch, mark);
    return found;
}

/* "3640205228.15629.0000": address and port as numbers of a little-endian machine. */
static bool read_routing(struct str text, uint32_t *ip, uint16_t *port)
{
    int64_t first, second;
    struct str left = str_split(&text, '.'), right = str_split(&text, '.');
    if (!units_parse_int(left, 0, UINT32_MAX, &first) || !units_parse_int(right, 0, UINT16_MAX, &second))
        return false;
    *ip = (uint32_t)first;
    *port = (uint16_t)(second >> 8 | (second & 0xff) << 8);
    return true;
}

static struct server *by_rdp_cookie(struct stream *stream)
{
    struct proxy *backend = stream->backend;
    struct sample value;
    uint32_t ip;
    uint16_t port;
    if (!backend->settings.persist_rdp)
        return NULL;
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, backend);
    context.final = true;
    if (!sample_eval_as(backend->settings.persist_rdp, &context, SAMPLE_STR, &value) ||
        !read_routing(value.u.text, &ip, &port))
        return NULL;
    for (struct server *server = backend->servers; server; server = server->next) {
        const struct addr *addr = &server->addr.addr;
        uint32_t own = (uint32_t)addr->u.ip[0] | (uint32_t)addr->u.ip[1] << 8 |
                       (uint32_t)addr->u.ip[2] << 16 | (uint32_t)addr->u.ip[3] << 24;
        if (addr->family == ADDR_IPV4 && own == ip && addr->port == port &&
            (server_usable(server) || backend->settings.persist || stream->force_persist))
            return server;
    }
    return NULL;
}

/* The server to which the stream is bound, if any, is known from here on. false: the stream cannot go on. */
static bool assign(struct stream *stream)
{
    if (stream->assigning_done)
        return true;
    stream->assigning_done = true;
    persist_rules(stream);
    stream->assigned = by_rule(stream);
    stream->direct = stream->assigned != NULL;
    struct server *named = NULL;
    if (stream->http && !persist_cookie_request(stream, &named))
        return false;
    if (!stream->assigned && named) {
        stream->assigned = named;
        stream->direct = true;
    }
    if (!stream->assigned && !stream->ignore_persist) {
        stream->assigned = by_rdp_cookie(stream);
        stream->direct = stream->assigned != NULL;
    }
    struct server *known = stick_rules_request(stream);
    if (!stream->assigned && known) {
        stream->assigned = known;
        stream->direct = true;
    }
    return true;
}

/* ---- who is not ---- */

static struct server *balance(struct stream *stream, const struct server *avoid)
{
    struct proxy *backend = stream->backend;
    const struct balance_row *row = backend->settings.balance;
    if (backend->dispatch)
        return backend->dispatch;
    if (!row)
        return NULL;
    struct server *server = row->pick(backend, stream, avoid, false);
    bool primary_alive = false;
    for (const struct server *each = backend->servers; each && !server && !primary_alive; each = each->next)
        primary_alive = server_takes_new(each) && !each->settings.backup;
    if (!server && !primary_alive)
        server = row->pick(backend, stream, avoid, true);
    return server;
}

/* option prefer-last-server: where this client's connection was before, as long as one may still be used there. */
static struct server *last_server(struct stream *stream)
{
    const struct session *session = stream->session;
    struct server *server = session->last_server;
    const struct proxy_settings *settings = &stream->backend->settings;
    if (!server || server->proxy != stream->backend || !server_takes_new(server) || !server_has_room(server))
        return NULL;
    if (settings->balance && (settings->balance->traits & BALANCE_HASH))
        return NULL;
    if (!settings->prefer_last_server && list_empty(&session->server_conns))
        return NULL;
    if (settings->max_keep_alive_queue >= 0 && (int64_t)server->queue_count > settings->max_keep_alive_queue)
        return NULL;
    return server_conn_may_reuse(stream, server) ? server : NULL;
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

/* A place on that server or in its queue. */
static enum step go_to(struct stream *stream, struct server *server)
{
    if (server_has_room(server)) {
        server_queue_occupy(stream, server);
        return STEP_NEXT;
    }
    if (server->settings.maxqueue <= 0 || (int64_t)server->queue_count < server->settings.maxqueue) {
        server_queue_enter(stream, server);
        return STEP_WAIT;
    }
    if (stream->direct && !stream->force_persist && stream->backend->settings.redispatch) {
        stream->direct = false;
        stream->assigned = NULL;
        return server_pick_run(stream);
    }
    server->counters.failed_connections++;
    no_server(stream, 'S', 'Q');
    return STEP_WAIT;
}

enum step server_pick_run(struct stream *stream)
{
    struct proxy *backend = stream->backend;
    if (stream->server_counted)
        return STEP_NEXT;
    if (stream->in_queue) {
        if (engine_now(stream->engine) < stream->deadline_queue)
            return STEP_WAIT;
        server_queue_leave(stream);
        no_server(stream, 's', 'Q');
        return STEP_WAIT;
    }
    if (!assign(stream)) {
        if (!stream_reply_error(stream, 500, 'R', 'R'))
            stream_abort(stream, 'R', 'R', false);
        return STEP_WAIT;
    }
    struct server *server = stream->assigned;
    if (!server)
        server = last_server(stream);
    if (!server)
        server = balance(stream, NULL);
    if (server)
        return go_to(stream, server);
    if (!any_usable(backend))
        no_server(stream, 'S', 'C');
    else
        server_queue_enter(stream, NULL);
    return STEP_WAIT;
}

/* ---- another attempt ---- */

/* Whether this attempt is one at which `option redispatch` lets go of the server. A stream that no key binds to one may
 * move at once when servers take turns. */
static bool may_move(const struct stream *stream)
{
    const struct proxy_settings *settings = &stream->backend->settings;
    int every = settings->redispatch_after;
    unsigned active = 0;
    if (!settings->redispatch || stream->force_persist)
        return false;
    int period =
        every < 0 ? (int)stream->tries_max + 1 + every : every; /* negative: counted from the last one */
    if (period > 0 && stream->try_count % (unsigned)period == 0)
        return true;
    if (stream->direct || !settings->balance || !(settings->balance->traits & BALANCE_IN_TURN))
        return false;
    for (const struct server *server = stream->backend->servers; server && active < 2; server = server->next)
        active += server_takes_new(server) && !server->settings.backup;
    return active > 1;
}

static void move(struct stream *stream, struct server *from)
{
    stream->direct = false;
    stream->assigned = NULL;
    server_pick_leave(stream);
    stream->server = NULL;
    struct server *other = balance(stream, from);
    if (!other)
        other = from;
    if (other != from) {
        from->counters.redispatches++;
        stream->backend->back_counters.redispatches++;
        stream->redispatched = true;
    } else {
        from->counters.retries++;
        stream->backend->back_counters.retries++;
    }
    if (server_has_room(other))
        server_queue_occupy(stream, other);
    else
        stream->assigned = other; /* its queue */
    stream->phase = PHASE_SERVER;
    stream_wake(stream);
}

bool server_pick_again(struct stream *stream, bool pause)
{
    struct server *server = stream->server;
    struct proxy *backend = stream->backend;
    if (!stream->tries_left)
        return false;
    stream->tries_left--;
    stream->try_count++;
    if (may_move(stream)) {
        move(stream, server);
        if (stream->server != server || !pause)
            return true;
    } else {
        server->counters.retries++;
        backend->back_counters.retries++;
    }
    uint64_t limit = stream->timeout_connect_ms * NS_PER_MS;
    if (!pause)
        stream_wake(stream);
    else
        stream_wait_until(stream, engine_now(stream->engine) +
                                      (limit && limit < RETRY_PAUSE_NS ? limit : RETRY_PAUSE_NS));
    return true;
}

/* Another attempt, or none. pause: the server would hardly answer otherwise at once. */
static void try_again(struct stream *stream, enum io_status why, bool pause)
{
    stream->server->counters.failed_connections++;
    if (stream->engine->observe)
        stream->engine->observe(stream->engine, stream->server, false, false);
    bool retry = (stream->backend->settings.retry_on & RETRY_CONN_FAILURE) != 0;
    if (retry && server_pick_again(stream, pause))
        return;
    server_pick_leave(stream);
    no_server(stream, why == IO_TIMED_OUT ? 's' : 'S', 'C');
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
    server->proxy->back_counters.connects++;
    if (!stream->back) {
        try_again(stream, why,
                  false); /* nothing was sent: want of descriptors or ports, a path that is not there */
        return false;
    }
    uint64_t limit = stream->timeout_connect_ms;
    stream->deadline_connect = limit ? engine_now(stream->engine) + limit * NS_PER_MS : TIMER_OFF;
    return true;
}

/* `redir`: what the server has, the client is to fetch itself. Only for methods that change nothing. */
static bool redirect(struct stream *stream)
{
    const char *prefix = stream->server->settings.redirect_prefix;
    struct http_txn *http = stream->http;
    if (!prefix || !http || (http->request.method_id != HTTP_GET && http->request.method_id != HTTP_HEAD))
        return false;
    struct http_msg head;
    struct str uri = http_msg_pathq(&http->request);
    struct str location = arena_printf(&stream->arena, "%s%.*s", prefix, STR_ARG(uri));
    http_msg_init(&head, &stream->arena, true);
    head.status = 302;
    head.reason = STR("Found");
    head.body = HTTP_BODY_LENGTH;
    bool well = location.data && http_msg_add(&head, STR("cache-control"), STR("no-cache")) &&
                http_msg_add(&head, STR("content-length"), STR("0")) &&
                http_msg_add(&head, STR("location"), location);
    if (!well || !stream_reply_message(stream, &head, STR(""), 'L', 'C'))
        stream_abort(stream, 'R', 'C', false);
    return true;
}

enum step server_pick_connect(struct stream *stream)
{
    if (!stream->back && redirect(stream))
        return STEP_WAIT;
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
        tls_count_server(stream, true);
        if (stream->engine->observe)
            stream->engine->observe(stream->engine, stream->server, false, true);
        stream->back->request_count++;
        stream->session->last_server = stream->server;
        return STEP_NEXT;
    }
    bool late = engine_now(stream->engine) >= stream->deadline_connect;
    if (conn->error == IO_OK && !late)
        return STEP_WAIT;
    enum io_status why = conn->error != IO_OK ? conn->error : IO_TIMED_OUT;
    const struct tls_conn *tls = tls_conn_of(conn);
    stream->back_failure = tls ? (int)tls->failure : 0;
    stream->back_tls_error = tls ? tls->error : 0;
    tls_count_server(stream, false);
    server_conn_destroy(stream->back, false);
    stream->back = NULL;
    stream->deadline_connect = TIMER_OFF;
    try_again(stream, why, why != IO_TIMED_OUT);
    return STEP_WAIT;
}
