/* os, io, require and print of scripts: through the platform, in both worlds. */
#ifndef LUA_LUA_OS_H
#define LUA_LUA_OS_H
#include "lua/lua_vm.h"

void lua_os_open(lua_State *L, struct lua_machine *machine);

#endif
