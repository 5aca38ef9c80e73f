/* TCP as an application sees it.
 *
 * An end is IDLE (the other side of a SYN that nobody took yet), CONNECTING, OPEN or CLOSED. CLOSED means that nothing
 * is exchanged any more: after RST or a time-out (`reset`), or when both FINs have arrived. A FIN is queued behind the
 * unsent bytes, sent when they are on their way, and has arrived when the other end knows of it.
 *
 * What Linux does, by the names of its functions, is the model: tcp_poll for readiness, tcp_reset, tcp_close,
 * tcp_recvmsg and tcp_sendmsg for answers. Retransmission shows only as delay, and as a time-out in the end. */
#include "base/units.h"
#include "sim/net_parts.h"

#define SYN_TRIES         7 /* net.ipv4.tcp_syn_retries 6: after 1, 3, 7, 15, 31 and 63 s; given up after 127 s */
#define RETRANSMIT_NS     (200 * NS_PER_MS)
#define LATE_ACK_NS       (40 * NS_PER_MS)
#define RETRANSMIT_MAX_NS (120 * NS_PER_S)
#define RETRANSMIT_TRIES  15 /* net.ipv4.tcp_retries2 */
#define CORK_NS           (200 * NS_PER_MS)
#define JOIN_MAX          1024 /* smaller arrivals are copied behind the ones before */

/* ---- packets ---- */

/* How far the packet moves the sequence on. */
static uint32_t numbers_of(const struct net_segment *segment)
{
    switch ((enum net_packet)segment->kind) {
    case NET_DATA:
        return segment->size;
    case NET_SYN:
    case NET_SYN_ACK:
    case NET_FIN:
        return 1;
    case NET_ACK:
    case NET_RST:
        return 0;
    }
    return 0;
}

static void show(const struct net_end *end, const struct net_segment *segment)
{
    struct net *net = end->sock.net;
    struct net_packet_seen seen = { .entity = end->sock.entity,
                                    .syn = segment->kind == NET_SYN || segment->kind == NET_SYN_ACK,
                                    .ack = segment->kind != NET_SYN,
                                    .fin = segment->kind == NET_FIN,
                                    .rst = segment->kind == NET_RST,
                                    .sequence = end->wire_sent,
                                    .acknowledged = end->wire_received };
    net_name_to_addr(&end->sock.own, &seen.from, false);
    net_name_to_addr(&net_other(end)->sock.own, &seen.to, false);
    if (segment->kind == NET_DATA)
        seen.bytes = str_make(segment->data + segment->from, segment->size);
    net->on_packet(net->on_packet_data, &seen);
}

static void fly(struct net_end *end, struct net_segment *segment)
{
    struct net *net = end->sock.net;
    if (segment->kind == NET_SYN)
        end->wire_sent = 0; /* again */
    if (UNLIKELY(net->on_packet != NULL))
        show(end, segment);
    end->wire_sent += numbers_of(segment);
    uint64_t at = net_leaves(net, end->pair, segment->size) + net_latency(net, end->pair, end->sock.entity);
    if (UNLIKELY(net_is_lost(net, end->pair, end->sock.entity)))
        at += segment->kind == NET_SYN ? NS_PER_S : RETRANSMIT_NS;
    if (at < end->last_at_ns)
        at = end->last_at_ns;
    end->last_at_ns = segment->at_ns = at;
    net_queue_add(&end->flight, segment);
    if (end->stalled)
        return;
    net->in_flight++;
    if (end->flight.first == segment)
        world_timer_set(net->world, &end->deliver, at);
}

static void send_packet(struct net_end *end, enum net_packet kind)
{
    struct net_segment *segment = net_segment_take(end->sock.net, 0);
    segment->kind = (uint8_t)kind;
    fly(end, segment);
}

static void clear_flight(struct net_end *end)
{
    if (!end->stalled)
        end->sock.net->in_flight -= end->flight.count;
    end->stalled = false;
    net_queue_clear(end->sock.net, &end->flight);
    world_timer_stop(end->sock.net->world, &end->deliver);
}

/* ---- sending what is queued ---- */

static uint64_t used_space(const struct net_end *end)
{
    return end->unsent.bytes + end->flight.bytes;
}

/* Linux's sk_stream_is_writeable. */
static bool has_space(const struct net_end *end)
{
    return used_space(end) <= end->send_limit / 3 * 2;
}

/* How many bytes of the head may go now. A window that opened by little is not worth a segment. */
static uint32_t sendable(const struct net_end *end)
{
    const struct net_link *link = &end->pair->link;
    const struct net_end *other = net_other(end);
    uint32_t size = end->unsent.first->size, limit = other->receive_limit;
    uint64_t taken = other->received.bytes + end->flight.bytes;
    if (size > link->segment_max)
        size = link->segment_max;
    if (taken >= limit)
        return 0;
    uint64_t room = limit - taken;
    if (size <= room)
        return size;
    uint32_t least = limit / 2 < link->segment_max ? limit / 2 : link->segment_max;
    return room >= least ? (uint32_t)room : 0;
}

static void send_late_ack(struct net_end *end)
{
    if (!end->late_ack || end->state != NET_OPEN)
        return;
    end->late_ack = false;
    send_packet(end, NET_ACK);
}

static void transmit(struct net_end *end)
{
    struct net *net = end->sock.net;
    const struct net_link *link = &end->pair->link;
    if (end->state != NET_OPEN)
        return;
    while (end->unsent.first) {
        if (end->corked && end->unsent.bytes < link->segment_max)
            return;
        uint32_t size = sendable(end);
        if (size == 0)
            return;
        if (UNLIKELY(link->random_segments) && size > 1) {
            uint32_t cut = world_choose(net->world, SITE_SEGMENT, end->sock.entity, size);
            size = cut ? cut : size;
        }
        struct net_segment *segment = net_queue_pop(&end->unsent);
        if (size < segment->size) {
            struct net_segment *rest = net_segment_split(net, segment, size);
            rest->next = end->unsent.first;
            end->unsent.first = rest;
            end->unsent.last = rest->next ? end->unsent.last : rest;
            end->unsent.bytes += rest->size;
            end->unsent.count++;
        }
        net_trace(&end->sock, EV_SEND, size, str_make(segment->data + segment->from, size));
        send_late_ack(end);
        fly(end, segment);
    }
    if (end->fin_queued && !end->fin_sent) {
        end->fin_sent = true;
        send_late_ack(end);
        send_packet(end, NET_FIN);
    }
}

/* The sender hears of room one latency after it came. */
static void tell_sender(struct net_end *sender)
{
    struct world *world = sender->sock.net->world;
    uint64_t latency = net_other(sender)->pair->link.latency_min_ns;
    if (world_timer_armed(&sender->back))
        return;
    world_timer_set(world, &sender->back, world_now(world) + latency);
    sender->sock.net->in_flight++;
}

void net_tcp_stop_back(struct net_end *end)
{
    if (!world_timer_armed(&end->back))
        return;
    world_timer_stop(end->sock.net->world, &end->back);
    end->sock.net->in_flight--;
}

void net_tcp_back(struct world_timer *timer)
{
    struct net_end *end = CONTAINER_OF(timer, struct net_end, back);
    end->sock.net->in_flight--;
    transmit(end);
    if (end->no_space && has_space(end)) {
        end->no_space = false;
        net_edge(&end->sock);
    }
    net_flush(end->sock.net);
}

/* ---- the end of an end ---- */

static void stop_sending(struct net_end *end)
{
    net_queue_clear(end->sock.net, &end->unsent);
    world_timer_stop(end->sock.net->world, &end->retry);
    net_tcp_stop_back(end);
}

/* By what came, or did not: Linux's tcp_reset and tcp_write_err. */
static void fail(struct net_end *end, enum io_status error)
{
    if (end->state == NET_CLOSED)
        return;
    end->state = NET_CLOSED;
    end->reset = true;
    end->sock.error = (uint8_t)error;
    stop_sending(end);
    clear_flight(end);
    if (!end->conn->established)
        net_pending_remove(end->conn);
    net_edge(&end->sock);
}

/* By our own will: the other end gets RST behind what is on its way already. */
static void abort_end(struct net_end *end)
{
    bool was_open = end->state == NET_OPEN;
    end->state = NET_CLOSED;
    end->reset = true;
    stop_sending(end);
    if (!was_open)
        return;
    end->reset_sent = true;
    send_packet(end, NET_RST);
}

void net_tcp_close(struct net_end *end)
{
    struct net *net = end->sock.net;
    bool unread = end->received.bytes > 0;
    list_remove(&end->sock.notify);
    net_queue_clear(net, &end->received);
    if (end->state == NET_CONNECTING) {
        end->state = NET_CLOSED;
        stop_sending(end);
    } else if (end->state == NET_OPEN && (unread || end->sock.linger_reset)) {
        abort_end(end);
    } else if (end->state == NET_OPEN) {
        end->corked = false;
        end->fin_queued = true;
        transmit(end);
    }
    net_conn_settle(end->conn);
}

static bool shut_write(const struct net_end *end)
{
    return end->fin_queued || end->reset;
}

static bool shut_read(const struct net_end *end)
{
    return end->fin_received || end->shut_read || end->reset;
}

enum io_status net_tcp_shutdown(struct net_end *end, enum plat_shutdown how)
{
    if (end->state == NET_CONNECTING) { /* as Linux: the attempt is given up */
        end->state = NET_CLOSED;
        end->sock.error = IO_RESET;
        stop_sending(end);
        net_edge(&end->sock);
        return IO_OK;
    }
    bool was_closed = end->state == NET_CLOSED;
    if (how == PLAT_SHUT_BOTH)
        end->shut_read = true;
    end->fin_queued = true;
    end->corked = false;
    net_edge(&end->sock);
    transmit(end);
    return was_closed ? IO_CLOSED : IO_OK;
}

/* ---- readiness ---- */

unsigned net_tcp_readiness(struct net_end *end)
{
    unsigned ready = end->sock.error != IO_OK ? PLAT_ERROR : 0;
    if (end->state == NET_CLOSED || (shut_read(end) && shut_write(end)))
        ready |= PLAT_HUNG_UP;
    if (shut_read(end))
        ready |= PLAT_READABLE | PLAT_PEER_SHUT;
    if (end->state == NET_CONNECTING)
        return ready;
    if (end->received.bytes)
        ready |= PLAT_READABLE;
    if (shut_write(end) || has_space(end))
        return ready | PLAT_WRITABLE;
    end->no_space = true;
    return ready;
}

/* ---- connecting ---- */

static void send_syn(struct net_end *client)
{
    struct world *world = client->sock.net->world;
    uint64_t wait = NS_PER_S << client->tries;
    client->tries++;
    send_packet(client, NET_SYN);
    world_timer_set(world, &client->retry, world_now(world) + wait);
}

void net_tcp_connect(struct net_conn *conn)
{
    struct net_end *client = &conn->ends[0], *server = &conn->ends[1];
    struct net_listener *listener =
        net_find_listener(client->sock.net, &server->sock.own, client->sock.entity);
    net_conn_link(conn, listener ? listener->sock.host : NET_ANY_HOST);
    client->state = NET_CONNECTING;
    send_syn(client);
}

void net_tcp_retry(struct world_timer *timer)
{
    struct net_end *end = CONTAINER_OF(timer, struct net_end, retry);
    struct net *net = end->sock.net;
    send_late_ack(end);
    if (end->state == NET_CONNECTING && end->tries >= SYN_TRIES) {
        fail(end, IO_TIMED_OUT);
        net_conn_settle(end->conn);
    } else if (end->state == NET_CONNECTING) {
        send_syn(end);
    } else if (end->corked) {
        end->corked = false;
        transmit(end);
    }
    net_flush(net);
}

static void syn_arrives(struct net_end *client)
{
    struct net_end *server = net_other(client);
    struct net *net = client->sock.net;
    if (client->state != NET_CONNECTING || server->state != NET_IDLE)
        return;
    struct net_listener *listener = net_find_listener(net, &server->sock.own, client->sock.entity);
    if (!listener && !net_name_is_here(net, &server->sock.own))
        return;
    if (!listener) {
        send_packet(server, NET_RST);
        return;
    }
    if (net_listener_full(listener))
        return;
    net_conn_set_server(client->conn, listener->sock.host, listener->sock.entity);
    net_pending_add(listener, client->conn);
    server->state = NET_OPEN;
    send_packet(server, NET_SYN_ACK);
}

static void syn_ack_arrives(struct net_end *server)
{
    struct net_end *client = net_other(server);
    if (client->state != NET_CONNECTING) {
        send_packet(client, NET_RST);
        return;
    }
    client->state = NET_OPEN;
    world_timer_stop(client->sock.net->world, &client->retry);
    net_trace(&client->sock, EV_CONNECTED, 0, STR_NONE);
    if (client->late_ack)
        world_timer_set(client->sock.net->world, &client->retry,
                        world_now(client->sock.net->world) + LATE_ACK_NS);
    else
        send_packet(client, NET_ACK);
    net_edge(&client->sock);
}

static void reset_arrives(struct net_end *end)
{
    if (end->state == NET_CLOSED)
        return;
    bool refused = end->state == NET_CONNECTING;
    net_trace(&end->sock, refused ? EV_REFUSED : EV_RST, 0, STR_NONE);
    if (refused)
        fail(end, IO_REFUSED);
    else
        fail(end, end->fin_received && !end->fin_queued ? IO_CLOSED : IO_RESET);
}

/* ---- arrivals ---- */

static void join(struct net_end *end, struct net_segment *segment)
{
    struct net_segment *last = end->received.last;
    if (last && segment->size <= JOIN_MAX && last->capacity - last->from - last->size >= segment->size) {
        memcpy(last->data + last->from + last->size, segment->data + segment->from, segment->size);
        last->size += segment->size;
        end->received.bytes += segment->size;
        net_segment_give(end->sock.net, segment);
        return;
    }
    net_queue_add(&end->received, segment);
}

/* Takes the segment. Bytes for somebody who will not read them are answered by RST. */
static void data_arrives(struct net_end *from, struct net_segment *segment)
{
    struct net_end *end = net_other(from);
    bool nobody = end->sock.holders == 0 && !end->conn->listener;
    if (end->state == NET_CLOSED || nobody || (end->shut_read && end->fin_queued)) {
        net_segment_give(end->sock.net, segment);
        if (end->reset_sent || from->state == NET_CLOSED)
            return;
        if (end->state == NET_OPEN) {
            abort_end(end);
            end->sock.error = IO_RESET;
            net_edge(&end->sock);
        } else {
            end->reset_sent = true;
            send_packet(end, NET_RST);
        }
        return;
    }
    net_trace(&end->sock, EV_DELIVER, segment->size, STR_NONE);
    join(end, segment);
    net_edge(&end->sock);
    if (from->no_space && has_space(from))
        tell_sender(from);
}

static void fin_arrives(struct net_end *from)
{
    struct net_end *end = net_other(from);
    if (end->state != NET_OPEN)
        return;
    end->fin_received = true;
    from->fin_arrived = true;
    net_trace(&end->sock, EV_FIN, 0, STR_NONE);
    net_edge(&end->sock);
    if (!end->fin_arrived)
        return;
    end->state = NET_CLOSED;
    if (from->state == NET_OPEN) {
        from->state = NET_CLOSED;
        net_edge(&from->sock);
    }
}

static void arrive(struct net_end *from, struct net_segment *segment)
{
    struct net *net = from->sock.net;
    enum net_packet kind = (enum net_packet)segment->kind;
    struct net_end *to = net_other(from);
    to->wire_received = kind == NET_SYN ? 1 : to->wire_received + numbers_of(segment);
    if (kind == NET_DATA) {
        data_arrives(from, segment);
        return;
    }
    net_segment_give(net, segment);
    switch (kind) {
    case NET_SYN:
        syn_arrives(from);
        return;
    case NET_SYN_ACK:
        syn_ack_arrives(from);
        return;
    case NET_ACK:
        if (from->conn->listener && !from->conn->established)
            net_pending_establish(from->conn);
        return;
    case NET_FIN:
        fin_arrives(from);
        return;
    case NET_RST:
        reset_arrives(net_other(from));
        return;
    case NET_DATA:
        return;
    }
}

/* ---- the way ---- */

static uint64_t patience_ns(const struct net_end *end)
{
    int32_t ms = end->sock.options[PLAT_USER_TIMEOUT];
    return ms > 0 ? (uint64_t)ms * NS_PER_MS : UINT64_MAX;
}

/* The link is cut: the head is tried again later and later. SYNs are sent anew by who connects. */
static void stall(struct net_end *end)
{
    struct net *net = end->sock.net;
    uint64_t now = world_now(net->world);
    while (end->flight.first && end->flight.first->kind == NET_SYN) {
        net_segment_give(net, net_queue_pop(&end->flight));
        net->in_flight -= !end->stalled;
    }
    if (!end->flight.first)
        return;
    if (!end->stalled) {
        end->stalled = true;
        end->stalled_at_ns = now;
        end->tries = 0;
        net->in_flight -= end->flight.count;
    }
    uint64_t wait = RETRANSMIT_NS << end->tries, patience = patience_ns(end);
    if (end->tries++ >= RETRANSMIT_TRIES || now - end->stalled_at_ns >= patience) {
        fail(end, IO_TIMED_OUT);
        return;
    }
    if (wait > RETRANSMIT_MAX_NS)
        wait = RETRANSMIT_MAX_NS;
    if (patience != UINT64_MAX && now + wait > end->stalled_at_ns + patience)
        wait = end->stalled_at_ns + patience - now;
    world_timer_set(net->world, &end->deliver, now + wait);
}

static void unstall(struct net_end *end)
{
    if (!end->stalled)
        return;
    end->stalled = false;
    end->sock.net->in_flight += end->flight.count;
}

void net_tcp_deliver(struct world_timer *timer)
{
    struct net_end *end = CONTAINER_OF(timer, struct net_end, deliver);
    struct net *net = end->sock.net;
    uint64_t now = world_now(net->world);
    if (UNLIKELY(end->pair->link.cut)) {
        stall(end);
    } else {
        unstall(end);
        while (end->flight.first && end->flight.first->at_ns <= now) {
            net->in_flight--;
            arrive(end, net_queue_pop(&end->flight));
        }
        if (end->flight.first)
            world_timer_set(net->world, &end->deliver, end->flight.first->at_ns);
    }
    net_conn_settle(end->conn);
    net_flush(net);
}

/* ---- reading and writing ---- */

static void used_up(void *data, struct net_segment *segment)
{
    net_segment_give(data, segment);
}

static enum io_status take_error(struct net_end *end)
{
    enum io_status error = (enum io_status)end->sock.error;
    end->sock.error = IO_OK;
    return error;
}

/* Order as in Linux's tcp_recvmsg: bytes, FIN, error, shutdown. */
static enum io_status why_nothing(struct net_end *end)
{
    if (end->fin_received)
        return IO_CLOSED;
    if (end->sock.error != IO_OK)
        return take_error(end);
    return shut_read(end) || end->state == NET_CLOSED ? IO_CLOSED : IO_WOULD_BLOCK;
}

struct io_result net_tcp_read(struct net_end *end, const struct io_vec *vecs, unsigned count)
{
    if (end->received.bytes == 0)
        return net_result(why_nothing(end), 0);
    size_t size = net_queue_read(&end->received, vecs, count, SIZE_MAX, used_up, end->sock.net);
    net_trace(&end->sock, EV_READ, size, STR_NONE);
    struct net_end *sender = net_other(end);
    if (sender->unsent.first)
        tell_sender(sender);
    return net_result(IO_OK, size);
}

static size_t room_in(const struct net_segment *segment, uint32_t segment_max)
{
    uint32_t room = segment->capacity - segment->from - segment->size;
    uint32_t allowed = segment->size < segment_max ? segment_max - segment->size : 0;
    return room < allowed ? room : allowed;
}

static void queue_bytes(struct net_end *end, const struct io_vec *vecs, size_t size)
{
    struct net_source source = { vecs, 0 };
    uint32_t segment_max = end->pair->link.segment_max;
    struct net_segment *last = end->unsent.last;
    while (size) {
        if (!last || room_in(last, segment_max) == 0) {
            last = net_segment_take(end->sock.net, size < segment_max ? size : segment_max);
            net_queue_add(&end->unsent, last);
        }
        size_t room = room_in(last, segment_max), part = size < room ? size : room;
        net_source_copy(&source, last->data + last->from + last->size, part);
        last->size += (uint32_t)part;
        end->unsent.bytes += part;
        size -= part;
    }
}

struct io_result net_tcp_write(struct net_end *end, const struct io_vec *vecs, unsigned count, bool more)
{
    struct world *world = end->sock.net->world;
    size_t size = net_vecs_size(vecs, count);
    if (end->sock.error != IO_OK)
        return net_result(take_error(end), 0);
    if (end->state == NET_CONNECTING)
        return net_result(IO_WOULD_BLOCK, 0);
    if (end->state != NET_OPEN || shut_write(end))
        return net_result(IO_CLOSED, 0);
    uint64_t used = used_space(end);
    uint64_t room = used < end->send_limit ? end->send_limit - used : 0;
    if (size > room) {
        end->no_space = true;
        size = room;
    }
    if (size == 0)
        return net_result(IO_WOULD_BLOCK, 0);
    queue_bytes(end, vecs, size);
    end->corked = more;
    if (more && !world_timer_armed(&end->retry))
        world_timer_set(world, &end->retry, world_now(world) + CORK_NS);
    transmit(end);
    return net_result(IO_OK, size);
}
