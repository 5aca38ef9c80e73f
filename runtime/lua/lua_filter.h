/* Filters that scripts register, and the table filter. */
#ifndef LUA_LUA_FILTER_H
#define LUA_LUA_FILTER_H
#include "lua/lua_class.h"

extern const struct lua_method_row lua_filter_core_rows[]; /* of core */
extern const struct lua_method_row lua_filter_rows[];      /* of filter */
void lua_filter_make(lua_State *L);

#endif
