/* The table of ACL-only words. */
#ifndef MATCH_ACL_WORDS_H
#define MATCH_ACL_WORDS_H
#include "match/acl.h"

extern const struct acl_row acl_word_rows[];

#endif
