/* "source <addr> [usesrc ...] [interface <name>]", the same on lines of their own and behind servers. */
#ifndef KEYWORDS_KW_SOURCE_H
#define KEYWORDS_KW_SOURCE_H
#include "keywords/kw_common.h"
#include "proxy/source.h"

/* Reads from line->words[*at] on, which moves behind what was taken. NULL: well; else what is wrong. */
const char *kw_source_read(struct cfg_line *line, unsigned *at, struct source_settings *out) MUST_USE;

#endif
