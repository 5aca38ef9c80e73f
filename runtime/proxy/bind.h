/* Where a frontend listens: one `bind` line may name several addresses. */
#ifndef PROXY_BIND_H
#define PROXY_BIND_H
#include "config/cfg_set.h"
#include "platform/platform.h"
#include "proxy/counters.h"

struct proxy;

struct bind_settings { /* what options behind `bind` say */
    const char *name;
    int64_t id, maxconn, backlog, nice;
    bool accept_proxy, accept_cip, transparent, v4v6, v6only, defer_accept, tfo, ssl, strict_sni,
        expose_listeners;
    uint32_t cip_magic; /* accept-netscaler-cip */
    int64_t mss;
    int level; /* stats sockets: 1 user, 2 operator, 3 admin */
    unsigned unix_mode;
    int unix_uid, unix_gid;
    const char *interface;
    uint64_t tcp_user_timeout;
    int severity; /* of stats sockets: 0 none, 1 number, 2 string */
    const char *alpn;
    const char *crt, *ca_file, *ciphers;
    void *tls; /* the TLS storey's own */
};

struct bind {
    struct bind *next;
    struct proxy *proxy;
    struct cfg_addr addr;
    struct bind_settings settings;
    struct diag_place at;
    unsigned number; /* "sock-1" for unnamed ones */
    const char *name;
    bool is_cli;     /* stats socket: the management socket's applet answers */
    plat_sock sock;  /* PLAT_NO_SOCK until it was opened */
    int64_t current; /* connections */
    struct proxy_counters counters;
};

#endif
