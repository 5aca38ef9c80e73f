/* Conditions of .if and -cc: operators, predicates, quoting, errors. */
#include "base/test.h"
#include "config/cfg_cond.h"
#include "config/cfg_test_fake.h"

static const struct fake_pair env[] = { { "HOME", "/root" }, { "TESTVAR", "1" }, { "EMPTY", "" }, { 0 } };
static struct fake_world fake = { .platform = { &fake_ops }, .env = env };
static const char *const features[] = { "OPENSSL", "LUA", NULL };
static const char *const enabled[] = { "EPOLL", NULL };
static const struct cfg_condition_world world = {
    &fake.platform, features, enabled, "3.5-dev5", "OpenSSL 3.0.19 27 Jan 2026", "3.0.19"
};

static const struct {
    const char *text;
    bool holds;
} good[] = {
    { "", false },
    { "  ", false },
    { "0", false },
    { "1", true },
    { "-5", true },
    { "+3", true },
    { "007", true },
    { "000", false },
    { "0x10", true },
    { "0x0", false },
    { "-1000 && 200", true },
    { "!1", false },
    { "! 1", false },
    { "!!1", true },
    { "!!!0", true },
    { "(1)", true },
    { "( 1 ) && ( 0 )", false },
    { "1||0&&0", true },
    { "0&&0||1", true },
    { "0||0||1", true },
    { "1&&1&&0", false },
    { "1&&!0&&!((streq(a,b)||!streq(a,a)&&1)||strneq(a,a))", true },
    { "1   &&!   0&&    !((streq(a,b)||!streq(a,a)&&1)||strneq(a,a))", true },
    { "1 && !0 && !((streq(a,b) || !streq(a,a) && 1) || strneq(a,b))", false },
    { "1 && !0 && !((streq(a,a) || !streq(a,a) && 1) || strneq(a,a))", false },
    { "streq(foo,foo)", true },
    { "streq(foo bar,foo bar)", true },
    { "streq(a, a)", false },
    { "streq(,)", true },
    { "streq(\"a,b\",a\",\"b)", true },
    { "streq('a)b','a)'b)", true },
    { "streq(a\\ b,\"a b\")", true },
    { "streq(\"\\\"\",'\"')", true },
    { "streq(\\x41,A)", false },
    { "strneq(a,b)", true },
    { "strstr(abc,bc)", true },
    { "strstr(abc,)", true },
    { "strstr(abc,d)", false },
    { "defined(HOME)", true },
    { "defined(EMPTY)", true },
    { "defined( HOME )", false },
    { "defined(UNSET)", false },
    { "defined()", false },
    { "feature(OPENSSL)", true },
    { "feature(openssl)", false },
    { "feature( OPENSSL )", false },
    { "feature(QUIC)", false },
    { "feature", false },
    { "!feature(OBSOLETE_LINKER)", true },
    { "enabled(EPOLL)", true },
    { "enabled(SPLICE)", false },
    { "fips_mode()", false },
    { "!fips_mode()", true },
    { "awslc_api_atleast(35)", false },
    { "ssllib_name_startswith(OpenSSL)", true },
    { "ssllib_name_startswith(openssl)", false },
    { "ssllib_name_startswith(AWS-LC) && awslc_api_atleast(35)", false },
    { "ssllib_name_startswith(OpenSSL) && openssl_version_atleast(1.1.1)", true },
    { "openssl_version_atleast(3.0.19)", true },
    { "openssl_version_atleast(3.0.19a)", false },
    { "openssl_version_atleast(3.0.19-beta1)", true },
    { "openssl_version_atleast(3.0.20)", false },
    { "openssl_version_atleast(1.1.1k)", true },
    { "openssl_version_before(3.0.19)", false },
    { "openssl_version_before(3.1.0)", true },
    { "1 || openssl_version_atleast(x)", true }, /* not asked */
    { "version_atleast(2.4)", true },
    { "version_atleast(2.5-dev0)", true },
    { "version_atleast(1024)", false },
    { "version_atleast(3.5-dev4)", true },
    { "version_atleast(3.5-dev5)", true },
    { "version_atleast(v3.5-dev5)", true },
    { "version_atleast(3.5-dev6)", false },
    { "version_atleast(3.5)", false },
    { "version_before(3.5)", true },
    { "version_before(3.5-dev5)", false },
    { "version_before(3.5-dev5-12)", true },
    { "version_before(v3.6-dev0)", true },
    { "version_atleast(x)", true },
    { "version_atleast()", true },
};

static enum cfg_condition eval(const char *text, struct arena *arena, const char **error, size_t *error_at)
{
    return cfg_condition_eval(&world, str_of(text), arena, error, error_at);
}

static void evaluates(void)
{
    struct arena arena;
    arena_init(&arena, 1024);
    for (unsigned i = 0; i < COUNT_OF(good); i++) {
        const char *error;
        size_t error_at;
        test_case(good[i].text);
        EXPECT_INT(eval(good[i].text, &arena, &error, &error_at),
                   good[i].holds ? CONDITION_TRUE : CONDITION_FALSE);
        EXPECT_STR(str_of(error), "");
    }
    arena_finish(&arena);
}

#define USED " used in conditional expression"
static const struct {
    const char *text, *error;
    size_t at;
} faults[] = {
    { "200rrr", "unexpected character 'r' at the end of conditional expression '200rrr'", 3 },
    { "!(0))", "unexpected character ')' at the end of conditional expression '!(0))'", 4 },
    { "1 2", "unexpected character '2' at the end of conditional expression '1 2'", 2 },
    { "1 & 1", "unexpected character '&' at the end of conditional expression '1 & 1'", 2 },
    { "1(", "unexpected character '(' at the end of conditional expression '1('", 1 },
    { "1#x", "unexpected character '#' at the end of conditional expression '1#x'", 1 },
    { "streq(a,b) streq(b)",
      "unexpected character 's' at the end of conditional expression 'streq(a,b) streq(b)'", 11 },
    { "foo", "unparsable conditional expression 'foo'", 0 },
    { "foo()", "unparsable conditional expression 'foo()'", 0 },
    { "!", "unparsable conditional expression '!'", 0 },
    { "()", "unparsable conditional expression ')'", 1 },
    { "1 &&", "unparsable conditional expression '&&'", 2 },
    { "0 ||", "unparsable conditional expression '||'", 2 },
    { "1 || foo", "unparsable conditional expression 'foo'", 5 },
    { "0 && foo", "unparsable conditional expression 'foo'", 5 },
    { "$HOME", "unparsable conditional expression '$HOME'", 0 },
    { "(1", "expected ')' after conditional expression '(1'", 0 },
    { "((1)", "expected ')' after conditional expression '((1)'", 0 },
    { "feature(X", "expected ')' in argument 1 of predicate 'feature'" USED, 9 },
    { "feature(A,B)", "expected ')' before ',B)' in argument 1 of predicate 'feature'" USED, 9 },
    { "streq(a,b,c)", "expected ')' before ',c)' in argument 1 of predicate 'streq'" USED, 9 },
    { "streq(a)",
      "missing arguments (got 1/2), type 'string' expected in argument 1 of predicate 'streq'" USED, 7 },
    { "streq", "missing arguments (got 1/2), type 'string' expected in argument 1 of predicate 'streq'" USED,
      5 },
    { "streq(a,\"a)", "unmatched quote in argument 2 of predicate 'streq'" USED, 8 },
    { "openssl_version_atleast(x)", "unusable argument 'x' of predicate 'openssl_version_atleast'" USED, 0 },
    { "openssl_version_before(3.1)", "unusable argument '3.1' of predicate 'openssl_version_before'" USED,
      0 },
};

static void names_faults(void)
{
    struct arena arena;
    arena_init(&arena, 1024);
    for (unsigned i = 0; i < COUNT_OF(faults); i++) {
        const char *error;
        size_t error_at;
        test_case(faults[i].text);
        EXPECT_INT(eval(faults[i].text, &arena, &error, &error_at), CONDITION_BAD);
        EXPECT_STR(str_of(error), faults[i].error);
        EXPECT_INT(error_at, faults[i].at);
    }
    arena_finish(&arena);
}

static void depth_is_bounded(void)
{
    static char text[20001];
    memset(text, '(', 20000);
    struct arena arena;
    arena_init(&arena, 1024);
    const char *error;
    size_t error_at;
    EXPECT_INT(eval(text, &arena, &error, &error_at), CONDITION_BAD);
    EXPECT_STR(str_of(error), "conditional expression nested too deep");
    memset(text, '!', 20000);
    EXPECT_INT(eval(text, &arena, &error, &error_at), CONDITION_BAD);
    arena_finish(&arena);
}

/* Each is older than the next; equal ones share a row. */
static const char *const versions[][3] = {
    { "0", "", "nonsense" },    { "1.5-dev1", "v1.5-dev1", NULL },
    { "1.5-dev12", NULL },      { "1.5-pre3", NULL },
    { "1.5-rc1", NULL },        { "1.5", "1.5.0", "v1.5" },
    { "1.5-1", "1.5.0-1" },     { "1.5.14-16f863", NULL },
    { "2", "2.0", "2.0.0-a0" }, { "2.10", "02.010", NULL },
    { "3.5-dev", NULL },        { "3.5-dev5", NULL },
    { "3.5-dev5-3", NULL },     { "3.5", NULL },
};

static void orders_versions(void)
{
    for (unsigned i = 0; i < COUNT_OF(versions); i++)
        for (unsigned j = 0; j < COUNT_OF(versions); j++)
            for (unsigned a = 0; a < 3 && versions[i][a]; a++)
                for (unsigned b = 0; b < 3 && versions[j][b]; b++) {
                    test_case(versions[i][a]);
                    int order =
                        cfg_condition_compare_versions(str_of(versions[i][a]), str_of(versions[j][b]));
                    EXPECT_INT(order, i < j ? -1 : i > j);
                }
}

static const struct {
    const char *text;
    int exit_code;
    const char *said;
} commands[] = {
    { "1", 0, "" },
    { "", 1, "" },
    { "defined(TESTVAR) && streq(\"$TESTVAR\",\"1\")", 0, "" },
    { "streq(\"foo bar\",'foo bar')", 0, "" },
    { "streq($HOME,/root)", 1, "" },
    { "200rrr", 2,
      "A config : Failed to evaluate condition: unexpected character 'r' at the end of conditional "
      "expression "
      "'200rrr'\n" },
    { "streq(a,\"a)", 2, "A config : Syntax Error in condition: Unmatched quote.\n" },
};

static void answers_as_a_command(void)
{
    for (unsigned i = 0; i < COUNT_OF(commands); i++) {
        struct buf said = BUF_INIT;
        struct diag diag = { .sink = fake_sink, .sink_data = &said };
        test_case(commands[i].text);
        EXPECT_INT(cfg_condition_command(&world, commands[i].text, &diag), commands[i].exit_code);
        EXPECT_STR(buf_str(&said), commands[i].said);
        buf_finish(&said);
    }
}

static void survives_every_failed_allocation(void)
{
    int64_t before = test_blocks();
    int exit_code = 2;
    for (uint64_t n = 1; exit_code == 2 && EXPECT(n < 100); n++) {
        struct diag diag = { 0 };
        test_fail_allocation(n);
        exit_code = cfg_condition_command(&world, "streq(\"$HOME\",/root) && defined(HOME)", &diag);
        test_fail_allocation(0);
        EXPECT_INT(diag.alerts, exit_code == 2);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT_INT(exit_code, 0);
}

const struct test_row tests[] = {
    { "evaluates conditions", evaluates },
    { "says what cannot be read, and where", names_faults },
    { "nesting is bounded", depth_is_bounded },
    { "orders versions", orders_versions },
    { "answers as -cc does", answers_as_a_command },
    { "survives every failed allocation", survives_every_failed_allocation },
    { 0 },
};
