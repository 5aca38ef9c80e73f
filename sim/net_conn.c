/* Connections: two ends that live and die together, and the calls that make them. */
#include "sim/net_parts.h"
#include "sim/sim_mem.h"

#define UNIX_SEND_LIMIT 212992 /* net.core.wmem_default */

static void end_init(struct net_conn *conn, unsigned side, enum net_kind kind, struct net_host *host)
{
    struct net_end *end = &conn->ends[side];
    net_sock_init(&end->sock, host, kind);
    end->conn = conn;
    world_timer_init(&end->deliver, net_tcp_deliver);
    world_timer_init(&end->back, net_tcp_back);
    world_timer_init(&end->retry, net_tcp_retry);
}

/* Two ends that are not connected yet, both as the host's. */
struct net_conn *net_conn_take(struct net *net, struct net_host *host, enum net_kind kind)
{
    struct net_conn *conn = net->free_conns;
    if (conn)
        net->free_conns = conn->next_free;
    else
        conn = sim_mem_grow(NULL, sizeof(*conn));
    memset(conn, 0, sizeof(*conn));
    list_init(&conn->pending);
    end_init(conn, 0, kind, host);
    end_init(conn, 1, kind, host);
    net->conn_count++;
    net_conn_link(conn, host->serial);
    return conn;
}

/* What Linux gives a Unix socket for sending, whatever the link; a link may give less. */
static uint32_t send_limit(const struct net_end *end)
{
    uint32_t limit = end->pair->link.send_buffer;
    return end->sock.kind == NET_UNIX && limit > UNIX_SEND_LIMIT ? UNIX_SEND_LIMIT : limit;
}

/* The ends' links, once it is known whose the second one is. */
void net_conn_link(struct net_conn *conn, uint32_t server_host)
{
    struct net_end *client = &conn->ends[0], *server = &conn->ends[1];
    struct net *net = client->sock.net;
    client->pair = net_pair_of(net, client->sock.host, server_host);
    server->pair = net_pair_of(net, server_host, client->sock.host);
    client->send_limit = send_limit(client);
    server->receive_limit = client->pair->link.receive_buffer;
    server->send_limit = send_limit(server);
    client->receive_limit = server->pair->link.receive_buffer;
}

void net_conn_set_server(struct net_conn *conn, uint32_t host, uint32_t entity)
{
    struct net_end *client = &conn->ends[0], *server = &conn->ends[1];
    server->sock.host = host;
    server->sock.entity = entity;
    client->pair = net_pair_of(client->sock.net, client->sock.host, host);
    server->pair = net_pair_of(client->sock.net, host, client->sock.host);
}

static void end_finish(struct net_end *end)
{
    struct net *net = end->sock.net;
    if (!end->stalled)
        net->in_flight -= end->flight.count;
    net_queue_clear(net, &end->received);
    net_queue_clear(net, &end->unsent);
    net_queue_clear(net, &end->flight);
    world_timer_stop(net->world, &end->deliver);
    net_tcp_stop_back(end);
    world_timer_stop(net->world, &end->retry);
    list_remove(&end->sock.notify);
}

void net_conn_settle(struct net_conn *conn)
{
    struct net *net = conn->ends[0].sock.net;
    if (conn->ends[0].sock.holders || conn->ends[1].sock.holders || conn->listener || conn->ended)
        return;
    conn->ended = true; /* a socket that travelled in it may end it once more */
    end_finish(&conn->ends[0]);
    end_finish(&conn->ends[1]);
    net_give_port(conn);
    conn->next_free = net->free_conns;
    net->free_conns = conn;
    net->conn_count--;
}

void net_conns_finish(struct net *net)
{
    while (net->free_conns) {
        struct net_conn *conn = net->free_conns;
        net->free_conns = conn->next_free;
        sim_mem_free(conn);
    }
}

/* ---- connecting ---- */

/* Where a connect to the unspecified address goes (Linux): to this machine. */
static void make_specific(struct net_name *to)
{
    if (!net_name_is_any(to))
        return;
    if (to->family == ADDR_IPV4)
        to->ip[0] = 127;
    to->ip[to->family == ADDR_IPV4 ? 3 : 15] = 1;
}

static bool is_mapped(const struct addr *addr)
{
    struct addr copy = *addr;
    return addr->family == ADDR_IPV6 && memcmp(addr->u.ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0 &&
           addr_to_v4(&copy);
}

/* No stream goes to a broadcast or multicast address: the kernel says so at once. */
static bool is_for_many(const struct addr *addr)
{
    const uint8_t *ip = addr->u.ip;
    if (addr->family == ADDR_IPV6)
        return ip[0] == 0xff;
    return (ip[0] & 0xf0) == 0xe0 || (ip[0] & ip[1] & ip[2] & ip[3]) == 0xff;
}

static enum io_status begin_tcp(struct net_conn *conn, const struct plat_connect *how)
{
    struct net_sock *sock = &conn->ends[0].sock;
    struct net_name *to = &conn->ends[1].sock.own;
    struct addr to_addr = how->to;
    if (is_mapped(&to_addr)) {
        conn->ends[0].mapped = true;
        if (!addr_to_v4(&to_addr))
            return IO_BAD;
    }
    if (is_for_many(&to_addr))
        return IO_UNREACHABLE;
    net_name_from_addr(sock->net, &to_addr, to);
    make_specific(to);
    if (how->from.family != ADDR_NONE && how->from.family != to_addr.family)
        return IO_BAD;
    net_name_from_addr(sock->net, &how->from, &sock->own);
    net_name_choose_source(&sock->own, to);
    enum io_status status = net_take_port(sock->net, conn, &sock->own, to);
    if (status != IO_OK)
        return status;
    conn->ends[0].late_ack = how->late_ack;
    net_tcp_connect(conn);
    return IO_WOULD_BLOCK;
}

plat_sock net_connect(struct net_host *host, const struct plat_connect *how, enum io_status *status)
{
    enum addr_family family = how->to.family;
    bool is_unix = family == ADDR_UNIX || family == ADDR_ABSTRACT;
    *status = IO_BAD;
    if (!is_unix && family != ADDR_IPV4 && family != ADDR_IPV6)
        return PLAT_NO_SOCK;
    if (!net_has_room(host, 1, status))
        return PLAT_NO_SOCK;
    struct net_conn *conn = net_conn_take(host->net, host, is_unix ? NET_UNIX : NET_TCP);
    *status = is_unix ? net_unix_connect(conn, &how->to) : begin_tcp(conn, how);
    if (*status != IO_OK && *status != IO_WOULD_BLOCK) {
        net_conn_settle(conn);
        return PLAT_NO_SOCK;
    }
    enum io_status added;
    net_trace(&conn->ends[0].sock, EV_CONNECT, how->to.port, STR_NONE);
    return net_add_descriptor(host, &conn->ends[0].sock, &added);
}

plat_sock net_pair(struct net_host *host, plat_sock *other, enum io_status *status)
{
    if (!net_has_room(host, 2, status))
        return PLAT_NO_SOCK;
    struct net_conn *conn = net_conn_take(host->net, host, NET_UNIX);
    conn->ends[0].sock.own.family = conn->ends[1].sock.own.family = ADDR_UNIX;
    conn->ends[0].state = conn->ends[1].state = NET_OPEN;
    plat_sock first = net_add_descriptor(host, &conn->ends[0].sock, status);
    *other = net_add_descriptor(host, &conn->ends[1].sock, status);
    return first;
}
