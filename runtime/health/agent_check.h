/* Agent checks: the server itself says how it is (HAProxy manual 5.2 "agent-check"). */
#ifndef HEALTH_AGENT_CHECK_H
#define HEALTH_AGENT_CHECK_H
struct check;
/* Sets a fresh check up as its server's agent check. */
void agent_check_prepare(struct check *check);
#endif
