/* Conditions: precedence, negation, anonymous ACLs. */
#include "base/test.h"
#include "match/acl_words.h"
#include "rules/condition.h"

/* Three-valued inputs: a digit is the result of the fetch of that name. */
static enum acl_result a_is, b_is, c_is;
static unsigned looked_at;

static bool answer(enum acl_result is, struct sample_context *context, struct sample *out)
{
    looked_at++;
    context->may_change = is == ACL_MISS;
    *out = sample_bool(is == ACL_PASS);
    return is != ACL_MISS;
}

static bool fetch_a(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return answer(a_is, context, out);
}

static bool fetch_b(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return answer(b_is, context, out);
}

static bool fetch_c(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return answer(c_is, context, out);
}

static const struct fetch_row fetches[] = {
    { "a", fetch_a, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "b", fetch_b, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "c", fetch_c, "", SAMPLE_BOOL, AT_RESPONSE_HEAD, NULL, NULL },
    { "always_true", fetch_a, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { 0 },
};

static struct words words;
static struct arena arena, scratch;
static struct pattern_set *set;
static struct acl named[2]; /* "A" and "B" */

static struct acl_parser parser_of(void)
{
    return (struct acl_parser){ .sample = { .words = &words, .arena = &arena }, .set = set };
}

static void begin(void)
{
    static const char *const a[] = { "a" }, *const b[] = { "b" };
    words_init(&words);
    arena_init(&arena, 8192);
    arena_init(&scratch, 1024);
    set = pattern_set_create();
    for (const struct fetch_row *row = fetches; row->name; row++)
        EXPECT(words_add(&words, WORD_FETCH, row->name, row));
    for (const struct acl_row *row = acl_word_rows; row->name; row++)
        EXPECT(words_add(&words, WORD_ACL, row->name, row));
    struct acl_parser parser = parser_of();
    named[0] = (struct acl){ .next = &named[1], .name = STR("A") };
    named[1] = (struct acl){ .name = STR("B") };
    EXPECT(acl_add_test(&parser, &named[0], a, 1) && acl_add_test(&parser, &named[1], b, 1));
}

static void finish(void)
{
    pattern_set_destroy(set);
    arena_finish(&scratch);
    arena_finish(&arena);
    words_finish(&words);
}

static struct condition *parse(struct acl_parser *parser, const char *line)
{
    const char *list[30];
    unsigned count = 0;
    for (struct str rest = str_of(line); rest.data;)
        list[count++] = arena_need_copy(&arena, str_split(&rest, ' '));
    return condition_parse(parser, named, list, count);
}

static enum acl_result eval(const char *line, bool final)
{
    struct acl_parser parser = parser_of();
    struct sample_context context = { .place = AT_REQUEST_HEAD, .scratch = &scratch, .final = final };
    struct condition *condition = parse(&parser, line);
    if (!EXPECT(condition != NULL))
        EXPECT_STR(str_of(parser.sample.error), "");
    return condition ? condition_eval(condition, &context) : ACL_FAIL;
}

struct truth {
    const char *line;
    bool (*holds)(bool a, bool b);
};

static bool both(bool a, bool b)
{
    return a && b;
}

static bool either(bool a, bool b)
{
    return a || b;
}

static bool only_a(bool a, bool b)
{
    return a && !b;
}

static bool neither(bool a, bool b)
{
    return !a && !b;
}

static bool same(bool a, bool b)
{
    return a == b;
}

static bool first(bool a, bool b)
{
    (void)b;
    return a;
}

static const struct truth truths[] = {
    { "if A B", both },
    { "if A or B", either },
    { "if A || B", either },
    { "if A OR B", either },
    { "if A !B", only_a },
    { "if A ! B", only_a },
    { "if A !!B", both },
    { "if A ! !B", both },
    { "unless A or B", neither },
    { "if !A !B", neither },
    { "if A B or !A !B", same },
    { "if { a } { b }", both },
    { "if { a } || ! { b } { a }", first },
    { "if A or A B", first },
    { "if TRUE", first },
    { "if A TRUE || A", first },
};

static void words_mean_what_they_say(void)
{
    begin();
    for (size_t i = 0; i < COUNT_OF(truths); i++) {
        test_case(truths[i].line);
        for (unsigned bits = 0; bits < 4; bits++) {
            bool a = bits & 1, b = bits & 2;
            a_is = a ? ACL_PASS : ACL_FAIL;
            b_is = b ? ACL_PASS : ACL_FAIL;
            EXPECT_INT(eval(truths[i].line, false), truths[i].holds(a, b) ? ACL_PASS : ACL_FAIL);
        }
    }
    test_case(NULL);
    finish();
}

static void what_is_missing_may_decide_later(void)
{
    begin();
    a_is = ACL_MISS;
    b_is = ACL_PASS;
    EXPECT_INT(eval("if A", false), ACL_MISS);
    EXPECT_INT(eval("if A", true), ACL_FAIL);
    EXPECT_INT(eval("unless A", false), ACL_MISS);
    EXPECT_INT(eval("unless A", true), ACL_PASS);
    EXPECT_INT(eval("if !A", false), ACL_MISS);
    EXPECT_INT(eval("if A or B", false), ACL_PASS);
    EXPECT_INT(eval("if B A", false), ACL_MISS);
    b_is = ACL_FAIL;
    EXPECT_INT(eval("if A or B", false), ACL_MISS);
    EXPECT_INT(eval("if B A", false), ACL_FAIL);
    EXPECT_INT(eval("if A B", false), ACL_MISS); /* the first that does not hold decides */
    finish();
}

static void nothing_more_is_looked_at_than_needed(void)
{
    begin();
    a_is = ACL_PASS;
    b_is = ACL_FAIL;
    looked_at = 0;
    EXPECT_INT(eval("if A or B B B", false), ACL_PASS);
    EXPECT_INT(looked_at, 1);
    looked_at = 0;
    EXPECT_INT(eval("if B A A or A", false), ACL_PASS);
    EXPECT_INT(looked_at, 2);
    finish();
}

static void no_term_never_holds(void)
{
    struct sample_context context = { .scratch = &scratch };
    begin();
    EXPECT_INT(eval("if", true), ACL_FAIL);
    EXPECT_INT(eval("unless", true), ACL_PASS);
    EXPECT_INT(eval("if !", true), ACL_FAIL);
    EXPECT_INT(condition_eval(NULL, &context), ACL_PASS);
    finish();
}

static void mistakes_are_told_as_by_haproxy(void)
{
    static const struct {
        const char *line, *error;
    } rows[] = {
        { "if nope", "no such ACL : 'nope'" },
        { "if A and B", "no such ACL : 'and'" },
        { "if { a", "missing closing '}' in condition" },
        { "if { }", "missing fetch method in ACL expression ''" },
        { "if { nope }", "unknown fetch method 'nope' in ACL expression 'nope'" },
        { "if hdr_beg", "no such ACL : 'hdr_beg'" },
    };
    begin();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct acl_parser parser = parser_of();
        test_case(rows[i].line);
        EXPECT(!parse(&parser, rows[i].line));
        EXPECT_STR(str_of(parser.sample.error), rows[i].error);
    }
    test_case(NULL);
    finish();
}

static void what_never_matches_is_warned_of(void)
{
    static const char *const c[] = { "c" };
    begin();
    struct acl_parser parser = parser_of();
    parser.sample.place = AT_REQUEST_HEAD;
    EXPECT(parse(&parser, "if A B") && !parser.warning);
    EXPECT(parse(&parser, "if A { c }") != NULL);
    EXPECT_STR(str_of(parser.warning),
               "anonymous acl will never match because it uses keyword 'c' which is incompatible "
               "with 'http-request header rule'");
    EXPECT(acl_add_test(&parser, &named[0], c, 1));
    EXPECT(parse(&parser, "if A") != NULL);
    EXPECT_STR(str_of(parser.warning),
               "acl 'A' will never match because it uses keyword 'c' which is incompatible with "
               "'http-request header rule'");
    finish();
}

const struct test_row tests[] = {
    { "words mean what they say", words_mean_what_they_say },
    { "what is missing may decide later", what_is_missing_may_decide_later },
    { "nothing more is looked at than needed", nothing_more_is_looked_at_than_needed },
    { "without a term a condition never holds", no_term_never_holds },
    { "mistakes are told as by HAProxy", mistakes_are_told_as_by_haproxy },
    { "what never matches is warned of", what_never_matches_is_warned_of },
    { 0 },
};
