/* Actions that hold a message up: wait-for-body, wait-for-handshake, pause (HAProxy manual 4.2 http-request
 * wait-for-body). The body that comes meanwhile is kept in the stream's buffer. */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/units.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"

struct wait_action {
    struct sample_expr *expr; /* of pause; NULL: ms as it is */
    uint64_t ms, at_least;
};

static bool read_time(struct cfg_line *line, const struct rule *rule, const char *text, uint64_t *ms)
{
    const char *stop = NULL;
    if (units_parse_time(str_of(text), UNITS_MS, ms, &stop) == UNITS_OK)
        return true;
    return action_error(line, rule, "invalid time '%s'", text);
}

/* When the wait that began with this action's first call ends; false: no memory to remember it. */
static bool end_of_wait(struct stream *stream, struct rule_cursor *cursor, uint64_t ms, uint64_t *until)
{
    uint64_t *kept = cursor->state;
    if (!kept) {
        kept = arena_alloc(&stream->arena, sizeof(*kept));
        if (!kept)
            return false;
        *kept = engine_now(stream->engine) + ms * NS_PER_MS;
        cursor->state = kept;
    }
    *until = *kept;
    return true;
}

/* ---- wait-for-body ---- */

static bool read_wait_for_body(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct wait_action *action = action_alloc(line, sizeof(*action));
    bool timed = false;
    rule->own = action;
    for (; !action_ends_at(line, *at); *at += 2) {
        const char *word = cfg_word(line, *at), *value = cfg_word(line, *at + 1), *stop = NULL;
        if (strcmp(word, "time") != 0 && strcmp(word, "at-least") != 0)
            return action_error(line, rule, "expects 'time' or 'at-least', but got '%s'", word);
        if (action_ends_at(line, *at + 1))
            return action_error(line, rule, "missing argument for '%s'", word);
        if (word[0] == 't') {
            timed = true;
            if (!read_time(line, rule, value, &action->ms))
                return false;
        } else if (units_parse_size(str_of(value), &action->at_least, &stop) != UNITS_OK) {
            return action_error(line, rule, "'at-least' expects a size, but got '%s'", value);
        }
    }
    return timed || action_error(line, rule, "expects 'time <time>' and optionally 'at-least <size>'");
}

static enum rule_result answer(struct stream *stream, int status, char cause, char phase)
{
    if (!stream_reply_error(stream, status, cause, phase))
        stream_abort(stream, cause, phase, false);
    return RULE_DONE;
}

/* A client that does not send its body in time gets 408, a server 504. */
static enum rule_result wait_for_body(struct rule *rule, struct sample_context *context,
                                      struct rule_cursor *cursor)
{
    const struct wait_action *action = rule->own;
    struct stream *stream = context->stream;
    bool response = rule->kind == RULES_HTTP_RESPONSE;
    const struct channel *channel = response ? &stream->response : &stream->request;
    uint64_t until = 0;
    if (channel->ended || stream_body_full(stream, response) || stream->http->response_own ||
        (action->at_least && channel->input >= action->at_least))
        return RULE_NEXT;
    if (channel->failed)
        return answer(stream, response ? 502 : 400, response ? 'S' : 'C', response ? 'H' : 'R');
    if (!end_of_wait(stream, cursor, action->ms, &until) || (!response && !stream_ask_for_body(stream)))
        return RULE_FAIL;
    if (engine_now(stream->engine) >= until) {
        stream->http->client_keep_alive &= response;
        return answer(stream, response ? 504 : 408, response ? 's' : 'c', response ? 'H' : 'R');
    }
    stream_wait_until(stream, until);
    return RULE_WAIT;
}

/* ---- wait-for-handshake ---- */

/* A request that came as early data may be a copy; the end of the handshake proves that it is none. */
static enum rule_result wait_for_handshake(struct rule *rule, struct sample_context *context,
                                           struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    uint64_t until = 0;
    (void)rule;
    if (!stream->session->conn.settling)
        return RULE_NEXT;
    if (!end_of_wait(stream, cursor, stream->timeout_client_ms, &until))
        return RULE_FAIL;
    if (engine_now(stream->engine) < until || !stream->timeout_client_ms) {
        stream_wait_until(stream, stream->timeout_client_ms ? until : TIMER_OFF);
        return RULE_WAIT;
    }
    stream->http->client_keep_alive = false;
    return answer(stream, 408, 'c', 'R');
}

/* ---- pause ---- */

static bool read_pause(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct wait_action *action = action_alloc(line, sizeof(*action));
    const char *word = cfg_word(line, *at);
    rule->own = action;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "expects exactly 1 argument: a time or an expression");
    if (!ascii_digit(word[0])) {
        action->expr = action_read_expr(line, rule, at);
        return action->expr;
    }
    ++*at;
    return read_time(line, rule, word, &action->ms);
}

static uint64_t length_of(const struct wait_action *action, struct sample_context *context)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    uint64_t ms = action->ms;
    if (action->expr) {
        bool found = sample_eval_as(action->expr, context, SAMPLE_SINT, &value) && value.u.integer > 0;
        ms = found ? (uint64_t)value.u.integer : 0;
        if (ms > INT32_MAX)
            ms = INT32_MAX;
    }
    arena_rewind(context->scratch, mark);
    return ms;
}

static enum rule_result hold_on(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    uint64_t ms = cursor->state ? 0 : length_of(rule->own, context), until = 0;
    if (!cursor->state && !ms)
        return RULE_NEXT;
    if (!end_of_wait(stream, cursor, ms, &until))
        return RULE_FAIL;
    if (engine_now(stream->engine) >= until)
        return RULE_NEXT;
    stream_wait_until(stream, until);
    return RULE_WAIT;
}

#define BOTH (RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE)

/* clang-format off */
const struct action_row action_wait_rows[] = {
    /* name                 rulesets            read                run */
    { "pause",              BOTH,               read_pause,         hold_on,            NULL, NULL, NULL, NULL },
    { "wait-for-body",      BOTH,               read_wait_for_body, wait_for_body,      NULL, NULL, NULL, NULL },
    { "wait-for-handshake", RULES_HTTP_REQUEST, NULL,               wait_for_handshake, NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
