/* TXN: the transaction as actions and fetches see it. Its parts (f, sf, c, sc, http, req, res) are made when they are first
 * asked for; all share the stream's one handle, which is emptied when the stream ends. */
#include "lua/classes.h"
#include "lua/lua_log.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

struct lua_stream { /* stream->lua, in the stream's arena */
    struct lua_machine *machine;
    struct lua_handle *handle; /* its user values: the TXN object, the private data */
    int handle_ref;
};

enum { VALUE_TXN = 1, VALUE_PRIVATE, VALUE_COUNT = VALUE_PRIVATE };

/* Giving a reference back writes to places that are there: it takes no memory and cannot fail. */
static void release_stream(struct stream *stream)
{
    struct lua_stream *kept = stream->lua;
    stream->lua = NULL;
    kept->handle->object = NULL;
    luaL_unref(kept->machine->main, LUA_REGISTRYINDEX, kept->handle_ref);
}

static struct lua_stream *of_stream(lua_State *L, struct stream *stream)
{
    struct lua_stream *kept = stream->lua;
    if (kept)
        return kept;
    kept = arena_zero(&stream->arena, sizeof(*kept));
    if (!kept)
        luaL_error(L, "out of memory");
    kept->machine = lua_vm_of(L);
    kept->handle = lua_class_push_handle(L, stream, VALUE_COUNT);
    kept->handle_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    stream->lua = kept;
    stream->lua_release = release_stream;
    return kept;
}

void class_txn_push_handle(lua_State *L, struct stream *stream)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, of_stream(L, stream)->handle_ref);
}

void class_txn_push(lua_State *L, struct stream *stream)
{
    class_txn_push_handle(L, stream);
    if (lua_getiuservalue(L, -1, VALUE_TXN) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_class_push_object(L, &class_txn, -1);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, -3, VALUE_TXN);
    }
    lua_remove(L, -2);
}

bool class_txn_push_part(lua_State *L, const char *key, int handle_index)
{
    static const struct {
        const char *key;
        const struct lua_class *class;
        bool http_only;
    } parts[] = {
        { "f", &class_fetches, false },
        { "sf", &class_fetches_text, false },
        { "c", &class_converters, false },
        { "sc", &class_converters_text, false },
        { "http", &class_http, true },
        { "http_req", &class_message_request, true },
        { "http_res", &class_message_response, true },
        { "req", &class_channel_request, false },
        { "res", &class_channel_response, false },
    };
    handle_index = lua_absindex(L, handle_index);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strcmp(parts[i].key, key) != 0)
            continue;
        const struct lua_handle *handle = lua_touserdata(L, handle_index);
        const struct stream *stream = handle->object;
        if (parts[i].http_only && (!stream || !stream->http))
            return false;
        lua_class_push_object(L, parts[i].class, handle_index);
        return true;
    }
    return false;
}

/* A part of self (at 1), kept in it from now on. */
static bool txn_part(lua_State *L, const char *key)
{
    lua_rawgeti(L, 1, 0);
    if (!class_txn_push_part(L, key, -1)) {
        lua_pop(L, 1);
        return false;
    }
    lua_replace(L, -2);
    lua_pushvalue(L, 2); /* the key, as it was asked for */
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return true;
}

/* self of TXN or of an applet. */
static struct stream *stream_of(lua_State *L)
{
    return lua_class_self(L)->object;
}

static struct stream *check_txn(lua_State *L)
{
    return lua_class_check(L, 1, &class_txn)->object;
}

struct sample_context class_txn_context(lua_State *L, struct stream *stream)
{
    struct lua_run *run = lua_run_of(L);
    enum sample_place place = AT_REQUEST_HEAD;
    if (!stream->http)
        place = run && run->response_side ? AT_RESPONSE_CONTENT : AT_REQUEST_CONTENT;
    else if (run && run->response_side)
        place = AT_RESPONSE_HEAD;
    struct sample_context context = stream_context(stream, place, stream->backend);
    context.final = true;
    return context;
}

/* ---- variables and private data, shared with the applets ---- */

static bool var_of(lua_State *L, struct var_name *name, struct vars **vars)
{
    const char *error = NULL;
    struct stream *stream = stream_of(L);
    struct sample_context context = class_txn_context(L, stream);
    *vars = NULL;
    if (!var_name_parse(lua_value_check_str(L, 2), name, &error))
        return false;
    *vars = sample_context_vars(&context, name->scope);
    return *vars != NULL;
}

int class_txn_set_var(lua_State *L)
{
    struct var_name name;
    struct vars *vars;
    struct sample value;
    luaL_checkany(L, 3);
    if (!var_of(L, &name, &vars)) {
        lua_pushboolean(L, false);
        return 1;
    }
    struct arena *scratch = &stream_of(L)->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    bool well = lua_value_to_sample(L, 3, &value, scratch);
    /* A name that the configuration uses, in whatever scope, may be made; another must be there. */
    bool only_if_there = lua_toboolean(L, 4) && !dict_has(&lua_vm_of(L)->configuration->var_names, name.name);
    struct sample old;
    well = well && (!only_if_there || vars_get(vars, &name, &old)) && vars_set(vars, &name, &value);
    arena_rewind(scratch, mark);
    lua_pushboolean(L, well);
    return 1;
}

int class_txn_unset_var(lua_State *L)
{
    struct var_name name;
    struct vars *vars;
    lua_pushboolean(L, var_of(L, &name, &vars) && vars_remove(vars, &name));
    return 1;
}

int class_txn_get_var(lua_State *L)
{
    struct var_name name;
    struct vars *vars;
    struct sample value;
    if (var_of(L, &name, &vars) && vars_get(vars, &name, &value))
        lua_value_push_sample(L, &value, &stream_of(L)->engine->scratch);
    else
        lua_pushnil(L);
    return 1;
}

int class_txn_set_priv(lua_State *L)
{
    class_txn_push_handle(L, stream_of(L));
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, VALUE_PRIVATE);
    return 0;
}

int class_txn_get_priv(lua_State *L)
{
    class_txn_push_handle(L, stream_of(L));
    lua_getiuservalue(L, -1, VALUE_PRIVATE);
    return 1;
}

/* ---- TXN alone ---- */

static int log_at(lua_State *L, enum log_level level, int index)
{
    struct stream *stream = check_txn(L);
    lua_log_text(lua_vm_of(L), stream->backend, level, lua_value_check_str(L, index));
    return 0;
}

static int txn_log(lua_State *L)
{
    lua_Integer level = luaL_checkinteger(L, 2);
    luaL_argcheck(L, level >= LOG_EMERG && level <= LOG_DEBUG, 2, "a log level is expected");
    return log_at(L, (enum log_level)level, 3);
}

static int txn_deflog(lua_State *L)
{
    const struct stream *stream = check_txn(L);
    return log_at(L, stream->log_level == LOG_LEVEL_COUNT ? LOG_INFO : stream->log_level, 2);
}

static int txn_debug(lua_State *L)
{
    return log_at(L, LOG_DEBUG, 2);
}

static int txn_info(lua_State *L)
{
    return log_at(L, LOG_INFO, 2);
}

static int txn_warning(lua_State *L)
{
    return log_at(L, LOG_WARNING, 2);
}

static int txn_alert(lua_State *L)
{
    return log_at(L, LOG_ALERT, 2);
}

static int txn_set_loglevel(lua_State *L)
{
    struct stream *stream = check_txn(L);
    lua_Integer level = luaL_checkinteger(L, 2);
    luaL_argcheck(L, level >= LOG_EMERG && level <= LOG_DEBUG, 2, "a log level is expected");
    stream->log_level = (enum log_level)level;
    return 0;
}

static int txn_done(lua_State *L)
{
    struct stream *stream = check_txn(L);
    struct lua_run *run = lua_run_of(L);
    bool reply = lua_istable(L, 2);
    if (run->context == LUA_IN_ACTION && reply && stream->http) {
        run->replied = class_reply_send(L, 2, stream, run->response_side);
        run->reply_failed = !run->replied;
    } else if (run->context == LUA_IN_ACTION) {
        stream_abort(stream, 'L', run->response_side ? 'H' : 'R', false);
    }
    lua_pushnil(L);
    return lua_end(L);
}

/* ---- what the network and the queues do with it ---- */

static int64_t check_clamped(lua_State *L, int64_t low, int64_t high)
{
    lua_Integer value = luaL_checkinteger(L, 2);
    return value < low ? low : value > high ? high : value;
}

static int txn_set_tos(lua_State *L)
{
    struct stream *stream = check_txn(L);
    struct platform *platform = loop_platform(stream->engine->loop);
    lua_Integer tos = luaL_checkinteger(L, 2);
    if (stream->session->conn.state != CONN_CLOSED)
        (void)platform->ops->set_option(platform, stream->session->conn.watch.sock, PLAT_TOS, tos & 255);
    return 0;
}

static int txn_set_mark(lua_State *L)
{
    struct stream *stream = check_txn(L);
    struct platform *platform = loop_platform(stream->engine->loop);
    lua_Integer mark = luaL_checkinteger(L, 2);
    if (stream->session->conn.state != CONN_CLOSED)
        (void)platform->ops->set_option(platform, stream->session->conn.watch.sock, PLAT_MARK, mark);
    return 0;
}

static int txn_set_priority_class(lua_State *L)
{
    check_txn(L)->priority_class = check_clamped(L, -2047, 2047);
    return 0;
}

static int txn_set_priority_offset(lua_State *L)
{
    check_txn(L)->priority_offset_ms = check_clamped(L, -524287, 524287);
    return 0;
}

static const struct lua_method_row rows[] = {
    /* name        run            where allowed  may wait */
    { "Alert", txn_alert, LUA_IN_STREAM, false, "text: string" },
    { "Debug", txn_debug, LUA_IN_STREAM, false, "text: string" },
    { "Info", txn_info, LUA_IN_STREAM, false, "text: string" },
    { "Warning", txn_warning, LUA_IN_STREAM, false, "text: string" },
    { "deflog", txn_deflog, LUA_IN_STREAM, false, "text: string" },
    { "done", txn_done, LUA_IN_STREAM, false, "reply?: Reply|table" },
    { "get_priv", class_txn_get_priv, LUA_IN_STREAM, false, " -> any" },
    { "get_var", class_txn_get_var, LUA_IN_STREAM, false, "name: string -> any" },
    { "log", txn_log, LUA_IN_STREAM, false, "level: integer, text: string" },
    { "set_fc_mark", txn_set_mark, LUA_IN_STREAM, false, "mark: integer" },
    { "set_fc_tos", txn_set_tos, LUA_IN_STREAM, false, "tos: integer" },
    { "set_loglevel", txn_set_loglevel, LUA_IN_STREAM, false, "level: integer" },
    { "reply", class_reply_new, LUA_IN_STREAM, false, "reply?: table -> Reply" },
    { "set_mark", txn_set_mark, LUA_IN_STREAM, false, "mark: integer" },
    { "set_priority_class", txn_set_priority_class, LUA_IN_STREAM, false, "class: integer" },
    { "set_priority_offset", txn_set_priority_offset, LUA_IN_STREAM, false, "milliseconds: integer" },
    { "set_priv", class_txn_set_priv, LUA_IN_STREAM, false, "value: any" },
    { "set_tos", txn_set_tos, LUA_IN_STREAM, false, "tos: integer" },
    { "set_var", class_txn_set_var, LUA_IN_STREAM, false,
      "name: string, value: any, ifexist?: boolean -> boolean" },
    { "unset_var", class_txn_unset_var, LUA_IN_STREAM, false, "name: string -> boolean" },
    { 0 },
};

const struct lua_class class_txn = { "TXN", rows, txn_part, false,
                                     "c: Converters, f: Fetches, sc: Converters, sf: Fetches, req: Channel, "
                                     "res: Channel, http?: HTTP, http_req?: HTTPMessage, "
                                     "http_res?: HTTPMessage" };
