/* The simulated world as a platform: what one node sees of a `struct world`. */
#ifndef SIM_SIM_PLATFORM_H
#define SIM_SIM_PLATFORM_H
#include "platform/platform.h"
#include "sim/net.h"

struct sim_platform;

struct sim_platform *sim_platform_create(struct world *world, struct net *net, const char *name);
void sim_platform_destroy(struct sim_platform *sim);
struct platform *sim_platform_base(struct sim_platform *sim);
struct net_host *sim_platform_host(struct sim_platform *sim);

/* The node's life: `turn` is called whenever a watched socket became ready, a wake or signal came, or the instant
 * that the last wait named has come; it must call the platform's wait (loop_turn does). Called as long as the
 * node has something to do. NULL stops stepping. */
void sim_platform_drive(struct sim_platform *sim, void (*turn)(void *data), void *data);
void sim_platform_wake(struct sim_platform *sim); /* schedule a turn now */
void sim_platform_signal(struct sim_platform *sim, enum plat_signal signal);

/* `bind fd@N`: descriptor number `number` is this socket of another host. */
void sim_platform_inherit(struct sim_platform *sim, int number, struct net_host *from, plat_sock sock);
/* Other processes, by whoever makes them. Without that there are no programs here. */
struct sim_children {
    int64_t (*start)(void *data, const struct plat_child *how); /* the pid; <0: it cannot be */
    bool (*ended)(void *data, int64_t pid, int *exit_code);
    void (*signal)(void *data, int64_t pid, enum plat_signal signal);
};
void sim_platform_children(struct sim_platform *sim, const struct sim_children *children, void *data);
/* What a process gets from the one that starts it: the environment, the files, which both see from now on, what that one
 * inherited and did not take, and what it passes. The parent must outlive it. */
void sim_platform_be_child(struct sim_platform *child, struct sim_platform *parent,
                           const struct plat_child *how);
/* Overlay files in memory hide real ones; writes go to the overlay only. NULL data removes (hides) a path. */
void sim_platform_file(struct sim_platform *sim, const char *path, struct str data);
void sim_platform_setenv(struct sim_platform *sim, const char *name, const char *value);
/* Asked for names before those below: appends addresses of that family; any status but OK and NOT_FOUND is the answer. */
void sim_platform_on_resolve(struct sim_platform *sim,
                             enum io_status (*call)(void *data, const char *name, enum addr_family family,
                                                    struct addr *out, unsigned max, unsigned *count),
                             void *data);
/* Scripted host name; several calls add addresses. "localhost" is known, all else is not found. */
void sim_platform_host_name(struct sim_platform *sim, const char *name, struct addr addr);
/* A line of a TLS key log; NULL: nobody wants them. */
void sim_platform_on_secret(struct sim_platform *sim, void (*call)(void *data, struct str line), void *data);

/* Calls that may be made to fail. */
enum sim_operation {
    SIM_LISTEN,
    SIM_ACCEPT,
    SIM_CONNECT,
    SIM_READ,
    SIM_WRITE,
    SIM_DATAGRAM,
    SIM_SEND_TO,
    SIM_RECEIVE_FROM,
    SIM_FILE_READ,
    SIM_FILE_WRITE,
    SIM_RESOLVE,
    SIM_ALLOC, /* a piece of the engine's memory */
    SIM_POLLER,
    SIM_WATCH,
    SIM_SOCK_ERROR,
    SIM_SHUTDOWN,
    SIM_SET_OPTION,
    SIM_GET_OPTION,
    SIM_NAMES,
    SIM_ADOPT,
    SIM_PAIR,
    SIM_SEND_SOCK,
    SIM_RECEIVE_SOCK,
    SIM_FILE_INFO,
    SIM_FILE_REMOVE,
    SIM_FILE_RENAME,
    SIM_FOLDER_LIST,
    SIM_FOLDER_CHANGE,
    SIM_CHILD_START,
    SIM_RESERVE,
    SIM_DROP_PRIVILEGES,
    SIM_DAEMONIZE,
    SIM_OPERATIONS
};
/* Asked before each of them; true: it fails, and why (IO_OK: a read or write moves one byte). NULL: none does. */
void sim_platform_on_call(struct sim_platform *sim,
                          bool (*fails)(void *data, enum sim_operation operation, enum io_status *status),
                          void *data);
/* What passes its stream sockets, for judges: bytes as they were read or written, the ends of both directions. */
enum sim_wire {
    SIM_WIRE_ACCEPTED, /* bytes: the peer's struct addr */
    SIM_WIRE_CONNECTED,
    SIM_WIRE_READ,
    SIM_WIRE_READ_END,
    SIM_WIRE_WRITTEN,
    SIM_WIRE_FAILED, /* a call gave an error: the peer is gone */
    SIM_WIRE_CLOSED,
    SIM_WIRE_DATAGRAM /* a part of one */
};
void sim_platform_on_wire(struct sim_platform *sim,
                          void (*call)(void *data, enum sim_wire what, plat_sock sock, struct str bytes),
                          void *data);
unsigned
sim_platform_left_open(struct sim_platform *sim); /* descriptors that are open, but for inherited ones */
/* What the node printed to stdout and stderr since the last call. */
struct str sim_platform_output(struct sim_platform *sim);
void sim_platform_on_print(struct sim_platform *sim,
                           void (*call)(void *data, bool to_stderr, struct str text), void *data);

#endif
