/* The simulator's own memory: it must not run out, nor take part when a test makes the node's heap fail, so it
 * does not come through base/mem.h. */
#ifndef SIM_SIM_MEM_H
#define SIM_SIM_MEM_H
#include "base/check.h"
#include <stddef.h>
#include <stdlib.h>

static inline void *sim_mem_need(size_t size) /* zeroed */
{
    void *block = calloc(1, size ? size : 1);
    CHECK(block && "out of memory");
    return block;
}

static inline void *sim_mem_grow(void *old, size_t size)
{
    void *block = realloc(old, size ? size : 1);
    CHECK(block && "out of memory");
    return block;
}

static inline void sim_mem_free(void *block)
{
    free(block);
}

#endif
