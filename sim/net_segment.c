/* Segments come in four sizes, each with a chain of free ones. */
#include "sim/net_parts.h"
#include "sim/sim_mem.h"

static const uint32_t pool_sizes[NET_SEGMENT_POOLS] = { 256, 2048, 16640, 66048 };

#define HEADER offsetof(struct net_segment, data)

struct net_segment *net_segment_take(struct net *net, size_t size)
{
    uint8_t pool = 0;
    while (pool < NET_SEGMENT_POOLS - 1 && pool_sizes[pool] - HEADER < size)
        pool++;
    struct net_segment *segment = net->free_segments[pool];
    if (segment)
        net->free_segments[pool] = segment->next;
    else
        segment = sim_mem_grow(NULL, pool_sizes[pool]);
    *segment = (struct net_segment){ .capacity = pool_sizes[pool] - (uint32_t)HEADER, .pool = pool };
    return segment;
}

void net_segment_give(struct net *net, struct net_segment *segment)
{
    if (UNLIKELY(segment->passenger != NULL))
        net_drop(segment->passenger);
    segment->next = net->free_segments[segment->pool];
    net->free_segments[segment->pool] = segment;
}

struct net_segment *net_segment_split(struct net *net, struct net_segment *segment, uint32_t size)
{
    uint32_t rest = segment->size - size;
    struct net_segment *second = net_segment_take(net, rest);
    CHECK(second->capacity >= rest);
    memcpy(second->data, segment->data + segment->from + size, rest);
    second->size = rest;
    second->kind = segment->kind;
    segment->size = size;
    return second;
}

void net_segments_finish(struct net *net)
{
    for (int pool = 0; pool < NET_SEGMENT_POOLS; pool++)
        while (net->free_segments[pool]) {
            struct net_segment *segment = net->free_segments[pool];
            net->free_segments[pool] = segment->next;
            sim_mem_free(segment);
        }
}

/* ---- queues ---- */

void net_queue_add(struct net_queue *queue, struct net_segment *segment)
{
    segment->next = NULL;
    if (queue->last)
        queue->last->next = segment;
    else
        queue->first = segment;
    queue->last = segment;
    queue->bytes += segment->size;
    queue->count++;
}

struct net_segment *net_queue_pop(struct net_queue *queue)
{
    struct net_segment *segment = queue->first;
    if (!segment)
        return NULL;
    queue->first = segment->next;
    if (!queue->first)
        queue->last = NULL;
    queue->bytes -= segment->size;
    queue->count--;
    return segment;
}

void net_queue_clear(struct net *net, struct net_queue *queue)
{
    struct net_segment *segment;
    while ((segment = net_queue_pop(queue)))
        net_segment_give(net, segment);
}

size_t net_queue_read(struct net_queue *queue, const struct io_vec *vecs, unsigned count, size_t most,
                      void (*used_up)(void *data, struct net_segment *segment), void *data)
{
    size_t done = 0;
    for (unsigned i = 0; i < count && queue->first; i++) {
        size_t filled = 0;
        while (filled < vecs[i].size && done < most && queue->first) {
            struct net_segment *segment = queue->first;
            size_t size = vecs[i].size - filled;
            if (size > segment->size)
                size = segment->size;
            if (size > most - done)
                size = most - done;
            memcpy(vecs[i].data + filled, segment->data + segment->from, size);
            segment->from += (uint32_t)size;
            segment->size -= (uint32_t)size;
            queue->bytes -= size;
            filled += size;
            done += size;
            if (segment->size == 0)
                used_up(data, net_queue_pop(queue));
        }
    }
    return done;
}

/* ---- vectors ---- */

size_t net_vecs_size(const struct io_vec *vecs, unsigned count)
{
    size_t size = 0;
    CHECK(count <= IO_VEC_MAX);
    for (unsigned i = 0; i < count; i++)
        size += vecs[i].size;
    return size;
}

void net_source_copy(struct net_source *source, char *out, size_t size)
{
    while (size) {
        size_t part = source->vecs->size - source->offset;
        if (part > size)
            part = size;
        if (part)
            memcpy(out, source->vecs->data + source->offset, part);
        out += part;
        size -= part;
        source->offset += part;
        if (source->offset == source->vecs->size) {
            source->vecs++;
            source->offset = 0;
        }
    }
}
