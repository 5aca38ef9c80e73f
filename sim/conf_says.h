/* What judges must know of a proxy's configuration, read without the engine. */
#ifndef SIM_CONF_SAYS_H
#define SIM_CONF_SAYS_H
#include "base/str.h"

/* Is each frontend in HTTP mode, by its own word or that of the defaults before it? */
bool conf_is_all_http(struct str conf);
bool conf_says(struct str conf, const char *word); /* anywhere */

#endif
