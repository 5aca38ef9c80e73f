/* Server (API text, "Server class"; TRUTHS B1 to B5). */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "proxy/proxy.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include <lauxlib.h>

static struct server *check_server(lua_State *L)
{
    return lua_class_check(L, 1, &class_server)->object;
}

static int server_get_addr(lua_State *L)
{
    const struct addr *addr = &check_server(L)->addr.addr;
    char text[ADDR_TEXT_MAX];
    if (!addr_is_ip(addr)) {
        lua_value_push_str(L, str_make(text, addr_print(addr, text, sizeof(text))));
        return 1;
    }
    lua_value_push_str(L, str_make(text, addr_print_ip(addr, text, sizeof(text))));
    lua_pushfstring(L, ":%d", addr->port);
    lua_concat(L, 2);
    return 1;
}

static int server_get_weight(lua_State *L)
{
    lua_pushinteger(L, check_server(L)->weight_now);
    return 1;
}

static int server_get_maxconn(lua_State *L)
{
    lua_pushinteger(L, check_server(L)->settings.maxconn);
    return 1;
}

static int server_get_name(lua_State *L)
{
    lua_pushstring(L, check_server(L)->name);
    return 1;
}

static int server_get_puid(lua_State *L)
{
    lua_pushfstring(L, "%d", check_server(L)->id);
    return 1;
}

static int server_get_proxy(lua_State *L)
{
    const struct server *server = check_server(L);
    lua_getglobal(L, "core");
    lua_getfield(L, -1, "backends");
    if (lua_istable(L, -1))
        lua_getfield(L, -1, server->proxy->name);
    return 1;
}

static int server_shut_sess(lua_State *L)
{
    const struct server *server = check_server(L);
    struct engine *engine = lua_vm_of(L)->engine;
    if (!engine)
        return 0;
    LIST_EACH_SAFE(link, &engine->stream_list)
    {
        struct stream *stream = LIST_ITEM(link, struct stream, link);
        if (stream->server == server)
            stream_kill(stream, 'K');
    }
    return 0;
}

static const struct lua_method_row rows[] = {
    /* name       run                where allowed  may wait */
    { "get_addr", server_get_addr, LUA_ANYWHERE, false, " -> string" },
    { "get_maxconn", server_get_maxconn, LUA_ANYWHERE, false, " -> integer" },
    { "get_name", server_get_name, LUA_ANYWHERE, false, " -> string" },
    { "get_proxy", server_get_proxy, LUA_ANYWHERE, false, " -> Proxy" },
    { "get_puid", server_get_puid, LUA_ANYWHERE, false, " -> string" },
    { "get_weight", server_get_weight, LUA_ANYWHERE, false, " -> integer" },
    { "shut_sess", server_shut_sess, LUA_ANYWHERE, false, "" },
    { 0 },
};

const struct lua_class class_server = { "Server", rows, NULL, false, "name: string, puid: string" };

void class_server_push(lua_State *L, struct server *server)
{
    lua_class_push_new(L, &class_server, server, NULL);
    lua_pushstring(L, server->name);
    lua_setfield(L, -2, "name");
    lua_pushfstring(L, "%d", server->id);
    lua_setfield(L, -2, "puid");
}
