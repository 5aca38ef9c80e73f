/* The lexer and the macros of scenarios, against the rules of the language. */
#include "base/test.h"
#include "sim/scenario_lex.h"
#include "sim/scenario_macro.h"

struct lex_case {
    const char *says, *text;
    const char *
        want; /* words between |, commands between ;, then @line of the last command; or "!" and the mistake's line */
};

static const struct lex_case lex_cases[] = {
    { "nothing", "", "" },
    { "only a comment", "# hello\n\n  # more", "" },
    { "words and lines", "a b\tc\n\nd", "a|b|c;d@3" },
    { "a comment only where a command begins", "a # b\n#c\nd#e", "a|#|b;d#e@3" },
    { "a joined line", "a \\\n  b\nc", "a|b;c@3" },
    { "quoted words", "a \"b c\"\"d\"e", "a|b c|d|e@1" },
    { "quotes inside a bare word", "x\"y z\"", "x\"y|z\"@1" },
    { "escapes", "\"\\n\\t\\\\\\\"\\x41\\101\\0601\"", "\n\t\\\"AA01@1" },
    { "braces", "a { b { c } \" } d } e", "a| b { c } \" |d|}|e@1" },
    { "braces over lines", "a {\n b\n} c\nd", "a|\n b\n|c;d@4" },
    { "an empty braced word", "a {}", "a|@1" },
    { "no end of line at the end", "a b", "a|b@1" },
    { "a quoted word over two lines", "a\nb \"c\nd\"", "!2" },
    { "an open brace", "a\nb {\n {\n}\n", "!2" },
    { "an unknown escape", "a \"\\d\"", "!1" },
    { "a short hexadecimal escape", "\"\\x4\"", "!1" },
    { 0 },
};

static void cuts_words(void)
{
    for (const struct lex_case *c = lex_cases; c->says; c++) {
        struct arena arena;
        struct lex_command *commands;
        unsigned count;
        struct lex_mistake mistake = { 0 };
        struct buf got = BUF_INIT;

        test_case(c->says);
        arena_init(&arena, 1024);
        if (scenario_lex(str_of(c->text), 1, &arena, &commands, &count, &mistake)) {
            for (unsigned i = 0; i < count; i++) {
                if (i)
                    buf_add_char(&got, ';');
                for (unsigned w = 0; w < commands[i].count; w++) {
                    if (w)
                        buf_add_char(&got, '|');
                    buf_add(&got, commands[i].words[w].text);
                }
            }
            if (count)
                buf_printf(&got, "@%u", commands[count - 1].line);
        } else {
            EXPECT(mistake.what != NULL);
            buf_printf(&got, "!%u", mistake.line);
        }
        EXPECT_STR(buf_str(&got), c->want);
        buf_finish(&got);
        arena_finish(&arena);
    }
    test_case(NULL);
}

static void knows_lines_and_macros_of_words(void)
{
    struct arena arena;
    struct lex_command *commands;
    unsigned count;
    struct lex_mistake mistake;

    arena_init(&arena, 1024);
    EXPECT(scenario_lex(STR("client c1 \\\n  -connect ${s1_sock} {\n txreq\n} -run\n"), 10, &arena, &commands,
                        &count, &mistake));
    EXPECT_INT(count, 1);
    EXPECT_INT(commands[0].line, 10);
    EXPECT_INT(commands[0].words[2].line, 11);
    EXPECT(commands[0].words[3].has_macro);
    EXPECT(commands[0].has_macro);
    EXPECT(!commands[0].words[2].has_macro);
    EXPECT(commands[0].words[4].in_braces);
    EXPECT_INT(commands[0].words[4].line, 11);
    arena_finish(&arena);
}

static void refuses_too_many_words(void)
{
    struct arena arena;
    struct lex_command *commands;
    unsigned count;
    struct lex_mistake mistake;
    struct buf text = BUF_INIT;

    for (int i = 0; i < SCENARIO_WORDS_MAX; i++)
        buf_add_c(&text, "w ");
    arena_init(&arena, 1024);
    EXPECT(scenario_lex(buf_str(&text), 1, &arena, &commands, &count, &mistake));
    buf_add_c(&text, "w");
    EXPECT(!scenario_lex(buf_str(&text), 1, &arena, &commands, &count, &mistake));
    arena_finish(&arena);
    buf_finish(&text);
}

struct macro_case {
    const char *says, *text, *want; /* want "!name": unknown */
    bool ignore_unknown;
};

static const struct macro_case macro_cases[] = {
    { "none", "plain", "plain", false },
    { "one", "a ${x} b", "a 1 b", false },
    { "two side by side", "${x}${long_name}", "1two words", false },
    { "values are not expanded again", "${nested}", "${x}", false },
    { "unknown", "${y}", "!y", false },
    { "unknown is left", "${y}${x}", "${y}1", true },
    { "with a default is unknown", "${x-1}", "${x-1}", true },
    { "not closed", "a ${x", "a ${x", false },
    { "a dollar alone", "$x {$}", "$x {$}", false },
    { "repeat", "${string,repeat,3,ab}", "ababab", false },
    { "repeat never", "${string,repeat,0,ab}", "", false },
    { "repeat without a number", "${string,repeat,x,ab}", "!string,repeat,x,ab", false },
    { "date", "${date}", "Thu, 01 Jan 1970 00:00:00 GMT", false },
    { 0 },
};

static void expands_macros(void)
{
    for (const struct macro_case *c = macro_cases; c->says; c++) {
        struct scenario_macros macros;
        struct buf got = BUF_INIT;
        struct str unknown;

        test_case(c->says);
        scenario_macro_init(&macros);
        macros.ignore_unknown = c->ignore_unknown;
        scenario_macro_set(&macros, STR("x"), STR("0"));
        scenario_macro_define(&macros, "", "x", "%d", 1);
        scenario_macro_define(&macros, "long", "name", "two %s", "words");
        scenario_macro_set(&macros, STR("nested"), STR("${x}"));
        if (!scenario_macro_expand(&macros, str_of(c->text), &got, &unknown)) {
            buf_reset(&got);
            buf_printf(&got, "!%.*s", STR_ARG(unknown));
        }
        EXPECT_STR(buf_str(&got), c->want);
        buf_finish(&got);
        scenario_macro_finish(&macros);
    }
    test_case(NULL);
}

static void forgets_a_macro(void)
{
    struct scenario_macros macros;

    scenario_macro_init(&macros);
    scenario_macro_define(&macros, "s1", "port", "%u", 80u);
    EXPECT_STR(scenario_macro_get(&macros, STR("s1_port")), "80");
    scenario_macro_remove(&macros, "s1", "port");
    EXPECT(scenario_macro_get(&macros, STR("s1_port")).data == NULL);
    scenario_macro_finish(&macros);
}

static void knows_dates(void)
{
    char date[SCENARIO_DATE_SIZE];

    scenario_macro_date(1577836800ll * 1000000000 + 999999999, date);
    EXPECT_VIEW(str_make(date, sizeof(date)), STR("Wed, 01 Jan 2020 00:00:00 GMT"));
    scenario_macro_date(951827696ll * 1000000000, date);
    EXPECT_VIEW(str_make(date, sizeof(date)), STR("Tue, 29 Feb 2000 12:34:56 GMT"));
    scenario_macro_date(-1, date);
    EXPECT_VIEW(str_make(date, sizeof(date)), STR("Wed, 31 Dec 1969 23:59:59 GMT"));
}

const struct test_row tests[] = {
    { "cuts commands and words", cuts_words },
    { "knows lines and macros of words", knows_lines_and_macros_of_words },
    { "refuses too many words", refuses_too_many_words },
    { "expands macros", expands_macros },
    { "forgets a macro", forgets_a_macro },
    { "knows dates", knows_dates },
    { 0 },
};
