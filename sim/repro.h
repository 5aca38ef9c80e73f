/* A failure to be run again: the scenario, what it was run with, and its tape of choices, as a file that a person
 * can read and change. */
#ifndef SIM_REPRO_H
#define SIM_REPRO_H
#include "sim/run_options.h"

struct repro {
    struct arena arena; /* of all texts */
    struct run_options options;
    const char *file;     /* the scenario */
    uint64_t text_digest; /* of what stood in it */
    uint64_t hash;        /* of the run, with what follows drawn as it was */
    bool has_tape;        /* else the seed alone repeats it */
    struct str tape, says;
    struct buf files; /* lines "DIGEST PATH": what the run read beside the scenario */
};

/* result: of a run that failed with these options. text: what stood in the scenario, NULL: as it is read now.
 * false: the file cannot be written. */
bool repro_write(const char *path, const struct scenario_options *options,
                 const struct scenario_result *result, const struct str *text) MUST_USE;
/* A run whose process died: there is no tape, the seed has to do. */
bool repro_write_seed(const char *path, const struct scenario_options *options, const char *says) MUST_USE;
/* false: said on stderr. Ready to be run as out->options.scenario. */
bool repro_read(const char *path, struct repro *out) MUST_USE;
void repro_finish(struct repro *repro);
/* The same, and false as well when the scenario is not what the repro was made of, or cannot be read. */
bool repro_read_fitting(const char *path, struct repro *out) MUST_USE;
/* false: the scenario's text is another one now, or a file that the run read; *other is its path (the repro's memory). */
bool repro_fits(struct repro *repro, struct str text, const char **other);

#endif
