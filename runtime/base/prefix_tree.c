/* What makes a lookup slow is the cache lines that it waits for one after the other, so steps are wide (6 bits) and
 * things are small: they refer to each other by place, not by address.
 *
 * A node looks at 6 bits of the key, from bit `at` on (a multiple of 6). Below it, all prefixes agree in their first
 * `at` bits. It has kids, one for each value of the 6 bits, for the prefixes of at + 6 bits and more; and up to 63
 * inner prefixes of at to at + 5 bits, numbered like a heap: 1 for no bit, 2 and 3 for one, 4 to 7 for two...
 * Two bitmaps say which are there, and their references stand behind, kids first. A node has two references at
 * least; where there would be one, it hangs in the node's place.
 *
 * Bits between a node and its parent's 6 are not stored: a search goes by the bits that are looked at, and compares
 * the whole prefix with the key at the end.
 *
 * A reference is 0 for nothing; else bit 0 tells an entry from a node, and for an entry the rest is its place + 1,
 * for a node 5 bits of at / 6, then its place + 1. */
#include "base/prefix_tree.h"
#include "base/mem.h"

#define BITS_MAX  128u
#define STEP      6u
#define DEPTH_MAX (BITS_MAX / STEP + 1)
#define WORDS_MAX (UINT32_MAX >> 6)
#define ENTRY_MAX (UINT32_MAX >> 1)

struct prefix_node {
    uint64_t kids, inner;
    uint8_t count, kind; /* references that are there; index into node_words */
    uint32_t refs[];
};

/* A free node begins with the place + 1 of the next one. */
static const uint8_t node_words[PREFIX_TREE_SIZES] = { 4, 5, 6, 8, 10, 13, 16, 20, 26, 34, 44, 56, 67 };

/* 16, 24 or 32 bytes, for keys of up to 7, 15 or 16. */
struct prefix_entry {
    void *value; /* in a free one: the place + 1 of the next */
    uint8_t bits;
    uint8_t key[]; /* bits past `bits` are 0 */
};

/* The key as a number, its first bit the highest. */
struct bits {
    unsigned __int128 value;
    unsigned size;
};

/* The way from the root to an entry: the nodes that the key itself leads through. */
struct way {
    uint32_t nodes[DEPTH_MAX]; /* references */
    unsigned count;
    uint32_t entry; /* where it ended, a reference; 0 in an empty tree */
};

static bool is_node(uint32_t ref)
{
    return ref && !(ref & 1);
}

static unsigned at_of(uint32_t ref)
{
    return (ref >> 1 & 31) * STEP;
}

static uint32_t node_ref(uint32_t place, unsigned at)
{
    return (place + 1) << 6 | at / STEP << 1;
}

static uint32_t entry_ref(uint32_t place)
{
    return (place + 1) << 1 | 1;
}

static struct prefix_node *node_at(const struct prefix_tree *tree, uint32_t place)
{
    return (struct prefix_node *)(void *)(tree->words + place);
}

static struct prefix_node *node_of(const struct prefix_tree *tree, uint32_t ref)
{
    return node_at(tree, (ref >> 6) - 1);
}

static struct prefix_entry *entry_at(const struct prefix_tree *tree, uint32_t place)
{
    return (struct prefix_entry *)(void *)(tree->entries + (size_t)place * tree->entry_size);
}

static struct prefix_entry *entry_of(const struct prefix_tree *tree, uint32_t ref)
{
    return entry_at(tree, (ref >> 1) - 1);
}

static unsigned bytes_of(unsigned bits)
{
    return (bits + 7) / 8;
}

static uint64_t load_64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Whole addresses are read without a buffer in between: a wide load from what was just stored by bytes would wait
 * for all that is under way, the lookup before included. */
static struct bits read_bits(const uint8_t *key, unsigned size)
{
    unsigned __int128 value = 0;
    CHECK(size <= BITS_MAX);
    if (size == BITS_MAX) {
        value = (unsigned __int128)load_64(key) << 64 | load_64(key + 8);
    } else if (size) {
        for (unsigned i = 0; i < bytes_of(size); i++)
            value = value << 8 | key[i];
        value <<= BITS_MAX - 8 * bytes_of(size);
    }
    return (struct bits){ value, size };
}

/* The STEP bits from `at` on, zeros behind the end. */
static unsigned chunk_at(unsigned __int128 value, unsigned at)
{
    return (unsigned)(value << at >> (BITS_MAX - STEP));
}

/* An entry's bytes behind the value are the length, then the key: read as one number that is moved by the length's
 * byte. Whether there are 7, 15 or 16 bytes of key follows from the entries' size. */
static struct bits entry_bits(const struct prefix_tree *tree, uint32_t ref)
{
    const struct prefix_entry *entry = entry_of(tree, ref);
    unsigned __int128 value = (unsigned __int128)load_64(&entry->bits) << 64;
    if (tree->entry_size > 16)
        value |= load_64(&entry->bits + 8);
    value <<= 8;
    if (tree->entry_size > 24)
        value |= entry->key[15];
    return (struct bits){ value, entry->bits };
}

/* How many bits they share, at most the shorter one's. */
static unsigned common_bits(const struct bits *a, const struct bits *b)
{
    unsigned limit = a->size < b->size ? a->size : b->size;
    unsigned __int128 differ = a->value ^ b->value;
    uint64_t high = (uint64_t)(differ >> 64), low = (uint64_t)differ;
    unsigned common = BITS_MAX;
    if (high)
        common = (unsigned)__builtin_clzll(high);
    else if (low)
        common = 64 + (unsigned)__builtin_clzll(low);
    return common < limit ? common : limit;
}

/* No builtin: on machines taken at their least it would be a call. */
static unsigned count_ones(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555ull;
    word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (unsigned)(word * 0x0101010101010101ull >> 56);
}

static uint64_t one(unsigned index)
{
    return (uint64_t)1 << index;
}

/* Where a prefix stands in the node at `at`: `kid` or `inner` is its bit, the other one is 0. */
struct seat {
    uint64_t kid, inner;
};

static struct seat seat_in(unsigned at, const struct bits *prefix)
{
    unsigned chunk = chunk_at(prefix->value, at), length = prefix->size - at;
    if (length >= STEP)
        return (struct seat){ one(chunk), 0 };
    return (struct seat){ 0, one((1u << length) | chunk >> (STEP - length)) };
}

static bool taken(const struct prefix_node *node, struct seat seat)
{
    return (node->kids & seat.kid) || (node->inner & seat.inner);
}

/* The reference's index: how many stand before it. */
static unsigned index_of(const struct prefix_node *node, struct seat seat)
{
    if (seat.kid)
        return count_ones(node->kids & (seat.kid - 1));
    return count_ones(node->kids) + count_ones(node->inner & (seat.inner - 1));
}

static unsigned capacity_of(unsigned kind)
{
    return (unsigned)((node_words[kind] * sizeof(uint64_t) - offsetof(struct prefix_node, refs)) /
                      sizeof(uint32_t));
}

void prefix_tree_finish(struct prefix_tree *tree)
{
    mem_free(tree->words);
    mem_free(tree->entries);
    *tree = (struct prefix_tree)PREFIX_TREE_INIT;
}

/* Goes where key leads. Where nothing stands, any entry below will do: it shares as many bits with key as any other
 * one does. When key is in the tree, that is where the way ends. */
static void find_way(const struct prefix_tree *tree, const struct bits *key, struct way *way)
{
    uint32_t ref = tree->root;
    bool led = true;
    way->count = 0;
    while (is_node(ref)) {
        const struct prefix_node *node = node_of(tree, ref);
        unsigned at = at_of(ref);
        if (led) {
            CHECK(way->count < DEPTH_MAX);
            way->nodes[way->count++] = ref;
        }
        struct seat seat = { 0, 0 };
        if (led && at <= key->size)
            seat = seat_in(at, key);
        led = taken(node, seat);
        ref = node->refs[led ? index_of(node, seat) : 0];
    }
    way->entry = ref;
}

static bool ends_at(const struct prefix_tree *tree, const struct way *way, const struct bits *key)
{
    if (!way->entry)
        return false;
    struct bits found = entry_bits(tree, way->entry);
    return found.size == key->size && common_bits(&found, key) == key->size;
}

void *prefix_tree_get(const struct prefix_tree *tree, const uint8_t *key, unsigned bits)
{
    struct bits wanted = read_bits(key, bits);
    struct way way;
    find_way(tree, &wanted, &way);
    return ends_at(tree, &way, &wanted) ? entry_of(tree, way.entry)->value : NULL;
}

/* The inner prefixes that begin the chunk and have at most `length` bits, as a bitmap. */
static uint64_t inner_matches(const struct prefix_node *node, unsigned chunk, unsigned length)
{
    uint64_t matches = 0;
    for (unsigned number = (1u << STEP | chunk) >> 1; number; number >>= 1)
        matches |= one(number);
    if (length < STEP - 1)
        matches &= one(2u << length) - 1;
    return matches & node->inner;
}

struct candidate {
    uint32_t node;
    uint32_t inner; /* number of the longest inner prefix that matches there */
};

static void *value_if_prefix(const struct prefix_tree *tree, uint32_t ref, const struct bits *key)
{
    struct bits found = entry_bits(tree, ref);
    bool holds = found.size <= key->size && common_bits(&found, key) == found.size;
    return holds ? entry_of(tree, ref)->value : NULL;
}

/* One candidate a node is enough: it only fails for bits that its node's other prefixes have too. */
void *prefix_tree_longest(const struct prefix_tree *tree, const uint8_t *key, unsigned bits)
{
    struct bits wanted = read_bits(key, bits);
    struct candidate candidates[DEPTH_MAX];
    unsigned count = 0;
    uint32_t ref = tree->root;
    while (is_node(ref)) {
        const struct prefix_node *node = node_of(tree, ref);
        unsigned at = at_of(ref);
        if (at > bits) {
            ref = 0;
            break;
        }
        unsigned chunk = chunk_at(wanted.value, at);
        uint64_t matches = node->inner ? inner_matches(node, chunk, bits - at) : 0;
        if (matches)
            candidates[count++] = (struct candidate){ ref, 63u - (unsigned)__builtin_clzll(matches) };
        bool kid = at + STEP <= bits && (node->kids & one(chunk));
        ref = kid ? node->refs[count_ones(node->kids & (one(chunk) - 1))] : 0;
    }
    void *value = ref ? value_if_prefix(tree, ref, &wanted) : NULL;
    while (!value && count) {
        const struct prefix_node *node = node_of(tree, candidates[--count].node);
        struct seat seat = { 0, one(candidates[count].inner) };
        value = value_if_prefix(tree, node->refs[index_of(node, seat)], &wanted);
    }
    return value;
}

/* A quarter more: twice as much would waste what small entries save. 0 when it cannot be. */
static uint32_t larger_capacity(uint32_t used, uint32_t wanted, uint32_t max)
{
    if (wanted > max - used)
        return 0;
    uint32_t more = used / 4 > 64 ? used / 4 : 64;
    if (more < wanted)
        more = wanted;
    return more < max - used ? used + more : max;
}

/* Place of a node with room for `count` references, WORDS_MAX when there is no memory. */
static uint32_t take_node(struct prefix_tree *tree, unsigned count)
{
    uint8_t kind = 0;
    while (capacity_of(kind) < count)
        kind++;
    uint32_t place = tree->word_used, words = node_words[kind];
    if (tree->free_nodes[kind]) {
        place = tree->free_nodes[kind] - 1;
        tree->free_nodes[kind] = (uint32_t)tree->words[place];
    } else {
        if (words > tree->word_capacity - tree->word_used) {
            uint32_t capacity = larger_capacity(tree->word_used, words, WORDS_MAX);
            uint64_t *larger = capacity ? mem_resize(tree->words, (size_t)capacity * sizeof(*larger)) : NULL;
            if (!larger)
                return WORDS_MAX;
            tree->words = larger;
            tree->word_capacity = capacity;
        }
        tree->word_used += words;
    }
    struct prefix_node *node = node_at(tree, place);
    *node = (struct prefix_node){ .kind = kind };
    return place;
}

static void give_node(struct prefix_tree *tree, uint32_t ref)
{
    unsigned kind = node_of(tree, ref)->kind;
    uint32_t place = (ref >> 6) - 1;
    tree->words[place] = tree->free_nodes[kind];
    tree->free_nodes[kind] = place + 1;
}

static uint32_t entry_size_for(unsigned bits)
{
    return bits <= 7 * 8 ? 16 : bits <= 15 * 8 ? 24 : 32;
}

/* The first longer prefix makes all entries larger. */
static bool widen(struct prefix_tree *tree, uint32_t size)
{
    char *entries = mem_zero((size_t)tree->entry_capacity * size);
    if (!entries)
        return false;
    for (uint32_t i = 0; i < tree->entry_used; i++)
        memcpy(entries + (size_t)i * size, entry_at(tree, i), tree->entry_size);
    mem_free(tree->entries);
    tree->entries = entries;
    tree->entry_size = size;
    return true;
}

static bool reserve_entry(struct prefix_tree *tree, unsigned bits)
{
    uint32_t size = entry_size_for(bits);
    if (!tree->entries)
        tree->entry_size = size;
    else if (size > tree->entry_size && !widen(tree, size))
        return false;
    if (tree->free_entry || tree->entry_used < tree->entry_capacity)
        return true;
    uint32_t capacity = larger_capacity(tree->entry_used, 1, ENTRY_MAX - 1);
    char *entries = capacity ? mem_resize(tree->entries, (size_t)capacity * tree->entry_size) : NULL;
    if (!entries)
        return false;
    tree->entries = entries;
    tree->entry_capacity = capacity;
    return true;
}

/* reserve_entry was called. */
static uint32_t take_entry(struct prefix_tree *tree, const uint8_t *key, unsigned bits, void *value)
{
    uint32_t place = tree->entry_used;
    if (tree->free_entry) {
        place = tree->free_entry - 1;
        tree->free_entry = (uint32_t)(uintptr_t)entry_at(tree, place)->value;
    } else {
        tree->entry_used++;
    }
    struct prefix_entry *entry = entry_at(tree, place);
    memset(entry, 0, tree->entry_size);
    entry->value = value;
    entry->bits = (uint8_t)bits;
    memcpy(entry->key, key, bytes_of(bits));
    if (bits % 8)
        entry->key[bits / 8] &= (uint8_t)(0xff00 >> bits % 8);
    tree->count++;
    return entry_ref(place);
}

static void give_entry(struct prefix_tree *tree, uint32_t ref)
{
    struct prefix_entry *entry = entry_of(tree, ref);
    entry->value = (void *)(uintptr_t)tree->free_entry;
    tree->free_entry = ref >> 1;
    tree->count--;
}

/* What the way's first `steps` nodes lead to. */
static uint32_t *slot_after(struct prefix_tree *tree, const struct way *way, unsigned steps,
                            const struct bits *key)
{
    if (!steps)
        return &tree->root;
    uint32_t ref = way->nodes[steps - 1];
    struct prefix_node *node = node_of(tree, ref);
    return &node->refs[index_of(node, seat_in(at_of(ref), key))];
}

/* The node has room, and the seat is free. */
static void seat_ref(struct prefix_node *node, struct seat seat, uint32_t ref)
{
    unsigned index = index_of(node, seat);
    CHECK(!taken(node, seat) && node->count < capacity_of(node->kind));
    memmove(node->refs + index + 1, node->refs + index, (node->count - index) * sizeof(*node->refs));
    node->refs[index] = ref;
    node->kids |= seat.kid;
    node->inner |= seat.inner;
    node->count++;
}

static void unseat_ref(struct prefix_node *node, struct seat seat)
{
    unsigned index = index_of(node, seat);
    CHECK(taken(node, seat));
    node->count--;
    memmove(node->refs + index, node->refs + index + 1, (node->count - index) * sizeof(*node->refs));
    node->kids &= ~seat.kid;
    node->inner &= ~seat.inner;
}

/* Makes room for one more reference in the way's last node, step number `steps`: it may move. */
static bool make_room(struct prefix_tree *tree, struct way *way, unsigned steps, const struct bits *key)
{
    uint32_t ref = way->nodes[steps - 1];
    unsigned count = node_of(tree, ref)->count;
    if (count < capacity_of(node_of(tree, ref)->kind))
        return true;
    uint32_t place = take_node(tree, count + 1);
    if (place == WORDS_MAX)
        return false;
    const struct prefix_node *old = node_of(tree, ref);
    struct prefix_node *larger = node_at(tree, place);
    larger->kids = old->kids;
    larger->inner = old->inner;
    larger->count = old->count;
    memcpy(larger->refs, old->refs, count * sizeof(*old->refs));
    give_node(tree, ref);
    way->nodes[steps - 1] = node_ref(place, at_of(ref));
    *slot_after(tree, way, steps - 1, key) = way->nodes[steps - 1];
    return true;
}

/* key and what hangs behind `steps` nodes part after `common` bits: a node takes them both. */
static bool part(struct prefix_tree *tree, const struct way *way, unsigned steps, const struct bits *key,
                 const struct bits *near, unsigned common, uint32_t added)
{
    unsigned at = common / STEP * STEP;
    uint32_t place = take_node(tree, 2);
    if (place == WORDS_MAX)
        return false;
    struct prefix_node *node = node_at(tree, place);
    uint32_t *slot = slot_after(tree, way, steps, key);
    seat_ref(node, seat_in(at, near), *slot);
    seat_ref(node, seat_in(at, key), added);
    *slot = node_ref(place, at);
    return true;
}

void *prefix_tree_add(struct prefix_tree *tree, const uint8_t *key, unsigned bits, void *value)
{
    struct bits wanted = read_bits(key, bits);
    struct way way;
    CHECK(value);
    find_way(tree, &wanted, &way);
    if (ends_at(tree, &way, &wanted))
        return entry_of(tree, way.entry)->value;
    if (!reserve_entry(tree, bits))
        return NULL;
    uint32_t added = take_entry(tree, key, bits, value);
    if (!way.entry) {
        tree->root = added;
        return value;
    }
    struct bits near = entry_bits(tree, way.entry);
    unsigned common = common_bits(&near, &wanted), steps = way.count;
    while (steps && at_of(way.nodes[steps - 1]) > common)
        steps--;
    struct seat seat = { 0, 0 };
    if (steps)
        seat = seat_in(at_of(way.nodes[steps - 1]), &wanted);
    bool done;
    if (steps && !taken(node_of(tree, way.nodes[steps - 1]), seat)) {
        done = make_room(tree, &way, steps, &wanted);
        if (done)
            seat_ref(node_of(tree, way.nodes[steps - 1]), seat, added);
    } else {
        done = part(tree, &way, steps, &wanted, &near, common, added);
    }
    if (!done)
        give_entry(tree, added);
    return done ? value : NULL;
}

void *prefix_tree_remove(struct prefix_tree *tree, const uint8_t *key, unsigned bits)
{
    struct bits wanted = read_bits(key, bits);
    struct way way;
    find_way(tree, &wanted, &way);
    if (!ends_at(tree, &way, &wanted))
        return NULL;
    void *value = entry_of(tree, way.entry)->value;
    give_entry(tree, way.entry);
    if (!way.count) {
        tree->root = 0;
        return value;
    }
    uint32_t last = way.nodes[way.count - 1];
    struct prefix_node *node = node_of(tree, last);
    unseat_ref(node, seat_in(at_of(last), &wanted));
    if (node->count > 1)
        return value;
    uint32_t left = node->refs[0];
    *slot_after(tree, &way, way.count - 1, &wanted) = left;
    give_node(tree, last);
    return value;
}
