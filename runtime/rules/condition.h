/* Conditions of rules: "if a b || !c { path /x }" (HAProxy manual 7.2). */
#ifndef RULES_CONDITION_H
#define RULES_CONDITION_H
#include "match/acl.h"

struct condition;
/* words from `if` or `unless` on. acls: the named ACLs of the section and its defaults. NULL:
 * parser->sample.error. An ACL that can have no value at parser->sample.place is told in parser->warning. */
struct condition *condition_parse(struct acl_parser *parser, const struct acl *acls, const char *const *words,
                                  unsigned count) MUST_USE;
/* ACL_MISS: not decidable before more data came (never when context->final). NULL holds. */
enum acl_result condition_eval(const struct condition *condition, struct sample_context *context);

#endif
