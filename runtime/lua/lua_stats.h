/* Statistics as Lua tables: each pushes one and returns 1. */
#ifndef LUA_LUA_STATS_H
#define LUA_LUA_STATS_H
#include "lua/lua_vm.h"

struct bind;
struct proxy;
struct server;

int lua_stats_push_info(lua_State *L);
int lua_stats_push_proxy(lua_State *L, const struct proxy *proxy); /* a `listen` is its backend */
int lua_stats_push_server(lua_State *L, const struct server *server);
int lua_stats_push_listener(lua_State *L, const struct bind *bind);

#endif
