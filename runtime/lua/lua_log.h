/* What scripts log, and what goes wrong in them. */
#ifndef LUA_LUA_LOG_H
#define LUA_LUA_LOG_H
#include "log/log_target.h"
#include "lua/lua_vm.h"

struct lua_run;
struct proxy;

/* A script's own line: to the proxy's log targets (proxy NULL: the global ones), and to stderr. */
void lua_log_text(struct lua_machine *machine, struct proxy *proxy, enum log_level level, struct str text);
/* An error in a script: severity err, to the logs and stderr. run may be NULL. */
void lua_log_error(struct lua_machine *machine, const struct lua_run *run, const char *what,
                   const char *message);

#endif
