/* The network as a whole: hosts and their descriptors, links, and who is told of edges. The calls of net.h come in
 * here and go to the kind of socket that they are for. */
#include "sim/net.h"
#include "base/units.h"
#include "sim/net_parts.h"
#include "sim/sim_mem.h"

#define LATENCY_MIN_NS 5000
#define LATENCY_MAX_NS 25000
#define SEGMENT_MAX    65483 /* loopback's MSS: 65536 less headers */
#define SEND_BUFFER    2626560 /* what Linux 6 gives a new connection over loopback; both together are what it */
#define RECEIVE_BUFFER                                                                                       \
    1284096 /* takes from a writer until it says EAGAIN, if nobody reads: 3,910,656 bytes */
#define DESCRIPTOR_LIMIT 1048576
#define LOSS_BASE        1000000
#define BLINK_NS         (50 * NS_PER_US)

static const struct net_link link_default = { .latency_min_ns = LATENCY_MIN_NS,
                                              .latency_max_ns = LATENCY_MAX_NS,
                                              .segment_max = SEGMENT_MAX,
                                              .send_buffer = SEND_BUFFER,
                                              .receive_buffer = RECEIVE_BUFFER };

static void notify_fired(struct world_timer *timer)
{
    net_flush(CONTAINER_OF(timer, struct net, notify_timer));
}

struct net *net_create(struct world *world)
{
    struct net *net = sim_mem_need(sizeof(*net));
    net->world = world;
    net->paths = (struct dict)DICT_INIT;
    list_init(&net->hosts);
    list_init(&net->notify);
    list_init(&net->flying);
    for (unsigned i = 0; i < NET_PORT_BUCKETS; i++) {
        list_init(&net->listeners[i]);
        list_init(&net->datagrams[i]);
    }
    world_timer_init(&net->notify_timer, notify_fired);
    return net;
}

void net_destroy(struct net *net)
{
    if (!net)
        return;
    CHECK(list_empty(&net->hosts));
    CHECK(net->conn_count == 0);
    LIST_EACH_SAFE(link, &net->flying)
    {
        struct net_message *message = LIST_ITEM(link, struct net_message, flying);
        world_timer_stop(net->world, &message->arrive);
        sim_mem_free(message);
    }
    world_timer_stop(net->world, &net->notify_timer);
    net_names_finish(net);
    net_segments_finish(net);
    net_conns_finish(net);
    for (uint32_t i = 0; i < net->pair_slots; i++)
        sim_mem_free(net->pairs[i]);
    sim_mem_free(net->pairs);
    sim_mem_free(net->rules);
    sim_mem_free(net);
}

const char *net_state_name(const struct net_end *end)
{
    if (end->state == NET_CONNECTING)
        return "SYN-SENT";
    if (end->state != NET_OPEN)
        return "CLOSE";
    if (end->fin_received)
        return end->fin_queued ? "LAST-ACK" : "CLOSE-WAIT";
    return !end->fin_queued ? "ESTAB" : end->fin_arrived ? "FIN-WAIT-2" : "FIN-WAIT-1";
}

void net_list(struct net *net, void (*call)(void *data, const struct net_listing *listing), void *data)
{
    LIST_EACH (link, &net->hosts) {
        struct net_host *host = LIST_ITEM(link, struct net_host, link);

        for (unsigned i = 0; i < host->words * 64; i++) {
            if (!(host->used[i / 64] >> i % 64 & 1) || !host->table[i] || /* taken by a pipe or a poller */
                host->table[i]->sock->kind != NET_TCP)
                continue;
            struct net_end *end = net_end_of(host->table[i]->sock);
            struct net_listing listing = { .host = world_entity_name(net->world, host->entity),
                                           .state = net_state_name(end),
                                           .number = (plat_sock)i };
            net_name_to_addr(&end->sock.own, &listing.own, false);
            net_name_to_addr(&net_other(end)->sock.own, &listing.peer, false);
            call(data, &listing);
        }
    }
}

void net_on_packet(struct net *net, void (*call)(void *data, const struct net_packet_seen *packet),
                   void *data)
{
    net->on_packet = call;
    net->on_packet_data = data;
}

bool net_is_settled(const struct net *net)
{
    return !net->in_flight && world_next(net->world) > world_now(net->world) + BLINK_NS;
}

/* ---- links ---- */

static bool rule_fits(const struct net_rule *rule, uint32_t from, uint32_t to)
{
    return (rule->from == NET_ANY_HOST || rule->from == from) && (rule->to == NET_ANY_HOST || rule->to == to);
}

/* The rule set last among those that fit. */
static struct net_link link_between(const struct net *net, uint32_t from, uint32_t to)
{
    for (unsigned i = net->rule_count; i-- > 0;)
        if (rule_fits(&net->rules[i], from, to))
            return net->rules[i].link;
    return link_default;
}

static uint32_t pair_slot(const struct net *net, uint32_t from, uint32_t to)
{
    uint32_t slot = (from * 0x9e3779b1u ^ to * 0x85ebca6bu) & (net->pair_slots - 1);
    while (net->pairs[slot] && (net->pairs[slot]->from != from || net->pairs[slot]->to != to))
        slot = (slot + 1) & (net->pair_slots - 1);
    return slot;
}

static void pairs_grow(struct net *net)
{
    struct net_pair **old = net->pairs;
    uint32_t old_slots = net->pair_slots;
    net->pair_slots = old_slots ? old_slots * 2 : 64;
    net->pairs = sim_mem_need(net->pair_slots * sizeof(struct net_pair *));
    for (uint32_t i = 0; i < old_slots; i++)
        if (old[i])
            net->pairs[pair_slot(net, old[i]->from, old[i]->to)] = old[i];
    sim_mem_free(old);
}

struct net_pair *net_pair_of(struct net *net, uint32_t from, uint32_t to)
{
    if (net->pair_count * 2 >= net->pair_slots)
        pairs_grow(net);
    uint32_t slot = pair_slot(net, from, to);
    if (!net->pairs[slot]) {
        struct net_pair *pair = sim_mem_need(sizeof(*pair));
        *pair = (struct net_pair){ from, to, link_between(net, from, to), 0 };
        net->pairs[slot] = pair;
        net->pair_count++;
    }
    return net->pairs[slot];
}

static struct net_link sensible(struct net_link link)
{
    if (link.latency_max_ns < link.latency_min_ns)
        link.latency_max_ns = link.latency_min_ns;
    if (link.segment_max == 0 || link.segment_max > SEGMENT_MAX)
        link.segment_max = SEGMENT_MAX;
    if (link.send_buffer == 0)
        link.send_buffer = SEND_BUFFER;
    if (link.receive_buffer == 0)
        link.receive_buffer = RECEIVE_BUFFER;
    if (link.loss > LOSS_BASE)
        link.loss = LOSS_BASE;
    return link;
}

void net_set_link(struct net *net, const struct net_host *from, const struct net_host *to,
                  const struct net_link *link)
{
    struct net_rule rule = { from ? from->serial : NET_ANY_HOST, to ? to->serial : NET_ANY_HOST,
                             sensible(*link) };
    unsigned kept = 0;
    for (unsigned i = 0; i < net->rule_count; i++) {
        bool hidden = (rule.from == NET_ANY_HOST || rule.from == net->rules[i].from) &&
                      (rule.to == NET_ANY_HOST || rule.to == net->rules[i].to);
        if (!hidden)
            net->rules[kept++] = net->rules[i];
    }
    net->rules = sim_mem_grow(net->rules, (kept + 1) * sizeof(*net->rules));
    net->rules[kept] = rule;
    net->rule_count = kept + 1;
    for (uint32_t i = 0; i < net->pair_slots; i++)
        if (net->pairs[i] && rule_fits(&rule, net->pairs[i]->from, net->pairs[i]->to))
            net->pairs[i]->link = rule.link;
}

struct net_link net_get_link(struct net *net, const struct net_host *from, const struct net_host *to)
{
    return link_between(net, from ? from->serial : NET_ANY_HOST, to ? to->serial : NET_ANY_HOST);
}

uint64_t net_latency(struct net *net, struct net_pair *pair, uint32_t entity)
{
    const struct net_link *link = &pair->link;
    uint64_t range = link->latency_max_ns - link->latency_min_ns, latency = link->latency_min_ns;
    if (range && range < UINT32_MAX)
        latency += world_choose(net->world, SITE_LATENCY, entity, (uint32_t)range + 1);
    else if (range) /* in steps of a microsecond */
        latency +=
            NS_PER_US * world_choose(net->world, SITE_LATENCY, entity, (uint32_t)(range / NS_PER_US) + 1);
    return latency;
}

bool net_happens(struct net *net, uint32_t per_million, enum world_site site, uint32_t entity)
{
    return per_million && world_choose(net->world, site, entity, LOSS_BASE) >= LOSS_BASE - per_million;
}

bool net_is_lost(struct net *net, struct net_pair *pair, uint32_t entity)
{
    return net_happens(net, pair->link.loss, SITE_LOSS, entity);
}

uint64_t net_leaves(struct net *net, struct net_pair *pair, uint64_t size)
{
    uint64_t now = world_now(net->world);
    if (!pair->link.rate)
        return now;
    if (pair->free_ns < now)
        pair->free_ns = now;
    pair->free_ns += size * NS_PER_S / pair->link.rate;
    return pair->free_ns;
}

/* ---- hosts and descriptors ---- */

struct net_host *net_host_create(struct net *net, const char *name)
{
    struct net_host *host = sim_mem_need(sizeof(*host));
    host->net = net;
    host->serial = ++net->host_serial;
    host->entity = world_entity(net->world, name);
    host->limit = DESCRIPTOR_LIMIT;
    list_add_last(&net->hosts, &host->link);
    return host;
}

void net_host_close_all(struct net_host *host)
{
    for (unsigned number = 0; number < host->words * 64; number++)
        if (host->table[number])
            net_close(host, (plat_sock)number);
}

void net_host_destroy(struct net_host *host)
{
    if (!host)
        return;
    for (unsigned number = 0; number < host->words * 64; number++)
        if (host->table[number])
            host->table[number]->sock->linger_reset = true;
    net_host_close_all(host);
    list_remove(&host->link);
    sim_mem_free(host->table);
    sim_mem_free(host->used);
    sim_mem_free(host);
}

void net_host_set_descriptor_limit(struct net_host *host, unsigned limit)
{
    host->limit = limit;
}

unsigned net_host_descriptor_limit(const struct net_host *host)
{
    return host->limit;
}

unsigned net_host_open_count(const struct net_host *host)
{
    return host->open_count;
}

bool net_is_open(struct net_host *host, plat_sock number)
{
    return (unsigned)number < host->words * 64 && host->table[number];
}

struct net_descriptor *net_descriptor(struct net_host *host, plat_sock number)
{
    CHECK(number >= 0 && (unsigned)number < host->words * 64);
    CHECK(host->table[number]);
    return host->table[number];
}

/* As the kernel: the limit bounds the numbers, not how many are open. */
bool net_has_room(struct net_host *host, unsigned count, enum io_status *status)
{
    bool room = host->open_count + NET_DESCRIPTOR_MIN + count <= host->limit;
    if (!room)
        *status = IO_NO_DESCRIPTORS;
    return room;
}

static unsigned lowest_free(struct net_host *host)
{
    for (unsigned word = 0; word < host->words; word++)
        if (~host->used[word])
            return word * 64 + (unsigned)__builtin_ctzll(~host->used[word]);
    unsigned words = host->words ? host->words * 2 : 1;
    host->used = sim_mem_grow(host->used, words * sizeof(*host->used));
    host->table = sim_mem_grow(host->table, words * 64 * sizeof(struct net_descriptor *));
    memset(host->used + host->words, 0, (words - host->words) * sizeof(*host->used));
    memset(host->table + host->words * 64, 0, (words - host->words) * 64 * sizeof(struct net_descriptor *));
    if (host->words == 0)
        host->used[0] = (1u << NET_DESCRIPTOR_MIN) - 1;
    host->words = words;
    return lowest_free(host);
}

plat_sock net_add_descriptor(struct net_host *host, struct net_sock *sock, enum io_status *status)
{
    unsigned number = lowest_free(host);
    struct net_descriptor *descriptor = sim_mem_need(sizeof(*descriptor));
    *descriptor = (struct net_descriptor){
        .next = sock->descriptors, .sock = sock, .host = host, .number = (plat_sock)number
    };
    sock->descriptors = descriptor;
    sock->holders++;
    host->table[number] = descriptor;
    host->used[number / 64] |= UINT64_C(1) << number % 64;
    host->open_count++;
    *status = IO_OK;
    return (plat_sock)number;
}

void net_close(struct net_host *host, plat_sock number)
{
    struct net_descriptor *descriptor = net_descriptor(host, number);
    struct net_sock *sock = descriptor->sock;
    struct net_descriptor **at = &sock->descriptors;
    while (*at != descriptor)
        at = &(*at)->next;
    *at = descriptor->next;
    host->table[number] = NULL;
    host->used[number / 64] &= ~(UINT64_C(1) << number % 64);
    host->open_count--;
    sim_mem_free(descriptor);
    net_trace(sock, EV_CLOSE, (uint64_t)number, STR_NONE);
    net_drop(sock);
}

plat_sock net_duplicate(struct net_host *from, plat_sock number, struct net_host *to, enum io_status *status)
{
    struct net_sock *sock = net_descriptor(from, number)->sock;
    if (!net_has_room(to, 1, status))
        return PLAT_NO_SOCK;
    return net_add_descriptor(to, sock, status);
}

bool net_is_listener(struct net_host *host, plat_sock number)
{
    uint8_t kind = net_descriptor(host, number)->sock->kind;
    return kind == NET_TCP_LISTENER || kind == NET_UNIX_LISTENER;
}

uint32_t net_sock_serial(struct net_host *host, plat_sock number)
{
    return net_descriptor(host, number)->sock->serial;
}

/* ---- sockets ---- */

void net_sock_init(struct net_sock *sock, struct net_host *host, enum net_kind kind)
{
    sock->net = host->net;
    sock->kind = (uint8_t)kind;
    sock->serial = ++host->net->sock_serial;
    sock->host = host->serial;
    sock->entity = host->entity;
    list_init(&sock->notify);
    net_option_defaults(sock);
}

void net_drop(struct net_sock *sock)
{
    CHECK(sock->holders > 0);
    if (--sock->holders)
        return;
    switch ((enum net_kind)sock->kind) {
    case NET_TCP:
        net_tcp_close(net_end_of(sock));
        return;
    case NET_UNIX:
        net_unix_close(net_end_of(sock));
        return;
    case NET_TCP_LISTENER:
    case NET_UNIX_LISTENER:
        net_listener_close(CONTAINER_OF(sock, struct net_listener, sock));
        return;
    case NET_UDP:
    case NET_UNIX_DATAGRAM:
        net_datagram_close(CONTAINER_OF(sock, struct net_datagram, sock));
        return;
    }
}

static unsigned readiness(struct net_sock *sock)
{
    switch ((enum net_kind)sock->kind) {
    case NET_TCP:
        return net_tcp_readiness(net_end_of(sock));
    case NET_UNIX:
        return net_unix_readiness(net_end_of(sock));
    case NET_TCP_LISTENER:
    case NET_UNIX_LISTENER:
        return net_listener_readiness(CONTAINER_OF(sock, struct net_listener, sock));
    case NET_UDP:
    case NET_UNIX_DATAGRAM:
        return net_datagram_readiness(CONTAINER_OF(sock, struct net_datagram, sock));
    }
    return 0;
}

/* An error or a hang-up is fetched by reading (platform.h). */
unsigned net_readiness(struct net_host *host, plat_sock number)
{
    unsigned ready = readiness(net_descriptor(host, number)->sock);
    return ready & (PLAT_ERROR | PLAT_HUNG_UP) ? ready | PLAT_READABLE : ready;
}

enum io_status net_sock_error(struct net_host *host, plat_sock number)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    enum io_status error = (enum io_status)sock->error;
    sock->error = IO_OK;
    return error;
}

/* ---- edges ---- */

void net_on_ready(struct net_host *host, plat_sock number, net_ready_call *call, void *data)
{
    struct net_descriptor *descriptor = net_descriptor(host, number);
    descriptor->call = call;
    descriptor->data = data;
}

void net_edge(struct net_sock *sock)
{
    struct net *net = sock->net;
    if (!sock->descriptors || !list_empty(&sock->notify))
        return;
    list_add_last(&net->notify, &sock->notify);
    if (!world_timer_armed(&net->notify_timer))
        world_timer_set(net->world, &net->notify_timer, world_now(net->world));
}

/* A watcher may close any socket while it is told: the list of descriptors is read anew each time, and the socket is
 * held so long. */
static void tell(struct net_sock *sock)
{
    sock->holders++;
    for (unsigned index = 0;; index++) {
        struct net_descriptor *descriptor = sock->descriptors;
        for (unsigned i = 0; descriptor && i < index; i++)
            descriptor = descriptor->next;
        if (!descriptor)
            break;
        if (descriptor->call)
            descriptor->call(descriptor->data, descriptor->number,
                             net_readiness(descriptor->host, descriptor->number));
    }
    net_drop(sock);
}

/* What is added meanwhile waits for the next event of the world, so that two watchers who write to each other over a
 * socket without latency do not keep the world from going on. */
void net_flush(struct net *net)
{
    struct list now;
    if (list_empty(&net->notify))
        return;
    now = net->notify;
    now.next->prev = &now;
    now.prev->next = &now;
    list_init(&net->notify);
    world_timer_stop(net->world, &net->notify_timer);
    struct list *link;
    while ((link = list_first(&now))) {
        list_remove(link);
        tell(LIST_ITEM(link, struct net_sock, notify));
    }
}

/* ---- streams: the calls ---- */

static struct net_end *end_at(struct net_host *host, plat_sock number)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    return sock->kind == NET_TCP || sock->kind == NET_UNIX ? net_end_of(sock) : NULL;
}

/* Where reads or writes come short on purpose: 0 leaves the whole. */
static size_t shorten(struct net_end *end, enum world_site site, size_t size)
{
    if (size < 2)
        return size;
    uint32_t bound = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    uint32_t cut = world_choose(end->sock.net->world, site, end->sock.entity, bound);
    return cut ? cut : size;
}

static unsigned cut_vecs(struct io_vec *out, const struct io_vec *vecs, unsigned count, size_t size)
{
    unsigned used = 0;
    for (unsigned i = 0; i < count && size; i++) {
        out[used] = vecs[i];
        if (out[used].size > size)
            out[used].size = size;
        size -= out[used++].size;
    }
    return used;
}

struct io_result net_read(struct net_host *host, plat_sock number, const struct io_vec *vecs, unsigned count)
{
    struct net_end *end = end_at(host, number);
    struct io_vec cut[IO_VEC_MAX];
    size_t size = net_vecs_size(vecs, count);
    if (!end)
        return net_result(IO_CLOSED, 0);
    if (size == 0)
        return net_result(IO_OK, 0);
    if (UNLIKELY(end->pair->link.short_reads)) {
        size_t there = end->received.bytes < size ? end->received.bytes : size;
        size_t most = there ? shorten(end, SITE_SHORT_READ, there) : size;
        count = cut_vecs(cut, vecs, count, most);
        vecs = cut;
        if (most < there)
            net_edge(&end->sock); /* as if the rest came now: a short count says that nothing is left */
    }
    return end->sock.kind == NET_TCP ? net_tcp_read(end, vecs, count) : net_unix_read(end, vecs, count);
}

struct io_result net_write(struct net_host *host, plat_sock number, const struct io_vec *vecs, unsigned count,
                           bool more)
{
    struct net_end *end = end_at(host, number);
    struct io_vec cut[IO_VEC_MAX];
    size_t size = net_vecs_size(vecs, count);
    if (!end)
        return net_result(IO_CLOSED, 0);
    if (size == 0)
        return net_result(IO_OK, 0);
    bool cut_short = false;
    if (UNLIKELY(end->pair->link.short_writes)) {
        size_t most = shorten(end, SITE_SHORT_WRITE, size);
        count = cut_vecs(cut, vecs, count, most);
        vecs = cut;
        cut_short = most < size;
    }
    struct io_result result =
        end->sock.kind == NET_TCP ? net_tcp_write(end, vecs, count, more) : net_unix_write(end, vecs, count);
    if (cut_short && result.status == IO_OK)
        net_edge(&end->sock); /* as if there were room again now */
    return result;
}

enum io_status net_shutdown(struct net_host *host, plat_sock number, enum plat_shutdown how)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    switch ((enum net_kind)sock->kind) {
    case NET_TCP:
        return net_tcp_shutdown(net_end_of(sock), how);
    case NET_UNIX:
        return net_unix_shutdown(net_end_of(sock), how);
    case NET_TCP_LISTENER:
    case NET_UNIX_LISTENER:
        if (how == PLAT_SHUT_BOTH)
            net_listener_shut(CONTAINER_OF(sock, struct net_listener, sock));
        return IO_OK;
    case NET_UDP:
    case NET_UNIX_DATAGRAM:
        return IO_CLOSED;
    }
    return IO_BAD;
}

enum io_status net_names(struct net_host *host, plat_sock number, struct addr *own, struct addr *peer)
{
    struct net_sock *sock = net_descriptor(host, number)->sock;
    struct net_end *end = end_at(host, number);
    bool mapped = end && end->mapped;
    if (own)
        net_name_to_addr(&sock->own, own, mapped);
    if (!peer)
        return IO_OK;
    if (!end || (sock->kind == NET_TCP && end->state != NET_OPEN))
        return IO_CLOSED;
    net_name_to_addr(&net_other(end)->sock.own, peer, mapped);
    return IO_OK;
}
