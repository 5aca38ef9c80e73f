/* A log server of a ring: connected when there is something to say, and again after a while when that failed. What could
 * not be sent stays in the ring until it is forgotten there. A line counts as sent when the system took it whole. */
#include "stream/ring_server.h"
#include "base/mem.h"
#include "base/units.h"
#include "log/log_ring.h"
#include "net/conn.h"
#include "proxy/configuration.h"
#include "stream/engine.h"

#define RETRY_NS   NS_PER_S
#define BATCH_MAX  16384 /* bytes that wait in a connection's own buffer */
#define CONNECT_NS (5 * NS_PER_S)

struct ring_server {
    struct list link; /* engine's ring_servers */
    struct engine *engine;
    struct log_ring *ring;
    const struct log_ring_server *server;
    struct log_ring_reader reader;
    struct conn conn;
    struct task task;
    struct timer timer; /* the next attempt; the end of one under way */
    struct buf out;     /* lines taken from the ring */
    size_t sent;
};

static void written(struct log_ring_reader *reader)
{
    struct ring_server *self = CONTAINER_OF(reader, struct ring_server, reader);
    task_wake(&self->task);
}

static void conn_ready(struct conn *conn, void *owner)
{
    struct ring_server *self = owner;
    (void)conn;
    task_wake(&self->task);
}

static void timer_fired(struct timer *timer)
{
    struct ring_server *self = CONTAINER_OF(timer, struct ring_server, timer);
    task_wake(&self->task);
}

/* Frames one line: newline behind, or its length in front (RFC 6587 section 3.4). */
static bool take_line(struct ring_server *self)
{
    struct buf line = BUF_INIT;
    bool found = log_ring_read(self->ring, &self->reader.position, &line);
    if (found && self->server->octet_count)
        buf_printf(&self->out, "%zu %.*s", line.size, STR_ARG(buf_str(&line)));
    else if (found)
        buf_printf(&self->out, "%.*s\n", STR_ARG(buf_str(&line)));
    buf_finish(&line);
    return found && !self->out.failed;
}

static void fill(struct ring_server *self)
{
    if (self->sent == self->out.size) {
        buf_reset(&self->out);
        self->sent = 0;
    }
    while (self->out.size < BATCH_MAX && take_line(self))
        ;
}

static void give_up(struct ring_server *self)
{
    conn_close(&self->conn, false);
    buf_reset(&self->out); /* a line that was sent in part is not begun again in its middle */
    self->sent = 0;
    (void)timer_set(&self->timer, engine_now(self->engine) + RETRY_NS);
}

static void begin_connect(struct ring_server *self)
{
    struct plat_connect how = { .to = self->server->addr };
    uint64_t limit = self->ring->timeout_connect_ms ? self->ring->timeout_connect_ms * NS_PER_MS : CONNECT_NS;
    if (self->ring->end <= self->reader.position || timer_armed(&self->timer))
        return;
    self->conn = (struct conn){ .ready = conn_ready, .owner = self };
    if (!conn_connect(&self->conn, self->engine->loop, &how)) {
        self->conn.state = CONN_CLOSED;
        (void)timer_set(&self->timer, engine_now(self->engine) + RETRY_NS);
        return;
    }
    (void)timer_set(&self->timer, engine_now(self->engine) + limit);
}

/* A log server says nothing; when it does, that is thrown away. false: it closed. */
static bool still_there(struct ring_server *self)
{
    char drop[256];
    struct io_vec vec = { drop, sizeof(drop) };
    while (self->conn.readable) {
        struct io_result result = conn_read(&self->conn, &vec, 1);
        if (result.status == IO_WOULD_BLOCK)
            break;
        if (result.status != IO_OK)
            return false;
    }
    return true;
}

static void send_lines(struct ring_server *self)
{
    for (;;) {
        fill(self);
        if (self->sent == self->out.size || !self->conn.writable)
            return;
        struct io_vec vec = { self->out.data + self->sent, self->out.size - self->sent };
        struct io_result result = conn_write(&self->conn, &vec, 1, false);
        if (result.status == IO_WOULD_BLOCK)
            return;
        if (result.status != IO_OK) {
            give_up(self);
            return;
        }
        self->sent += result.size;
    }
}

static void run(struct task *task)
{
    struct ring_server *self = CONTAINER_OF(task, struct ring_server, task);
    bool late = timer_armed(&self->timer) && engine_now(self->engine) >= self->timer.at_ns;
    if (late)
        timer_stop(&self->timer);
    if (self->conn.state == CONN_CLOSED)
        begin_connect(self);
    if (self->conn.state == CONN_CONNECTING && (late || self->conn.error != IO_OK))
        give_up(self);
    if (self->conn.state != CONN_READY)
        return;
    timer_stop(&self->timer);
    if (self->conn.error != IO_OK || !still_there(self))
        give_up(self);
    else
        send_lines(self);
}

static bool begin(struct engine *engine, struct log_ring *ring, const struct log_ring_server *server)
{
    struct ring_server *self = mem_zero(sizeof(*self));
    if (!self)
        return false;
    self->engine = engine;
    self->ring = ring;
    self->server = server;
    self->conn.state = CONN_CLOSED;
    task_init(&self->task, engine->loop, run);
    timer_init(&self->timer, engine->loop, timer_fired);
    log_ring_reader_begin(&self->reader, ring, true, written);
    list_add_last(&engine->ring_servers, &self->link);
    task_wake(&self->task);
    return true;
}

bool ring_servers_begin(struct engine *engine)
{
    for (struct log_ring *ring = engine->configuration->rings; ring; ring = ring->next) {
        for (const struct log_ring_server *server = ring->servers; server; server = server->next) {
            if (!begin(engine, ring, server))
                return false;
        }
    }
    return true;
}

void ring_servers_end(struct engine *engine)
{
    LIST_EACH_SAFE(link, &engine->ring_servers)
    {
        struct ring_server *self = LIST_ITEM(link, struct ring_server, link);
        list_remove(&self->link);
        log_ring_reader_end(&self->reader);
        conn_close(&self->conn, false);
        task_cancel(&self->task);
        timer_finish(&self->timer);
        buf_finish(&self->out);
        mem_free(self);
    }
}
