/* Actions that belong to something that is not here: known by name, refused when read. */
#include "actions/action_read.h"
#include "actions/actions.h"

static bool refuse(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    (void)at;
    return action_error(line, rule, "not supported: %s", (const char *)rule->row->data);
}

/* Never reached: such a rule is never made. */
static enum rule_result none(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    (void)cursor;
    CHECK(false && "a refused action runs");
    return RULE_FAIL;
}

static const char no_spoe[] = "there are no SPOE filters", no_cache[] = "there is no cache",
                  no_bandwidth[] = "there are no bandwidth limitation filters",
                  no_switch[] = "a tcp frontend cannot become an http one; use 'mode http'",
                  no_l4_attach[] = "connections are not reversed",
                  no_log_profiles[] = "there are no log profiles; use 'log-format'";

#define BOTH         (RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE)
#define EVERY        (BOTH | RULES_TCP_CONTENT | RULES_TCP_RESPONSE)
#define REFUSED(why) refuse, none, NULL, NULL, (void *)(uintptr_t)(why), (why)

/* clang-format off */
const struct action_row action_refused_rows[] = {
    { "attach-srv",          RULES_TCP_SESSION,              REFUSED(no_l4_attach) },
    { "cache-store",         RULES_HTTP_RESPONSE,            REFUSED(no_cache) },
    { "cache-use",           RULES_HTTP_REQUEST,             REFUSED(no_cache) },
    { "do-log",              RULES_TCP_ALL | RULES_HTTP_ALL, REFUSED(no_log_profiles) },
    { "send-spoe-group",     EVERY,                          REFUSED(no_spoe) },
    { "set-bandwidth-limit", EVERY,                          REFUSED(no_bandwidth) },
    { "switch-mode",         RULES_TCP_CONTENT,              REFUSED(no_switch) },
    { 0 },
};
/* clang-format on */
