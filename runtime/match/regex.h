/* Regular expressions: PCRE2, compiled to machine code (JIT) wherever the library can. Each match has
 * limits on its steps, depth and memory; past them there is no match, so that no pattern can hold a worker.
 * Machine code and interpreter count steps differently: only a pattern that nears the limit could tell them
 * apart, and one build always uses the same. */
#ifndef MATCH_REGEX_H
#define MATCH_REGEX_H
#include "base/arena.h"
#include "base/str.h"

struct regex;
struct regex_groups {
    unsigned count;   /* groups set, the whole match is 0 */
    size_t at[20][2]; /* begin and end; STR_NOT_FOUND when the group took no part */
};
/* NULL: *error says why (in arena). */
struct regex *regex_create(struct str pattern, bool ignore_case, struct arena *arena,
                           const char **error) MUST_USE;
void regex_destroy(struct regex *regex);
bool regex_match(const struct regex *regex, struct str subject, struct regex_groups *groups_or_null);
/* The same for what is left of a text: '^' does not match at its beginning. */
bool regex_match_rest(const struct regex *regex, struct str subject, struct regex_groups *groups_or_null);
/* Expands \0..\9 (and \\, \xHH) of a replacement into out; false: no memory or over `size_max`. */
struct buf;
bool regex_expand(struct str replacement, struct str subject, const struct regex_groups *groups,
                  struct buf *out);

#endif
