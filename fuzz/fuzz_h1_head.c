/* Heads of requests and responses: however the bytes are cut, the answer is that for the whole; what was read holds no
 * line end and no NUL, and written again it is read as the same message. */
#include "base/arena.h"
#include "base/mem.h"
#include "fuzz.h"
#include "http/h1_parse.h"
#include "http/h1_write.h"

enum { INPUT_MAX = 4096, CUTS_MAX = 96 };

struct reading {
    struct arena arena;
    struct h1_parser parser;
    struct http_msg msg;
    enum h1_status status;
    size_t used;
};

static void begin(struct reading *reading, const struct h1_options *options)
{
    arena_init(&reading->arena, 1024);
    http_msg_init(&reading->msg, &reading->arena, options->is_response);
    h1_parser_init(&reading->parser, options, &reading->arena);
    reading->status = H1_MORE;
    reading->used = 0;
}

/* From a block of just this size. */
static void feed(struct reading *reading, struct str bytes)
{
    char *copy = fuzz_exact_copy(bytes);
    if (reading->status == H1_MORE)
        reading->status =
            h1_parse_head(&reading->parser, str_make(copy, bytes.size), &reading->msg, &reading->used);
    mem_free(copy);
}

static void expect_clean(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        FUZZ_EXPECT(text.data[i] != '\r' && text.data[i] != '\n' && text.data[i]);
}

static void expect_same(const struct http_msg *a, const struct http_msg *b)
{
    struct http_field *x = NULL, *y = NULL;
    FUZZ_EXPECT(str_eq(a->method, b->method) && str_eq(a->uri, b->uri) && a->status == b->status);
    FUZZ_EXPECT(a->body == b->body && a->body_length == b->body_length && a->keep_alive == b->keep_alive);
    FUZZ_EXPECT(a->upgrade == b->upgrade && a->expect_continue == b->expect_continue);
    do {
        x = http_msg_next(a, x);
        y = http_msg_next(b, y);
        FUZZ_EXPECT(!x == !y);
        FUZZ_EXPECT(!x || (str_eq(x->name, y->name) && str_eq(x->value, y->value)));
    } while (x);
}

static void expect_well_formed(const struct http_msg *msg)
{
    expect_clean(msg->method);
    expect_clean(msg->uri);
    expect_clean(msg->reason);
    expect_clean(msg->version);
    for (const struct http_field *field = NULL; (field = http_msg_next(msg, field));) {
        expect_clean(field->name);
        expect_clean(field->value);
        FUZZ_EXPECT(field->name.size);
    }
    FUZZ_EXPECT(msg->body == HTTP_BODY_LENGTH || !msg->body_length);
}

/* Strict heads only: a lenient one may hold what is not good the second time. */
static void write_again(const struct reading *first, const struct h1_options *options)
{
    size_t size = h1_head_size(&first->msg);
    char *text = mem_need(size);
    struct h1_options wide = *options;
    struct reading second;
    FUZZ_EXPECT(h1_write_head(&first->msg, text) == size);
    wide.field_max += 8;
    begin(&second, &wide);
    feed(&second, str_make(text, size));
    FUZZ_EXPECT(second.status == H1_DONE && second.used == size);
    FUZZ_EXPECT(second.msg.body == first->msg.body && second.msg.body_length == first->msg.body_length);
    arena_finish(&second.arena);
    mem_free(text);
}

static void expect_agree(const struct reading *whole, const struct reading *cut)
{
    FUZZ_EXPECT(whole->status == cut->status);
    if (whole->status == H1_REJECT) {
        FUZZ_EXPECT(whole->parser.error == cut->parser.error);
        FUZZ_EXPECT(whole->parser.error_status == cut->parser.error_status);
        FUZZ_EXPECT(whole->parser.error_at == cut->parser.error_at);
    }
    if (whole->status != H1_DONE)
        return;
    FUZZ_EXPECT(whole->used == cut->used);
    expect_same(&whole->msg, &cut->msg);
}

static void cut_at(const struct reading *whole, const struct h1_options *options, struct str bytes, size_t at)
{
    struct reading cut;
    begin(&cut, options);
    feed(&cut, str_slice(bytes, 0, at));
    feed(&cut, bytes);
    expect_agree(whole, &cut);
    arena_finish(&cut.arena);
}

static void byte_by_byte(const struct reading *whole, const struct h1_options *options, struct str bytes)
{
    struct reading cut;
    begin(&cut, options);
    for (size_t i = 0; i <= bytes.size && cut.status == H1_MORE; i++)
        feed(&cut, str_slice(bytes, 0, i));
    expect_agree(whole, &cut);
    arena_finish(&cut.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    uint8_t bits = fuzz_input_byte(&input);
    struct h1_options options = {
        .is_response = bits & 1,
        .accept_invalid = bits & 2,
        .answers_head = bits & 4,
        .answers_connect = bits & 8,
        .field_max = bits & 16 ? 4 : 101,
    };
    struct reading whole;
    size_t step = input.rest.size / CUTS_MAX + 1;
    begin(&whole, &options);
    feed(&whole, input.rest);
    if (whole.status == H1_DONE) {
        FUZZ_EXPECT(whole.used <= input.rest.size);
        expect_well_formed(&whole.msg);
        if (!options.accept_invalid)
            write_again(&whole, &options);
    }
    for (size_t at = 0; at < input.rest.size; at += step)
        cut_at(&whole, &options, input.rest, at);
    byte_by_byte(&whole, &options, input.rest);
    arena_finish(&whole.arena);
    return 0;
}
