/* What `check sometimes` said over the runs of a sweep: each fact, in how many runs it held. */
#ifndef SIM_SWEEP_MARKS_H
#define SIM_SWEEP_MARKS_H
#include "base/buf.h"
#include <stdint.h>

struct sweep_mark {
    struct sweep_mark *next;
    char *text;
    uint64_t runs, held; /* that looked for it; in which it was so */
};

struct sweep_marks {          /* zeroed: none */
    struct sweep_mark *first; /* in order of text */
};

/* The lines of one run, as scenario_result has them. */
void sweep_marks_add(struct sweep_marks *marks, struct str lines);
unsigned sweep_marks_missing(const struct sweep_marks *marks); /* facts that never held */
void sweep_marks_print(const struct sweep_marks *marks);
void sweep_marks_finish(struct sweep_marks *marks);

#endif
