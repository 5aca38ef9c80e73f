/* Commands of the management socket that scripts register. */
#ifndef LUA_LUA_CLI_H
#define LUA_LUA_CLI_H
#include "lua/lua_class.h"

extern const struct lua_method_row lua_cli_core_rows[]; /* of core */

#endif
