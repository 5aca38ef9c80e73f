/* A chain of free objects in front of the heap. */
#include "base/pool.h"
#include "base/mem.h"

void pool_init(struct pool *pool, const char *name, size_t object_size, size_t free_max)
{
    CHECK(object_size >= sizeof(void *));
    *pool = (struct pool){ .name = name, .object_size = object_size, .free_max = free_max };
}

void pool_finish(struct pool *pool)
{
    CHECK(pool->used_count == 0);
    while (pool->free_objects) {
        void *object = pool->free_objects;
        memcpy(&pool->free_objects, object, sizeof(void *));
        mem_free(object);
    }
    pool->free_count = 0;
}

void *pool_take(struct pool *pool)
{
    void *object = pool->free_objects;
    if (object) {
        memcpy(&pool->free_objects, object, sizeof(void *));
        pool->free_count--;
    } else {
        object = mem_alloc(pool->object_size);
        if (!object)
            return NULL;
    }
    pool->used_count++;
    return object;
}

void pool_pass(struct pool *from, struct pool *to)
{
    CHECK(from->object_size == to->object_size && from->used_count > 0);
    from->used_count--;
    to->used_count++;
}

void pool_give(struct pool *pool, void *object)
{
    CHECK(object && pool->used_count > 0);
    pool->used_count--;
    if (pool->free_count >= pool->free_max) {
        mem_free(object);
        return;
    }
    memcpy(object, &pool->free_objects, sizeof(void *));
    pool->free_objects = object;
    pool->free_count++;
}
