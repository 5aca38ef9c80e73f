/* Connections over the platform's sockets. Readiness comes as edges: `readable` and `writable` stay true until a
 * call would block or came short, so that an exchange costs one read and one write a side. */
#include "net/conn.h"
#include "base/mem.h"

/* What of a header is done with goes. */
static void tidy_header(struct conn *conn)
{
    struct conn_header *header = conn->header;
    if (header && header->early_at == header->early.size) {
        buf_finish(&header->early);
        header->early_at = 0;
    }
    if (!header || header->early.size || header->tlvs.size)
        return;
    buf_finish(&header->tlvs);
    mem_free(header);
    conn->header = NULL;
}

static void drop_header(struct conn *conn)
{
    if (!conn->header)
        return;
    buf_finish(&conn->header->early);
    buf_finish(&conn->header->tlvs);
    mem_free(conn->header);
    conn->header = NULL;
}

/* NULL: no memory. */
static struct conn_header *need_header(struct conn *conn)
{
    if (!conn->header)
        conn->header = mem_zero(sizeof(*conn->header));
    return conn->header;
}

/* Bytes that came along with a header and belong to the transport. */
static size_t take_early(struct conn *conn, const struct io_vec *vecs, unsigned count)
{
    struct conn_header *header = conn->header;
    size_t taken = 0;
    for (unsigned i = 0; i < count && header->early_at < header->early.size; i++) {
        size_t left = header->early.size - header->early_at, size = vecs[i].size < left ? vecs[i].size : left;
        memcpy(vecs[i].data, header->early.data + header->early_at, size);
        header->early_at += size;
        taken += size;
    }
    tidy_header(conn);
    return taken;
}

static struct io_result plain_read(struct conn *conn, const struct io_vec *vecs, unsigned count)
{
    if (conn_has_early(conn))
        return (struct io_result){ IO_OK, take_early(conn, vecs, count) };
    struct platform *platform = loop_platform(conn->watch.loop);
    return platform->ops->read(platform, conn->watch.sock, vecs, count);
}

static struct io_result plain_write(struct conn *conn, const struct io_vec *vecs, unsigned count, bool more)
{
    struct platform *platform = loop_platform(conn->watch.loop);
    return platform->ops->write(platform, conn->watch.sock, vecs, count, more);
}

const struct transport_ops conn_plain = { "RAW", plain_read, plain_write, NULL, NULL, NULL };

static void fail(struct conn *conn, enum io_status why)
{
    if (conn->error == IO_OK)
        conn->error = why;
    conn->readable = conn->writable = true; /* whoever waits for either learns of it */
}

static void header_done(struct conn *conn)
{
    conn->state = conn->transport->handshake ? CONN_HANDSHAKE : CONN_READY;
}

/* Our header goes out, as far as the socket takes it. */
static void send_header(struct conn *conn)
{
    struct conn_header *header = conn->header;
    while (header && header->early_at < header->early.size && conn->writable) {
        struct io_vec vec = { header->early.data + header->early_at, header->early.size - header->early_at };
        struct io_result result = plain_write(conn, &vec, 1, false);
        if (result.status == IO_WOULD_BLOCK) {
            conn->writable = false;
            return;
        }
        if (result.status != IO_OK) {
            fail(conn, result.status);
            return;
        }
        header->early_at += result.size;
    }
    if (header && header->early_at < header->early.size)
        return;
    tidy_header(conn);
    header_done(conn);
}

static void believe(struct conn *conn, const struct proxy_header *came, size_t used)
{
    struct conn_header *header = conn->header;
    bool well = true;
    if (came->named)
        well = conn_say_source(conn, &came->source) && conn_say_destination(conn, &came->destination);
    buf_add(&header->tlvs, came->tlvs);
    well = well && !header->tlvs.failed;
    buf_remove(&header->early, 0, used);
    tidy_header(conn);
    conn->expects = PROXY_HEADER_NONE;
    conn->header_came = true;
    if (!well)
        fail(conn, IO_NO_MEMORY);
    else
        header_done(conn);
}

#define HEADER_READ_SIZE 512

/* A header is looked at as it comes; what is none ends the connection. */
static void receive_header(struct conn *conn)
{
    while (conn->readable && conn->error == IO_OK) {
        struct conn_header *header = need_header(conn);
        char *room = header ? buf_room(&header->early, HEADER_READ_SIZE) : NULL;
        if (!room) {
            fail(conn, IO_NO_MEMORY);
            return;
        }
        struct io_vec vec = { room, HEADER_READ_SIZE };
        struct platform *platform = loop_platform(conn->watch.loop);
        struct io_result result = platform->ops->read(platform, conn->watch.sock, &vec, 1);
        if (result.status == IO_WOULD_BLOCK) {
            conn->readable = false;
            return;
        }
        if (result.status == IO_CLOSED) {
            conn->read_ended = conn->peer_shut = true;
            return;
        }
        if (result.status != IO_OK) {
            fail(conn, result.status);
            return;
        }
        header->early.size += result.size;
        conn->any_in = true;
        struct proxy_header came;
        size_t used;
        switch (proxy_header_read(conn->expects, conn->magic, buf_str(&header->early), &came, &used)) {
        case PROXY_HEADER_MORE:
            break;
        case PROXY_HEADER_DONE:
            believe(conn, &came, used);
            return;
        case PROXY_HEADER_REJECT:
            conn->header_refused = true;
            fail(conn, IO_BAD);
            return;
        }
    }
}

static void go_on_with_header(struct conn *conn)
{
    if (conn->expects != PROXY_HEADER_NONE)
        receive_header(conn);
    else
        send_header(conn);
}

/* The socket is writable for the first time, or it erred: the connect is over. */
static void connect_ended(struct conn *conn, bool erred)
{
    struct platform *platform = loop_platform(conn->watch.loop);
    enum io_status error = erred ? platform->ops->sock_error(platform, conn->watch.sock) : IO_OK;
    if (error != IO_OK)
        fail(conn, error);
    else if (conn_has_early(conn))
        conn->state = CONN_HEADER;
    else
        header_done(conn);
}

/* One more step. What may be read after it the transport knows: bytes may have come along. */
static void handshake(struct conn *conn)
{
    enum io_status status = conn->transport->handshake(conn);
    if (status == IO_OK) {
        conn->state = CONN_READY;
        conn->writable = true;
    } else if (status != IO_WOULD_BLOCK) {
        fail(conn, status);
    }
}

void conn_transport_set(struct conn *conn, bool speaks_first)
{
    if (conn->state != CONN_READY || !conn->transport->handshake)
        return;
    conn->state = CONN_HANDSHAKE;
    if (speaks_first || conn->readable || conn_has_early(conn))
        handshake(conn);
}

static void on_ready(struct watch *watch, unsigned ready)
{
    struct conn *conn = CONTAINER_OF(watch, struct conn, watch);
    if (ready & (PLAT_PEER_SHUT | PLAT_HUNG_UP))
        conn->peer_shut = true;
    if (ready & (PLAT_READABLE | PLAT_PEER_SHUT | PLAT_HUNG_UP | PLAT_ERROR))
        conn->readable = true;
    if (ready & (PLAT_WRITABLE | PLAT_HUNG_UP | PLAT_ERROR))
        conn->writable = true;
    if (conn->state == CONN_CONNECTING && (ready & (PLAT_WRITABLE | PLAT_HUNG_UP | PLAT_ERROR)))
        connect_ended(conn, ready & (PLAT_HUNG_UP | PLAT_ERROR));
    if (conn->state == CONN_HEADER && conn->error == IO_OK)
        go_on_with_header(conn);
    if (conn->state == CONN_HANDSHAKE && conn->error == IO_OK) {
        handshake(conn);
        if (conn->state == CONN_HANDSHAKE && conn->error == IO_OK)
            return;
    } else if (conn->settling && conn->error == IO_OK) {
        handshake(conn);
    }
    conn->ready(conn, conn->owner);
}

static void conn_reset_fields(struct conn *conn, struct loop *loop)
{
    conn->transport = conn->transport ? conn->transport : &conn_plain;
    conn->readable = conn->writable = false;
    conn->peer_shut = conn->read_ended = conn->write_shut = conn->any_in = conn->settling = false;
    conn->error = IO_OK;
    conn->own = conn->source = conn->destination = conn->said_source = conn->said_destination = NULL;
    conn->opened_ns = loop_now(loop);
    conn->expects = PROXY_HEADER_NONE;
    conn->header_came = conn->header_refused = false;
    conn->header = NULL;
}

void conn_expect_header(struct conn *conn, enum proxy_header_kind kind, uint32_t magic)
{
    CHECK(conn->state > CONN_CONNECTING && !conn->any_in);
    conn->state = CONN_HEADER;
    conn->expects = kind;
    conn->magic = magic;
}

bool conn_send_header(struct conn *conn, struct str header)
{
    struct conn_header *kept = need_header(conn);
    if (kept)
        buf_add(&kept->early, header);
    if (!kept || kept->early.failed)
        return false;
    if (conn->state > CONN_CONNECTING) {
        conn->state = CONN_HEADER;
        send_header(conn);
    }
    return true;
}

bool conn_accepted(struct conn *conn, struct loop *loop, plat_sock sock, const struct addr *peer)
{
    conn_reset_fields(conn, loop);
    conn->peer = *peer;
    conn->error = watch_begin(&conn->watch, loop, sock, on_ready);
    if (conn->error != IO_OK) {
        struct platform *platform = loop_platform(loop);
        platform->ops->close(platform, sock);
        conn->state = CONN_CLOSED;
        return false;
    }
    conn->state = conn->transport->handshake ? CONN_HANDSHAKE : CONN_READY;
    conn->writable = true;
    return true;
}

bool conn_connect(struct conn *conn, struct loop *loop, const struct plat_connect *how)
{
    struct platform *platform = loop_platform(loop);
    conn_reset_fields(conn, loop);
    conn->peer = how->to;
    enum io_status status;
    plat_sock sock = platform->ops->connect(platform, how, &status);
    conn->state = CONN_CLOSED;
    if (sock == PLAT_NO_SOCK) {
        conn->error = status;
        return false;
    }
    conn->error = watch_begin(&conn->watch, loop, sock, on_ready);
    if (conn->error != IO_OK) {
        platform->ops->close(platform, sock);
        return false;
    }
    conn->state = CONN_CONNECTING;
    if (status == IO_OK) {
        conn->state = conn->transport->handshake ? CONN_HANDSHAKE : CONN_READY;
        conn->writable = true;
    }
    return true;
}

void conn_close(struct conn *conn, bool reset)
{
    if (conn->state == CONN_CLOSED)
        return;
    struct platform *platform = loop_platform(conn->watch.loop);
    if (conn->transport->finish)
        conn->transport->finish(conn, reset || conn->error != IO_OK);
    if (reset)
        (void)platform->ops->set_option(platform, conn->watch.sock, PLAT_LINGER_RESET, 1);
    watch_end(&conn->watch);
    conn->state = CONN_CLOSED;
    mem_free(conn->own);
    mem_free(conn->source);
    mem_free(conn->said_source);
    mem_free(conn->said_destination);
    mem_free(conn->destination);
    conn->own = conn->source = conn->destination = conn->said_source = conn->said_destination = NULL;
    drop_header(conn);
}

void conn_shut_write(struct conn *conn)
{
    if (conn->write_shut || conn->state != CONN_READY)
        return;
    struct platform *platform = loop_platform(conn->watch.loop);
    conn->write_shut = true;
    if (conn->transport->shut_write)
        conn->transport->shut_write(conn);
    (void)platform->ops->shutdown(platform, conn->watch.sock, PLAT_SHUT_WRITE);
}

static size_t vecs_size(const struct io_vec *vecs, unsigned count)
{
    size_t size = 0;
    for (unsigned i = 0; i < count; i++)
        size += vecs[i].size;
    return size;
}

struct io_result conn_read(struct conn *conn, const struct io_vec *vecs, unsigned count)
{
    if (conn->read_ended)
        return (struct io_result){ IO_CLOSED, 0 };
    bool early = conn_has_early(conn);
    struct io_result result = conn->transport->read(conn, vecs, count);
    switch (result.status) {
    case IO_OK:
        conn->any_in = true;
        /* A short read emptied the socket: the next edge tells of more. A FIN that was seen is still to be read. */
        if (result.size < vecs_size(vecs, count) && !conn->peer_shut && !early &&
            conn->transport == &conn_plain)
            conn->readable = false;
        break;
    case IO_WOULD_BLOCK:
        conn->readable = false;
        break;
    case IO_CLOSED:
        conn->read_ended = true;
        conn->peer_shut = true;
        break;
    default:
        fail(conn, result.status);
        break;
    }
    return result;
}

struct io_result conn_write(struct conn *conn, const struct io_vec *vecs, unsigned count, bool more)
{
    struct io_result result = conn->transport->write(conn, vecs, count, more);
    if (result.status == IO_OK) {
        if (result.size < vecs_size(vecs, count))
            conn->writable = false;
    } else if (result.status == IO_WOULD_BLOCK) {
        conn->writable = false;
    } else {
        fail(conn, result.status);
    }
    return result;
}

void conn_keep_alive(struct conn *conn, int64_t count, uint64_t idle_s, uint64_t interval_s)
{
    struct platform *platform = loop_platform(conn->watch.loop);
    plat_sock sock = conn->watch.sock;
    if (!addr_is_ip(&conn->peer))
        return;
    (void)platform->ops->set_option(platform, sock, PLAT_KEEP_ALIVE, 1);
    platform_set_asked(platform, sock, PLAT_KEEP_ALIVE_COUNT, (uint64_t)count);
    platform_set_asked(platform, sock, PLAT_KEEP_ALIVE_IDLE, idle_s);
    platform_set_asked(platform, sock, PLAT_KEEP_ALIVE_EVERY, interval_s);
}

const struct addr *conn_own(struct conn *conn)
{
    static const struct addr none = { .family = ADDR_NONE };
    if (conn->own)
        return conn->own;
    if (conn->state == CONN_CLOSED)
        return &none;
    struct addr *own = mem_zero(sizeof(*own));
    if (!own)
        return &none;
    struct platform *platform = loop_platform(conn->watch.loop);
    if (platform->ops->names(platform, conn->watch.sock, own, NULL) != IO_OK)
        own->family = ADDR_NONE;
    return conn->own = own;
}

const struct addr *conn_first_source(struct conn *conn)
{
    return conn->source ? conn->source : &conn->peer;
}

const struct addr *conn_first_destination(struct conn *conn)
{
    return conn->destination ? conn->destination : conn_own(conn);
}

const struct addr *conn_source(struct conn *conn)
{
    return conn->said_source ? conn->said_source : conn_first_source(conn);
}

const struct addr *conn_destination(struct conn *conn)
{
    return conn->said_destination ? conn->said_destination : conn_first_destination(conn);
}

static bool set_addr(struct addr **where, const struct addr *addr)
{
    if (!*where)
        *where = mem_alloc(sizeof(**where));
    if (!*where)
        return false;
    **where = *addr;
    return true;
}

bool conn_set_source(struct conn *conn, const struct addr *addr)
{
    return set_addr(&conn->source, addr);
}

bool conn_set_destination(struct conn *conn, const struct addr *addr)
{
    return set_addr(&conn->destination, addr);
}

bool conn_say_source(struct conn *conn, const struct addr *addr)
{
    return set_addr(&conn->said_source, addr);
}

bool conn_say_destination(struct conn *conn, const struct addr *addr)
{
    return set_addr(&conn->said_destination, addr);
}
