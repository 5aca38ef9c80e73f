/* Pools: what is kept, what goes back, memory that runs out. */
#include "base/pool.h"
#include "base/test.h"

static void objects_are_kept_up_to_the_bound(void)
{
    enum { OBJECTS = 5, KEPT = 3 };
    struct pool pool;
    void *objects[OBJECTS];
    int64_t before = test_blocks();
    pool_init(&pool, "test", 40, KEPT);
    EXPECT_INT(test_blocks(), before);
    for (int i = 0; i < OBJECTS; i++) {
        objects[i] = pool_take(&pool);
        EXPECT(objects[i] != NULL);
        memset(objects[i], 0xee, 40);
    }
    EXPECT_INT(pool.used_count, OBJECTS);
    for (int i = 0; i < OBJECTS; i++)
        pool_give(&pool, objects[i]);
    EXPECT_INT(pool.used_count, 0);
    EXPECT_INT(pool.free_count, KEPT);
    EXPECT_INT(test_blocks(), before + KEPT);
    pool_finish(&pool);
    EXPECT_INT(test_blocks(), before);
}

static void kept_objects_need_no_memory(void)
{
    struct pool pool;
    void *objects[4];
    pool_init(&pool, "test", sizeof(void *), 4);
    for (int i = 0; i < 4; i++)
        objects[i] = pool_take(&pool);
    for (int i = 0; i < 4; i++)
        pool_give(&pool, objects[i]);
    test_fail_allocation(1);
    for (int i = 0; i < 4; i++)
        EXPECT(pool_take(&pool) == objects[3 - i]);
    EXPECT(pool_take(&pool) == NULL);
    EXPECT_INT(pool.used_count, 4);
    test_fail_allocation(0);
    for (int i = 0; i < 4; i++)
        pool_give(&pool, objects[i]);
    pool_finish(&pool);
}

static void a_bound_of_none_keeps_none(void)
{
    struct pool pool;
    int64_t before = test_blocks();
    pool_init(&pool, "test", 64, 0);
    void *object = pool_take(&pool);
    EXPECT(object != NULL);
    pool_give(&pool, object);
    EXPECT_INT(test_blocks(), before);
    pool_finish(&pool);
}

const struct test_row tests[] = {
    { "objects are kept up to the bound", objects_are_kept_up_to_the_bound },
    { "kept objects are given again without the heap", kept_objects_need_no_memory },
    { "a bound of 0 keeps none", a_bound_of_none_keeps_none },
    { 0 },
};
