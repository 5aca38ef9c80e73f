/* Fetches and Converters: each fetch and converter of the engine as a method, '.', '-' and the like as '_'. A method is made
 * when it is first called by that name and stays in the class. */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"
#include <lauxlib.h>

static struct sample_parser parser_of(const struct lua_machine *machine, struct stream *stream,
                                      enum sample_place place)
{
    return (struct sample_parser){
        .words = &machine->configuration->words,
        .arena = &stream->engine->scratch,
        .configuration = machine->configuration,
        .proxy = stream->backend,
        .place = place,
        .file = "Lua",
    };
}

/* Arguments that are texts in the configuration want a text here too: a number in its place is an error
 * (TRUTHS B13). */
static bool wants_text(const char *signature, unsigned position)
{
    for (; position && *signature; signature++)
        position -= *signature == ',';
    return strncmp(signature, "str", 3) == 0 &&
           (signature[3] == 0 || signature[3] == ',' || signature[3] == '?');
}

static unsigned take_args(lua_State *L, int from, const char *signature, struct str *values)
{
    unsigned count = 0;
    for (int index = from; index <= lua_gettop(L) && count < SAMPLE_ARG_MAX; index++) {
        if (lua_isnoneornil(L, index))
            break;
        if (lua_isboolean(L, index))
            luaL_argerror(L, index, "text or a number is expected");
        if (lua_type(L, index) == LUA_TNUMBER && wants_text(signature, count))
            luaL_argerror(L, index, "text is expected");
        values[count++] = lua_value_check_str(L, index);
    }
    return count;
}

/* NULL: made, and what they name was found; else what is wrong, in scratch. */
static const char *make_args(struct sample_parser *parser, const char *signature, const char *user,
                             const struct str *values, unsigned count, struct sample_args *args,
                             bool (*check)(struct sample_args *args, const char **error))
{
    struct sample_unresolved *names = NULL;
    const char *error = NULL;
    if (!count && !*signature && !check) /* most have none */
        return NULL;
    parser->unresolved = &names;
    if (!sample_args_make(parser, signature, user, values, count, args, &error))
        return error ? error : "bad arguments";
    for (struct sample_unresolved *one = names; one; one = one->next) {
        const char *what = configuration_resolve_argument(parser->configuration, one);
        if (!what)
            continue;
        struct str text = arena_printf(parser->arena, "unable to find %s '%s'", what, one->arg->text.data);
        return text.data ? text.data : "out of memory";
    }
    parser->configuration = NULL; /* checks that load files are for the configuration */
    return check && !check(args, &error) ? (error ? error : "bad arguments") : NULL;
}

/* Ends the method: the arguments do not fit. */
static int refuse(lua_State *L, const char *name, const char *error, struct arena *scratch,
                  struct arena_mark mark)
{
    lua_pushfstring(L, "%s: %s", name, error);
    arena_rewind(scratch, mark);
    return lua_error(L);
}

static int give(lua_State *L, bool found, const struct sample *sample, struct arena *scratch, bool as_text)
{
    if (!found && as_text)
        lua_pushliteral(L, "");
    else if (!found)
        lua_pushnil(L);
    else if (as_text)
        lua_value_push_sample_text(L, sample, scratch);
    else
        lua_value_push_sample(L, sample, scratch);
    return 1;
}

static int call_fetch(lua_State *L, const struct lua_class *class, bool as_text)
{
    const struct fetch_row *row = lua_touserdata(L, lua_upvalueindex(1));
    struct stream *stream = lua_class_check_by(L, class, lua_upvalueindex(2))->object;
    struct sample_context context = class_txn_context(L, stream);
    const struct lua_run *run = lua_run_of(L);
    struct str values[SAMPLE_ARG_MAX];
    unsigned count = take_args(L, 2, row->args, values);
    unsigned needs_head = (unsigned)(AT_REQUEST_HEAD | AT_RESPONSE_HEAD);
    bool in_service = run && run->context == LUA_IN_SERVICE;
    if (in_service && !(row->valid & (unsigned)AT_CONNECTION) && (row->valid & needs_head) &&
        !(row->valid & (unsigned)AT_CLI))
        return luaL_error(L, "the sample-fetch '%s' is not available in services", row->name);
    struct arena_mark mark = arena_mark(context.scratch);
    struct sample_args args = { .row_data = row->data };
    struct sample_parser parser = parser_of(lua_vm_of(L), stream, context.place);
    const char *error = make_args(&parser, row->args, row->name, values, count, &args, row->check);
    if (error)
        return refuse(L, row->name, error, context.scratch, mark);
    args.row_data = row->data;
    struct sample sample;
    bool found = (row->valid & (unsigned)context.place) && row->run(&args, &context, &sample);
    int results = give(L, found, &sample, context.scratch, as_text);
    arena_rewind(context.scratch, mark);
    return results;
}

/* The input as the converter wants it; what cannot become that is an error, not a missing value. */
static bool fits(const struct converter_row *row, struct sample *input, struct arena *scratch)
{
    return row->in == SAMPLE_ANY || input->type == row->in || sample_cast(input, row->in, scratch);
}

static int call_converter(lua_State *L, const struct lua_class *class, bool as_text)
{
    const struct converter_row *row = lua_touserdata(L, lua_upvalueindex(1));
    struct stream *stream = lua_class_check_by(L, class, lua_upvalueindex(2))->object;
    struct sample_context context = class_txn_context(L, stream);
    luaL_checkany(L, 2);
    struct str values[SAMPLE_ARG_MAX];
    unsigned count = take_args(L, 3, row->args, values);
    struct arena_mark mark = arena_mark(context.scratch);
    struct sample_args args = { .row_data = row->data };
    struct sample_parser parser = parser_of(lua_vm_of(L), stream, context.place);
    const char *error = make_args(&parser, row->args, row->name, values, count, &args, row->check);
    if (error)
        return refuse(L, row->name, error, context.scratch, mark);
    args.row_data = row->data;
    struct sample sample;
    if (!lua_value_to_sample(L, 2, &sample, context.scratch) || !fits(row, &sample, context.scratch))
        return refuse(L, row->name, "this is no input for the converter", context.scratch, mark);
    bool found = sample_apply(row, &args, &context, &sample);
    int results = give(L, found, &sample, context.scratch, as_text);
    arena_rewind(context.scratch, mark);
    return results;
}

static int fetch_value(lua_State *L)
{
    return call_fetch(L, &class_fetches, false);
}

static int fetch_text(lua_State *L)
{
    return call_fetch(L, &class_fetches_text, true);
}

static int convert_value(lua_State *L)
{
    return call_converter(L, &class_converters, false);
}

static int convert_text(lua_State *L)
{
    return call_converter(L, &class_converters_text, true);
}

static bool same_name(struct str word, const char *key)
{
    if (word.size != strlen(key))
        return false;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        if (!ascii_alpha(c) && !ascii_digit(c))
            c = '_';
        if (c != key[i])
            return false;
    }
    return true;
}

/* Finds the word behind a method's name and puts the method into the class's table, where the next call finds it. */
static bool make_method(lua_State *L, const char *key, enum word_kind kind, lua_CFunction call,
                        const struct lua_class *class)
{
    const struct dict *names = &lua_vm_of(L)->configuration->words.by_name[kind];
    for (struct dict_entry *entry = dict_next(names, NULL); entry; entry = dict_next(names, entry)) {
        if (!same_name(entry->key, key))
            continue;
        const struct word *word = entry->value;
        lua_pushlightuserdata(L, (void *)(uintptr_t)word->row);
        lua_rawgetp(L, LUA_REGISTRYINDEX, class); /* its metatable */
        lua_pushcclosure(L, call, 2);
        lua_pushvalue(L, -1);
        lua_setfield(L, lua_upvalueindex(1), key);
        return true;
    }
    return false;
}

static bool find_fetch(lua_State *L, const char *key)
{
    return make_method(L, key, WORD_FETCH, fetch_value, &class_fetches);
}

static bool find_fetch_text(lua_State *L, const char *key)
{
    return make_method(L, key, WORD_FETCH, fetch_text, &class_fetches_text);
}

static bool find_converter(lua_State *L, const char *key)
{
    return make_method(L, key, WORD_CONVERTER, convert_value, &class_converters);
}

static bool find_converter_text(lua_State *L, const char *key)
{
    return make_method(L, key, WORD_CONVERTER, convert_text, &class_converters_text);
}

const struct lua_class class_fetches = { "Fetches", NULL, find_fetch, true, NULL };
const struct lua_class class_fetches_text = { "Fetches", NULL, find_fetch_text, true, NULL };
const struct lua_class class_converters = { "Converters", NULL, find_converter, true, NULL };
const struct lua_class class_converters_text = { "Converters", NULL, find_converter_text, true, NULL };
