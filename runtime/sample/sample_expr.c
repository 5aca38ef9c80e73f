/* Expressions: read once, evaluated often. Each step casts what it gets to what it wants. */
#include "sample/sample_expr.h"
#include "sample/sample_args_read.h"

#define STEPS_MAX 64u

static bool name_char(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '.' || c == '-' || c == '+';
}

static struct str take_name(const char *text)
{
    size_t size = 0;
    while (name_char(text[size]))
        size++;
    return str_make(text, size);
}

static bool fail(struct sample_parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(struct sample_parser *parser, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    parser->error = arena_vprintf(parser->arena, format, values).data;
    va_end(values);
    return false;
}

static bool unknown(struct sample_parser *parser, enum word_kind kind, const char *what, struct str name)
{
    const char *near = words_closest(parser->words, kind, name, NULL, NULL);
    if (near)
        return fail(parser, "unknown %s '%.*s' (did you mean '%s' maybe ?)", what, STR_ARG(name), near);
    return fail(parser, "unknown %s '%.*s'", what, STR_ARG(name));
}

static bool run_check(struct sample_parser *parser,
                      bool (*check)(struct sample_args *args, const char **error), struct sample_args *args,
                      const char **error)
{
    args->parser = parser;
    *error = NULL;
    bool well = !check || check(args, error);
    args->parser = NULL;
    if (!well && !*error)
        *error = "bad arguments";
    return well;
}

static bool add_step(struct sample_parser *parser, struct sample_expr *expr, const struct converter_row *row,
                     const char **at, struct sample_step *step)
{
    const char *error = NULL;
    *step = (struct sample_step){ .row = row };
    if (!sample_can_cast(expr->out, row->in))
        return fail(parser, "converter '%s' cannot be applied", row->name);
    if (!sample_args_read(parser, row->args, row->name, at, &step->args, &error))
        return fail(parser, "invalid arg %u in converter '%s' : %s", step->args.count + 1, row->name, error);
    step->args.row_data = row->data;
    if (!run_check(parser, row->check, &step->args, &error))
        return fail(parser, "invalid args in converter '%s' : %s", row->name, error);
    expr->step_count++;
    if (row->out != SAMPLE_ANY)
        expr->out = row->out;
    else if (row->in != SAMPLE_ANY && row->in != expr->out)
        expr->out = row->in;
    return true;
}

/* *at stands on a comma, or on the first converter's name. */
static bool read_steps(struct sample_parser *parser, struct sample_expr *expr, const char **at,
                       struct sample_step *steps)
{
    for (bool first = true; first || **at == ','; first = false) {
        while (**at == ',')
            ++*at;
        struct str name = take_name(*at);
        if (!name.size && !**at)
            return true; /* commas may end an expression */
        const struct word *word = words_find(parser->words, WORD_CONVERTER, name);
        if (!word)
            return unknown(parser, WORD_CONVERTER, "converter", name);
        if (expr->step_count == STEPS_MAX)
            return fail(parser, "too many converters");
        *at += name.size;
        if (!add_step(parser, expr, word->row, at, &steps[expr->step_count]))
            return false;
    }
    return true;
}

bool sample_expr_parse_steps(struct sample_parser *parser, const char *text, struct sample_expr *expr,
                             const char **end)
{
    struct sample_step steps[STEPS_MAX];
    unsigned before = expr->step_count;
    *end = text;
    if (!*text)
        return true;
    if (before)
        memcpy(steps, expr->steps, before * sizeof(*steps));
    if (!read_steps(parser, expr, end, steps))
        return false;
    if (expr->step_count == before)
        return true;
    struct sample_step *kept = arena_alloc(parser->arena, expr->step_count * sizeof(*steps));
    if (!kept)
        return fail(parser, "out of memory");
    memcpy(kept, steps, expr->step_count * sizeof(*steps));
    expr->steps = kept;
    return true;
}

/* A fetch that has no meaning where it stands is an error that names where it has one. */
static bool valid_here(struct sample_parser *parser, const struct fetch_row *row)
{
    if (!parser->place || (row->valid & (unsigned)parser->place))
        return true;
    struct str places = sample_places_text(row->valid, parser->arena);
    return fail(parser, "sample fetch <%s> may not be reliably used here: it is available in %.*s", row->name,
                STR_ARG(places));
}

static bool read_fetch(struct sample_parser *parser, struct sample_expr *expr, const char **at)
{
    struct str name = take_name(*at);
    const char *error = NULL;
    if (!name.size)
        return fail(parser, "missing fetch method");
    const struct word *word = words_find(parser->words, WORD_FETCH, name);
    if (!word)
        return unknown(parser, WORD_FETCH, "fetch method", name);
    const struct fetch_row *row = word->row;
    *at += name.size;
    expr->fetch = row;
    expr->out = row->out;
    if (!sample_args_read(parser, row->args, row->name, at, &expr->args, &error))
        return fail(parser, "fetch method '%s' : %s", row->name, error);
    expr->args.row_data = row->data;
    if (!run_check(parser, row->check, &expr->args, &error))
        return fail(parser, "invalid args in fetch method '%s' : %s", row->name, error);
    return valid_here(parser, row);
}

struct sample_expr *sample_expr_parse(struct sample_parser *parser, const char *text, const char **end)
{
    struct sample_expr *expr = arena_zero(parser->arena, sizeof(*expr));
    const char *at = text;
    parser->error = NULL;
    *end = text;
    if (!expr) {
        fail(parser, "out of memory");
        return NULL;
    }
    if (!read_fetch(parser, expr, &at))
        return NULL;
    if (*at == ',' && !sample_expr_parse_steps(parser, at, expr, &at))
        return NULL;
    expr->text = arena_copy(parser->arena, str_make(text, (size_t)(at - text)));
    *end = at;
    if (!expr->text.data) {
        fail(parser, "out of memory");
        return NULL;
    }
    return expr;
}

bool sample_expr_parse_more(struct sample_parser *parser, struct sample_expr *expr, const char *const *words,
                            unsigned count, unsigned *at, const char **end)
{
    while (str_ends(str_of(words[*at]), STR(",")) && *at + 1 < count) {
        const char *next = words[*at + 1];
        struct str name = take_name(next);
        if (!name.size || !words_find(parser->words, WORD_CONVERTER, name))
            return true;
        if (!sample_expr_parse_steps(parser, next, expr, end))
            return false;
        expr->text = arena_printf(parser->arena, "%.*s%.*s", STR_ARG(expr->text), (int)(*end - next), next);
        if (!expr->text.data)
            return fail(parser, "out of memory");
        if (**end)
            return true;
        ++*at;
    }
    return true;
}

bool sample_apply(const struct converter_row *row, const struct sample_args *args,
                  struct sample_context *context, struct sample *sample)
{
    if (row->in != SAMPLE_ANY && sample->type != row->in && !sample_cast(sample, row->in, context->scratch))
        return false;
    return row->run(args, context, sample);
}

bool sample_eval(const struct sample_expr *expr, struct sample_context *context, struct sample *out)
{
    context->may_change = false;
    if (!expr->fetch->run(&expr->args, context, out))
        return false;
    for (unsigned i = 0; i < expr->step_count; i++) {
        if (!sample_apply(expr->steps[i].row, &expr->steps[i].args, context, out))
            return false;
    }
    return true;
}

bool sample_eval_as(const struct sample_expr *expr, struct sample_context *context, enum sample_type type,
                    struct sample *out)
{
    return sample_eval(expr, context, out) && sample_cast(out, type, context->scratch);
}
