/* Reply: an answer that a script makes and txn:done sends (API text, "Reply class"). Plain data: a table with status, reason,
 * headers and body, so txn:done takes any table of that shape. */
#include "http/http_status.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

static void set_reason(lua_State *L, int index, int status)
{
    lua_value_push_str(L, http_status_reason(status));
    lua_setfield(L, index, "reason");
}

/* Copies the fields' values that are text (or numbers) into a new table of lists. */
static void copy_headers(lua_State *L, int from)
{
    lua_newtable(L);
    int to = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, from)) {
        bool list = lua_type(L, -1) == LUA_TTABLE;
        if (lua_type(L, -2) != LUA_TSTRING || (!list && !lua_isstring(L, -1))) {
            lua_pop(L, 1);
            continue;
        }
        lua_newtable(L);
        lua_Integer count = 0;
        if (!list) {
            lua_pushvalue(L, -2);
            lua_rawseti(L, -2, ++count);
        }
        for (lua_Integer i = 1; list && i <= (lua_Integer)lua_rawlen(L, -2); i++) {
            if (lua_rawgeti(L, -2, i) == LUA_TSTRING || lua_isnumber(L, -1))
                lua_rawseti(L, -2, ++count);
            else
                lua_pop(L, 1);
        }
        lua_pushvalue(L, -3);
        lua_insert(L, -2);
        lua_rawset(L, to);
        lua_pop(L, 1);
    }
}

/* txn:reply([table]). The reason given is not taken (TRUTHS A29): set_status takes one. */
int class_reply_new(lua_State *L)
{
    struct stream *stream = lua_class_check(L, 1, &class_txn)->object;
    if (!stream->http)
        return luaL_error(L, "reply: this is for HTTP only");
    lua_Integer status = 200;
    bool given = !lua_isnoneornil(L, 2);
    if (given)
        luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_newtable(L);
    if (given && lua_getfield(L, 2, "status") == LUA_TNUMBER) {
        status = lua_tointeger(L, -1);
        if (status < 100 || status > 599)
            status = 200;
    }
    lua_settop(L, 3);
    lua_pushinteger(L, status);
    lua_setfield(L, 3, "status");
    set_reason(L, 3, (int)status);
    if (given && lua_getfield(L, 2, "body") == LUA_TSTRING)
        lua_setfield(L, 3, "body");
    lua_settop(L, 3);
    if (given && lua_getfield(L, 2, "headers") == LUA_TTABLE)
        copy_headers(L, 4);
    else
        lua_newtable(L);
    lua_setfield(L, 3, "headers");
    lua_settop(L, 3);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &class_reply);
    lua_setmetatable(L, 3);
    return 1;
}

static void check_self(lua_State *L)
{
    bool same = false;
    if (lua_type(L, 1) == LUA_TTABLE && lua_getmetatable(L, 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &class_reply);
        same = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!same)
        luaL_typeerror(L, 1, "Reply");
}

static int reply_set_status(lua_State *L)
{
    check_self(L);
    lua_Integer status = luaL_checkinteger(L, 2);
    const char *reason = luaL_optstring(L, 3, NULL);
    bool well = status >= 100 && status <= 599;
    if (well) {
        lua_pushinteger(L, status);
        lua_setfield(L, 1, "status");
        if (reason) {
            lua_pushvalue(L, 3);
            lua_setfield(L, 1, "reason");
        } else {
            set_reason(L, 1, (int)status);
        }
    }
    lua_pushboolean(L, well);
    return 1;
}

/* The table of headers, on the stack's top. */
static void push_headers(lua_State *L)
{
    if (lua_getfield(L, 1, "headers") != LUA_TTABLE)
        luaL_error(L, "the Reply's field 'headers' is no table");
}

static int reply_add_header(lua_State *L)
{
    check_self(L);
    luaL_checkstring(L, 2);
    luaL_checkstring(L, 3);
    lua_settop(L, 3);
    push_headers(L);
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, 4);
    if (type == LUA_TNIL) {
        lua_settop(L, 4);
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 5);
        lua_rawset(L, 4);
    } else if (type != LUA_TTABLE) {
        return luaL_error(L, "the Reply's header '%s' is no list of values", lua_tostring(L, 2));
    }
    lua_pushvalue(L, 3);
    lua_rawseti(L, 5, (lua_Integer)lua_rawlen(L, 5) + 1);
    lua_pushboolean(L, true);
    return 1;
}

static int reply_del_header(lua_State *L)
{
    check_self(L);
    luaL_checkstring(L, 2);
    push_headers(L);
    lua_pushvalue(L, 2);
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pushboolean(L, true);
    return 1;
}

static int reply_set_body(lua_State *L)
{
    check_self(L);
    luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    lua_setfield(L, 1, "body");
    lua_pushboolean(L, true);
    return 1;
}

static const struct lua_method_row rows[] = {
    /* name         run               where allowed  may wait */
    { "add_header", reply_add_header, LUA_ANYWHERE, false, "name: string, value: string -> boolean" },
    { "del_header", reply_del_header, LUA_ANYWHERE, false, "name: string -> boolean" },
    { "set_body", reply_set_body, LUA_ANYWHERE, false, "body: string -> boolean" },
    { "set_status", reply_set_status, LUA_ANYWHERE, false, "status: integer, reason?: string -> boolean" },
    { 0 },
};

const struct lua_class class_reply = {
    "Reply", rows, NULL, false,
    "status: integer, reason: string, headers: table<string, string[]>, body?: string"
};

/* ---- sending ---- */

static bool add_values(lua_State *L, struct http_msg *head, struct str name, bool *chunked)
{
    if (str_eq_nocase(name, STR("content-length")))
        return true; /* it is what the body is */
    bool coding = str_eq_nocase(name, STR("transfer-encoding"));
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
        lua_rawgeti(L, -1, i);
        if (lua_isstring(L, -1)) {
            struct str value = lua_value_check_str(L, -1);
            if (coding && str_eq_nocase(value, STR("chunked")))
                *chunked = true;
            else if (!http_msg_add(head, name, value))
                return false;
        }
        lua_pop(L, 1);
    }
    return true;
}

static bool add_headers(lua_State *L, int reply, struct http_msg *head, bool *chunked)
{
    if (lua_getfield(L, reply, "headers") != LUA_TTABLE)
        return true;
    int headers = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, headers)) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TTABLE &&
            !add_values(L, head, lua_value_check_str(L, -2), chunked))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

static bool frame(struct http_msg *head, struct str body, bool chunked)
{
    char length[24];
    struct buf digits = { length, 0, sizeof(length), sizeof(length) - 1, false };
    if (chunked) {
        head->body = HTTP_BODY_CHUNKED;
        return http_msg_add(head, STR("transfer-encoding"), STR("chunked"));
    }
    head->body = HTTP_BODY_LENGTH;
    head->body_length = body.size;
    buf_add_uint(&digits, body.size);
    return http_msg_add(head, STR("content-length"), buf_str(&digits));
}

bool class_reply_send(lua_State *L, int index, struct stream *stream, bool response_side)
{
    struct http_msg head;
    struct str body = STR_NONE, reason = STR_NONE;
    bool chunked = false;
    http_msg_init(&head, &stream->arena, true);
    head.major = head.minor = 1;
    head.version = STR("HTTP/1.1");
    lua_Integer status = 200;
    if (lua_getfield(L, index, "status") == LUA_TNUMBER)
        status = lua_tointeger(L, -1);
    if (status < 100 || status > 599)
        status = 200;
    if (lua_getfield(L, index, "reason") == LUA_TSTRING)
        reason = lua_value_check_str(L, -1);
    if (lua_getfield(L, index, "body") == LUA_TSTRING)
        body = arena_copy(&stream->arena, lua_value_check_str(L, -1));
    return http_msg_set_status(&head, (int)status, reason) && add_headers(L, index, &head, &chunked) &&
           frame(&head, body, chunked) &&
           stream_reply_message(stream, &head, body, 'L', response_side ? 'H' : 'R');
}
