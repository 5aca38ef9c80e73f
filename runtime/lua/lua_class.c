/* Objects are tables (scripts test type() and add fields of their own), methods are closures over their row: one place
 * checks where a method may be called. */
#include "lua/lua_class.h"
#include <lauxlib.h>
#include <limits.h>

#define METATABLE 5 /* a method's last upvalue: its class's metatable */

#define ANY_NUMBER 255 /* of arguments, as the closure keeps it */

void lua_class_count(const char *signature, int *least, int *most)
{
    int depth = 0, count = 0, needed = 0;
    bool in_name = false, optional = false;
    for (const char *at = signature;; at++) {
        bool end = !*at || (at[0] == '-' && at[1] == '>');
        if (depth == 0 && (end || *at == ',')) {
            count += in_name;
            needed += in_name && !optional;
            in_name = optional = false;
            if (end)
                break;
            continue;
        }
        if (*at == '(' || *at == '<' || *at == '{')
            depth++;
        else if (*at == ')' || *at == '>' || *at == '}')
            depth--;
        if (strncmp(at, "...", 3) == 0 && depth == 0 && !in_name) {
            *least = needed;
            *most = INT_MAX;
            return;
        }
        if (depth == 0 && *at == '?' && at[1] == ':')
            optional = true;
        if (*at != ' ')
            in_name = true;
    }
    *least = needed;
    *most = count;
}

static int refuse_count(lua_State *L, const struct lua_method_row *row, int self)
{
    const char *end = strstr(row->signature, " -> ");
    lua_pushlstring(L, row->signature, end ? (size_t)(end - row->signature) : strlen(row->signature));
    return luaL_error(L, "'%s' was given %d argument%s; it takes (%s)", lua_tostring(L, lua_upvalueindex(2)),
                      lua_gettop(L) - 1 - self, lua_gettop(L) - 1 - self == 1 ? "" : "s",
                      lua_tostring(L, -1));
}

/* The places of a mask, for messages. */
static void push_places(lua_State *L, unsigned where)
{
    luaL_Buffer text;
    bool first = true;
    luaL_buffinit(L, &text);
    for (unsigned bit = 1; bit <= LUA_IN_FILTER; bit <<= 1) {
        if (!(where & bit))
            continue;
        luaL_addstring(&text, first ? "" : ", ");
        luaL_addstring(&text, lua_context_name((enum lua_context)bit));
        first = false;
    }
    luaL_pushresult(&text);
}

static int call_method(lua_State *L)
{
    const struct lua_method_row *row = lua_touserdata(L, lua_upvalueindex(1));
    unsigned counts = (unsigned)lua_tointeger(L, lua_upvalueindex(3));
    enum lua_context context = lua_context_of(L);
    if (!(row->where & (unsigned)context)) {
        push_places(L, row->where);
        return luaL_error(L, "'%s' cannot be called from %s; it is for %s",
                          lua_tostring(L, lua_upvalueindex(2)), lua_context_name(context),
                          lua_tostring(L, -1));
    }
    int given = lua_gettop(L), least = counts & 255, most = counts >> 8 & 255;
    if (given < least || (given > most && most != ANY_NUMBER))
        return refuse_count(L, row, (int)(counts >> 16));
    return row->run(L);
}

/* metatable: the stack's index of the class's, 0 without a class. */
static void push_method(lua_State *L, const char *prefix, const struct lua_class *class, int metatable,
                        const struct lua_method_row *row)
{
    int least, most, self = class != NULL;
    lua_class_count(row->signature, &least, &most);
    least += self;
    most = most == INT_MAX ? ANY_NUMBER : most + self;
    lua_pushlightuserdata(L, (void *)(uintptr_t)row);
    lua_pushfstring(L, "%s%s%s", prefix, class ? ":" : ".", row->name);
    lua_pushinteger(L, least | most << 8 | self << 16);
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    if (metatable)
        lua_pushvalue(L, metatable);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, call_method, METATABLE);
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

static int class_text(lua_State *L)
{
    const struct lua_class *class = lua_touserdata(L, lua_upvalueindex(1));
    lua_pushfstring(L, "HAProxy class %s", class->name);
    return 1;
}

/* What the table of methods on the stack's top does not hold is asked for, and kept there. */
static void add_finder(lua_State *L, const struct lua_class *class)
{
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, find_member, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void lua_class_make(lua_State *L, const struct lua_class *class)
{
    lua_createtable(L, 0, 4);
    int metatable = lua_gettop(L);
    lua_newtable(L);
    for (const struct lua_method_row *row = class->rows; row && row->name; row++) {
        push_method(L, class->name, class, metatable, row);
        lua_setfield(L, -2, row->name);
    }
    if (!class->attribute || class->of_class) { /* a plain table is found without a call */
        if (class->attribute)
            add_finder(L, class);
        lua_setfield(L, -2, "__index");
    } else {
        lua_pushlightuserdata(L, (void *)(uintptr_t) class);
        lua_pushcclosure(L, find_member, 2);
        lua_setfield(L, -2, "__index");
    }
    lua_pushstring(L, class->name);
    lua_setfield(L, -2, "__name");
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, class_text, 1);
    lua_setfield(L, -2, "__tostring");
    lua_rawsetp(L, LUA_REGISTRYINDEX, class);
}

struct lua_handle *lua_class_push_handle(lua_State *L, void *object, int values)
{
    struct lua_handle *handle = lua_newuserdatauv(L, sizeof(*handle), values);
    *handle = (struct lua_handle){ .magic = LUA_HANDLE_MAGIC, .object = object };
    return handle;
}

static int collect(lua_State *L)
{
    struct lua_handle *handle = lua_touserdata(L, 1);
    if (handle && handle->magic == LUA_HANDLE_MAGIC && handle->object) {
        handle->finish(handle);
        handle->object = NULL;
    }
    return 0;
}

struct lua_handle *lua_class_push_owner(lua_State *L, void *object, void (*finish)(struct lua_handle *handle))
{
    struct lua_handle *handle = lua_class_push_handle(L, object, 0);
    if (luaL_newmetatable(L, "handle that owns")) {
        lua_pushcfunction(L, collect);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    handle->finish = finish;
    return handle;
}

struct lua_handle *lua_class_push_new(lua_State *L, const struct lua_class *class, void *object,
                                      void (*finish)(struct lua_handle *handle))
{
    struct lua_handle *handle =
        finish ? lua_class_push_owner(L, object, finish) : lua_class_push_handle(L, object, 0);
    handle->class = class;
    lua_class_push_object(L, class, -1);
    lua_remove(L, -2);
    return handle;
}

void lua_class_push_object(lua_State *L, const struct lua_class *class, int handle_index)
{
    handle_index = lua_absindex(L, handle_index);
    lua_createtable(L, 0, class->attribute && !class->of_class ? 4 : 1); /* attributes stay in the object */
    lua_pushvalue(L, handle_index);
    lua_rawseti(L, -2, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    lua_setmetatable(L, -2);
}

/* The handle of a table; NULL: it has none, or what it stood for has ended. */
static struct lua_handle *handle_of(lua_State *L, int index)
{
    lua_rawgeti(L, index, 0);
    struct lua_handle *handle = lua_touserdata(L, -1);
    bool well =
        handle && lua_rawlen(L, -1) == sizeof(*handle) && handle->magic == LUA_HANDLE_MAGIC && handle->object;
    lua_pop(L, 1);
    return well ? handle : NULL;
}

static bool has_metatable_of(lua_State *L, int index, const struct lua_class *class)
{
    if (!lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

struct lua_handle *lua_class_test(lua_State *L, int index, const struct lua_class *class)
{
    struct lua_handle *handle = lua_type(L, index) == LUA_TTABLE ? handle_of(L, index) : NULL;
    if (!handle || handle->class == class) /* whoever's table it is in now, that is what it is */
        return handle;
    return has_metatable_of(L, index, class) ? handle : NULL;
}

struct lua_handle *lua_class_check(lua_State *L, int index, const struct lua_class *class)
{
    struct lua_handle *handle = lua_class_test(L, index, class);
    if (handle)
        return handle;
    if (lua_type(L, index) != LUA_TTABLE || !has_metatable_of(L, index, class))
        luaL_typeerror(L, index, class->name);
    luaL_error(L, "this %s object is no longer valid: what it stood for has ended", class->name);
    return NULL;
}

const struct lua_class *lua_class_of_method(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(4));
}

struct lua_handle *lua_class_check_by(lua_State *L, const struct lua_class *class, int metatable)
{
    struct lua_handle *handle = lua_type(L, 1) == LUA_TTABLE ? handle_of(L, 1) : NULL;
    bool same = handle && handle->class == class;
    if (handle && !same && lua_getmetatable(L, 1)) {
        same = lua_rawequal(L, -1, metatable);
        lua_pop(L, 1);
    }
    return same ? handle : lua_class_check(L, 1, class);
}

struct lua_handle *lua_class_self(lua_State *L)
{
    return lua_class_check_by(L, lua_class_of_method(L), lua_upvalueindex(METATABLE));
}

void lua_class_add_functions(lua_State *L, const char *prefix, const struct lua_method_row *rows)
{
    for (const struct lua_method_row *row = rows; row->name; row++) {
        push_method(L, prefix, NULL, 0, row);
        lua_setfield(L, -2, row->name);
    }
}
