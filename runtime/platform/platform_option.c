/* Most options are one integer at a level and a name; the others are a switch of their own. */
#include "platform/platform_option.h"
#include "platform/platform_posix.h"
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct option_row {
    enum plat_option option;
    int level, name;
};

static const struct option_row option_rows[] = {
    { PLAT_NO_DELAY, IPPROTO_TCP, TCP_NODELAY },
    { PLAT_KEEP_ALIVE, SOL_SOCKET, SO_KEEPALIVE },
    { PLAT_KEEP_ALIVE_IDLE, IPPROTO_TCP, TCP_KEEPIDLE },
    { PLAT_KEEP_ALIVE_EVERY, IPPROTO_TCP, TCP_KEEPINTVL },
    { PLAT_KEEP_ALIVE_COUNT, IPPROTO_TCP, TCP_KEEPCNT },
    { PLAT_SEND_BUFFER, SOL_SOCKET, SO_SNDBUF },
    { PLAT_RECEIVE_BUFFER, SOL_SOCKET, SO_RCVBUF },
    { PLAT_USER_TIMEOUT, IPPROTO_TCP, TCP_USER_TIMEOUT },
    { PLAT_QUICK_ACK, IPPROTO_TCP, TCP_QUICKACK },
    { PLAT_MARK, SOL_SOCKET, SO_MARK },
    { PLAT_MAX_SEGMENT, IPPROTO_TCP, TCP_MAXSEG },
    { PLAT_DEFER_ACCEPT, IPPROTO_TCP, TCP_DEFER_ACCEPT },
};

static const struct option_row *find_row(enum plat_option option)
{
    for (size_t i = 0; i < COUNT_OF(option_rows); i++)
        if (option_rows[i].option == option)
            return &option_rows[i];
    return NULL;
}

static enum io_status set_int(plat_sock sock, int level, int name, int64_t value)
{
    int number = value < INT_MIN ? INT_MIN : value > INT_MAX ? INT_MAX : (int)value;
    return setsockopt(sock, level, name, &number, sizeof(number)) < 0 ? platform_posix_status(errno) : IO_OK;
}

static enum io_status get_int(plat_sock sock, int level, int name, int64_t *value)
{
    int number = 0;
    socklen_t size = sizeof(number);
    if (getsockopt(sock, level, name, &number, &size) < 0)
        return platform_posix_status(errno);
    *value = number;
    return IO_OK;
}

static bool is_ipv6(plat_sock sock)
{
    int64_t domain = 0;
    return get_int(sock, SOL_SOCKET, SO_DOMAIN, &domain) == IO_OK && domain == AF_INET6;
}

enum io_status platform_option_set(struct platform *platform, plat_sock sock, enum plat_option option,
                                   int64_t value)
{
    (void)platform;
    const struct option_row *row = find_row(option);
    if (row)
        return set_int(sock, row->level, row->name, value);
    if (option == PLAT_TOS)
        return is_ipv6(sock) ? set_int(sock, IPPROTO_IPV6, IPV6_TCLASS, value)
                             : set_int(sock, IPPROTO_IP, IP_TOS, value);
    if (option != PLAT_LINGER_RESET)
        return IO_BAD;
    struct linger linger = { .l_onoff = value != 0, .l_linger = 0 };
    if (setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
        return platform_posix_status(errno);
    return IO_OK;
}

static enum io_status get_tcp_info(plat_sock sock, enum plat_option option, int64_t *value)
{
    struct tcp_info info = { 0 };
    socklen_t size = sizeof(info);
    if (getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return platform_posix_status(errno);
    switch (option) {
    case PLAT_ROUND_TRIP_US:
        *value = info.tcpi_rtt;
        return IO_OK;
    case PLAT_ROUND_TRIP_VAR_US:
        *value = info.tcpi_rttvar;
        return IO_OK;
    case PLAT_LOST:
        *value = info.tcpi_lost;
        return IO_OK;
    case PLAT_RETRANSMITTED:
        *value = info.tcpi_retrans;
        return IO_OK;
    case PLAT_UNACKED:
        *value = info.tcpi_unacked;
        return IO_OK;
    case PLAT_SACKED:
        *value = info.tcpi_sacked;
        return IO_OK;
    case PLAT_FORWARD_ACKED:
        *value = info.tcpi_fackets;
        return IO_OK;
    case PLAT_REORDERING:
        *value = info.tcpi_reordering;
        return IO_OK;
    default:
        return IO_BAD;
    }
}

enum io_status platform_option_get(struct platform *platform, plat_sock sock, enum plat_option option,
                                   int64_t *value)
{
    (void)platform;
    const struct option_row *row = find_row(option);
    if (row)
        return get_int(sock, row->level, row->name, value);
    if (option == PLAT_TOS)
        return is_ipv6(sock) ? get_int(sock, IPPROTO_IPV6, IPV6_TCLASS, value)
                             : get_int(sock, IPPROTO_IP, IP_TOS, value);
    if (option == PLAT_UNREAD) {
        int unread = 0;
        if (ioctl(sock, FIONREAD, &unread) < 0)
            return platform_posix_status(errno);
        *value = unread;
        return IO_OK;
    }
    if (option == PLAT_LINGER_RESET) {
        struct linger linger = { 0 };
        socklen_t size = sizeof(linger);
        if (getsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, &size) < 0)
            return platform_posix_status(errno);
        *value = linger.l_onoff && linger.l_linger == 0;
        return IO_OK;
    }
    return get_tcp_info(sock, option, value);
}
