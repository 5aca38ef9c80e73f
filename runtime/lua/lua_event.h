/* Events of servers for scripts: core.event_sub and Server:event_sub. */
#ifndef LUA_LUA_EVENT_H
#define LUA_LUA_EVENT_H
#include "lua/lua_class.h"

struct server;

extern const struct lua_method_row lua_event_core_rows[]; /* of core */
extern const struct lua_class class_event_sub;

/* Subscribes the function behind the table of names at index; server NULL: all of them. Pushes the EventSub. */
int lua_event_subscribe(lua_State *L, struct server *server, int index);
/* The engine runs: what happens is told from now on. */
void lua_event_start(struct lua_machine *machine);
/* Ends what runs and forgets what waits. */
void lua_event_stop(struct lua_machine *machine);

#endif
