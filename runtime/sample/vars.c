/* A scope's variables: a chain, newest first, each with its name's hash and an own copy of its value. */
#include "sample/vars.h"
#include "base/dict.h"
#include "base/digest.h"
#include "base/mem.h"
#include "sample/sample.h"

struct var {
    struct var *next;
    uint64_t hash;
    struct str name;     /* own copy: names may come from scripts */
    struct sample value; /* text lies behind `text` */
    char *text;
    size_t text_capacity;
};

static bool has_text(const struct sample *sample)
{
    return sample->type == SAMPLE_STR || sample->type == SAMPLE_BIN || sample->type == SAMPLE_METH;
}

static struct str text_of(const struct sample *sample)
{
    return sample->type == SAMPLE_METH ? sample->u.method.name : sample->u.text;
}

static size_t size_of(const struct var *var)
{
    return sizeof(*var) + var->name.size + var->text_capacity;
}

static void count(struct vars *vars, size_t more)
{
    for (; vars; vars = vars->within)
        vars->size += more;
}

static void free_var(struct vars *vars, struct var *var)
{
    count(vars, 0 - size_of(var));
    mem_free((char *)(uintptr_t)var->name.data);
    mem_free(var->text);
    mem_free(var);
}

void vars_finish(struct vars *vars)
{
    while (vars->first) {
        struct var *var = vars->first;
        vars->first = var->next;
        free_var(vars, var);
    }
}

static struct var *find(const struct vars *vars, const struct var_name *name)
{
    for (struct var *var = vars->first; var; var = var->next)
        if (var->hash == name->hash && str_eq(var->name, name->name))
            return var;
    return NULL;
}

static bool room_for(const struct vars *vars, size_t more)
{
    for (; vars; vars = vars->within)
        if (vars->limit && vars->size + more > vars->limit)
            return false;
    return true;
}

static struct var *add(struct vars *vars, const struct var_name *name)
{
    if (!room_for(vars, sizeof(struct var) + name->name.size))
        return NULL;
    struct var *var = mem_zero(sizeof(*var));
    char *copy = mem_alloc(name->name.size + 1);
    if (!var || !copy) {
        mem_free(var);
        mem_free(copy);
        return NULL;
    }
    str_to_c(name->name, copy, name->name.size + 1);
    var->name = str_make(copy, name->name.size);
    var->hash = name->hash;
    var->value = sample_bool(false);
    var->next = vars->first;
    vars->first = var;
    count(vars, size_of(var));
    return var;
}

static bool put(struct vars *vars, struct var *var, const struct sample *value)
{
    if (!has_text(value)) {
        var->value = *value;
        return true;
    }
    struct str text = text_of(value);
    if (text.size + 1 > var->text_capacity) {
        if (!room_for(vars, text.size + 1 - var->text_capacity))
            return false;
        char *grown = mem_alloc(text.size + 1);
        if (!grown)
            return false;
        memcpy(grown, text.data ? text.data : "", text.size);
        mem_free(var->text);
        count(vars, text.size + 1 - var->text_capacity);
        var->text = grown;
        var->text_capacity = text.size + 1;
    } else if (text.size) {
        memmove(var->text, text.data, text.size);
    }
    var->text[text.size] = 0;
    var->value = *value;
    if (value->type == SAMPLE_METH)
        var->value.u.method.name = str_make(var->text, text.size);
    else
        var->value.u.text = str_make(var->text, text.size);
    return true;
}

bool vars_set(struct vars *vars, const struct var_name *name, const struct sample *value)
{
    struct var *var = find(vars, name);
    bool fresh = !var;
    if (!var)
        var = add(vars, name);
    if (!var)
        return false;
    if (put(vars, var, value))
        return true;
    if (fresh) {
        vars->first = var->next;
        free_var(vars, var);
    }
    return false;
}

bool vars_remove(struct vars *vars, const struct var_name *name)
{
    for (struct var **link = &vars->first; *link; link = &(*link)->next) {
        struct var *var = *link;
        if (var->hash != name->hash || !str_eq(var->name, name->name))
            continue;
        *link = var->next;
        free_var(vars, var);
        return true;
    }
    return false;
}

bool vars_get(const struct vars *vars, const struct var_name *name, struct sample *out)
{
    const struct var *var = find(vars, name);
    if (var)
        *out = var->value;
    return var != NULL;
}

struct var *vars_next(const struct vars *vars, const struct var *previous)
{
    return previous ? previous->next : vars->first;
}

struct str var_text_name(const struct var *var)
{
    return var->name;
}

static const char empty_name[] = "Empty variable name cannot be accepted";
static const char scope_wanted[] =
    "A variable name must be start by its scope. The scope can be 'proc', 'sess', "
    "'txn', 'req', 'res' or 'check'";
static const char bad_char[] = "only alphanumeric chars, '.' and '_' are allowed in a variable's name";

static bool is_name_char(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '.';
}

static bool read_scope(struct str text, enum var_scope *scope)
{
    static const char *const scopes[] = { "proc", "sess", "txn", "req", "res", "check" };
    for (size_t i = 0; i < COUNT_OF(scopes); i++) {
        if (str_eq(text, str_of(scopes[i]))) {
            *scope = (enum var_scope)i;
            return true;
        }
    }
    return false;
}

bool var_name_parse(struct str text, struct var_name *out, const char **error)
{
    size_t dot = str_find_char(text, '.');
    struct str name = dot == STR_NOT_FOUND ? STR_NONE : str_from(text, dot + 1);
    enum var_scope scope = VAR_PROC;
    if (!text.size) {
        *error = empty_name;
        return false;
    }
    if (!name.size || !read_scope(str_slice(text, 0, dot), &scope)) {
        *error = scope_wanted;
        return false;
    }
    for (size_t at = 0; at < name.size; at++) {
        if (!is_name_char(name.data[at])) {
            *error = bad_char;
            return false;
        }
    }
    *out = (struct var_name){ scope, name, digest_table(name) };
    return true;
}

/* Names without their scope. One that there is no memory for is as if it had not been used. */
void var_name_note(struct dict *names, const struct var_name *name)
{
    if (names && !dict_set(names, name->name, (void *)(uintptr_t)name))
        return;
}

bool var_name_read(struct str text, struct var_name *out, struct arena *arena, const char **error)
{
    const char *reason = NULL;
    size_t at = 0;
    if (var_name_parse(text, out, &reason))
        return true;
    while (at < text.size && is_name_char(text.data[at]))
        at++;
    struct str bad = str_from(text, at);
    if (reason == scope_wanted)
        *error = arena_printf(arena, "invalid variable name '%.*s'. %s", STR_ARG(text), reason).data;
    else if (reason == bad_char)
        *error = arena_printf(arena, "invalid syntax at char '%.*s'", STR_ARG(bad)).data;
    else
        *error = reason;
    return false;
}

struct vars *sample_context_vars(const struct sample_context *context, enum var_scope scope)
{
    return context->vars ? context->vars(context, scope) : NULL;
}
