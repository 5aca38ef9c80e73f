/* HTTPClient: requests of scripts to anywhere (API text since 2.5, "HTTPClient class"). Whatever goes wrong below HTTP is an
 * answer of status 0. */
#include "base/mem.h"
#include "config/cfg_addr.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "stream/http_client.h"
#include <lauxlib.h>

#define TIMEOUT_DEFAULT_MS 30000

struct lua_client {
    struct list link; /* machine's clients, while a request is under way */
    struct lua_waiter waiter;
    struct http_client http;
};

static void stop(struct lua_client *client)
{
    if (!client->http.busy)
        return;
    http_client_end(&client->http);
    list_remove(&client->link);
    lua_waiter_wake(&client->waiter);
    lua_waiter_end(&client->waiter);
}

static void finish(struct lua_handle *handle)
{
    stop(handle->object);
    mem_free(handle->object);
}

void class_httpclient_close_all(struct lua_machine *machine)
{
    LIST_EACH_SAFE(link, &machine->http_clients)
    stop(LIST_ITEM(link, struct lua_client, link));
}

static void ready(struct http_client *http)
{
    lua_waiter_wake(&CONTAINER_OF(http, struct lua_client, http)->waiter);
}

int class_httpclient_new(lua_State *L)
{
    struct lua_handle *handle = lua_class_push_new(L, &class_httpclient, NULL, finish);
    struct lua_client *client = mem_zero(sizeof(*client));
    if (!client)
        return luaL_error(L, "out of memory");
    lua_waiter_init(&client->waiter);
    list_init(&client->link);
    client->http.ready = ready;
    handle->object = client;
    return 1;
}

/* ---- what is asked ---- */

/* Fields: name = "value" or name = { "value", ... }. */
static bool add_fields(lua_State *L, struct http_msg *head)
{
    if (lua_getfield(L, 2, "headers") != LUA_TTABLE) {
        if (!lua_isnil(L, -1))
            luaL_error(L, "'headers' must be a table of header names and values");
        lua_pop(L, 1);
        return true;
    }
    int fields = lua_gettop(L);
    bool well = true;
    lua_pushnil(L);
    while (well && lua_next(L, fields)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "'headers' must be a table of header names and values");
        struct str name = lua_value_check_str(L, -2);
        bool skip = str_eq_nocase(name, STR("content-length")) ||
                    str_eq_nocase(name, STR("transfer-encoding")); /* the body says */
        if (!skip && lua_isstring(L, -1)) {
            well = http_msg_add(head, name, lua_value_check_str(L, -1));
        } else if (!skip && lua_istable(L, -1)) {
            lua_Integer first = lua_rawgeti(L, -1, 0) == LUA_TNIL; /* lists begin at 1, headers tables at 0 */
            lua_pop(L, 1);
            for (lua_Integer i = first; well && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
                well = http_msg_add(head, name, lua_value_check_str(L, -1));
                lua_pop(L, 1);
            }
            if (well)
                lua_pop(L, 1);
        } else if (!skip) {
            luaL_error(L, "header '%s' must be a text or a list of texts", lua_tostring(L, -2));
        }
        lua_pop(L, 1);
    }
    lua_settop(L, fields - 1);
    return well;
}

/* "unix@/path", "10.0.0.1:80" and the like. false: no address. */
static bool parse_address(lua_State *L, const char *text, unsigned port, struct addr *out)
{
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    struct cfg_addr addr;
    const char *error = NULL;
    bool well = cfg_parse_addr(lua_vm_of(L)->configuration->platform, scratch, text, ADDR_PORT_OPTIONAL,
                               false, &addr, &error) &&
                !addr.host && addr.fd < 0 && addr.addr.family != ADDR_NONE;
    arena_rewind(scratch, mark);
    if (!well)
        return false;
    *out = addr.addr;
    if (addr_is_ip(out) && !addr.port_given)
        out->port = (uint16_t)port;
    return true;
}

static void read_target(lua_State *L, struct http_target *out)
{
    char host[256];
    if (lua_getfield(L, 2, "url") != LUA_TSTRING)
        luaL_error(L, "'url' parameter expected");
    http_target_read(out, lua_value_check_str(L, -1));
    if (lua_getfield(L, 2, "dst") == LUA_TSTRING) {
        str_to_c(lua_value_check_str(L, -1), host, sizeof(host));
        if (!parse_address(L, host, out->port, &out->addr))
            luaL_error(L, "'dst' is no address: '%s'", host);
    }
}

/* ---- the exchange ---- */

static int push_answer(lua_State *L, const struct http_client *client)
{
    bool well = !client->failed;
    const struct http_msg *head = &client->response_head;
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, well ? head->status : 0);
    lua_setfield(L, -2, "status");
    lua_value_push_str(L, well ? head->reason : STR_NONE);
    lua_setfield(L, -2, "reason");
    if (well)
        class_http_push_headers(L, head);
    else
        lua_newtable(L);
    lua_setfield(L, -2, "headers");
    lua_value_push_str(L, well ? buf_str(&client->answer) : STR_NONE);
    lua_setfield(L, -2, "body");
    return 1;
}

static int again(lua_State *L, int status, lua_KContext state)
{
    struct lua_client *client = lua_class_check(L, 1, &class_httpclient)->object;
    (void)status;
    (void)state;
    if (client->http.busy && !http_client_advance(&client->http)) {
        lua_waiter_set(&client->waiter, lua_run_of(L));
        return lua_wait_deadline(L, http_client_wake_at(&client->http), again, 0);
    }
    int results = push_answer(L, &client->http);
    stop(client);
    return results;
}

static int request(lua_State *L, struct str method)
{
    struct lua_client *client = lua_class_check(L, 1, &class_httpclient)->object;
    struct lua_machine *machine = lua_vm_of(L);
    struct http_client *http = &client->http;
    struct http_target target;
    uint64_t timeout_ms = TIMEOUT_DEFAULT_MS;
    luaL_checktype(L, 2, LUA_TTABLE);
    if (http->busy)
        return luaL_error(L, "this client has a request under way");
    if (!machine->engine)
        return luaL_error(L, "no request is sent before the proxy runs");
    read_target(L, &target);
    if (lua_getfield(L, 2, "timeout") == LUA_TNUMBER && lua_tointeger(L, -1) > 0)
        timeout_ms = (uint64_t)lua_tointeger(L, -1);
    bool has_body = lua_getfield(L, 2, "body") == LUA_TSTRING || lua_isnumber(L, -1);
    if (!has_body && !lua_isnil(L, -1))
        return luaL_error(L, "'body' must be a text");
    http_client_begin(http, machine->engine);
    list_add_last(&machine->http_clients, &client->link);
    http->body = has_body ? arena_copy(&http->arena, lua_value_check_str(L, -1)) : STR_NONE;
    bool well = (!has_body || http->body.data) &&
                http_client_head(http, method, http_target_path(&target, &http->arena)) &&
                add_fields(L, &http->request_head);
    if (well)
        http_client_send(http, &target, timeout_ms);
    http->failed |= !well;
    lua_settop(L, 1);
    return again(L, LUA_OK, 0);
}

static int client_get(lua_State *L)
{
    return request(L, STR("GET"));
}

static int client_head(lua_State *L)
{
    return request(L, STR("HEAD"));
}

static int client_put(lua_State *L)
{
    return request(L, STR("PUT"));
}

static int client_post(lua_State *L)
{
    return request(L, STR("POST"));
}

static int client_delete(lua_State *L)
{
    return request(L, STR("DELETE"));
}

static const struct lua_method_row rows[] = {
    /* name     run            where allowed  may wait */
    { "delete", client_delete, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "get", client_get, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "head", client_head, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "post", client_post, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "put", client_put, LUA_IN_RUNTIME, true, "request: table -> table" },
    { 0 },
};

const struct lua_class class_httpclient = { "HTTPClient", rows, NULL, false, NULL };
