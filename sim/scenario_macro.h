/* Scenario macros: names like s1_sock and what stands for ${s1_sock}.
 *
 * ${date} is the virtual wall clock as an HTTP date, ${string,repeat,N,TEXT} is TEXT N times. */
#ifndef SIM_SCENARIO_MACRO_H
#define SIM_SCENARIO_MACRO_H
#include "base/buf.h"
#include "base/dict.h"
#include <stdint.h>

enum { SCENARIO_DATE_SIZE = 29 };

struct scenario_macros {
    struct dict values;             /* name -> heap text */
    bool ignore_unknown;            /* an unknown ${x} stays as it is written */
    int64_t (*wall_ns)(void *data); /* for ${date}; NULL: 1970 */
    void *wall_data;
};

void scenario_macro_init(struct scenario_macros *macros);
void scenario_macro_finish(struct scenario_macros *macros);
void scenario_macro_set(struct scenario_macros *macros, struct str name, struct str value);
/* "<who>_<name>" = value; who may be empty. */
void scenario_macro_define(struct scenario_macros *macros, const char *who, const char *name,
                           const char *format, ...) PRINTF_LIKE(4, 5);
void scenario_macro_remove(struct scenario_macros *macros, const char *who, const char *name);
/* STR_NONE when there is none. */
struct str scenario_macro_get(const struct scenario_macros *macros, struct str name);

/* Appends text to out with all macros replaced, once (values are not expanded again). false: *mistake is the part
 * between the braces that has no value. */
bool scenario_macro_expand(const struct scenario_macros *macros, struct str text, struct buf *out,
                           struct str *mistake) MUST_USE;

/* "Wed, 01 Jan 2020 00:00:00 GMT": SCENARIO_DATE_SIZE bytes, no NUL. */
void scenario_macro_date(int64_t wall_ns, char *out);

#endif
