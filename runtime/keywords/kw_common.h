/* What the files of words share. */
#ifndef KEYWORDS_KW_COMMON_H
#define KEYWORDS_KW_COMMON_H
#include "base/units.h"
#include "config/cfg_set.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"

/* The end of a keyword row: what carries it out. */
#define KW_CALL(function) .set = CFG_CALL, .call = function
/* Taken with so many arguments (high -1: any number), and a notice. */
#define KW_IGNORED(low_, high_) .set = CFG_IGNORED, .low = low_, .high = high_
#define KW_REFUSED(why)         .set = CFG_REFUSED, .note = why

/* The section that a line of frontend, backend, listen or defaults is for. */
static inline struct proxy *kw_proxy(const struct cfg_line *line)
{
    return line->target;
}

/* A copy that lives with the configuration. */
const char *kw_copy(const struct cfg_line *line, const char *text);
/* All arguments from i on, with one blank between. */
const char *kw_join(const struct cfg_line *line, unsigned i);
/* The row of the line's keyword. */
const struct keyword_row *kw_row(const struct cfg_line *line);

/* The first character of text that a section's name may not hold; NULL: it is a good name. */
const char *kw_bad_name_char(const char *text);

/* An action's or rule's condition from word `at` on. At the end of the line *out is NULL: always. false: said; `what`
 * names the rule in messages. */
bool kw_condition(struct cfg_line *line, unsigned at, enum sample_place place, const char *what,
                  struct condition **out) MUST_USE;
/* The same where a condition must stand. */
bool kw_condition_needed(struct cfg_line *line, unsigned at, enum sample_place place, const char *what,
                         struct condition **out) MUST_USE;

/* A kind of rule was read: warns when one that runs later was read before, and notes it. word: "http-request". */
void kw_note_rule(struct cfg_line *line, unsigned kind, const char *word);

/* A file as the configuration names it. false: said. */
bool kw_read_file(struct cfg_line *line, const char *what, const char *path, struct buf *out) MUST_USE;

#endif
