/* Heads taken apart, and bodies unpacked. */
#include "base/test.h"
#include "sim/spec_message.h"
#include <stdlib.h>
#include <zlib.h>

struct split_case {
    const char *says, *text;
    const char *
        want; /* the first line's parts and the fields' values between |, "-" for a missing part; NULL: no head */
};

static const struct split_case split_cases[] = {
    { "a request", "GET /x HTTP/1.1\r\nHost: a\r\nB:c \r\n\r\n", "GET|/x|HTTP/1.1|a|c |" },
    { "a response with blanks in its reason", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1|404|Not Found|" },
    { "no reason", "HTTP/1.1 200\r\nA: b\r\n\r\n", "HTTP/1.1|200|-|b|" },
    { "an empty reason", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1|200||" },
    { "bare newlines", "GET / HTTP/1.0\nA: b\n\n", "GET|/|HTTP/1.0|b|" },
    { "blanks before the first word", " \r\n GET / X\r\n\r\n", "GET|/|X|" },
    { "an empty value", "GET / X\r\nA:\r\nB: \t\r\n\r\n", "GET|/|X|||" },
    { "a line without a colon is no field", "GET / X\r\nabc\r\nB: c\r\n\r\n", "GET|/|X|c|" },
    { "nothing", "", "-|-|-|" },
    { "cut in a field", "GET / X\r\nA: b", "GET|/|X|b|" },
    { "cut in the first line", "GET / X", "GET|/|X|" },
    { "one word", "GET\r\n\r\n", NULL },
    { "one word and a blank", "GET \r\n\r\n", NULL },
    { "one word alone", "GET", NULL },
    { "two words alone", "GET /", NULL },
    { 0 },
};

static void add_part(struct buf *out, struct str part)
{
    if (part.data)
        buf_add(out, part);
    else
        buf_add_char(out, '-');
    buf_add_char(out, '|');
}

static void splits_heads(void)
{
    struct http_head *head = calloc(1, sizeof(*head));

    for (const struct split_case *c = split_cases; c->says; c++) {
        struct buf got = BUF_INIT;
        const char *why = NULL;

        test_case(c->says);
        buf_reset(&head->bytes);
        buf_add(&head->bytes, str_of(c->text));
        if (EXPECT(spec_message_split(head, &why) == (c->want != NULL)) && c->want) {
            for (int i = 0; i < 3; i++)
                add_part(&got, head->first[i]);
            for (unsigned i = 0; i < head->count; i++)
                add_part(&got, head->fields[i].value);
            EXPECT_STR(buf_str(&got), c->want);
        }
        EXPECT(c->want || why);
        buf_finish(&got);
    }
    test_case(NULL);
    buf_finish(&head->bytes);
    free(head);
}

static void finds_fields(void)
{
    struct http_head *head = calloc(1, sizeof(*head));
    const char *why;

    buf_add_c(&head->bytes, "GET / HTTP/1.1\r\nA: 1\r\na: 2\r\nAb: 3\r\n\r\n");
    EXPECT(spec_message_split(head, &why));
    EXPECT_STR(spec_message_field(head, STR("A")), "1");
    EXPECT_STR(spec_message_field(head, STR("aB")), "3");
    EXPECT(spec_message_field(head, STR("abc")).data == NULL);
    EXPECT_INT(spec_message_field_count(head, STR("a")), 2);
    buf_finish(&head->bytes);
    free(head);
}

static void refuses_too_many_fields(void)
{
    struct http_head *head = calloc(1, sizeof(*head));
    const char *why;

    buf_add_c(&head->bytes, "GET / HTTP/1.1\r\n");
    for (int i = 0; i <= HTTP_FIELDS_MAX; i++)
        buf_add_c(&head->bytes, "A: b\r\n");
    buf_add_c(&head->bytes, "\r\n");
    EXPECT(!spec_message_split(head, &why));
    buf_finish(&head->bytes);
    free(head);
}

static void gzip(struct buf *out, const char *text)
{
    char room[1024];
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)text,
                        .avail_in = (uInt)strlen(text),
                        .next_out = (Bytef *)room,
                        .avail_out = sizeof(room) };

    EXPECT(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    EXPECT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    buf_add(out, str_make(room, stream.total_out));
    deflateEnd(&stream);
}

static void unpacks_bodies(void)
{
    struct buf body = BUF_INIT;
    size_t whole;
    const char *why;

    gzip(&body, "hello hello hello hello");
    whole = body.size;
    EXPECT(spec_message_gunzip(&body, &why));
    EXPECT_STR(buf_str(&body), "hello hello hello hello");
    EXPECT(!spec_message_gunzip(&body, &why)); /* it is plain now */
    EXPECT_STR(buf_str(&body), "hello hello hello hello");
    for (size_t cut = 0; cut < whole; cut++) {
        buf_reset(&body);
        gzip(&body, "hello hello hello hello");
        body.size = cut;
        EXPECT(!spec_message_gunzip(&body, &why));
    }
    buf_finish(&body);
}

const struct test_row tests[] = {
    { "splits heads", splits_heads },
    { "finds fields whatever their case", finds_fields },
    { "refuses too many fields", refuses_too_many_fields },
    { "unpacks bodies, and no broken ones", unpacks_bodies },
    { 0 },
};
