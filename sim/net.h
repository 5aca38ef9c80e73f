/* The simulated network: TCP, UDP and Unix sockets with buffers, windows, segments, latency, FIN, RST, half-close,
 * refusal and backlog, as the kernel answers (docs/DETERMINISM.md has the golden rows).
 *
 * Every socket belongs to a host: a node's platform or the scenario's actors. Both use the same calls; a readiness
 * callback tells of edges, never from inside a call of the watcher, always from an event of the world.
 *
 * One flat network: 127.0.0.0/8, ::1 and every IP that somebody listens on answer everybody; any other IP is a hole
 * that swallows SYNs. Hosts have no addresses of their own: they tell who owns a socket, for links and descriptors.
 * Not modelled: TIME_WAIT (a source port is free when both ends are closed), congestion, ACK packets (the sender
 * knows at once what arrived, and hears of it one latency later). */
#ifndef SIM_NET_H
#define SIM_NET_H
#include "platform/platform.h"
#include "sim/world.h"

struct net;      /* of one world */
struct net_host; /* owns sockets, has a descriptor limit and links */

/* A packet as it leaves who sends it. A datagram has bytes only; of the numbers of TCP the first is 0. */
struct net_packet_seen {
    struct addr from, to;
    uint32_t entity; /* the sender's */
    bool datagram, syn, ack, fin, rst;
    uint32_t sequence, acknowledged;
    struct str bytes;
};

struct net *net_create(struct world *world);
void net_destroy(struct net *net); /* hosts must be destroyed before */
struct net_host *net_host_create(struct net *net, const char *name);
void net_host_destroy(struct net_host *host); /* its connections end by RST */
void net_host_close_all(
    struct net_host *host); /* closes its descriptors, as the kernel does for a process that ends */
void net_host_set_descriptor_limit(struct net_host *host, unsigned limit);
unsigned net_host_descriptor_limit(const struct net_host *host);

struct net_link {
    uint64_t latency_min_ns, latency_max_ns; /* one way, drawn for each segment; default 5 us..25 us */
    uint32_t segment_max;                    /* bytes per segment, default 65483 as loopback's MSS */
    uint32_t send_buffer, receive_buffer;    /* bytes; defaults: what loopback takes without a reader */
    bool cut;                                /* nothing passes until healed */
    /* All off by default: */
    bool random_segments; /* SITE_SEGMENT draws where writes are cut */
    bool short_reads;     /* SITE_SHORT_READ draws how much one read gives */
    bool short_writes;    /* SITE_SHORT_WRITE draws how much one write takes */
    uint32_t loss;        /* per million segments: TCP delays them by a retransmission, datagrams are gone */
    uint32_t duplicates, reorders; /* per million datagrams: come twice, are overtaken */
    uint32_t rate;                 /* bytes a second; 0: as many as there are */
};
/* The link from one host to another; NULL for any. Applies to connections made from now on and to queued data. */
void net_set_link(struct net *net, const struct net_host *from, const struct net_host *to,
                  const struct net_link *link);
struct net_link net_get_link(struct net *net, const struct net_host *from, const struct net_host *to);

/* Called on every edge: enum plat_ready bits that newly hold. May be NULL. */
typedef void net_ready_call(void *data, plat_sock sock, unsigned ready);
void net_on_ready(struct net_host *host, plat_sock sock, net_ready_call *call, void *data);
unsigned net_readiness(struct net_host *host, plat_sock sock); /* level: what epoll would report now */

/* The platform's socket calls, with its meanings (platform.h). Descriptors are the host's own, lowest free first
 * from 3. A socket handed to another host (fd@, SCM_RIGHTS) is a second descriptor of the same socket. */
plat_sock net_listen(struct net_host *host, const struct plat_listen *how, enum io_status *status);
plat_sock net_accept(struct net_host *host, plat_sock listener, struct addr *peer, enum io_status *status);
plat_sock net_connect(struct net_host *host, const struct plat_connect *how, enum io_status *status);
enum io_status net_sock_error(struct net_host *host, plat_sock sock);
struct io_result net_read(struct net_host *host, plat_sock sock, const struct io_vec *vecs, unsigned count);
struct io_result net_write(struct net_host *host, plat_sock sock, const struct io_vec *vecs, unsigned count,
                           bool more);
enum io_status net_shutdown(struct net_host *host, plat_sock sock, enum plat_shutdown how);
void net_close(struct net_host *host, plat_sock sock);
enum io_status net_set_option(struct net_host *host, plat_sock sock, enum plat_option option, int64_t value);
enum io_status net_get_option(struct net_host *host, plat_sock sock, enum plat_option option, int64_t *value);
enum io_status net_names(struct net_host *host, plat_sock sock, struct addr *own, struct addr *peer);
plat_sock net_datagram_open(struct net_host *host, const struct addr *bind_or_null, enum addr_family family,
                            enum io_status *status);
struct io_result net_send_to(struct net_host *host, plat_sock sock, const struct addr *to,
                             const struct io_vec *vecs, unsigned count);
struct io_result net_receive_from(struct net_host *host, plat_sock sock, struct addr *from, char *out,
                                  size_t size);
plat_sock net_duplicate(struct net_host *from, plat_sock sock, struct net_host *to, enum io_status *status);
plat_sock net_pair(struct net_host *host, plat_sock *other, enum io_status *status);

/* A descriptor that travels over a connected Unix socket, with at least one byte. */
struct io_result net_send_sock(struct net_host *host, plat_sock via, plat_sock what, struct str data);
plat_sock net_receive_sock(struct net_host *host, plat_sock via, struct buf *data, enum io_status *status);
/* Unix paths live in the network, beside the platform's files. A socket that ends leaves its path, which then refuses. */
bool net_path_there(struct net *net, struct str path);
bool net_path_remove(struct net *net, struct str path); /* false: there was none */
bool net_path_rename(struct net *net, struct str from, struct str to);

bool net_is_open(struct net_host *host, plat_sock sock);
bool net_is_listener(struct net_host *host, plat_sock sock);
uint32_t net_sock_serial(struct net_host *host, plat_sock sock); /* as the trace names it */
unsigned net_host_open_count(const struct net_host *host);       /* descriptors in use, for the leak judge */
/* The TCP connections that descriptors stand for, in the order of hosts and numbers. */
struct net_listing {
    const char *host, *state; /* as `ss` names states */
    plat_sock number;
    struct addr own, peer;
};
void net_list(struct net *net, void (*call)(void *data, const struct net_listing *listing), void *data);
/* Every socket as a line: whose, its number and serial, its state, its names, the bytes that wait in it. */
void net_describe(struct net *net, struct buf *out);
/* Called for every packet of TCP and UDP; NULL to stop. */
void net_on_packet(struct net *net, void (*call)(void *data, const struct net_packet_seen *packet),
                   void *data);
/* Nothing happens now, nothing is on its way: timers alone would go on. What is due in less than a blink (a proxy's next
 * turn, the next piece of a spec's bytes) follows from what happens now. */
bool net_is_settled(const struct net *net);

#endif
