/* The API as it is, printed from the rows: annotation files for editors (LuaLS), and a list of every method with where it may
 * be called. */
#include "lua/lua_dump.h"
#include "lua/classes.h"

static void add_parameter(struct buf *out, struct str text, unsigned *count, struct str *names)
{
    text = str_trim(text);
    size_t colon = str_find_char(text, ':');
    struct str name = str_slice(text, 0, colon == STR_NOT_FOUND ? text.size : colon);
    struct str type = colon == STR_NOT_FOUND ? STR("any") : str_trim(str_from(text, colon + 1));
    if (!text.size)
        return;
    buf_printf(out, "---@param %.*s %.*s\n", STR_ARG(name), STR_ARG(type));
    if (name.size && name.data[name.size - 1] == '?')
        name.size--;
    names[(*count)++] = name;
}

#define PARAMETERS_MAX 8

/* Cuts "a: integer, b?: fun(x: any), ... -> string" where commas stand outside of brackets. */
static unsigned add_parameters(struct buf *out, const char *signature, struct str *names)
{
    unsigned count = 0;
    int depth = 0;
    const char *begin = signature;
    for (const char *at = signature;; at++) {
        bool end = !*at || (depth == 0 && at[0] == '-' && at[1] == '>');
        if (end || (*at == ',' && depth == 0)) {
            if (count < PARAMETERS_MAX)
                add_parameter(out, str_make(begin, (size_t)(at - begin)), &count, names);
            begin = at + 1;
            if (end)
                return count;
        }
        if (*at == '(' || *at == '<' || *at == '{')
            depth++;
        else if (*at == ')' || *at == '>' || *at == '}')
            depth--;
    }
}

static void add_places(struct buf *out, unsigned where)
{
    bool first = true;
    for (unsigned bit = 1; bit <= LUA_IN_FILTER; bit <<= 1) {
        if (!(where & bit))
            continue;
        buf_printf(out, "%s%s", first ? "" : ", ", lua_context_name((enum lua_context)bit));
        first = false;
    }
}

static void add_method(struct buf *out, const char *owner, char separator, const struct lua_method_row *row)
{
    struct str names[PARAMETERS_MAX];
    const char *result = strstr(row->signature, "-> ");
    buf_add_c(out, "---Callable from: ");
    if (row->where == LUA_ANYWHERE)
        buf_add_c(out, "anywhere");
    else
        add_places(out, row->where);
    buf_add_c(out, row->may_wait ? ". May wait.\n" : ".\n");
    unsigned count = add_parameters(out, row->signature, names);
    if (result)
        buf_printf(out, "---@return %s\n", result + 3);
    buf_printf(out, "function %s%c%s(", owner, separator, row->name);
    for (unsigned i = 0; i < count; i++)
        buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(names[i]));
    buf_add_c(out, ") end\n\n");
}

/* "name: string, uuid: string" */
static void add_fields(struct buf *out, const char *fields)
{
    int depth = 0;
    const char *begin = fields;
    for (const char *at = fields; fields; at++) {
        if (*at == '<' || *at == '(')
            depth++;
        else if (*at == '>' || *at == ')')
            depth--;
        if (*at && (*at != ',' || depth))
            continue;
        struct str field = str_trim(str_make(begin, (size_t)(at - begin)));
        size_t colon = str_find_char(field, ':');
        if (colon != STR_NOT_FOUND)
            buf_printf(out, "---@field %.*s %.*s\n", (int)colon, field.data,
                       STR_ARG(str_trim(str_from(field, colon + 1))));
        begin = at + 1;
        if (!*at)
            return;
    }
}

static void add_class(struct buf *out, const struct lua_class *class)
{
    buf_printf(out, "---@class %s\n", class->name);
    add_fields(out, class->fields);
    buf_printf(out, "local %s = {}\n\n", class->name);
    for (const struct lua_method_row *row = class->rows; row && row->name; row++)
        add_method(out, class->name, ':', row);
}

void lua_dump_annotations(struct buf *out)
{
    buf_add_c(out, "---@meta\n\n");
    for (const struct lua_function_table *table = classes_functions; table->name; table++) {
        buf_printf(out, "---@class %slib\n%s = {}\n\n", table->name, table->name);
        for (unsigned i = 0; i < COUNT_OF(table->rows) && table->rows[i]; i++)
            for (const struct lua_method_row *row = table->rows[i]; row->name; row++)
                add_method(out, table->name, '.', row);
    }
    const char *before = "";
    for (unsigned i = 0; classes_all[i]; i++) {
        if (strcmp(before, classes_all[i]->name) != 0) /* two ways of one class stand together */
            add_class(out, classes_all[i]);
        before = classes_all[i]->name;
    }
}

static void list_method(struct buf *out, const char *owner, char separator, const struct lua_method_row *row)
{
    buf_printf(out, "%s%c%s(%s) [", owner, separator, row->name, row->signature);
    if (row->where == LUA_ANYWHERE)
        buf_add_c(out, "anywhere");
    else
        add_places(out, row->where);
    buf_add_c(out, row->may_wait ? "] may wait\n" : "]\n");
}

void lua_dump_methods(struct buf *out)
{
    buf_add_c(out, "# List of registered Lua functions and methods:\n");
    for (const struct lua_function_table *table = classes_functions; table->name; table++)
        for (unsigned i = 0; i < COUNT_OF(table->rows) && table->rows[i]; i++)
            for (const struct lua_method_row *row = table->rows[i]; row->name; row++)
                list_method(out, table->name, '.', row);
    const char *before = "";
    for (unsigned i = 0; classes_all[i]; i++) {
        const struct lua_class *class = classes_all[i];
        for (const struct lua_method_row *row = class->rows; row && row->name && strcmp(before, class->name);
             row++)
            list_method(out, class->name, ':', row);
        before = class->name;
    }
}
