/* A state's making: memory, libraries in a fixed order, classes, and the tables that scripts expect. */
#include "lua/lua_vm.h"
#include "base/mem.h"
#include "lua/classes.h"
#include "lua/lua_call.h"
#include "lua/lua_held.h"
#include "lua/lua_io.h"
#include "lua/lua_memory.h"
#include "lua/lua_module.h"
#include "lua/lua_os.h"
#include "lua/lua_register.h"
#include <lauxlib.h>
#include <lualib.h>

static const struct {
    const char *name;
    lua_CFunction open;
} libraries[] = {
    { "_G", luaopen_base },
    { LUA_COLIBNAME, luaopen_coroutine },
    { LUA_TABLIBNAME, luaopen_table },
    { LUA_STRLIBNAME, luaopen_string },
    { LUA_MATHLIBNAME, luaopen_math },
    { LUA_UTF8LIBNAME, luaopen_utf8 },
    { LUA_DBLIBNAME, luaopen_debug },
};

/* math.random of a new state starts where the platform's entropy says. */
static void seed_random(lua_State *L, struct platform *platform)
{
    lua_Integer seeds[2];
    platform->ops->entropy(platform, seeds, sizeof(seeds));
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushinteger(L, seeds[0]);
    lua_pushinteger(L, seeds[1]);
    lua_call(L, 2, 0);
    lua_pop(L, 1);
}

/* A table hashes a C function by its address, which differs from build to build, and an address space may be random. With
 * a value of its own to hold, a function is an object of the state's memory, whose places are the same in every run. */
static void close_functions(lua_State *L, int table)
{
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (lua_iscfunction(L, -1) && !lua_getupvalue(L, -1, 1)) {
            lua_pushvalue(L, -2);
            lua_pushboolean(L, 0);
            lua_pushcclosure(L, lua_tocfunction(L, -3), 1);
            lua_settable(L, table); /* the field is there already, so the walk may go on */
            lua_pop(L, 1);
        } else {
            lua_settop(L, table + 1); /* the key stays */
        }
    }
}

/* Those of the globals, and of the libraries that are globals. */
static void close_libraries(lua_State *L)
{
    int top = lua_gettop(L);
    lua_pushglobaltable(L);
    close_functions(L, top + 1);
    lua_pushnil(L);
    while (lua_next(L, top + 1)) {
        if (lua_istable(L, -1) && !lua_rawequal(L, -1, top + 1))
            close_functions(L, top + 3);
        lua_settop(L, top + 2);
    }
    lua_settop(L, top);
}

static bool is_wanted(const char *wanted, const char *name)
{
    struct str rest = str_of(wanted);
    while (rest.size)
        if (str_eq(str_split(&rest, ','), str_of(name)))
            return true;
    return false;
}

static void remove_library(lua_State *L, const char *name)
{
    lua_pushnil(L);
    lua_setglobal(L, name);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* tune.lua.openlibs: what is not named is not there. */
static void close_unwanted(lua_State *L, const char *wanted)
{
    static const char *const names[] = { LUA_TABLIBNAME,  LUA_IOLIBNAME,   LUA_OSLIBNAME, LUA_STRLIBNAME,
                                         LUA_MATHLIBNAME, LUA_UTF8LIBNAME, LUA_DBLIBNAME, LUA_LOADLIBNAME };
    for (size_t i = 0; wanted && i < COUNT_OF(names); i++)
        if (!is_wanted(wanted, names[i]))
            remove_library(L, names[i]);
    if (wanted && !is_wanted(wanted, LUA_LOADLIBNAME))
        remove_library(L, "require");
    if (wanted && !is_wanted(wanted, LUA_STRLIBNAME)) { /* methods of texts */
        lua_pushliteral(L, "");
        lua_pushnil(L);
        lua_setmetatable(L, -2);
        lua_pop(L, 1);
    }
}

static int furnish(lua_State *L, void *data)
{
    struct lua_machine *machine = data;
    for (size_t i = 0; i < COUNT_OF(libraries); i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].open, 1);
        lua_pop(L, 1);
    }
    seed_random(L, machine->configuration->platform);
    lua_os_open(L);
    lua_io_open(L);
    lua_module_open(L, machine);
    classes_make(L);
    close_libraries(L);
    close_unwanted(L, machine->configuration->globals.lua_libraries);
    return 0;
}

struct lua_machine *lua_vm_create(struct configuration *configuration)
{
    struct lua_machine *machine = mem_zero(sizeof(*machine));
    if (!machine)
        return NULL;
    machine->configuration = configuration;
    machine->context = LUA_IN_BODY;
    list_init(&machine->idle_runs);
    list_init(&machine->runs);
    list_init(&machine->inits);
    list_init(&machine->tasks);
    list_init(&machine->functions);
    list_init(&machine->http_clients);
    list_init(&machine->subscriptions);
    list_init(&machine->event_calls);
    list_init(&machine->sockets);
    list_init(&machine->held_places);
    size_t limit = (size_t)configuration->globals.lua_maxmem_mb << 20;
    if (!lua_memory_init(&machine->memory, configuration->platform, limit)) {
        mem_free(machine);
        return NULL;
    }
    machine->main = lua_newstate(lua_memory_call, &machine->memory);
    if (machine->main)
        *(struct lua_run **)lua_getextraspace(machine->main) = NULL;
    if (!machine->main || !lua_protect(machine, machine->main, furnish, machine, "start")) {
        lua_vm_destroy(machine);
        return NULL;
    }
    return machine;
}

static void free_runs(struct list *runs)
{
    LIST_EACH_SAFE(link, runs)
    {
        list_remove(link);
        mem_free(LIST_ITEM(link, struct lua_run, link));
    }
}

void lua_vm_destroy(struct lua_machine *machine)
{
    if (!machine)
        return;
    lua_register_finish(machine);
    if (machine->main)
        lua_close(machine->main);
    CHECK(list_empty(&machine->runs));
    free_runs(&machine->idle_runs);
    lua_held_finish(machine);
    lua_memory_finish(&machine->memory, machine->configuration->platform);
    mem_free(machine);
}
