/* A command of the shell, from its start to its end. */
#ifndef LUA_LUA_POPEN_H
#define LUA_LUA_POPEN_H
#include "platform/platform.h"

/* input.data NULL: it reads nothing. What it writes is appended to output. *exit_code: 128 + n for a signal, -1 when that is
 * not known. false: it could not be started, or took too long. */
bool lua_popen_run(struct platform *platform, const char *command, struct str input, struct buf *output,
                   int *exit_code) MUST_USE;

#endif
