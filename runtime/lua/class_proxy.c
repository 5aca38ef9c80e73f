/* Proxy, Listener: core.proxies and what hangs on it, made once the configuration is read (API text, "Proxy class",
 * "Listener class"). Objects stand for what lives as long as the state. */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include <lauxlib.h>

static struct proxy *check_proxy(lua_State *L)
{
    return lua_class_check(L, 1, &class_proxy)->object;
}

static int proxy_get_cap(lua_State *L)
{
    const struct proxy *proxy = check_proxy(L);
    bool front = proxy->sides & PROXY_FRONT, back = proxy->sides & PROXY_BACK;
    lua_pushstring(L, front && back ? "proxy" : front ? "frontend" : back ? "backend" : "");
    return 1;
}

static int proxy_get_mode(lua_State *L)
{
    static const char *const names[] = {
        [MODE_TCP] = "tcp", [MODE_HTTP] = "http", [MODE_HEALTH] = "health", [MODE_LOG] = "log"
    };
    lua_pushstring(L, names[check_proxy(L)->settings.mode]);
    return 1;
}

static int proxy_get_srv_act(lua_State *L)
{
    lua_Integer count = 0;
    for (const struct server *server = check_proxy(L)->servers; server; server = server->next)
        count += server_takes_new(server) && !server->settings.backup;
    lua_pushinteger(L, count);
    return 1;
}

static int proxy_get_srv_bck(lua_State *L)
{
    lua_Integer count = 0;
    for (const struct server *server = check_proxy(L)->servers; server; server = server->next)
        count += server_takes_new(server) && server->settings.backup;
    lua_pushinteger(L, count);
    return 1;
}

/* Ends what runs on backup servers. */
static int proxy_shut_bcksess(lua_State *L)
{
    const struct proxy *proxy = check_proxy(L);
    struct engine *engine = lua_vm_of(L)->engine;
    if (!engine)
        return 0;
    LIST_EACH_SAFE(link, &engine->stream_list)
    {
        struct stream *stream = LIST_ITEM(link, struct stream, link);
        if (stream->server && stream->server->proxy == proxy && stream->server->settings.backup)
            stream_kill(stream, 'K');
    }
    return 0;
}

static const struct lua_method_row proxy_rows[] = {
    /* name          run              where allowed  may wait */
    { "get_cap", proxy_get_cap, LUA_ANYWHERE, false, " -> string" },
    { "get_mode", proxy_get_mode, LUA_ANYWHERE, false, " -> string" },
    { "get_srv_act", proxy_get_srv_act, LUA_ANYWHERE, false, " -> integer" },
    { "get_srv_bck", proxy_get_srv_bck, LUA_ANYWHERE, false, " -> integer" },
    { "shut_bcksess", proxy_shut_bcksess, LUA_ANYWHERE, false, "" },
    { 0 },
};

const struct lua_class class_proxy = { "Proxy", proxy_rows, NULL, false,
                                       "name: string, uuid: string, servers: table<string, Server>, "
                                       "listeners: table<string, Listener>, stktable?: StickTable" };

static const struct lua_method_row listener_rows[] = {
    { 0 },
};

const struct lua_class class_listener = { "Listener", listener_rows, NULL, false, NULL };

/* ---- the tables ---- */

static void push_listeners(lua_State *L, const struct proxy *proxy)
{
    unsigned number = 0;
    char name[32];
    lua_newtable(L);
    for (struct bind *bind = proxy->binds; bind; bind = bind->next) {
        struct buf text = { name, 0, sizeof(name), sizeof(name) - 1, false };
        buf_printf(&text, "sock-%u", ++number);
        lua_class_push_new(L, &class_listener, bind, NULL);
        lua_setfield(L, -2, bind->settings.name ? bind->settings.name : name);
    }
}

static void push_servers(lua_State *L, const struct proxy *proxy)
{
    lua_createtable(L, 0, (int)proxy->server_count);
    for (struct server *server = proxy->servers; server; server = server->next) {
        class_server_push(L, server);
        lua_setfield(L, -2, server->name);
    }
}

static void push_proxy(lua_State *L, struct proxy *proxy)
{
    lua_class_push_new(L, &class_proxy, proxy, NULL);
    lua_pushstring(L, proxy->name);
    lua_setfield(L, -2, "name");
    lua_pushfstring(L, "%d", proxy->id);
    lua_setfield(L, -2, "uuid");
    push_servers(L, proxy);
    lua_setfield(L, -2, "servers");
    push_listeners(L, proxy);
    lua_setfield(L, -2, "listeners");
    if (proxy->table) {
        lua_class_push_new(L, &class_stick_table, proxy->table, NULL);
        lua_setfield(L, -2, "stktable");
    }
}

int class_proxy_fill(lua_State *L, void *data)
{
    struct configuration *configuration = data;
    lua_getglobal(L, "core");
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        if (proxy->sides & PROXY_INTERNAL)
            continue;
        push_proxy(L, proxy);
        lua_pushvalue(L, -1);
        lua_setfield(L, -5, proxy->name);
        if (proxy->sides & PROXY_FRONT) {
            lua_pushvalue(L, -1);
            lua_setfield(L, -4, proxy->name);
        }
        if (proxy->sides & PROXY_BACK) {
            lua_pushvalue(L, -1);
            lua_setfield(L, -3, proxy->name);
        }
        lua_pop(L, 1);
    }
    lua_setfield(L, -4, "backends");
    lua_setfield(L, -3, "frontends");
    lua_setfield(L, -2, "proxies");
    return 0;
}
