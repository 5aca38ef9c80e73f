/* Actions that end a ruleset or the connection: accept, allow, reject, close, silent-drop, and use-service, which hands
 * the request to an applet (HAProxy manual 4.2 http-request and tcp-request). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "proxy/proxy.h"
#include "stream/stream.h"

static enum rule_result accept(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    (void)cursor;
    return RULE_STOP;
}

/* In tcp rules the engine counts what a ruleset denied; http-request reject counts for itself. */
static enum rule_result reject_tcp(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    (void)cursor;
    return RULE_DENY;
}

static void count_denied(struct stream *stream, bool response)
{
    if (response) {
        stream->backend->back_counters.denied_responses++;
        return;
    }
    stream->frontend->front_counters.denied_requests++;
    if (stream->backend != stream->frontend)
        stream->backend->back_counters.denied_requests++;
}

static enum rule_result reject_http(struct rule *rule, struct sample_context *context,
                                    struct rule_cursor *cursor)
{
    (void)rule;
    (void)cursor;
    count_denied(context->stream, false);
    stream_abort(context->stream, 'P', 'R', false);
    return RULE_ABORT;
}

/* The server's connection ends at once; what the client was sent so far stays. */
static enum rule_result close_server(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    (void)rule;
    (void)cursor;
    context->stream->response.ended = true;
    return RULE_STOP;
}

/* The client is to learn nothing: the nearest that sockets give is to reset, which at least keeps nothing here. */
static enum rule_result silent_drop(struct rule *rule, struct sample_context *context,
                                    struct rule_cursor *cursor)
{
    struct stream *stream = context->stream;
    bool response = (rule->kind & (RULES_TCP_RESPONSE | RULES_HTTP_RESPONSE)) != 0;
    (void)cursor;
    if (!stream) { /* rules of the connection: no stream yet */
        context->session->reset_on_close = true;
        return RULE_DENY;
    }
    count_denied(stream, response);
    stream_abort(stream, 'L', response ? 'D' : 'R', true);
    return RULE_ABORT;
}

/* ---- use-service ---- */

static bool read_service(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    const char *name = cfg_word(line, *at);
    if (action_ends_at(line, *at))
        return action_error(line, rule, "'use-service' expects a service name");
    const struct word *word = words_find(line->reader->words, WORD_SERVICE, str_of(name));
    const struct service_row *row = word ? word->row : NULL;
    if (!row) {
        const char *near = words_closest(line->reader->words, WORD_SERVICE, str_of(name), NULL, NULL);
        return action_error(line, rule, "'%s' unknown service name.%s%s%s", name,
                            near ? " Did you mean '" : "", near ? near : "", near ? "' maybe ?" : "");
    }
    bool http = (rule->kind & RULES_HTTP_ALL) != 0;
    if (http ? !row->http : !row->tcp)
        return action_error(line, rule, "service '%s' is not for mode %s", name, http ? "http" : "tcp");
    rule->own = (void *)(uintptr_t)row;
    ++*at;
    return true;
}

static enum rule_result use_service(struct rule *rule, struct sample_context *context,
                                    struct rule_cursor *cursor)
{
    const struct service_row *row = rule->own;
    struct stream *stream = context->stream;
    (void)cursor;
    if (stream->applet)
        return RULE_DONE;
    if (!row->begin(stream, row->data))
        return RULE_FAIL;
    if (stream->http)
        stream->frontend->front_counters.intercepted_requests++;
    return RULE_DONE;
}

#define DROP_HTTP (RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE)

/* clang-format off */
const struct action_row action_flow_rows[] = {
    /* name          rulesets           read              run */
    { "accept",      RULES_TCP_ALL,     NULL,             accept, NULL, NULL, NULL, NULL },
    { "allow",       RULES_HTTP_ALL,    NULL,             accept, NULL, NULL, NULL, NULL },
    { "close",       RULES_TCP_RESPONSE, NULL,            close_server, NULL, NULL, NULL, NULL },
    { "reject",      RULES_TCP_ALL,     NULL,             reject_tcp, NULL, NULL, NULL, NULL },
    { "reject",      RULES_HTTP_REQUEST, NULL,            reject_http, NULL, NULL, NULL, NULL },
    { "silent-drop", RULES_TCP_ALL | DROP_HTTP, NULL, silent_drop, NULL, NULL, NULL, NULL },
    { "use-service", RULES_TCP_CONTENT | RULES_HTTP_REQUEST, read_service, use_service, NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
