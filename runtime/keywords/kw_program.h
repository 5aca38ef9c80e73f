/* program sections. */
#ifndef KEYWORDS_KW_PROGRAM_H
#define KEYWORDS_KW_PROGRAM_H
#include "config/cfg_reader.h"

void *kw_program_begin(struct cfg_line *line);
bool kw_program_end(struct cfg_line *line);

#endif
