/* `shell {...}`: a shell small enough for what scenarios do with one: pipelines of echo, printf, cat, grep, socat and
 * sleep, quotes, $(...) and variables. A script that needs more makes the scenario skipped. */
#ifndef SIM_SHELL_H
#define SIM_SHELL_H
#include "sim/actor.h"

enum actor_step shell_statement(struct actor *actor);
/* Is there such a program here? */
bool shell_has_program(struct str name);

#endif
