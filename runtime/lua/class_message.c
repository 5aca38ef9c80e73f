/* HTTPMessage: a message as filters see it (API text since 2.5): its head, and its body's bytes in the channel's input. */
#include "base/units.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

static bool is_response(lua_State *L)
{
    return lua_class_of_method(L) == &class_message_response;
}

static struct http_msg *message(lua_State *L)
{
    struct stream *stream = lua_class_self(L)->object;
    if (!stream->http)
        luaL_error(L, "there is no HTTP message");
    return is_response(L) ? &stream->http->response : &stream->http->request;
}

static int changed(lua_State *L, bool done)
{
    if (!done)
        return luaL_error(L, "out of memory");
    return 0;
}

static int message_get_headers(lua_State *L)
{
    class_http_push_headers(L, message(L));
    return 1;
}

static int message_get_stline(lua_State *L)
{
    const struct http_msg *msg = message(L);
    lua_createtable(L, 0, 3);
    if (is_response(L)) {
        lua_pushfstring(L, "%d", msg->status);
        lua_setfield(L, -2, "code");
        lua_value_push_str(L, msg->reason);
        lua_setfield(L, -2, "reason");
    } else {
        lua_value_push_str(L, msg->method);
        lua_setfield(L, -2, "method");
        lua_value_push_str(L, msg->uri);
        lua_setfield(L, -2, "uri");
    }
    lua_value_push_str(L, msg->version);
    lua_setfield(L, -2, "version");
    return 1;
}

static int message_add_header(lua_State *L)
{
    struct http_msg *msg = message(L);
    return changed(L, http_msg_add(msg, lua_value_check_str(L, 2), lua_value_check_str(L, 3)));
}

static int message_del_header(lua_State *L)
{
    class_http_remove(L, message(L), 2);
    return 0;
}

static int message_set_header(lua_State *L)
{
    struct http_msg *msg = message(L);
    luaL_checkstring(L, 3);
    class_http_remove(L, msg, 2);
    return changed(L, http_msg_add(msg, lua_value_check_str(L, 2), lua_value_check_str(L, 3)));
}

static int message_rep_header(lua_State *L)
{
    return class_http_replace(L, message(L), true);
}

static int message_rep_value(lua_State *L)
{
    return class_http_replace(L, message(L), false);
}

static struct http_msg *request_line(lua_State *L)
{
    if (is_response(L))
        luaL_error(L, "this is for requests");
    return message(L);
}

static int message_set_method(lua_State *L)
{
    struct http_msg *msg = request_line(L);
    lua_pushboolean(L, http_msg_set_method(msg, lua_value_check_str(L, 2)));
    return 1;
}

static int message_set_path(lua_State *L)
{
    struct http_msg *msg = request_line(L);
    lua_pushboolean(L, http_msg_set_path(msg, lua_value_check_str(L, 2)));
    return 1;
}

static int message_set_query(lua_State *L)
{
    struct http_msg *msg = request_line(L);
    lua_pushboolean(L, http_msg_set_query(msg, lua_value_check_str(L, 2)));
    return 1;
}

static int message_set_uri(lua_State *L)
{
    struct http_msg *msg = request_line(L);
    lua_pushboolean(L, http_msg_set_uri(msg, lua_value_check_str(L, 2)));
    return 1;
}

static int message_set_status(lua_State *L)
{
    struct http_msg *msg = message(L);
    if (!is_response(L))
        return luaL_error(L, "set_status is for responses");
    lua_Integer status = luaL_checkinteger(L, 2);
    struct str reason = lua_isnoneornil(L, 3) ? STR_NONE : lua_value_check_str(L, 3);
    lua_pushboolean(L, status >= 100 && status <= 999 && http_msg_set_status(msg, (int)status, reason));
    return 1;
}

/* How the body is framed from here on: a length, or "chunked". */
static int message_set_body_len(lua_State *L)
{
    struct http_msg *msg = message(L);
    char text[24];
    struct buf digits = { text, 0, sizeof(text), sizeof(text) - 1, false };
    bool chunked = lua_type(L, 2) == LUA_TSTRING && strcmp(lua_tostring(L, 2), "chunked") == 0;
    lua_Integer length = chunked ? 0 : luaL_checkinteger(L, 2);
    luaL_argcheck(L, length >= 0, 2, "a length or \"chunked\" is expected");
    http_msg_remove(msg, STR("content-length"));
    http_msg_remove(msg, STR("transfer-encoding"));
    msg->body = chunked ? HTTP_BODY_CHUNKED : HTTP_BODY_LENGTH;
    msg->body_length = (uint64_t)length;
    buf_add_uint(&digits, (uint64_t)length);
    lua_pushboolean(L, chunked ? http_msg_add(msg, STR("transfer-encoding"), STR("chunked"))
                               : http_msg_add(msg, STR("content-length"), buf_str(&digits)));
    return 1;
}

static int message_eom(lua_State *L)
{
    message(L);
    lua_pushboolean(L, class_channel_of(L)->ended);
    return 1;
}

static int message_set_eom(lua_State *L)
{
    message(L);
    class_channel_of(L)->ended = true;
    return 0;
}

static int message_unset_eom(lua_State *L)
{
    message(L);
    return 0;
}

/* msg.channel */
static bool message_part(lua_State *L, const char *key)
{
    if (strcmp(key, "channel") != 0)
        return false;
    bool response = lua_class_test(L, 1, &class_message_response) != NULL;
    lua_rawgeti(L, 1, 0);
    lua_class_push_object(L, response ? &class_channel_response : &class_channel_request, -1);
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, key);
    return true;
}

#define IN LUA_IN_FILTER

static const struct lua_method_row rows[] = {
    /* name          run                 where allowed  may wait */
    { "add_header", message_add_header, IN, false, "name: string, value: string" },
    { "append", class_channel_append, IN, false, "text: string -> integer" },
    { "body", class_channel_data, IN, false, "offset?: integer, length?: integer -> string|nil" },
    { "del_header", message_del_header, IN, false, "name: string" },
    { "eom", message_eom, IN, false, " -> boolean" },
    { "forward", class_channel_forward, IN, false, "size: integer -> integer" },
    { "get_headers", message_get_headers, IN, false, " -> table<string, table<integer, string>>" },
    { "get_stline", message_get_stline, IN, false, " -> table<string, string>" },
    { "input", class_channel_get_in_len, IN, false, " -> integer" },
    { "insert", class_channel_insert, IN, false, "text: string, offset?: integer -> integer" },
    { "is_full", class_channel_is_full, IN, false, " -> boolean" },
    { "is_resp", class_channel_is_resp, IN, false, " -> boolean" },
    { "may_recv", class_channel_may_recv, IN, false, " -> boolean" },
    { "output", class_channel_get_out_len, IN, false, " -> integer" },
    { "prepend", class_channel_prepend, IN, false, "text: string -> integer" },
    { "remove", class_channel_remove, IN, false, "offset?: integer, length?: integer -> integer" },
    { "rep_header", message_rep_header, IN, false, "name: string, regex: string, replacement: string" },
    { "rep_value", message_rep_value, IN, false, "name: string, regex: string, replacement: string" },
    { "send", class_channel_send, IN, false, "text: string -> integer" },
    { "set", class_channel_set, IN, false, "text: string, offset?: integer, length?: integer -> integer" },
    { "set_body_len", message_set_body_len, IN, false, "length: integer|string -> boolean" },
    { "set_eom", message_set_eom, IN, false, "" },
    { "set_header", message_set_header, IN, false, "name: string, value: string" },
    { "set_method", message_set_method, IN, false, "method: string -> boolean" },
    { "set_path", message_set_path, IN, false, "path: string -> boolean" },
    { "set_query", message_set_query, IN, false, "query: string -> boolean" },
    { "set_status", message_set_status, IN, false, "status: integer, reason?: string -> boolean" },
    { "set_uri", message_set_uri, IN, false, "uri: string -> boolean" },
    { "unset_eom", message_unset_eom, IN, false, "" },
    { 0 },
};

const struct lua_class class_message_request = { "HTTPMessage", rows, message_part, false,
                                                 "channel: Channel" };
const struct lua_class class_message_response = { "HTTPMessage", rows, message_part, false,
                                                  "channel: Channel" };
