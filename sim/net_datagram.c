/* Datagrams. UDP takes its time on the link, keeps its order from one sender, and is lost when the link is cut or the
 * receiver's queue is full. Nobody is told of a port without a receiver: Linux tells connected sockets only, and the
 * platform does not connect them. Unix datagrams are in the receiver's queue at once, or refused. */
#include "base/units.h"
#include "sim/net_parts.h"
#include "sim/sim_mem.h"

#define UDP_MOST         65507  /* 65535 less the headers */
#define UNIX_MOST        212960 /* net.core.wmem_default less 32 */
#define QUEUE_LIMIT      212992 /* net.core.rmem_default */
#define CHARGE_EACH      768
#define UNIX_QUEUE_LIMIT 10 /* net.unix.max_dgram_qlen: one more fits */

static struct net_datagram *open_datagram(struct net_host *host, enum addr_family family)
{
    struct net_datagram *datagram = sim_mem_need(sizeof(*datagram));
    bool is_unix = family == ADDR_UNIX || family == ADDR_ABSTRACT;
    net_sock_init(&datagram->sock, host, is_unix ? NET_UNIX_DATAGRAM : NET_UDP);
    datagram->sock.own.family = is_unix ? ADDR_UNIX : (uint8_t)family;
    list_init(&datagram->bound);
    return datagram;
}

static bool known_family(enum addr_family family)
{
    return family == ADDR_IPV4 || family == ADDR_IPV6 || family == ADDR_UNIX || family == ADDR_ABSTRACT;
}

plat_sock net_datagram_listen(struct net_host *host, const struct addr *addr, bool reuse_port,
                              enum io_status *status)
{
    struct net_name name;
    *status = IO_BAD;
    if (!known_family(addr->family) || !net_has_room(host, 1, status))
        return PLAT_NO_SOCK;
    struct net_datagram *datagram = open_datagram(host, addr->family);
    datagram->reuse_port = reuse_port;
    net_name_from_addr(host->net, addr, &name);
    *status = net_bind_datagram(host->net, datagram, &name);
    if (*status != IO_OK) {
        sim_mem_free(datagram);
        return PLAT_NO_SOCK;
    }
    net_trace(&datagram->sock, EV_LISTEN, name.port, STR_NONE);
    return net_add_descriptor(host, &datagram->sock, status);
}

plat_sock net_datagram_open(struct net_host *host, const struct addr *bind_or_null, enum addr_family family,
                            enum io_status *status)
{
    if (bind_or_null)
        return net_datagram_listen(host, bind_or_null, false, status);
    *status = IO_BAD;
    if (!known_family(family) || !net_has_room(host, 1, status))
        return PLAT_NO_SOCK;
    return net_add_descriptor(host, &open_datagram(host, family)->sock, status);
}

unsigned net_datagram_readiness(const struct net_datagram *datagram)
{
    return PLAT_WRITABLE | (datagram->first ? PLAT_READABLE : 0);
}

void net_datagram_close(struct net_datagram *datagram)
{
    struct net_path *path = datagram->sock.own.path;
    while (datagram->first) {
        struct net_message *message = datagram->first;
        datagram->first = message->next;
        sim_mem_free(message);
    }
    if (path && path->bound == &datagram->sock)
        path->bound = NULL;
    list_remove(&datagram->bound);
    list_remove(&datagram->sock.notify);
    sim_mem_free(datagram);
}

/* ---- arriving ---- */

static void queue_message(struct net_datagram *datagram, struct net_message *message)
{
    message->next = NULL;
    if (datagram->first)
        datagram->last->next = message;
    else
        datagram->first = message;
    datagram->last = message;
    datagram->count++;
    datagram->charge += message->size + CHARGE_EACH;
    net_trace(&datagram->sock, EV_DELIVER, message->size, STR_NONE);
    net_edge(&datagram->sock);
}

static void arrives(struct world_timer *timer)
{
    struct net_message *message = CONTAINER_OF(timer, struct net_message, arrive);
    struct net *net = message->net;
    struct net_datagram *receiver = net_find_datagram(net, &message->to, message->entity);
    list_remove(&message->flying);
    net->in_flight--;
    if (!receiver || receiver->charge >= QUEUE_LIMIT ||
        net_pair_of(net, message->host, receiver->sock.host)->link.cut) {
        sim_mem_free(message);
        return;
    }
    queue_message(receiver, message);
    net_flush(net);
}

/* ---- sending ---- */

static struct net_message *make_message(struct net_datagram *sender, const struct io_vec *vecs,
                                        unsigned count)
{
    size_t size = net_vecs_size(vecs, count);
    struct net_source source = { vecs, 0 };
    struct net_message *message = sim_mem_grow(NULL, sizeof(*message) + size);
    memset(message, 0, sizeof(*message));
    list_init(&message->flying);
    world_timer_init(&message->arrive, arrives);
    message->net = sender->sock.net;
    message->entity = sender->sock.entity;
    message->host = sender->sock.host;
    message->from = sender->sock.own;
    message->size = (uint32_t)size;
    net_source_copy(&source, message->data, size);
    net_trace(&sender->sock, EV_DATAGRAM, size, str_make(message->data, size));
    return message;
}

static struct io_result send_unix(struct net_datagram *sender, const struct addr *to,
                                  const struct io_vec *vecs, unsigned count)
{
    struct net_path *path = net_path_of(sender->sock.net, to, false);
    if (!path || !path->there)
        return net_result(to->family == ADDR_ABSTRACT ? IO_REFUSED : IO_NOT_FOUND, 0);
    if (!path->bound)
        return net_result(IO_REFUSED, 0);
    if (path->bound->kind != NET_UNIX_DATAGRAM)
        return net_result(IO_BAD, 0); /* EPROTOTYPE */
    struct net_datagram *receiver = CONTAINER_OF(path->bound, struct net_datagram, sock);
    if (net_vecs_size(vecs, count) > UNIX_MOST)
        return net_result(IO_TOO_BIG, 0);
    if (receiver->count > UNIX_QUEUE_LIMIT)
        return net_result(IO_WOULD_BLOCK, 0);
    struct net_message *message = make_message(sender, vecs, count);
    uint32_t size = message->size;
    queue_message(receiver, message);
    return net_result(IO_OK, size);
}

/* The first datagram of a socket without a name gives it a port; it speaks from the address that is spoken to. */
static enum io_status name_sender(struct net_datagram *sender)
{
    struct net_name any = { .family = sender->sock.own.family };
    if (sender->sock.own.port)
        return IO_OK;
    return net_bind_datagram(sender->sock.net, sender, &any);
}

static void show(const struct net_message *message)
{
    struct net *net = message->net;
    struct net_packet_seen seen = { .entity = message->entity,
                                    .datagram = true,
                                    .bytes = str_make(message->data, message->size) };
    net_name_to_addr(&message->from, &seen.from, false);
    net_name_to_addr(&message->to, &seen.to, false);
    net->on_packet(net->on_packet_data, &seen);
}

static void fly(struct net_message *message, uint64_t at)
{
    struct net *net = message->net;
    net->in_flight++;
    list_add_last(&net->flying, &message->flying);
    world_timer_set(net->world, &message->arrive, at);
}

static struct io_result send_udp(struct net_datagram *sender, const struct net_name *to,
                                 const struct io_vec *vecs, unsigned count)
{
    struct net *net = sender->sock.net;
    if (to->family != sender->sock.own.family || to->port == 0)
        return net_result(IO_BAD, 0);
    if (net_vecs_size(vecs, count) > UDP_MOST)
        return net_result(IO_TOO_BIG, 0);
    enum io_status status = name_sender(sender);
    if (status != IO_OK)
        return net_result(status, 0);
    struct net_message *message = make_message(sender, vecs, count);
    message->to = *to;
    if (net_name_is_any(&message->from))
        net_name_choose_source(&message->from, to);
    if (UNLIKELY(net->on_packet != NULL))
        show(message);
    struct net_datagram *receiver = net_find_datagram(net, to, sender->sock.entity);
    struct net_pair *pair =
        net_pair_of(net, sender->sock.host, receiver ? receiver->sock.host : NET_ANY_HOST);
    uint64_t at = net_leaves(net, pair, message->size) + net_latency(net, pair, sender->sock.entity);
    uint32_t size = message->size;
    if (pair->link.cut || net_is_lost(net, pair, sender->sock.entity)) {
        sim_mem_free(message);
        return net_result(IO_OK, size);
    }
    if (net_happens(net, pair->link.reorders, SITE_REORDER, sender->sock.entity))
        at += pair->link.latency_max_ns + NS_PER_US; /* those behind it need not wait */
    else
        sender->last_at_ns = at = at > sender->last_at_ns ? at : sender->last_at_ns;
    if (net_happens(net, pair->link.duplicates, SITE_DUPLICATE, sender->sock.entity)) {
        struct net_message *again = make_message(sender, vecs, count);
        again->from = message->from;
        again->to = message->to;
        fly(again, at + net_latency(net, pair, sender->sock.entity));
    }
    fly(message, at);
    return net_result(IO_OK, size);
}

static struct net_datagram *datagram_at(struct net_host *host, plat_sock number)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    bool fits = sock->kind == NET_UDP || sock->kind == NET_UNIX_DATAGRAM;
    return fits ? CONTAINER_OF(sock, struct net_datagram, sock) : NULL;
}

struct io_result net_send_to(struct net_host *host, plat_sock number, const struct addr *to,
                             const struct io_vec *vecs, unsigned count)
{
    struct net_datagram *sender = datagram_at(host, number);
    struct net_name name;
    if (!sender)
        return net_write(host, number, vecs, count, false);
    bool to_unix = to && (to->family == ADDR_UNIX || to->family == ADDR_ABSTRACT);
    if (!to || to_unix != (sender->sock.kind == NET_UNIX_DATAGRAM))
        return net_result(to_unix || !to ? IO_CLOSED : IO_BAD, 0);
    if (to_unix)
        return send_unix(sender, to, vecs, count);
    net_name_from_addr(host->net, to, &name);
    return send_udp(sender, &name, vecs, count);
}

/* What does not fit into out is gone, as with recvfrom. */
struct io_result net_receive_from(struct net_host *host, plat_sock number, struct addr *from, char *out,
                                  size_t size)
{
    struct net_datagram *receiver = datagram_at(host, number);
    struct io_vec vec = { out, size };
    if (!receiver)
        return net_read(host, number, &vec, 1);
    struct net_message *message = receiver->first;
    if (!message)
        return net_result(IO_WOULD_BLOCK, 0);
    receiver->first = message->next;
    receiver->count--;
    receiver->charge -= message->size + CHARGE_EACH;
    if (size > message->size)
        size = message->size;
    if (size)
        memcpy(out, message->data, size);
    if (from)
        net_name_to_addr(&message->from, from, false);
    net_trace(&receiver->sock, EV_READ, size, STR_NONE);
    sim_mem_free(message);
    return net_result(IO_OK, size);
}
