/* Actions about TLS. */
#include "rules/ruleset.h"

extern const struct action_row action_tls_rows[];

/* Requests are read once the handshake is over, and not before: there is nothing to wait for. */
static enum rule_result wait_for_handshake(struct rule *rule, struct sample_context *context,
                                           struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    (void)cursor;
    return RULE_NEXT;
}

const struct action_row action_tls_rows[] = {
    { "wait-for-handshake", RULES_HTTP_REQUEST, NULL, wait_for_handshake, NULL, NULL, NULL, NULL },
    { 0 },
};
