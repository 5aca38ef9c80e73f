/* Conditions of set-var. */
#include "sample/var_condition.h"

enum {
    IF_EXISTS = 1,
    IF_NOT_EXISTS = 2,
    IF_EMPTY = 4,
    IF_NOT_EMPTY = 8,
    IF_SET = 16,
    IF_NOT_SET = 32,
    IF_GT = 64,
    IF_LT = 128
};

static const struct {
    const char *word;
    unsigned bit;
} words[] = {
    { "ifexists", IF_EXISTS }, { "ifnotexists", IF_NOT_EXISTS },
    { "ifempty", IF_EMPTY },   { "ifnotempty", IF_NOT_EMPTY },
    { "ifset", IF_SET },       { "ifnotset", IF_NOT_SET },
    { "ifgt", IF_GT },         { "iflt", IF_LT },
};

unsigned var_condition_of(struct str word)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq(word, str_of(words[i].word)))
            return words[i].bit;
    }
    return 0;
}

/* Numbers and addresses are never empty. */
static bool is_empty(const struct sample *value)
{
    return (value->type == SAMPLE_STR || value->type == SAMPLE_BIN) && !value->u.text.size;
}

bool var_conditions_hold(unsigned conditions, const struct vars *vars, const struct var_name *name,
                         const struct sample *value)
{
    struct sample old;
    bool set = conditions && vars_get(vars, name, &old);
    bool exists = set || name->scope == VAR_PROC; /* those of the process are there from the start */
    if ((conditions & IF_EXISTS && !exists) || (conditions & IF_NOT_EXISTS && exists))
        return false;
    if ((conditions & IF_SET && !set) || (conditions & IF_NOT_SET && set))
        return false;
    if ((conditions & IF_EMPTY && !is_empty(value)) || (conditions & IF_NOT_EMPTY && is_empty(value)))
        return false;
    if (!set || old.type != SAMPLE_SINT || value->type != SAMPLE_SINT)
        return true;
    return !(conditions & IF_GT && old.u.integer <= value->u.integer) &&
           !(conditions & IF_LT && old.u.integer >= value->u.integer);
}
