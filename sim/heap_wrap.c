/* The doors of the engine's heap (base/mem.h) and of Lua's (lua_newstate's function). The linker puts these before them
 * (--wrap), in lockstep-sim alone. */
#include "base/mem.h"
#include "sim/sim_heap.h"
#include <lua.h>

void *__real_mem_alloc(size_t size);
void *__real_mem_zero(size_t size);
void *__real_mem_resize(void *old, size_t size);
void *__wrap_mem_alloc(size_t size);
void *__wrap_mem_zero(size_t size);
void *__wrap_mem_resize(void *old, size_t size);

void *__wrap_mem_alloc(size_t size)
{
    return sim_heap_fails(SIM_HEAP_ENGINE) ? NULL : __real_mem_alloc(size);
}

void *__wrap_mem_zero(size_t size)
{
    return sim_heap_fails(SIM_HEAP_ENGINE) ? NULL : __real_mem_zero(size);
}

void *__wrap_mem_resize(void *old, size_t size)
{
    return sim_heap_fails(SIM_HEAP_ENGINE) ? NULL : __real_mem_resize(old, size);
}

/* ---- Lua ---- */

static lua_Alloc real_alloc; /* the same of all machines */

lua_State *__real_lua_newstate(lua_Alloc alloc, void *data);
lua_State *__wrap_lua_newstate(lua_Alloc alloc, void *data);

/* Shrinking and freeing cannot fail. */
static void *lua_piece(void *data, void *old, size_t old_size, size_t size)
{
    if (size && (!old || size > old_size) && sim_heap_fails(SIM_HEAP_LUA))
        return NULL;
    return real_alloc(data, old, old_size, size);
}

lua_State *__wrap_lua_newstate(lua_Alloc alloc, void *data)
{
    real_alloc = alloc;
    return __real_lua_newstate(lua_piece, data);
}
