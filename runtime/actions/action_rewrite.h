/* What happens when a message could not be changed as a rule wanted (HAProxy manual 4.2 strict-mode). */
#ifndef ACTIONS_ACTION_REWRITE_H
#define ACTIONS_ACTION_REWRITE_H
#include "rules/ruleset.h"

/* Counts it; RULE_FAIL, or RULE_NEXT where strict-mode is off. */
enum rule_result action_rewrite_failed(struct sample_context *context, bool response);

#endif
