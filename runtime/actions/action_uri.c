/* Actions on the request line (HAProxy manual 4.2 http-request set-path ...). */
#include "actions/action_read.h"
#include "actions/action_rewrite.h"
#include "actions/actions.h"
#include "log/log_format.h"
#include "match/regex.h"
#include "stream/stream.h"

struct uri_action {
    struct log_format *format;
    struct regex *regex; /* of the replacing ones */
};

/* What a row's data points to: how a part of the request line is read and set. */
struct part {
    struct str (*get)(const struct http_msg *msg);
    bool (*set)(struct http_msg *msg, struct str text);
};

static struct str whole_uri(const struct http_msg *msg)
{
    return msg->uri;
}

static const struct part method_part = { NULL, http_msg_set_method };
static const struct part path_part = { http_msg_path, http_msg_set_path };
static const struct part pathq_part = { http_msg_pathq, http_msg_set_pathq };
static const struct part query_part = { http_msg_query, http_msg_set_query };
static const struct part uri_part = { whole_uri, http_msg_set_uri };

static bool read_format(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct uri_action *action = action_alloc(line, sizeof(*action));
    if (!cfg_word(line, *at)[0] || !action_ends_at(line, *at + 1))
        return action_error(line, rule, "expects exactly 1 argument <format>");
    action->format = action_read_format(line, rule, cfg_word(line, *at));
    rule->own = action;
    ++*at;
    return action->format;
}

static bool read_replacement(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct uri_action *action = action_alloc(line, sizeof(*action));
    if (action_ends_at(line, *at) || *at + 1 >= line->count || !action_ends_at(line, *at + 2))
        return action_error(line, rule, "expects exactly 2 arguments <match-regex> and <replace-format>");
    action->regex = action_read_regex(line, rule, cfg_word(line, *at));
    if (action->regex)
        action->format = action_read_format(line, rule, cfg_word(line, *at + 1));
    rule->own = action;
    *at += 2;
    return action->format;
}

static enum rule_result set_part(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    const struct uri_action *action = rule->own;
    const struct part *part = rule->row->data;
    struct arena_mark mark = arena_mark(context->scratch);
    struct str text = log_format_text(action->format, context, true);
    bool well = text.data && part->set(&context->stream->http->request, text);
    (void)cursor;
    arena_rewind(context->scratch, mark);
    return well ? RULE_NEXT : action_rewrite_failed(context, false);
}

/* The whole part becomes what the replacement says, wherever the expression matches in it. */
static enum rule_result replace_part(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    const struct uri_action *action = rule->own;
    const struct part *part = rule->row->data;
    struct http_msg *msg = &context->stream->http->request;
    struct arena_mark mark = arena_mark(context->scratch);
    struct str replacement = log_format_text(action->format, context, true), subject = part->get(msg);
    struct regex_groups groups;
    struct buf out = BUF_INIT;
    bool well = replacement.data != NULL;
    (void)cursor;
    if (well && subject.data && regex_match(action->regex, subject, &groups))
        well =
            regex_expand(replacement, subject, &groups, &out) && !out.failed && part->set(msg, buf_str(&out));
    buf_finish(&out);
    arena_rewind(context->scratch, mark);
    return well ? RULE_NEXT : action_rewrite_failed(context, false);
}

#define PART(part) NULL, NULL, (void *)(uintptr_t)&part, NULL

/* clang-format off */
const struct action_row action_uri_rows[] = {
    /* name             rulesets            read              run */
    { "replace-path",  RULES_HTTP_REQUEST, read_replacement, replace_part, PART(path_part) },
    { "replace-pathq", RULES_HTTP_REQUEST, read_replacement, replace_part, PART(pathq_part) },
    { "replace-uri",   RULES_HTTP_REQUEST, read_replacement, replace_part, PART(uri_part) },
    { "set-method",    RULES_HTTP_REQUEST, read_format,      set_part,     PART(method_part) },
    { "set-path",      RULES_HTTP_REQUEST, read_format,      set_part,     PART(path_part) },
    { "set-pathq",     RULES_HTTP_REQUEST, read_format,      set_part,     PART(pathq_part) },
    { "set-query",     RULES_HTTP_REQUEST, read_format,      set_part,     PART(query_part) },
    { "set-uri",       RULES_HTTP_REQUEST, read_format,      set_part,     PART(uri_part) },
    { 0 },
};
/* clang-format on */
