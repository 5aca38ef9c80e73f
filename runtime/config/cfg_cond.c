/* Conditions: a descent over  or = and ["||" or],  and = term ["&&" and],  term = {"!"} (integer |
 * predicate | "(" or ")").  The text is read to its end even when the answer is known, so that every slip
 * is found; what need not be known is not asked (`wanted`). Arguments of predicates have a second level of
 * quoting (manual 2.2). */
#include "config/cfg_cond.h"
#include "base/units.h"
#include "config/cfg_lex.h"

#define DEPTH_MAX     256
#define ARGS_MAX      2
#define OUT_OF_MEMORY "out of memory"

struct reading {
    const struct cfg_condition_world *world;
    struct arena *arena;
    struct str text;
    size_t at;
    unsigned depth;
    const char *error;
    size_t error_at;
};

struct predicate_row {
    const char *name;
    unsigned arg_count;
    enum cfg_condition (*eval)(const struct cfg_condition_world *world, const struct str *args);
};

static enum cfg_condition bad(struct reading *reading, size_t at, struct str message)
{
    if (!reading->error) {
        reading->error = message.data ? message.data : OUT_OF_MEMORY;
        reading->error_at = at;
    }
    return CONDITION_BAD;
}

static char byte_at(const struct reading *reading, size_t at)
{
    return at < reading->text.size ? reading->text.data[at] : 0;
}

static void skip_blanks(struct reading *reading)
{
    while (byte_at(reading, reading->at) == ' ' || byte_at(reading, reading->at) == '\t')
        reading->at++;
}

/* Versions. */

enum { STAGE_DEV, STAGE_PRE, STAGE_RC, STAGE_RELEASE };

struct version {
    int64_t parts[4], stage, stage_number, commits;
};

static bool read_number(struct str *text, int64_t *out)
{
    if (!text->size || !ascii_digit(text->data[0]))
        return false;
    *text = str_from(*text, units_read_int(*text, out));
    return true;
}

static bool read_stage(struct str *text, struct version *out)
{
    static const struct {
        struct str mark;
        int64_t stage;
    } stages[] = {
        { STR_INIT("-dev"), STAGE_DEV },
        { STR_INIT("-pre"), STAGE_PRE },
        { STR_INIT("-rc"), STAGE_RC },
    };
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        if (!str_starts(*text, stages[i].mark))
            continue;
        *text = str_from(*text, stages[i].mark.size);
        out->stage = stages[i].stage;
        return !text->size || read_number(text, &out->stage_number);
    }
    return true;
}

static bool read_version(struct str text, struct version *out)
{
    text = str_trim(text);
    if (text.size && text.data[0] == 'v')
        text = str_from(text, 1);
    for (unsigned i = 0; i < COUNT_OF(out->parts); i++) {
        if (!read_number(&text, &out->parts[i]))
            return false;
        if (!text.size || text.data[0] != '.')
            break;
        text = str_from(text, 1);
    }
    out->stage = STAGE_RELEASE;
    if (!read_stage(&text, out))
        return false;
    if (!text.size)
        return true;
    if (text.data[0] != '-')
        return false;
    text = str_from(text, 1);
    (void)read_number(&text, &out->commits); /* or a commit's name, which orders nothing */
    return true;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static struct version version_of(struct str text)
{
    struct version version = { 0 };
    return read_version(text, &version) ? version : (struct version){ .stage = STAGE_RELEASE };
}

int cfg_condition_compare_versions(struct str a, struct str b)
{
    struct version versions[2] = { version_of(a), version_of(b) };
    int order = 0;
    for (unsigned i = 0; i < COUNT_OF(versions[0].parts) && !order; i++)
        order = compare_numbers(versions[0].parts[i], versions[1].parts[i]);
    if (!order)
        order = compare_numbers(versions[0].stage, versions[1].stage);
    if (!order)
        order = compare_numbers(versions[0].stage_number, versions[1].stage_number);
    return order ? order : compare_numbers(versions[0].commits, versions[1].commits);
}

/* OpenSSL's: exactly three numbers, then letters ("1.1.1k"), then perhaps "-beta2", which is older. */
struct ssl_version {
    int64_t parts[3], letter, released;
};

static bool read_ssl_version(struct str text, struct ssl_version *out)
{
    for (unsigned i = 0; i < COUNT_OF(out->parts); i++) {
        if (i > 0) {
            if (!text.size || text.data[0] != '.')
                return false;
            text = str_from(text, 1);
        }
        if (!read_number(&text, &out->parts[i]))
            return false;
    }
    for (; text.size && ascii_alpha(text.data[0]); text = str_from(text, 1))
        out->letter = out->letter * 32 + ascii_lower(text.data[0]) - 'a' + 1;
    out->released = !str_starts(text, STR("-"));
    return true;
}

static int compare_ssl_versions(const struct ssl_version *a, const struct ssl_version *b)
{
    int order = 0;
    for (unsigned i = 0; i < COUNT_OF(a->parts) && !order; i++)
        order = compare_numbers(a->parts[i], b->parts[i]);
    if (!order)
        order = compare_numbers(a->letter, b->letter);
    return order ? order : compare_numbers(a->released, b->released);
}

/* Predicates. */

static enum cfg_condition answer(bool holds)
{
    return holds ? CONDITION_TRUE : CONDITION_FALSE;
}

static bool listed(const char *const *names, struct str name)
{
    for (; names && *names; names++)
        if (str_eq(str_of(*names), name))
            return true;
    return false;
}

static enum cfg_condition is_defined(const struct cfg_condition_world *world, const struct str *args)
{
    /* Arguments have a NUL behind: see read_arg. */
    return answer(args[0].size && world->platform &&
                  world->platform->ops->env_get(world->platform, args[0].data) != NULL);
}

static enum cfg_condition has_feature(const struct cfg_condition_world *world, const struct str *args)
{
    return answer(listed(world->features, args[0]));
}

static enum cfg_condition is_enabled(const struct cfg_condition_world *world, const struct str *args)
{
    return answer(listed(world->enabled, args[0]));
}

static enum cfg_condition equal(const struct cfg_condition_world *world, const struct str *args)
{
    (void)world;
    return answer(str_eq(args[0], args[1]));
}

static enum cfg_condition differ(const struct cfg_condition_world *world, const struct str *args)
{
    (void)world;
    return answer(!str_eq(args[0], args[1]));
}

static enum cfg_condition contains(const struct cfg_condition_world *world, const struct str *args)
{
    (void)world;
    return answer(str_find(args[0], args[1]) != STR_NOT_FOUND);
}

static enum cfg_condition version_at_least(const struct cfg_condition_world *world, const struct str *args)
{
    return answer(cfg_condition_compare_versions(str_of(world->version), args[0]) >= 0);
}

static enum cfg_condition version_before(const struct cfg_condition_world *world, const struct str *args)
{
    return answer(cfg_condition_compare_versions(str_of(world->version), args[0]) < 0);
}

static enum cfg_condition ssl_name_starts(const struct cfg_condition_world *world, const struct str *args)
{
    return answer(str_starts(str_of(world->ssl_name), args[0]));
}

static enum cfg_condition ssl_version_order(const struct cfg_condition_world *world, struct str text,
                                            bool at_least)
{
    struct ssl_version ours = { 0 }, wanted = { 0 };
    if (!read_ssl_version(str_of(world->ssl_version), &ours) || !read_ssl_version(text, &wanted))
        return CONDITION_BAD;
    return answer((compare_ssl_versions(&ours, &wanted) >= 0) == at_least);
}

static enum cfg_condition ssl_version_at_least(const struct cfg_condition_world *world,
                                               const struct str *args)
{
    return ssl_version_order(world, args[0], true);
}

static enum cfg_condition ssl_version_before(const struct cfg_condition_world *world, const struct str *args)
{
    return ssl_version_order(world, args[0], false);
}

/* AWS-LC is never the library, and no FIPS module is ever loaded. */
static enum cfg_condition never(const struct cfg_condition_world *world, const struct str *args)
{
    (void)world, (void)args;
    return CONDITION_FALSE;
}

static const struct predicate_row predicates[] = {
    { "awslc_api_atleast", 1, never },
    { "awslc_api_before", 1, never },
    { "defined", 1, is_defined },
    { "enabled", 1, is_enabled },
    { "feature", 1, has_feature },
    { "fips_mode", 0, never },
    { "openssl_version_atleast", 1, ssl_version_at_least },
    { "openssl_version_before", 1, ssl_version_before },
    { "ssllib_name_startswith", 1, ssl_name_starts },
    { "streq", 2, equal },
    { "strneq", 2, differ },
    { "strstr", 2, contains },
    { "version_atleast", 1, version_at_least },
    { "version_before", 1, version_before },
    { 0 },
};

/* Reading. */

static bool escapable(char c, char *out)
{
    static const char from[] = " \\'\"tnr", to[] = " \\'\"\t\n\r";
    const char *at = c ? strchr(from, c) : NULL;
    if (at)
        *out = to[at - from];
    return at != NULL;
}

/* One argument up to ',' or ')' outside quotes. false: a quote stays open, or no memory (said). */
static bool read_arg(struct reading *reading, const char *predicate, unsigned number, struct str *out)
{
    char *copy = arena_alloc(reading->arena, reading->text.size - reading->at + 1);
    size_t size = 0, quote_at = 0;
    char quote = 0;
    if (!copy) {
        bad(reading, reading->at, STR_NONE);
        return false;
    }
    for (;; reading->at++) {
        char c = byte_at(reading, reading->at), escaped;
        if (reading->at >= reading->text.size || (!quote && (c == ',' || c == ')')))
            break;
        if ((c == '"' || c == '\'') && (!quote || quote == c)) {
            quote = quote ? 0 : c;
            quote_at = reading->at;
        } else if (c == '\\' && quote != '\'' && escapable(byte_at(reading, reading->at + 1), &escaped)) {
            copy[size++] = escaped;
            reading->at++;
        } else {
            copy[size++] = c;
        }
    }
    copy[size] = 0;
    *out = str_make(copy, size);
    if (!quote)
        return true;
    bad(reading, quote_at,
        arena_printf(reading->arena,
                     "unmatched quote in argument %u of predicate '%s' used in conditional expression",
                     number, predicate));
    return false;
}

static bool missing_args(struct reading *reading, const struct predicate_row *row, unsigned count)
{
    bad(reading, reading->at,
        arena_printf(
            reading->arena,
            "missing arguments (got %u/%u), type 'string' expected in argument %u of predicate '%s' used in "
            "conditional expression",
            count, row->arg_count, count ? count : 1, row->name));
    return false;
}

static bool missing_parenthesis(struct reading *reading, const struct predicate_row *row)
{
    struct str rest = str_from(reading->text, reading->at);
    if (rest.size)
        bad(reading, reading->at,
            arena_printf(
                reading->arena,
                "expected ')' before '%.*s' in argument 1 of predicate '%s' used in conditional expression",
                STR_ARG(rest), row->name));
    else
        bad(reading, reading->at,
            arena_printf(reading->arena,
                         "expected ')' in argument 1 of predicate '%s' used in conditional expression",
                         row->name));
    return false;
}

/* Behind the name. Without parentheses all arguments are empty, which only predicates of one allow. */
static bool read_args(struct reading *reading, const struct predicate_row *row, struct str *args)
{
    for (unsigned i = 0; i < ARGS_MAX; i++)
        args[i] = STR("");
    if (byte_at(reading, reading->at) != '(')
        return row->arg_count < 2 ? true : missing_args(reading, row, 1);
    unsigned count = 0;
    if (row->arg_count == 0)
        reading->at++;
    while (count < row->arg_count) {
        reading->at++; /* '(' or ',' */
        if (!read_arg(reading, row->name, count + 1, &args[count]))
            return false;
        count++;
        if (byte_at(reading, reading->at) != ',')
            break;
    }
    if (byte_at(reading, reading->at) != ')')
        return missing_parenthesis(reading, row);
    if (count < row->arg_count)
        return missing_args(reading, row, count);
    reading->at++;
    return true;
}

static bool name_byte(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

static enum cfg_condition unparsable(struct reading *reading, size_t from)
{
    struct str rest = str_from(reading->text, from);
    return bad(reading, from,
               arena_printf(reading->arena, "unparsable conditional expression '%.*s'", STR_ARG(rest)));
}

static enum cfg_condition read_predicate(struct reading *reading, bool wanted)
{
    size_t from = reading->at, to = from;
    while (name_byte(byte_at(reading, to)))
        to++;
    struct str name = str_slice(reading->text, from, to - from);
    const struct predicate_row *row = predicates;
    while (row->name && !str_eq(str_of(row->name), name))
        row++;
    if (!row->name)
        return unparsable(reading, from);
    reading->at = to;
    struct str args[ARGS_MAX];
    if (!read_args(reading, row, args))
        return CONDITION_BAD;
    if (!wanted)
        return CONDITION_FALSE;
    enum cfg_condition result = row->eval(reading->world, args);
    if (result != CONDITION_BAD)
        return result;
    return bad(reading, from,
               arena_printf(reading->arena,
                            "unusable argument '%.*s' of predicate '%s' used in conditional expression",
                            STR_ARG(args[0]), row->name));
}

/* Decimal or 0x..., with a sign; only whether it is zero counts. */
static enum cfg_condition read_integer(struct reading *reading)
{
    size_t at = reading->at + (byte_at(reading, reading->at) == '-' || byte_at(reading, reading->at) == '+');
    bool hex = byte_at(reading, at) == '0' && ascii_lower(byte_at(reading, at + 1)) == 'x' &&
               ascii_hex(byte_at(reading, at + 2)) >= 0;
    bool zero = true;
    for (at += hex ? 2 : 0; hex ? ascii_hex(byte_at(reading, at)) >= 0 : ascii_digit(byte_at(reading, at));
         at++)
        zero = zero && byte_at(reading, at) == '0';
    reading->at = at;
    return answer(!zero);
}

static bool integer_ahead(const struct reading *reading)
{
    char c = byte_at(reading, reading->at);
    return ascii_digit(c) || ((c == '-' || c == '+') && ascii_digit(byte_at(reading, reading->at + 1)));
}

static enum cfg_condition read_or(struct reading *reading, bool wanted);

static enum cfg_condition read_parentheses(struct reading *reading, bool wanted)
{
    size_t open = reading->at++;
    if (++reading->depth > DEPTH_MAX)
        return bad(reading, open, arena_copy(reading->arena, STR("conditional expression nested too deep")));
    enum cfg_condition result = read_or(reading, wanted);
    reading->depth--;
    if (result == CONDITION_BAD)
        return result;
    if (byte_at(reading, reading->at) != ')')
        return bad(reading, open,
                   arena_printf(reading->arena, "expected ')' after conditional expression '%.*s'",
                                STR_ARG(str_from(reading->text, open))));
    reading->at++;
    return result;
}

static enum cfg_condition read_term(struct reading *reading, bool wanted)
{
    skip_blanks(reading);
    bool inverted = false;
    size_t from = reading->at;
    for (; byte_at(reading, reading->at) == '!'; skip_blanks(reading)) {
        inverted = !inverted;
        reading->at++;
    }
    enum cfg_condition result;
    if (byte_at(reading, reading->at) == '(')
        result = read_parentheses(reading, wanted);
    else if (integer_ahead(reading))
        result = read_integer(reading);
    else if (reading->at >= reading->text.size)
        result = unparsable(reading, from);
    else
        result = read_predicate(reading, wanted);
    skip_blanks(reading);
    if (result == CONDITION_BAD)
        return result;
    return answer((result == CONDITION_TRUE) != inverted);
}

static bool operator_ahead(const struct reading *reading, char c)
{
    return byte_at(reading, reading->at) == c && byte_at(reading, reading->at + 1) == c;
}

static enum cfg_condition read_and(struct reading *reading, bool wanted)
{
    enum cfg_condition result = read_term(reading, wanted);
    while (result != CONDITION_BAD && operator_ahead(reading, '&')) {
        size_t operator_at = reading->at;
        reading->at += 2;
        skip_blanks(reading);
        if (reading->at >= reading->text.size)
            return unparsable(reading, operator_at);
        enum cfg_condition right = read_term(reading, wanted && result == CONDITION_TRUE);
        if (right == CONDITION_BAD || result == CONDITION_TRUE)
            result = right;
    }
    return result;
}

static enum cfg_condition read_or(struct reading *reading, bool wanted)
{
    enum cfg_condition result = read_and(reading, wanted);
    while (result != CONDITION_BAD && operator_ahead(reading, '|')) {
        size_t operator_at = reading->at;
        reading->at += 2;
        skip_blanks(reading);
        if (reading->at >= reading->text.size)
            return unparsable(reading, operator_at);
        enum cfg_condition right = read_and(reading, wanted && result == CONDITION_FALSE);
        if (right == CONDITION_BAD || result == CONDITION_FALSE)
            result = right;
    }
    return result;
}

enum cfg_condition cfg_condition_eval(const struct cfg_condition_world *world, struct str text,
                                      struct arena *arena, const char **error, size_t *error_at)
{
    struct reading reading = { .world = world, .arena = arena, .text = text };
    *error = NULL;
    *error_at = 0;
    skip_blanks(&reading);
    if (reading.at >= text.size)
        return CONDITION_FALSE;
    enum cfg_condition result = read_or(&reading, true);
    if (result != CONDITION_BAD && reading.at < text.size)
        result =
            bad(&reading, reading.at,
                arena_printf(arena, "unexpected character '%c' at the end of conditional expression '%.*s'",
                             text.data[reading.at], STR_ARG(text)));
    *error = reading.error;
    *error_at = reading.error_at;
    return result;
}

int cfg_condition_command(const struct cfg_condition_world *world, const char *text, struct diag *diag)
{
    struct cfg_lex lex = { .platform = world->platform, .no_comments = true };
    const struct diag_place nowhere = { 0 };
    struct arena arena;
    struct buf joined = BUF_INIT;
    arena_init(&arena, 4096);
    enum cfg_condition result = CONDITION_BAD;
    const char *error = OUT_OF_MEMORY;
    size_t error_at;
    enum cfg_lex_error cut = cfg_lex_line(&lex, str_of(text));
    for (unsigned i = 0; i < lex.count; i++)
        buf_printf(&joined, "%s%s", i ? " " : "", lex.words[i]);
    if (cut)
        diag_config(diag, DIAG_ALERT, nowhere, "Syntax Error in condition: %c%s.",
                    ascii_upper(cfg_lex_error_text(cut)[0]), cfg_lex_error_text(cut) + 1);
    else if (!joined.failed)
        result = cfg_condition_eval(world, buf_str(&joined), &arena, &error, &error_at);
    if (!cut && result == CONDITION_BAD)
        diag_config(diag, DIAG_ALERT, nowhere, "Failed to evaluate condition: %s", error);
    cfg_lex_finish(&lex);
    buf_finish(&joined);
    arena_finish(&arena);
    return result == CONDITION_TRUE ? 0 : result == CONDITION_FALSE ? 1 : 2;
}
