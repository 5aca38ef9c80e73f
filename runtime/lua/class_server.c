/* Server (API text, "Server class"; TRUTHS B1 to B5). Setters give nil when all is well, else why not; they change a server the
 * way the management socket does. */
#include "admin/cmd_server.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "lua/classes.h"
#include "lua/lua_event.h"
#include "lua/lua_stats.h"
#include "lua/lua_value.h"
#include "proxy/proxy.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include <lauxlib.h>

static struct server *check_server(lua_State *L)
{
    return lua_class_check(L, 1, &class_server)->object;
}

/* self of a method that changes something: not before the proxy runs. */
static struct server *check_running(lua_State *L, struct engine **engine)
{
    struct server *server = check_server(L);
    *engine = lua_vm_of(L)->engine;
    if (!*engine)
        luaL_error(L, "servers cannot be changed before the proxy runs");
    return server;
}

/* ---- what it is ---- */

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

/* How often its number was used by a server before it: servers are never made anew. */
static int server_get_rid(lua_State *L)
{
    check_server(L);
    lua_pushinteger(L, 0);
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

static int server_get_stats(lua_State *L)
{
    return lua_stats_push_server(L, check_server(L));
}

static int server_get_cur_sess(lua_State *L)
{
    lua_pushinteger(L, check_server(L)->current);
    return 1;
}

static int server_get_pend_conn(lua_State *L)
{
    lua_pushinteger(L, check_server(L)->queue_count);
    return 1;
}

static int server_is_backup(lua_State *L)
{
    lua_pushboolean(L, check_server(L)->settings.backup);
    return 1;
}

static int server_is_dynamic(lua_State *L)
{
    lua_pushboolean(L, check_server(L)->dynamic);
    return 1;
}

static int server_is_draining(lua_State *L)
{
    const struct server *server = check_server(L);
    lua_pushboolean(L, (server->admin & ADMIN_DRAIN) || server->weight_now == 0);
    return 1;
}

static int server_tracking(lua_State *L)
{
    struct server *tracked = check_server(L)->tracked;
    if (tracked)
        class_server_push(L, tracked);
    else
        lua_pushnil(L);
    return 1;
}

static int server_get_trackers(lua_State *L)
{
    const struct server *server = check_server(L);
    lua_Integer count = 0;
    lua_newtable(L);
    for (struct proxy *proxy = lua_vm_of(L)->configuration->proxies; proxy; proxy = proxy->next)
        for (struct server *each = proxy->servers; each; each = each->next)
            if (each->tracked == server) {
                class_server_push(L, each);
                lua_rawseti(L, -2, ++count);
            }
    return 1;
}

/* ---- weight, maxconn, address ---- */

static int answer(lua_State *L, const char *error)
{
    if (error)
        lua_pushstring(L, error);
    else
        lua_pushnil(L);
    return 1;
}

static int server_set_weight(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    return answer(L, server_status_set_weight(engine, server, luaL_checkstring(L, 2)));
}

static int server_set_maxconn(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    struct str text = lua_value_check_str(L, 2);
    int64_t value = 0;
    size_t size = units_read_int(text, &value);
    if (!text.size)
        return answer(L, "Require <maxconn>.");
    if (!size)
        return answer(L, "maxconn string empty or preceded by garbage");
    if (size < text.size)
        return answer(L, "Trailing garbage in maxconn string");
    server->settings.maxconn = (int64_t)(uint32_t)value;
    server_status_changed(engine, server);
    return answer(L, NULL);
}

/* Says what it did in any case. */
static int server_set_addr(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    const char *addr = luaL_checkstring(L, 2), *port = luaL_optstring(L, 3, NULL);
    char cut[16];
    int64_t number;
    if (!addr_is_ip(&server->addr.addr))
        return answer(L, "Update for the current server address family is only supported through "
                         "configuration file.");
    if (port && units_parse_int(str_of(port), 65536, INT64_MAX, &number)) { /* as HAProxy takes it */
        struct buf text = { cut, 0, sizeof(cut), sizeof(cut) - 1, false };
        buf_add_uint(&text, (uint64_t)number & 65535);
        buf_add_char(&text, 0);
        port = cut;
    }
    struct buf said = BUF_INIT;
    (void)cmd_server_move(engine, server, addr, port, &said);
    buf_add_c(&said, " by 'Lua script'");
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    if (!said.failed)
        luaL_addlstring(&text, said.data, said.size < LUAL_BUFFERSIZE ? said.size : LUAL_BUFFERSIZE);
    buf_finish(&said);
    luaL_pushresult(&text);
    return 1;
}

/* ---- state ---- */

static int server_set_drain(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    server_status_set_admin(engine, server, ADMIN_FORCED_DRAIN, NULL);
    server_status_clear_admin(engine, server, ADMIN_FORCED_MAINT);
    return 0;
}

static int server_set_maint(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    server_status_set_admin(engine, server, ADMIN_FORCED_MAINT, NULL);
    server_status_clear_admin(engine, server, ADMIN_FORCED_DRAIN);
    return 0;
}

static int server_set_ready(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    server_status_clear_admin(engine, server, ADMIN_FORCED_MAINT);
    server_status_clear_admin(engine, server, ADMIN_FORCED_DRAIN);
    return 0;
}

static int server_shut_sess(lua_State *L)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    server_status_kill_sessions(engine, server, 'K');
    return 0;
}

static int switch_check(lua_State *L, bool agent, bool on)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    struct check *check = check_of(agent ? server->agent : server->check);
    if (check && check->configured)
        check_enable(check, on);
    return 0;
}

static int server_check_enable(lua_State *L)
{
    return switch_check(L, false, true);
}

static int server_check_disable(lua_State *L)
{
    return switch_check(L, false, false);
}

static int server_agent_enable(lua_State *L)
{
    return switch_check(L, true, true);
}

static int server_agent_disable(lua_State *L)
{
    return switch_check(L, true, false);
}

static void force(struct check *check, bool up)
{
    if (check)
        check->health = up ? check->rise + check->fall - 1 : 0;
}

#define REASON "changed from Lua script"

/* A server that tracks another has no health of its own. */
static int force_check(lua_State *L, bool up,
                       void (*change)(struct engine *engine, struct server *server, const char *reason))
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    if (server->tracked)
        return 0;
    force(check_of(server->check), up);
    change(engine, server, REASON);
    return 0;
}

static int server_check_force_up(lua_State *L)
{
    return force_check(L, true, server_status_up);
}

static int server_check_force_nolb(lua_State *L)
{
    return force_check(L, true, server_status_stopping);
}

static int server_check_force_down(lua_State *L)
{
    return force_check(L, false, server_status_down);
}

static int force_agent(lua_State *L, bool up)
{
    struct engine *engine;
    struct server *server = check_running(L, &engine);
    struct check *agent = check_of(server->agent), *check = check_of(server->check);
    if (!agent || !agent->configured || !agent->enabled)
        return 0;
    force(agent, up);
    if (!up)
        server_status_down(engine, server, REASON);
    else if (!check || !check->enabled || check->health)
        server_status_up(engine, server, REASON);
    return 0;
}

static int server_agent_force_up(lua_State *L)
{
    return force_agent(L, true);
}

static int server_agent_force_down(lua_State *L)
{
    return force_agent(L, false);
}

static int server_event_sub(lua_State *L)
{
    return lua_event_subscribe(L, check_server(L), 2);
}

static const struct lua_method_row rows[] = {
    /* name       run                where allowed  may wait */
    { "agent_disable", server_agent_disable, LUA_ANYWHERE, false, "" },
    { "agent_enable", server_agent_enable, LUA_ANYWHERE, false, "" },
    { "agent_force_down", server_agent_force_down, LUA_ANYWHERE, false, "" },
    { "agent_force_up", server_agent_force_up, LUA_ANYWHERE, false, "" },
    { "check_disable", server_check_disable, LUA_ANYWHERE, false, "" },
    { "check_enable", server_check_enable, LUA_ANYWHERE, false, "" },
    { "check_force_down", server_check_force_down, LUA_ANYWHERE, false, "" },
    { "check_force_nolb", server_check_force_nolb, LUA_ANYWHERE, false, "" },
    { "check_force_up", server_check_force_up, LUA_ANYWHERE, false, "" },
    { "event_sub", server_event_sub, LUA_ANYWHERE, false,
      "events: string[], handler: fun(event: string, data: table, sub: EventSub, when: integer) -> "
      "EventSub" },
    { "get_addr", server_get_addr, LUA_ANYWHERE, false, " -> string" },
    { "get_cur_sess", server_get_cur_sess, LUA_ANYWHERE, false, " -> integer" },
    { "get_maxconn", server_get_maxconn, LUA_ANYWHERE, false, " -> integer" },
    { "get_name", server_get_name, LUA_ANYWHERE, false, " -> string" },
    { "get_pend_conn", server_get_pend_conn, LUA_ANYWHERE, false, " -> integer" },
    { "get_proxy", server_get_proxy, LUA_ANYWHERE, false, " -> Proxy" },
    { "get_puid", server_get_puid, LUA_ANYWHERE, false, " -> string" },
    { "get_rid", server_get_rid, LUA_ANYWHERE, false, " -> integer" },
    { "get_stats", server_get_stats, LUA_ANYWHERE, false, " -> table<string, any>" },
    { "get_trackers", server_get_trackers, LUA_ANYWHERE, false, " -> Server[]" },
    { "get_weight", server_get_weight, LUA_ANYWHERE, false, " -> integer" },
    { "is_backup", server_is_backup, LUA_ANYWHERE, false, " -> boolean" },
    { "is_draining", server_is_draining, LUA_ANYWHERE, false, " -> boolean" },
    { "is_dynamic", server_is_dynamic, LUA_ANYWHERE, false, " -> boolean" },
    { "set_addr", server_set_addr, LUA_ANYWHERE, false, "address: string, port?: string|integer -> string" },
    { "set_drain", server_set_drain, LUA_ANYWHERE, false, "" },
    { "set_maint", server_set_maint, LUA_ANYWHERE, false, "" },
    { "set_maxconn", server_set_maxconn, LUA_ANYWHERE, false, "maxconn: string|integer -> string|nil" },
    { "set_ready", server_set_ready, LUA_ANYWHERE, false, "" },
    { "set_weight", server_set_weight, LUA_ANYWHERE, false, "weight: string|integer -> string|nil" },
    { "shut_sess", server_shut_sess, LUA_ANYWHERE, false, "" },
    { "tracking", server_tracking, LUA_ANYWHERE, false, " -> Server|nil" },
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
