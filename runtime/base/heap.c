/* The array is 0-based; the children of i are 2i+1 and 2i+2. */
#include "base/heap.h"
#include "base/mem.h"

void heap_init(struct heap *heap)
{
    *heap = (struct heap){ 0 };
}

void heap_finish(struct heap *heap)
{
    mem_free(heap->nodes);
    heap_init(heap);
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put(struct heap *heap, size_t index, struct heap_node *node)
{
    heap->nodes[index] = node;
    node->place = index + 1;
}

static void rise(struct heap *heap, size_t index, struct heap_node *node)
{
    while (index > 0 && before(node, heap->nodes[(index - 1) / 2])) {
        put(heap, index, heap->nodes[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(heap, index, node);
}

static void sink(struct heap *heap, size_t index, struct heap_node *node)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!before(heap->nodes[child], node))
            break;
        put(heap, index, heap->nodes[child]);
        index = child;
    }
    put(heap, index, node);
}

bool heap_add(struct heap *heap, struct heap_node *node)
{
    CHECK(node->place == 0);
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 32;
        struct heap_node **nodes = mem_resize(heap->nodes, capacity * sizeof(*nodes));
        if (!nodes)
            return false;
        heap->nodes = nodes;
        heap->capacity = capacity;
    }
    heap->count++;
    rise(heap, heap->count - 1, node);
    return true;
}

void heap_moved(struct heap *heap, struct heap_node *node)
{
    CHECK(node->place && heap->nodes[node->place - 1] == node);
    size_t index = node->place - 1;
    if (index > 0 && before(node, heap->nodes[(index - 1) / 2]))
        rise(heap, index, node);
    else
        sink(heap, index, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (!node->place)
        return;
    CHECK(heap->nodes[node->place - 1] == node);
    size_t index = node->place - 1;
    struct heap_node *last = heap->nodes[--heap->count];
    node->place = 0;
    if (last == node)
        return;
    put(heap, index, last);
    heap_moved(heap, last);
}
