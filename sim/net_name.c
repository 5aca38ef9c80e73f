/* Names: IP addresses with ports, and Unix paths; who is bound to them, and which source ports are taken.
 *
 * Ports are counted up from the first ephemeral one, so that a run's ports do not hang on chance; a connection's
 * source port need only differ from those of other connections between the same addresses. */
#include "sim/net_parts.h"
#include "sim/sim_mem.h"

#define PORT_FIRST 32768 /* Linux: net.ipv4.ip_local_port_range */
#define PORT_LAST  60999

static unsigned ip_size(uint8_t family)
{
    return family == ADDR_IPV6 ? 16 : 4;
}

static bool same_ip(const struct net_name *a, const struct net_name *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, ip_size(a->family)) == 0;
}

void net_name_from_addr(struct net *net, const struct addr *addr, struct net_name *out)
{
    memset(out, 0, sizeof(*out));
    out->family = (uint8_t)addr->family;
    if (addr->family == ADDR_UNIX || addr->family == ADDR_ABSTRACT) {
        out->path = net_path_of(net, addr, true);
        return;
    }
    out->port = addr->port;
    memcpy(out->ip, addr->u.ip, ip_size(out->family));
}

void net_name_to_addr(const struct net_name *name, struct addr *out, bool mapped)
{
    memset(out, 0, sizeof(*out));
    if (name->path) {
        *out = name->path->addr;
        return;
    }
    out->family = (enum addr_family)name->family;
    out->port = name->port;
    if (name->family == ADDR_IPV4 || name->family == ADDR_IPV6)
        memcpy(out->u.ip, name->ip, ip_size(name->family));
    if (mapped && name->family == ADDR_IPV4)
        addr_to_v6(out);
}

bool net_name_is_any(const struct net_name *name)
{
    for (unsigned i = 0; i < ip_size(name->family); i++)
        if (name->ip[i])
            return false;
    return true;
}

bool net_name_is_loopback(const struct net_name *name)
{
    if (name->family == ADDR_IPV4)
        return name->ip[0] == 127;
    for (unsigned i = 0; i < 15; i++)
        if (name->ip[i])
            return false;
    return name->ip[15] == 1;
}

/* All addresses are this machine's: it speaks from the one that is spoken to, but for 127.0.0.0/8. */
void net_name_choose_source(struct net_name *from, const struct net_name *to)
{
    uint16_t port = from->port;
    if (from->family == to->family && !net_name_is_any(from))
        return;
    *from = *to;
    from->port = port;
    if (to->family != ADDR_IPV4 || to->ip[0] != 127)
        return;
    from->ip[1] = from->ip[2] = 0;
    from->ip[3] = 1;
}

/* ---- paths ---- */

struct net_path *net_path_of(struct net *net, const struct addr *addr, bool make)
{
    char key[ADDR_PATH_MAX + 1];
    if (addr->path_size == 0)
        return NULL;
    key[0] = addr->family != ADDR_ABSTRACT ? 'p' : addr->tight ? 'z' : 'a';
    memcpy(key + 1, addr->u.path, addr->path_size);
    struct str name = str_make(key, (size_t)addr->path_size + 1);
    struct net_path *path = dict_get(&net->paths, name);
    if (path || !make)
        return path;
    path = sim_mem_need(sizeof(*path));
    path->addr.family = addr->family;
    path->addr.path_size = addr->path_size;
    path->addr.tight = addr->tight;
    memcpy(path->addr.u.path, addr->u.path, addr->path_size);
    bool added = dict_set(&net->paths, name, path);
    CHECK(added && "out of memory");
    return path;
}

static struct net_path *file_path(struct net *net, struct str path, bool make)
{
    struct addr addr = { .family = ADDR_UNIX, .path_size = (uint8_t)path.size };
    if (path.size == 0 || path.size > ADDR_PATH_MAX)
        return NULL;
    memcpy(addr.u.path, path.data, path.size);
    return net_path_of(net, &addr, make);
}

bool net_path_there(struct net *net, struct str path)
{
    struct net_path *known = file_path(net, path, false);
    return known && known->there;
}

bool net_path_remove(struct net *net, struct str path)
{
    struct net_path *known = file_path(net, path, false);
    if (!known || !known->there)
        return false;
    known->there = false;
    known->bound = NULL;
    return true;
}

bool net_path_rename(struct net *net, struct str from, struct str to)
{
    struct net_path *source = file_path(net, from, false);
    struct net_path *target = source && source->there ? file_path(net, to, true) : NULL;
    if (!target)
        return false;
    target->there = true;
    target->bound = source->bound;
    if (target->bound)
        target->bound->own.path = target;
    source->there = false;
    source->bound = NULL;
    return true;
}

/* ---- binding ---- */

static struct list *bucket_of(struct list *buckets, uint16_t port)
{
    return &buckets[port % NET_PORT_BUCKETS];
}

/* Two sockets cannot both be bound to names that one packet could reach. */
static bool overlaps(const struct net_name *a, bool a_v6_only, const struct net_name *b, bool b_v6_only)
{
    if (a->port != b->port)
        return false;
    if (a->family == b->family)
        return net_name_is_any(a) || net_name_is_any(b) || same_ip(a, b);
    return (a->family == ADDR_IPV6 && !a_v6_only && net_name_is_any(a)) ||
           (b->family == ADDR_IPV6 && !b_v6_only && net_name_is_any(b));
}

static bool listener_in_way(struct net *net, const struct net_name *name, bool v6_only, bool reuse_port)
{
    LIST_EACH (link, bucket_of(net->listeners, name->port)) {
        struct net_listener *other = LIST_ITEM(link, struct net_listener, bound);
        if (overlaps(&other->sock.own, other->v6_only, name, v6_only) && !(other->reuse_port && reuse_port))
            return true;
    }
    return false;
}

static bool datagram_in_way(struct net *net, const struct net_name *name, bool reuse_port)
{
    LIST_EACH (link, bucket_of(net->datagrams, name->port)) {
        struct net_datagram *other = LIST_ITEM(link, struct net_datagram, bound);
        if (overlaps(&other->sock.own, true, name, true) && !(other->reuse_port && reuse_port))
            return true;
    }
    return false;
}

static uint16_t next_port(struct net *net)
{
    if (net->next_port < PORT_FIRST || net->next_port > PORT_LAST)
        net->next_port = PORT_FIRST;
    return (uint16_t)net->next_port++;
}

static bool choose_bound_port(struct net *net, struct net_name *name, bool is_listener)
{
    for (unsigned tries = 0; tries <= PORT_LAST - PORT_FIRST; tries++) {
        name->port = next_port(net);
        if (is_listener ? !listener_in_way(net, name, false, false) : !datagram_in_way(net, name, false))
            return true;
    }
    return false;
}

/* A path goes to the newcomer: it is bound under a temporary name and renamed. */
static enum io_status bind_path(struct net_sock *sock, struct net_name *name)
{
    struct net_path *path = name->path;
    if (!path)
        return IO_BAD;
    if (name->family == ADDR_ABSTRACT && path->bound)
        return IO_IN_USE;
    path->bound = sock;
    path->there = true;
    sock->own = *name;
    return IO_OK;
}

enum io_status net_bind_listener(struct net *net, struct net_listener *listener, struct net_name *name)
{
    if (name->family != ADDR_IPV4 && name->family != ADDR_IPV6)
        return bind_path(&listener->sock, name);
    if (name->port == 0 && !choose_bound_port(net, name, true))
        return IO_NO_PORTS;
    if (listener_in_way(net, name, listener->v6_only, listener->reuse_port))
        return IO_IN_USE;
    listener->sock.own = *name;
    list_add_last(bucket_of(net->listeners, name->port), &listener->bound);
    return IO_OK;
}

enum io_status net_bind_datagram(struct net *net, struct net_datagram *datagram, struct net_name *name)
{
    if (name->family != ADDR_IPV4 && name->family != ADDR_IPV6)
        return bind_path(&datagram->sock, name);
    if (name->port == 0 && !choose_bound_port(net, name, false))
        return IO_NO_PORTS;
    if (datagram_in_way(net, name, datagram->reuse_port))
        return IO_IN_USE;
    datagram->sock.own = *name;
    list_add_last(bucket_of(net->datagrams, name->port), &datagram->bound);
    return IO_OK;
}

/* ---- finding ---- */

/* How well a bound name fits a destination: 0 not at all, the own address best. */
static unsigned fits(const struct net_name *bound, bool v6_only, const struct net_name *to)
{
    if (bound->port != to->port)
        return 0;
    if (bound->family == to->family)
        return same_ip(bound, to) ? 3 : net_name_is_any(bound) ? 2 : 0;
    return bound->family == ADDR_IPV6 && !v6_only && net_name_is_any(bound);
}

/* Several listeners of one name share what comes. */
struct net_listener *net_find_listener(struct net *net, const struct net_name *to, uint32_t entity)
{
    struct list *bucket = bucket_of(net->listeners, to->port);
    struct net_listener *best = NULL;
    unsigned best_fit = 0, same = 0;
    LIST_EACH (link, bucket) {
        struct net_listener *listener = LIST_ITEM(link, struct net_listener, bound);
        unsigned fit = fits(&listener->sock.own, listener->v6_only, to);
        same = fit > best_fit ? 1 : same + (fit && fit == best_fit);
        if (fit > best_fit) {
            best = listener;
            best_fit = fit;
        }
    }
    if (same < 2)
        return best;
    unsigned left = world_choose(net->world, SITE_ACCEPT_ORDER, entity, same);
    LIST_EACH (link, bucket) {
        struct net_listener *listener = LIST_ITEM(link, struct net_listener, bound);
        if (fits(&listener->sock.own, listener->v6_only, to) == best_fit && left-- == 0)
            return listener;
    }
    return best;
}

struct net_datagram *net_find_datagram(struct net *net, const struct net_name *to, uint32_t entity)
{
    struct net_datagram *best = NULL;
    unsigned best_fit = 0;
    (void)entity;
    LIST_EACH (link, bucket_of(net->datagrams, to->port)) {
        struct net_datagram *datagram = LIST_ITEM(link, struct net_datagram, bound);
        unsigned fit = fits(&datagram->sock.own, false, to);
        if (fit > best_fit) {
            best = datagram;
            best_fit = fit;
        }
    }
    return best;
}

bool net_name_is_here(struct net *net, const struct net_name *name)
{
    if (net_name_is_loopback(name))
        return true;
    for (unsigned i = 0; i < NET_PORT_BUCKETS; i++) {
        LIST_EACH (link, &net->listeners[i])
            if (same_ip(&LIST_ITEM(link, struct net_listener, bound)->sock.own, name))
                return true;
        LIST_EACH (link, &net->datagrams[i])
            if (same_ip(&LIST_ITEM(link, struct net_datagram, bound)->sock.own, name))
                return true;
    }
    return false;
}

/* ---- source ports ---- */

static struct net_ports *ports_between(struct net *net, const struct net_name *from,
                                       const struct net_name *to)
{
    uint32_t hash = to->port;
    for (unsigned i = 0; i < 16; i++)
        hash = hash * 31 + to->ip[i];
    struct net_ports **bucket = &net->ports[hash % NET_PORT_BUCKETS];
    for (struct net_ports *ports = *bucket; ports; ports = ports->next)
        if (ports->to.port == to->port && same_ip(&ports->to, to) && same_ip(&ports->from, from))
            return ports;
    struct net_ports *ports = sim_mem_need(sizeof(*ports));
    ports->to = *to;
    ports->from = *from;
    ports->next = *bucket;
    *bucket = ports;
    return ports;
}

static bool is_used(const struct net_ports *ports, uint16_t port)
{
    return ports->used[port / 64] >> port % 64 & 1;
}

static bool choose_source_port(struct net *net, const struct net_ports *ports, struct net_name *from)
{
    for (unsigned tries = 0; tries <= PORT_LAST - PORT_FIRST; tries++) {
        from->port = next_port(net);
        if (!is_used(ports, from->port) && !listener_in_way(net, from, false, false))
            return true;
    }
    return false;
}

enum io_status net_take_port(struct net *net, struct net_conn *conn, struct net_name *from,
                             const struct net_name *to)
{
    struct net_ports *ports = ports_between(net, from, to);
    if (from->port == 0 ? !choose_source_port(net, ports, from) : is_used(ports, from->port))
        return IO_NO_PORTS;
    ports->used[from->port / 64] |= UINT64_C(1) << from->port % 64;
    ports->count++;
    conn->ports = ports;
    return IO_OK;
}

void net_give_port(struct net_conn *conn)
{
    uint16_t port = conn->ends[0].sock.own.port;
    if (!conn->ports)
        return;
    conn->ports->used[port / 64] &= ~(UINT64_C(1) << port % 64);
    conn->ports->count--;
    conn->ports = NULL;
}

void net_names_finish(struct net *net)
{
    for (struct dict_entry *entry = dict_next(&net->paths, NULL); entry;
         entry = dict_next(&net->paths, entry))
        sim_mem_free(entry->value);
    dict_finish(&net->paths);
    for (unsigned i = 0; i < NET_PORT_BUCKETS; i++)
        while (net->ports[i]) {
            struct net_ports *ports = net->ports[i];
            net->ports[i] = ports->next;
            sim_mem_free(ports);
        }
}
