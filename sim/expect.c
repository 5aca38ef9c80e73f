/* Comparisons. Patterns are PCRE2 by its interpreter: the just-in-time compiler has other limits, and a scenario's
 * answer may not hang on which one is built in. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "sim/expect.h"
#include "base/mem.h"
#include <math.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

struct pattern {
    char *text;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

static void pattern_forget(void *data)
{
    struct pattern *pattern = data;

    pcre2_match_context_free(pattern->limits);
    pcre2_match_data_free(pattern->match);
    pcre2_code_free(pattern->code);
    mem_free(pattern->text);
    mem_free(pattern);
}

static struct pattern *pattern_compile(struct actor *actor, struct str text)
{
    struct pattern *pattern;
    PCRE2_SIZE at;
    int error;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.data, text.size, 0, &error, &at, NULL);

    if (!code) {
        PCRE2_UCHAR why[128];

        pcre2_get_error_message(error, why, sizeof(why));
        actor_wrong(actor, "the pattern '%.*s' is wrong at byte %zu: %s", STR_ARG(text), (size_t)at,
                    (char *)why);
        return NULL;
    }
    pattern = mem_need(sizeof(*pattern));
    pattern->text = mem_need_copy(text);
    pattern->code = code;
    pattern->match = pcre2_match_data_create(1, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    CHECK(pattern->match && pattern->limits);
    pcre2_set_match_limit(pattern->limits, 10000000);
    return pattern;
}

/* The pattern of the command under way, compiled once as long as its text stays the same. */
static struct pattern *pattern_get(struct actor *actor, struct str text)
{
    struct command *command = actor->command;
    struct pattern *pattern = command->cache;

    if (pattern && str_eq(text, str_of(pattern->text)))
        return pattern;
    pattern = pattern_compile(actor, text);
    if (!pattern)
        return NULL;
    if (command->cache)
        command->forget(command->cache);
    command->cache = pattern;
    command->forget = pattern_forget;
    return pattern;
}

/* 1 it matches, 0 it does not, -1 the scenario was told why neither can be said. */
static int pattern_match(struct actor *actor, struct str text, struct str subject)
{
    struct pattern *pattern = pattern_get(actor, text);
    int result;

    if (!pattern)
        return -1;
    result = pcre2_match(pattern->code, (PCRE2_SPTR)(subject.data ? subject.data : ""), subject.size, 0, 0,
                         pattern->match, pattern->limits);
    if (result == PCRE2_ERROR_NOMATCH)
        return 0;
    if (result >= 0)
        return 1;
    actor_wrong(actor, "the pattern '%.*s' gives up on %zu bytes (PCRE2 error %d)", STR_ARG(text),
                subject.size, result);
    return -1;
}

void expect_quote(struct buf *out, struct str text, size_t max)
{
    size_t shown = text.size < max ? text.size : max;

    buf_add_char(out, '"');
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c == '\n')
            buf_add_c(out, "\\n");
        else if (c == '\r')
            buf_add_c(out, "\\r");
        else if (c == '\t')
            buf_add_c(out, "\\t");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < ' ' || c >= 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_char(out, '"');
    if (shown < text.size)
        buf_printf(out, "... (%zu bytes)", text.size);
}

static enum actor_step unmet(struct actor *actor, struct expect_side left, struct str op,
                             struct expect_side right)
{
    struct buf text = BUF_INIT;

    buf_printf(&text, "expected  %.*s %.*s ", STR_ARG(left.written), STR_ARG(op));
    expect_quote(&text, right.value, 400);
    buf_add_c(&text, "\n    came      ");
    if (left.value.data)
        expect_quote(&text, left.value, 2000);
    else
        buf_add_c(&text, "nothing: it is <undef>");
    actor_fail(actor, "%.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
    return STEP_FAILED;
}

/* -lt and so on; false: no such operator. */
static bool compare_whole(struct str op, struct str left, struct str right, bool *held)
{
    static const char *const names[] = { "-lt", "-le", "-eq", "-ne", "-ge", "-gt" };
    unsigned long long a = strtoull(left.data, NULL, 0), b = strtoull(right.data, NULL, 0);
    const bool answers[] = { a<b, a <= b, a == b, a != b, a >= b, a> b };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_eq(op, str_of(names[i])))
            continue;
        *held = answers[i];
        return true;
    }
    return false;
}

/* NaN for what is no number, so that no order holds. */
static double to_number(struct str text)
{
    char *end;
    double value;

    if (!text.size || (!ascii_digit(text.data[0]) && text.data[0] != '-' && text.data[0] != '.'))
        return NAN;
    value = strtod(text.data, &end);
    return *end ? NAN : value;
}

static bool compare_order(struct str op, struct expect_side left, struct expect_side right, bool *held)
{
    double a = left.value.data ? to_number(left.value) : NAN;
    double b = right.value.data ? to_number(right.value) : NAN;

    if (str_eq(op, STR("<")))
        *held = a < b;
    else if (str_eq(op, STR(">")))
        *held = a > b;
    else if (str_eq(op, STR("<=")))
        *held = a <= b;
    else if (str_eq(op, STR(">=")))
        *held = a >= b;
    else
        return false;
    return true;
}

enum actor_step expect_holds(struct actor *actor, struct expect_side left, struct str op,
                             struct expect_side right, bool *held)
{
    struct str a = left.value.data ? left.value : STR("<undef>");
    struct str b = right.value.data ? right.value : STR("<undef>");

    if (str_eq(op, STR("=="))) {
        *held = str_eq(a, b);
    } else if (str_eq(op, STR("!="))) {
        *held = !str_eq(a, b);
    } else if (str_eq(op, STR("~")) || str_eq(op, STR("!~"))) {
        int matches = pattern_match(actor, b, a);

        if (matches < 0)
            return STEP_FAILED;
        *held = (op.size == 1) == (matches == 1);
    } else if (!compare_whole(op, a, b, held) && !compare_order(op, left, right, held)) {
        return actor_wrong(actor, "'expect' does not know the operator '%.*s'", STR_ARG(op));
    }
    return STEP_NEXT;
}

enum actor_step expect_compare(struct actor *actor, struct expect_side left, struct str op,
                               struct expect_side right)
{
    bool held;

    if (expect_holds(actor, left, op, right, &held) != STEP_NEXT)
        return STEP_FAILED;
    if (held)
        return STEP_NEXT;
    if (!right.value.data)
        right.value = STR("<undef>");
    return unmet(actor, left, op, right);
}

enum actor_step expect_pattern(struct actor *actor, const char *noun, struct str subject)
{
    struct str op = actor_word(actor, 1), pattern = actor_word(actor, 2);

    if (!str_eq(op, STR("~")) && !str_eq(op, STR("!~")))
        return actor_wrong(actor, "'expect' is written: expect ~ PATTERN, or expect !~ PATTERN");
    return expect_compare(actor, (struct expect_side){ str_of(noun), subject }, op,
                          (struct expect_side){ pattern, pattern });
}
