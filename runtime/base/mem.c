/* The heap's one door. */
#include "base/mem.h"
#include <stdlib.h>

void *mem_alloc(size_t size)
{
    return malloc(size);
}

void *mem_zero(size_t size)
{
    void *block = mem_alloc(size);
    if (block)
        memset(block, 0, size);
    return block;
}

void *mem_resize(void *old, size_t size)
{
    return realloc(old, size);
}

void mem_free(void *block)
{
    free(block);
}

void *mem_need(size_t size)
{
    void *block = calloc(1, size ? size : 1);
    CHECK(block && "out of memory");
    return block;
}

char *mem_need_copy(struct str text)
{
    char *copy = mem_need(text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}
