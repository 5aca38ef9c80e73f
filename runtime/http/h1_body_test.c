/* Bodies: every case in one piece, cut in two at every byte, and byte by byte. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/test.h"
#include "http/h1_body.h"

#define LONG_1K                                                                                              \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xx"                                                                                                     \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xx"

struct body_case {
    const char *says;
    enum http_body kind;
    uint64_t length;
    struct str bytes;
    enum h1_status status;
    const char *data;
    size_t behind; /* bytes of the input that belong to the next message */
};

#define CHUNKED(bytes) HTTP_BODY_CHUNKED, 0, STR_INIT(bytes)

static const struct body_case cases[] = {
    { "a length", HTTP_BODY_LENGTH, 3, STR_INIT("abcGET"), H1_DONE, "abc", 3 },
    { "a length not reached", HTTP_BODY_LENGTH, 4, STR_INIT("abc"), H1_MORE, "abc", 0 },
    { "length zero", HTTP_BODY_LENGTH, 0, STR_INIT("GET"), H1_DONE, "", 3 },
    { "none", HTTP_BODY_NONE, 0, STR_INIT("GET"), H1_DONE, "", 3 },
    { "until close", HTTP_BODY_UNTIL_CLOSE, 0, STR_INIT("abc\r\n0\r\n\r\n"), H1_MORE, "abc\r\n0\r\n\r\n", 0 },
    { "tunnel", HTTP_BODY_TUNNEL, 0, STR_INIT("abc"), H1_MORE, "abc", 0 },

    { "chunks", CHUNKED("3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\nGET"), H1_DONE, "abc0123456789", 3 },
    { "no chunk", CHUNKED("0\r\n\r\n"), H1_DONE, "", 0 },
    { "many zeros", CHUNKED("00000000000000000003\r\nabc\r\n0000\r\n\r\n"), H1_DONE, "abc", 0 },
    { "capital digits", CHUNKED("A\r\n0123456789\r\n0\r\n\r\n"), H1_DONE, "0123456789", 0 },
    { "blanks behind the size", CHUNKED("3 \t\r\nabc\r\n0 \r\n\r\n"), H1_DONE, "abc", 0 },
    { "blank before the size", CHUNKED(" 3\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "blank inside the size", CHUNKED("1 0\r\n"), H1_REJECT, "", 0 },
    { "0x", CHUNKED("0x3\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "plus", CHUNKED("+3\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "minus", CHUNKED("-3\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "no size", CHUNKED("\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "no size but an extension", CHUNKED(";x\r\nabc\r\n"), H1_REJECT, "", 0 },
    { "no digit", CHUNKED("g\r\n"), H1_REJECT, "", 0 },
    { "52 bits of size", CHUNKED("fffffffffffff\r\nabc"), H1_MORE, "abc", 0 },
    { "53 bits of size", CHUNKED("10000000000000\r\nabc"), H1_REJECT, "", 0 },
    { "64 bits of size", CHUNKED("FFFFFFFFFFFFFFFF\r\nabc"), H1_REJECT, "", 0 },
    { "a size past 64 bits", CHUNKED("10000000000000003\r\nabc\r\n"), H1_REJECT, "", 0 },

    { "an extension", CHUNKED("3;x=y\r\nabc\r\n0;z\r\n\r\n"), H1_DONE, "abc", 0 },
    { "a quoted extension", CHUNKED("3 ; x = \"a;\\\"b\" \r\nabc\r\n0\r\n\r\n"), H1_DONE, "abc", 0 },
    { "an empty extension", CHUNKED("3;\r\nabc\r\n0\r\n\r\n"), H1_DONE, "abc", 0 },
    { "bytes above 127 in an extension", CHUNKED("3;\x80\xff\t\r\nabc\r\n0\r\n\r\n"), H1_DONE, "abc", 0 },
    { "CR in an extension", CHUNKED("3;x\ry\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "LF in an extension", CHUNKED("3;x\ny\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "LF ends no extension", CHUNKED("3;x\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "NUL in an extension", CHUNKED("3;x\0y\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "a quote that does not end", CHUNKED("3;x=\"y\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "an escaped line end", CHUNKED("3;x=\"y\\\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "a backslash outside of quotes", CHUNKED("3;x\\y\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "a word without semicolon", CHUNKED("3 x\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },

    { "LF ends no size (2.6 takes it, 3.5 does not)", CHUNKED("3\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "LF ends no data (2.6 takes it, 3.5 does not)", CHUNKED("3\r\nabc\n0\r\n\r\n"), H1_REJECT, "abc", 0 },
    { "CR ends no size", CHUNKED("3\rabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "two CR behind a size", CHUNKED("3\r\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "", 0 },
    { "more data than announced", CHUNKED("3\r\nabcd\r\n0\r\n\r\n"), H1_REJECT, "abc", 0 },
    { "less data than announced", CHUNKED("5\r\nabc\r\n0\r\n\r\n"), H1_REJECT, "abc\r\n", 0 },
    { "no line end behind data", CHUNKED("3\r\nabc0\r\n\r\n"), H1_REJECT, "abc", 0 },
    { "CR alone behind data", CHUNKED("3\r\nabc\r0\r\n\r\n"), H1_REJECT, "abc", 0 },

    { "trailers", CHUNKED("3\r\nabc\r\n0\r\nT: v\r\nU:\r\n\r\nGET"), H1_DONE, "abc", 3 },
    { "trailers by LF", CHUNKED("0\r\nT: v\n\n"), H1_DONE, "", 0 },
    { "a folded trailer", CHUNKED("0\r\nT: v\r\n w\r\n\r\n"), H1_DONE, "", 0 },
    { "folded before any trailer", CHUNKED("0\r\n w\r\n\r\n"), H1_REJECT, "", 0 },
    { "framing in a trailer means nothing",
      CHUNKED("0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\nGET"), H1_DONE, "", 3 },
    { "a trailer without colon", CHUNKED("0\r\nT\r\n\r\n"), H1_REJECT, "", 0 },
    { "a trailer without name", CHUNKED("0\r\n: v\r\n\r\n"), H1_REJECT, "", 0 },
    { "blank before a trailer's colon", CHUNKED("0\r\nT : v\r\n\r\n"), H1_REJECT, "", 0 },
    { "NUL in a trailer", CHUNKED("0\r\nT: v\0\r\n\r\n"), H1_REJECT, "", 0 },
    { "CR in a trailer", CHUNKED("0\r\nT: v\rx\r\n\r\n"), H1_REJECT, "", 0 },
    { "CR alone at the end", CHUNKED("0\r\n\rX"), H1_REJECT, "", 0 },
    { "an end that has not come", CHUNKED("0\r\n\r"), H1_MORE, "", 0 },
    { "an extension of some length", CHUNKED("3;" LONG_1K "\r\nabc\r\n0\r\n\r\n"), H1_DONE, "abc", 0 },
};

struct answer {
    enum h1_status status;
    struct buf data;
    size_t used;
    uint64_t total;
};

/* Feeds bytes up to one end after the other, as a caller does whose buffer fills: what is used is dropped. */
static struct answer decode(const struct body_case *row, const size_t *ends, size_t end_count)
{
    struct h1_body body;
    struct answer answer = { .status = H1_MORE, .data = BUF_INIT };
    h1_body_init(&body, row->kind, row->length);
    for (size_t i = 0; i < end_count; i++) {
        size_t skip = 1, data = 0;
        while (answer.status == H1_MORE && (skip || data)) {
            size_t size = ends[i] - answer.used;
            char *copy = mem_alloc(size);
            if (size)
                memcpy(copy, row->bytes.data + answer.used, size);
            answer.status = h1_body_next(&body, str_make(copy, size), &skip, &data);
            EXPECT(skip + data <= size);
            buf_add(&answer.data, str_make(copy + skip, data));
            answer.used += skip + data;
            mem_free(copy);
        }
    }
    answer.total = body.total;
    size_t skip, data;
    if (answer.status != H1_MORE) { /* the answer stays */
        EXPECT_INT(h1_body_next(&body, STR("0\r\n\r\n"), &skip, &data), answer.status);
        EXPECT_INT(skip + data, 0);
    }
    return answer;
}

static void expect_answer(const struct body_case *row, const size_t *ends, size_t end_count)
{
    struct answer answer = decode(row, ends, end_count);
    EXPECT_INT(answer.status, row->status);
    EXPECT_STR(buf_str(&answer.data), row->data);
    EXPECT_INT(answer.total, strlen(row->data));
    if (answer.status == H1_DONE)
        EXPECT_INT(row->bytes.size - answer.used, row->behind);
    buf_finish(&answer.data);
}

static void in_one_piece(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_case(cases[i].says);
        expect_answer(&cases[i], &cases[i].bytes.size, 1);
    }
}

static void at_every_split(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_case(cases[i].says);
        for (size_t cut = 0; cut < cases[i].bytes.size; cut++)
            expect_answer(&cases[i], (size_t[]){ cut, cases[i].bytes.size }, 2);
    }
}

static void byte_by_byte(void)
{
    size_t ends[1024];
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        ends[i] = i + 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_case(cases[i].says);
        expect_answer(&cases[i], ends, cases[i].bytes.size);
    }
}

static bool ends_well(enum http_body kind, uint64_t length, const char *bytes)
{
    struct h1_body body;
    struct str rest = str_of(bytes);
    size_t skip = 1, data = 0;
    h1_body_init(&body, kind, length);
    while (skip || data) {
        if (h1_body_next(&body, rest, &skip, &data) != H1_MORE)
            break;
        rest = str_from(rest, skip + data);
    }
    return h1_body_closed(&body);
}

static void closing_may_be_an_end(void)
{
    EXPECT(ends_well(HTTP_BODY_NONE, 0, ""));
    EXPECT(ends_well(HTTP_BODY_UNTIL_CLOSE, 0, ""));
    EXPECT(ends_well(HTTP_BODY_UNTIL_CLOSE, 0, "abc"));
    EXPECT(ends_well(HTTP_BODY_TUNNEL, 0, "abc"));
    EXPECT(ends_well(HTTP_BODY_LENGTH, 3, "abc"));
    EXPECT(!ends_well(HTTP_BODY_LENGTH, 3, "ab"));
    EXPECT(!ends_well(HTTP_BODY_LENGTH, 3, ""));
    EXPECT(!ends_well(HTTP_BODY_CHUNKED, 0, ""));
    EXPECT(!ends_well(HTTP_BODY_CHUNKED, 0, "3\r\nabc\r\n"));
    EXPECT(!ends_well(HTTP_BODY_CHUNKED, 0, "0\r\n"));
    EXPECT(!ends_well(HTTP_BODY_CHUNKED, 0, "x"));
    EXPECT(ends_well(HTTP_BODY_CHUNKED, 0, "0\r\n\r\n"));
}

static enum h1_status repeated(const char *before, char c, size_t count)
{
    struct buf text = BUF_INIT;
    struct h1_body body;
    size_t skip, data;
    buf_add_c(&text, before);
    for (size_t i = 0; i < count; i++)
        buf_add_char(&text, c);
    h1_body_init(&body, HTTP_BODY_CHUNKED, 0);
    enum h1_status status = h1_body_next(&body, buf_str(&text), &skip, &data);
    buf_finish(&text);
    return status;
}

static void framing_is_bounded(void)
{
    EXPECT_INT(repeated("3;", 'x', 8000), H1_MORE);
    EXPECT_INT(repeated("3;", 'x', 20000), H1_REJECT);
    EXPECT_INT(repeated("", '0', 20000), H1_REJECT);
    EXPECT_INT(repeated("3", ' ', 20000), H1_REJECT);
    EXPECT_INT(repeated("0\r\nT: ", 'v', 8000), H1_MORE);
    EXPECT_INT(repeated("0\r\nT: ", 'v', 20000), H1_REJECT);
}

const struct test_row tests[] = {
    { "bodies in one piece", in_one_piece },      { "the same at every split", at_every_split },
    { "the same byte by byte", byte_by_byte },    { "closing may be an end", closing_may_be_an_end },
    { "framing is bounded", framing_is_bounded }, { 0 },
};
