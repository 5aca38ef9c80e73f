/* Options: most are kept and given back; a few change how a socket behaves. */
#include "base/units.h"
#include "sim/net_parts.h"

#define KEEP_ALIVE_IDLE_S  7200 /* Linux's defaults */
#define KEEP_ALIVE_EVERY_S 75
#define KEEP_ALIVE_COUNT   9
#define SEND_LEAST         2304
#define RECEIVE_LEAST      1152
#define REORDERING         3

void net_option_defaults(struct net_sock *sock)
{
    if (sock->kind != NET_TCP)
        return;
    sock->options[PLAT_NO_DELAY] = 1; /* platform.h */
    sock->options[PLAT_KEEP_ALIVE_IDLE] = KEEP_ALIVE_IDLE_S;
    sock->options[PLAT_KEEP_ALIVE_EVERY] = KEEP_ALIVE_EVERY_S;
    sock->options[PLAT_KEEP_ALIVE_COUNT] = KEEP_ALIVE_COUNT;
    sock->options[PLAT_QUICK_ACK] = 1;
}

static struct net_end *stream_at(struct net_sock *sock)
{
    return sock->kind == NET_TCP || sock->kind == NET_UNIX ? net_end_of(sock) : NULL;
}

static int32_t narrow(int64_t value)
{
    return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static uint32_t at_least(int32_t value, uint32_t least)
{
    return value < 0 || (uint32_t)value < least ? least : (uint32_t)value;
}

static bool is_tcp_option(enum plat_option option)
{
    switch (option) {
    case PLAT_NO_DELAY:
    case PLAT_KEEP_ALIVE_IDLE:
    case PLAT_KEEP_ALIVE_EVERY:
    case PLAT_KEEP_ALIVE_COUNT:
    case PLAT_USER_TIMEOUT:
    case PLAT_QUICK_ACK:
    case PLAT_MAX_SEGMENT:
    case PLAT_DEFER_ACCEPT:
        return true;
    default:
        return false;
    }
}

/* Linux doubles what is asked for, and counts its own structures in it. */
static void set_buffer(struct net_sock *sock, enum plat_option option, int32_t value)
{
    struct net_end *end = stream_at(sock);
    uint32_t send = at_least(value, SEND_LEAST), receive = at_least(value, RECEIVE_LEAST);
    sock->options[option] = (int32_t)(2 * (option == PLAT_SEND_BUFFER ? send : receive));
    if (!end)
        return;
    if (option == PLAT_SEND_BUFFER)
        end->send_limit = 2 * send;
    else
        end->receive_limit = receive;
}

enum io_status net_set_option(struct net_host *host, plat_sock number, enum plat_option option, int64_t value)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    bool is_tcp = sock->kind == NET_TCP || sock->kind == NET_TCP_LISTENER;
    if (is_tcp_option(option) && !is_tcp)
        return IO_BAD;
    switch (option) {
    case PLAT_LINGER_RESET:
        sock->linger_reset = value != 0;
        return IO_OK;
    case PLAT_SEND_BUFFER:
    case PLAT_RECEIVE_BUFFER:
        set_buffer(sock, option, narrow(value < INT32_MAX / 4 ? value : INT32_MAX / 4));
        return IO_OK;
    case PLAT_ROUND_TRIP_US:
    case PLAT_ROUND_TRIP_VAR_US:
    case PLAT_LOST:
    case PLAT_RETRANSMITTED:
    case PLAT_UNACKED:
    case PLAT_REORDERING:
    case PLAT_UNREAD:
        return IO_BAD;
    case PLAT_NO_DELAY:
    case PLAT_KEEP_ALIVE:
        sock->options[option] = value != 0;
        return IO_OK;
    default:
        sock->options[option] = narrow(value);
        return IO_OK;
    }
}

/* What TCP_INFO tells. */
static enum io_status get_measure(const struct net_end *end, enum plat_option option, int64_t *value)
{
    const struct net_link *there = &end->pair->link, *back = &net_other(end)->pair->link;
    uint64_t least = there->latency_min_ns + back->latency_min_ns;
    uint64_t most = there->latency_max_ns + back->latency_max_ns;
    switch (option) {
    case PLAT_ROUND_TRIP_US:
        *value = (int64_t)((least + most) / 2 / NS_PER_US);
        return IO_OK;
    case PLAT_ROUND_TRIP_VAR_US:
        *value = (int64_t)((most - least) / 4 / NS_PER_US);
        return IO_OK;
    case PLAT_LOST:
    case PLAT_RETRANSMITTED:
        *value = end->stalled;
        return IO_OK;
    case PLAT_UNACKED:
        *value = end->flight.count;
        return IO_OK;
    case PLAT_REORDERING:
        *value = REORDERING;
        return IO_OK;
    default:
        return IO_BAD;
    }
}

static int64_t unread_bytes(struct net_sock *sock)
{
    struct net_end *end = stream_at(sock);
    if (end)
        return (int64_t)end->received.bytes;
    if (sock->kind != NET_UDP && sock->kind != NET_UNIX_DATAGRAM)
        return 0;
    const struct net_datagram *datagram = CONTAINER_OF(sock, struct net_datagram, sock);
    return datagram->first ? datagram->first->size : 0;
}

enum io_status net_get_option(struct net_host *host, plat_sock number, enum plat_option option,
                              int64_t *value)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    struct net_end *end = stream_at(sock);
    bool is_tcp = sock->kind == NET_TCP || sock->kind == NET_TCP_LISTENER;
    if (is_tcp_option(option) && !is_tcp)
        return IO_BAD;
    switch (option) {
    case PLAT_LINGER_RESET:
        *value = sock->linger_reset;
        return IO_OK;
    case PLAT_SEND_BUFFER:
        *value = sock->options[option] || !end ? sock->options[option] : (int64_t)end->send_limit;
        return IO_OK;
    case PLAT_RECEIVE_BUFFER:
        *value = sock->options[option] || !end ? sock->options[option] : (int64_t)end->receive_limit;
        return IO_OK;
    case PLAT_ROUND_TRIP_US:
    case PLAT_ROUND_TRIP_VAR_US:
    case PLAT_LOST:
    case PLAT_RETRANSMITTED:
    case PLAT_UNACKED:
    case PLAT_REORDERING:
        return sock->kind == NET_TCP ? get_measure(end, option, value) : IO_BAD;
    case PLAT_UNREAD:
        *value = unread_bytes(sock);
        return IO_OK;
    default:
        *value = sock->options[option];
        return IO_OK;
    }
}
