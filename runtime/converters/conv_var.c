/* Variables between converters (HAProxy manual 7.3.1). */
#include "converters/conv.h"
#include "converters/converters.h"
#include "sample/var_condition.h"

static bool check_var(struct sample_args *args, const char **error)
{
    return conv_arg_var(args, 0, error);
}

/* Behind the name: conditions, all of which must hold. */
static bool check_set_var(struct sample_args *args, const char **error)
{
    for (unsigned i = 1; i < args->count; i++) {
        unsigned bit = var_condition_of(args->list[i].text);
        if (!bit)
            return conv_refuse(args, error, "unknown condition \"%s\"", args->list[i].text.data);
        args->list[1].integer |= bit;
    }
    return check_var(args, error);
}

static bool conv_set_var(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    struct vars *vars = sample_context_vars(context, args->list[0].var.scope);
    unsigned conditions = args->count > 1 ? (unsigned)args->list[1].integer : 0;
    if (!vars)
        return false;
    if (conditions && !var_conditions_hold(conditions, vars, &args->list[0].var, sample))
        return true;
    return vars_set(vars, &args->list[0].var, sample);
}

static bool conv_unset_var(const struct sample_args *args, struct sample_context *context,
                           struct sample *sample)
{
    struct vars *vars = sample_context_vars(context, args->list[0].var.scope);
    if (!vars)
        return false;
    /* The value that goes on may be the variable's own. */
    if (sample->type == SAMPLE_STR || sample->type == SAMPLE_BIN) {
        sample->u.text = arena_copy(context->scratch, sample->u.text);
        if (!sample->u.text.data)
            return false;
    }
    vars_remove(vars, &args->list[0].var);
    return true;
}

/* Passes the value on; what it would write goes to a ring of events, and there is none. */
static bool conv_debug(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    (void)sample;
    return true;
}

static bool check_debug(struct sample_args *args, const char **error)
{
    static const char *const sinks[] = { "buf0", "stdout", "stderr" };
    for (size_t i = 0; i < COUNT_OF(sinks); i++) {
        if (args->count < 2 || str_eq(args->list[1].text, str_of(sinks[i])))
            return true;
    }
    return conv_refuse(args, error, "No such sink '%s'", args->list[1].text.data);
}

const struct converter_row conv_var_rows[] = {
    { "debug", conv_debug, "str?,str?", SAMPLE_ANY, SAMPLE_ANY, NULL, check_debug },
    { "set-var", conv_set_var, "str,str?,str?,str?,str?,str?,str?,str?,str?", SAMPLE_ANY, SAMPLE_ANY, NULL,
      check_set_var },
    { "unset-var", conv_unset_var, "str", SAMPLE_ANY, SAMPLE_ANY, NULL, check_var },
    { 0 },
};
