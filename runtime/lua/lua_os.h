/* `os` of a state. */
#ifndef LUA_LUA_OS_H
#define LUA_LUA_OS_H
#include "platform/platform.h"
#include <lua.h>

void lua_os_open(lua_State *L);
/* Pushes what Lua's functions give for an answer of the world: true, or fail, the reason and a number. Returns how many. */
int lua_os_answer(lua_State *L, enum io_status status, const char *path);

#endif
