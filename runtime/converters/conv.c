/* Arguments and results that several families of converters share. */
#include "converters/conv.h"
#include "base/units.h"

bool conv_refuse(const struct sample_args *args, const char **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    *error = arena_vprintf(args->parser->arena, format, values).data;
    va_end(values);
    return false;
}

bool conv_arg_var(struct sample_args *args, unsigned i, const char **error)
{
    struct sample_arg *arg = &args->list[i];
    arg->kind = ARG_VAR;
    if (!var_name_read(arg->text, &arg->var, args->parser->arena, error))
        return false;
    var_name_note(args->parser->var_names, &arg->var);
    return true;
}

bool conv_arg_var_if_any(struct sample_args *args, unsigned i, const char **error)
{
    struct sample_arg *arg = &args->list[i];
    const char *reason = NULL;
    if (!arg->text.size)
        return true;
    arg->kind = ARG_VAR;
    return var_name_parse(arg->text, &arg->var, &reason) ||
           conv_refuse(args, error, "failed to register variable name '%s'", arg->text.data);
}

bool conv_arg_operand(struct sample_args *args, const char **error)
{
    struct sample_arg *arg = &args->list[0];
    const char *reason = NULL;
    arg->kind = ARG_VAR;
    if (var_name_parse(arg->text, &arg->var, &reason))
        return true;
    arg->kind = ARG_INT;
    arg->integer = 0;
    return !arg->text.size || units_read_int(arg->text, &arg->integer) == arg->text.size ||
           conv_refuse(args, error, "expects an integer or a variable name");
}

bool conv_var(const struct sample_context *context, const struct var_name *name, struct sample *out)
{
    const struct vars *vars = sample_context_vars(context, name->scope);
    return vars && vars_get(vars, name, out);
}

bool conv_operand(const struct sample_args *args, struct sample_context *context, int64_t *out)
{
    const struct sample_arg *arg = &args->list[0];
    struct sample value;
    if (arg->kind != ARG_VAR) {
        *out = arg->integer;
        return true;
    }
    if (!conv_var(context, &arg->var, &value) || !sample_cast(&value, SAMPLE_SINT, context->scratch))
        return false;
    *out = value.u.integer;
    return true;
}

bool conv_give(struct sample *sample, enum sample_type type, struct str text)
{
    if (!text.data)
        return false;
    sample->type = type;
    sample->u.text = text;
    return true;
}

struct str conv_text_arg(const struct sample_args *args, unsigned i)
{
    return i < args->count ? args->list[i].text : STR_NONE;
}

int64_t conv_int_arg(const struct sample_args *args, unsigned i)
{
    return i < args->count ? args->list[i].integer : 0;
}
