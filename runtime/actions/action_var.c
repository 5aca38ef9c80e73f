/* set-var, set-var-fmt, unset-var (HAProxy manual 4.2 http-request set-var). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "log/log_format.h"
#include "sample/sample_expr.h"
#include "sample/var_condition.h"

struct var_action {
    struct var_name name;
    unsigned conditions;
    struct sample_expr *expr;  /* set-var */
    struct log_format *format; /* set-var-fmt */
};

#define EXPECTS "Expects 'set-var(<var-name>)', 'set-var-fmt(<var-name>)' or 'unset-var(<var-name>)'"

static bool read_conditions(struct cfg_line *line, const struct rule *rule, struct str rest,
                            struct var_action *action)
{
    while (rest.data) {
        struct str word = str_split(&rest, ',');
        unsigned bit = var_condition_of(word);
        if (!bit)
            return action_error(line, rule, "unknown condition \"%.*s\"", STR_ARG(word));
        action->conditions |= bit;
    }
    return true;
}

/* "(txn.a,ifexists)" behind the action's own name. */
static bool read_name(struct cfg_line *line, unsigned at, struct rule *rule)
{
    struct var_action *action = action_alloc(line, sizeof(*action));
    const char *error = NULL;
    const char *word = cfg_word(line, at - 1);
    size_t close = str_find_last_char(rule->text, ')');
    rule->own = action;
    if (!str_starts(rule->text, STR("(")))
        return action_error(line, rule, "invalid or incomplete action '%s'. " EXPECTS, word);
    if (close == STR_NOT_FOUND)
        return action_error(line, rule, "incomplete argument after action '%s'. " EXPECTS, word);
    struct str rest = str_slice(rule->text, 1, close - 1);
    struct str name = str_split(&rest, ',');
    bool good = var_name_read(name, &action->name, &configuration_of(line)->arena, &error);
    if (good)
        var_name_note(&configuration_of(line)->var_names, &action->name);
    if (!good)
        return action_error(line, rule, "%s", error);
    return read_conditions(line, rule, rest, action);
}

static bool read_set(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    if (!read_name(line, *at, rule))
        return false;
    struct var_action *action = rule->own;
    action->expr = action_read_expr(line, rule, at);
    return action->expr;
}

static bool read_set_format(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    if (!read_name(line, *at, rule))
        return false;
    struct var_action *action = rule->own;
    bool none = action_ends_at(line, *at);
    action->format = action_read_format(line, rule, none ? "" : cfg_word(line, *at));
    *at += !none;
    return action->format;
}

static bool read_unset(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_name(line, *at, rule);
}

static bool value_of(const struct var_action *action, struct sample_context *context, struct sample *out)
{
    if (action->expr)
        return sample_eval(action->expr, context, out);
    *out = sample_text(log_format_text(action->format, context, true));
    return out->u.text.data != NULL;
}

/* No value, or no room for it: the variable stays as it was (HAProxy says nothing either). */
static enum rule_result set_var(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct var_action *action = rule->own;
    struct vars *vars = sample_context_vars(context, action->name.scope);
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    (void)cursor;
    if (vars && value_of(action, context, &value) &&
        var_conditions_hold(action->conditions, vars, &action->name, &value))
        (void)!vars_set(vars, &action->name, &value);
    arena_rewind(context->scratch, mark);
    return RULE_NEXT;
}

static enum rule_result unset_var(struct rule *rule, struct sample_context *context,
                                  struct rule_cursor *cursor)
{
    const struct var_action *action = rule->own;
    struct vars *vars = sample_context_vars(context, action->name.scope);
    (void)cursor;
    if (vars)
        vars_remove(vars, &action->name);
    return RULE_NEXT;
}

#define EVERYWHERE (RULES_TCP_ALL | RULES_HTTP_ALL | RULES_CHECK)

/* clang-format off */
const struct action_row action_var_rows[] = {
    /* name          rulesets    read             run */
    { "set-var*",     EVERYWHERE, read_set,        set_var,   NULL, NULL, NULL, NULL },
    { "set-var-fmt*", EVERYWHERE, read_set_format, set_var,   NULL, NULL, NULL, NULL },
    { "unset-var*",   EVERYWHERE, read_unset,      unset_var, NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
