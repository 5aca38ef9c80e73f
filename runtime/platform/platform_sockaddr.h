/* Addresses between their two shapes: struct addr and the kernel's sockaddr. */
#ifndef PLATFORM_PLATFORM_SOCKADDR_H
#define PLATFORM_PLATFORM_SOCKADDR_H
#include "base/addr.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

union platform_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un path;
};

/* The bytes of out that count; 0 when the kernel has no such address (no family, a path that is too long). */
socklen_t platform_sockaddr_make(const struct addr *addr, union platform_sockaddr *out);
/* What the kernel gave: size as it came back. An unnamed Unix socket has an empty path. */
void platform_sockaddr_read(const union platform_sockaddr *from, socklen_t size, struct addr *out);
/* PF_INET and so on; AF_UNSPEC for ADDR_NONE. */
int platform_sockaddr_domain(enum addr_family family);

#endif
