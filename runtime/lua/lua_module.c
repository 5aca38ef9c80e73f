/* What loads code and what prints: print, loadfile, dofile, require, package. */
#include "lua/lua_module.h"
#include "lua/lua_held.h"
#include "lua/lua_value.h"
#include "lua/lua_vm.h"
#include <lauxlib.h>

static int print(lua_State *L)
{
    struct platform *platform = lua_vm_platform(L);
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int index = 1; index <= count; index++) {
        if (index > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, index, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    platform->ops->print(platform, false, lua_value_check_str(L, -1));
    return 0;
}

static int load_path(lua_State *L, const char *path, enum io_status *status)
{
    struct platform *platform = lua_vm_platform(L);
    struct buf text = BUF_INIT;
    uint64_t begin = lua_held_begin(L);
    *status = platform->ops->file_read(platform, path, &text);
    lua_held_end(L, begin, "the loading of a file", LUA_HELD_FILE);
    if (*status != IO_OK) {
        buf_finish(&text);
        lua_pushfstring(L, "cannot open %s: %s", path, platform_status_text(*status));
        return LUA_ERRFILE;
    }
    struct str code = buf_str(&text);
    if (code.size && code.data[0] == '#') {
        size_t line = str_find_char(code, '\n');
        code = str_from(code, line == STR_NOT_FOUND ? code.size : line);
    }
    lua_pushfstring(L, "@%s", path);
    int result = luaL_loadbufferx(L, code.size ? code.data : "", code.size, lua_tostring(L, -1), "t");
    lua_remove(L, -2);
    buf_finish(&text);
    return result;
}

static int loadfile(lua_State *L)
{
    enum io_status status;
    if (load_path(L, luaL_checkstring(L, 1), &status) == LUA_OK)
        return 1;
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
}

static int dofile(lua_State *L)
{
    enum io_status status;
    if (load_path(L, luaL_checkstring(L, 1), &status) != LUA_OK)
        return lua_error(L);
    lua_settop(L, 2);
    lua_remove(L, 1);
    lua_callk(L, 0, LUA_MULTRET, 0, NULL);
    return lua_gettop(L);
}

/* Tries each template of package.path; pushes the chunk and the path, or the list of what was tried. */
static bool find_module(lua_State *L, const char *name)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    struct str templates = lua_value_check_str(L, -1);
    const char *dotted = luaL_gsub(L, name, ".", "/");
    lua_pushliteral(L, ""); /* what was tried */
    int tried = lua_gettop(L);
    while (templates.data) {
        struct str template = str_split(&templates, ';');
        if (!template.size)
            continue;
        enum io_status status;
        lua_value_push_str(L, template);
        const char *path = luaL_gsub(L, lua_tostring(L, -1), "?", dotted);
        if (load_path(L, path, &status) == LUA_OK) {
            lua_pushstring(L, path);
            return true;
        }
        if (status == IO_OK)
            luaL_error(L, "error loading module '%s':\n\t%s", name, lua_tostring(L, -1));
        lua_pushfstring(L, "%s\n\tno file '%s'", lua_tostring(L, tried), path);
        lua_replace(L, tried);
        lua_settop(L, tried);
    }
    return false;
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, 2, name);
    if (lua_toboolean(L, -1))
        return 1;
    lua_settop(L, 2);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    if (lua_istable(L, -1) && lua_getfield(L, -1, name) == LUA_TFUNCTION)
        lua_pushliteral(L, ":preload:");
    else if (!find_module(L, name))
        return luaL_error(L, "module '%s' not found:\n\tno field package.preload['%s']%s", name, name,
                          lua_tostring(L, -1));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_insert(L, -3);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1))
        lua_setfield(L, 2, name);
    else
        lua_pop(L, 1);
    if (lua_getfield(L, 2, name) == LUA_TNIL) {
        lua_pushboolean(L, true);
        lua_pushvalue(L, -1);
        lua_setfield(L, 2, name);
    }
    lua_pushvalue(L, -2);
    return 2;
}

static void open_package(lua_State *L, struct lua_machine *machine)
{
    const char *first = machine->configuration->globals.lua_prepend_path;
    lua_newtable(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_setfield(L, -2, "loaded");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_setfield(L, -2, "preload");
    lua_pushfstring(
        L, "%s%s%s", first ? first : "", first ? ";" : "",
        "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;/usr/share/lua/5.4/?.lua;"
        "/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_pushliteral(L, "/\n;\n?\n!\n-\n");
    lua_setfield(L, -2, "config");
    lua_setglobal(L, "package");
    lua_register(L, "require", require);
}

void lua_module_open(lua_State *L, struct lua_machine *machine)
{
    open_package(L, machine);
    lua_register(L, "print", print);
    lua_register(L, "loadfile", loadfile);
    lua_register(L, "dofile", dofile);
}
