/* The section `resolvers`, and its use by name from other lines. */
#ifndef KEYWORDS_KW_RESOLVERS_H
#define KEYWORDS_KW_RESOLVERS_H
#include "keywords/kw_common.h"

void *kw_resolvers_begin(struct cfg_line *line);

#endif
