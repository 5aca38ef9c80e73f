/* Statistics as tables: the keys are those of the management socket, read from its one table of fields. */
#include "lua/lua_stats.h"
#include "admin/stat_fields.h"
#include "lua/lua_value.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include <lauxlib.h>

/* Fields without a value have no key (TRUTHS B6). */
static void add_fields(lua_State *L, const struct stat_row *rows, const struct stat_object *object)
{
    for (const struct stat_row *row = rows; row->name || row->sides; row++) {
        struct stat_value value;
        if (!row->name || !stat_get(row, object, &value))
            continue;
        if (value.kind == STAT_STR)
            lua_value_push_str(L, value.text);
        else
            lua_pushinteger(L, value.number);
        lua_setfield(L, -2, row->name);
    }
}

static int push(lua_State *L, const struct stat_row *rows, struct stat_object *object)
{
    struct lua_machine *machine = lua_vm_of(L);
    lua_newtable(L);
    if (!machine->engine) /* before the proxy runs there is nothing to count */
        return 1;
    object->engine = machine->engine;
    object->scratch = &machine->engine->scratch;
    struct arena_mark mark = arena_mark(object->scratch);
    add_fields(L, rows, object);
    arena_rewind(object->scratch, mark);
    return 1;
}

int lua_stats_push_info(lua_State *L)
{
    struct stat_object object = { .side = STAT_PROCESS };
    return push(L, stat_info_fields, &object);
}

int lua_stats_push_proxy(lua_State *L, const struct proxy *proxy)
{
    bool back = proxy->sides & PROXY_BACK;
    struct stat_object object = { .side = back ? STAT_BACKEND : STAT_FRONTEND, .proxy = proxy };
    return push(L, stat_fields, &object);
}

int lua_stats_push_server(lua_State *L, const struct server *server)
{
    struct stat_object object = { .side = STAT_SERVER, .proxy = server->proxy, .server = server };
    return push(L, stat_fields, &object);
}

int lua_stats_push_listener(lua_State *L, const struct bind *bind)
{
    struct stat_object object = { .side = STAT_LISTENER, .proxy = bind->proxy, .bind = bind };
    return push(L, stat_fields, &object);
}
