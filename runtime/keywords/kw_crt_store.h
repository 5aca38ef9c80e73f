/* crt-store sections. */
#ifndef KEYWORDS_KW_CRT_STORE_H
#define KEYWORDS_KW_CRT_STORE_H
#include "config/cfg_reader.h"

void *kw_crt_store_begin(struct cfg_line *line);

#endif
