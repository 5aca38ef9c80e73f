/* Concat: text that grows by pieces (API text, "Concat class"). Its memory comes from the state's allocator, so that the
 * state's limit covers it. */
#include "lua/classes.h"
#include "lua/lua_memory.h"
#include "lua/lua_value.h"
#include <lauxlib.h>

#define FIRST_SIZE 256u

static const char add_key[] = "Concat:add";

struct concat {
    struct lua_memory *memory;
    char *data;
    size_t size, capacity;
};

static void finish(struct lua_handle *handle)
{
    struct concat *concat = handle->object;
    struct lua_memory *memory = concat->memory;
    if (concat->data)
        lua_memory_call(memory, concat->data, concat->capacity, 0);
    lua_memory_call(memory, concat, sizeof(*concat), 0);
}

int class_concat_new(lua_State *L)
{
    struct lua_handle *handle = lua_class_push_new(L, &class_concat, NULL, finish);
    struct lua_memory *memory = &lua_vm_of(L)->memory;
    struct concat *concat = lua_memory_call(memory, NULL, 0, sizeof(*concat));
    if (!concat)
        return luaL_error(L, "out of memory");
    *concat = (struct concat){ .memory = memory };
    handle->object = concat;
    lua_rawgetp(L, LUA_REGISTRYINDEX, add_key); /* found without a look at the class */
    lua_setfield(L, -2, "add");
    return 1;
}

static int append(lua_State *L, struct concat *concat, struct str text)
{
    if (text.size > concat->capacity - concat->size) {
        size_t capacity = concat->capacity ? concat->capacity : FIRST_SIZE;
        while (capacity - concat->size < text.size)
            capacity *= 2;
        char *grown = lua_memory_call(concat->memory, concat->data, concat->capacity, capacity);
        if (!grown)
            return luaL_error(L, "out of memory");
        concat->data = grown;
        concat->capacity = capacity;
    }
    if (text.size)
        memcpy(concat->data + concat->size, text.data, text.size);
    concat->size += text.size;
    return 0;
}

static int concat_add(lua_State *L)
{
    struct concat *concat = lua_class_check(L, 1, &class_concat)->object;
    return append(L, concat, lua_value_check_str(L, 2));
}

/* What is called once for every piece of a text is to cost no more than an element of a table: one look at the object, by
 * the one function that only its handles have. All that is not as it should be goes the usual way (the upvalue). */
static int quick_add(lua_State *L)
{
    size_t size;
    int count = lua_gettop(L);
    if (count == 2 && lua_type(L, 1) == LUA_TTABLE && lua_rawgeti(L, 1, 0) == LUA_TUSERDATA) {
        const struct lua_handle *handle = lua_touserdata(L, 3); /* all userdata of ours begin with as much */
        bool own = handle->magic == LUA_HANDLE_MAGIC && handle->finish == finish && handle->object;
        const char *data = own ? lua_tolstring(L, 2, &size) : NULL;
        if (data)
            return append(L, handle->object, str_make(data, size));
    }
    lua_settop(L, count);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, 0);
    return 0;
}

void class_concat_make(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &class_concat);
    lua_getfield(L, -1, "__index");
    lua_getfield(L, -1, "add");
    lua_pushcclosure(L, quick_add, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, add_key);
    lua_setfield(L, -2, "add");
    lua_pop(L, 2);
}

static int concat_dump(lua_State *L)
{
    const struct concat *concat = lua_class_check(L, 1, &class_concat)->object;
    lua_value_push_str(L, str_make(concat->data, concat->size));
    return 1;
}

static const struct lua_method_row rows[] = {
    /* name   run         where allowed  may wait */
    { "add", concat_add, LUA_ANYWHERE, false, "text: string" },
    { "dump", concat_dump, LUA_ANYWHERE, false, " -> string" },
    { 0 },
};

const struct lua_class class_concat = { "Concat", rows, NULL, false, NULL };
