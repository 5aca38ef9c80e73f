/* Checks by a program of the operator's (HAProxy manual 4.2 "option external-check"). */
#ifndef HEALTH_EXTERNAL_CHECK_H
#define HEALTH_EXTERNAL_CHECK_H
#include <stdbool.h>
struct check;
void external_check_start(struct check *check);
/* Has it ended? late: it is ended. */
void external_check_poll(struct check *check, bool late);
bool external_check_late(const struct check *check);
void external_check_stop(struct check *check);
#endif
