/* early-hint: a 103 response ahead of the real one (RFC 8297; HAProxy manual 4.2 http-request early-hint). Hints of
 * rules that stand in a row go out in one. */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "log/log_format.h"
#include "stream/stream.h"

struct hint_action {
    struct str name;
    struct log_format *format;
};

static bool read_hint(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct hint_action *action = action_alloc(line, sizeof(*action));
    rule->own = action;
    if (action_ends_at(line, *at) || *at + 1 >= line->count)
        return action_error(line, rule, "expects exactly 2 arguments: <name> and <fmt>");
    action->name = action_copy_lower(line, cfg_word(line, *at));
    action->format = action_read_format(line, rule, cfg_word(line, *at + 1));
    *at += 2;
    return action->format;
}

static bool begin(struct stream *stream)
{
    struct http_msg *hints = arena_alloc(&stream->arena, sizeof(*hints));
    if (!hints)
        return false;
    http_msg_init(hints, &stream->arena, true);
    hints->major = hints->minor = 1;
    hints->version = STR("HTTP/1.1");
    hints->body = HTTP_BODY_NONE;
    stream->http->hints = hints;
    return http_msg_set_status(hints, 103, STR_NONE);
}

/* The next rule adds to the same response. */
static bool goes_on(const struct rule *rule, const struct rule_cursor *cursor)
{
    if (cursor->next + 1 >= cursor->set->count)
        return false;
    const struct rule *next = cursor->set->rules[cursor->next + 1];
    return next->row == rule->row && !next->condition;
}

static enum rule_result hint(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct hint_action *action = rule->own;
    struct stream *stream = context->stream;
    struct http_txn *http = stream->http;
    struct arena_mark mark = arena_mark(context->scratch);
    bool old = http->request.major == 1 && http->request.minor == 0;
    if (old) /* RFC 9110 section 15.2: 1xx is not for HTTP/1.0 */
        return RULE_NEXT;
    struct str value = log_format_text(action->format, context, true);
    bool well =
        value.data && (http->hints || begin(stream)) && http_msg_add(http->hints, action->name, value);
    arena_rewind(context->scratch, mark);
    if (well && !goes_on(rule, cursor)) {
        well = stream_send_interim(stream, http->hints);
        http->hints = NULL;
    }
    return well ? RULE_NEXT : RULE_FAIL;
}

const struct action_row action_hint_rows[] = {
    { "early-hint", RULES_HTTP_REQUEST, read_hint, hint, NULL, NULL, NULL, NULL },
    { 0 },
};
