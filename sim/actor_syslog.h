/* Scripted log receivers: `syslog SNAME`. */
#ifndef SIM_ACTOR_SYSLOG_H
#define SIM_ACTOR_SYSLOG_H
#include "sim/actor.h"

extern const struct actor_class actor_syslog_class;
enum actor_step actor_syslog_statement(struct actor *top);

#endif
