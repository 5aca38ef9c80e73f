/* What a person reads when a scenario fails: the place, what was expected and what came, the last events, what the
 * proxies printed, and how to run it again. */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H
#include "sim/actor.h"

/* One event as one line without its newline: instant, who, what, numbers, bytes. */
void report_event(struct buf *out, const struct world *world, uint64_t began_ns,
                  const struct world_event *event);
/* The whole report. who may be NULL: nobody in particular. */
void report_failure(struct scenario *scenario, const struct actor *who, struct str text, struct buf *out);
/* "FILE:LINE: WHO: COMMAND" of the command under way, as far as there is one; without a newline. */
void report_place(const struct scenario *scenario, const struct actor *who, struct buf *out);
/* Who waits for what, one line each. */
void report_waiting(struct scenario *scenario, struct buf *out);

#endif
