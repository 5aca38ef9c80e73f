/* AppletHTTP and AppletTCP: services of scripts in a server's place (API text, "AppletHTTP class", "AppletTCP class").
 *
 * Reading takes the request channel's output, writing puts into the response channel; both wait for the stream's task when
 * there is nothing to take or no room. */
#include "admin/cli.h"
#include "base/units.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

struct applet {   /* handle's detail: in the stream's arena */
    bool started; /* start_response was called */
    bool asked;   /* the client was told to go on with the body */
    int status;
    struct str reason;
    struct http_msg head; /* headers of the response so far */
};

static struct applet *make_applet(lua_State *L, struct stream *stream)
{
    struct applet *applet = arena_zero(&stream->arena, sizeof(*applet));
    if (!applet)
        luaL_error(L, "out of memory");
    applet->status = 200;
    http_msg_init(&applet->head, &stream->arena, true);
    return applet;
}

static void push(lua_State *L, struct stream *stream, const struct lua_class *class)
{
    class_txn_push_handle(L, stream);
    struct lua_handle *handle = lua_touserdata(L, -1);
    if (!handle->detail)
        handle->detail = make_applet(L, stream);
    lua_class_push_object(L, class, -1);
    lua_remove(L, -2);
}

void class_applet_http_push(lua_State *L, struct stream *stream)
{
    push(L, stream, &class_applet_http);
}

void class_applet_tcp_push(lua_State *L, struct stream *stream)
{
    push(L, stream, &class_applet_tcp);
}

static struct stream *check_http(lua_State *L, struct applet **applet)
{
    struct lua_handle *handle = lua_class_check(L, 1, &class_applet_http);
    *applet = (struct applet *)(uintptr_t)handle->detail;
    return handle->object;
}

static struct stream *check_any(lua_State *L)
{
    return lua_class_self(L)->object;
}

/* ---- reading ---- */

/* No more will come. What follows a management command is the next one. */
static bool request_over(lua_State *L, const struct stream *stream)
{
    if (lua_run_of(L)->out)
        return true;
    return stream->request.ended || stream->request.failed || stream->session->conn.error != IO_OK;
}

static void take(struct stream *stream, luaL_Buffer *into, size_t size)
{
    luaL_addlstring(into, channel_output(&stream->request).data, size);
    channel_sent(&stream->request, size);
    channel_release_if_empty(&stream->request, stream->engine);
    stream_wake(stream); /* there is room for more */
}

/* What was read so far waits on the stack as text at `index`; it grows from wait to wait. */
static void append(lua_State *L, int index, struct stream *stream, size_t size)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    lua_pushvalue(L, index);
    luaL_addvalue(&text);
    take(stream, &text, size);
    luaL_pushresult(&text);
    lua_replace(L, index);
}

/* A client that waits to be asked for the body is asked when it is wanted (RFC 9110 section 10.1.1). */
static void ask_for_body(lua_State *L, struct stream *stream)
{
    if (!stream->http || stream->http->response_ready || request_over(L, stream))
        return;
    struct applet *applet = (struct applet *)(uintptr_t)lua_class_self(L)->detail;
    const struct channel *body = &stream->request;
    if (applet->asked || !stream->http->request.expect_continue || body->output || body->input || body->raw)
        return;
    applet->asked = true;
    if (!stream_applet_continue(stream))
        luaL_error(L, "out of memory");
    stream_wake(stream);
}

/* Stack: self, text so far. */
static int getline_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = check_any(L);
    (void)status;
    struct str have = channel_output(&stream->request);
    if (lua_run_of(L)->out)
        have = STR_NONE;
    size_t line = have.size ? str_find_char(have, '\n') : STR_NOT_FOUND;
    if (have.size)
        append(L, 2, stream, line == STR_NOT_FOUND ? have.size : line + 1);
    if (line == STR_NOT_FOUND && !request_over(L, stream))
        return lua_wait(L, getline_again, state);
    lua_settop(L, 2);
    return 1;
}

static int applet_getline(lua_State *L)
{
    ask_for_body(L, check_any(L));
    lua_settop(L, 1);
    lua_pushliteral(L, "");
    return getline_again(L, LUA_OK, 0);
}

/* state: bytes wanted in all, -1 for everything. Stack: self, text so far, when to stop waiting (0: never). */
static int receive_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = check_any(L);
    (void)status;
    size_t so_far = lua_rawlen(L, 2);
    size_t have = lua_run_of(L)->out ? 0 : stream->request.output;
    if (state >= 0 && have > (size_t)state - so_far)
        have = (size_t)state - so_far;
    if (have)
        append(L, 2, stream, have);
    bool enough = state >= 0 && lua_rawlen(L, 2) >= (size_t)state;
    uint64_t until = (uint64_t)lua_tointeger(L, 3);
    bool late = until && engine_now(stream->engine) >= until;
    if (!enough && !late && !request_over(L, stream))
        return lua_wait_deadline(L, until ? until : TIMER_OFF, receive_again, state);
    if (!enough && late && !lua_rawlen(L, 2)) {
        lua_pushnil(L);
        return 1;
    }
    lua_settop(L, 2);
    return 1;
}

static int applet_receive(lua_State *L)
{
    lua_Integer size = luaL_optinteger(L, 2, -1);
    if (size)
        ask_for_body(L, check_any(L));
    lua_Integer ms = luaL_optinteger(L, 3, -1);
    uint64_t until = ms < 0 ? 0 : engine_now(check_any(L)->engine) + (uint64_t)ms * NS_PER_MS;
    lua_settop(L, 1);
    lua_pushliteral(L, "");
    lua_pushinteger(L, (lua_Integer)until);
    return receive_again(L, LUA_OK, size < 0 ? -1 : (lua_KContext)size);
}

/* What is there now; nil when nothing is. */
static int applet_try_receive(lua_State *L)
{
    struct stream *stream = check_any(L);
    size_t have = lua_run_of(L)->out ? 0 : stream->request.output;
    lua_settop(L, 1);
    lua_pushliteral(L, "");
    if (have)
        append(L, 2, stream, have);
    else if (!request_over(L, stream))
        lua_pushnil(L);
    return 1;
}

/* ---- writing ---- */

/* state: bytes sent so far. Stack: self, text. */
static int send_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = check_any(L);
    (void)status;
    struct str text = lua_value_check_str(L, 2);
    size_t sent = (size_t)state;
    if (stream->response.closed || stream->session->conn.error != IO_OK) {
        lua_pushinteger(L, -1);
        return 1;
    }
    sent += channel_put(&stream->response, stream->engine, str_from(text, sent));
    stream_wake(stream);
    if (sent < text.size)
        return lua_wait(L, send_again, (lua_KContext)sent);
    lua_pushinteger(L, (lua_Integer)text.size);
    return 1;
}

/* A management command's answer: a piece at a time, so that the client sets the pace. */
static int answer_again(lua_State *L, int status, lua_KContext state)
{
    struct buf *out = lua_run_of(L)->out;
    (void)status;
    if (!state)
        buf_add(out, lua_value_check_str(L, 2));
    if (out->failed)
        return luaL_error(L, "out of memory");
    if (out->size >= CLI_PIECE)
        return lua_wait(L, answer_again, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 2));
    return 1;
}

static int tcp_send(lua_State *L)
{
    lua_class_check(L, 1, &class_applet_tcp);
    luaL_checkstring(L, 2);
    if (lua_run_of(L)->out)
        return answer_again(L, LUA_OK, 0);
    return send_again(L, LUA_OK, 0);
}

/* ---- HTTP alone ---- */

static int http_set_status(lua_State *L)
{
    struct applet *applet;
    struct stream *stream = check_http(L, &applet);
    lua_Integer status = luaL_checkinteger(L, 2);
    size_t size = 0;
    const char *reason = luaL_optlstring(L, 3, NULL, &size);
    bool well = status >= 100 && status <= 599;
    if (well && !applet->started) {
        applet->status = (int)status;
        applet->reason = reason ? arena_copy(&stream->arena, str_make(reason, size)) : STR_NONE;
    }
    lua_pushboolean(L, well);
    return 1;
}

static int http_add_header(lua_State *L)
{
    struct applet *applet;
    check_http(L, &applet);
    struct str name = lua_value_check_str(L, 2), value = lua_value_check_str(L, 3);
    if (!applet->started && !http_msg_add(&applet->head, name, value))
        return luaL_error(L, "out of memory");
    lua_pushboolean(L, true);
    return 1;
}

static bool read_length(const struct http_field *field, uint64_t *length)
{
    int64_t value;
    if (!units_parse_int(field->value, 0, INT64_MAX, &value))
        return false;
    *length = (uint64_t)value;
    return true;
}

/* How the body is told from what follows: by the script's content-length, else in chunks, on HTTP/1.0 by the connection's
 * end (TRUTHS A54). */
static bool frame(struct applet *applet, const struct http_msg *request)
{
    struct http_msg *head = &applet->head;
    bool chunked = false, has_length = false;
    struct http_field *field;
    while ((field = http_msg_find(head, STR("transfer-encoding"), NULL))) {
        chunked = true;
        http_msg_remove_field(head, field);
    }
    uint64_t length = 0;
    for (field = http_msg_find(head, STR("content-length"), NULL); field;) {
        uint64_t again;
        struct http_field *next = http_msg_find(head, STR("content-length"), field);
        if (!read_length(field, &again) || (has_length && again != length))
            return false;
        if (has_length || chunked)
            http_msg_remove_field(head, field);
        length = again;
        has_length = true;
        field = next;
    }
    bool old = request->major == 1 && request->minor == 0;
    bool no_body = applet->status < 200 || applet->status == 204 || applet->status == 304;
    head->body = no_body                  ? HTTP_BODY_NONE
                 : has_length && !chunked ? HTTP_BODY_LENGTH
                 : old                    ? HTTP_BODY_UNTIL_CLOSE
                                          : HTTP_BODY_CHUNKED;
    head->body_length = length;
    if (head->body == HTTP_BODY_CHUNKED)
        return http_msg_add(head, STR("transfer-encoding"), STR("chunked"));
    return true;
}

static int http_start_response(lua_State *L)
{
    struct applet *applet;
    struct stream *stream = check_http(L, &applet);
    if (applet->started)
        return 0;
    struct http_msg *head = &applet->head;
    if (!frame(applet, &stream->http->request))
        return luaL_error(L, "the content-length given is no length, or two that differ");
    head->major = head->minor = 1;
    head->version = STR("HTTP/1.1");
    if (!http_msg_set_status(head, applet->status, applet->reason))
        return luaL_error(L, "out of memory");
    applet->started = true;
    stream->http->response = *head;
    stream_applet_head_ready(stream);
    return 0;
}

static int http_send(lua_State *L)
{
    struct applet *applet;
    struct stream *stream = check_http(L, &applet);
    struct str text = lua_value_check_str(L, 2);
    if (!applet->started)
        return luaL_error(L, "send: start_response must be called before");
    if (applet->head.body == HTTP_BODY_NONE || stream->http->request.method_id == HTTP_HEAD) {
        lua_pushinteger(L, (lua_Integer)text.size);
        return 1;
    }
    return send_again(L, LUA_OK, 0);
}

void class_applet_finished(struct stream *stream, bool failed)
{
    if (!stream->http) {
        stream_applet_end(stream);
        return;
    }
    if (!stream->http->response_ready) { /* no start_response: 500, as an error (TRUTHS A56) */
        stream_applet_fail(stream);
        return;
    }
    uint64_t promised =
        stream->http->response.body == HTTP_BODY_LENGTH ? stream->http->response.body_length : 0;
    bool short_of = stream->http->response.body == HTTP_BODY_LENGTH && stream->response.total_in < promised &&
                    stream->http->request.method_id != HTTP_HEAD;
    if (failed || short_of)
        stream->response.failed = true;
    else
        stream_applet_end(stream);
    stream_wake(stream);
}

/* ---- attributes of AppletHTTP ---- */

static bool push_text_or_nil(lua_State *L, struct str text, bool there)
{
    if (!there)
        return false;
    lua_value_push_str(L, text);
    return true;
}

static bool http_attribute(lua_State *L, const char *key)
{
    struct applet *applet;
    struct stream *stream = check_http(L, &applet);
    const struct http_msg *request = &stream->http->request;
    struct str path = http_msg_path(request);
    bool made = true;
    if (strcmp(key, "method") == 0)
        lua_value_push_str(L, request->method);
    else if (strcmp(key, "version") == 0)
        lua_value_push_str(L, request->version);
    else if (strcmp(key, "path") == 0)
        made = push_text_or_nil(L, path, path.size > 0);
    else if (strcmp(key, "qs") == 0)
        made = push_text_or_nil(L, http_msg_query(request), path.size > 0);
    else if (strcmp(key, "length") == 0)
        lua_pushinteger(L, request->body == HTTP_BODY_LENGTH ? (lua_Integer)request->body_length : 0);
    else if (strcmp(key, "headers") == 0)
        class_http_push_headers(L, request);
    else if (strcmp(key, "response") == 0)
        class_http_push_headers(L, &applet->head);
    else {
        lua_rawgeti(L, 1, 0);
        made = strcmp(key, "http") != 0 && strcmp(key, "req") != 0 && strcmp(key, "res") != 0 &&
               class_txn_push_part(L, key, -1);
        if (made)
            lua_remove(L, -2);
    }
    if (!made)
        return false;
    if (strcmp(key, "response") != 0) {
        lua_pushvalue(L, -1);
        lua_setfield(L, 1, key);
    }
    return true;
}

static bool tcp_attribute(lua_State *L, const char *key)
{
    if (strcmp(key, "http") == 0 || strcmp(key, "req") == 0 || strcmp(key, "res") == 0)
        return false;
    lua_rawgeti(L, 1, 0);
    if (!class_txn_push_part(L, key, -1)) {
        lua_pop(L, 1);
        return false;
    }
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, key);
    return true;
}

static const struct lua_method_row http_rows[] = {
    /* name              run                  where allowed    may wait */
    { "add_header", http_add_header, LUA_IN_SERVICE, false, "name: string, value: string -> boolean" },
    { "get_priv", class_txn_get_priv, LUA_IN_SERVICE, false, " -> any" },
    { "get_var", class_txn_get_var, LUA_IN_SERVICE, false, "name: string -> any" },
    { "getline", applet_getline, LUA_IN_SERVICE, true, " -> string" },
    { "receive", applet_receive, LUA_IN_SERVICE, true, "size?: integer -> string" },
    { "send", http_send, LUA_IN_SERVICE, true, "text: string -> integer" },
    { "set_priv", class_txn_set_priv, LUA_IN_SERVICE, false, "value: any" },
    { "set_status", http_set_status, LUA_IN_SERVICE, false, "status: integer, reason?: string -> boolean" },
    { "set_var", class_txn_set_var, LUA_IN_SERVICE, false,
      "name: string, value: any, ifexist?: boolean -> boolean" },
    { "start_response", http_start_response, LUA_IN_SERVICE, false, "" },
    { "unset_var", class_txn_unset_var, LUA_IN_SERVICE, false, "name: string -> boolean" },
    { 0 },
};

static const struct lua_method_row tcp_rows[] = {
    { "get_priv", class_txn_get_priv, LUA_IN_SERVICE | LUA_IN_CLI, false, " -> any" },
    { "get_var", class_txn_get_var, LUA_IN_SERVICE | LUA_IN_CLI, false, "name: string -> any" },
    { "getline", applet_getline, LUA_IN_SERVICE | LUA_IN_CLI, true, " -> string" },
    { "receive", applet_receive, LUA_IN_SERVICE | LUA_IN_CLI, true,
      "size?: integer, milliseconds?: integer -> string" },
    { "try_receive", applet_try_receive, LUA_IN_SERVICE | LUA_IN_CLI, false, " -> string|nil" },
    { "send", tcp_send, LUA_IN_SERVICE | LUA_IN_CLI, true, "text: string -> integer" },
    { "set_priv", class_txn_set_priv, LUA_IN_SERVICE | LUA_IN_CLI, false, "value: any" },
    { "set_var", class_txn_set_var, LUA_IN_SERVICE | LUA_IN_CLI, false,
      "name: string, value: any, ifexist?: boolean -> boolean" },
    { "unset_var", class_txn_unset_var, LUA_IN_SERVICE | LUA_IN_CLI, false, "name: string -> boolean" },
    { 0 },
};

const struct lua_class class_applet_http = { "AppletHTTP", http_rows, http_attribute, false,
                                             "c: Converters, f: Fetches, sc: Converters, sf: Fetches, "
                                             "method: string, version: string, path?: string, qs?: string, "
                                             "length: integer, headers: table<string, table<integer, "
                                             "string>>, response: table<string, table<integer, string>>" };
const struct lua_class class_applet_tcp = { "AppletTCP", tcp_rows, tcp_attribute, false,
                                            "c: Converters, f: Fetches, sc: Converters, sf: Fetches" };
