/* Memory of a Lua state. */
#ifndef LUA_LUA_MEMORY_H
#define LUA_LUA_MEMORY_H
#include "lua/lua_vm.h"

/* limit: bytes, 0 for none. false: no address space. */
bool lua_memory_init(struct lua_memory *memory, struct platform *platform, size_t limit) MUST_USE;
void lua_memory_finish(struct lua_memory *memory, struct platform *platform);
/* A lua_Alloc; data is the struct lua_memory. */
void *lua_memory_call(void *data, void *block, size_t old_size, size_t new_size);

#endif
