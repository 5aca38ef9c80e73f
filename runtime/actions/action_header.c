/* Actions on header fields of the message that the rule is about (HAProxy manual 4.2 http-request add-header ...). */
#include "actions/action_read.h"
#include "actions/action_rewrite.h"
#include "actions/actions.h"
#include "log/log_format.h"
#include "match/regex.h"
#include "stream/stream.h"

struct header_action {
    struct str name; /* lower case; of del-header with a method: the pattern */
    struct log_format *format;
    struct regex *regex;
    int method; /* of del-header */
};

static struct http_msg *message_of(const struct rule *rule, struct sample_context *context)
{
    return stream_message(context->stream, rule->kind != RULES_HTTP_REQUEST);
}

/* A change that could not be made: an error, unless strict-mode is off. */
static enum rule_result not_changed(const struct rule *rule, struct sample_context *context)
{
    return action_rewrite_failed(context, rule->kind != RULES_HTTP_REQUEST);
}

/* ---- add-header, set-header ---- */

static bool read_name_and_format(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct header_action *action = action_alloc(line, sizeof(*action));
    if (action_ends_at(line, *at) || *at + 1 >= line->count)
        return action_error(line, rule, "expects exactly 2 arguments");
    action->name = action_copy_lower(line, cfg_word(line, *at));
    action->format = action_read_format(line, rule, cfg_word(line, *at + 1));
    rule->own = action;
    *at += 2;
    return action->format;
}

static enum rule_result put_header(struct rule *rule, struct sample_context *context, bool instead)
{
    const struct header_action *action = rule->own;
    struct http_msg *msg = message_of(rule, context);
    struct arena_mark mark = arena_mark(context->scratch);
    struct str value = log_format_text(action->format, context, true);
    bool well = value.data != NULL;
    if (well && instead)
        http_msg_remove(msg, action->name);
    if (well)
        well = http_msg_add(msg, action->name, value);
    if (well && stream_head_too_large(context->stream, rule->kind != RULES_HTTP_REQUEST)) {
        http_msg_remove_field(msg, &msg->fields[msg->field_count - 1]);
        well = false;
    }
    arena_rewind(context->scratch, mark);
    return well ? RULE_NEXT : not_changed(rule, context);
}

static enum rule_result add_header(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    (void)cursor;
    return put_header(rule, context, false);
}

static enum rule_result set_header(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    (void)cursor;
    return put_header(rule, context, true);
}

/* ---- del-header ---- */

enum { BY_NAME, BY_BEGINNING, BY_END, BY_PART, BY_REGEX };

static const struct {
    const char *word;
    int method;
} methods[] = {
    { "str", BY_NAME }, { "beg", BY_BEGINNING }, { "end", BY_END }, { "sub", BY_PART }, { "reg", BY_REGEX }
};

static bool read_method(struct cfg_line *line, unsigned *at, const struct rule *rule,
                        struct header_action *action, const char *pattern)
{
    const char *word = cfg_word(line, *at + 1);
    if (action_ends_at(line, *at + 1))
        return action_error(line, rule, "-m flag expects exactly 1 argument");
    *at += 2;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (strcmp(word, methods[i].word) != 0)
            continue;
        action->method = methods[i].method;
        if (action->method == BY_REGEX)
            action->regex = action_read_regex(line, rule, pattern);
        return action->method != BY_REGEX || action->regex;
    }
    return action_error(line, rule, "-m with unsupported matching method '%s'", word);
}

static bool read_deletion(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct header_action *action = action_alloc(line, sizeof(*action));
    const char *name = cfg_word(line, *at);
    rule->own = action;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects at least 1 argument");
    action->name = action_copy_lower(line, name);
    ++*at;
    return strcmp(cfg_word(line, *at), "-m") != 0 || read_method(line, at, rule, action, name);
}

static bool name_matches(const struct header_action *action, struct str name)
{
    switch (action->method) {
    case BY_BEGINNING:
        return str_starts(name, action->name);
    case BY_END:
        return str_ends(name, action->name);
    case BY_PART:
        return str_find(name, action->name) != STR_NOT_FOUND;
    case BY_REGEX:
        return regex_match(action->regex, name, NULL);
    default:
        return str_eq(name, action->name);
    }
}

static enum rule_result del_header(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    struct http_msg *msg = message_of(rule, context);
    (void)cursor;
    for (struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field)) {
        if (name_matches(rule->own, field->name))
            http_msg_remove_field(msg, field);
    }
    return RULE_NEXT;
}

/* ---- replace-header, replace-value ---- */

static bool read_replacement(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct header_action *action = action_alloc(line, sizeof(*action));
    if (action_ends_at(line, *at) || action_ends_at(line, *at + 1) || *at + 2 >= line->count)
        return action_error(line, rule, "expects exactly 3 arguments");
    action->name = action_copy_lower(line, cfg_word(line, *at));
    action->regex = action_read_regex(line, rule, cfg_word(line, *at + 1));
    if (action->regex)
        action->format = action_read_format(line, rule, cfg_word(line, *at + 2));
    rule->own = action;
    *at += 3;
    return action->format;
}

/* The bytes from..from+size of the field's value become what the replacement makes of them, whole, wherever the
 * expression matches in them. */
static bool replace_part(struct http_msg *msg, struct http_field *field, size_t from, size_t *size,
                         const struct header_action *action, struct str replacement, struct buf *out)
{
    struct regex_groups groups;
    struct str part = str_slice(field->value, from, *size);
    if (!regex_match(action->regex, part, &groups))
        return true;
    buf_reset(out);
    if (!regex_expand(replacement, part, &groups, out) || out->failed)
        return false;
    size_t old = *size;
    *size = out->size;
    return http_msg_edit_value(msg, field, from, old, buf_str(out));
}

static bool replace_each_value(struct http_msg *msg, struct http_field *field,
                               const struct header_action *action, struct str replacement, struct buf *out)
{
    size_t from = 0;
    while (from < field->value.size) {
        size_t end = http_msg_value_end(field->value, from);
        struct str part = str_slice(field->value, from, end - from), trimmed = str_trim(part);
        size_t begin = from + (size_t)(trimmed.data - part.data), size = trimmed.size;
        size_t behind = end - begin - size; /* blanks that stay */
        if (!replace_part(msg, field, begin, &size, action, replacement, out))
            return false;
        from = begin + size + behind + 1;
    }
    return true;
}

static enum rule_result replace(struct rule *rule, struct sample_context *context, bool each)
{
    const struct header_action *action = rule->own;
    struct http_msg *msg = message_of(rule, context);
    struct arena_mark mark = arena_mark(context->scratch);
    struct str replacement = log_format_text(action->format, context, true);
    struct buf out = BUF_INIT;
    bool well = replacement.data != NULL;
    struct http_field *field = NULL;
    while (well && (field = http_msg_find(msg, action->name, field))) {
        size_t size = field->value.size;
        well = each ? replace_each_value(msg, field, action, replacement, &out)
                    : replace_part(msg, field, 0, &size, action, replacement, &out);
    }
    buf_finish(&out);
    arena_rewind(context->scratch, mark);
    return well ? RULE_NEXT : not_changed(rule, context);
}

static enum rule_result replace_header(struct rule *rule, struct sample_context *context,
                                       struct rule_cursor *cursor)
{
    (void)cursor;
    return replace(rule, context, false);
}

static enum rule_result replace_value(struct rule *rule, struct sample_context *context,
                                      struct rule_cursor *cursor)
{
    (void)cursor;
    return replace(rule, context, true);
}

/* clang-format off */
const struct action_row action_header_rows[] = {
    /* name             rulesets        read                  run */
    { "add-header",     RULES_HTTP_ALL, read_name_and_format, add_header,     NULL, NULL, NULL, NULL },
    { "del-header",     RULES_HTTP_ALL, read_deletion,        del_header,     NULL, NULL, NULL, NULL },
    { "replace-header", RULES_HTTP_ALL, read_replacement,     replace_header, NULL, NULL, NULL, NULL },
    { "replace-value",  RULES_HTTP_ALL, read_replacement,     replace_value,  NULL, NULL, NULL, NULL },
    { "set-header",     RULES_HTTP_ALL, read_name_and_format, set_header,     NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
