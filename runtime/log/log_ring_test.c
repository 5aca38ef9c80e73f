/* Lines in a ring: in order, past its end, and forgotten when it is full. */
#include "base/arena.h"
#include "base/test.h"
#include "log/log_ring.h"

struct counter {
    struct log_ring_reader reader;
    unsigned writes;
};

static void count(struct log_ring_reader *reader)
{
    CONTAINER_OF(reader, struct counter, reader)->writes++;
}

static void in_order(void)
{
    struct arena arena;
    struct log_ring ring = { .name = "r", .size = 64 };
    struct buf out = BUF_INIT;
    struct counter counter = { .writes = 0 };
    uint64_t position = 0;
    arena_init(&arena, 1024);
    EXPECT(log_ring_prepare(&ring, &arena));
    log_ring_reader_begin(&counter.reader, &ring, true, count);
    for (unsigned i = 0; i < 40; i++) {
        char line[2] = { 'a', (char)('0' + i % 10) };
        log_ring_write(&ring, str_make(line, 1 + i % 2));
        EXPECT(log_ring_read(&ring, &position, &out));
        EXPECT(!log_ring_read(&ring, &position, &out));
    }
    EXPECT_INT(out.size, 60);
    EXPECT_INT(counter.writes, 40);
    log_ring_reader_end(&counter.reader);
    buf_finish(&out);
    arena_finish(&arena);
}

static void the_oldest_go(void)
{
    struct arena arena;
    struct log_ring ring = { .name = "r", .size = 20 };
    struct buf out = BUF_INIT;
    uint64_t position = 0;
    arena_init(&arena, 1024);
    EXPECT(log_ring_prepare(&ring, &arena));
    log_ring_write(&ring, STR("one"));
    log_ring_write(&ring, STR("two"));
    log_ring_write(&ring, STR("three"));
    log_ring_write(&ring, STR("a line that is longer than the ring"));
    EXPECT_INT(ring.dropped, 1);
    while (log_ring_read(&ring, &position, &out))
        buf_add_char(&out, ',');
    EXPECT_STR(buf_str(&out), "two,three,");
    buf_finish(&out);
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "lines come out in the order in which they came", in_order },
    { "a full ring forgets its oldest lines", the_oldest_go },
    { 0 },
};
