/* Objects of one size, kept for reuse: connections, streams, buffers. Bounded by what is given back. */
#ifndef BASE_POOL_H
#define BASE_POOL_H
#include "base/check.h"

struct pool {
    const char *name; /* for the statistics; static */
    size_t object_size;
    void *free_objects; /* a chain through their first word */
    size_t free_count, used_count, free_max;
};

/* free_max: how many unused objects are kept before the heap gets them back. */
void pool_init(struct pool *pool, const char *name, size_t object_size, size_t free_max);
void pool_finish(struct pool *pool);         /* no object may be in use */
void *pool_take(struct pool *pool) MUST_USE; /* not cleared; NULL when there is no memory */
/* What was taken from one pool will be given to another for objects of the same size. */
void pool_pass(struct pool *from, struct pool *to);
void pool_give(struct pool *pool, void *object);

#endif
