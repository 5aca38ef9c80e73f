/* The world, as the engine sees it: every clock, socket, file, child, signal, random byte and printed line goes
 * through this vtable. platform_epoll answers from the kernel, the simulator's sim_platform from a model.
 *
 * Readiness, not completion: a socket that is watched is reported when it becomes readable or writable (edges);
 * the caller then reads or writes until would-block or a short count. Every answer names its reason.
 *
 * A platform instance belongs to one node (one running proxy). No call blocks, except `wait` on a real platform,
 * `resolve`, and the file calls, which are for start-up, the management socket and Lua's io. */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H
#include "base/addr.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum io_status {
    IO_OK,             /* size says how much */
    IO_WOULD_BLOCK,    /* EAGAIN, EINPROGRESS */
    IO_CLOSED,         /* read: the peer sent FIN; write: EPIPE */
    IO_RESET,          /* ECONNRESET */
    IO_REFUSED,        /* ECONNREFUSED; a Unix path that nobody listens on */
    IO_UNREACHABLE,    /* EHOSTUNREACH, ENETUNREACH, ENETDOWN */
    IO_TIMED_OUT,      /* ETIMEDOUT */
    IO_NO_DESCRIPTORS, /* EMFILE, ENFILE */
    IO_NO_MEMORY,      /* ENOMEM, ENOBUFS */
    IO_NO_PORTS,       /* EADDRNOTAVAIL: source address or ephemeral ports gone */
    IO_IN_USE,         /* EADDRINUSE */
    IO_DENIED,         /* EACCES, EPERM */
    IO_NOT_FOUND,      /* ENOENT; a name that does not resolve */
    IO_TOO_BIG,        /* EMSGSIZE */
    IO_BAD,            /* anything else: EINVAL, ENOTDIR, EIO, ... */
};

struct io_result {
    enum io_status status;
    size_t size; /* bytes moved, valid with IO_OK */
};

struct io_vec {
    char *data; /* write does not change it */
    size_t size;
};

#define IO_VEC_MAX 8 /* vectors in one call */

typedef int plat_sock; /* a descriptor; PLAT_NO_SOCK for none. Numbers are the platform's business. */
#define PLAT_NO_SOCK (-1)

enum plat_ready {
    PLAT_READABLE = 1,  /* bytes, FIN, a connection to accept, or an error to fetch by reading */
    PLAT_WRITABLE = 2,  /* room, or a connect that ended well */
    PLAT_PEER_SHUT = 4, /* the peer sent FIN (RDHUP) */
    PLAT_HUNG_UP = 8,   /* both directions ended (HUP) */
    PLAT_ERROR = 16,    /* an error is pending: plat sock_error tells which */
};

struct plat_event {
    uint64_t token; /* what `watch` was given */
    unsigned ready; /* enum plat_ready */
};

enum plat_shutdown { PLAT_SHUT_WRITE, PLAT_SHUT_BOTH };

enum plat_option {
    PLAT_NO_DELAY,         /* TCP_NODELAY, 0 or 1 */
    PLAT_LINGER_RESET,     /* set to 1: the next close sends RST and drops what is queued */
    PLAT_KEEP_ALIVE,       /* SO_KEEPALIVE, 0 or 1 */
    PLAT_KEEP_ALIVE_IDLE,  /* seconds */
    PLAT_KEEP_ALIVE_EVERY, /* seconds */
    PLAT_KEEP_ALIVE_COUNT,
    PLAT_SEND_BUFFER,
    PLAT_RECEIVE_BUFFER, /* bytes */
    PLAT_USER_TIMEOUT,   /* TCP_USER_TIMEOUT, ms */
    PLAT_QUICK_ACK,
    PLAT_MARK,
    PLAT_TOS,
    PLAT_MAX_SEGMENT,
    PLAT_DEFER_ACCEPT,
    PLAT_ROUND_TRIP_US, /* get only: smoothed RTT; and its variance */
    PLAT_ROUND_TRIP_VAR_US,
    PLAT_LOST,
    PLAT_RETRANSMITTED,
    PLAT_UNACKED,
    PLAT_SACKED,
    PLAT_FORWARD_ACKED,
    PLAT_REORDERING, /* get only: TCP_INFO */
    PLAT_UNREAD,     /* get only: bytes waiting (FIONREAD) */
};

struct plat_listen {
    struct addr addr;
    unsigned backlog;
    bool v6_only, reuse_port, transparent, free_bind, tcp_fast_open, defer_accept, datagram;
    unsigned unix_mode;     /* permission bits of a Unix path, 0: leave */
    int unix_uid, unix_gid; /* -1: leave */
    unsigned max_segment;   /* 0: leave */
    const char *interface;  /* NULL: any */
};

struct plat_connect {
    struct addr to;
    struct addr from; /* family ADDR_NONE: the kernel chooses; port 0: any */
    bool transparent;
    uint32_t mark; /* 0: none */
    const char *interface;
    bool
        late_ack; /* TCP: that the other side answered is acknowledged with the first bytes, or not at all when a reset
                    * comes before: nobody accepts it then (TCP_QUICKACK off) */
};

enum plat_signal {
    PLAT_SIGNAL_NONE,
    PLAT_SIGNAL_INT,
    PLAT_SIGNAL_TERM,
    PLAT_SIGNAL_USR1,
    PLAT_SIGNAL_USR2,
    PLAT_SIGNAL_HUP,
    PLAT_SIGNAL_CHILD,
    PLAT_SIGNAL_TTIN,
    PLAT_SIGNAL_TTOU,
    PLAT_SIGNAL_QUIT,
};

struct plat_file_info {
    uint64_t size;
    bool is_folder;
    int64_t changed_s; /* seconds since 1970 */
};

struct plat_child {
    const char *const *argv; /* NULL-terminated; argv[0] is a path */
    const char *const *env;  /* NULL: ours */
    plat_sock in, out;       /* PLAT_NO_SOCK: /dev/null, or with keep_streams what we have ourselves */
    bool keep_streams;
    const plat_sock *pass; /* stay open in the child under the same numbers */
    unsigned pass_count;
    const int64_t *uid, *gid; /* whose it is; NULL: as we are */
};

/* Typed facts about the run that a trace wants; free in production (the member may be NULL). */
enum plat_mark {
    PLAT_MARK_TASK,       /* a: kind, b: serial */
    PLAT_MARK_STREAM_NEW, /* a: stream serial */
    PLAT_MARK_STREAM_END,
    PLAT_MARK_LUA_RESUME,
};

struct platform;

struct platform_ops {
    /* Clocks. Both are taken once per turn of the loop by `wait`; these give the value of now. */
    uint64_t (*monotonic_ns)(struct platform *platform);
    int64_t (*wall_ns)(struct platform *platform); /* since 1970, UTC */
    uint64_t (*cpu_ns)(struct platform *platform); /* processor time used by this node */
    void (*entropy)(struct platform *platform, void *out, size_t size);

    /* A poller is one loop's set of watched sockets. */
    int (*poller_open)(struct platform *platform); /* <0: out of descriptors */
    void (*poller_close)(struct platform *platform, int poller);
    /* Edge-triggered for both directions from now on; what is ready already is reported by the next wait.
     * Ends with close. A listener is reported as long as connections may wait. */
    enum io_status (*watch)(struct platform *platform, int poller, plat_sock sock, uint64_t token);
    enum io_status (*unwatch)(struct platform *platform, int poller, plat_sock sock);
    /* Waits until a watched socket is ready, `until` (monotonic ns; 0: do not wait, UINT64_MAX: no deadline),
     * a wake or a signal. Returns the number of events. The simulator never waits: it notes `until`. */
    unsigned (*wait)(struct platform *platform, int poller, uint64_t until, struct plat_event *events,
                     unsigned max);
    void (*wake)(struct platform *platform, int poller); /* from any thread */

    /* Threads of a node, and its gate: one thread at a time is inside. All NULL: there is one thread, and whoever has
     * several loops turns them one after the other. thread_start: false when the system gives none. */
    bool (*thread_start)(struct platform *platform, void (*run)(void *data), void *data);
    void (*thread_join_all)(struct platform *platform);
    void (*gate_enter)(struct platform *platform);
    void (*gate_leave)(struct platform *platform);

    /* Stream sockets. Non-blocking, close-on-exec, TCP with PLAT_NO_DELAY set already. *status says why when PLAT_NO_SOCK comes back. */
    plat_sock (*listen)(struct platform *platform, const struct plat_listen *how, enum io_status *status);
    plat_sock (*accept)(struct platform *platform, plat_sock listener, struct addr *peer,
                        enum io_status *status);
    /* IO_OK: connected already (Unix); IO_WOULD_BLOCK: under way, becomes writable or errs. */
    plat_sock (*connect)(struct platform *platform, const struct plat_connect *how, enum io_status *status);
    enum io_status (*sock_error)(struct platform *platform, plat_sock sock); /* fetches and clears SO_ERROR */
    struct io_result (*read)(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                             unsigned count);
    /* more: more bytes follow at once (MSG_MORE). */
    struct io_result (*write)(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                              unsigned count, bool more);
    enum io_status (*shutdown)(struct platform *platform, plat_sock sock, enum plat_shutdown how);
    void (*close)(struct platform *platform, plat_sock sock);
    enum io_status (*set_option)(struct platform *platform, plat_sock sock, enum plat_option option,
                                 int64_t value);
    enum io_status (*get_option)(struct platform *platform, plat_sock sock, enum plat_option option,
                                 int64_t *value);
    /* Own and peer's name; either may be NULL. original: where the connection was meant to go (SO_ORIGINAL_DST). */
    enum io_status (*names)(struct platform *platform, plat_sock sock, struct addr *own, struct addr *peer);
    enum io_status (*original)(struct platform *platform, plat_sock sock, struct addr *out);
    /* A socket that the starter of the process left open as number `number` (bind fd@N). */
    plat_sock (*adopt)(struct platform *platform, int number, enum io_status *status);
    /* Passing sockets over a connected Unix socket (reload with -x). data travels with it. */
    struct io_result (*send_sock)(struct platform *platform, plat_sock via, plat_sock what, struct str data);
    plat_sock (*receive_sock)(struct platform *platform, plat_sock via, struct buf *data,
                              enum io_status *status);
    plat_sock (*pair)(struct platform *platform, plat_sock *other, enum io_status *status);

    /* Datagrams: UDP and Unix. */
    plat_sock (*datagram_open)(struct platform *platform, const struct addr *bind_or_null,
                               enum addr_family family, enum io_status *status);
    struct io_result (*send_to)(struct platform *platform, plat_sock sock, const struct addr *to,
                                const struct io_vec *vecs, unsigned count);
    struct io_result (*receive_from)(struct platform *platform, plat_sock sock, struct addr *from, char *out,
                                     size_t size);

    /* Files, whole. file_read appends to out. */
    enum io_status (*file_read)(struct platform *platform, const char *path, struct buf *out);
    enum io_status (*file_write)(struct platform *platform, const char *path, struct str data, bool append);
    enum io_status (*file_info)(struct platform *platform, const char *path, struct plat_file_info *out);
    enum io_status (*file_remove)(struct platform *platform, const char *path);
    enum io_status (*file_rename)(struct platform *platform, const char *from, const char *to);
    /* Names in a folder, sorted by bytes, each followed by a NUL. */
    enum io_status (*folder_list)(struct platform *platform, const char *path, struct buf *names);
    enum io_status (*folder_change)(struct platform *platform, const char *path); /* -C */

    /* Process. */
    enum plat_signal (*signal_next)(
        struct platform *platform); /* after wait; PLAT_SIGNAL_NONE when none is left */
    int64_t (*child_start)(struct platform *platform, const struct plat_child *how); /* pid, <0: failed */
    bool (*child_ended)(struct platform *platform, int64_t pid, int *exit_code);     /* non-blocking */
    void (*child_signal)(struct platform *platform, int64_t pid, enum plat_signal signal);
    int64_t (*pid)(struct platform *platform);
    const char *(*host_name)(struct platform *platform);
    const char *(*env_get)(struct platform *platform, const char *name);
    void (*env_set)(struct platform *platform, const char *name, const char *value_or_null);
    const char *(*env_at)(struct platform *platform, size_t index); /* "NAME=value", NULL past the end */
    uint64_t (*descriptor_limit)(struct platform *platform,
                                 uint64_t wanted_or_0); /* raises if wanted; the limit now */
    uint64_t (*descriptor_ceiling)(
        struct platform *platform); /* what it can be raised to without a privilege */
    /* chroot, user, group, in this order; each may be NULL/-1. IO_OK or why not. */
    enum io_status (*drop_privileges)(struct platform *platform, const char *root, int64_t uid, int64_t gid);
    /* Numeric ids of names; -1 when unknown. */
    int64_t (*user_id)(struct platform *platform, const char *user);
    int64_t (*group_id)(struct platform *platform, const char *group);
    enum io_status (*daemonize)(struct platform *platform); /* returns in the child only */
    void (*print)(struct platform *platform, bool to_stderr,
                  struct str text); /* best effort, whole or nothing */
    /* The same to a descriptor that the starter of the process left open as `number`, whatever it is. */
    void (*print_to)(struct platform *platform, int number, struct str text);

    /* Address space for one Lua state: used from its start, memory comes as it is touched. NULL: not so much. The
     * simulator gives the same addresses in every run. */
    void *(*reserve)(struct platform *platform, size_t size);
    void (*unreserve)(struct platform *platform, void *base, size_t size);

    /* Start-up name resolution, may block: up to max addresses, IPv4 first unless prefer_v6. Ports are 0. */
    enum io_status (*resolve)(struct platform *platform, const char *name, bool prefer_v6, struct addr *out,
                              unsigned max, unsigned *count);

    /* Which of `count` runnable tasks of one priority runs next: 0 is first-in first-out. NULL: always 0. who: a number
     * for each, the same one whenever it is asked about. */
    unsigned (*pick)(struct platform *platform, unsigned count, const uint32_t *who);
    void (*mark)(struct platform *platform, enum plat_mark what, uint64_t a, uint64_t b); /* may be NULL */
    /* A secret of a TLS connection as a line of a key log, for whoever captures packets. NULL: nobody does. */
    void (*secret)(struct platform *platform, struct str line);
};

struct platform {
    const struct platform_ops *ops;
};

/* An option that somebody asked for; 0: nobody did. What the socket does not have, or the system refuses, stays. */
static inline void platform_set_asked(struct platform *platform, plat_sock sock, enum plat_option option,
                                      uint64_t value)
{
    if (value)
        (void)platform->ops->set_option(platform, sock, option, (int64_t)value);
}

const char *platform_status_text(enum io_status status); /* "refused", for messages */

#endif
