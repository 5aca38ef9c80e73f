/* Actions on the stream and its client's connection: log level, priorities, time-outs, retries, marks on packets
 * (HAProxy manual 4.2 http-request set-log-level ...). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/units.h"
#include "log/log_target.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"

/* A number as written, or an expression that gives one. */
struct number_action {
    struct sample_expr *expr; /* NULL: the constant */
    int64_t constant;
};

static bool evaluate(const struct number_action *action, struct sample_context *context, int64_t *out)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    *out = action->constant;
    if (!action->expr)
        return true;
    bool found = sample_eval_as(action->expr, context, SAMPLE_SINT, &value);
    if (found)
        *out = value.u.integer;
    arena_rewind(context->scratch, mark);
    return found;
}

static int64_t within(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* ---- set-log-level ---- */

static bool read_level(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    enum log_level level;
    const char *word = cfg_word(line, *at);
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects exactly 1 argument (log level name or 'silent')");
    if (strcmp(word, "silent") == 0)
        rule->integer = -1;
    else if (log_level_of(word, &level))
        rule->integer = level;
    else
        return action_error(line, rule,
                            "unknown log level '%s' (expects 'emerg', 'alert', 'crit', 'err', 'warning', "
                            "'notice', 'info', 'debug' or 'silent')",
                            word);
    ++*at;
    return true;
}

static enum rule_result set_log_level(struct rule *rule, struct sample_context *context,
                                      struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    (void)cursor;
    stream->log_silent = rule->integer < 0;
    if (rule->integer >= 0)
        stream->log_level = (enum log_level)rule->integer;
    return RULE_NEXT;
}

/* ---- set-nice ---- */

static bool read_nice(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects exactly 1 argument (integer value)");
    if (!units_parse_int(str_of(cfg_word(line, *at)), INT32_MIN, INT32_MAX, &rule->integer))
        return action_error(line, rule, "expects an integer, but got '%s'", cfg_word(line, *at));
    rule->integer = within(rule->integer, -1024, 1024);
    ++*at;
    return true;
}

static enum rule_result set_nice(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    (void)cursor;
    stream->nice = rule->integer;
    stream->task.nice = (int16_t)rule->integer;
    return RULE_NEXT;
}

/* ---- marks on packets ---- */

/* Decimal, or hexadecimal behind 0x. */
static bool read_unsigned(const char *text, int64_t *out)
{
    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return units_parse_int(str_of(text), 0, UINT32_MAX, out);
    size_t digits = strlen(text + 2);
    *out = 0;
    for (const char *digit = text + 2; *digit; digit++) {
        if (ascii_hex(*digit) < 0)
            return false;
        *out = *out * 16 + ascii_hex(*digit);
    }
    return digits >= 1 && digits <= 8;
}

static bool read_mark(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct number_action *action = action_alloc(line, sizeof(*action));
    rule->own = action;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects exactly 1 argument (integer/hex value)");
    if (read_unsigned(cfg_word(line, *at), &action->constant)) {
        ++*at;
        return true;
    }
    action->expr = action_read_expr(line, rule, at);
    return action->expr;
}

/* What the kernel does not let us set stays as it was, as in HAProxy: the request matters more than its marks. */
static void set_option(const struct sample_context *context, struct conn *conn, enum plat_option option,
                       int64_t value)
{
    struct platform *platform = context->configuration->platform;
    if (conn && conn->watch.sock != PLAT_NO_SOCK)
        (void)platform->ops->set_option(platform, conn->watch.sock, option, value);
}

static enum rule_result mark_client(struct rule *rule, struct sample_context *context,
                                    enum plat_option option)
{
    int64_t value;
    if (evaluate(rule->own, context, &value))
        set_option(context, &context->session->conn, option, value);
    return RULE_NEXT;
}

static enum rule_result set_tos(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)cursor;
    return mark_client(rule, context, PLAT_TOS);
}

static enum rule_result set_mark(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    (void)cursor;
    return mark_client(rule, context, PLAT_MARK);
}

/* ---- priorities in queues ---- */

static bool read_expression(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct number_action *action = action_alloc(line, sizeof(*action));
    rule->own = action;
    action->expr = action_read_expr(line, rule, at);
    return action->expr;
}

static enum rule_result set_priority_class(struct rule *rule, struct sample_context *context,
                                           struct rule_cursor *cursor)
{
    int64_t value;
    (void)cursor;
    if (evaluate(rule->own, context, &value))
        context->stream->priority_class = within(value, -2047, 2047);
    return RULE_NEXT;
}

static enum rule_result set_priority_offset(struct rule *rule, struct sample_context *context,
                                            struct rule_cursor *cursor)
{
    int64_t value;
    (void)cursor;
    if (evaluate(rule->own, context, &value))
        context->stream->priority_offset_ms = within(value, -524287, 524287);
    return RULE_NEXT;
}

/* ---- set-timeout ---- */

struct timeout_name {
    const char *word;
    size_t offset; /* in struct stream, of a uint64_t */
    unsigned sides;
};

#define BOTH_SIDES (PROXY_FRONT | PROXY_BACK)
static const struct timeout_name timeout_names[] = {
    { "client", offsetof(struct stream, timeout_client_ms), PROXY_FRONT },
    { "server", offsetof(struct stream, timeout_server_ms), PROXY_BACK },
    { "connect", offsetof(struct stream, timeout_connect_ms), PROXY_BACK },
    { "queue", offsetof(struct stream, timeout_queue_ms), PROXY_BACK },
    { "tunnel", offsetof(struct stream, timeout_tunnel_ms), PROXY_BACK },
    { "tarpit", offsetof(struct stream, timeout_tarpit_ms), BOTH_SIDES },
};

struct timeout_action {
    struct number_action number;
    size_t offset;
};

static const struct timeout_name *find_timeout(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(timeout_names); i++) {
        if (strcmp(timeout_names[i].word, word) == 0)
            return &timeout_names[i];
    }
    return NULL;
}

static bool read_duration(struct cfg_line *line, unsigned *at, const struct rule *rule,
                          struct number_action *number)
{
    const char *text = cfg_word(line, *at), *stop = NULL;
    uint64_t ms = 0;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects 2 arguments: the time-out's name and its value");
    if (!ascii_digit(text[0])) {
        number->expr = action_read_expr(line, rule, at);
        return number->expr;
    }
    switch (units_parse_time(str_of(text), UNITS_MS, &ms, &stop)) {
    case UNITS_OK:
        break;
    case UNITS_OVERFLOW:
        return action_error(line, rule,
                            "timer overflow in argument '%s' to rule (maximum value is 2147483647 ms)", text);
    default:
        return action_error(line, rule, "invalid time '%s'", text);
    }
    if (!ms)
        return action_error(line, rule, "null value is not valid for a 'set-timeout' rule");
    number->constant = (int64_t)ms;
    ++*at;
    return true;
}

static bool read_timeout(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct timeout_action *action = action_alloc(line, sizeof(*action));
    const struct timeout_name *name = find_timeout(cfg_word(line, *at));
    rule->own = action;
    if (!name)
        return action_error(line, rule,
                            "'set-timeout' rule supports 'client', 'server', 'connect', 'queue', 'tunnel' "
                            "and 'tarpit' (got '%s')",
                            cfg_word(line, *at));
    if (!(rule->proxy->sides & (name->sides | PROXY_DEFAULTS)))
        return action_error(line, rule, "'%s' has no %s capability", rule->proxy->name,
                            name->sides == PROXY_FRONT ? "frontend" : "backend");
    action->offset = name->offset;
    ++*at;
    return read_duration(line, at, rule, &action->number);
}

static enum rule_result set_timeout(struct rule *rule, struct sample_context *context,
                                    struct rule_cursor *cursor)
{
    const struct timeout_action *action = rule->own;
    int64_t ms;
    (void)cursor;
    if (evaluate(&action->number, context, &ms) && ms > 0)
        *(uint64_t *)(void *)((char *)context->stream + action->offset) = (uint64_t)ms;
    return RULE_NEXT;
}

/* ---- retries ---- */

static bool read_retries(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct number_action *action = action_alloc(line, sizeof(*action));
    rule->own = action;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects 1 argument (an integer or an expression)");
    if (!(rule->proxy->sides & (PROXY_BACK | PROXY_DEFAULTS)))
        return action_error(line, rule, "'%s' has no backend capability", rule->proxy->name);
    if (units_parse_int(str_of(cfg_word(line, *at)), 0, 100, &action->constant)) {
        ++*at;
        return true;
    }
    if (ascii_digit(cfg_word(line, *at)[0]) || cfg_word(line, *at)[0] == '-')
        return action_error(line, rule, "expects an integer from 0 to 100, but got '%s'",
                            cfg_word(line, *at));
    action->expr = action_read_expr(line, rule, at);
    return action->expr;
}

static enum rule_result set_retries(struct rule *rule, struct sample_context *context,
                                    struct rule_cursor *cursor)
{
    int64_t value;
    (void)cursor;
    if (evaluate(rule->own, context, &value) && value >= 0)
        context->stream->tries_max = context->stream->tries_left = (unsigned)within(value, 0, 100);
    return RULE_NEXT;
}

static enum rule_result disable_l7_retry(struct rule *rule, struct sample_context *context,
                                         struct rule_cursor *cursor)
{
    (void)rule;
    (void)cursor;
    context->stream->no_l7_retry = true;
    return RULE_NEXT;
}

#define STREAM_RULES (RULES_TCP_CONTENT | RULES_TCP_RESPONSE | RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE)
#define LOG_RULES    (STREAM_RULES | RULES_HTTP_AFTER_RESPONSE)
#define MARK_RULES   (STREAM_RULES | RULES_TCP_CONNECTION | RULES_TCP_SESSION)
#define QUEUE_RULES  (RULES_TCP_CONTENT | RULES_HTTP_REQUEST)

/* clang-format off */
const struct action_row action_stream_rows[] = {
    /* name                  rulesets                read             run */
    { "disable-l7-retry",    RULES_HTTP_REQUEST,     NULL,            disable_l7_retry,    NULL, NULL, NULL, NULL },
    { "set-fc-mark",         MARK_RULES,             read_mark,       set_mark,            NULL, NULL, NULL, NULL },
    { "set-fc-tos",          MARK_RULES,             read_mark,       set_tos,             NULL, NULL, NULL, NULL },
    { "set-log-level",       LOG_RULES,              read_level,      set_log_level,       NULL, NULL, NULL, NULL },
    { "set-mark",            MARK_RULES,             read_mark,       set_mark,            NULL, NULL, NULL, NULL },
    { "set-nice",            STREAM_RULES,           read_nice,       set_nice,            NULL, NULL, NULL, NULL },
    { "set-priority-class",  QUEUE_RULES,            read_expression, set_priority_class,  NULL, NULL, NULL, NULL },
    { "set-priority-offset", QUEUE_RULES,            read_expression, set_priority_offset, NULL, NULL, NULL, NULL },
    { "set-retries",         QUEUE_RULES,            read_retries,    set_retries,         NULL, NULL, NULL, NULL },
    { "set-timeout",         RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE, read_timeout, set_timeout, NULL, NULL, NULL, NULL },
    { "set-tos",             MARK_RULES,             read_mark,       set_tos,             NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
