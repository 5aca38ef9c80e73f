/* Objects are tables (scripts test type() and add fields of their own), methods are closures over their row: one place
 * checks where a method may be called. */
#include "lua/lua_class.h"
#include <lauxlib.h>

#define MAGIC 0x4c6f636bu

static int call_method(lua_State *L)
{
    const struct lua_method_row *row = lua_touserdata(L, lua_upvalueindex(1));
    enum lua_context context = lua_context_of(L);
    if (!(row->where & (unsigned)context))
        return luaL_error(L, "'%s' cannot be called from %s", lua_tostring(L, lua_upvalueindex(2)),
                          lua_context_name(context));
    return row->run(L);
}

static void push_method(lua_State *L, const char *prefix, const char *separator,
                        const struct lua_method_row *row)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)row);
    lua_pushfstring(L, "%s%s%s", prefix, separator, row->name);
    lua_pushcclosure(L, call_method, 2);
}

/* __index(object, key): upvalues are the table of methods and the class. */
static int find_member(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    const struct lua_class *class = lua_touserdata(L, lua_upvalueindex(2));
    if (class->attribute && lua_type(L, 2) == LUA_TSTRING && class->attribute(L, lua_tostring(L, 2)))
        return 1;
    lua_pushnil(L);
    return 1;
}

void lua_class_make(lua_State *L, const struct lua_class *class)
{
    lua_createtable(L, 0, 4);
    lua_newtable(L);
    for (const struct lua_method_row *row = class->rows; row && row->name; row++) {
        push_method(L, class->name, ":", row);
        lua_setfield(L, -2, row->name);
    }
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, find_member, 2);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, class->name);
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, class);
}

struct lua_handle *lua_class_push_handle(lua_State *L, void *object)
{
    struct lua_handle *handle = lua_newuserdatauv(L, sizeof(*handle), 0);
    *handle = (struct lua_handle){ .magic = MAGIC, .object = object };
    return handle;
}

void lua_class_push_object(lua_State *L, const struct lua_class *class, int handle_index)
{
    handle_index = lua_absindex(L, handle_index);
    lua_createtable(L, 0, 8);
    lua_pushvalue(L, handle_index);
    lua_rawseti(L, -2, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    lua_setmetatable(L, -2);
}

struct lua_handle *lua_class_check(lua_State *L, int index, const struct lua_class *class)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) {
        luaL_typeerror(L, index, class->name);
        return NULL;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (!same)
        luaL_typeerror(L, index, class->name);
    lua_rawgeti(L, index, 0);
    struct lua_handle *handle = lua_touserdata(L, -1);
    if (!handle || lua_rawlen(L, -1) != sizeof(*handle) || handle->magic != MAGIC)
        luaL_typeerror(L, index, class->name);
    lua_pop(L, 1);
    if (!handle->object)
        luaL_error(L, "this %s object is no longer valid: what it stood for has ended", class->name);
    return handle;
}

void lua_class_push_functions(lua_State *L, const char *prefix, const struct lua_method_row *rows)
{
    lua_newtable(L);
    for (const struct lua_method_row *row = rows; row->name; row++) {
        push_method(L, prefix, ".", row);
        lua_setfield(L, -2, row->name);
    }
}
