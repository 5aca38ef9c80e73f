/* The map and the ring of a backend's servers, made again when a server changed and the next stream comes. Without memory
 * for new ones the old ones stay, and it is tried again. */
#include "balance/balance_hash.h"
#include "base/digest.h"
#include "base/heap.h"
#include "base/mem.h"
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

void balance_hash_finish(struct proxy *proxy)
{
    struct balance_hash *state = proxy->balance_state;
    for (unsigned i = 0; i < 2; i++) {
        mem_free(state->groups[i].map);
        mem_free(state->groups[i].ring);
    }
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

/* Only the first usable backup server stands in, unless all of them are to. NULL: there is no such one. */
static const struct server *sole_backup(const struct proxy *proxy, bool backups)
{
    const struct server *server = backups && !proxy->settings.all_backups ? proxy->servers : NULL;
    while (server && !(server->settings.backup && server_takes_new(server)))
        server = server->next;
    return server;
}

static bool belongs(const struct server *server, bool backups, const struct server *sole)
{
    return server->settings.backup == backups && server_takes_new(server) && (!sole || server == sole);
}

/* Room for count elements; false: as it was. */
static bool make_room(void *array, size_t *capacity, size_t count, size_t size)
{
    void **memory = array;
    if (count <= *capacity)
        return true;
    void *larger = mem_resize(*memory, count * size);
    if (!larger)
        return false;
    *memory = larger;
    *capacity = count;
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

struct taker { /* a server, while slots are dealt out */
    struct heap_node by_share, by_time;
    struct server *server;
    int64_t weight, gained; /* so many shares, beside the one it begins with */
};

#define SHARE_KEY (UINT64_C(1) << 62) /* of no share; each one more comes earlier */

/* When the taker's next share is due: its k-th at the first slot t with weight * t >= k * total. */
static uint64_t next_gain(const struct taker *taker, int64_t total)
{
    if (taker->gained >= taker->weight)
        return UINT64_MAX;
    return (uint64_t)(((taker->gained + 1) * total + taker->weight - 1) / taker->weight);
}

/* Slots are dealt out so that a server's are spread evenly: with each slot all gain their weight, a share is the sum of
 * all weights, and who has most shares takes the slot for one of them; among equals the first. */
static bool deal(struct server **map, int64_t total, struct taker *takers, size_t count)
{
    struct heap shares, times;
    bool well = true;
    heap_init(&shares);
    heap_init(&times);
    for (size_t i = 0; i < count && well; i++) {
        struct taker *taker = &takers[i];
        taker->by_share = (struct heap_node){ SHARE_KEY - 1, i, 0 };
        taker->by_time = (struct heap_node){ next_gain(taker, total), i, 0 };
        well = heap_add(&shares, &taker->by_share) && heap_add(&times, &taker->by_time);
    }
    for (int64_t slot = 0; slot < total && well; slot++) {
        while (heap_first(&times)->key <= (uint64_t)slot + 1) {
            struct taker *taker = CONTAINER_OF(heap_first(&times), struct taker, by_time);
            taker->gained++;
            taker->by_share.key--;
            heap_moved(&shares, &taker->by_share);
            taker->by_time.key = next_gain(taker, total);
            heap_moved(&times, &taker->by_time);
        }
        struct taker *best = CONTAINER_OF(heap_first(&shares), struct taker, by_share);
        map[slot] = best->server;
        best->by_share.key++;
        heap_moved(&shares, &best->by_share);
    }
    heap_finish(&shares);
    heap_finish(&times);
    return well;
}

static void make_map(struct proxy *proxy, struct group *group, bool backups)
{
    const struct server *sole = sole_backup(proxy, backups);
    int64_t divisor = 0, total = 0;
    size_t count = 0;
    for (const struct server *server = proxy->servers; server; server = server->next)
        divisor = common_divisor(divisor, server->settings.weight);
    divisor = divisor ? divisor : 1;
    struct taker *takers = mem_alloc((proxy->server_count + 1) * sizeof(*takers));
    for (struct server *server = proxy->servers; server && takers; server = server->next) {
        if (!belongs(server, backups, sole))
            continue;
        int64_t weight = (server->weight_now + divisor - 1) / divisor;
        takers[count++] = (struct taker){ .server = server, .weight = weight };
        total += weight;
    }
    if (takers && make_room(&group->map, &group->map_capacity, (size_t)total, sizeof(*group->map)) &&
        deal(group->map, total, takers, count)) {
        group->map_size = (size_t)total;
        group->map_is_made = true;
    }
    mem_free(takers);
    if (group->map_next >= group->map_size)
        group->map_next = 0;
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
    const struct server *sole = sole_backup(proxy, backups);
    size_t total = 0;
    uint32_t order = 0;
    group->warming = false;
    for (const struct server *server = proxy->servers; server; server = server->next) {
        if (!belongs(server, backups, sole))
            continue;
        total += server_weight_at(server, now);
        group->warming |= server->state == SERVER_STARTING;
    }
    if (!make_room(&group->ring, &group->ring_capacity, total, sizeof(*group->ring)))
        return;
    group->ring_size = 0;
    for (struct server *server = proxy->servers; server; server = server->next) {
        unsigned points = belongs(server, backups, sole) ? server_weight_at(server, now) : 0;
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
