/* capture: keeps a value in a slot for the log (HAProxy manual 4.2 http-request capture). A slot is the rule's own
 * (`len`), or one that was declared and is named by its number (`id`). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/units.h"
#include "proxy/proxy.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"

struct capture_action {
    struct sample_expr *expr;
    int64_t index;
    bool response;
};

static struct capture *add_slot(struct cfg_line *line, struct proxy *proxy, int64_t length)
{
    struct capture *slot = action_alloc(line, sizeof(*slot));
    slot->length_max = (size_t)length;
    proxy_add_capture(proxy, false, slot);
    return slot;
}

static bool read_length(struct cfg_line *line, unsigned *at, struct rule *rule, struct capture_action *action)
{
    int64_t length;
    const char *text = cfg_word(line, *at + 1);
    if (action->response || !(rule->proxy->sides & (PROXY_FRONT | PROXY_DEFAULTS)))
        return action_error(
            line, rule,
            "'len' allocates a capture slot, which only request rules of a proxy with frontend "
            "capability can: use 'id' with a slot of 'declare capture'");
    if (!units_parse_int(str_of(text), 1, 65535, &length))
        return action_error(line, rule, "'len' expects a length from 1 to 65535, but got '%s'", text);
    action->index = add_slot(line, rule->proxy, length)->index;
    *at += 2;
    return true;
}

static bool read_id(struct cfg_line *line, unsigned *at, struct rule *rule, struct capture_action *action)
{
    const struct proxy *proxy = rule->proxy;
    const char *text = cfg_word(line, *at + 1);
    unsigned count = action->response ? proxy->response_capture_count : proxy->request_capture_count;
    if (!units_parse_int(str_of(text), 0, INT32_MAX, &action->index))
        return action_error(line, rule, "'id' expects the number of a capture slot, but got '%s'", text);
    if ((proxy->sides & PROXY_FRONT) && action->index >= count)
        return action_error(line, rule, "unable to find capture id '%s' referenced by the rule", text);
    *at += 2;
    return true;
}

static bool read_capture(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct capture_action *action = action_alloc(line, sizeof(*action));
    rule->own = action;
    action->response =
        (rule->kind & (RULES_TCP_RESPONSE | RULES_HTTP_RESPONSE | RULES_HTTP_AFTER_RESPONSE)) != 0;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects 'capture <sample> [ len <length> | id <id> ]'");
    action->expr = action_read_expr(line, rule, at);
    if (!action->expr)
        return false;
    if (action_ends_at(line, *at) || action_ends_at(line, *at + 1))
        return action_error(line, rule, "expects 'len' or 'id' with a value behind the sample expression");
    if (strcmp(cfg_word(line, *at), "len") == 0)
        return read_length(line, at, rule, action);
    if (strcmp(cfg_word(line, *at), "id") == 0)
        return read_id(line, at, rule, action);
    return action_error(line, rule, "expects 'len' or 'id', but got '%s'", cfg_word(line, *at));
}

static size_t slot_size(const struct stream *stream, const struct capture_action *action)
{
    const struct proxy *frontend = stream->frontend;
    const struct capture *slot = action->response ? frontend->response_captures : frontend->request_captures;
    while (slot && slot->index != action->index)
        slot = slot->next;
    return slot ? slot->length_max : 0;
}

/* A rule of a backend may name a slot that the frontend at hand has not: then nothing is kept. A value that more bytes
 * may give is waited for, as long as the inspect-delay lets. */
static enum rule_result capture(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct capture_action *action = rule->own;
    struct stream *stream = context->stream;
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    (void)cursor;
    struct str *slot = stream_capture(stream, action->response, (unsigned)action->index);
    if (!slot)
        return RULE_NEXT;
    bool found = sample_eval_as(action->expr, context, SAMPLE_STR, &value);
    if (found)
        *slot = arena_copy(&stream->arena, str_slice(value.u.text, 0, slot_size(stream, action)));
    arena_rewind(context->scratch, mark);
    return !found && context->may_change && !context->final ? RULE_WAIT : RULE_NEXT;
}

#define RULES (RULES_TCP_CONTENT | RULES_HTTP_ALL)

const struct action_row action_capture_rows[] = {
    { "capture", RULES, read_capture, capture, NULL, NULL, NULL, NULL },
    { 0 },
};
