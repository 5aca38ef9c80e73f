/* The section `mailers`. */
#ifndef KEYWORDS_KW_MAILERS_H
#define KEYWORDS_KW_MAILERS_H
#include "keywords/kw_common.h"

void *kw_mailers_begin(struct cfg_line *line);

#endif
