/* Growing buffers: adding, inserting, removing, limits, and memory that runs out. */
#include "base/buf.h"
#include "base/rng.h"
#include "base/test.h"
#include <stdio.h>

static void adding_of_each_kind(void)
{
    struct buf buf = BUF_INIT;
    EXPECT(buf_str(&buf).size == 0);
    buf_add(&buf, STR("a\0b"));
    buf_add(&buf, STR_NONE);
    buf_add_char(&buf, ',');
    buf_add_c(&buf, "c");
    buf_add_c(&buf, NULL);
    buf_printf(&buf, "<%s|%5d>", "p", 42);
    EXPECT_VIEW(buf_str(&buf), STR("a\0b,c<p|   42>"));
    EXPECT_INT(buf.data[buf.size], 0);
    EXPECT(!buf.failed);
    buf_finish(&buf);
    EXPECT(!buf.data && !buf.size && !buf.capacity);
}

static void numbers_at_their_ends(void)
{
    struct buf buf = BUF_INIT;
    buf_add_uint(&buf, 0);
    buf_add_char(&buf, ' ');
    buf_add_uint(&buf, UINT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, 0);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MIN);
    EXPECT_STR(buf_str(&buf), "0 18446744073709551615 0 9223372036854775807 -9223372036854775808");
    buf_finish(&buf);
}

/* Every length around each growth, with what stands there unchanged. */
static void growth_keeps_what_is_there(void)
{
    struct buf buf = BUF_INIT;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 3000; i++) {
        buf_add_char(&buf, (char)('a' + i % 26));
        wrong += buf.size != i + 1 || buf.size >= buf.capacity || buf.data[buf.size] != 0;
    }
    for (unsigned i = 0; i < 3000; i++)
        wrong += buf.data[i] != (char)('a' + i % 26);
    EXPECT_INT(wrong, 0);
    buf_finish(&buf);
}

static void inserting_and_removing_anywhere(void)
{
    for (size_t at = 0; at <= 6; at++) {
        struct buf buf = BUF_INIT;
        char want[16];
        buf_add(&buf, STR("abcdef"));
        EXPECT(buf_insert(&buf, at, STR("XY")));
        snprintf(want, sizeof(want), "%.*sXY%s", (int)at, "abcdef", &"abcdef"[at]);
        EXPECT_STR(buf_str(&buf), want);
        EXPECT_INT(buf.data[8], 0);
        buf_remove(&buf, at, 2);
        EXPECT_STR(buf_str(&buf), "abcdef");
        buf_remove(&buf, at, 6 - at);
        EXPECT_VIEW(buf_str(&buf), str_slice(STR("abcdef"), 0, at));
        buf_finish(&buf);
    }
    struct buf buf = BUF_INIT;
    buf_remove(&buf, 0, 0);
    EXPECT(buf_insert(&buf, 0, STR_NONE));
    EXPECT_INT(buf.size, 0);
    buf_finish(&buf);
}

static void a_limit_cuts_and_says_so(void)
{
    struct buf buf = { .limit = 10 };
    buf_add(&buf, STR("0123456789"));
    EXPECT(!buf.failed);
    buf_add(&buf, STR_NONE);
    EXPECT(!buf.failed);
    buf_add(&buf, STR("x"));
    EXPECT(buf.failed);
    EXPECT_STR(buf_str(&buf), "0123456789");
    buf_reset(&buf);
    EXPECT(!buf.failed && buf.size == 0);
    buf_add(&buf, STR("01234567"));
    buf_add(&buf, STR("abcdef"));
    EXPECT_STR(buf_str(&buf), "01234567ab");
    EXPECT(buf.failed);
    EXPECT(!buf_insert(&buf, 3, STR("y")));
    EXPECT_STR(buf_str(&buf), "01234567ab");
    buf_finish(&buf);
    EXPECT_INT(buf.limit, 10);
    EXPECT(buf_room(&buf, 11) == NULL && buf.failed);
    buf_finish(&buf);
}

static void room_is_the_callers_to_fill(void)
{
    struct buf buf = BUF_INIT;
    buf_add(&buf, STR("head"));
    char *room = buf_room(&buf, 1000);
    EXPECT(room != NULL && room == buf.data + 4);
    memset(room, 'r', 1000);
    buf.size += 1000;
    buf_add_char(&buf, '.');
    EXPECT_INT(buf.size, 1005);
    EXPECT_INT(buf.data[1003], 'r');
    EXPECT_INT(buf.data[1004], '.');
    EXPECT(buf_room(&buf, SIZE_MAX) == NULL && buf.failed);
    EXPECT_INT(buf.size, 1005);
    buf_finish(&buf);
}

static void work(struct buf *buf)
{
    for (int i = 0; i < 6; i++) {
        buf_add(buf, STR("0123456789012345678901234567890123456789"));
        buf_printf(buf, "%060d", i);
        if (buf_insert(buf, buf->size / 2, STR("middle")))
            buf_remove(buf, buf->size / 2, 1);
    }
}

static void each_refusal_is_survived(void)
{
    int64_t before = test_blocks();
    struct buf whole = BUF_INIT;
    work(&whole);
    bool done = false;
    uint64_t n = 1;
    for (; !done; n++) {
        struct buf buf = BUF_INIT;
        test_fail_allocation(n);
        work(&buf);
        test_fail_allocation(0);
        done = !buf.failed;
        EXPECT(done ? str_eq(buf_str(&buf), buf_str(&whole)) : buf.size < whole.size);
        EXPECT(!buf.data || buf.data[buf.size] == 0);
        buf_reset(&buf);
        work(&buf);
        EXPECT_VIEW(buf_str(&buf), buf_str(&whole));
        buf_finish(&buf);
    }
    EXPECT(n > 3);
    buf_finish(&whole);
    EXPECT_INT(test_blocks(), before);
}

const struct test_row tests[] = {
    { "each kind of text can be added", adding_of_each_kind },
    { "numbers at the ends of their range", numbers_at_their_ends },
    { "growth keeps what is there", growth_keeps_what_is_there },
    { "inserting and removing at each place", inserting_and_removing_anywhere },
    { "a limit cuts what is over and says so", a_limit_cuts_and_says_so },
    { "room is the caller's to fill", room_is_the_callers_to_fill },
    { "each refused allocation is survived, and nothing leaks", each_refusal_is_survived },
    { 0 },
};
