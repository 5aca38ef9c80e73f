/* Words of a line: quotes, escapes, comments, variables, each error with its place. */
#include "base/test.h"
#include "config/cfg_lex.h"
#include "config/cfg_test_fake.h"

static const struct fake_pair env[] = {
    { "A", "x y  z" }, { "ONE", "1" }, { "EMPTY", "" }, { "BLANKS", "  " }, { "RAW", "a\"b'c\\d#e$A" }, { 0 },
};

static const char *own_variable(void *data, struct str name)
{
    (void)data;
    return str_eq(name, STR(".LINE")) ? "42" : NULL;
}

static struct fake_world world = { .platform = { &fake_ops }, .env = env };

static struct cfg_lex make_lex(void)
{
    return (struct cfg_lex){ .platform = &world.platform, .own_variable = own_variable };
}

struct lex_case {
    const char *line, *words; /* each word in <>; */
};

/* Seen on HAProxy 2.6.12, but for defaults of variables, which it does not read: manual 2.3. */
static const struct lex_case good[] = {
    { "", "" },
    { "   \t ", "" },
    { "# comment", "" },
    { "a b\tc", "<a><b><c>" },
    { "  a  b \r", "<a><b>" },
    { "a#b", "<a>" },
    { "a\\#b", "<a#b>" },
    { "a\"#\"b\"\" # c", "<a#b>" },
    { "a \"\" b", "<a><><b>" },
    { "\"\"''x", "<x>" },
    { "''", "<>" },
    { "a\\ b", "<a b>" },
    { "a\\tb\\nc\\rd", "<a\tb\nc\rd>" },
    { "a\\\tb", "<a\\><b>" },
    { "\\x41\\x7a\\x0A", "<Az\n>" },
    { "a\\", "<a\\>" },
    { "a\\\\", "<a\\>" },
    { "my/\\1", "<my/\\1>" },
    { "\\'\\\"", "<'\">" },
    { "\\$ONE", "<\\$ONE>" },
    { "\"a\\qc\\$d\\\"e\\#\"", "<a\\qc$d\"e#>" },
    { "'a\\nb$ONE\"#'", "<a\\nb$ONE\"#>" },
    { "'a'b\"c\"", "<abc>" },
    { "\"it's\"", "<it's>" },
    { "$ONE ${ONE}", "<$ONE><${ONE}>" },
    { "\"$ONE.b\" \"${ONE}b\" \"$ONE-x\"", "<1.b><1b><1-x>" },
    { "\"$A\"", "<x y  z>" },
    { "\"$RAW\"", "<a\"b'c\\d#e$A>" },
    { "\"${A[*]}\"", "<x><y><z>" },
    { "\"p${A[*]}s\" t", "<px><y><zs><t>" },
    { "a \"${EMPTY[*]}\" b", "<a><b>" },
    { "a \"${UNSET[*]}\" b", "<a><b>" },
    { "a \"${BLANKS[*]}\" b", "<a><b>" },
    { "\"x${UNSET[*]}\"", "<x>" },
    { "\"$UNSET\" \"${UNSET}|${UNSET}\"", "<><|>" },
    { "\"${UNSET-a b}:1\"", "<a b:1>" },
    { "\"${UNSET-}\" \"${EMPTY-d}\" \"${ONE-d}\"", "<><><1>" },
    { "\"${UNSET-a}b}\"", "<ab}>" },
    { "\"${UNSET[*]-a b}\"", "<a><b>" },
    { "\"$.LINE\" \"${.LINE}\"", "<42><42>" },
    { "\"$_UNSET\"", "<>" },
};

static void cuts_lines(void)
{
    struct cfg_lex lex = make_lex();
    struct buf words = BUF_INIT;
    for (unsigned i = 0; i < COUNT_OF(good); i++) {
        test_case(good[i].line);
        buf_reset(&words);
        EXPECT_INT(cfg_lex_line(&lex, str_of(good[i].line)), LEX_OK);
        for (unsigned word = 0; word < lex.count; word++)
            buf_printf(&words, "<%s>", lex.words[word]);
        EXPECT_STR(buf_str(&words), good[i].words);
        EXPECT(lex.words[lex.count] == NULL);
    }
    buf_finish(&words);
    cfg_lex_finish(&lex);
}

static const struct {
    const char *line;
    enum cfg_lex_error error;
    size_t at;
} faults[] = {
    { "a \"abc", LEX_QUOTE_OPEN, 2 },       { "a 'abc", LEX_QUOTE_OPEN, 2 },
    { "a\"b\"'", LEX_QUOTE_OPEN, 4 },       { "a \"", LEX_QUOTE_OPEN, 2 },
    { "\"$", LEX_BAD_VARIABLE, 2 },         { "\"$\"", LEX_BAD_VARIABLE, 2 },
    { "\"a$ b\"", LEX_BAD_VARIABLE, 3 },    { "\"$1a\"", LEX_BAD_VARIABLE, 2 },
    { "\"${}\"", LEX_BAD_VARIABLE, 3 },     { "\"${1A}\"", LEX_BAD_VARIABLE, 3 },
    { "\"${.FOO}\"", LEX_BAD_VARIABLE, 3 }, { "\"${.FOO-z}\"", LEX_BAD_VARIABLE, 3 },
    { "\"${A\"", LEX_BRACE_OPEN, 2 },       { "\"${A B}\"", LEX_BRACE_OPEN, 2 },
    { "\"${A:-x}\"", LEX_BRACE_OPEN, 2 },   { "\"${A-x\"", LEX_BRACE_OPEN, 2 },
    { "\"${A[*}\"", LEX_BAD_EXPANSION, 4 }, { "\"${A[", LEX_BAD_EXPANSION, 4 },
    { "a \\xzz", LEX_BAD_ESCAPE, 2 },       { "a \\x4", LEX_BAD_ESCAPE, 2 },
    { "\"\\x", LEX_BAD_ESCAPE, 1 },
};

static void finds_faults(void)
{
    struct cfg_lex lex = make_lex();
    for (unsigned i = 0; i < COUNT_OF(faults); i++) {
        test_case(faults[i].line);
        EXPECT_INT(cfg_lex_line(&lex, str_of(faults[i].line)), faults[i].error);
        EXPECT_INT(lex.error_at, faults[i].at);
        EXPECT_INT(lex.count, 0);
        EXPECT(!lex.words[0]);
    }
    cfg_lex_finish(&lex);
}

static void counts_words(void)
{
    struct cfg_lex lex = make_lex();
    struct buf line = BUF_INIT;
    for (unsigned i = 0; i < CFG_WORD_MAX; i++)
        buf_add_c(&line, "w ");
    EXPECT_INT(cfg_lex_line(&lex, buf_str(&line)), LEX_OK);
    EXPECT_INT(lex.count, CFG_WORD_MAX);
    buf_add_c(&line, "one");
    EXPECT_INT(cfg_lex_line(&lex, buf_str(&line)), LEX_TOO_MANY_WORDS);
    EXPECT_INT(lex.error_at, (CFG_WORD_MAX - 1) * 2);
    buf_finish(&line);
    cfg_lex_finish(&lex);
}

static void comments_can_be_off(void)
{
    struct cfg_lex lex = make_lex();
    lex.no_comments = true;
    EXPECT_INT(cfg_lex_line(&lex, STR("1#x \\#")), LEX_OK);
    EXPECT_INT(lex.count, 2);
    EXPECT_STR(str_of(lex.words[0]), "1#x");
    EXPECT_STR(str_of(lex.words[1]), "\\#");
    cfg_lex_finish(&lex);
}

static void long_words_pass(void)
{
    struct cfg_lex lex = make_lex();
    struct buf line = BUF_INIT;
    for (unsigned i = 0; i < 100000; i++)
        buf_add_char(&line, 'x');
    EXPECT_INT(cfg_lex_line(&lex, buf_str(&line)), LEX_OK);
    EXPECT_INT(strlen(lex.words[0]), 100000);
    buf_finish(&line);
    cfg_lex_finish(&lex);
}

static void points_at_the_fault(void)
{
    struct buf out = BUF_INIT;
    cfg_lex_point_at(&out, STR("description \"abc\x01\xc3"), 12);
    EXPECT_STR(buf_str(&out), "\n  description \"abc??\n              ^");
    char text[300];
    memset(text, '0', sizeof(text));
    text[200] = '"';
    static const size_t places[] = { 0, 1, 39, 40, 41, 200, 299, 300 };
    for (unsigned i = 0; i < COUNT_OF(places); i++) {
        buf_reset(&out);
        cfg_lex_point_at(&out, str_make(text, sizeof(text)), places[i]);
        struct str rest = str_from(buf_str(&out), 1);
        struct str shown = str_split(&rest, '\n');
        EXPECT(shown.size < 100);
        size_t mark = rest.size - 1;
        EXPECT_INT(rest.data[mark], '^');
        if (places[i] == 200)
            EXPECT_INT(shown.data[mark], '"');
        if (places[i] < sizeof(text))
            EXPECT(mark < shown.size && shown.data[mark] != '.');
    }
    buf_finish(&out);
}

static void survives_every_failed_allocation(void)
{
    int64_t before = test_blocks();
    enum cfg_lex_error result = LEX_NO_MEMORY;
    for (uint64_t n = 1; result == LEX_NO_MEMORY && EXPECT(n < 100); n++) {
        struct cfg_lex lex = make_lex();
        test_fail_allocation(n);
        result = cfg_lex_line(
            &lex, STR("a \"$ONE\" 'a long word that needs a larger buffer than the first one has'"));
        test_fail_allocation(0);
        EXPECT(result == LEX_NO_MEMORY ? lex.count == 0 : lex.count == 3);
        cfg_lex_finish(&lex);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT_INT(result, LEX_OK);
}

const struct test_row tests[] = {
    { "cuts lines into words", cuts_lines },
    { "finds faults and where they are", finds_faults },
    { "counts words", counts_words },
    { "takes # for a byte where comments are off", comments_can_be_off },
    { "long words pass", long_words_pass },
    { "points at the fault, also in long lines", points_at_the_fault },
    { "survives every failed allocation", survives_every_failed_allocation },
    { 0 },
};
