/* HTTP: the heads of a transaction (API text, "HTTP class"). Header tables are indexed from 0, one entry a line
 * (TRUTHS A36). */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "match/regex.h"
#include "stream/stream.h"
#include <lauxlib.h>

/* The message that a method is for; the wrong side raises (TRUTHS A36). */
static struct http_msg *message(lua_State *L, bool response)
{
    struct stream *stream = lua_class_self(L)->object;
    const struct lua_run *run = lua_run_of(L);
    if (!stream->http || run->response_side != response ||
        !(response ? stream->http->response_ready : stream->http->request_ready))
        luaL_error(L, "this method works on the %s, which is not there now",
                   response ? "response" : "request");
    return response ? &stream->http->response : &stream->http->request;
}

static struct str lower_name(lua_State *L, int index, char *out, size_t size)
{
    struct str name = lua_value_check_str(L, index);
    if (name.size >= size)
        luaL_argerror(L, index, "too long a header name");
    for (size_t i = 0; i < name.size; i++)
        out[i] = ascii_lower(name.data[i]);
    return str_make(out, name.size);
}

#define NAME_MAX_SIZE 256

/* The names that the engine knows are kept as Lua strings, by id, in a table at `names`. */
static void push_name(lua_State *L, const struct http_field *field, int names)
{
    if (field->id != FIELD_OTHER && lua_rawgeti(L, names, field->id) == LUA_TSTRING)
        return;
    if (field->id != FIELD_OTHER)
        lua_pop(L, 1);
    lua_value_push_str(L, field->name);
    if (field->id == FIELD_OTHER)
        return;
    lua_pushvalue(L, -1);
    lua_rawseti(L, names, field->id);
}

static void push_known_names(lua_State *L)
{
    static const char key;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, FIELD_ID_COUNT, 0);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
}

void class_http_push_headers(lua_State *L, const struct http_msg *msg)
{
    uint32_t seen = 0; /* ids, so that most names need not be looked for */
    push_known_names(L);
    int names = lua_gettop(L);
    lua_createtable(L, 0, (int)msg->field_count);
    for (struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field)) {
        bool is_new = field->id != FIELD_OTHER && !(seen & 1u << field->id);
        push_name(L, field, names);
        lua_pushvalue(L, -1);
        if (is_new || lua_rawget(L, names + 1) == LUA_TNIL) {
            lua_settop(L, names + 2);
            lua_createtable(L, 0, 1);
            lua_value_push_str(L, field->value);
            lua_rawseti(L, -2, 0);
            lua_rawset(L, names + 1);
            seen |= 1u << field->id;
            continue;
        }
        lua_value_push_str(L, field->value);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_settop(L, names + 1);
    }
    lua_remove(L, names);
}

static int get_headers(lua_State *L, bool response)
{
    class_http_push_headers(L, message(L, response));
    return 1;
}

static int req_get_headers(lua_State *L)
{
    return get_headers(L, false);
}

static int res_get_headers(lua_State *L)
{
    return get_headers(L, true);
}

static int change(lua_State *L, bool done)
{
    if (!done)
        return luaL_error(L, "out of memory");
    return 0;
}

/* A field that the buffer has no room for is not added (TRUTHS A37). */
static bool has_room(lua_State *L, const struct http_msg *msg, struct str name, struct str value)
{
    const struct globals *globals = &lua_vm_of(L)->configuration->globals;
    size_t size = name.size + value.size + msg->uri.size;
    for (const struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field))
        size += field->name.size + field->value.size;
    return size <= globals->bufsize;
}

static int add_header(lua_State *L, bool response)
{
    struct http_msg *msg = message(L, response);
    struct str name = lua_value_check_str(L, 2), value = lua_value_check_str(L, 3);
    return change(L, !has_room(L, msg, name, value) || http_msg_add(msg, name, value));
}

static int req_add_header(lua_State *L)
{
    return add_header(L, false);
}

static int res_add_header(lua_State *L)
{
    return add_header(L, true);
}

static int set_header(lua_State *L, bool response)
{
    char name[NAME_MAX_SIZE];
    struct http_msg *msg = message(L, response);
    struct str lower = lower_name(L, 2, name, sizeof(name)), value = lua_value_check_str(L, 3);
    http_msg_remove(msg, lower);
    return change(L, http_msg_add(msg, lower, value));
}

static int req_set_header(lua_State *L)
{
    return set_header(L, false);
}

static int res_set_header(lua_State *L)
{
    return set_header(L, true);
}

void class_http_remove(lua_State *L, struct http_msg *msg, int index)
{
    char name[NAME_MAX_SIZE];
    http_msg_remove(msg, lower_name(L, index, name, sizeof(name)));
}

static int del_header(lua_State *L, bool response)
{
    class_http_remove(L, message(L, response), 2);
    return 0;
}

static int req_del_header(lua_State *L)
{
    return del_header(L, false);
}

static int res_del_header(lua_State *L)
{
    return del_header(L, true);
}

/* rep_header replaces the whole value where the expression matches anywhere; rep_value each of the comma-separated values,
 * with the blanks around it (TRUTHS A34). */
static bool replace_in(struct http_msg *msg, struct http_field *field, size_t at, struct str raw,
                       struct str value, const struct regex *regex, struct str with, long *moved)
{
    struct regex_groups groups;
    if (!regex_match(regex, value, &groups))
        return true;
    struct buf text = BUF_INIT;
    bool well = regex_expand(with, value, &groups, &text) && !text.failed;
    *moved = (long)text.size - (long)raw.size;
    well = well && http_msg_edit_value(msg, field, at, raw.size, buf_str(&text));
    buf_finish(&text);
    return well;
}

static bool replace_all(struct http_msg *msg, struct str name, bool whole, const struct regex *regex,
                        struct str with)
{
    long moved = 0;
    for (struct http_field *field = http_msg_find(msg, name, NULL); field;
         field = http_msg_find(msg, name, field)) {
        if (whole) {
            if (!replace_in(msg, field, 0, field->value, field->value, regex, with, &moved))
                return false;
            continue;
        }
        for (size_t at = 0; at <= field->value.size;) {
            size_t comma = str_find_char(str_from(field->value, at), ',');
            size_t end = comma == STR_NOT_FOUND ? field->value.size : at + comma;
            struct str raw = str_slice(field->value, at, end - at);
            moved = 0;
            if (!replace_in(msg, field, at, raw, str_trim(raw), regex, with, &moved))
                return false;
            at = (size_t)((long)end + moved) + 1;
        }
    }
    return true;
}

int class_http_replace(lua_State *L, struct http_msg *msg, bool whole)
{
    char name[NAME_MAX_SIZE];
    struct str lower = lower_name(L, 2, name, sizeof(name)), pattern = lua_value_check_str(L, 3);
    struct str with = lua_value_check_str(L, 4);
    const char *error = NULL;
    struct arena *scratch = &lua_run_of(L)->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    struct regex *regex = regex_create(pattern, false, scratch, &error);
    if (!regex) {
        lua_pushfstring(L, "bad regular expression: %s", error ? error : "out of memory");
        arena_rewind(scratch, mark);
        return luaL_argerror(L, 3, lua_tostring(L, -1));
    }
    bool well = replace_all(msg, lower, whole, regex, with);
    regex_destroy(regex);
    arena_rewind(scratch, mark);
    return change(L, well);
}

static int req_rep_header(lua_State *L)
{
    return class_http_replace(L, message(L, false), true);
}

static int res_rep_header(lua_State *L)
{
    return class_http_replace(L, message(L, true), true);
}

static int req_rep_value(lua_State *L)
{
    return class_http_replace(L, message(L, false), false);
}

static int res_rep_value(lua_State *L)
{
    return class_http_replace(L, message(L, true), false);
}

static int req_set_method(lua_State *L)
{
    struct http_msg *msg = message(L, false);
    lua_pushboolean(L, http_msg_set_method(msg, lua_value_check_str(L, 2)));
    return 1;
}

static int req_set_path(lua_State *L)
{
    struct http_msg *msg = message(L, false);
    lua_pushboolean(L, http_msg_set_path(msg, lua_value_check_str(L, 2)));
    return 1;
}

/* "?" stands before what is given, whatever it is (TRUTHS A35); nothing for a target without one changes nothing. */
static int req_set_query(lua_State *L)
{
    struct http_msg *msg = message(L, false);
    struct str query = lua_value_check_str(L, 2);
    struct str path = http_msg_path(msg);
    if (!query.size && http_msg_pathq(msg).size == path.size) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushlstring(L, path.size ? path.data : "", path.size);
    lua_pushliteral(L, "?");
    lua_value_push_str(L, query);
    lua_concat(L, 3);
    lua_pushboolean(L, http_msg_set_pathq(msg, lua_value_check_str(L, -1)));
    return 1;
}

static int req_set_uri(lua_State *L)
{
    struct http_msg *msg = message(L, false);
    lua_pushboolean(L, http_msg_set_uri(msg, lua_value_check_str(L, 2)));
    return 1;
}

static int res_set_status(lua_State *L)
{
    struct http_msg *msg = message(L, true);
    lua_Integer status = luaL_checkinteger(L, 2);
    size_t size;
    const char *reason = luaL_optlstring(L, 3, NULL, &size);
    if (status < 100 || status > 599)
        return 0;
    return change(L, http_msg_set_status(msg, (int)status, reason ? str_make(reason, size) : STR_NONE));
}

static const struct lua_method_row rows[] = {
    /* name              run              where allowed           may wait */
    { "req_add_header", req_add_header, LUA_IN_STREAM, false, "name: string, value: string" },
    { "req_del_header", req_del_header, LUA_IN_STREAM, false, "name: string" },
    { "req_get_headers", req_get_headers, LUA_IN_STREAM, false, " -> table<string, table<integer, string>>" },
    { "req_rep_header", req_rep_header, LUA_IN_STREAM, false,
      "name: string, regex: string, replacement: string" },
    { "req_rep_value", req_rep_value, LUA_IN_STREAM, false,
      "name: string, regex: string, replacement: string" },
    { "req_set_header", req_set_header, LUA_IN_STREAM, false, "name: string, value: string" },
    { "req_set_method", req_set_method, LUA_IN_STREAM, false, "method: string -> boolean" },
    { "req_set_path", req_set_path, LUA_IN_STREAM, false, "path: string -> boolean" },
    { "req_set_query", req_set_query, LUA_IN_STREAM, false, "query: string -> boolean" },
    { "req_set_uri", req_set_uri, LUA_IN_STREAM, false, "uri: string -> boolean" },
    { "res_add_header", res_add_header, LUA_IN_STREAM, false, "name: string, value: string" },
    { "res_del_header", res_del_header, LUA_IN_STREAM, false, "name: string" },
    { "res_get_headers", res_get_headers, LUA_IN_STREAM, false, " -> table<string, table<integer, string>>" },
    { "res_rep_header", res_rep_header, LUA_IN_STREAM, false,
      "name: string, regex: string, replacement: string" },
    { "res_rep_value", res_rep_value, LUA_IN_STREAM, false,
      "name: string, regex: string, replacement: string" },
    { "res_set_header", res_set_header, LUA_IN_STREAM, false, "name: string, value: string" },
    { "res_set_status", res_set_status, LUA_IN_STREAM, false, "status: integer, reason?: string" },
    { 0 },
};

const struct lua_class class_http = { "HTTP", rows, NULL, false, NULL };
