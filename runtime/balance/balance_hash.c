/* The map and the ring of a backend's servers, made again when a server changed and the next stream comes. */
#include "balance/balance_hash.h"
#include "base/digest.h"
#include "base/units.h"
#include "proxy/server.h"
#include "stream/stream.h"

#define POINTS_A_SERVER 4096 /* numbers of points that one server may take on the ring: 256 * 16 */

struct point {
    uint32_t key;
    uint32_t order; /* of points with the same key */
    struct server *server;
};

struct group { /* the servers proper, or the backup servers */
    bool map_is_made, ring_is_made, warming;
    uint64_t ring_made_ns;
    struct server **map;
    size_t map_size, map_capacity, map_next;
    struct point *ring;
    size_t ring_size, ring_capacity, ring_next;
};

struct balance_hash {
    struct group groups[2];
    void *own;
};

void balance_hash_prepare(struct proxy *proxy, void *own)
{
    struct balance_hash *state = arena_need(&proxy->configuration->arena, sizeof(*state));
    state->own = own;
    proxy->balance_state = state;
}

void *balance_hash_own(const struct proxy *proxy)
{
    return ((struct balance_hash *)proxy->balance_state)->own;
}

void balance_hash_changed(struct proxy *proxy, struct server *server)
{
    struct balance_hash *state = proxy->balance_state;
    (void)server;
    for (unsigned i = 0; i < 2; i++)
        state->groups[i].map_is_made = state->groups[i].ring_is_made = false;
}

/* Only the first usable backup server stands in, unless all of them are to. */
static bool belongs(const struct proxy *proxy, const struct server *server, bool backups)
{
    if (server->settings.backup != backups || !server_takes_new(server))
        return false;
    if (!backups || proxy->settings.all_backups)
        return true;
    for (const struct server *each = proxy->servers; each != server; each = each->next) {
        if (each->settings.backup && server_takes_new(each))
            return false;
    }
    return true;
}

/* ---- the map ---- */

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Slots are dealt out so that a server's are spread evenly: in each step all gain their weight and the one with most
 * takes the slot. */
static void make_map(struct proxy *proxy, struct group *group, bool backups)
{
    struct arena *arena = &proxy->configuration->arena;
    int64_t divisor = 0, total = 0;
    for (const struct server *server = proxy->servers; server; server = server->next)
        divisor = common_divisor(divisor, server->settings.weight);
    divisor = divisor ? divisor : 1;
    for (struct server *server = proxy->servers; server; server = server->next) {
        server->map_score = 0;
        if (belongs(proxy, server, backups))
            total += (server->weight_now + divisor - 1) / divisor;
    }
    if ((size_t)total > group->map_capacity) {
        group->map_capacity = (size_t)total;
        group->map = arena_need(arena, group->map_capacity * sizeof(struct server *));
    }
    group->map_size = (size_t)total;
    for (int64_t slot = 0; slot < total; slot++) {
        struct server *best = NULL;
        int64_t most = 0;
        for (struct server *server = proxy->servers; server; server = server->next) {
            if (!belongs(proxy, server, backups))
                continue;
            server->map_score += (server->weight_now + divisor - 1) / divisor;
            int64_t share = (server->map_score + total) / total;
            if (best && share <= most)
                continue;
            most = share;
            best = server;
        }
        group->map[slot] = best;
        best->map_score -= total;
    }
    if (group->map_next >= group->map_size)
        group->map_next = 0;
    group->map_is_made = true;
}

static struct group *map_of(struct proxy *proxy, bool backups)
{
    struct balance_hash *state = proxy->balance_state;
    struct group *group = &state->groups[backups];
    if (!group->map_is_made)
        make_map(proxy, group, backups);
    return group;
}

/* ---- the ring ---- */

static bool goes_before(const struct point *a, const struct point *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void sink(struct point *points, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && goes_before(&points[child], &points[child + 1]))
            child++;
        if (!goes_before(&points[at], &points[child]))
            return;
        struct point swap = points[at];
        points[at] = points[child];
        points[child] = swap;
    }
}

static void sort(struct point *points, size_t count)
{
    for (size_t at = count / 2; at-- > 0;)
        sink(points, at, count);
    for (size_t end = count; end-- > 1;) {
        struct point swap = points[0];
        points[0] = points[end];
        points[end] = swap;
        sink(points, 0, end);
    }
}

/* What a server's points are counted from: its id, or its address, so that other balancers agree (hash-key). */
static uint32_t base_of(const struct server *server)
{
    const struct addr *addr = &server->addr.addr;
    char text[16 + 2];
    if (server->settings.hash_key == HASH_KEY_ID || !addr_is_ip(addr))
        return (uint32_t)server->id;
    size_t size = addr->family == ADDR_IPV4 ? 4 : 16;
    memcpy(text, addr->u.ip, size);
    if (server->settings.hash_key == HASH_KEY_ADDR_PORT) {
        text[size++] = (char)(addr->port >> 8);
        text[size++] = (char)addr->port;
    }
    return digest_crc32(str_make(text, size));
}

static void make_ring(struct proxy *proxy, struct group *group, bool backups, uint64_t now)
{
    size_t total = 0;
    uint32_t order = 0;
    group->warming = false;
    for (const struct server *server = proxy->servers; server; server = server->next) {
        if (!belongs(proxy, server, backups))
            continue;
        total += server_weight_at(server, now);
        group->warming |= server->state == SERVER_STARTING;
    }
    if (total > group->ring_capacity) {
        group->ring_capacity = total;
        group->ring = arena_need(&proxy->configuration->arena, total * sizeof(struct point));
    }
    group->ring_size = 0;
    for (struct server *server = proxy->servers; server; server = server->next) {
        unsigned points = belongs(proxy, server, backups) ? server_weight_at(server, now) : 0;
        uint32_t base = points ? base_of(server) * POINTS_A_SERVER : 0;
        for (unsigned i = 0; i < points; i++)
            group->ring[group->ring_size++] = (struct point){ digest_avalanche(base + i), order++, server };
    }
    sort(group->ring, group->ring_size);
    if (group->ring_next >= group->ring_size)
        group->ring_next = 0;
    group->ring_is_made = true;
    group->ring_made_ns = now;
}

static struct group *ring_of(struct proxy *proxy, struct stream *stream, bool backups)
{
    struct balance_hash *state = proxy->balance_state;
    struct group *group = &state->groups[backups];
    uint64_t now = engine_now(stream->engine);
    if (!group->ring_is_made || (group->warming && now - group->ring_made_ns >= NS_PER_S))
        make_ring(proxy, group, backups, now);
    return group;
}

/* Bounded loads (hash-balance-factor): a server has at most so many percent of its share of all streams. */
static bool within_share(const struct proxy *proxy, const struct server *server, uint64_t now)
{
    uint64_t total = 0, before = 0;
    for (const struct server *each = proxy->servers; each; each = each->next) {
        if (!server_takes_new(each) || each->settings.backup != server->settings.backup)
            continue;
        if (each == server)
            before = total;
        total += server_weight_at(each, now);
    }
    uint64_t slots = ((uint64_t)proxy->on_servers + 1) * (uint64_t)proxy->settings.hash_balance_factor + 99;
    slots /= 100;
    if (!total) /* none takes new streams any more */
        return false;
    uint64_t own = server_weight_at(server, now), rest = slots % total;
    uint64_t share = own * (slots / total) + (before + own) * rest / total - before * rest / total;
    return (uint64_t)server->current < (share ? share : 1);
}

static bool eligible(const struct proxy *proxy, const struct server *server, uint64_t now)
{
    if (proxy->settings.hash_balance_factor && !within_share(proxy, server, now))
        return false;
    switch (proxy->settings.hash_type & HASH_AFFINITY) {
    case HASH_AFFINITY_MAXCONN:
        return server_has_room(server);
    case HASH_AFFINITY_MAXQUEUE:
        return server_has_room(server) || server->settings.maxqueue <= 0 ||
               (int64_t)server->queue_count < server->settings.maxqueue;
    default:
        return true;
    }
}

/* The index of the first point at or behind the hash; ring_size when there is none. */
static size_t lookup(const struct group *group, uint32_t hash)
{
    size_t low = 0, high = group->ring_size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (group->ring[middle].key < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct server *balance_ring_value(struct proxy *proxy, struct stream *stream, uint32_t hash,
                                  const struct server *avoid, bool backups)
{
    const struct group *group = ring_of(proxy, stream, backups);
    uint64_t now = engine_now(stream->engine);
    if (!group->ring_size)
        return NULL;
    size_t at = lookup(group, hash) % group->ring_size, before = (at ? at : group->ring_size) - 1;
    uint32_t back = hash - group->ring[before].key, ahead = group->ring[at].key - hash;
    if (back <= ahead)
        at = before;
    struct server *found = group->ring[at].server;
    for (size_t i = 0; i < group->ring_size; i++) {
        struct server *server = group->ring[(at + i) % group->ring_size].server;
        if (server != avoid && eligible(proxy, server, now))
            return server;
    }
    return found;
}

static struct server *ring_next(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                                bool backups)
{
    struct group *group = ring_of(proxy, stream, backups);
    struct server *avoided = NULL;
    for (size_t i = 0; i < group->ring_size; i++) {
        size_t at = (group->ring_next + i) % group->ring_size;
        struct server *server = group->ring[at].server;
        if (!server_has_room(server))
            continue;
        if (server != avoid) {
            group->ring_next = (at + 1) % group->ring_size;
            return server;
        }
        avoided = server;
    }
    return avoided;
}

struct server *balance_map_next(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                                bool backups)
{
    struct group *group = map_of(proxy, backups);
    struct server *avoided = NULL;
    (void)stream;
    for (size_t i = 0; i < group->map_size; i++) {
        size_t at = (group->map_next + i) % group->map_size;
        struct server *server = group->map[at];
        if (!server_has_room(server))
            continue;
        if (server != avoid) {
            group->map_next = (at + 1) % group->map_size;
            return server;
        }
        avoided = server;
    }
    return avoided;
}

/* ---- keys ---- */

uint32_t balance_hash_of(const struct proxy *proxy, struct str key)
{
    unsigned type = proxy->settings.hash_type;
    uint32_t hash;
    int64_t number;
    switch (type & HASH_FUNCTION) {
    case HASH_DJB2:
        hash = digest_djb2(key);
        break;
    case HASH_WT6:
        hash = digest_wt6(key);
        break;
    case HASH_CRC32:
        hash = digest_crc32(key);
        break;
    case HASH_NONE:
        units_read_int(key, &number);
        hash = (uint32_t)number;
        break;
    default:
        hash = digest_sdbm(key);
        break;
    }
    return type & HASH_AVALANCHE ? digest_avalanche(hash) : hash;
}

struct server *balance_hash_value(struct proxy *proxy, struct stream *stream, uint32_t hash,
                                  const struct server *avoid, bool backups)
{
    if (proxy->settings.hash_type & HASH_CONSISTENT)
        return balance_ring_value(proxy, stream, hash, avoid, backups);
    const struct group *group = map_of(proxy, backups);
    return group->map_size ? group->map[hash % group->map_size] : NULL;
}

struct server *balance_hash_key(struct proxy *proxy, struct stream *stream, struct str key,
                                const struct server *avoid, bool backups)
{
    return balance_hash_value(proxy, stream, balance_hash_of(proxy, key), avoid, backups);
}

struct server *balance_hash_next(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                                 bool backups)
{
    return proxy->settings.hash_type & HASH_CONSISTENT ? ring_next(proxy, stream, avoid, backups)
                                                       : balance_map_next(proxy, stream, avoid, backups);
}
