/* Regular expressions: groups, limits, replacement. */
#include "base/buf.h"
#include "base/test.h"
#include "match/regex.h"

static struct arena arena;

static struct regex *make(const char *pattern, bool ignore_case)
{
    const char *error = NULL;
    struct regex *regex = regex_create(str_of(pattern), ignore_case, &arena, &error);
    EXPECT(regex != NULL);
    return regex;
}

static bool matches(const char *pattern, bool ignore_case, struct str subject)
{
    struct regex *regex = make(pattern, ignore_case);
    bool found = regex_match(regex, subject, NULL);
    regex_destroy(regex);
    return found;
}

static void finds_what_perl_finds(void)
{
    arena_init(&arena, 1024);
    EXPECT(matches("^/a/[0-9]+$", false, STR("/a/12")));
    EXPECT(!matches("^/a/[0-9]+$", false, STR("/a/1x")));
    EXPECT(!matches("abc", false, STR("xABCx")));
    EXPECT(matches("abc", true, STR("xABCx")));
    EXPECT(matches("", false, STR("")));
    EXPECT(matches("^$", false, STR_NONE));
    EXPECT(matches("a.c", false, str_make("a\0c", 3)));
    EXPECT(matches("(?i)a(?=b)", false, STR("xAb")));
    struct regex *regex = make("^a", false);
    EXPECT(regex_match(regex, STR("abc"), NULL));
    EXPECT(!regex_match_rest(regex, STR("abc"), NULL));
    regex_destroy(regex);
    arena_finish(&arena);
}

static void groups_are_offsets(void)
{
    struct regex_groups groups;
    arena_init(&arena, 1024);
    struct regex *regex = make("(b)(x)?(c)", false);
    EXPECT(regex_match(regex, STR("abcd"), &groups));
    EXPECT_INT(groups.count, 4);
    EXPECT_INT(groups.at[0][0], 1);
    EXPECT_INT(groups.at[0][1], 3);
    EXPECT_INT(groups.at[2][0], STR_NOT_FOUND);
    EXPECT_INT(groups.at[3][0], 2);
    struct buf out = BUF_INIT;
    EXPECT(regex_expand(STR("[\\0|\\1|\\2|\\3|\\9|\\x41|\\\\|\\q|\\xzz|\\"), STR("abcd"), &groups, &out));
    EXPECT_VIEW(buf_str(&out), STR("[bc|b||c||A|\\|q|xzz|\\"));
    buf_finish(&out);
    regex_destroy(regex);
    regex = make("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", false);
    EXPECT(regex_match(regex, STR("abcdefghijklmnopqrstuvwxyz"), &groups));
    EXPECT_INT(groups.count, 20);
    EXPECT_INT(groups.at[19][1], 19);
    regex_destroy(regex);
    arena_finish(&arena);
}

static void expanding_stays_within_the_limit(void)
{
    struct regex_groups groups;
    struct buf out = { .limit = 5 };
    arena_init(&arena, 1024);
    struct regex *regex = make("a+", false);
    EXPECT(regex_match(regex, STR("aaaa"), &groups));
    EXPECT(!regex_expand(STR("\\0\\0"), STR("aaaa"), &groups, &out));
    EXPECT(out.size <= 5);
    buf_finish(&out);
    regex_destroy(regex);
    arena_finish(&arena);
}

/* Each of them would take longer than anybody lives. */
static void explosions_have_no_match(void)
{
    arena_init(&arena, 1024);
    char text[64];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    struct str subject = str_make(text, sizeof(text));
    EXPECT(!matches("^(a+)+$", false, subject));
    EXPECT(!matches("^(a|aa)+$", false, subject));
    EXPECT(!matches("^(([a-z])+.)+[A-Z]([a-z])+$", false, subject));
    arena_finish(&arena);
}

static void long_subjects_match(void)
{
    arena_init(&arena, 1024);
    char text[30000];
    memset(text, 'a', sizeof(text));
    EXPECT(matches("^(?:a|b)*$", false, str_make(text, sizeof(text))));
    EXPECT(matches("^(a|b)*?$", false, str_make(text, 2000)));
    arena_finish(&arena);
}

static void bad_patterns_are_told(void)
{
    const char *error = NULL;
    arena_init(&arena, 1024);
    EXPECT(!regex_create(STR("(b"), false, &arena, &error));
    EXPECT_STR(str_of(error), "regex '(b' is invalid (error=missing closing parenthesis, erroffset=2)");
    arena_finish(&arena);
}

static void without_memory(void)
{
    int64_t before = test_blocks();
    const char *error = NULL;
    uint64_t n = 0;
    struct regex *regex = NULL;
    while (!regex && n < 50) {
        arena_init(&arena, 1024);
        test_fail_allocation(++n);
        regex = regex_create(STR("(a|b)+c"), false, &arena, &error);
        test_fail_allocation(0);
        EXPECT(regex || error);
        arena_finish(&arena);
    }
    EXPECT(n > 3 && n < 50);
    test_fail_allocation(1); /* a match takes none */
    EXPECT(regex_match(regex, STR("xxabc"), NULL));
    test_fail_allocation(0);
    regex_destroy(regex);
    regex_destroy(NULL);
    EXPECT_INT(test_blocks(), before);
}

const struct test_row tests[] = {
    { "finds what Perl finds", finds_what_perl_finds },
    { "groups are offsets, and replacements name them", groups_are_offsets },
    { "a replacement stays within the limit", expanding_stays_within_the_limit },
    { "a pattern that explodes has no match", explosions_have_no_match },
    { "long subjects match", long_subjects_match },
    { "bad patterns are told", bad_patterns_are_told },
    { "without memory there is no pattern, and a match needs none", without_memory },
    { 0 },
};
