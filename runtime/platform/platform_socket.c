/* One vector goes by send and recv, several by sendmsg and recvmsg; never blocking, even where another process took
 * O_NONBLOCK off a socket that it shares with us, and never with SIGPIPE. */
#include "platform/platform_socket.h"
#include "platform/platform_open.h"
#include "platform/platform_posix.h"
#include "platform/platform_sockaddr.h"
#include <errno.h>
#include <linux/netfilter_ipv4.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef IP6T_SO_ORIGINAL_DST /* linux/netfilter_ipv6/ip6_tables.h does not go with netinet/in.h */
#define IP6T_SO_ORIGINAL_DST 80
#endif
#define DATA_WITH_SOCK 4096 /* most that travels with a socket */

static struct io_result moved(ssize_t size)
{
    if (size < 0)
        return (struct io_result){ platform_posix_status(errno), 0 };
    return (struct io_result){ IO_OK, (size_t)size };
}

/* The kernel's vectors; returns the bytes in all. */
static size_t make_vectors(struct iovec *out, const struct io_vec *vecs, unsigned count)
{
    size_t total = 0;
    CHECK(count <= IO_VEC_MAX);
    for (unsigned i = 0; i < count; i++) {
        out[i] = (struct iovec){ .iov_base = vecs[i].data, .iov_len = vecs[i].size };
        total += vecs[i].size;
    }
    return total;
}

/* ---- streams ---- */

static ssize_t receive_once(int sock, struct iovec *vectors, unsigned count)
{
    if (count == 1)
        return recv(sock, vectors->iov_base, vectors->iov_len, MSG_DONTWAIT);
    struct msghdr message = { .msg_iov = vectors, .msg_iovlen = count };
    return recvmsg(sock, &message, MSG_DONTWAIT);
}

static ssize_t send_once(int sock, struct iovec *vectors, unsigned count, int flags)
{
    flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
    if (count == 1)
        return send(sock, vectors->iov_base, vectors->iov_len, flags);
    struct msghdr message = { .msg_iov = vectors, .msg_iovlen = count };
    return sendmsg(sock, &message, flags);
}

struct io_result platform_socket_read(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                      unsigned count)
{
    (void)platform;
    struct iovec vectors[IO_VEC_MAX];
    if (make_vectors(vectors, vecs, count) == 0)
        return (struct io_result){ IO_OK, 0 };
    ssize_t size;
    do
        size = receive_once(sock, vectors, count);
    while (size < 0 && errno == EINTR);
    if (size == 0)
        return (struct io_result){ IO_CLOSED, 0 };
    return moved(size);
}

struct io_result platform_socket_write(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                       unsigned count, bool more)
{
    (void)platform;
    struct iovec vectors[IO_VEC_MAX];
    if (make_vectors(vectors, vecs, count) == 0)
        return (struct io_result){ IO_OK, 0 };
    ssize_t size;
    do
        size = send_once(sock, vectors, count, more ? MSG_MORE : 0);
    while (size < 0 && errno == EINTR);
    return moved(size);
}

/* ---- datagrams ---- */

struct io_result platform_socket_send_to(struct platform *platform, plat_sock sock, const struct addr *to,
                                         const struct io_vec *vecs, unsigned count)
{
    (void)platform;
    struct iovec vectors[IO_VEC_MAX];
    union platform_sockaddr name;
    struct msghdr message = { .msg_iov = vectors, .msg_iovlen = count };
    (void)make_vectors(vectors, vecs, count);
    if (to) {
        message.msg_name = &name;
        message.msg_namelen = platform_sockaddr_make(to, &name);
        if (message.msg_namelen == 0)
            return (struct io_result){ IO_BAD, 0 };
    }
    ssize_t size;
    do
        size = sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (size < 0 && errno == EINTR);
    return moved(size);
}

struct io_result platform_socket_receive_from(struct platform *platform, plat_sock sock, struct addr *from,
                                              char *out, size_t size)
{
    (void)platform;
    union platform_sockaddr name;
    socklen_t name_size;
    ssize_t got;
    do {
        name_size = sizeof(name);
        got = recvfrom(sock, out, size, MSG_DONTWAIT, &name.any, &name_size);
    } while (got < 0 && errno == EINTR);
    if (got >= 0 && from)
        platform_sockaddr_read(&name, name_size, from);
    return moved(got);
}

/* ---- sockets over sockets ---- */

union sock_control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

struct io_result platform_socket_send_sock(struct platform *platform, plat_sock via, plat_sock what,
                                           struct str data)
{
    struct platform_posix *posix = CONTAINER_OF(platform, struct platform_posix, base);
    union sock_control control = { 0 };
    struct iovec vector = { .iov_base = (void *)(uintptr_t)data.data, .iov_len = data.size };
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    CHECK(data.size > 0); /* a stream carries a socket only with a byte */
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &what, sizeof(int));
    if (!platform_marks_set(&posix->marks, what, PLATFORM_MARK_SHARED))
        return (struct io_result){ IO_NO_MEMORY, 0 };
    ssize_t size;
    do
        size = sendmsg(via, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (size < 0 && errno == EINTR);
    return moved(size);
}

static int sock_in(struct msghdr *message)
{
    int sock = PLAT_NO_SOCK;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len >= CMSG_LEN(sizeof(int)))
            memcpy(&sock, CMSG_DATA(header), sizeof(int));
    return sock;
}

/* IO_OK without a socket: only data came. There is room for one socket; the kernel closes what is over. */
plat_sock platform_socket_receive_sock(struct platform *platform, plat_sock via, struct buf *data,
                                       enum io_status *status)
{
    union sock_control control;
    char *room = buf_room(data, DATA_WITH_SOCK);
    *status = IO_NO_MEMORY;
    if (!room)
        return PLAT_NO_SOCK;
    struct iovec vector = { .iov_base = room, .iov_len = DATA_WITH_SOCK };
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
    };
    ssize_t size;
    do
        size = recvmsg(via, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    *status = size < 0 ? platform_posix_status(errno) : IO_OK;
    if (size < 0)
        return PLAT_NO_SOCK;
    data->size += (size_t)size;
    int sock = sock_in(&message);
    if (sock == PLAT_NO_SOCK) {
        *status = size == 0 ? IO_CLOSED : IO_OK;
        return PLAT_NO_SOCK;
    }
    *status = platform_open_take(platform, sock);
    if (*status == IO_OK)
        return sock;
    platform->ops->close(platform, sock);
    return PLAT_NO_SOCK;
}

/* ---- state ---- */

enum io_status platform_socket_error(struct platform *platform, plat_sock sock)
{
    (void)platform;
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return platform_posix_status(error);
}

enum io_status platform_socket_shutdown(struct platform *platform, plat_sock sock, enum plat_shutdown how)
{
    (void)platform;
    if (shutdown(sock, how == PLAT_SHUT_WRITE ? SHUT_WR : SHUT_RDWR) < 0)
        return platform_posix_status(errno);
    return IO_OK;
}

/* A Unix listener knows itself by the temporary name under which it was bound ("path.<pid>.tmp", also HAProxy's):
 * the name without the ending is the one that others use. */
static void drop_temporary_ending(struct addr *addr)
{
    struct str path = { addr->u.path, addr->path_size };
    if (addr->family != ADDR_UNIX || !str_ends(path, STR(".tmp")))
        return;
    size_t at = path.size - STR(".tmp").size, digits_end = at;
    while (at > 0 && ascii_digit(path.data[at - 1]))
        at--;
    if (at > 1 && at < digits_end && path.data[at - 1] == '.')
        addr->path_size = (uint8_t)(at - 1);
}

static enum io_status get_name(int (*get)(int, struct sockaddr *, socklen_t *), int sock, struct addr *out)
{
    union platform_sockaddr name;
    socklen_t size = sizeof(name);
    if (get(sock, &name.any, &size) < 0)
        return platform_posix_status(errno);
    platform_sockaddr_read(&name, size, out);
    drop_temporary_ending(out);
    return IO_OK;
}

static int own_name(int sock, struct sockaddr *out, socklen_t *size)
{
    return getsockname(sock, out, size);
}

static int peer_name(int sock, struct sockaddr *out, socklen_t *size)
{
    return getpeername(sock, out, size);
}

enum io_status platform_socket_names(struct platform *platform, plat_sock sock, struct addr *own,
                                     struct addr *peer)
{
    (void)platform;
    enum io_status status = own ? get_name(own_name, sock, own) : IO_OK;
    return status == IO_OK && peer ? get_name(peer_name, sock, peer) : status;
}

enum io_status platform_socket_original(struct platform *platform, plat_sock sock, struct addr *out)
{
    (void)platform;
    union platform_sockaddr name;
    socklen_t size = sizeof(name);
    if (getsockopt(sock, IPPROTO_IP, SO_ORIGINAL_DST, &name, &size) < 0) {
        size = sizeof(name);
        if (getsockopt(sock, IPPROTO_IPV6, IP6T_SO_ORIGINAL_DST, &name, &size) < 0)
            return platform_posix_status(errno);
    }
    platform_sockaddr_read(&name, size, out);
    return IO_OK;
}
