/* What the files net*.c share; nobody else includes it.
 *
 * A socket is what a descriptor stands for; several descriptors may stand for one. The two ends of a stream live and
 * die together as one connection. Bytes travel in segments: copied in once by write, handed from the writer's
 * unsent queue to its flight, to the reader's queue, and copied out by read. */
#ifndef SIM_NET_PARTS_H
#define SIM_NET_PARTS_H
#include "base/dict.h"
#include "base/list.h"
#include "sim/net.h"

#define NET_ANY_HOST       0
#define NET_SEGMENT_POOLS  4
#define NET_PORT_BUCKETS   256
#define NET_DESCRIPTOR_MIN 3

struct net_sock;

/* ---- segments ---- */
enum net_packet { NET_DATA, NET_SYN, NET_SYN_ACK, NET_ACK, NET_FIN, NET_RST };

struct net_segment {
    struct net_segment *next;
    uint64_t at_ns;                /* when it arrives */
    uint32_t from, size, capacity; /* bytes from `from` on count */
    uint8_t kind, pool;
    uint32_t charge;            /* Unix: what the kernel counts for it */
    struct net_sock *passenger; /* a socket that travels with it */
    char data[];
};

struct net_queue {
    struct net_segment *first, *last;
    uint64_t bytes;
    uint32_t count;
};

/* ---- names ---- */
struct net_path { /* a name in the file system or an abstract one; kept until the network ends */
    struct addr addr;
    struct net_sock *bound; /* NULL: nobody; a path then refuses, or is not there */
    bool there;             /* the path exists, if only as what a dead socket left */
};

struct net_name {
    uint8_t family; /* enum addr_family */
    uint16_t port;
    uint8_t ip[16];
    struct net_path *path; /* NULL: no name */
};

/* Source ports in use towards one destination. */
struct net_ports {
    struct net_ports *next;
    struct net_name to, from;
    uint32_t count;
    uint64_t used[65536 / 64];
};

/* ---- hosts ---- */
struct net_pair {
    uint32_t from, to;
    struct net_link link;
    uint64_t free_ns; /* when all that was sent has left, on a link with a rate */
};

struct net_rule {
    uint32_t from, to;
    struct net_link link;
};

struct net_descriptor {
    struct net_descriptor *next; /* of the same socket */
    struct net_sock *sock;
    struct net_host *host;
    plat_sock number;
    net_ready_call *call;
    void *data;
};

struct net_host {
    struct net *net;
    struct list link;
    uint32_t serial, entity;
    struct net_descriptor **table; /* by number */
    uint64_t *used;                /* a bit per number */
    unsigned words, open_count, limit;
};

/* ---- sockets ---- */
enum net_kind { NET_TCP, NET_UNIX, NET_TCP_LISTENER, NET_UNIX_LISTENER, NET_UDP, NET_UNIX_DATAGRAM };

struct net_sock {
    struct net *net;
    uint8_t kind;
    uint8_t error; /* enum io_status: what SO_ERROR would say */
    bool linger_reset;
    uint32_t serial, host, entity;
    uint32_t holders; /* descriptors, and passages under way */
    struct net_descriptor *descriptors;
    struct list notify; /* in net->notify while an edge is to be told */
    struct net_name own;
    int32_t options[PLAT_UNREAD + 1];
};

enum net_state { NET_IDLE, NET_CONNECTING, NET_OPEN, NET_CLOSED };

struct net_conn;

struct net_end {
    struct net_sock sock;
    struct net_conn *conn;
    struct net_pair *pair; /* the link to the other end */
    uint8_t state;
    bool fin_received, fin_queued, fin_sent, fin_arrived; /* queued: after the unsent bytes */
    bool shut_read;                                       /* by shutdown */
    bool reset; /* ended by RST or a time-out: nothing goes either way */
    bool reset_sent;
    bool no_space; /* an edge is owed when a third of the send buffer is free */
    bool corked;
    bool late_ack; /* of who connected: the handshake's last packet goes with the first bytes */
    bool carries;  /* sockets came with the bytes, once at least */
    bool mapped;   /* IPv4 through an IPv6 socket: names are ::ffff:... */
    bool stalled;  /* the head of the flight waits for a retransmission */
    uint8_t tries; /* of the SYN, or retransmissions of the head */
    uint32_t send_limit, receive_limit, used_charge;
    struct net_queue received, unsent, flight;
    uint32_t wire_sent, wire_received; /* as TCP numbers bytes, SYN and FIN */
    uint64_t last_at_ns;               /* arrival of the latest segment: those after it come later */
    uint64_t stalled_at_ns;            /* since when */
    struct world_timer deliver;        /* the head of the flight arrives */
    struct world_timer back;           /* news of the other end's queue arrives here */
    struct world_timer retry;          /* the next SYN; the cork gives way */
};

struct net_listener;

struct net_conn {
    struct net_end ends[2];        /* 0: who connected */
    struct net_listener *listener; /* while it waits to be accepted */
    struct list pending;           /* in the listener's list */
    bool established;              /* accept may take it */
    bool ended;
    struct net_ports *ports; /* where the source port is marked */
    struct net_conn *next_free;
};

struct net_listener {
    struct net_sock sock;
    struct list bound;   /* in net->listeners */
    struct list pending; /* connections, established or not yet, in order of arrival */
    unsigned pending_count, established_count, backlog;
    bool v6_only, reuse_port, shut;
};

struct net_message {
    struct net_message *next;
    struct net *net;
    struct list flying; /* in net->flying until it arrives */
    struct world_timer arrive;
    struct net_name from, to;
    uint32_t size;
    uint32_t host, entity; /* the sender's */
    char data[];
};

struct net_datagram {
    struct net_sock sock;
    struct list bound; /* in net->datagrams */
    struct net_message *first, *last;
    uint32_t count;
    uint64_t charge;
    uint64_t last_at_ns;
    bool reuse_port;
};

struct net {
    struct world *world;
    struct list hosts;
    uint32_t host_serial, sock_serial;
    struct list notify;
    struct world_timer notify_timer;
    uint64_t in_flight;
    struct dict paths;
    struct list listeners[NET_PORT_BUCKETS], datagrams[NET_PORT_BUCKETS];
    struct net_ports *ports[NET_PORT_BUCKETS];
    uint32_t next_port;
    struct net_rule *rules;
    unsigned rule_count;
    struct net_pair **pairs; /* open addressing */
    uint32_t pair_count, pair_slots;
    struct net_segment *free_segments[NET_SEGMENT_POOLS];
    struct net_conn *free_conns;
    uint64_t conn_count;
    struct list flying; /* datagrams */
    void (*on_packet)(void *data, const struct net_packet_seen *packet);
    void *on_packet_data;
};

/* net.c */
struct net_descriptor *net_descriptor(struct net_host *host, plat_sock number); /* CHECKs that it is open */
plat_sock net_add_descriptor(struct net_host *host, struct net_sock *sock, enum io_status *status);
bool net_has_room(struct net_host *host, unsigned count, enum io_status *status); /* for descriptors */
void net_sock_init(struct net_sock *sock, struct net_host *host, enum net_kind kind);
void net_drop(struct net_sock *sock);                  /* one holder less; the last closes it */
const char *net_state_name(const struct net_end *end); /* as `ss` has it */
void net_edge(struct net_sock *sock);                  /* tell the watchers, soon */
void net_flush(struct net *net); /* tell them now: only as the last thing of a world's event */
struct net_pair *net_pair_of(struct net *net, uint32_t from, uint32_t to);
bool net_happens(struct net *net, uint32_t per_million, enum world_site site, uint32_t entity);
uint64_t net_leaves(struct net *net, struct net_pair *pair,
                    uint64_t size); /* when the link has sent so many bytes */
bool net_is_lost(struct net *net, struct net_pair *pair, uint32_t entity);
uint64_t net_latency(struct net *net, struct net_pair *pair, uint32_t entity);

/* net_segment.c */
/* One for up to size bytes: its capacity may be less than size, or more. */
struct net_segment *net_segment_take(struct net *net, size_t size);
void net_segment_give(struct net *net, struct net_segment *segment);
/* Leaves the first `size` bytes in it and gives the rest as another. */
struct net_segment *net_segment_split(struct net *net, struct net_segment *segment, uint32_t size);
void net_segments_finish(struct net *net);
void net_queue_add(struct net_queue *queue, struct net_segment *segment);
struct net_segment *net_queue_pop(struct net_queue *queue);
void net_queue_clear(struct net *net, struct net_queue *queue);
/* Copies out of the queue into the vectors, most bytes at most. Segments that were read whole go to used_up. */
size_t net_queue_read(struct net_queue *queue, const struct io_vec *vecs, unsigned count, size_t most,
                      void (*used_up)(void *data, struct net_segment *segment), void *data);
size_t net_vecs_size(const struct io_vec *vecs, unsigned count);

/* A position in a writer's vectors. */
struct net_source {
    const struct io_vec *vecs;
    size_t offset;
};
void net_source_copy(struct net_source *source, char *out, size_t size);

/* net_name.c */
void net_name_from_addr(struct net *net, const struct addr *addr, struct net_name *out);
void net_name_to_addr(const struct net_name *name, struct addr *out, bool mapped);
/* The address that a packet for `to` comes from, if *from is not a specific one; keeps the port. */
void net_name_choose_source(struct net_name *from, const struct net_name *to);
bool net_name_is_any(const struct net_name *name);
bool net_name_is_loopback(const struct net_name *name);
bool net_name_is_here(struct net *net, const struct net_name *name); /* somebody answers at that IP */
struct net_path *net_path_of(struct net *net, const struct addr *addr, bool make);
enum io_status net_bind_listener(struct net *net, struct net_listener *listener, struct net_name *name);
enum io_status net_bind_datagram(struct net *net, struct net_datagram *datagram, struct net_name *name);
struct net_listener *net_find_listener(struct net *net, const struct net_name *to, uint32_t entity);
struct net_datagram *net_find_datagram(struct net *net, const struct net_name *to, uint32_t entity);
/* Marks the source port of a connection, choosing one when from->port is 0. */
enum io_status net_take_port(struct net *net, struct net_conn *conn, struct net_name *from,
                             const struct net_name *to);
void net_give_port(struct net_conn *conn);
void net_names_finish(struct net *net);

/* net_conn.c */
struct net_conn *net_conn_take(struct net *net, struct net_host *host, enum net_kind kind);
void net_conns_finish(struct net *net);
void net_conn_settle(struct net_conn *conn); /* gives it back when nobody is left to see it */
void net_conn_link(struct net_conn *conn, uint32_t server_host);
void net_conn_set_server(struct net_conn *conn, uint32_t host, uint32_t entity);
static inline struct net_end *net_other(const struct net_end *end)
{
    return &end->conn->ends[end == &end->conn->ends[0]];
}
static inline struct net_end *net_end_of(struct net_sock *sock)
{
    return CONTAINER_OF(sock, struct net_end, sock);
}

/* net_tcp.c */
void net_tcp_connect(struct net_conn *conn);
struct io_result net_tcp_read(struct net_end *end, const struct io_vec *vecs, unsigned count);
struct io_result net_tcp_write(struct net_end *end, const struct io_vec *vecs, unsigned count, bool more);
enum io_status net_tcp_shutdown(struct net_end *end, enum plat_shutdown how);
unsigned net_tcp_readiness(struct net_end *end);
void net_tcp_close(struct net_end *end);
void net_tcp_deliver(struct world_timer *timer);
void net_tcp_back(struct world_timer *timer);
void net_tcp_stop_back(struct net_end *end);
void net_tcp_retry(struct world_timer *timer);

/* net_unix.c */
enum io_status net_unix_connect(struct net_conn *conn, const struct addr *to);
struct io_result net_unix_read(struct net_end *end, const struct io_vec *vecs, unsigned count);
struct io_result net_unix_write(struct net_end *end, const struct io_vec *vecs, unsigned count);
enum io_status net_unix_shutdown(struct net_end *end, enum plat_shutdown how);
unsigned net_unix_readiness(struct net_end *end);
void net_unix_close(struct net_end *end);

/* net_datagram.c */
plat_sock net_datagram_listen(struct net_host *host, const struct addr *addr, bool reuse_port,
                              enum io_status *status);
unsigned net_datagram_readiness(const struct net_datagram *datagram);
void net_datagram_close(struct net_datagram *datagram);

/* net_listener.c */
void net_pending_add(struct net_listener *listener, struct net_conn *conn); /* takes a place in the queue */
void net_pending_establish(struct net_conn *conn);                          /* may be accepted from now on */
void net_pending_remove(struct net_conn *conn); /* harmless when it is in no queue */
static inline bool net_listener_full(const struct net_listener *listener)
{
    return listener->pending_count > listener->backlog;
}
unsigned net_listener_readiness(const struct net_listener *listener);
void net_listener_close(struct net_listener *listener);
void net_listener_shut(struct net_listener *listener);

/* net_option.c */
void net_option_defaults(struct net_sock *sock);

static inline void net_trace(struct net_sock *sock, enum world_event_kind kind, uint64_t b, struct str bytes)
{
    world_trace(sock->net->world, kind, sock->entity, sock->serial, b, bytes);
}
static inline struct io_result net_result(enum io_status status, size_t size)
{
    return (struct io_result){ status, size };
}

#endif
