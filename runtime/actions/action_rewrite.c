/* strict-mode, and what it decides: whether a change that could not be made is an error. */
#include "actions/action_rewrite.h"
#include "actions/action_read.h"
#include "actions/actions.h"
#include "proxy/proxy.h"
#include "stream/stream.h"

enum rule_result action_rewrite_failed(struct sample_context *context, bool response)
{
    struct stream *stream = context->stream;
    const struct http_txn *http = stream->http;
    stream->frontend->front_counters.failed_rewrites++;
    if (stream->backend != stream->frontend)
        stream->backend->back_counters.failed_rewrites++;
    return (response ? http->soft_response : http->soft_request) ? RULE_NEXT : RULE_FAIL;
}

static bool read_mode(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    const char *word = cfg_word(line, *at);
    if (!word[0])
        return action_error(line, rule, "expects exactly 1 arguments");
    rule->integer = strcmp(word, "off") == 0;
    if (!rule->integer && strcmp(word, "on") != 0)
        return action_error(line, rule, "Unexpected value '%s'. Only 'on' and 'off' are supported", word);
    ++*at;
    return true;
}

static enum rule_result set_mode(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    struct http_txn *http = context->stream->http;
    (void)cursor;
    if (rule->kind == RULES_HTTP_REQUEST)
        http->soft_request = rule->integer;
    else
        http->soft_response = rule->integer;
    return RULE_NEXT;
}

const struct action_row action_rewrite_rows[] = {
    { "strict-mode", RULES_HTTP_ALL, read_mode, set_mode, NULL, NULL, NULL, NULL },
    { 0 },
};
