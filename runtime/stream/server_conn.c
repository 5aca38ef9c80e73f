/* Connections to servers. An idle one is watched: when the server closes it or sends something unasked, it goes. Who may
 * take it is a matter of http-reuse (HAProxy manual 4.2): one that is bound to a session waits in that session's list,
 * the others in the server's. */
#include "stream/server_conn.h"
#include "base/digest.h"
#include "base/units.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include "stream/tls_count.h"
#include "tls/tls_client.h"
#include "tls/tls_conn.h"

/* Bytes came that nobody asked for. TLS has bytes of its own (session tickets), so there the transport must look. */
static bool unasked(struct conn *conn)
{
    char byte;
    struct io_vec vec = { &byte, 1 };
    if (conn->readable && tls_conn_of(conn))
        (void)conn_read(conn, &vec, 1);
    return conn->readable;
}

static void conn_ready(struct conn *conn, void *owner)
{
    struct server_conn *server_conn = owner;
    if (server_conn->stream)
        stream_wake(server_conn->stream);
    else if (conn->readable || conn->peer_shut || conn->error != IO_OK)
        server_conn_destroy(server_conn, false);
}

static void idle_over(struct timer *timer)
{
    struct server_conn *server_conn = CONTAINER_OF(timer, struct server_conn, timer);
    if (!server_conn->stream)
        server_conn_destroy(server_conn, false);
}

/* ---- where to, where from, and what goes ahead ---- */

struct way {
    struct plat_connect how;
    struct buf header; /* of the PROXY protocol */
    struct buf sni;    /* for the handshake, empty: none */
    uint64_t identity;
};

static bool is_any(const struct addr *addr)
{
    static const uint8_t none[16];
    return addr_is_ip(addr) && memcmp(addr->u.ip, none, addr->family == ADDR_IPV4 ? 4 : 16) == 0;
}

/* A server without an address of its own stands for where the client wanted to go, and so does its port. */
static bool find_target(const struct server *server, struct stream *stream, struct plat_connect *how)
{
    how->to = server->addr.addr;
    if (!addr_is_ip(&how->to))
        return how->to.family != ADDR_NONE;
    bool own_port = server->addr.port_given && !server->addr.port_relative && how->to.port;
    if (own_port && !is_any(&how->to)) /* most: the system need not be asked where the client wanted to go */
        return true;
    const struct addr *wanted = stream_destination(stream);
    if (is_any(&how->to) && addr_is_ip(wanted)) {
        uint16_t port = how->to.port;
        how->to = *wanted;
        how->to.port = port;
    }
    if (own_port)
        return true;
    how->to.port = (uint16_t)(wanted->port + server->addr.port_offset);
    return how->to.port != 0;
}

/* `source` of the server, else of its backend; usesrc takes the client's address. */
static void find_source(const struct server *server, struct stream *stream, struct plat_connect *how)
{
    const struct source_settings *source = &server->settings.source;
    if (!source->given)
        source = &stream->backend->settings.source;
    if (!source->given)
        return;
    how->from = source->addr.addr;
    how->interface = source->interface;
    const struct addr *client = stream_source(stream);
    struct addr found;
    switch (source->use) {
    case SOURCE_OWN:
        return;
    case SOURCE_CLIENT:
    case SOURCE_CLIENT_IP:
        found = *client;
        break;
    case SOURCE_ADDR:
        found = source->use_addr.addr;
        break;
    case SOURCE_HEADER: {
        struct str value;
        if (!stream->http ||
            !http_msg_value_at(&stream->http->request, str_of(source->header), false, (int)source->occurrence,
                               &value) ||
            !addr_parse_ip(value, &found))
            return;
        break;
    }
    default:
        return;
    }
    if (!addr_is_ip(&found))
        return;
    how->from = found;
    if (source->use != SOURCE_CLIENT && source->use != SOURCE_ADDR)
        how->from.port = 0;
    how->transparent = true;
}

/* The name for the handshake, as the server's `sni` gives it for this stream. */
static bool find_sni(struct stream *stream, const struct server *server, struct buf *out)
{
    struct sample value;
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    if (server->settings.ssl && server->sni && sample_eval_as(server->sni, &context, SAMPLE_STR, &value))
        buf_add(out, value.u.text);
    arena_rewind(context.scratch, mark);
    return !out->failed;
}

/* Connections of different names are not alike, even when all else is. */
static void trace_name(struct digest_trace *trace, struct stream *stream, const struct server *server,
                       struct str sni)
{
    struct sample value;
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    if (!server->settings.conn_name)
        digest_trace_bytes(trace, sni);
    else if (sample_eval_as(server->settings.conn_name, &context, SAMPLE_STR, &value))
        digest_trace_bytes(trace, value.u.text);
    arena_rewind(context.scratch, mark);
}

static void trace_addr(struct digest_trace *trace, const struct addr *addr)
{
    digest_trace_u64(trace, addr->family);
    if (addr_is_ip(addr)) {
        digest_trace_bytes(trace, str_make((const char *)addr->u.ip, addr->family == ADDR_IPV4 ? 4 : 16));
        digest_trace_u64(trace, addr->port);
    }
}

/* Whether bytes of ours are ready to go with the handshake's last packet. */
static bool speaks_first(const struct stream *stream, const struct server *server)
{
    int smart = server->proxy->settings.smart_connect;
    return smart == SMART_CONNECT_ALWAYS || (smart == SMART_CONNECT_HTTP && stream->http);
}

/* Two ways of one identity are one way: a connection on it may serve both. false: no memory, or nowhere to go. */
static bool find_way(struct stream *stream, struct server *server, struct way *way, enum io_status *why)
{
    struct digest_trace trace = DIGEST_TRACE_INIT;
    *way = (struct way){ .header = BUF_INIT, .sni = BUF_INIT };
    *why = IO_BAD;
    if (!find_target(server, stream, &way->how))
        return false;
    find_source(server, stream, &way->how);
    way->how.late_ack = speaks_first(stream, server);
    *why = IO_NO_MEMORY;
    if (!server_header_build(stream, server, &way->header) || !find_sni(stream, server, &way->sni))
        return false;
    trace_addr(&trace, &way->how.to);
    trace_addr(&trace, &way->how.from);
    digest_trace_bytes(&trace, buf_str(&way->header));
    trace_name(&trace, stream, server, buf_str(&way->sni));
    way->identity = digest_trace_value(&trace);
    return true;
}

/* As many as were used at once of late are worth to be kept. */
static void count_use(struct server *server, uint64_t now)
{
    uint64_t window_ns = server->settings.pool_purge_delay * NS_PER_MS;
    server->used_connections++;
    if (now - server->used_since_ns >= window_ns) {
        server->needed = server->used_most;
        server->used_most = 0;
        server->used_since_ns = now;
    }
    if (server->used_connections > server->used_most)
        server->used_most = server->used_connections;
}

static void set_socket_options(struct server_conn *opened, const struct server *server)
{
    const struct globals *globals = &opened->engine->configuration->globals;
    const struct proxy_settings *settings = &server->proxy->settings;
    struct platform *platform = loop_platform(opened->conn.watch.loop);
    plat_sock sock = opened->conn.watch.sock;
    if (settings->tcp_keep_alive_server)
        conn_keep_alive(&opened->conn, settings->server_keep_alive_count, settings->server_keep_alive_idle_s,
                        settings->server_keep_alive_interval_s);
    platform_set_asked(platform, sock, PLAT_RECEIVE_BUFFER, globals->receive_buffer_server);
    platform_set_asked(platform, sock, PLAT_SEND_BUFFER, globals->send_buffer_server);
    platform_set_asked(platform, sock, PLAT_USER_TIMEOUT, server->settings.tcp_user_timeout);
}

/* `allow-0rtt` of a server (manual 5.2): when the client did so, or when what is refused is sent again. */
static bool may_send_early(const struct stream *stream, const struct server *server)
{
    const struct tls_conn *client = tls_conn_of(&stream->session->conn);
    return server->tls->settings.allow_0rtt && stream->http && !stream->early_refused &&
           ((client && client->early_data) || (stream->backend->settings.retry_on & RETRY_0RTT_REJECTED));
}

static struct server_conn *open_way(struct stream *stream, struct server *server, const struct way *way,
                                    enum io_status *why)
{
    struct engine *engine = stream->engine;
    struct server_conn *opened = pool_take(&engine->server_conns);
    *why = IO_NO_MEMORY;
    if (!opened)
        return NULL;
    memset(opened, 0, sizeof(*opened));
    opened->engine = engine;
    opened->server = server;
    opened->stream = stream;
    opened->identity = way->identity;
    opened->conn.ready = conn_ready;
    opened->conn.owner = opened;
    list_init(&opened->idle_link);
    timer_init(&opened->timer, engine->loop, idle_over);
    if (!conn_connect(&opened->conn, engine->loop, &way->how)) {
        *why = opened->conn.error;
        pool_give(&engine->server_conns, opened);
        return NULL;
    }
    set_socket_options(opened, server);
    count_use(server, engine_now(engine));
    if (stream->backend->settings.reuse == REUSE_NEVER)
        opened->session = stream->session;
    bool well = !way->header.size || conn_send_header(&opened->conn, buf_str(&way->header));
    if (well && server->settings.ssl && server->tls)
        well = tls_count_room(engine->configuration) &&
               tls_conn_open(&opened->conn, server->tls, buf_str(&way->sni), may_send_early(stream, server));
    if (!well) {
        server_conn_destroy(opened, false);
        return NULL;
    }
    *why = IO_OK;
    return opened;
}

struct server_conn *server_conn_open(struct stream *stream, struct server *server, enum io_status *why)
{
    struct way way;
    struct server_conn *opened = NULL;
    if (find_way(stream, server, &way, why))
        opened = open_way(stream, server, &way, why);
    buf_finish(&way.header);
    buf_finish(&way.sni);
    return opened;
}

/* ---- reuse ---- */

/* Whether a request may take a connection that others used. The first request of a session risks to find it closed
 * and cannot be sent again for sure: it gets one that proved itself, or none. */
static bool may_share(const struct server_conn *idle, const struct stream *stream)
{
    bool first = stream->session->stream_count <= 1;
    switch ((enum http_reuse)stream->backend->settings.reuse) {
    case REUSE_NEVER:
        return false;
    case REUSE_SAFE:
        return !first;
    case REUSE_AGGRESSIVE:
        return !first || idle->request_count > 1;
    case REUSE_ALWAYS:
        return true;
    }
    return false;
}

/* One that the stream's own worker opened goes before those of other workers. */
static struct server_conn *find_idle(struct stream *stream, const struct server *server, uint64_t identity)
{
    struct server_conn *of_another = NULL;
    LIST_EACH (link, &stream->session->server_conns) {
        struct server_conn *idle = LIST_ITEM(link, struct server_conn, idle_link);
        if (idle->server == server && idle->identity == identity)
            return idle;
    }
    LIST_EACH (link, &server->idle) {
        struct server_conn *idle = LIST_ITEM(link, struct server_conn, idle_link);
        if (idle->identity != identity || !may_share(idle, stream))
            continue;
        if (idle->engine == stream->engine)
            return idle;
        if (!of_another)
            of_another = idle;
    }
    return of_another;
}

static struct server_conn *find_for(struct stream *stream, struct server *server)
{
    struct way way;
    enum io_status why;
    struct server_conn *found = NULL;
    if (list_empty(&stream->session->server_conns) && list_empty(&server->idle))
        return NULL;
    if (find_way(stream, server, &way, &why))
        found = find_idle(stream, server, way.identity);
    buf_finish(&way.header);
    buf_finish(&way.sni);
    return found;
}

bool server_conn_may_reuse(struct stream *stream, struct server *server)
{
    return find_for(stream, server) != NULL;
}

static void leave_idle(struct server_conn *idle)
{
    list_remove(&idle->idle_link);
    if (idle->session)
        idle->session->server_conn_count--;
    else
        idle->server->idle_count--;
    timer_stop(&idle->timer);
}

/* Another worker's becomes the stream's worker's. false: it cannot be, and is closed. */
static bool change_worker(struct server_conn *idle, struct engine *engine)
{
    if (watch_move(&idle->conn.watch, engine->loop) != IO_OK) {
        server_conn_destroy(idle, false);
        return false;
    }
    timer_finish(&idle->timer);
    timer_init(&idle->timer, engine->loop, idle_over);
    pool_pass(&idle->engine->server_conns, &engine->server_conns);
    idle->engine = engine;
    return true;
}

struct server_conn *server_conn_reuse(struct stream *stream, struct server *server)
{
    struct server_conn *idle = find_for(stream, server);
    if (!idle || (UNLIKELY(idle->engine != stream->engine) && !change_worker(idle, stream->engine)))
        return NULL;
    leave_idle(idle);
    idle->stream = stream;
    count_use(server, engine_now(stream->engine));
    server->counters.reused++;
    server->proxy->back_counters.reused++;
    return idle;
}

void server_conn_make_private(struct server_conn *server_conn)
{
    if (server_conn->stream)
        server_conn->session = server_conn->stream->session;
}

/* Limits on what may idle: of the server's pool and its connections' number of requests, or of the session. */
static bool has_room(const struct server_conn *server_conn)
{
    const struct server *server = server_conn->server;
    const struct server_settings *settings = &server->settings;
    if (settings->max_reuse >= 0 && (int64_t)server_conn->request_count > settings->max_reuse)
        return false;
    if (server_conn->session) {
        int64_t limit = server_conn->session->frontend->settings.max_session_srv_conns;
        return limit < 0 || (int64_t)server_conn->session->server_conn_count < limit;
    }
    int64_t idle = (int64_t)server->idle_count, most = server->used_most;
    if (server->needed > most)
        most = server->needed;
    if (idle && server->used_connections + idle > most + settings->pool_low_conn)
        return false;
    return settings->pool_purge_delay && (settings->pool_max_conn < 0 || idle < settings->pool_max_conn);
}

static bool begin_idle(struct server_conn *server_conn)
{
    struct server *server = server_conn->server;
    if (server_conn->session) {
        list_add_first(&server_conn->session->server_conns, &server_conn->idle_link);
        server_conn->session->server_conn_count++;
        return true;
    }
    uint64_t until = engine_now(server_conn->engine) + server->settings.pool_purge_delay * NS_PER_MS;
    if (!timer_set(&server_conn->timer, until))
        return false;
    list_add_first(&server->idle, &server_conn->idle_link);
    server->idle_count++;
    return true;
}

void server_conn_release(struct server_conn *server_conn, bool keep)
{
    struct server *server = server_conn->server;
    struct conn *conn = &server_conn->conn;
    bool sound = keep && conn->state == CONN_READY && conn->error == IO_OK && !conn->peer_shut &&
                 !conn->write_shut && !unasked(conn);
    server_conn->stream = NULL;
    if (!sound || !server_usable(server) || server_conn->engine->soft_stopping || !has_room(server_conn) ||
        !begin_idle(server_conn)) {
        server_conn_destroy(server_conn, false);
        return;
    }
    CHECK(server->used_connections > 0);
    server->used_connections--;
}

void server_conn_destroy(struct server_conn *server_conn, bool reset)
{
    struct engine *engine = server_conn->engine;
    if (!list_empty(&server_conn->idle_link)) {
        leave_idle(server_conn);
    } else {
        CHECK(server_conn->server->used_connections > 0);
        server_conn->server->used_connections--;
    }
    timer_finish(&server_conn->timer);
    conn_close(&server_conn->conn, reset || server_conn->server->proxy->settings.no_linger);
    pool_give(&engine->server_conns, server_conn);
}

void server_conn_purge(struct server *server)
{
    LIST_EACH_SAFE(link, &server->idle)
    server_conn_destroy(LIST_ITEM(link, struct server_conn, idle_link), false);
}

void server_conn_end_session(struct session *session)
{
    LIST_EACH_SAFE(link, &session->server_conns)
    server_conn_destroy(LIST_ITEM(link, struct server_conn, idle_link), false);
}
