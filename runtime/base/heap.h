/* A binary heap of nodes that stand inside the objects: the smallest (key, order) first, so that equal keys
 * come out in the order that the caller numbered. O(log n); a node knows its place and can be removed. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H
#include "base/check.h"
#include <stdbool.h>
#include <stdint.h>

struct heap_node {
    uint64_t key, order;
    size_t place; /* index + 1 in the heap; 0 when in none */
};

struct heap {
    struct heap_node **nodes;
    size_t count, capacity;
};

void heap_init(struct heap *heap);
void heap_finish(struct heap *heap); /* the nodes are the caller's */
/* false when there is no memory: the node is not in the heap then. */
bool heap_add(struct heap *heap, struct heap_node *node) MUST_USE;
void heap_remove(struct heap *heap, struct heap_node *node); /* harmless when in none */
/* After key or order of a node in the heap changed. */
void heap_moved(struct heap *heap, struct heap_node *node);

static inline struct heap_node *heap_first(const struct heap *heap) /* NULL when empty */
{
    return heap->count ? heap->nodes[0] : NULL;
}

#endif
