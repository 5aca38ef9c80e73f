/* Formats: what is read, what is refused, what is built; with a few fetches and aliases of the test's own. */
#include "base/test.h"
#include "log/log_format.h"

static bool fetch_text(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    *out = sample_text(args->list[0].text);
    return true;
}

static bool fetch_nothing(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    (void)out;
    return false;
}

static bool fetch_number(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_int(-42);
    return true;
}

/* Bytes that a log must not pass on as they are. */
static bool fetch_nasty(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_text(STR("a\001\"\\]\n\t\177\303\251"));
    return true;
}

static bool upper(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    char *text = arena_alloc(context->scratch, sample->u.text.size + 1);
    if (!text)
        return false;
    for (size_t i = 0; i < sample->u.text.size; i++)
        text[i] = ascii_upper(sample->u.text.data[i]);
    sample->u.text.data = text;
    return true;
}

/* clang-format off */
static const struct fetch_row fetches[] = {
    { .name = "text", .run = fetch_text, .args = "str", .out = SAMPLE_STR, .valid = AT_ANYWHERE },
    { .name = "nothing", .run = fetch_nothing, .args = "", .out = SAMPLE_STR, .valid = AT_ANYWHERE },
    { .name = "number", .run = fetch_number, .args = "", .out = SAMPLE_SINT, .valid = AT_ANYWHERE },
    { .name = "nasty", .run = fetch_nasty, .args = "", .out = SAMPLE_STR, .valid = AT_ANYWHERE },
    { .name = "early", .run = fetch_nothing, .args = "", .out = SAMPLE_STR, .valid = AT_CONNECTION },
};
static const struct converter_row converters[] = {
    { .name = "upper", .run = upper, .args = "", .in = SAMPLE_STR, .out = SAMPLE_STR },
};
/* clang-format on */

static void alias_name(struct sample_context *context, unsigned flags, struct buf *out)
{
    (void)context;
    log_put(out, STR("fe"), flags);
}

static void alias_empty(struct sample_context *context, unsigned flags, struct buf *out)
{
    (void)context;
    log_put(out, STR(""), flags);
}

static void alias_silent(struct sample_context *context, unsigned flags, struct buf *out)
{
    (void)context;
    (void)flags;
    (void)out;
}

static void alias_port(struct sample_context *context, unsigned flags, struct buf *out)
{
    (void)context;
    buf_printf(out, flags & LOG_HEX ? "%04X" : "%d", 443);
}

static void alias_request(struct sample_context *context, unsigned flags, struct buf *out)
{
    (void)context;
    log_put_escaped(out, STR("GET /\"\303\251 H"), "\"", flags);
}

/* clang-format off */
static const struct log_alias_row aliases[] = {
    { .name = "f", .run = alias_name, .valid = AT_ANYWHERE },
    { .name = "e", .run = alias_empty, .valid = AT_ANYWHERE },
    { .name = "hr", .run = alias_silent, .valid = AT_ANYWHERE, .http_only = true },
    { .name = "fp", .run = alias_port, .valid = AT_ANYWHERE },
    { .name = "r", .run = alias_request, .valid = AT_ANYWHERE, .http_only = true },
    { .name = "Tt", .run = alias_port, .valid = AT_ANYWHERE, .needs_end = true },
};
/* clang-format on */

struct bench {
    struct words words;
    struct arena arena, scratch;
    struct sample_parser parser;
    struct sample_context context;
};

static void bench_start(struct bench *bench)
{
    *bench = (struct bench){ 0 };
    words_init(&bench->words);
    arena_init(&bench->arena, 4096);
    arena_init(&bench->scratch, 4096);
    bool added = true;
    for (size_t i = 0; i < COUNT_OF(fetches); i++)
        added = added && words_add(&bench->words, WORD_FETCH, fetches[i].name, &fetches[i]);
    for (size_t i = 0; i < COUNT_OF(converters); i++)
        added = added && words_add(&bench->words, WORD_CONVERTER, converters[i].name, &converters[i]);
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        added = added && words_add(&bench->words, WORD_LOG_ALIAS, aliases[i].name, &aliases[i]);
    EXPECT(added);
    bench->parser = (struct sample_parser){ .words = &bench->words, .arena = &bench->arena, .place = AT_LOG };
    bench->context = (struct sample_context){ .place = AT_LOG, .scratch = &bench->scratch, .final = true };
}

static void bench_end(struct bench *bench)
{
    arena_finish(&bench->scratch);
    arena_finish(&bench->arena);
    words_finish(&bench->words);
}

static struct log_format *parse(struct bench *bench, const char *text, unsigned flags, bool http)
{
    struct log_format_options options = { .flags = flags, .http = http };
    return log_format_parse(&bench->parser, text, &options);
}

static void expect_built(const char *text, unsigned flags, bool raw, const char *want)
{
    struct bench bench;
    struct buf out = BUF_INIT;
    bench_start(&bench);
    test_case(text);
    struct log_format *format = parse(&bench, text, flags, true);
    if (!EXPECT(format != NULL)) {
        EXPECT_STR(str_of(bench.parser.error), "");
    } else {
        buf_add_c(&out, "before:");
        log_format_build(format, &bench.context, raw, &out);
        EXPECT_STR(str_from(buf_str(&out), strlen("before:")), want);
        EXPECT_STR(log_format_text(format, &bench.context, raw), want);
    }
    buf_finish(&out);
    bench_end(&bench);
}

#define LINE (LOG_MANDATORY | LOG_MERGE_BLANKS)

/* Seen on HAProxy 2.6, but for control characters of expressions, which it lets through. */
static void for_log_lines(void)
{
    static const struct {
        const char *format, *built;
    } cases[] = {
        { "", "" },
        { "plain", "plain" },
        { "%f|%fp", "fe|443" },
        { "%% %%f", "% %f" },
        { "  a  b   c ", "a b c " },
        { "a %hr b", "a b" },
        { "a %e b", "a - b" },
        { "%[nothing]|%{+Q}[nothing]|%{-M}[nothing]", "-|\"\"|" },
        { "%[text(\"\")]|%{+Q}[text(\"\")]", "-|\"\"" },
        { "%{+Q}f|%{+Q}fp|%{+X}fp", "\"fe\"|443|01BB" },
        { "%f %{+Q}o %f %{-Q}f %f", "fe \"fe\" fe \"fe\"" },
        { "%{}f %{+Z}f %{Q}f", "fe fe fe" },
        { "%[number]|%{+Q}[number]", "-42|\"-42\"" },
        { "%[text(a]b)] %[text(\"a]b\"),upper]", "a]b A]B" },
        { "%[text(a  b)]   %f", "a  b fe" },
        { "%[nasty]", "a#01\"\\]#0A\t#7F\303\251" },
        { "%{+Q,+E}[nasty]", "\"a#01\\\"\\\\\\]#0A\t#7F\303\251\"" },
        { "%r %{+Q}r", "GET /#22#C3#A9 H \"GET /#22#C3#A9 H\"" },
        { "%(name)[text(x)]%(other:str)f", "xfe" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_built(cases[i].format, LINE, false, cases[i].built);
}

static void for_rules(void)
{
    static const struct {
        const char *format, *built;
    } cases[] = {
        { "a  b %[nothing]%e.", "a  b ." },
        { " %{+Q}[text(x)] ", " \"x\" " },
        { "%[nasty]", "a\001\"\\]\n\t\177\303\251" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_built(cases[i].format, 0, true, cases[i].built);
}

static void refused(void)
{
    static const struct {
        const char *format, *error;
        bool tcp;
    } cases[] = {
        { "%foo",
          "no such format variable 'foo'. If you wanted to emit the '%' character verbatim, you need to use "
          "'%%'",
          false },
        { "%", "truncated line after '%'", false },
        { "%{+Q", "truncated line after '+Q'", false },
        { "%{+Q}", "truncated line after '%'", false },
        { "%[text(x)", "missing ']' after 'text(x)'", false },
        { "%[text(x) ]", "expected ']' after 'text(x)', but found ' '", false },
        { "%[nosuch]", NULL, false },
        { "%[early]", NULL, false },
        { "%[text(x),nosuch]", NULL, false },
        { "100%.", "unexpected character '.' after '%'", false },
        { "%r", "format variable 'r' is reserved for HTTP mode", true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        bench_start(&bench);
        test_case(cases[i].format);
        EXPECT(!parse(&bench, cases[i].format, LINE, !cases[i].tcp));
        if (cases[i].error)
            EXPECT_STR(str_of(bench.parser.error), cases[i].error);
        else
            EXPECT(str_starts(str_of(bench.parser.error), STR("failed to parse sample expression <")));
        bench_end(&bench);
    }
}

static void facts(void)
{
    struct bench bench;
    struct str text;
    bench_start(&bench);
    EXPECT(log_format_is_constant(parse(&bench, "", 0, true), &text));
    EXPECT_STR(text, "");
    EXPECT(log_format_is_constant(parse(&bench, "a %%b", 0, true), &text));
    EXPECT_STR(text, "a %b");
    EXPECT(!log_format_is_constant(parse(&bench, "a %f", 0, true), &text));
    EXPECT(!log_format_needs_end(parse(&bench, "%f", 0, true)));
    EXPECT(log_format_needs_end(parse(&bench, "%f %Tt", 0, true)));
    bench_end(&bench);
}

static void without_memory(void)
{
    struct bench bench;
    bench_start(&bench);
    struct log_format *format = parse(&bench, "%[text(abc),upper] %[nasty] %r", LINE, true);
    for (uint64_t n = 1;; n++) {
        struct buf out = BUF_INIT;
        arena_finish(&bench.scratch);
        test_fail_allocation(n);
        log_format_build(format, &bench.context, false, &out);
        bool reached = test_allocations() >= n;
        test_fail_allocation(0);
        buf_finish(&out);
        if (!reached)
            break;
    }
    bench_end(&bench);
}

const struct test_row tests[] = {
    { "formats of log lines", for_log_lines },
    { "formats of rules: bytes as they are, nothing for nothing", for_rules },
    { "what cannot be read is refused, and why", refused },
    { "constant texts, and aliases that need the end", facts },
    { "each failed allocation of a line is survived", without_memory },
    { 0 },
};
