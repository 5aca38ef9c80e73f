/* Where a frontend listens: one `bind` line may name several addresses. */
#ifndef PROXY_BIND_H
#define PROXY_BIND_H
#include "config/cfg_set.h"
#include "platform/platform.h"
#include "proxy/counters.h"
#include "tls/tls_settings.h"

struct configuration;
struct proxy;

struct bind_settings { /* what options behind `bind` say */
    const char *name;
    int64_t id, maxconn, backlog, nice;
    bool accept_proxy, accept_cip, transparent, v4v6, v6only, defer_accept, tfo, ssl, expose_listeners;
    uint32_t cip_magic; /* accept-netscaler-cip */
    int64_t mss;
    int level; /* stats sockets: 1 user, 2 operator, 3 admin */
    unsigned unix_mode;
    int unix_uid, unix_gid;
    const char *interface;
    uint64_t tcp_user_timeout;
    int severity; /* of stats sockets: 0 none, 1 number, 2 string */
    struct tls_settings tls;
    struct tls_crt *crts; /* crt and crt-list, in order */
};

struct bind {
    struct bind *next;
    struct proxy *proxy;
    struct cfg_addr addr;
    struct bind_settings settings;
    struct diag_place at;
    unsigned number; /* "sock-1" for unnamed ones */
    const char *name;
    const char *label;    /* the addresses as written */
    bool by_messages;     /* sockpair@N: connections come as sockets over it */
    bool datagram;        /* dgram-bind: no listener, but a socket that log messages come to */
    bool is_cli;          /* stats socket: the management socket's applet answers */
    struct tls_bind *tls; /* NULL: plain */
    plat_sock sock;       /* PLAT_NO_SOCK until it was opened */
    plat_sock heard;      /* the same, once a listener has it: for lists */
    int64_t current;      /* connections */
    struct proxy_counters counters;
};

/* Opens the socket into bind->sock, adopts it, or takes it from the process before us. IO_OK or why not. */
enum io_status bind_open(struct platform *platform, struct bind *bind) MUST_USE;
/* Closes those of the process before us that no bind wanted. */
void bind_close_untaken(struct configuration *configuration);

#endif
