/* Arenas: alignment, large blocks, marks, resets, and memory that runs out. */
#include "base/arena.h"
#include "base/rng.h"
#include "base/test.h"
#include <stdint.h>

#define CHUNK 256

static void no_memory_before_it_is_used(void)
{
    struct arena arena;
    int64_t before = test_blocks();
    arena_init(&arena, CHUNK);
    EXPECT_INT(test_blocks(), before);
    arena_reset(&arena);
    arena_rewind(&arena, arena_mark(&arena));
    arena_finish(&arena);
    EXPECT_INT(test_blocks(), before);
}

/* Each block is filled with its number; all must still stand at the end. */
static void blocks_are_aligned_and_apart(void)
{
    enum { BLOCKS = 400 };
    struct arena arena;
    struct rng rng = { 1 };
    unsigned char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    int64_t before = test_blocks();
    arena_init(&arena, CHUNK);
    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = rng_below(&rng, 40) ? rng_below(&rng, 70) : rng_below(&rng, 5 * CHUNK);
        blocks[i] = arena_alloc(&arena, sizes[i]);
        EXPECT(blocks[i] && (uintptr_t)blocks[i] % 16 == 0);
        memset(blocks[i], i & 0xff, sizes[i]);
    }
    unsigned spoiled = 0;
    for (int i = 0; i < BLOCKS; i++)
        for (size_t at = 0; at < sizes[i]; at++)
            spoiled += blocks[i][at] != (i & 0xff);
    EXPECT_INT(spoiled, 0);
    arena_finish(&arena);
    EXPECT_INT(test_blocks(), before);
}

static void sizes_at_the_chunk_edge(void)
{
    static const size_t sizes[] = { 0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 10 * CHUNK };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct arena arena;
        arena_init(&arena, CHUNK);
        char *first = arena_alloc(&arena, sizes[i]), *second = arena_alloc(&arena, sizes[i]);
        EXPECT(first && second);
        memset(first, 'a', sizes[i]);
        memset(second, 'b', sizes[i]);
        EXPECT(!sizes[i] || (first != second && first[sizes[i] - 1] == 'a'));
        arena_finish(&arena);
    }
}

static void zeroed_after_reuse(void)
{
    struct arena arena;
    arena_init(&arena, CHUNK);
    char *dirty = arena_alloc(&arena, 100);
    EXPECT(dirty != NULL);
    memset(dirty, 0xff, 100);
    arena_reset(&arena);
    unsigned char *block = arena_zero(&arena, 100);
    EXPECT(block != NULL);
    unsigned sum = 0;
    for (int i = 0; i < 100; i++)
        sum |= block[i];
    EXPECT_INT(sum, 0);
    arena_finish(&arena);
}

static void reset_keeps_one_chunk(void)
{
    struct arena arena;
    arena_init(&arena, CHUNK);
    int64_t before = test_blocks();
    for (int i = 0; i < 20; i++)
        EXPECT(arena_alloc(&arena, CHUNK) != NULL);
    EXPECT(arena_alloc(&arena, 9 * CHUNK) != NULL);
    arena_reset(&arena);
    EXPECT_INT(test_blocks(), before + 1);
    test_fail_allocation(1);
    EXPECT(arena_alloc(&arena, CHUNK) != NULL); /* from the spare chunk */
    EXPECT(arena_alloc(&arena, 1) == NULL);
    test_fail_allocation(0);
    arena_finish(&arena);
    EXPECT_INT(test_blocks(), before);
}

static void a_mark_gives_back_what_came_after(void)
{
    struct arena arena;
    arena_init(&arena, CHUNK);
    struct str kept = arena_copy(&arena, STR("kept"));
    struct arena_mark mark = arena_mark(&arena);
    char *first = arena_alloc(&arena, 32);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 30; i++)
            EXPECT(arena_alloc(&arena, 100) != NULL);
        arena_rewind(&arena, mark);
        EXPECT(arena_alloc(&arena, 32) == first);
        arena_rewind(&arena, mark);
    }
    EXPECT_STR(kept, "kept");
    arena_finish(&arena);
}

static void texts(void)
{
    struct arena arena;
    arena_init(&arena, CHUNK);
    struct str copy = arena_copy(&arena, STR("a\0b"));
    EXPECT_VIEW(copy, STR("a\0b"));
    EXPECT_INT(copy.data[3], 0);
    struct str empty = arena_copy(&arena, STR_NONE);
    EXPECT(empty.data && empty.size == 0 && empty.data[0] == 0);
    struct str made = arena_printf(&arena, "%s-%d-%0300d", "x", 7, 5);
    EXPECT_INT(made.size, 304);
    EXPECT_INT(made.data[303], '5');
    EXPECT_INT(made.data[304], 0);
    char *needed = arena_need_copy(&arena, STR("need"));
    EXPECT_STR(str_of(needed), "need");
    arena_finish(&arena);
}

/* Some work of each kind; false at the first refusal. */
static bool work(struct arena *arena)
{
    for (int i = 0; i < 8; i++)
        if (!arena_alloc(arena, 100) || !arena_zero(arena, 500) || !arena_copy(arena, STR("text")).data ||
            !arena_printf(arena, "%0200d", i).data)
            return false;
    return true;
}

static void each_refusal_is_survived(void)
{
    int64_t before = test_blocks();
    bool done = false;
    uint64_t n = 1;
    for (; !done; n++) {
        struct arena arena;
        arena_init(&arena, CHUNK);
        test_fail_allocation(n);
        done = work(&arena);
        test_fail_allocation(0);
        EXPECT(done || work(&arena)); /* usable once there is memory again */
        arena_finish(&arena);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT(n > 5);
}

static void sizes_beyond_all_memory(void)
{
    struct arena arena;
    arena_init(&arena, CHUNK);
    EXPECT(arena_alloc(&arena, SIZE_MAX) == NULL);
    EXPECT(arena_alloc(&arena, SIZE_MAX - 15) == NULL);
    EXPECT(arena_alloc(&arena, SIZE_MAX - 16) == NULL);
    EXPECT(arena_alloc(&arena, 1) != NULL);
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "no memory before it is used", no_memory_before_it_is_used },
    { "blocks are aligned and do not overlap", blocks_are_aligned_and_apart },
    { "sizes at the edge of a chunk", sizes_at_the_chunk_edge },
    { "zeroed blocks are zero in used memory too", zeroed_after_reuse },
    { "a reset keeps one chunk of the usual size", reset_keeps_one_chunk },
    { "a mark gives back what came after it", a_mark_gives_back_what_came_after },
    { "texts end with NUL", texts },
    { "each refused allocation is survived, and nothing leaks", each_refusal_is_survived },
    { "sizes beyond all memory are refused", sizes_beyond_all_memory },
    { 0 },
};
