/* The heap's door, and that a test can close it. */
#include "base/mem.h"
#include "base/test.h"

static void blocks_come_and_go(void)
{
    int64_t before = test_blocks();
    char *block = mem_alloc(16);
    EXPECT(block != NULL);
    memset(block, 'x', 16);
    block = mem_resize(block, 4096);
    EXPECT(block && block[0] == 'x' && block[15] == 'x');
    EXPECT_INT(test_blocks(), before + 1);
    mem_free(block);
    mem_free(NULL);
    EXPECT_INT(test_blocks(), before);
}

static void zeroed_blocks(void)
{
    for (int round = 0; round < 3; round++) {
        unsigned char *block = mem_zero(257);
        unsigned sum = 0;
        EXPECT(block != NULL);
        for (int i = 0; i < 257; i++)
            sum |= block[i];
        EXPECT_INT(sum, 0);
        memset(block, 0xff, 257);
        mem_free(block);
    }
}

static void start_up_blocks(void)
{
    char *copy = mem_need_copy(STR("abc\0d"));
    EXPECT_VIEW(str_make(copy, 6), STR("abc\0d\0"));
    mem_free(copy);
    copy = mem_need_copy(STR_NONE);
    EXPECT_STR(str_of(copy), "");
    mem_free(copy);
    char *empty = mem_need(0);
    EXPECT(empty != NULL);
    mem_free(empty);
}

static void no_memory_is_null(void)
{
    char *block = mem_alloc(8);
    EXPECT(block != NULL);
    block[0] = 'k';
    test_fail_allocation(1);
    void *first = mem_alloc(1), *second = mem_zero(1), *third = mem_resize(block, 64);
    EXPECT_INT(test_allocations(), 3);
    test_fail_allocation(0);
    EXPECT(!first && !second && !third);
    EXPECT_INT(block[0], 'k');
    mem_free(block);
}

const struct test_row tests[] = {
    { "blocks come, grow and go", blocks_come_and_go },
    { "zeroed blocks are all zero", zeroed_blocks },
    { "what start-up needs: zeroed, copies end with NUL", start_up_blocks },
    { "no memory is NULL, and a block that cannot grow stays", no_memory_is_null },
    { 0 },
};
