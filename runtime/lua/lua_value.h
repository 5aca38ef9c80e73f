/* Values across the border: samples, strings, addresses. Each crosses once. */
#ifndef LUA_LUA_VALUE_H
#define LUA_LUA_VALUE_H
#include "sample/sample.h"
#include <lua.h>

/* The same bytes as a Lua string. */
void lua_value_push_str(lua_State *L, struct str text);
/* A sample as scripts see it: integers, booleans as 1 and 0, all else as text (TRUTHS B11). scratch: for casts. */
void lua_value_push_sample(lua_State *L, const struct sample *sample, struct arena *scratch);
/* As text always ("sf", "sc"). */
void lua_value_push_sample_text(lua_State *L, const struct sample *sample, struct arena *scratch);
/* A Lua value as a sample (TRUTHS A1 to A4): nil and other kinds become boolean false; text is copied to scratch.
 * false: no memory. */
bool lua_value_to_sample(lua_State *L, int index, struct sample *out, struct arena *scratch) MUST_USE;
/* A string or number argument as bytes; valid while it stands on the stack. Raises a Lua error otherwise. */
struct str lua_value_check_str(lua_State *L, int index);

#endif
