/* Sockets are made non-blocking and close-on-exec by the call that makes them. A Unix path is bound under a
 * temporary name and renamed when it listens, so that a path left by a dead process, or in use by the one that we
 * replace, changes hands at once and nobody finds it refusing. */
#include "platform/platform_open.h"
#include "platform/platform_posix.h"
#include "platform/platform_sockaddr.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_SOCKET (SOCK_NONBLOCK | SOCK_CLOEXEC)

static bool turn_on(int sock, int level, int name)
{
    int on = 1;
    return setsockopt(sock, level, name, &on, sizeof(on)) == 0;
}

static bool set_number(int sock, int level, int name, int value)
{
    return setsockopt(sock, level, name, &value, sizeof(value)) == 0;
}

/* Closes, keeping the errno that says why. */
static plat_sock give_up(int sock, enum io_status status, enum io_status *out)
{
    if (sock >= 0)
        close(sock);
    *out = status;
    return PLAT_NO_SOCK;
}

static plat_sock fail_errno(int sock, enum io_status *out)
{
    return give_up(sock, platform_posix_status(errno), out);
}

static bool mark(struct platform *platform, plat_sock sock, unsigned bits)
{
    struct platform_posix *posix = CONTAINER_OF(platform, struct platform_posix, base);
    return platform_marks_set(&posix->marks, sock, bits);
}

/* An address that is not of this machine may be bound: with the privilege also for answers to reach us. */
static bool set_transparent(int sock, enum addr_family family)
{
    if (family == ADDR_IPV6)
        return turn_on(sock, IPPROTO_IPV6, IPV6_TRANSPARENT);
    return turn_on(sock, IPPROTO_IP, IP_TRANSPARENT) || turn_on(sock, IPPROTO_IP, IP_FREEBIND);
}

static bool set_interface(int sock, const char *interface)
{
    return !interface ||
           setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) == 0;
}

static bool bind_to(int sock, const struct addr *addr)
{
    union platform_sockaddr to;
    socklen_t size = platform_sockaddr_make(addr, &to);
    if (size == 0) {
        errno = EAFNOSUPPORT;
        return false;
    }
    return bind(sock, &to.any, size) == 0;
}

/* ---- listeners ---- */

static bool set_listen_options(int sock, const struct plat_listen *how)
{
    enum addr_family family = how->addr.family;
    if (family != ADDR_IPV4 && family != ADDR_IPV6)
        return true;
    /* A datagram socket with SO_REUSEADDR would share its port with any other. */
    if (!how->datagram && !turn_on(sock, SOL_SOCKET, SO_REUSEADDR))
        return false;
    if (how->reuse_port && !turn_on(sock, SOL_SOCKET, SO_REUSEPORT))
        return false;
    if (family == ADDR_IPV6 && !set_number(sock, IPPROTO_IPV6, IPV6_V6ONLY, how->v6_only))
        return false;
    if (how->transparent && !set_transparent(sock, family))
        return false;
    if (how->free_bind && !turn_on(sock, IPPROTO_IP, IP_FREEBIND))
        return false;
    return set_interface(sock, how->interface);
}

/* Accepted sockets inherit these, which saves a call on each. */
static bool set_stream_options(int sock, const struct plat_listen *how, int backlog)
{
    if (how->addr.family != ADDR_IPV4 && how->addr.family != ADDR_IPV6)
        return true;
    if (!turn_on(sock, IPPROTO_TCP, TCP_NODELAY))
        return false;
    if (how->max_segment && !set_number(sock, IPPROTO_TCP, TCP_MAXSEG, (int)how->max_segment))
        return false;
    if (how->defer_accept && !turn_on(sock, IPPROTO_TCP, TCP_DEFER_ACCEPT))
        return false;
    return !how->tcp_fast_open || set_number(sock, IPPROTO_TCP, TCP_FASTOPEN, backlog);
}

static bool set_owner(const char *path, const struct plat_listen *how)
{
    if ((how->unix_uid >= 0 || how->unix_gid >= 0) &&
        chown(path, (uid_t)how->unix_uid, (gid_t)how->unix_gid) < 0)
        return false;
    return !how->unix_mode || chmod(path, how->unix_mode & 07777) == 0;
}

static bool something_else_there(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && !S_ISSOCK(info.st_mode);
}

/* backlog < 0: not to listen. */
static enum io_status bind_path(int sock, const struct plat_listen *how, int backlog)
{
    char path[ADDR_PATH_MAX + 1];
    char temporary[ADDR_PATH_MAX + sizeof(".2147483648.tmp")];
    struct addr addr = how->addr;
    str_to_c(str_make(addr.u.path, addr.path_size), path, sizeof(path));
    int size = snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, (int)getpid());
    if (size > ADDR_PATH_MAX)
        return IO_TOO_BIG;
    if (something_else_there(path))
        return IO_IN_USE;
    memcpy(addr.u.path, temporary, (size_t)size);
    addr.path_size = (uint8_t)size;
    unlink(temporary);
    if (!bind_to(sock, &addr))
        return platform_posix_status(errno);
    if (set_owner(temporary, how) && (backlog < 0 || listen(sock, backlog) == 0) &&
        rename(temporary, path) == 0)
        return IO_OK;
    enum io_status status = platform_posix_status(errno);
    unlink(temporary);
    return status;
}

static enum io_status bind_and_listen(int sock, const struct plat_listen *how, int backlog)
{
    if (how->addr.family == ADDR_UNIX)
        return bind_path(sock, how, backlog);
    if (!bind_to(sock, &how->addr) || (backlog >= 0 && listen(sock, backlog) < 0))
        return platform_posix_status(errno);
    return IO_OK;
}

plat_sock platform_open_listen(struct platform *platform, const struct plat_listen *how,
                               enum io_status *status)
{
    int type = how->datagram ? SOCK_DGRAM : SOCK_STREAM;
    int backlog = how->datagram ? -1 : how->backlog && how->backlog < 65535 ? (int)how->backlog : SOMAXCONN;
    int sock = socket(platform_sockaddr_domain(how->addr.family), type | NEW_SOCKET, 0);
    if (sock < 0 || !set_listen_options(sock, how) ||
        (!how->datagram && !set_stream_options(sock, how, backlog)))
        return fail_errno(sock, status);
    if (!how->datagram && !mark(platform, sock, PLATFORM_MARK_LISTENER))
        return give_up(sock, IO_NO_MEMORY, status);
    *status = bind_and_listen(sock, how, backlog);
    if (*status == IO_OK)
        return sock;
    platform->ops->close(platform, sock);
    return PLAT_NO_SOCK;
}

plat_sock platform_open_datagram(struct platform *platform, const struct addr *bind_or_null,
                                 enum addr_family family, enum io_status *status)
{
    if (bind_or_null) {
        struct plat_listen how = { .addr = *bind_or_null, .datagram = true, .unix_uid = -1, .unix_gid = -1 };
        return platform_open_listen(platform, &how, status);
    }
    int sock = socket(platform_sockaddr_domain(family), SOCK_DGRAM | NEW_SOCKET, 0);
    if (sock < 0)
        return fail_errno(sock, status);
    *status = IO_OK;
    return sock;
}

/* ---- connections ---- */

plat_sock platform_open_accept(struct platform *platform, plat_sock listener, struct addr *peer,
                               enum io_status *status)
{
    (void)platform;
    union platform_sockaddr from;
    socklen_t size = sizeof(from);
    int sock;
    do /* a client that is gone again took its place in the queue with it */
        sock = accept4(listener, &from.any, &size, NEW_SOCKET);
    while (sock < 0 && (errno == EINTR || errno == ECONNABORTED || errno == EPROTO));
    if (sock < 0)
        return fail_errno(sock, status);
    if (peer)
        platform_sockaddr_read(&from, size, peer);
    *status = IO_OK;
    return sock;
}

static bool set_connect_options(int sock, const struct plat_connect *how)
{
    bool is_ip = how->to.family == ADDR_IPV4 || how->to.family == ADDR_IPV6;
    if (is_ip && !turn_on(sock, IPPROTO_TCP, TCP_NODELAY))
        return false;
    if (is_ip && how->late_ack && !set_number(sock, IPPROTO_TCP, TCP_QUICKACK, 0))
        return false;
    if (how->mark && !set_number(sock, SOL_SOCKET, SO_MARK, (int)how->mark))
        return false;
    if (!set_interface(sock, how->interface))
        return false;
    if (how->from.family == ADDR_NONE)
        return true;
    if (how->transparent && !set_transparent(sock, how->from.family))
        return false;
    /* The port is then chosen when the destination is known, so that many may share one. */
    bool ready = how->from.port ? turn_on(sock, SOL_SOCKET, SO_REUSEADDR)
                                : !is_ip || turn_on(sock, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    return ready && bind_to(sock, &how->from);
}

plat_sock platform_open_connect(struct platform *platform, const struct plat_connect *how,
                                enum io_status *status)
{
    (void)platform;
    union platform_sockaddr to;
    socklen_t size = platform_sockaddr_make(&how->to, &to);
    if (size == 0)
        return give_up(PLAT_NO_SOCK, IO_BAD, status);
    int sock = socket(platform_sockaddr_domain(how->to.family), SOCK_STREAM | NEW_SOCKET, 0);
    if (sock < 0 || !set_connect_options(sock, how))
        return fail_errno(sock, status);
    if (connect(sock, &to.any, size) == 0) {
        *status = IO_OK;
        return sock;
    }
    if (errno == EINPROGRESS || errno == EINTR) {
        *status = IO_WOULD_BLOCK;
        return sock;
    }
    /* Nothing is under way then: a Unix listener's queue is full, or no port is left. */
    return errno == EAGAIN ? give_up(sock, IO_NO_PORTS, status) : fail_errno(sock, status);
}

plat_sock platform_open_pair(struct platform *platform, plat_sock *other, enum io_status *status)
{
    (void)platform;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | NEW_SOCKET, 0, pair) < 0)
        return fail_errno(PLAT_NO_SOCK, status);
    *other = pair[1];
    *status = IO_OK;
    return pair[0];
}

/* ---- sockets of other processes ---- */

static int get_number(int sock, int name)
{
    int value = 0;
    socklen_t size = sizeof(value);
    return getsockopt(sock, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

static bool is_bound_only(int sock)
{
    union platform_sockaddr name;
    socklen_t size = sizeof(name);
    struct addr own;
    if (getpeername(sock, &name.any, &size) == 0 || errno != ENOTCONN)
        return false;
    size = sizeof(name);
    if (getsockname(sock, &name.any, &size) < 0)
        return false;
    platform_sockaddr_read(&name, size, &own);
    return own.port || own.path_size;
}

enum io_status platform_open_take(struct platform *platform, plat_sock sock)
{
    unsigned bits = PLATFORM_MARK_SHARED;
    int type = get_number(sock, SO_TYPE);
    if (type < 0)
        return platform_posix_status(errno);
    int flags = fcntl(sock, F_GETFL);
    if (flags < 0 || fcntl(sock, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(sock, F_SETFD, FD_CLOEXEC) < 0)
        return platform_posix_status(errno);
    if (type == SOCK_STREAM) {
        bool listens = get_number(sock, SO_ACCEPTCONN) > 0;
        if (!listens && is_bound_only(sock)) {
            if (listen(sock, SOMAXCONN) < 0)
                return platform_posix_status(errno);
            listens = true;
        }
        if (listens)
            bits |= PLATFORM_MARK_LISTENER;
        (void)turn_on(sock, IPPROTO_TCP, TCP_NODELAY); /* fails on what is no TCP */
    }
    return mark(platform, sock, bits) ? IO_OK : IO_NO_MEMORY;
}

plat_sock platform_open_adopt(struct platform *platform, int number, enum io_status *status)
{
    if (number < 0)
        return give_up(PLAT_NO_SOCK, IO_BAD, status);
    struct platform_posix *posix = CONTAINER_OF(platform, struct platform_posix, base);
    if (platform_marks_get(&posix->marks, number) & PLATFORM_MARK_SHARED)
        number = fcntl(number, F_DUPFD_CLOEXEC, 0); /* two binds of one socket each have it as their own */
    if (number < 0)
        return give_up(PLAT_NO_SOCK, platform_posix_status(errno), status);
    *status = platform_open_take(platform, number);
    return *status == IO_OK ? number : PLAT_NO_SOCK;
}
