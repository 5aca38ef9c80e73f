/* The heap of timers: order, ties, removal and changes at each place, memory that runs out. */
#include "base/heap.h"
#include "base/rng.h"
#include "base/test.h"

#define NODES 200

static bool is_sound(const struct heap *heap)
{
    for (size_t i = 0; i < heap->count; i++) {
        const struct heap_node *node = heap->nodes[i], *parent = heap->nodes[i ? (i - 1) / 2 : 0];
        if (node->place != i + 1 || parent->key > node->key ||
            (parent->key == node->key && parent->order > node->order))
            return false;
    }
    return true;
}

static void fill(struct heap *heap, struct heap_node *nodes, unsigned count, struct rng *rng)
{
    heap_init(heap);
    for (unsigned i = 0; i < count; i++) {
        nodes[i] = (struct heap_node){ .key = rng_below(rng, 20), .order = i };
        EXPECT(heap_add(heap, &nodes[i]));
    }
}

/* Takes all out; how many came in the wrong order. */
static unsigned drain(struct heap *heap)
{
    unsigned wrong = 0;
    uint64_t key = 0, order = 0;
    for (struct heap_node *node; (node = heap_first(heap));) {
        wrong += node->key < key || (node->key == key && node->order < order);
        key = node->key;
        order = node->order + 1;
        heap_remove(heap, node);
        wrong += node->place != 0;
    }
    return wrong;
}

static void smallest_first(void)
{
    struct rng rng = { 3 };
    for (unsigned count = 0; count < 70; count++) {
        struct heap heap;
        struct heap_node nodes[NODES];
        fill(&heap, nodes, count, &rng);
        EXPECT_INT(heap.count, count);
        EXPECT(is_sound(&heap));
        EXPECT_INT(drain(&heap), 0);
        EXPECT(heap_first(&heap) == NULL);
        heap_finish(&heap);
    }
}

static void equal_keys_come_by_their_order(void)
{
    struct heap heap;
    struct heap_node nodes[50];
    heap_init(&heap);
    for (unsigned i = 0; i < 50; i++) {
        nodes[i] = (struct heap_node){ .key = 7, .order = (i * 37) % 50 };
        EXPECT(heap_add(&heap, &nodes[i]));
    }
    for (unsigned i = 0; i < 50; i++) {
        struct heap_node *first = heap_first(&heap);
        EXPECT_INT(first->order, i);
        heap_remove(&heap, first);
    }
    heap_finish(&heap);
}

static void removal_at_each_place(void)
{
    for (unsigned place = 0; place < 40; place++) {
        struct rng rng = { place };
        struct heap heap;
        struct heap_node nodes[NODES];
        fill(&heap, nodes, 40, &rng);
        struct heap_node *gone = heap.nodes[place];
        heap_remove(&heap, gone);
        heap_remove(&heap, gone); /* harmless */
        EXPECT(is_sound(&heap));
        EXPECT_INT(heap.count, 39);
        EXPECT_INT(drain(&heap), 0);
        heap_finish(&heap);
    }
}

static void changes_at_random(void)
{
    struct rng rng = { 11 };
    struct heap heap;
    struct heap_node nodes[NODES];
    fill(&heap, nodes, NODES, &rng);
    for (int i = 0; i < 5000; i++) {
        struct heap_node *node = &nodes[rng_below(&rng, NODES)];
        uint64_t key = rng_below(&rng, 1000);
        if (!node->place) {
            node->key = key;
            EXPECT(heap_add(&heap, node));
        } else if (rng_below(&rng, 4) == 0) {
            heap_remove(&heap, node);
        } else {
            node->key = key;
            heap_moved(&heap, node);
        }
        if (!EXPECT(is_sound(&heap)))
            break;
    }
    EXPECT_INT(drain(&heap), 0);
    heap_finish(&heap);
}

static void each_refusal_leaves_the_node_out(void)
{
    int64_t before = test_blocks();
    bool done = false;
    uint64_t n = 1;
    for (; !done; n++) {
        struct heap heap;
        struct heap_node nodes[NODES] = { 0 };
        unsigned added = 0;
        heap_init(&heap);
        test_fail_allocation(n);
        while (added < NODES && heap_add(&heap, &nodes[added]))
            added++;
        test_fail_allocation(0);
        done = added == NODES;
        EXPECT_INT(heap.count, added);
        EXPECT(done || nodes[added].place == 0);
        EXPECT(is_sound(&heap));
        heap_finish(&heap);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT(n > 3);
}

const struct test_row tests[] = {
    { "the smallest comes first, for each count", smallest_first },
    { "equal keys come by their order", equal_keys_come_by_their_order },
    { "a node goes from each place", removal_at_each_place },
    { "sound after each of many changes", changes_at_random },
    { "a refused allocation leaves the node out", each_refusal_leaves_the_node_out },
    { 0 },
};
