/* set-status (HAProxy manual 4.2 http-response set-status). */
#include "actions/action_read.h"
#include "actions/action_rewrite.h"
#include "actions/actions.h"
#include "base/units.h"
#include "stream/stream.h"

static bool read_status(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    bool with_reason = strcmp(cfg_word(line, *at + 1), "reason") == 0 && !action_ends_at(line, *at + 2);
    if (action_ends_at(line, *at))
        return action_error(line, rule,
                            "expects 1 argument: <status>; or 3 arguments: <status> reason <fmt>");
    if (!units_parse_int(str_of(cfg_word(line, *at)), 100, 999, &rule->integer))
        return action_error(line, rule, "expects an integer status code between 100 and 999");
    ++*at;
    if (with_reason) {
        rule->text = action_copy(line, cfg_word(line, *at + 1));
        *at += 2;
    }
    return true;
}

static enum rule_result set_status(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    (void)cursor;
    if (http_msg_set_status(&context->stream->http->response, (int)rule->integer, rule->text))
        return RULE_NEXT;
    return action_rewrite_failed(context, true);
}

const struct action_row action_status_rows[] = {
    { "set-status", RULES_HTTP_RESPONSE | RULES_HTTP_AFTER_RESPONSE, read_status, set_status, NULL, NULL,
      NULL, NULL },
    { 0 },
};
