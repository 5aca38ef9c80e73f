/* Listeners. As in Linux, a queue of n takes n + 1 connections: a TCP SYN that finds it full is not answered (the
 * client tries again), a Unix connect is told. The place is taken when the SYN comes. */
#include "sim/net_parts.h"
#include "sim/sim_mem.h"

#define BACKLOG_MAX 4096 /* net.core.somaxconn; also for 0, as the real platform takes it */

static plat_sock give_up(struct net_listener *listener)
{
    sim_mem_free(listener);
    return PLAT_NO_SOCK;
}

plat_sock net_listen(struct net_host *host, const struct plat_listen *how, enum io_status *status)
{
    enum addr_family family = how->addr.family;
    bool is_unix = family == ADDR_UNIX || family == ADDR_ABSTRACT;
    struct net_name name;
    if (how->datagram)
        return net_datagram_listen(host, &how->addr, how->reuse_port, status);
    *status = IO_BAD;
    if ((!is_unix && family != ADDR_IPV4 && family != ADDR_IPV6) || !net_has_room(host, 1, status))
        return PLAT_NO_SOCK;
    struct net_listener *listener = sim_mem_need(sizeof(*listener));
    net_sock_init(&listener->sock, host, is_unix ? NET_UNIX_LISTENER : NET_TCP_LISTENER);
    list_init(&listener->bound);
    list_init(&listener->pending);
    listener->backlog = how->backlog && how->backlog < BACKLOG_MAX ? how->backlog : BACKLOG_MAX;
    listener->v6_only = how->v6_only;
    listener->reuse_port = how->reuse_port;
    net_name_from_addr(host->net, &how->addr, &name);
    *status = net_bind_listener(host->net, listener, &name);
    if (*status != IO_OK)
        return give_up(listener);
    net_trace(&listener->sock, EV_LISTEN, name.port, STR_NONE);
    return net_add_descriptor(host, &listener->sock, status);
}

unsigned net_listener_readiness(const struct net_listener *listener)
{
    if (listener->shut)
        return PLAT_HUNG_UP | PLAT_WRITABLE;
    return listener->established_count ? PLAT_READABLE : 0;
}

void net_pending_add(struct net_listener *listener, struct net_conn *conn)
{
    conn->listener = listener;
    list_add_last(&listener->pending, &conn->pending);
    listener->pending_count++;
}

void net_pending_establish(struct net_conn *conn)
{
    struct net_listener *listener = conn->listener;
    conn->established = true;
    listener->established_count++;
    list_remove(&conn->pending); /* those who came earlier, but are not ready, do not hold it up */
    struct list *at = listener->pending.next;
    while (at != &listener->pending && LIST_ITEM(at, struct net_conn, pending)->established)
        at = at->next;
    list_insert_before(at, &conn->pending);
    net_edge(&listener->sock);
}

void net_pending_remove(struct net_conn *conn)
{
    struct net_listener *listener = conn->listener;
    if (!listener)
        return;
    list_remove(&conn->pending);
    listener->pending_count--;
    listener->established_count -= conn->established;
    conn->listener = NULL;
}

/* Linux looks for a free descriptor before it looks for a connection. */
plat_sock net_accept(struct net_host *host, plat_sock number, struct addr *peer, enum io_status *status)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    *status = IO_BAD;
    if (sock->kind != NET_TCP_LISTENER && sock->kind != NET_UNIX_LISTENER)
        return PLAT_NO_SOCK;
    struct net_listener *listener = CONTAINER_OF(sock, struct net_listener, sock);
    if (listener->shut || !net_has_room(host, 1, status))
        return PLAT_NO_SOCK;
    *status = IO_WOULD_BLOCK;
    if (listener->established_count == 0)
        return PLAT_NO_SOCK;
    struct net_conn *conn = LIST_ITEM(list_first(&listener->pending), struct net_conn, pending);
    CHECK(conn->established);
    net_pending_remove(conn);
    struct net_end *end = &conn->ends[1];
    net_conn_set_server(conn, host->serial, host->entity);
    end->mapped = sock->own.family == ADDR_IPV6 && end->sock.own.family == ADDR_IPV4;
    if (peer)
        net_name_to_addr(&conn->ends[0].sock.own, peer, end->mapped);
    net_trace(&end->sock, EV_ACCEPT, sock->serial, STR_NONE);
    return net_add_descriptor(host, &end->sock, status);
}

/* Those who wait learn that nobody will come. */
static void end_pending(struct net_listener *listener)
{
    struct list *link;
    while ((link = list_first(&listener->pending))) {
        struct net_conn *conn = LIST_ITEM(link, struct net_conn, pending);
        net_pending_remove(conn);
        conn->ends[1].sock.linger_reset = true;
        if (conn->ends[1].sock.kind == NET_TCP)
            net_tcp_close(&conn->ends[1]);
        else
            net_unix_close(&conn->ends[1]);
    }
}

void net_listener_shut(struct net_listener *listener)
{
    listener->shut = true;
    list_remove(&listener->bound);
    end_pending(listener);
    net_edge(&listener->sock);
}

void net_listener_close(struct net_listener *listener)
{
    struct net_path *path = listener->sock.own.path;
    end_pending(listener);
    list_remove(&listener->bound);
    list_remove(&listener->sock.notify);
    if (path && path->bound == &listener->sock)
        path->bound = NULL;
    sim_mem_free(listener);
}
