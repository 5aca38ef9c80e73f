/* The API as it is, printed from the rows: annotation files for editors (LuaLS), and a list of every method with where it may
 * be called. */
#include "lua/lua_dump.h"
#include "config/words.h"
#include "lua/classes.h"
#include "sample/sample_expr.h"

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

/* The next of "name: string, uuid: string"; false: none is left. */
static bool next_field(const char **at, struct str *name, struct str *type)
{
    int depth = 0;
    const char *begin = *at, *end = begin;
    while (end && *end && (*end != ',' || depth)) {
        depth += *end == '<' || *end == '(' || *end == '{';
        depth -= *end == '>' || *end == ')' || *end == '}';
        end++;
    }
    if (!end || end == begin)
        return false;
    struct str field = str_trim(str_make(begin, (size_t)(end - begin)));
    size_t colon = str_find_char(field, ':');
    *name = str_slice(field, 0, colon);
    *type = str_trim(str_from(field, colon + 1));
    *at = *end ? end + 1 : end;
    return true;
}

static void add_fields(struct buf *out, const char *fields)
{
    struct str name, type;
    while (next_field(&fields, &name, &type))
        buf_printf(out, "---@field %.*s %.*s\n", STR_ARG(name), STR_ARG(type));
}

static void add_method_name(struct buf *out, struct str word)
{
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        buf_add_char(out, ascii_alpha(c) || ascii_digit(c) ? c : '_');
    }
}

/* Fetches and converters of the engine are methods too. */
static void add_words(struct buf *out, const struct lua_class *class, const struct words *words)
{
    bool fetches = class == &class_fetches;
    if (!fetches && class != &class_converters)
        return;
    const struct dict *names = &words->by_name[fetches ? WORD_FETCH : WORD_CONVERTER];
    for (struct dict_entry *entry = dict_next(names, NULL); entry; entry = dict_next(names, entry)) {
        const struct word *word = entry->value;
        const char *args = fetches ? ((const struct fetch_row *)word->row)->args
                                   : ((const struct converter_row *)word->row)->args;
        buf_printf(out, "---%.*s(%s)\n", STR_ARG(entry->key), args);
        if (!fetches)
            buf_add_c(out, "---@param value any\n");
        buf_printf(out, "---@param ... string|integer\n---@return any\nfunction %s:", class->name);
        add_method_name(out, entry->key);
        buf_add_c(out, fetches ? "(...) end\n\n" : "(value, ...) end\n\n");
    }
}

static void add_class(struct buf *out, const struct lua_class *class, const struct words *words)
{
    buf_printf(out, "---@class %s\n", class->name);
    add_fields(out, class->fields);
    buf_printf(out, "local %s = {}\n\n", class->name);
    for (const struct lua_method_row *row = class->rows; row && row->name; row++)
        add_method(out, class->name, ':', row);
    add_words(out, class, words);
}

void lua_dump_annotations(struct buf *out, const struct words *words)
{
    buf_add_c(out, "---@meta\n\n");
    for (const struct lua_shape *shape = classes_shapes; shape->name; shape++) {
        buf_printf(out, "---@class %s\n", shape->name);
        add_fields(out, shape->fields);
        buf_add_char(out, '\n');
    }
    for (const struct lua_function_table *table = classes_functions; table->name; table++) {
        buf_printf(out, "---@class %slib\n", table->name);
        add_fields(out, table->fields);
        buf_printf(out, "%s = {}\n\n", table->name);
        for (unsigned i = 0; i < COUNT_OF(table->rows) && table->rows[i]; i++)
            for (const struct lua_method_row *row = table->rows[i]; row->name; row++)
                add_method(out, table->name, '.', row);
    }
    const char *before = "";
    for (unsigned i = 0; classes_all[i]; i++) {
        if (strcmp(before, classes_all[i]->name) != 0) /* two ways of one class stand together */
            add_class(out, classes_all[i], words);
        before = classes_all[i]->name;
    }
}

static void list_fields(struct buf *out, const char *owner, const char *fields)
{
    struct str name, type;
    while (next_field(&fields, &name, &type)) {
        bool optional = name.size && name.data[name.size - 1] == '?';
        buf_printf(out, "%s.%.*s: %.*s%s\n", owner, (int)(name.size - optional), name.data, STR_ARG(type),
                   optional ? "|nil" : "");
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

void lua_dump_methods(struct buf *out, const struct words *words)
{
    (void)words;
    buf_add_c(out, "# List of registered Lua functions and methods:\n");
    for (const struct lua_function_table *table = classes_functions; table->name; table++) {
        list_fields(out, table->name, table->fields);
        for (unsigned i = 0; i < COUNT_OF(table->rows) && table->rows[i]; i++)
            for (const struct lua_method_row *row = table->rows[i]; row->name; row++)
                list_method(out, table->name, '.', row);
    }
    const char *before = "";
    for (unsigned i = 0; classes_all[i]; i++) {
        const struct lua_class *class = classes_all[i];
        if (strcmp(before, class->name) != 0)
            list_fields(out, class->name, class->fields);
        for (const struct lua_method_row *row = class->rows; row && row->name && strcmp(before, class->name);
             row++)
            list_method(out, class->name, ':', row);
        before = class->name;
    }
}
