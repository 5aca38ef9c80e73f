/* Variables as a fetch (HAProxy manual 7.3.2). */
#include "fetches/fetches.h"
#include "sample/sample_args.h"
#include "sample/sample_expr.h"

/* The default is text, as the argument is. */
static bool fetch_var(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct var_name *name = &args->list[0].var;
    const struct vars *vars = sample_context_vars(context, name->scope);
    if (vars && vars_get(vars, name, out))
        return true;
    if (args->count < 2)
        return false;
    *out = sample_text(args->list[1].text);
    return true;
}

static bool check_var(struct sample_args *args, const char **error)
{
    if (!var_name_read(args->list[0].text, &args->list[0].var, args->parser->arena, error))
        return false;
    var_name_note(args->parser->var_names, &args->list[0].var);
    return true;
}

const struct fetch_row fetch_var_rows[] = {
    { "var", fetch_var, "str,str?", SAMPLE_ANY, AT_ANYWHERE, NULL, check_var },
    { 0 },
};
