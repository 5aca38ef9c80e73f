/* Calls that hold the loop: while a script reads a file or waits for a command, no other stream moves. What takes more than a
 * few milliseconds is logged, once for each place of a script, with the way that does not. */
#ifndef LUA_LUA_HELD_H
#define LUA_LUA_HELD_H
#include <lua.h>
#include <stdint.h>

struct lua_machine;

/* Around the call: uint64_t begin = lua_held_begin(L); ...; lua_held_end(L, begin, "io.open", advice). */
uint64_t lua_held_begin(lua_State *L);
void lua_held_end(lua_State *L, uint64_t begin, const char *what, const char *advice);
/* A computation that nothing could interrupt has held it for so long; told once for each function that was registered. */
void lua_held_work(lua_State *L, uint64_t held_ns);
void lua_held_finish(struct lua_machine *machine);

#define LUA_HELD_LIMIT_MS 5
#define LUA_HELD_FILE     "read files in the body of the script or in an init function, and keep what they hold"
#define LUA_HELD_WRITE    "send what is to be kept to a log or over core.tcp()"
#define LUA_HELD_COMMAND  "let a program that runs beside answer over core.tcp() or core.httpclient()"

#endif
