/* Abstract Unix names are padded with NULs to the full length, as HAProxy's abns@ does, unless they are tight, as its
 * abnsz@: the padding is part of the name for the kernel, and two programs only meet when they agree. */
#include "platform/platform_sockaddr.h"
#include <arpa/inet.h>
#include <stddef.h>

int platform_sockaddr_domain(enum addr_family family)
{
    switch (family) {
    case ADDR_IPV4:
        return AF_INET;
    case ADDR_IPV6:
        return AF_INET6;
    case ADDR_UNIX:
    case ADDR_ABSTRACT:
        return AF_UNIX;
    case ADDR_NONE:
        break;
    }
    return AF_UNSPEC;
}

static socklen_t make_path(const struct addr *addr, struct sockaddr_un *out)
{
    unsigned skip = addr->family == ADDR_ABSTRACT; /* the NUL in front */
    if (addr->path_size + skip > sizeof(out->sun_path))
        return 0;
    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    memcpy(out->sun_path + skip, addr->u.path, addr->path_size);
    return addr->tight ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + skip + addr->path_size)
                       : (socklen_t)sizeof(*out);
}

socklen_t platform_sockaddr_make(const struct addr *addr, union platform_sockaddr *out)
{
    switch (addr->family) {
    case ADDR_IPV4:
        out->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(addr->port) };
        memcpy(&out->v4.sin_addr, addr->u.ip, sizeof(out->v4.sin_addr));
        return sizeof(out->v4);
    case ADDR_IPV6:
        out->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(addr->port) };
        memcpy(&out->v6.sin6_addr, addr->u.ip, sizeof(out->v6.sin6_addr));
        return sizeof(out->v6);
    case ADDR_UNIX:
    case ADDR_ABSTRACT:
        return make_path(addr, &out->path);
    case ADDR_NONE:
        break;
    }
    return 0;
}

/* Length of the path that counts: a NUL ends a path in the file system, and pads an abstract name. */
static size_t path_length(const char *path, size_t size, bool abstract)
{
    if (!abstract)
        return strnlen(path, size);
    while (size && path[size - 1] == 0)
        size--;
    return size;
}

static void read_path(const struct sockaddr_un *from, socklen_t size, struct addr *out)
{
    size_t path_size =
        size > offsetof(struct sockaddr_un, sun_path) ? size - offsetof(struct sockaddr_un, sun_path) : 0;
    if (path_size > sizeof(from->sun_path))
        path_size = sizeof(from->sun_path);
    unsigned skip = path_size > 1 && from->sun_path[0] == 0;
    out->family = skip ? ADDR_ABSTRACT : ADDR_UNIX;
    out->tight = skip && path_size < sizeof(from->sun_path);
    out->path_size = (uint8_t)path_length(from->sun_path + skip, path_size - skip, skip);
    memcpy(out->u.path, from->sun_path + skip, out->path_size);
}

void platform_sockaddr_read(const union platform_sockaddr *from, socklen_t size, struct addr *out)
{
    memset(out, 0, sizeof(*out));
    if (size < sizeof(from->any.sa_family))
        return; /* a socket without a name */
    if (from->any.sa_family == AF_INET) {
        out->family = ADDR_IPV4;
        out->port = ntohs(from->v4.sin_port);
        memcpy(out->u.ip, &from->v4.sin_addr, sizeof(from->v4.sin_addr));
    } else if (from->any.sa_family == AF_INET6) {
        out->family = ADDR_IPV6;
        out->port = ntohs(from->v6.sin6_port);
        memcpy(out->u.ip, &from->v6.sin6_addr, sizeof(from->v6.sin6_addr));
    } else if (from->any.sa_family == AF_UNIX) {
        read_path(&from->path, size, out);
    }
}
