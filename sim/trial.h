/* One run of a scenario to see whether it still fails in the same way, in a process of its own: a run that dies is an
 * answer, too. */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H
#include "sim/scenario.h"

struct trial {
    enum scenario_outcome outcome; /* a process that died counts as WRONG */
    bool died;                     /* by a signal, or a broken rule of the engine */
    struct buf says, tape;
};

void trial_run(const struct scenario_options *options, struct trial *out);
void trial_finish(struct trial *trial);
/* Do both say the same, but for the numbers of lines? */
bool trial_says_alike(struct str a, struct str b);

#endif
