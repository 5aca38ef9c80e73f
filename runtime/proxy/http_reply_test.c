/* Ready answers: errorfiles that are good and bad, the usual pages, what is built from words. */
#include "base/test.h"
#include "http/h1_write.h"
#include "http/http_status.h"
#include "proxy/http_reply.h"
#include "sample/sample.h"

struct bench {
    struct arena arena;
    struct sample_context context;
};

static void bench_start(struct bench *bench)
{
    *bench = (struct bench){ 0 };
    arena_init(&bench->arena, 16384);
    bench->context.scratch = &bench->arena;
}

/* The answer as bytes. */
static struct str written(struct bench *bench, const struct http_reply *reply)
{
    struct http_msg head;
    struct str body;
    if (!http_reply_build(reply, &bench->context, &bench->arena, &head, &body))
        return STR_NONE;
    size_t size = h1_head_size(&head);
    char *text = arena_need(&bench->arena, size + body.size + 1);
    h1_write_head(&head, text);
    if (body.size)
        memcpy(text + size, body.data, body.size);
    return str_make(text, size + body.size);
}

#define HEAD "HTTP/1.1 404 Gone Fishing\r\nX-A: b\r\n"

static void bad_errorfiles(void)
{
    static const struct {
        const char *says, *text, *error;
    } cases[] = {
        { "no start line", "hello", "unable to parse headers (error offset: 0)" },
        { "a length that is too short", HEAD "Content-Length: 3\r\n\r\nbody",
          "payload size does not match the announced content-length (4 != 3)" },
        { "a length that is too long", HEAD "Content-Length: 5\r\n\r\nbody",
          "payload size does not match the announced content-length (4 != 5)" },
        { "chunks", HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "chunk-encoded payload not supported" },
        { "a body where none may be", "HTTP/1.1 204 No Content\r\n\r\nbody", "message payload not expected" },
        { "an interim status", "HTTP/1.1 103 Early Hints\r\n\r\n",
          "invalid http status code for an error message (103)" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        const char *error = NULL;
        bench_start(&bench);
        test_case(cases[i].says);
        EXPECT(!http_reply_from_message(404, str_of(cases[i].text), &bench.arena, &error));
        EXPECT_STR(str_of(error), cases[i].error);
        arena_finish(&bench.arena);
    }
}

static void good_errorfiles(void)
{
    struct bench bench;
    const char *error = NULL;
    bench_start(&bench);
    struct http_reply *reply =
        http_reply_from_message(404, STR(HEAD "Content-Length: 4\r\n\r\nbody"), &bench.arena, &error);
    EXPECT_STR(written(&bench, reply),
               "HTTP/1.1 404 Gone Fishing\r\nx-a: b\r\ncontent-length: 4\r\n\r\nbody");
    reply = http_reply_from_message(404, STR("HTTP/1.1 200 OK\nX-A: b\n\n"), &bench.arena, &error);
    EXPECT(reply != NULL);
    reply = http_reply_from_message(404, STR(""), &bench.arena, &error);
    EXPECT(reply && reply->silent);
    arena_finish(&bench.arena);
}

static void usual_pages(void)
{
    struct bench bench;
    bench_start(&bench);
    struct http_reply *pages = http_reply_usual_pages(&bench.arena);
    for (int i = 0; i < HTTP_REPLY_COUNT; i++) {
        struct http_msg head;
        struct str body;
        EXPECT_INT(pages[i].status, http_reply_status(i));
        EXPECT(http_reply_build(&pages[i], &bench.context, &bench.arena, &head, &body));
        EXPECT_INT(head.status, http_reply_status(i));
        EXPECT_INT(head.body_length, body.size);
        EXPECT(body.size > 40);
    }
    EXPECT_STR(
        written(&bench, &pages[REPLY_503]),
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 107\r\ncache-control: no-cache\r\n"
        "content-type: text/html\r\n\r\n<html><body><h1>503 Service Unavailable</h1>\nNo server is available "
        "to handle this request.\n</body></html>\n");
    arena_finish(&bench.arena);
}

static void from_words(void)
{
    struct bench bench;
    bench_start(&bench);
    struct http_reply reply = {
        .status = 200, .body = REPLY_BODY_TEXT, .text = STR("hello"), .content_type = "text/plain"
    };
    EXPECT_STR(written(&bench, &reply),
               "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/plain\r\n\r\nhello");
    reply.status = 204;
    EXPECT_STR(written(&bench, &reply), "HTTP/1.1 204 No Content\r\n\r\n");
    struct http_reply empty = { .status = 404 };
    EXPECT_STR(written(&bench, &empty), "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    struct http_reply *location = http_reply_location(303, "/x?y", &bench.arena);
    EXPECT_STR(
        written(&bench, location),
        "HTTP/1.1 303 See Other\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: /x?y\r\n\r\n");
    EXPECT(!http_reply_location(303, "/x\r\nEvil: yes", &bench.arena));
    arena_finish(&bench.arena);
}

static void without_memory(void)
{
    struct bench bench;
    struct http_reply reply = {
        .status = 200, .body = REPLY_BODY_TEXT, .text = STR("hello"), .content_type = "text/plain"
    };
    for (uint64_t n = 1;; n++) {
        struct http_msg head;
        struct str body;
        bench_start(&bench);
        bench.arena.chunk_size = 32; /* so that nearly each block asks the heap */
        test_fail_allocation(n);
        bool good = http_reply_build(&reply, &bench.context, &bench.arena, &head, &body);
        test_fail_allocation(0);
        arena_finish(&bench.arena);
        if (good) {
            EXPECT(n > 2);
            break;
        }
    }
}

const struct test_row tests[] = {
    { "an errorfile whose framing lies is refused, and why", bad_errorfiles },
    { "a good errorfile goes out as it is; an empty one is silence", good_errorfiles },
    { "each status has its usual page", usual_pages },
    { "answers from words have their length and type", from_words },
    { "each failed allocation is survived", without_memory },
    { 0 },
};
