/* `io` of a state. */
#ifndef LUA_LUA_IO_H
#define LUA_LUA_IO_H
#include <lua.h>

void lua_io_open(lua_State *L);

#endif
