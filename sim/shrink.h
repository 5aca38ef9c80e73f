/* Makes a failure small: fewer choices, smaller answers, fewer lines of the scenario, as long as it fails alike. */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H
#include "sim/scenario.h"

struct shrink {
    struct scenario_options options; /* text and tape are set for each trial */
    struct buf says;                 /* of the failure */
    struct buf text, tape;           /* the smallest so far */
    unsigned trials;
    bool
        hangs_on_choices; /* with none but benign ones the scenario passes, and shall pass when it is small */
    void (*progress)(void *data, const struct shrink *shrink);
    void *progress_data;
};

/* options->tape is the failure's. false: with it the scenario does not fail, or not as `says` has it; empty says:
 * as it fails now. */
bool shrink_init(struct shrink *shrink, const struct scenario_options *options, struct str says,
                 struct str text);
void shrink_finish(struct shrink *shrink);
void shrink_tape(struct shrink *shrink);    /* until no choice can be left out */
void shrink_answers(struct shrink *shrink); /* then each as small as it can be */
void shrink_text(struct shrink *shrink);    /* statements, lines, counts */
unsigned shrink_line_count(struct str text);

#endif
