/* Heads and chunk sizes as they stand on the wire. */
#include "base/mem.h"
#include "base/test.h"
#include "http/h1_write.h"

static struct arena arena;
static struct http_msg msg;

static void begin(bool is_response, unsigned major, unsigned minor)
{
    arena_init(&arena, 1024);
    http_msg_init(&msg, &arena, is_response);
    msg.major = (uint8_t)major;
    msg.minor = (uint8_t)minor;
    msg.method = STR("GET");
    msg.uri = STR("/x");
    msg.status = 200;
    msg.reason = STR("OK");
}

/* The block has just the size that was said, so that the sanitizer sees one byte too many. */
static void expect_head(const char *want)
{
    size_t size = h1_head_size(&msg);
    char *text = mem_alloc(size);
    EXPECT_INT(h1_write_head(&msg, text), size);
    EXPECT_STR(str_make(text, size), want);
    mem_free(text);
}

static void requests(void)
{
    begin(false, 1, 1);
    expect_head("GET /x HTTP/1.1\r\n\r\n");
    EXPECT(http_msg_add(&msg, STR("Host"), STR("h")));
    EXPECT(http_msg_add(&msg, STR("A"), STR("")));
    expect_head("GET /x HTTP/1.1\r\nhost: h\r\na: \r\n\r\n");
    EXPECT_INT(http_msg_remove(&msg, STR("host")), 1);
    expect_head("GET /x HTTP/1.1\r\na: \r\n\r\n");
    msg.uri = STR_NONE;
    expect_head("GET / HTTP/1.1\r\na: \r\n\r\n");
    arena_finish(&arena);
}

static void versions(void)
{
    begin(false, 1, 0);
    expect_head("GET /x HTTP/1.0\r\n\r\n");
    msg.minor = 9;
    expect_head("GET /x HTTP/1.1\r\n\r\n");
    msg.major = 2, msg.minor = 0;
    expect_head("GET /x HTTP/1.1\r\n\r\n");
    msg.major = 0, msg.minor = 9;
    expect_head("GET /x HTTP/1.0\r\n\r\n");
    arena_finish(&arena);
}

static void responses(void)
{
    begin(true, 1, 1);
    expect_head("HTTP/1.1 200 OK\r\n\r\n");
    msg.status = 999, msg.reason = STR_NONE;
    expect_head("HTTP/1.1 999 \r\n\r\n");
    arena_finish(&arena);
}

static void one_framing_alone(void)
{
    begin(true, 1, 1);
    EXPECT(http_msg_add(&msg, STR("content-length"), STR("3")));
    EXPECT(http_msg_add(&msg, STR("transfer-encoding"), STR("chunked")));
    msg.body = HTTP_BODY_CHUNKED;
    expect_head("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    msg.body = HTTP_BODY_LENGTH;
    expect_head("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n");
    arena_finish(&arena);
}

static void chunk_sizes(void)
{
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = { { 0, "0\r\n" },
                 { 9, "9\r\n" },
                 { 15, "f\r\n" },
                 { 16, "10\r\n" },
                 { 500, "1f4\r\n" },
                 { 0x10000, "10000\r\n" },
                 { UINT64_MAX, "ffffffffffffffff\r\n" },
                 { 1ull << 60, "1000000000000000\r\n" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[18];
        size_t size = h1_write_chunk_size(rows[i].size, text);
        EXPECT_STR(str_make(text, size), rows[i].text);
    }
}

static void announced_lengths(void)
{
    static const struct {
        const char *value;
        bool is_length;
        uint64_t length;
    } rows[] = {
        { "0", true, 0 },
        { "0012", true, 12 },
        { "18446744073709551615", true, UINT64_MAX },
        { "18446744073709551616", false, 0 },
        { "", false, 0 },
        { "+1", false, 0 },
        { "1 ", false, 0 },
        { "1,1", false, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t length = 0;
        test_case(rows[i].value);
        begin(false, 1, 1);
        EXPECT(!h1_write_length(&msg, &length));
        EXPECT(http_msg_add(&msg, STR("content-length"), str_of(rows[i].value)));
        EXPECT(h1_write_length(&msg, &length) == rows[i].is_length);
        EXPECT(!rows[i].is_length || length == rows[i].length);
        arena_finish(&arena);
    }
}

const struct test_row tests[] = {
    { "announced lengths", announced_lengths },
    { "requests", requests },
    { "versions", versions },
    { "responses", responses },
    { "one framing alone is written", one_framing_alone },
    { "chunk sizes", chunk_sizes },
    { 0 },
};
