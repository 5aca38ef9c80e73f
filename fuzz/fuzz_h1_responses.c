/* A stream of responses read by the engine's reader and by the plain one: what the first accepts begins, ends and means
 * the same to the second, as it came and as it is written again, so that no response can hide inside another. Two bits
 * of the first byte are the method that the first four answer. */
#include "base/arena.h"
#include "base/buf.h"
#include "fuzz.h"
#include "http/h1_body.h"
#include "http/h1_parse.h"
#include "http/h1_write.h"
#include "slow_h1.h"

enum { INPUT_MAX = 4096 };
enum method { ANSWERS_GET, ANSWERS_HEAD, ANSWERS_CONNECT };

static char slow_data[INPUT_MAX];

static bool same_framing(const struct http_msg *msg, const struct slow_response *slow, enum method method)
{
    bool tunnel = slow->status == 101 || (method == ANSWERS_CONNECT && slow->status / 100 == 2);
    bool none = slow->body == SLOW_NO_BODY || method == ANSWERS_HEAD;
    switch (msg->body) {
    case HTTP_BODY_TUNNEL:
        return tunnel;
    case HTTP_BODY_NONE:
        return none;
    case HTTP_BODY_LENGTH:
        return !none && !tunnel && slow->body == SLOW_LENGTH && slow->length == msg->body_length;
    case HTTP_BODY_CHUNKED:
        return !none && !tunnel && slow->body == SLOW_CHUNKED;
    default:
        return !none && !tunnel && slow->body == SLOW_UNTIL_CLOSE && !msg->keep_alive;
    }
}

static void written_agrees(const struct http_msg *msg, enum method method)
{
    size_t size = h1_head_size(msg);
    char *text = mem_need(size);
    struct slow_response slow;
    FUZZ_EXPECT(h1_write_head(msg, text) == size);
    FUZZ_EXPECT(slow_h1_response(str_make(text, size), &slow) == SLOW_DONE);
    FUZZ_EXPECT(slow.head_size == size && slow.status == msg->status && same_framing(msg, &slow, method));
    mem_free(text);
}

/* *rest moves behind the body. false: it does not end in these bytes. */
static bool body_agrees(const struct http_msg *msg, struct str *rest)
{
    struct h1_body body;
    size_t at = 0, slow_used = 0, slow_size = 0, found = 0;
    enum h1_status status = H1_MORE;
    h1_body_init(&body, msg->body, msg->body_length);
    if (msg->body == HTTP_BODY_NONE)
        return true;
    do {
        size_t skip = 0, data = 0;
        status = h1_body_next(&body, str_from(*rest, at), &skip, &data);
        at += skip + data;
        found += data;
    } while (status == H1_MORE && at < rest->size);
    if (status == H1_DONE && msg->body == HTTP_BODY_CHUNKED) {
        FUZZ_EXPECT(slow_h1_chunked(*rest, slow_data, &slow_size, &slow_used) == SLOW_DONE);
        FUZZ_EXPECT(slow_used == at && slow_size == found);
    } else if (status == H1_DONE) {
        FUZZ_EXPECT(at == msg->body_length && found == at);
    }
    *rest = str_from(*rest, at);
    return status == H1_DONE;
}

static bool one_response(struct str *rest, enum method method)
{
    const struct h1_options options = {
        .is_response = true,
        .field_max = 101,
        .answers_head = method == ANSWERS_HEAD,
        .answers_connect = method == ANSWERS_CONNECT,
    };
    struct arena arena;
    struct http_msg msg;
    struct h1_parser parser;
    struct slow_response slow;
    size_t used;
    arena_init(&arena, 1024);
    http_msg_init(&msg, &arena, true);
    h1_parser_init(&parser, &options, &arena);
    bool going = h1_parse_head(&parser, *rest, &msg, &used) == H1_DONE;
    if (going) {
        FUZZ_EXPECT(slow_h1_response(*rest, &slow) == SLOW_DONE);
        FUZZ_EXPECT(slow.head_size == used && slow.status == msg.status && same_framing(&msg, &slow, method));
        written_agrees(&msg, method);
        *rest = str_from(*rest, used);
        going = msg.body != HTTP_BODY_TUNNEL && msg.body != HTTP_BODY_UNTIL_CLOSE && body_agrees(&msg, rest);
    }
    arena_finish(&arena);
    return going;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    unsigned methods = fuzz_input_byte(&input);
    while (input.rest.size && one_response(&input.rest, methods % 4 < 3 ? methods % 4 : ANSWERS_GET))
        methods /= 4;
    return 0;
}
