/* Trailers: as they come in pieces of any size, as they are passed on. */
#include "base/test.h"
#include "http/h1_body.h"
#include "http/h1_trailers.h"

static const struct {
    const char *says, *came, *passed;
} cases[] = {
    { "none", "\r\n", "\r\n0\r\n\r\n" },
    { "one", "X-T: 1\r\n\r\n", "\r\n0\r\nx-t: 1\r\n\r\n" },
    { "several, blanks, letters", "A:b\r\nX-UPPer: \t V  \r\nc:\r\n\r\n",
      "\r\n0\r\na: b\r\nx-upper: V\r\nc: \r\n\r\n" },
    { "line feeds alone", "a:b\nc:d\n\n", "\r\n0\r\na: b\r\nc: d\r\n\r\n" },
    { "the shortest", "a:\nb:\n\n", "\r\n0\r\na: \r\nb: \r\n\r\n" },
    { "a folded line", "a: b\r\n  c\r\nd: e\r\n\r\n", "\r\n0\r\na: b    c\r\nd: e\r\n\r\n" },
    { "a colon in the value", "a: b:c\r\n\r\n", "\r\n0\r\na: b:c\r\n\r\n" },
    { "what belongs to the head",
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHOST: x\r\nConnection: close\r\nTE: x\r\nTrailer: "
      "x\r\n"
      "Upgrade: x\r\nKeep-Alive: x\r\nProxy-Connection: x\r\nHosts: y\r\n\r\n",
      "\r\n0\r\nhosts: y\r\n\r\n" },
};

/* As the reader of a connection does it, with the body's bytes in two pieces. */
static struct str read_in_two(struct str whole, size_t cut, struct arena *arena)
{
    struct h1_body body;
    struct h1_trailers trailers = { 0 };
    h1_body_init(&body, HTTP_BODY_CHUNKED, 0);
    enum h1_status status = H1_MORE;
    for (unsigned piece = 0; piece < 2; piece++) {
        struct str bytes = piece ? str_from(whole, cut) : str_slice(whole, 0, cut);
        while (bytes.size && status == H1_MORE) {
            size_t skip, data;
            status = h1_body_next(&body, bytes, &skip, &data);
            if (!h1_trailers_add(&trailers, str_from(str_slice(bytes, 0, skip), body.trailers_at), arena))
                return STR_NONE;
            bytes = str_from(bytes, skip + data);
        }
    }
    return status == H1_DONE ? h1_trailers_end(&trailers, arena) : STR_NONE;
}

static void passes_on(void)
{
    struct arena arena;
    arena_init(&arena, 4096);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_case(cases[i].says);
        struct str whole = arena_printf(&arena, "3\r\nabc\r\n0\r\n%s", cases[i].came);
        for (size_t cut = 0; cut <= whole.size; cut++)
            EXPECT_STR(read_in_two(whole, cut, &arena), cases[i].passed);
    }
    arena_finish(&arena);
}

static void grows(void)
{
    struct arena arena;
    struct h1_trailers trailers = { 0 };
    arena_init(&arena, 4096);
    for (unsigned i = 0; i < 1000; i++)
        EXPECT(h1_trailers_add(&trailers, STR("a: b\r\n"), &arena));
    EXPECT_INT(h1_trailers_end(&trailers, &arena).size, 1000 * 6 + 7);
    arena_finish(&arena);
}

static void survives_no_memory(void)
{
    for (unsigned n = 1; n <= 2; n++) {
        struct arena arena;
        struct h1_trailers trailers = { 0 };
        arena_init(&arena, 16);
        test_fail_allocation(n);
        bool added = h1_trailers_add(&trailers, STR("a: b\r\n"), &arena);
        struct str end = added ? h1_trailers_end(&trailers, &arena) : STR_NONE;
        test_fail_allocation(0);
        EXPECT_INT(added, n > 1);
        EXPECT(!end.data);
        arena_finish(&arena);
    }
}

const struct test_row tests[] = {
    { "passes trailers on", passes_on },
    { "grows", grows },
    { "survives failed allocations", survives_no_memory },
    { 0 },
};
