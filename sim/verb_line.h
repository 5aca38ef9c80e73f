/* The command line of a verb: options in tables, files, and one line on stderr about what is wrong with it. */
#ifndef SIM_VERB_LINE_H
#define SIM_VERB_LINE_H
#include "sim/run_options.h"

/* One option, with one of the three places where it goes; two of NULL are no place. */
struct verb_option {
    const char *word;
    const char *wants; /* what its value is; NULL: it has none */
    bool *flag;
    const char **text;
    bool (*take)(void *data, char *value);
};

struct verb_line {
    const char *verb;
    const struct verb_option *own; /* ends with a row without a word; NULL: none */
    void *data;                    /* of `take` in these rows */
    struct run_options *options;   /* gets the files */
    bool runs;                     /* it takes all that is in RUN_OPTIONS_HELP, too */
    const char *files;             /* what files it wants, such as "FILE.repro" */
    unsigned files_least, files_most;
};

/* false: one line on stderr names the word that is wrong and what was expected. Files can be read. */
bool verb_line_take(const struct verb_line *line, int argc, char **argv) MUST_USE;
/* That line, about anything else. */
void verb_line_refuse(const char *verb, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
