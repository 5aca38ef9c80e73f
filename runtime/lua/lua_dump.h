/* Lists of the API, printed from its rows. */
#ifndef LUA_LUA_DUMP_H
#define LUA_LUA_DUMP_H
#include "base/buf.h"

struct words;

void lua_dump_annotations(struct buf *out, const struct words *words); /* a LuaLS definition file */
void lua_dump_methods(struct buf *out, const struct words *words);     /* one line an attribute or method */

#endif
