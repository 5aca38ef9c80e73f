/* What the strict reader takes and what it refuses, at every split. */
#include "base/test.h"
#include "sim/http_strict.h"

#define REQ "GET / HTTP/1.1\r\nHost: a\r\n"
#define RES "HTTP/1.1 200 OK\r\n"

static const struct strict_case {
    const char *says, *bytes;
    bool is_response, tolerant;
    enum http_strict_state state;
    uint64_t size; /* of the body */
    size_t behind; /* bytes that belong to the next message */
} cases[] = {
    { "no body", REQ "\r\n", false, false, STRICT_DONE, 0, 0 },
    { "a length", REQ "Content-Length: 3\r\n\r\nabcd", false, false, STRICT_DONE, 3, 1 },
    { "chunks", REQ "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: 1\r\n\r\nX", false,
      false, STRICT_DONE, 4, 1 },
    { "an answer until the end", RES "\r\nabc", true, false, STRICT_UNTIL_CLOSE, 3, 0 },
    { "no content", "HTTP/1.1 204 No\r\n\r\nX", true, false, STRICT_DONE, 0, 1 },
    { "an interim answer", "HTTP/1.1 100 Continue\r\n\r\n" RES, true, false, STRICT_DONE, 0, 17 },
    { "more is to come", RES "Content-Length: 3\r\n\r\nab", true, false, STRICT_BODY, 2, 0 },
    { "a body that is not there", REQ "Transfer-Encoding: chunked\r\n\r\n", false, false, STRICT_CHUNK_SIZE,
      0, 0 },
    { "two lengths", REQ "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "two lengths of a peer", REQ "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", false, true,
      STRICT_DONE, 1, 0 },
    { "two lengths that differ", REQ "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", false, true,
      STRICT_WRONG, 0, 0 },
    { "a length beside chunks", REQ "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false, false,
      STRICT_WRONG, 0, 0 },
    { "chunked is not last", REQ "Transfer-Encoding: chunked, gzip\r\n\r\n", false, false, STRICT_WRONG, 0,
      0 },
    { "a line that ends in LF", "GET / HTTP/1.1\nHost: a\n\n", false, false, STRICT_WRONG, 0, 0 },
    { "the same of a peer", "GET / HTTP/1.1\nHost: a\n\n", false, true, STRICT_DONE, 0, 0 },
    { "a blank before the colon", REQ "A : b\r\n\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "a folded line", REQ "A: b\r\n c\r\n\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "a return in a value", REQ "A: b\rc\r\n\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "a blank in the target", "GET /a b HTTP/1.1\r\n\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "no version", "GET /\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "a short status", "HTTP/1.1 20 OK\r\n\r\n", true, false, STRICT_WRONG, 0, 0 },
    { "a chunk that is longer", REQ "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", false, false,
      STRICT_WRONG, 1, 0 },
    { "a chunk of no size", REQ "Transfer-Encoding: chunked\r\n\r\n\r\n", false, false, STRICT_WRONG, 0, 0 },
    { "a chunk past 64 bits", REQ "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", false, false,
      STRICT_WRONG, 0, 0 },
    { "a length with a sign", REQ "Content-Length: +1\r\n\r\n", false, true, STRICT_WRONG, 0, 0 },
};

static void read_at(const struct strict_case *row, size_t split, uint64_t *digest)
{
    struct http_strict reader;
    struct str all = str_of(row->bytes);
    size_t taken;

    http_strict_init(&reader, row->is_response, row->tolerant);
    taken = http_strict_read(&reader, str_slice(all, 0, split));
    if (taken == split)
        taken += http_strict_read(&reader, str_from(all, split));
    EXPECT(reader.state == row->state);
    EXPECT(reader.size == row->size);
    if (row->state != STRICT_WRONG)
        EXPECT(taken + row->behind == all.size);
    if (!*digest)
        *digest = reader.digest;
    EXPECT(*digest == reader.digest);
    http_strict_finish(&reader);
}

static void every_split_agrees(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t digest = 0;

        test_case(cases[i].says);
        for (size_t split = 0; split <= strlen(cases[i].bytes); split++)
            read_at(&cases[i], split, &digest);
    }
}

const struct test_row tests[] = {
    { "the same at every split", every_split_agrees },
    { 0 },
};
