/* Samples to Lua values and back. */
#include "lua/lua_value.h"
#include "lua/lua_vm.h"
#include <lauxlib.h>

void lua_value_push_str(lua_State *L, struct str text)
{
    lua_pushlstring(L, text.size ? text.data : "", text.size);
}

struct str lua_value_check_str(lua_State *L, int index)
{
    size_t size;
    const char *data = luaL_checklstring(L, index, &size);
    return str_make(data, size);
}

void lua_value_push_sample_text(lua_State *L, const struct sample *sample, struct arena *scratch)
{
    struct sample text = *sample;
    struct arena_mark mark = arena_mark(scratch);
    if (text.type == SAMPLE_BOOL)
        text.type = SAMPLE_SINT; /* "1" and "0" */
    if (text.type == SAMPLE_BIN || sample_cast(&text, SAMPLE_STR, scratch))
        lua_value_push_str(L, text.u.text);
    else
        lua_pushliteral(L, "");
    arena_rewind(scratch, mark);
}

void lua_value_push_sample(lua_State *L, const struct sample *sample, struct arena *scratch)
{
    if (sample->type == SAMPLE_BOOL && lua_vm_of(L)->configuration->globals.lua_real_booleans)
        lua_pushboolean(L, sample->u.integer != 0);
    else if (sample->type == SAMPLE_SINT || sample->type == SAMPLE_BOOL)
        lua_pushinteger(L, sample->u.integer);
    else
        lua_value_push_sample_text(L, sample, scratch);
}

bool lua_value_to_sample(lua_State *L, int index, struct sample *out, struct arena *scratch)
{
    size_t size;
    const char *data;
    int whole;
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        *out = sample_int(lua_tointegerx(L, index, &whole));
        if (!whole)
            out->u.integer = 0;
        return true;
    case LUA_TSTRING:
        data = lua_tolstring(L, index, &size);
        *out = sample_text(arena_copy(scratch, str_make(data, size)));
        return out->u.text.data != NULL;
    case LUA_TBOOLEAN:
        *out = sample_bool(lua_toboolean(L, index));
        return true;
    default:
        *out = sample_bool(false);
        return true;
    }
}
