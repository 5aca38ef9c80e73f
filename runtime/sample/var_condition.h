/* Conditions of set-var: "ifexists", "ifgt" and the like, all of which must hold for the variable to be set (HAProxy
 * manual 7.3.1 set-var). */
#ifndef SAMPLE_VAR_CONDITION_H
#define SAMPLE_VAR_CONDITION_H
#include "sample/sample.h"

/* The bit of a word, 0 when it is none. */
unsigned var_condition_of(struct str word);
/* Whether the conditions let this value become the variable's. */
bool var_conditions_hold(unsigned conditions, const struct vars *vars, const struct var_name *name,
                         const struct sample *value);

#endif
