/* What the parsers of actions share: messages that name the rule, formats, expressions, regular expressions. */
#ifndef ACTIONS_ACTION_READ_H
#define ACTIONS_ACTION_READ_H
#include "proxy/configuration.h"
#include "rules/ruleset.h"

struct log_format;
struct regex;

/* "error detected in frontend 'f' while parsing 'http-request set-header' rule : message." Returns false. */
bool action_error(struct cfg_line *line, const struct rule *rule, const char *format, ...) PRINTF_LIKE(3, 4);
/* `if`, `unless` or the end stands at word i. */
bool action_ends_at(const struct cfg_line *line, unsigned i);
/* A format, an expression, a regular expression of the rule's section, valid at the rule's place. NULL: said. */
struct log_format *action_read_format(struct cfg_line *line, const struct rule *rule,
                                      const char *text) MUST_USE;
/* Takes the word at *at. */
struct sample_expr *action_read_expr(struct cfg_line *line, const struct rule *rule, unsigned *at) MUST_USE;
struct regex *action_read_regex(struct cfg_line *line, const struct rule *rule, const char *text) MUST_USE;
/* Memory of the configuration, cleared. */
void *action_alloc(struct cfg_line *line, size_t size) MUST_USE;
struct str action_copy(struct cfg_line *line, const char *text);
/* The same in lower case: names of fields. */
struct str action_copy_lower(struct cfg_line *line, const char *text);

#endif
