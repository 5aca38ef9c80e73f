/* Each normalizer against a table of targets. */
#include "base/test.h"
#include "http/http_normalize.h"

struct normalize_case {
    enum http_normalizer normalizer;
    bool option;
    const char *from, *to; /* to NULL: refused */
};

static const struct normalize_case cases[] = {
    { NORMALIZE_FRAGMENT_ENCODE, false, "/#foo", "/%23foo" },
    { NORMALIZE_FRAGMENT_ENCODE, false, "/a?b#c#d", "/a?b%23c%23d" },
    { NORMALIZE_FRAGMENT_STRIP, false, "/#foo", "/" },
    { NORMALIZE_FRAGMENT_STRIP, false, "/a?b#c?d", "/a?b" },
    { NORMALIZE_FRAGMENT_STRIP, false, "/a", "/a" },
    { NORMALIZE_PATH_MERGE_SLASHES, false, "///foo///bar///?a=//", "/foo/bar/?a=//" },
    { NORMALIZE_PATH_MERGE_SLASHES, false, "*", "*" },
    { NORMALIZE_PATH_STRIP_DOT, false, "/.", "/" },
    { NORMALIZE_PATH_STRIP_DOT, false, "/./bar/", "/bar/" },
    { NORMALIZE_PATH_STRIP_DOT, false, "/a/./a", "/a/a" },
    { NORMALIZE_PATH_STRIP_DOT, false, "/a/.", "/a/" },
    { NORMALIZE_PATH_STRIP_DOT, false, "/.well-known/?./", "/.well-known/?./" },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/foo/..", "/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/foo/bar/../", "/foo/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/foo/../../bar/", "/../bar/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, true, "/foo/../../bar/", "/bar/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/bar/../../", "/../" },
    { NORMALIZE_PATH_STRIP_DOTDOT, true, "/bar/../../", "/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, true, "/..", "/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/..", "/.." },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/foo//../../bar/", "/bar/" },
    { NORMALIZE_PATH_STRIP_DOTDOT, false, "/foo/%2E%2E/?/a/../", "/foo/%2E%2E/?/a/../" },
    { NORMALIZE_PERCENT_DECODE, false, "/%61dmin", "/admin" },
    { NORMALIZE_PERCENT_DECODE, false, "/foo%3Fbar=baz", "/foo%3Fbar=baz" },
    { NORMALIZE_PERCENT_DECODE, false, "/%%36%36", "/%66" },
    { NORMALIZE_PERCENT_DECODE, true, "/%%36%36", NULL },
    { NORMALIZE_PERCENT_DECODE, false, "/%ZZ%4", "/%ZZ%4" },
    { NORMALIZE_PERCENT_DECODE, true, "/%4", NULL },
    { NORMALIZE_PERCENT_UPPERCASE, false, "/%6f?%aa%zz", "/%6F?%AA%zz" },
    { NORMALIZE_PERCENT_UPPERCASE, true, "/%zz", NULL },
    { NORMALIZE_QUERY_SORT, false, "/?c=3&a=1&b=2", "/?a=1&b=2&c=3" },
    { NORMALIZE_QUERY_SORT, false, "/?aaa=3&a=1&aa=2", "/?a=1&aa=2&aaa=3" },
    { NORMALIZE_QUERY_SORT, false, "/?a=3&b=4&a=1&b=5&a=2", "/?a=3&a=1&a=2&b=4&b=5" },
    { NORMALIZE_QUERY_SORT, false, "/?", "/?" },
    { NORMALIZE_QUERY_SORT, false, "/?b&&a#z&a", "/?&a&b#z&a" },
    { NORMALIZE_QUERY_SORT, false, "/#?b&a", "/#?b&a" },
};

static void each_target(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[256];
        size_t size = 0;
        bool good = http_normalize(cases[i].normalizer, cases[i].option, str_of(cases[i].from), out, &size);
        EXPECT(good == (cases[i].to != NULL));
        if (good && cases[i].to)
            EXPECT_STR(str_make(out, size), cases[i].to);
    }
}

const struct test_row tests[] = {
    { "each normalizer gives what the manual says", each_target },
    { 0 },
};
