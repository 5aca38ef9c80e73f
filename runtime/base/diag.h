/* Messages for the person who wrote a configuration or a script, in HAProxy's shape:
 *   [ALERT]    (pid) : config : parsing [f.cfg:12] : unknown keyword 'bimd' in 'listen' section
 * Collected in order, and handed to a sink as they come. */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H
#include "base/check.h"
#include "base/str.h"
#include <stdarg.h>
#include <stdbool.h>

enum diag_level { DIAG_NOTICE, DIAG_WARNING, DIAG_ALERT };

struct diag_place {
    const char *file; /* NULL: no place */
    unsigned line;    /* 0: no line */
};

struct diag {
    /* Takes one finished line without prefix and newline; the sink adds "[ALERT] (pid) : ". */
    void (*sink)(void *sink_data, enum diag_level level, struct str message);
    void *sink_data;
    unsigned alerts, warnings;
};

/* "config : parsing [file:line] : message"; without a place just "config : message". */
void diag_config(struct diag *diag, enum diag_level level, struct diag_place place, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* The message as it is. */
void diag_say(struct diag *diag, enum diag_level level, const char *format, ...) PRINTF_LIKE(3, 4);

/* Of the words given (NULL-terminated), the one closest to `word`, near enough to be a slip of the pen;
 * NULL when none is. Damerau-Levenshtein, ties to the first. */
const char *diag_closest(struct str word, const char *const *words);
/* For lists that are not arrays: the distance, or a large number when it is no slip. */
unsigned diag_distance(struct str a, struct str b);

#endif
