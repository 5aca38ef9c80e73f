/* Proxy, Listener: core.proxies and what hangs on it, made once the configuration is read (API text, "Proxy class",
 * "Listener class"). Objects stand for what lives as long as the state. */
#include "health/server_status.h"
#include "lua/classes.h"
#include "lua/lua_stats.h"
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
    lua_pushinteger(L, server_status_sums(check_proxy(L)).active);
    return 1;
}

static int proxy_get_srv_bck(lua_State *L)
{
    lua_pushinteger(L, server_status_sums(check_proxy(L)).backup);
    return 1;
}

static int proxy_get_name(lua_State *L)
{
    lua_pushstring(L, check_proxy(L)->name);
    return 1;
}

static int proxy_get_uuid(lua_State *L)
{
    lua_pushfstring(L, "%d", check_proxy(L)->id);
    return 1;
}

/* Ends what runs on backup servers. */
static int proxy_shut_bcksess(lua_State *L)
{
    const struct proxy *proxy = check_proxy(L);
    struct engine *engine = lua_vm_of(L)->engine;
    for (struct server *server = engine ? proxy->servers : NULL; server; server = server->next)
        if (server->settings.backup)
            server_status_kill_sessions(engine, server, 'K');
    return 0;
}

static int proxy_get_mailers(lua_State *L)
{
    const struct proxy *proxy = check_proxy(L);
    const struct email_alert *alert = &proxy->settings.email_alert;
    struct platform *platform = proxy->configuration->platform;
    char text[ADDR_TEXT_MAX + 8];
    if (!alert->mailers) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 7);
    lua_pushboolean(L, proxy->settings.log_health_checks);
    lua_setfield(L, -2, "track_server_health");
    lua_pushinteger(L, alert->level);
    lua_setfield(L, -2, "log_level");
    lua_pushinteger(L, (lua_Integer)alert->mailers->timeout_ms);
    lua_setfield(L, -2, "mailservers_timeout");
    lua_pushstring(L, alert->host_name ? alert->host_name : platform->ops->host_name(platform));
    lua_setfield(L, -2, "smtp_hostname");
    lua_pushstring(L, alert->from);
    lua_setfield(L, -2, "smtp_from");
    lua_pushstring(L, alert->to);
    lua_setfield(L, -2, "smtp_to");
    lua_newtable(L);
    for (const struct mailer *mailer = alert->mailers->first; mailer; mailer = mailer->next) {
        addr_print(&mailer->addr, text, sizeof(text));
        lua_pushstring(L, text);
        lua_setfield(L, -2, mailer->name);
    }
    lua_setfield(L, -2, "mailservers");
    return 1;
}

static int proxy_get_stats(lua_State *L)
{
    return lua_stats_push_proxy(L, check_proxy(L));
}

/* A frontend by hand, as the management socket has it: no more than a stopped one can be resumed. */
static struct proxy *check_listening(lua_State *L, struct engine **engine)
{
    struct proxy *proxy = check_proxy(L);
    *engine = lua_vm_of(L)->engine;
    return *engine && (proxy->sides & PROXY_FRONT) && !proxy->stopped ? proxy : NULL;
}

static int proxy_pause(lua_State *L)
{
    struct engine *engine;
    struct proxy *proxy = check_listening(L, &engine);
    if (proxy && !proxy->paused)
        engine_pause(engine, proxy);
    return 0;
}

static int proxy_resume(lua_State *L)
{
    struct engine *engine;
    struct proxy *proxy = check_listening(L, &engine);
    if (proxy && proxy->paused && !engine_resume(engine, proxy))
        return luaL_error(L, "resume: a port of '%s' is taken", proxy->name);
    return 0;
}

static int proxy_stop(lua_State *L)
{
    struct engine *engine;
    struct proxy *proxy = check_listening(L, &engine);
    if (proxy)
        engine_close(engine, proxy);
    return 0;
}

static const struct lua_method_row proxy_rows[] = {
    /* name          run              where allowed  may wait */
    { "get_cap", proxy_get_cap, LUA_ANYWHERE, false, " -> string" },
    { "get_mode", proxy_get_mode, LUA_ANYWHERE, false, " -> string" },
    { "get_mailers", proxy_get_mailers, LUA_ANYWHERE, false, " -> ProxyMailers|nil" },
    { "get_name", proxy_get_name, LUA_ANYWHERE, false, " -> string" },
    { "get_srv_act", proxy_get_srv_act, LUA_ANYWHERE, false, " -> integer" },
    { "get_srv_bck", proxy_get_srv_bck, LUA_ANYWHERE, false, " -> integer" },
    { "get_stats", proxy_get_stats, LUA_ANYWHERE, false, " -> table<string, any>" },
    { "get_uuid", proxy_get_uuid, LUA_ANYWHERE, false, " -> string" },
    { "pause", proxy_pause, LUA_ANYWHERE, false, "" },
    { "resume", proxy_resume, LUA_ANYWHERE, false, "" },
    { "shut_bcksess", proxy_shut_bcksess, LUA_ANYWHERE, false, "" },
    { "stop", proxy_stop, LUA_ANYWHERE, false, "" },
    { 0 },
};

const struct lua_class class_proxy = { "Proxy", proxy_rows, NULL, false,
                                       "name: string, uuid: string, servers: table<string, Server>, "
                                       "listeners: table<string, Listener>, stktable?: StickTable" };

static int listener_get_stats(lua_State *L)
{
    return lua_stats_push_listener(L, lua_class_check(L, 1, &class_listener)->object);
}

static const struct lua_method_row listener_rows[] = {
    { "get_stats", listener_get_stats, LUA_ANYWHERE, false, " -> table<string, any>" },
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
