/* A stream of requests read by the engine's reader and by the plain one: what the first accepts begins, ends and means
 * the same to the second, as it came and as it is written again, so that no request can hide inside another. */
#include "base/arena.h"
#include "base/buf.h"
#include "fuzz.h"
#include "http/h1_body.h"
#include "http/h1_parse.h"
#include "http/h1_write.h"
#include "slow_h1.h"

enum { INPUT_MAX = 4096 };

static char slow_data[INPUT_MAX];

static bool same_framing(const struct http_msg *msg, const struct slow_request *slow)
{
    switch (msg->body) {
    case HTTP_BODY_NONE:
        return slow->body == SLOW_NO_BODY;
    case HTTP_BODY_LENGTH:
        return slow->body == SLOW_LENGTH && slow->length == msg->body_length;
    case HTTP_BODY_CHUNKED:
        return slow->body == SLOW_CHUNKED;
    default:
        return false;
    }
}

/* *rest moves behind the body. false: it does not end well in these bytes. */
static bool body_agrees(const struct http_msg *msg, struct str *rest)
{
    struct h1_body body;
    struct buf found = BUF_INIT;
    enum h1_status status = H1_MORE;
    size_t used = 0, slow_used = 0, slow_size = 0;
    h1_body_init(&body, msg->body, msg->body_length);
    do {
        size_t skip = 0, data = 0;
        struct str bytes = str_from(*rest, used);
        status = h1_body_next(&body, bytes, &skip, &data);
        if (status != H1_REJECT)
            buf_add(&found, str_slice(bytes, skip, data));
        used += skip + data;
    } while (status == H1_MORE && used < rest->size);
    if (status == H1_DONE && msg->body == HTTP_BODY_CHUNKED) {
        FUZZ_EXPECT(slow_h1_chunked(*rest, slow_data, &slow_size, &slow_used) == SLOW_DONE);
        FUZZ_EXPECT(slow_used == used && str_eq(str_make(slow_data, slow_size), buf_str(&found)));
    } else if (status == H1_DONE) {
        FUZZ_EXPECT(used == msg->body_length && found.size == used);
    }
    buf_finish(&found);
    *rest = str_from(*rest, used);
    return status == H1_DONE;
}

static void written_agrees(const struct http_msg *msg)
{
    size_t size = h1_head_size(msg);
    char *text = mem_need(size);
    struct slow_request slow;
    FUZZ_EXPECT(h1_write_head(msg, text) == size);
    FUZZ_EXPECT(slow_h1_head(str_make(text, size), &slow) == SLOW_DONE);
    FUZZ_EXPECT(slow.head_size == size && str_eq(slow.method, msg->method));
    FUZZ_EXPECT(msg->method_id == HTTP_CONNECT || same_framing(msg, &slow));
    mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_make((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    const struct h1_options options = { .field_max = 101 };
    bool going = true;
    while (going && rest.size) {
        struct arena arena;
        struct http_msg msg;
        struct h1_parser parser;
        struct slow_request slow;
        size_t used;
        arena_init(&arena, 1024);
        http_msg_init(&msg, &arena, false);
        h1_parser_init(&parser, &options, &arena);
        going = h1_parse_head(&parser, rest, &msg, &used) == H1_DONE;
        if (going) {
            FUZZ_EXPECT(slow_h1_head(rest, &slow) == SLOW_DONE);
            FUZZ_EXPECT(slow.head_size == used && str_eq(slow.method, msg.method));
            going = msg.method_id != HTTP_CONNECT; /* what follows is the tunnel's */
            FUZZ_EXPECT(!going || same_framing(&msg, &slow));
            written_agrees(&msg);
            rest = str_from(rest, used);
            going = going && body_agrees(&msg, &rest);
        }
        arena_finish(&arena);
    }
    return 0;
}
