/* What scripts are doing, for a person who looks: each execution with what it waits for, its stack and its locals. */
#ifndef LUA_LUA_DESCRIBE_H
#define LUA_LUA_DESCRIBE_H
#include "base/buf.h"

struct lua_machine;

/* Runs nothing and keeps nothing: a script cannot tell that it was looked at. machine may be NULL.
 * now_ns: monotonic. Not from within Lua. */
void lua_describe(const struct lua_machine *machine, uint64_t now_ns, struct buf *out);

#endif
