/* Unix stream sockets: connected at once, bytes are in the reader's queue at once, and a close is seen at once.
 *
 * What a writer may have unread is counted as Linux counts it: each write's buffer with what the kernel adds, so
 * that 278 single bytes fill a socket. The names of Linux's functions: unix_poll, unix_release_sock,
 * unix_stream_sendmsg, unix_stream_read_generic. */
#include "sim/net_parts.h"

#define CHARGE_EACH    512 /* a buffer's own size, before rounding */
#define CHARGE_STEP    256
#define SEGMENT_MOST   32768
#define DATA_WITH_SOCK 4096 /* most that travels with a socket, as the real platform reads it */

enum io_status net_unix_connect(struct net_conn *conn, const struct addr *to)
{
    struct net_end *client = &conn->ends[0], *server = &conn->ends[1];
    struct net_path *path = net_path_of(client->sock.net, to, false);
    if (!path || !path->there)
        return to->family == ADDR_ABSTRACT ? IO_REFUSED : IO_NOT_FOUND;
    struct net_sock *bound = path->bound;
    if (!bound)
        return IO_REFUSED;
    if (bound->kind != NET_UNIX_LISTENER)
        return IO_BAD; /* EPROTOTYPE */
    struct net_listener *listener = CONTAINER_OF(bound, struct net_listener, sock);
    if (listener->shut)
        return IO_REFUSED;
    if (net_listener_full(listener))
        return IO_NO_PORTS; /* EAGAIN, and nothing is under way: see platform_open */
    net_conn_set_server(conn, bound->host, bound->entity);
    client->sock.own.family = ADDR_UNIX;
    server->sock.own = bound->own;
    client->state = server->state = NET_OPEN;
    net_pending_add(listener, conn);
    net_pending_establish(conn);
    return IO_OK;
}

/* ---- readiness ---- */

static bool shut_read(const struct net_end *end)
{
    return end->fin_received || end->shut_read || end->reset;
}

static bool shut_write(const struct net_end *end)
{
    return end->fin_queued || end->reset;
}

static bool has_space(const struct net_end *end)
{
    return end->used_charge * 4 <= end->send_limit;
}

unsigned net_unix_readiness(struct net_end *end)
{
    unsigned ready = end->sock.error != IO_OK ? PLAT_ERROR : 0;
    if (shut_read(end) && shut_write(end))
        ready |= PLAT_HUNG_UP;
    if (shut_read(end))
        ready |= PLAT_READABLE | PLAT_PEER_SHUT;
    if (end->received.bytes)
        ready |= PLAT_READABLE;
    if (has_space(end))
        ready |= PLAT_WRITABLE;
    return ready;
}

/* ---- ending ---- */

void net_unix_close(struct net_end *end)
{
    struct net_end *other = net_other(end);
    struct net *net = end->sock.net;
    bool unread = end->received.bytes > 0;
    list_remove(&end->sock.notify);
    if (end->state == NET_OPEN) {
        end->state = NET_CLOSED;
        other->reset = true; /* both directions end, but what was written is still to be read */
        if (unread || end->sock.linger_reset)
            other->sock.error = IO_RESET;
        net_trace(&other->sock, unread ? EV_RST : EV_FIN, 0, STR_NONE);
        net_edge(&other->sock);
    }
    net_queue_clear(net, &end->received);
    net_conn_settle(end->conn);
}

enum io_status net_unix_shutdown(struct net_end *end, enum plat_shutdown how)
{
    struct net_end *other = net_other(end);
    end->fin_queued = true;
    other->fin_received = true;
    if (how == PLAT_SHUT_BOTH) {
        end->shut_read = true;
        other->fin_queued = true;
    }
    net_trace(&other->sock, EV_FIN, 0, STR_NONE);
    net_edge(&other->sock);
    net_edge(&end->sock);
    return IO_OK;
}

/* ---- reading ---- */

/* Room came back to who wrote it, and Linux says so each time. */
static void used_up(void *data, struct net_segment *segment)
{
    struct net_end *end = data, *writer = net_other(end);
    writer->used_charge -= segment->charge;
    if (has_space(writer))
        net_edge(&writer->sock);
    net_segment_give(end->sock.net, segment);
}

static enum io_status why_nothing(struct net_end *end)
{
    enum io_status error = (enum io_status)end->sock.error;
    end->sock.error = IO_OK;
    if (error != IO_OK)
        return error;
    return shut_read(end) ? IO_CLOSED : IO_WOULD_BLOCK;
}

/* The bytes with which a socket travels are the last that one read gives; who does not ask for it loses it. */
static size_t readable(const struct net_end *end, struct net_segment **carrier)
{
    size_t size = 0;
    *carrier = NULL;
    for (struct net_segment *segment = end->received.first; segment && !*carrier; segment = segment->next) {
        size += segment->size;
        if (segment->passenger)
            *carrier = segment;
    }
    return size;
}

struct io_result net_unix_read(struct net_end *end, const struct io_vec *vecs, unsigned count)
{
    if (end->received.bytes == 0)
        return net_result(why_nothing(end), 0);
    struct net_segment *carrier;
    size_t most = end->carries ? readable(end, &carrier) : SIZE_MAX;
    size_t size = net_queue_read(&end->received, vecs, count, most, used_up, end);
    net_trace(&end->sock, EV_READ, size, STR_NONE);
    return net_result(IO_OK, size);
}

/* ---- writing ---- */

static enum io_status may_write(const struct net_end *end)
{
    const struct net_end *other = net_other(end);
    if (shut_write(end) || shut_read(other) || other->state != NET_OPEN)
        return IO_CLOSED;
    return end->used_charge < end->send_limit ? IO_OK : IO_WOULD_BLOCK;
}

static void deliver(struct net_end *end, struct net_segment *segment)
{
    struct net_end *other = net_other(end);
    segment->charge = (segment->size + CHARGE_EACH + CHARGE_STEP - 1) / CHARGE_STEP * CHARGE_STEP;
    end->used_charge += segment->charge;
    net_trace(&end->sock, EV_SEND, segment->size, str_make(segment->data, segment->size));
    net_queue_add(&other->received, segment);
    net_edge(&other->sock);
}

struct io_result net_unix_write(struct net_end *end, const struct io_vec *vecs, unsigned count)
{
    struct net_source source = { vecs, 0 };
    size_t size = net_vecs_size(vecs, count), done = 0;
    enum io_status status = IO_OK;
    while (done < size && (status = may_write(end)) == IO_OK) {
        size_t part = size - done < SEGMENT_MOST ? size - done : SEGMENT_MOST;
        struct net_segment *segment = net_segment_take(end->sock.net, part);
        if (part > segment->capacity)
            part = segment->capacity;
        net_source_copy(&source, segment->data, part);
        segment->size = (uint32_t)part;
        deliver(end, segment);
        done += part;
    }
    return done ? net_result(IO_OK, done) : net_result(status, 0);
}

/* ---- sockets over sockets ---- */

static struct net_end *unix_end(struct net_host *host, plat_sock number)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    return sock->kind == NET_UNIX ? net_end_of(sock) : NULL;
}

struct io_result net_send_sock(struct net_host *host, plat_sock via, plat_sock what, struct str data)
{
    struct net_end *end = unix_end(host, via);
    struct net_sock *passenger = net_descriptor(host, what)->sock;
    if (!end || data.size == 0)
        return net_result(IO_BAD, 0);
    enum io_status status = may_write(end);
    if (status != IO_OK)
        return net_result(status, 0);
    struct net_segment *segment = net_segment_take(end->sock.net, data.size);
    size_t size = data.size < segment->capacity ? data.size : segment->capacity;
    memcpy(segment->data, data.data, size);
    segment->size = (uint32_t)size;
    segment->passenger = passenger;
    passenger->holders++;
    net_other(end)->carries = true;
    deliver(end, segment);
    return net_result(IO_OK, size);
}

plat_sock net_receive_sock(struct net_host *host, plat_sock via, struct buf *data, enum io_status *status)
{
    struct net_end *end = unix_end(host, via);
    char *room = buf_room(data, DATA_WITH_SOCK);
    *status = end ? IO_NO_MEMORY : IO_BAD;
    if (!end || !room)
        return PLAT_NO_SOCK;
    struct net_segment *carrier;
    struct io_vec vec = { room, DATA_WITH_SOCK };
    size_t most = readable(end, &carrier);
    struct net_sock *passenger = carrier && most <= DATA_WITH_SOCK ? carrier->passenger : NULL;
    if (passenger)
        carrier->passenger = NULL;
    if (end->received.bytes == 0) {
        *status = why_nothing(end);
        return PLAT_NO_SOCK;
    }
    data->size += net_queue_read(&end->received, &vec, 1, most, used_up, end);
    *status = IO_OK;
    if (!passenger)
        return PLAT_NO_SOCK;
    plat_sock number = PLAT_NO_SOCK;
    if (net_has_room(host, 1, status))
        number = net_add_descriptor(host, passenger, status);
    net_drop(passenger);
    return number;
}
