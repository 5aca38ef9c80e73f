/* What the algorithms share in reading their words. */
#ifndef BALANCE_BALANCE_WORDS_H
#define BALANCE_BALANCE_WORDS_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct proxy;

bool balance_no_words(const char **words, const char **error);
/* What stands in the parentheses of "hdr(host)", "random(2)"; data NULL: no parentheses, or *error is set. */
struct str balance_parentheses(const struct proxy *proxy, const char **error);
/* The number behind a word: "depth 3". Moves *at over it. */
bool balance_number(const char **words, unsigned *at, int64_t low, int64_t *out, const char **error);

#endif
