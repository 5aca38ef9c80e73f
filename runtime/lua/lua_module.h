/* `print`, `loadfile`, `dofile`, `require` and `package` of a state. */
#ifndef LUA_LUA_MODULE_H
#define LUA_LUA_MODULE_H
#include <lua.h>

struct lua_machine;

void lua_module_open(lua_State *L, struct lua_machine *machine);

#endif
