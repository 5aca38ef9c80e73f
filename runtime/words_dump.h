/* What -dK prints: the words that are known, with the facts of their rows, class by class (management manual 3). */
#ifndef WORDS_DUMP_H
#define WORDS_DUMP_H
#include "base/buf.h"
#include "config/words.h"

/* classes: names with commas between, as behind -dK; "" and "help" list them. false: an unknown class, which out
 * names. */
bool words_dump(struct buf *out, const struct words *words, const char *classes) MUST_USE;

#endif
