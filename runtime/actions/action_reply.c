/* Actions that answer in the server's place: deny, tarpit, return, auth (HAProxy manual 4.2 http-request deny ...). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/units.h"
#include "proxy/http_reply_read.h"
#include "proxy/proxy.h"
#include "stream/stream.h"
#include <stdio.h>

static bool response_side(const struct rule *rule)
{
    return rule->kind == RULES_HTTP_RESPONSE;
}

static struct http_reply *read_reply(struct cfg_line *line, unsigned *at, struct rule *rule, int status)
{
    char what[256];
    snprintf(what, sizeof(what), "error detected in %s '%s' while parsing '%s %s' rule",
             proxy_type_name(rule->proxy), rule->proxy->name, line->words[0], cfg_word(line, *at - 1));
    return http_reply_read(line, at, rule->proxy, rule->place, status, what);
}

/* ---- deny, tarpit ---- */

/* Without a payload or fields of its own a denial shows the section's page of its status. */
static bool read_denial(struct cfg_line *line, unsigned *at, struct rule *rule, int status)
{
    struct http_reply *reply = read_reply(line, at, rule, status);
    if (!reply)
        return false;
    bool bare = reply->body == REPLY_BODY_NONE && !reply->silent && !reply->headers && !reply->content_type;
    if (bare && http_reply_index(reply->status) >= 0)
        reply->use_error_page = true;
    rule->own = reply;
    return true;
}

static bool read_deny(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_denial(line, at, rule, response_side(rule) ? 502 : 403);
}

static bool read_tarpit(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_denial(line, at, rule, 500);
}

static enum rule_result deny(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    struct http_txn *http = context->stream->http;
    (void)cursor;
    http->deny_reply = rule->own;
    http->deny_status = http->deny_reply->status;
    return RULE_DENY;
}

static void count_denied(struct stream *stream)
{
    stream->frontend->front_counters.denied_requests++;
    if (stream->backend != stream->frontend)
        stream->backend->back_counters.denied_requests++;
}

/* The answer waits for `timeout tarpit`, so that the client does (manual 4.2 timeout tarpit). */
static enum rule_result tarpit(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    uint64_t *until = cursor->state, now = engine_now(stream->engine);
    if (!until) {
        const struct proxy_settings *settings = &rule->proxy->settings;
        uint64_t ms = stream->timeout_tarpit_ms  ? stream->timeout_tarpit_ms
                      : settings->timeout_tarpit ? settings->timeout_tarpit
                                                 : settings->timeout_connect;
        until = arena_alloc(&stream->arena, sizeof(*until));
        if (!until)
            return RULE_FAIL;
        *until = now + ms * NS_PER_MS;
        cursor->state = until;
    }
    if (now < *until) {
        stream_wait_until(stream, *until);
        return RULE_WAIT;
    }
    count_denied(stream);
    return stream_reply(stream, rule->own, 'P', 'T') ? RULE_DONE : RULE_FAIL;
}

/* ---- return ---- */

static bool read_return(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    rule->own = read_reply(line, at, rule, 200);
    return rule->own;
}

static enum rule_result give_reply(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    (void)cursor;
    if (!response_side(rule))
        stream->frontend->front_counters.intercepted_requests++;
    return stream_reply(stream, rule->own, 'L', response_side(rule) ? 'H' : 'R') ? RULE_DONE : RULE_FAIL;
}

/* ---- auth ---- */

static bool read_auth(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    if (strcmp(cfg_word(line, *at), "realm") != 0)
        return true;
    if (action_ends_at(line, *at + 1))
        return action_error(line, rule, "missing realm value");
    rule->text = action_copy(line, cfg_word(line, *at + 1));
    *at += 2;
    return true;
}

/* 401, or 407 to a client that sees a proxy in us: the section's page with the challenge added to it. */
static enum rule_result ask_for_user(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    const struct http_msg *request = &stream->http->request;
    bool proxy = !str_starts(request->uri, STR("/")) && request->method_id != HTTP_OPTIONS;
    const struct http_reply *page = proxy_error_reply(stream->backend, proxy ? 407 : 401);
    const char *realm = rule->text.size ? rule->text.data : rule->proxy->name;
    struct str challenge = arena_printf(context->scratch, "Basic realm=\"%s\"", realm);
    struct http_msg head;
    struct str body = STR_NONE;
    (void)cursor;
    if (!page || !challenge.data || !http_reply_build(page, context, &stream->arena, &head, &body) ||
        !http_msg_add(&head, proxy ? STR("proxy-authenticate") : STR("www-authenticate"), challenge))
        return RULE_FAIL;
    stream->frontend->front_counters.intercepted_requests++;
    return stream_reply_message(stream, &head, body, 'P', 'R') ? RULE_DONE : RULE_FAIL;
}

#define BOTH (RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE)

/* clang-format off */
const struct action_row action_reply_rows[] = {
    /* name     rulesets            read         run */
    { "auth",   RULES_HTTP_REQUEST, read_auth,   ask_for_user, NULL, NULL, NULL, NULL },
    { "deny",   BOTH,               read_deny,   deny,         NULL, NULL, NULL, NULL },
    { "return", BOTH,               read_return, give_reply,   NULL, NULL, NULL, NULL },
    { "tarpit", RULES_HTTP_REQUEST, read_tarpit, tarpit,       NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
