/* The prefix tree against a plain list that does the same, densely nested, at every length; memory that runs out. */
#include "base/addr.h"
#include "base/prefix_tree.h"
#include "base/rng.h"
#include "base/test.h"

struct prefix {
    uint8_t key[16];
    unsigned bits;
    bool there;
    char value; /* its address stands for the value */
};

static bool begins(const uint8_t *prefix, unsigned prefix_bits, const uint8_t *key)
{
    for (unsigned bit = 0; bit < prefix_bits; bit++)
        if ((prefix[bit / 8] ^ key[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    return true;
}

static void *slow_longest(struct prefix *prefixes, size_t count, const uint8_t *key, unsigned bits)
{
    struct prefix *best = NULL;
    for (struct prefix *at = prefixes; at < prefixes + count; at++)
        if (at->there && at->bits <= bits && (!best || at->bits > best->bits) &&
            begins(at->key, at->bits, key))
            best = at;
    return best ? &best->value : NULL;
}

static struct prefix *slow_get(struct prefix *prefixes, size_t count, const uint8_t *key, unsigned bits)
{
    for (struct prefix *at = prefixes; at < prefixes + count; at++)
        if (at->there && at->bits == bits && begins(at->key, bits, key))
            return at;
    return NULL;
}

/* Few kinds of bytes, so that prefixes nest and share. */
static void draw_key(struct rng *rng, uint8_t *key, unsigned variety)
{
    for (int i = 0; i < 16; i++)
        key[i] = (uint8_t)(rng_below(rng, variety) * 0x55 ^ (rng_below(rng, 8) ? 0 : rng_below(rng, 256)));
}

static void an_empty_tree(void)
{
    struct prefix_tree tree = PREFIX_TREE_INIT;
    uint8_t key[16] = { 0 };
    EXPECT(prefix_tree_longest(&tree, key, 128) == NULL);
    EXPECT(prefix_tree_longest(&tree, key, 0) == NULL);
    EXPECT(prefix_tree_get(&tree, key, 0) == NULL);
    EXPECT(prefix_tree_remove(&tree, key, 32) == NULL);
    prefix_tree_finish(&tree);
    prefix_tree_finish(&tree);
}

static const struct {
    const char *network, *address, *found; /* found: the network that answers for the address */
} routes[] = {
    { "0.0.0.0/0", "8.8.8.8", "0.0.0.0/0" },
    { "10.0.0.0/8", "10.200.0.1", "10.0.0.0/8" },
    { "10.1.0.0/16", "10.1.255.255", "10.1.0.0/16" },
    { "10.1.2.0/24", "10.1.2.100", "10.1.2.0/24" },
    { "10.1.2.3/32", "10.1.2.3", "10.1.2.3/32" },
    { "10.1.2.128/25", "10.1.2.127", "10.1.2.0/24" },
    { "172.16.0.0/12", "172.31.255.255", "172.16.0.0/12" },
    { "192.168.0.0/16", "192.169.0.0", "128.0.0.0/1" },
    { "10.1.2.2/31", "10.1.2.2", "10.1.2.2/31" },
    { "128.0.0.0/1", "172.32.0.0", "128.0.0.0/1" },
};

static void routes_of_a_small_table(void)
{
    struct prefix_tree tree = PREFIX_TREE_INIT;
    struct addr addr;
    unsigned bits;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        EXPECT(addr_parse_network(str_of(routes[i].network), &addr, &bits));
        EXPECT(prefix_tree_add(&tree, addr.u.ip, bits, (char *)routes[i].network) == routes[i].network);
    }
    EXPECT_INT(tree.count, COUNT_OF(routes));
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        EXPECT(addr_parse_ip(str_of(routes[i].address), &addr));
        test_case(routes[i].address);
        EXPECT_STR(str_of(prefix_tree_longest(&tree, addr.u.ip, 32)), routes[i].found);
    }
    prefix_tree_finish(&tree);
}

/* All prefixes of one address at once: the longest that is there must answer, whichever went. */
static void each_length_nested(void)
{
    static const unsigned tops[] = { 32, 56, 57, 120, 121, 128 };
    for (size_t t = 0; t < COUNT_OF(tops); t++) {
        struct prefix_tree tree = PREFIX_TREE_INIT;
        static char values[129];
        uint8_t key[16], other[16];
        struct rng rng = { t };
        unsigned top = tops[t];
        for (int i = 0; i < 16; i++)
            key[i] = (uint8_t)rng_below(&rng, 256);
        for (unsigned bits = 0; bits <= top; bits++)
            EXPECT(prefix_tree_add(&tree, key, bits, &values[bits]) == &values[bits]);
        EXPECT_INT(tree.count, top + 1);
        for (unsigned bits = 0; bits <= top; bits++) {
            EXPECT(prefix_tree_get(&tree, key, bits) == &values[bits]);
            EXPECT(prefix_tree_longest(&tree, key, bits) == &values[bits]);
            memcpy(other, key, sizeof(other));
            if (bits < top) {
                other[bits / 8] ^= (uint8_t)(0x80 >> bits % 8);
                EXPECT(prefix_tree_longest(&tree, other, top) == &values[bits]);
                EXPECT(prefix_tree_get(&tree, other, bits + 1) == NULL);
            }
        }
        for (unsigned bits = top; bits > 0; bits--) {
            EXPECT(prefix_tree_remove(&tree, key, bits) == &values[bits]);
            EXPECT(prefix_tree_longest(&tree, key, top) == &values[bits - 1]);
        }
        EXPECT_INT(tree.count, 1);
        prefix_tree_finish(&tree);
    }
}

static void the_first_value_stays(void)
{
    struct prefix_tree tree = PREFIX_TREE_INIT;
    static char first, second;
    const uint8_t key[4] = { 10, 1, 2, 3 }, same[4] = { 10, 1, 255, 255 };
    EXPECT(prefix_tree_add(&tree, key, 16, &first) == &first);
    EXPECT(prefix_tree_add(&tree, same, 16, &second) == &first); /* bits past 16 are not looked at */
    EXPECT_INT(tree.count, 1);
    test_fail_allocation(1);
    EXPECT(prefix_tree_add(&tree, key, 16, &second) == &first); /* takes no memory */
    test_fail_allocation(0);
    EXPECT(prefix_tree_remove(&tree, same, 16) == &first);
    EXPECT(prefix_tree_add(&tree, key, 16, &second) == &second);
    prefix_tree_finish(&tree);
}

/* Reading past the bytes that `bits` needs would be seen by the address sanitizer. */
static void keys_are_not_read_beyond_their_bits(void)
{
    struct prefix_tree tree = PREFIX_TREE_INIT;
    static char value;
    for (unsigned bits = 1; bits <= 128; bits++) {
        uint8_t all[16], *tail = all + 16 - (bits + 7) / 8;
        memset(all, 0xa5, sizeof(all));
        EXPECT(prefix_tree_add(&tree, tail, bits, &value) == &value);
        EXPECT(prefix_tree_longest(&tree, tail, bits) == &value);
        EXPECT(prefix_tree_get(&tree, tail, bits) == &value);
    }
    prefix_tree_finish(&tree);
}

enum { PREFIXES = 300 };

static bool answers_agree(const struct prefix_tree *tree, struct prefix *prefixes, struct rng *rng,
                          unsigned variety, unsigned top)
{
    for (int i = 0; i < 30; i++) {
        uint8_t key[16];
        unsigned bits = rng_below(rng, 3) ? top : rng_below(rng, top + 1);
        draw_key(rng, key, variety);
        if (rng_below(rng, 2))
            memcpy(key, prefixes[rng_below(rng, PREFIXES)].key, 15);
        if (prefix_tree_longest(tree, key, bits) != slow_longest(prefixes, PREFIXES, key, bits))
            return false;
    }
    return true;
}

static void as_a_list_would(void)
{
    static const unsigned tops[] = { 12, 32, 64, 128 };
    for (unsigned run = 0; run < 24; run++) {
        struct prefix_tree tree = PREFIX_TREE_INIT;
        struct prefix prefixes[PREFIXES] = { 0 };
        struct rng rng = { run };
        unsigned top = tops[run % COUNT_OF(tops)], variety = 1 + run % 3;
        size_t count = 0;
        bool same = true;
        for (int i = 0; i < 1500 && same; i++) {
            struct prefix *at = &prefixes[rng_below(&rng, PREFIXES)];
            if (at->there) {
                same = prefix_tree_remove(&tree, at->key, at->bits) == &at->value &&
                       prefix_tree_remove(&tree, at->key, at->bits) == NULL;
                at->there = false;
                count--;
            } else {
                draw_key(&rng, at->key, variety);
                at->bits = rng_below(&rng, top + 1);
                struct prefix *before = slow_get(prefixes, PREFIXES, at->key, at->bits);
                void *stands = prefix_tree_add(&tree, at->key, at->bits, &at->value);
                same = stands == (before ? &before->value : &at->value) &&
                       prefix_tree_get(&tree, at->key, at->bits) == stands;
                at->there = !before;
                count += !before;
            }
            same = same && tree.count == count && answers_agree(&tree, prefixes, &rng, variety, top);
        }
        EXPECT(same);
        prefix_tree_finish(&tree);
    }
}

/* What goes makes room for what comes. */
static void churn_needs_no_more_memory(void)
{
    struct prefix_tree tree = PREFIX_TREE_INIT;
    static char value;
    struct rng rng = { 4 };
    uint8_t keys[64][4];
    uint32_t words = 0, entries = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t *key = keys[i % 64];
        if (i >= 64)
            EXPECT(prefix_tree_remove(&tree, key, 32) == &value);
        uint32_t drawn = (uint32_t)rng_next(&rng);
        memcpy(key, &drawn, 4);
        key[0] = 10;
        key[1] = (uint8_t)(i & 3);
        while (prefix_tree_get(&tree, key, 32))
            key[3]++;
        EXPECT(prefix_tree_add(&tree, key, 32, &value) == &value);
        if (i == 10000) {
            words = tree.word_used;
            entries = tree.entry_used;
        }
    }
    EXPECT_INT(tree.count, 64);
    EXPECT_INT(tree.entry_used, entries);
    EXPECT(tree.word_used <= words + words / 4);
    prefix_tree_finish(&tree);
}

static void each_refusal_changes_nothing(void)
{
    int64_t before = test_blocks();
    bool done = false;
    uint64_t n = 1;
    for (; !done; n++) {
        struct prefix_tree tree = PREFIX_TREE_INIT;
        struct prefix prefixes[PREFIXES] = { 0 };
        struct rng rng = { 77 };
        done = true;
        for (unsigned i = 0; i < PREFIXES; i++) {
            struct prefix *at = &prefixes[i];
            draw_key(&rng, at->key, 3);
            at->bits = i < 100   ? rng_below(&rng, 33)
                       : i < 200 ? rng_below(&rng, 100)
                                 : 100 + rng_below(&rng, 29);
        }
        test_fail_allocation(n);
        for (unsigned i = 0; i < PREFIXES && done; i++) {
            struct prefix *at = &prefixes[i];
            bool known = slow_get(prefixes, PREFIXES, at->key, at->bits);
            void *stands = prefix_tree_add(&tree, at->key, at->bits, &at->value);
            done = stands != NULL;
            at->there = stands && !known;
        }
        EXPECT(answers_agree(&tree, prefixes, &rng, 3, 128));
        test_fail_allocation(0);
        for (unsigned i = 0; i < PREFIXES; i++)
            if (!slow_get(prefixes, PREFIXES, prefixes[i].key, prefixes[i].bits)) {
                EXPECT(prefix_tree_add(&tree, prefixes[i].key, prefixes[i].bits, &prefixes[i].value) ==
                       &prefixes[i].value);
                prefixes[i].there = true;
            }
        EXPECT(answers_agree(&tree, prefixes, &rng, 3, 128));
        prefix_tree_finish(&tree);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT(n > 6);
}

const struct test_row tests[] = {
    { "an empty tree", an_empty_tree },
    { "routes of a small table", routes_of_a_small_table },
    { "each length nested in each other", each_length_nested },
    { "the first value of a prefix stays", the_first_value_stays },
    { "keys are not read beyond their bits", keys_are_not_read_beyond_their_bits },
    { "it answers as a list would", as_a_list_would },
    { "what goes makes room for what comes", churn_needs_no_more_memory },
    { "a refused allocation changes nothing", each_refusal_changes_nothing },
    { 0 },
};
