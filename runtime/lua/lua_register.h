/* core.register_*: functions of scripts become rows of the engine's tables. */
#ifndef LUA_LUA_REGISTER_H
#define LUA_LUA_REGISTER_H
#include "lua/lua_class.h"

extern const struct lua_method_row lua_register_rows[]; /* of core */

/* Loads and runs one file. false: said. */
struct lua_file;
bool lua_register_load(struct lua_machine *machine, const struct lua_file *file) MUST_USE;
/* Runs the init functions, in order, then starts the tasks. false: said. */
bool lua_register_start(struct lua_machine *machine, struct engine *engine) MUST_USE;
/* Ends the tasks: before the engine ends. */
void lua_register_stop(struct lua_machine *machine);
void lua_register_finish(struct lua_machine *machine);

#endif
