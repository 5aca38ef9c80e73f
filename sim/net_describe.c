/* Sockets as a table, for a person who looks. */
#include "base/buf.h"
#include "sim/net_parts.h"

static void add_name(struct buf *out, const struct net_name *name)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX];

    net_name_to_addr(name, &addr, false);
    text[0] = '\0';
    if (!net_name_is_any(name) || addr_is_ip(&addr))
        addr_print(&addr, text, sizeof(text));
    buf_printf(out, " %s", text[0] ? text : "-");
}

static void add_end(struct buf *out, const struct net_end *end)
{
    const struct net_end *other = net_other(end);

    buf_printf(out, "%-11s", net_state_name(end));
    add_name(out, &end->sock.own);
    buf_add_c(out, " ->");
    add_name(out, &other->sock.own);
    buf_printf(out, "  to read %llu, unsent %llu, on the way %llu%s%s",
               (unsigned long long)end->received.bytes, (unsigned long long)end->unsent.bytes,
               (unsigned long long)end->flight.bytes, end->stalled ? ", lost and to be sent again" : "",
               end->reset ? ", reset" : "");
}

static void add_socket(struct buf *out, const struct net_sock *sock)
{
    switch ((enum net_kind)sock->kind) {
    case NET_TCP:
        buf_add_c(out, "tcp  ");
        add_end(out, CONTAINER_OF(sock, struct net_end, sock));
        break;
    case NET_UNIX:
        buf_add_c(out, "unix ");
        add_end(out, CONTAINER_OF(sock, struct net_end, sock));
        break;
    case NET_TCP_LISTENER:
    case NET_UNIX_LISTENER: {
        const struct net_listener *listener = CONTAINER_OF(sock, struct net_listener, sock);

        buf_printf(out, "%s LISTEN     ", sock->kind == NET_TCP_LISTENER ? "tcp " : "unix");
        add_name(out, &sock->own);
        buf_printf(out, "  to accept %u of %u", listener->established_count, listener->backlog);
        break;
    }
    case NET_UDP:
    case NET_UNIX_DATAGRAM: {
        const struct net_datagram *datagram = CONTAINER_OF(sock, struct net_datagram, sock);

        buf_printf(out, "%s            ", sock->kind == NET_UDP ? "udp " : "unix");
        add_name(out, &sock->own);
        buf_printf(out, "  to read %u datagrams", datagram->count);
        break;
    }
    }
}

void net_describe(struct net *net, struct buf *out)
{
    LIST_EACH (link, &net->hosts) {
        struct net_host *host = LIST_ITEM(link, struct net_host, link);

        for (unsigned i = 0; i < host->words * 64; i++) {
            if (!(host->used[i / 64] >> i % 64 & 1) || !host->table[i]) /* taken by a pipe or a poller */
                continue;
            buf_printf(out, "%-8s fd %-4u socket %-5u ", world_entity_name(net->world, host->entity), i,
                       host->table[i]->sock->serial);
            add_socket(out, host->table[i]->sock);
            buf_add_char(out, '\n');
        }
    }
}
