/* Lists of the API, printed from its rows. */
#ifndef LUA_LUA_DUMP_H
#define LUA_LUA_DUMP_H
#include "base/buf.h"

void lua_dump_annotations(struct buf *out); /* a LuaLS definition file */
void lua_dump_methods(struct buf *out);     /* one line a method */

#endif
