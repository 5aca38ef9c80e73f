/* Connections to servers. An idle one is watched: when the server closes it or sends something unasked, it goes. */
#include "stream/server_conn.h"
#include "base/mem.h"
#include "base/units.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include "tls/tls_conn.h"

#define IDLE_NS (5 * NS_PER_S) /* pool-purge-delay's usual value */

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
    else if (unasked(conn) || conn->peer_shut || conn->error != IO_OK)
        server_conn_destroy(server_conn, false);
}

static void idle_over(struct timer *timer)
{
    struct server_conn *server_conn = CONTAINER_OF(timer, struct server_conn, timer);
    if (!server_conn->stream)
        server_conn_destroy(server_conn, false);
}

static bool relative_port(const struct server *server, struct stream *stream, struct plat_connect *how)
{
    if (server->addr.port_given && !server->addr.port_relative)
        return true;
    const struct addr *wanted = stream_destination(stream);
    how->to.port = (uint16_t)(wanted->port + server->addr.port_offset);
    return how->to.port != 0;
}

static bool send_header(struct stream *stream, struct server_conn *opened)
{
    struct buf header = BUF_INIT;
    bool well = server_header_build(stream, opened->server, &header);
    if (well && header.size)
        well = conn_send_header(&opened->conn, buf_str(&header));
    buf_finish(&header);
    return well;
}

/* The name for the handshake, as the server's `sni` gives it for this stream; STR_NONE: none. */
static struct str sni_of(struct stream *stream, const struct server *server)
{
    struct sample value;
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, stream->backend);
    context.final = true;
    if (!server->sni || !sample_eval_as(server->sni, &context, SAMPLE_STR, &value) || !value.u.text.size)
        return STR_NONE;
    return value.u.text;
}

static bool put_on_tls(struct stream *stream, struct server_conn *opened)
{
    const struct server *server = opened->server;
    struct arena_mark mark = arena_mark(&stream->engine->scratch);
    if (!server->settings.ssl || !server->tls)
        return true;
    struct str sni = sni_of(stream, server);
    if (sni.data) {
        opened->sni = str_make(mem_alloc(sni.size), sni.size);
        if (opened->sni.data)
            memcpy((char *)(uintptr_t)opened->sni.data, sni.data, sni.size);
    }
    bool well = !sni.data == !opened->sni.data && tls_conn_open(&opened->conn, server->tls, sni);
    arena_rewind(&stream->engine->scratch, mark);
    return well;
}

struct server_conn *server_conn_open(struct stream *stream, struct server *server, enum io_status *why)
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
    opened->session = stream->session;
    opened->conn.ready = conn_ready;
    opened->conn.owner = opened;
    list_init(&opened->idle_link);
    timer_init(&opened->timer, engine->loop, idle_over);
    struct plat_connect how = { .to = server->addr.addr };
    if (server->settings.source_given)
        how.from = server->settings.source_addr.addr;
    if (addr_is_ip(&how.to) && !relative_port(server, stream, &how)) {
        *why = IO_BAD;
        pool_give(&engine->server_conns, opened);
        return NULL;
    }
    if (!conn_connect(&opened->conn, engine->loop, &how)) {
        *why = opened->conn.error;
        pool_give(&engine->server_conns, opened);
        return NULL;
    }
    server->used_connections++;
    if (!send_header(stream, opened) || !put_on_tls(stream, opened)) {
        *why = IO_NO_MEMORY;
        server_conn_destroy(opened, false);
        return NULL;
    }
    *why = IO_OK;
    return opened;
}

/* A connection is for the name that its handshake asked for. */
static bool same_name(const struct server_conn *idle, struct stream *stream)
{
    struct arena_mark mark = arena_mark(&stream->engine->scratch);
    if (!idle->server->sni)
        return true;
    bool same = str_eq(idle->sni, sni_of(stream, idle->server));
    arena_rewind(&stream->engine->scratch, mark);
    return same;
}

static bool may_share(const struct server_conn *idle, const struct stream *stream)
{
    if (idle->session == stream->session)
        return true;
    if (idle->private_to_session)
        return false;
    switch ((enum http_reuse)stream->backend->settings.reuse) {
    case REUSE_NEVER:
        return false;
    case REUSE_SAFE:
        return stream->session->stream_count > 1;
    case REUSE_AGGRESSIVE:
        return stream->session->stream_count > 1 || idle->request_count > 1;
    case REUSE_ALWAYS:
        return true;
    }
    return false;
}

struct server_conn *server_conn_reuse(struct stream *stream, struct server *server)
{
    LIST_EACH (link, &server->idle) {
        struct server_conn *idle = LIST_ITEM(link, struct server_conn, idle_link);
        if (idle->engine != stream->engine || !may_share(idle, stream) || !same_name(idle, stream))
            continue;
        list_remove(&idle->idle_link);
        server->idle_count--;
        timer_stop(&idle->timer);
        idle->stream = stream;
        idle->session = stream->session;
        server->used_connections++;
        server->counters.reused++;
        return idle;
    }
    return NULL;
}

void server_conn_release(struct server_conn *server_conn, bool keep)
{
    struct server *server = server_conn->server;
    struct conn *conn = &server_conn->conn;
    bool sound = keep && conn->state == CONN_READY && conn->error == IO_OK && !conn->peer_shut &&
                 !conn->write_shut && !unasked(conn);
    bool room =
        server->settings.pool_max_conn < 0 || (int64_t)server->idle_count < server->settings.pool_max_conn;
    if (!keep || !sound || !room || !server_usable(server) || server_conn->engine->soft_stopping) {
        server_conn_destroy(server_conn, false);
        return;
    }
    CHECK(server->used_connections > 0);
    server->used_connections--;
    server_conn->stream = NULL;
    uint64_t delay =
        server->settings.pool_purge_delay ? server->settings.pool_purge_delay * NS_PER_MS : IDLE_NS;
    if (!timer_set(&server_conn->timer, engine_now(server_conn->engine) + delay)) {
        server->used_connections++;
        server_conn->stream = NULL;
        server_conn_destroy(server_conn, false);
        return;
    }
    list_add_first(&server->idle, &server_conn->idle_link);
    server->idle_count++;
}

void server_conn_destroy(struct server_conn *server_conn, bool reset)
{
    struct engine *engine = server_conn->engine;
    if (!list_empty(&server_conn->idle_link)) {
        list_remove(&server_conn->idle_link);
        server_conn->server->idle_count--;
    } else {
        CHECK(server_conn->server->used_connections > 0);
        server_conn->server->used_connections--;
    }
    timer_finish(&server_conn->timer);
    conn_close(&server_conn->conn, reset);
    mem_free((char *)(uintptr_t)server_conn->sni.data);
    pool_give(&engine->server_conns, server_conn);
}

void server_conn_purge(struct server *server)
{
    LIST_EACH_SAFE(link, &server->idle)
    server_conn_destroy(LIST_ITEM(link, struct server_conn, idle_link), false);
}
