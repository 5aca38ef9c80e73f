/* Expressions: fetches with arguments, converter chains, casts between them, errors. */
#include "base/test.h"
#include "sample/sample_expr.h"

/* ---- a few words ---- */

static bool fetch_text(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    *out = sample_text(args->list[0].text);
    return args->list[0].text.size > 0;
}

static bool fetch_int(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    context->may_change = true;
    *out = sample_int(args->list[0].integer);
    return true;
}

static bool fetch_bin(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = STR("ab") };
    return true;
}

static bool check_no_x(struct sample_args *args, const char **error)
{
    *error = "an x is not wanted";
    return str_find_char(args->list[0].text, 'x') == STR_NOT_FOUND && args->parser;
}

static const struct fetch_row fetches[] = {
    { "text", fetch_text, "str", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { "number", fetch_int, "int", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "bytes", fetch_bin, "", SAMPLE_BIN, AT_ANYWHERE, NULL, NULL },
    { "be_conn", fetch_text, "backend", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { "late", fetch_text, "str", SAMPLE_STR, AT_RESPONSE_HEAD | AT_LOG, NULL, NULL },
    { "many", fetch_text, "str,int,time?,size?,ip4?,mask4?", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { "checked", fetch_text, "str", SAMPLE_STR, AT_ANYWHERE, NULL, check_no_x },
    { "six", fetch_text, "str,ip6?,mask6?,var?,server?,table?,userlist?", SAMPLE_STR, AT_ANYWHERE, NULL,
      NULL },
    { 0 },
};

static bool conv_twice(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str text = sample->u.text;
    (void)args;
    sample->u.text = arena_printf(context->scratch, "%.*s%.*s", STR_ARG(text), STR_ARG(text));
    return true;
}

static bool conv_plus(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    sample->u.integer += args->list[0].integer;
    return true;
}

static bool conv_none(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    (void)sample;
    return false;
}

static const struct converter_row converters[] = {
    { "twice", conv_twice, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "plus", conv_plus, "int", SAMPLE_SINT, SAMPLE_SINT, NULL, NULL },
    { "none", conv_none, "", SAMPLE_ANY, SAMPLE_ANY, NULL, NULL },
    { "cut", conv_twice, "str,int?,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_no_x },
    { 0 },
};

static struct words words;
static struct arena arena;
static struct sample_unresolved *unresolved;

static void begin(void)
{
    words_init(&words);
    arena_init(&arena, 4096);
    unresolved = NULL;
    for (const struct fetch_row *row = fetches; row->name; row++)
        EXPECT(words_add(&words, WORD_FETCH, row->name, row));
    for (const struct converter_row *row = converters; row->name; row++)
        EXPECT(words_add(&words, WORD_CONVERTER, row->name, row));
}

static void finish(void)
{
    words_finish(&words);
    arena_finish(&arena);
}

static struct sample_parser parser_at(enum sample_place place)
{
    return (struct sample_parser){ .words = &words,
                                   .arena = &arena,
                                   .place = place,
                                   .file = "f.cfg",
                                   .line = 7,
                                   .unresolved = &unresolved };
}

static struct sample_expr *read(const char *text, const char **end)
{
    struct sample_parser parser = parser_at(0);
    struct sample_expr *expr = sample_expr_parse(&parser, text, end);
    if (!EXPECT(expr != NULL))
        EXPECT_STR(str_of(parser.error), "");
    return expr;
}

/* ---- tests ---- */

static void expect_value(const char *text, const char *value, const char *rest)
{
    struct sample_context context = { .scratch = &arena };
    const char *end = NULL;
    struct sample sample;
    test_case(text);
    struct sample_expr *expr = read(text, &end);
    if (expr) {
        bool found = sample_eval_as(expr, &context, SAMPLE_STR, &sample);
        EXPECT(found == (value != NULL));
        if (found && value)
            EXPECT_STR(sample.u.text, value);
        EXPECT_STR(str_of(end), rest);
    }
    test_case(NULL);
}

static void expressions_have_values(void)
{
    begin();
    expect_value("text(a)", "a", "");
    expect_value("text(a),twice", "aa", "");
    expect_value("text(a),twice,twice rest", "aaaa", " rest");
    expect_value("text(a),,twice,", "aa", "");
    expect_value("text(5),plus(2)", "7", "");
    expect_value("number(5),plus(-2),twice", "33", "");
    expect_value("text(5),plus(1)]x", "6", "]x");
    expect_value("text(a b)c", "a b", "c");
    expect_value("text(\"a,b)\")", "a,b)", "");
    expect_value("text('a,\"b')", "a,\"b", "");
    expect_value("text(\"it's\")", "it's", "");
    expect_value("text(a\\ b)", "a b", "");
    expect_value("text(\\\"\\'\\\\\\n\\t\\r\\z)", "\"'\\\n\t\r\\z", "");
    expect_value("text('a\\nb')", "a\\nb", "");
    expect_value("text()", NULL, "");
    expect_value("text", NULL, "");
    expect_value("text(a),none,twice", NULL, "");
    expect_value("bytes,twice", "abab", "");
    expect_value("text(a),cut(,1,)", "aa", "");
    finish();
}

static void expect_error(const char *text, enum sample_place place, const char *error)
{
    struct sample_parser parser = parser_at(place);
    const char *end = NULL;
    test_case(text);
    EXPECT(!sample_expr_parse(&parser, text, &end));
    EXPECT_STR(str_of(parser.error), error);
    test_case(NULL);
}

static void mistakes_are_told_as_by_haproxy(void)
{
    begin();
    expect_error("", 0, "missing fetch method");
    expect_error("(a)", 0, "missing fetch method");
    expect_error("zzzz(1)", 0, "unknown fetch method 'zzzz'");
    expect_error("texd(1)", 0, "unknown fetch method 'texd' (did you mean 'text' maybe ?)");
    expect_error("text(a),zzzz", 0, "unknown converter 'zzzz'");
    expect_error("text(a),twice(1)", 0, "invalid arg 1 in converter 'twice' : expected ')' before '1)'");
    expect_error("text(a,b)", 0, "fetch method 'text' : expected ')' before ',b)'");
    expect_error("text(a", 0, "fetch method 'text' : expected ')'");
    expect_error("text(\"a)", 0, "fetch method 'text' : expected ')'");
    expect_error("text(a\\", 0, "fetch method 'text' : failed to parse 'a\\' as type 'string' at position 1");
    expect_error("bytes(1)", 0, "fetch method 'bytes' : expected ')' before '1)'");
    expect_error("bytes,plus(1)", 0, "converter 'plus' cannot be applied");
    expect_error("number", 0,
                 "fetch method 'number' : expected type 'integer' at position 1, but got nothing");
    expect_error("number(x)", 0,
                 "fetch method 'number' : failed to parse 'x' as type 'integer' at position 1");
    expect_error("many(a)", 0, "fetch method 'many' : missing arguments (got 1/2), type 'integer' expected");
    expect_error("many(a,1,x)", 0, "fetch method 'many' : failed to parse 'x' as type 'delay' at position 3");
    expect_error("many(a,1,1,x)", 0,
                 "fetch method 'many' : failed to parse 'x' as type 'size' at position 4");
    expect_error("many(a,1,1,1,::1)", 0,
                 "fetch method 'many' : failed to parse '::1' as type 'IPv4 address' at position 5");
    expect_error("many(a,1,1,1,1.1.1.1,33)", 0,
                 "fetch method 'many' : failed to parse '33' as type 'IPv4 mask' at position 6");
    expect_error("checked(ax)", 0, "invalid args in fetch method 'checked' : an x is not wanted");
    expect_error("text(a),cut(x)", 0, "invalid args in converter 'cut' : an x is not wanted");
    expect_error("text(a),cut(a,b)", 0,
                 "invalid arg 2 in converter 'cut' : failed to parse 'b' as type 'integer' at position 2");
    expect_error(
        "late(a)", AT_REQUEST_HEAD,
        "sample fetch <late> may not be reliably used here: it is available in http-response rules, logs");
    finish();
}

static void arguments_have_their_types(void)
{
    const char *end = NULL;
    begin();
    struct sample_expr *expr = read("many(a,-5,2s,3k,1.2.3.4,255.0.255.0)", &end);
    EXPECT_INT(expr->args.count, 6);
    EXPECT_INT(expr->args.list[1].integer, -5);
    EXPECT_INT(expr->args.list[2].integer, 2000);
    EXPECT_INT(expr->args.list[3].integer, 3072);
    EXPECT_INT(expr->args.list[4].addr.u.ip[3], 4);
    EXPECT_INT(expr->args.list[5].addr.u.ip[2], 255);
    expr = read("many(a,1)", &end);
    EXPECT_INT(expr->args.count, 2);
    EXPECT_INT(expr->args.list[5].text.size, 0);
    expr = read("six(a,::1,64,txn.x)", &end);
    EXPECT_INT(expr->args.list[2].addr.u.ip[7], 255);
    EXPECT_INT(expr->args.list[2].addr.u.ip[8], 0);
    EXPECT_INT(expr->args.list[3].var.scope, VAR_TXN);
    finish();
}

static void names_of_sections_wait(void)
{
    const char *end = NULL;
    begin();
    struct sample_expr *expr = read("be_conn(web)", &end);
    EXPECT(unresolved && unresolved->arg == &expr->args.list[0]);
    EXPECT_STR(str_of(unresolved->type), "backend");
    EXPECT_STR(str_of(unresolved->user), "be_conn");
    EXPECT_INT(unresolved->place.line, 7);
    expr = read("be_conn", &end); /* the section's own */
    EXPECT_INT(expr->args.count, 1);
    EXPECT_INT(expr->args.list[0].text.size, 0);
    EXPECT(unresolved->next && !unresolved->next->next);
    struct sample_parser parser = parser_at(0);
    parser.unresolved = NULL;
    EXPECT(!sample_expr_parse(&parser, "be_conn(web)", &end));
    EXPECT_STR(str_of(parser.error),
               "fetch method 'be_conn' : unresolved argument of type 'backend' at position 1 not allowed");
    finish();
}

static void steps_are_read_alone(void)
{
    struct sample_parser parser;
    struct sample_expr expr = { .fetch = &fetches[0], .out = SAMPLE_STR };
    const char *end = NULL;
    begin();
    parser = parser_at(0);
    EXPECT(sample_expr_parse_steps(&parser, "plus(1),twice", &expr, &end));
    EXPECT_INT(expr.step_count, 2);
    EXPECT_INT(expr.out, SAMPLE_STR);
    EXPECT(sample_expr_parse_steps(&parser, ",plus(1)", &expr, &end));
    EXPECT_INT(expr.step_count, 3);
    EXPECT_INT(expr.out, SAMPLE_SINT);
    EXPECT(sample_expr_parse_steps(&parser, "", &expr, &end));
    EXPECT(!sample_expr_parse_steps(&parser, "nope", &expr, &end));
    finish();
}

static void arguments_given_one_by_one(void)
{
    struct sample_args args;
    const char *error = NULL;
    begin();
    struct sample_parser parser = parser_at(0);
    const struct str values[] = { STR("a"),       STR("5"), STR("1s"),  STR("1"),
                                  STR("1.1.1.1"), STR("8"), STR("more") };
    EXPECT(sample_args_make(&parser, "str,int,time?", "many", values, 3, &args, &error));
    EXPECT_INT(args.list[2].integer, 1000);
    EXPECT(!sample_args_make(&parser, "str,int,time?", "many", values, 1, &args, &error));
    EXPECT_STR(str_of(error), "missing arguments (got 1/2), type 'integer' expected");
    EXPECT(!sample_args_make(&parser, "str,int", "many", values, 3, &args, &error));
    EXPECT(!sample_args_make(&parser, "int", "many", values, 1, &args, &error));
    EXPECT(sample_args_make(&parser, "", "none", values, 0, &args, &error));
    finish();
}

static void an_evaluation_starts_with_nothing_to_wait_for(void)
{
    struct sample_context context = { .scratch = &arena, .may_change = true };
    struct sample sample;
    const char *end = NULL;
    begin();
    EXPECT(sample_eval(read("text(a)", &end), &context, &sample));
    EXPECT(!context.may_change);
    EXPECT(sample_eval(read("number(1)", &end), &context, &sample));
    EXPECT(context.may_change);
    finish();
}

static void without_memory_there_is_no_expression(void)
{
    int64_t before = test_blocks();
    for (uint64_t n = 1; n < 4; n++) {
        const char *end = NULL;
        begin();
        arena_finish(&arena);
        struct sample_parser parser = parser_at(0);
        test_fail_allocation(n);
        EXPECT(!sample_expr_parse(&parser, "many(\"a\",1,2s),twice", &end) || n > 2);
        test_fail_allocation(0);
        finish();
    }
    EXPECT_INT(test_blocks(), before);
}

const struct test_row tests[] = {
    { "expressions are cut, chained and cast", expressions_have_values },
    { "mistakes are told as by HAProxy", mistakes_are_told_as_by_haproxy },
    { "arguments have their types", arguments_have_their_types },
    { "names of sections wait for the whole configuration", names_of_sections_wait },
    { "converters are read behind another input", steps_are_read_alone },
    { "arguments of a script are read by the signature", arguments_given_one_by_one },
    { "an evaluation starts with nothing to wait for", an_evaluation_starts_with_nothing_to_wait_for },
    { "without memory there is no expression", without_memory_there_is_no_expression },
    { 0 },
};
