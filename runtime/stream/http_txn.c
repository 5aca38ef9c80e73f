/* A transaction's rules and the changes that the proxy itself makes to heads.
 *
 * Request steps: counters and captures, tcp-request content, http-request, use_backend, and the backend's rules, then
 * the head is made fit for the server. Response steps: tcp-response content, http-response of the backend and of the
 * frontend, http-after-response, then it is made fit for the client. */
#include "base/units.h"
#include "http/h1_write.h"
#include "http/http_cookie.h"
#include "proxy/server.h"
#include "stream/filter.h"
#include "stream/persist_cookie.h"
#include "stream/stick_rules.h"
#include "stream/stream_steps.h"

enum request_step {
    Q_BEGIN,
    Q_FRONT_CONTENT,
    Q_FRONT_NAMES,
    Q_FRONT_BODY,
    Q_FRONT_RULES,
    Q_FRONT_EARLY,
    Q_FRONT_STATS,
    Q_SWITCH,
    Q_BACK_BODY,
    Q_BACK_CONTENT,
    Q_BACK_NAMES,
    Q_BACK_RULES,
    Q_BACK_STATS,
    Q_FINISH,
    Q_BODY,
    Q_END
};
enum response_step {
    P_BEGIN,
    P_CONTENT,
    P_BACK_RULES,
    P_FRONT_RULES,
    P_PERSIST,
    P_CACHE,
    P_BACK_AFTER,
    P_FRONT_AFTER,
    P_FILTERS,
    P_FINISH,
    P_END
};

/* What `capture request header` and `capture response header` keep: the first bytes of the last value. */
static void capture_fields(struct stream *stream, bool response)
{
    const struct http_msg *msg = response ? &stream->http->response : &stream->http->request;
    const struct capture *capture =
        response ? stream->frontend->response_captures : stream->frontend->request_captures;
    for (; capture; capture = capture->next) {
        struct str value, *slot;
        if (!capture->name.size || !http_msg_value_at(msg, capture->name, true, -1, &value))
            continue;
        slot = stream_capture(stream, response, capture->index);
        if (slot)
            *slot = arena_copy(&stream->arena, str_slice(value, 0, capture->length_max));
    }
}

/* `capture cookie`: "name=value" of the first one whose name begins so, or is so. */
static void capture_cookie(struct stream *stream, bool response)
{
    const struct proxy_settings *settings = &stream->frontend->settings;
    struct http_msg *msg = response ? &stream->http->response : &stream->http->request;
    struct str *slot = response ? &stream->http->server_cookie : &stream->http->client_cookie;
    struct str wanted = str_of(settings->capture_cookie);
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    if (!settings->capture_cookie)
        return;
    while (http_cookie_find(msg, STR(""), &cursor, &cookie)) {
        bool matches =
            settings->capture_cookie_prefix ? str_starts(cookie.name, wanted) : str_eq(cookie.name, wanted);
        if (!matches || (response && !cookie.leads))
            continue;
        size_t size = (size_t)(cookie.value.data + cookie.value.size - cookie.name.data);
        if (size > settings->capture_cookie_length)
            size = settings->capture_cookie_length;
        *slot = arena_copy(&stream->arena, str_make(cookie.name.data, size));
        return;
    }
}

static size_t head_size(const struct stream *stream, bool response)
{
    return h1_head_size(response ? &stream->http->response : &stream->http->request);
}

static bool head_is_out(const struct stream *stream, bool response)
{
    return response ? stream->http->response_ruled : stream->phase >= PHASE_SERVER;
}

size_t stream_body_reserve(const struct stream *stream, bool response)
{
    if (head_is_out(stream, response))
        return 0;
    size_t size = head_size(stream, response) + (size_t)stream->engine->configuration->globals.maxrewrite;
    size_t capacity = (size_t)stream->engine->configuration->globals.bufsize;
    return size < capacity ? size : capacity - 1; /* a body must be able to come, however large its head is */
}

static size_t body_held(const struct stream *stream, bool response)
{
    const struct channel *channel = response ? &stream->response : &stream->request;
    return channel->output + channel->input + channel->raw;
}

bool stream_body_full(const struct stream *stream, bool response)
{
    return body_held(stream, response) + stream_body_reserve(stream, response) >=
           stream->engine->configuration->globals.bufsize;
}

/* What came with the head was read before its size was known: maxrewrite is for the rules in any case. */
bool stream_head_too_large(const struct stream *stream, bool response)
{
    const struct globals *globals = &stream->engine->configuration->globals;
    const struct http_txn *http = stream->http;
    size_t size = head_size(stream, response), body = body_held(stream, response);
    size_t at_first = response ? http->response_head_size : http->request_head_size;
    return !head_is_out(stream, response) && size + body > globals->bufsize &&
           size > at_first + globals->maxrewrite;
}

/* An answer is ready, or the stream ends: no more request steps. */
static bool answered(const struct stream *stream)
{
    return stream->http->response_own || stream->phase == PHASE_END;
}

static void deny(struct stream *stream, bool response)
{
    struct http_txn *http = stream->http;
    struct proxy *frontend = stream->frontend;
    if (!response)
        stick_count_error(stream);
    if (response) {
        stream->backend->back_counters.denied_responses++;
    } else {
        frontend->front_counters.denied_requests++;
        if (stream->backend != frontend)
            stream->backend->back_counters.denied_requests++;
    }
    char phase = response ? 'H' : 'R';
    bool told = http->deny_reply
                    ? stream_reply(stream, http->deny_reply, 'P', phase)
                    : stream_reply_error(
                          stream, response && http->deny_status == 403 ? 502 : http->deny_status, 'P', phase);
    if (!told)
        stream_abort(stream, 'P', phase, false);
}

static void broken(struct stream *stream, int status, char cause, bool response)
{
    if (status == 500)
        stream->frontend->front_counters.internal_errors++;
    if (status == 400)
        stick_count_error(stream);
    if (status == 502)
        stick_count_failure(stream);
    if (response)
        stream_drop_back(stream, false);
    if (!stream_reply_error(stream, status, cause, response ? 'H' : 'R'))
        stream_abort(stream, cause, response ? 'H' : 'R', false);
}

/* Carries out what a ruleset decided. STEP_NEXT: the next step is due. */
static enum step obey(struct stream *stream, enum rule_result result, bool response)
{
    switch (result) {
    case RULE_NEXT:
    case RULE_STOP:
        return STEP_NEXT;
    case RULE_WAIT:
        return STEP_WAIT;
    case RULE_DENY:
        deny(stream, response);
        return STEP_WAIT;
    case RULE_FAIL:
        broken(stream, 500, 'P', response);
        return STEP_WAIT;
    case RULE_INVALID:
        broken(stream, response ? 502 : 400, 'P', response);
        return STEP_WAIT;
    case RULE_ABORT:
        if (!answered(stream))
            stream_abort(stream, 'L', response ? 'H' : 'R', false);
        return STEP_WAIT;
    case RULE_DONE:
        return answered(stream) ? STEP_WAIT : STEP_NEXT;
    }
    return STEP_WAIT;
}

static enum step rules(struct stream *stream, const struct ruleset *set, enum sample_place place,
                       struct proxy *proxy, bool response)
{
    if (!set->count)
        return STEP_NEXT;
    return obey(stream, stream_run_rules(stream, set, place, proxy, true), response);
}

static enum step content_rules(struct stream *stream, struct proxy *proxy, bool response)
{
    const struct ruleset *set = response ? &proxy->tcp_response : &proxy->tcp_content;
    uint64_t delay =
        response ? proxy->settings.response_inspect_delay : proxy->settings.request_inspect_delay;
    if (!set->count)
        return STEP_NEXT;
    if (delay && !stream->inspect_until)
        stream->inspect_until = engine_now(stream->engine) + delay * NS_PER_MS;
    bool final = !delay || engine_now(stream->engine) >= stream->inspect_until;
    enum rule_result result =
        stream_run_rules(stream, set, response ? AT_RESPONSE_CONTENT : AT_REQUEST_CONTENT, proxy, final);
    if (result == RULE_WAIT && !final)
        stream_wait_until(stream, stream->inspect_until);
    if (result != RULE_WAIT)
        stream->inspect_until = 0;
    if (result == RULE_DENY) { /* `reject` closes without an answer */
        (response ? stream->backend->back_counters.denied_responses++
                  : stream->frontend->front_counters.denied_requests++);
        stream_abort(stream, 'P', response ? 'D' : 'R', false);
        return STEP_WAIT;
    }
    return obey(stream, result, response);
}

static void begin(struct stream *stream)
{
    struct proxy *frontend = stream->frontend;
    uint64_t now = engine_now(stream->engine);
    frontend->front_counters.http_requests++;
    frontend->front_counters.requests_h1++;
    rate_count(&frontend->front_counters.request_rate, &frontend->front_counters.request_rate_max, now);
    stream->engine->configuration->counters.http_requests++;
    if (stream_capture(stream, false, 0)) /* from here on the log shows all slots, filled or not */
        capture_fields(stream, false);
    (void)stream_capture(stream, true, 0);
    capture_cookie(stream, false);
}

static bool monitored(struct stream *stream)
{
    const struct proxy *frontend = stream->frontend;
    const char *wanted = frontend->settings.monitor_uri;
    if (!wanted || (!str_eq(stream->http->request.uri, str_of(wanted)) && /* as it came, or its path alone */
                    !str_eq(http_msg_pathq(&stream->http->request), str_of(wanted))))
        return false;
    int status = 200;
    if (frontend->monitor_fail) {
        struct sample_context context = stream_context(stream, AT_REQUEST_HEAD, stream->frontend);
        struct arena_mark mark = arena_mark(context.scratch);
        context.final = true;
        status = condition_eval(frontend->monitor_fail, &context) == ACL_PASS ? 503 : 200;
        arena_rewind(context.scratch, mark);
    }
    stream->frontend->front_counters.intercepted_requests++;
    stream->log_silent = true; /* manual 4.2 monitor-uri: such requests are not logged */
    if (!stream_reply_error(stream, status, 'L', 'R'))
        stream_abort(stream, 'L', 'R', false);
    return true;
}

/* `stats uri`: an applet answers in the server's place, if the rules of `stats http-request` allow it. */
static enum step statistics(struct stream *stream, struct proxy *proxy)
{
    const struct stats_settings *stats = proxy->settings.stats;
    const struct service_row *service = stream->engine->configuration->stat_service;
    if (!stats || !stats->enabled || !service || stream->applet)
        return STEP_NEXT;
    struct str uri = str_of(stats->uri ? stats->uri : "/haproxy?stats");
    if (!str_starts(http_msg_pathq(&stream->http->request), uri))
        return STEP_NEXT;
    enum step step = rules(stream, &proxy->stats, AT_REQUEST_HEAD, proxy, false);
    if (step == STEP_WAIT || stream->applet)
        return step;
    stream->frontend->front_counters.intercepted_requests++;
    if (!service->begin(stream, proxy)) {
        broken(stream, 500, 'R', false);
        return STEP_WAIT;
    }
    return STEP_NEXT;
}

/* option http-buffer-request: as much of the body as a buffer holds before the rules of the section that asked for it.
 * A client that ends early is answered where a server would be looked for. */
static enum step wait_for_body(struct stream *stream, const struct proxy *proxy)
{
    const struct channel *channel = &stream->request;
    uint64_t limit = stream->frontend->settings.timeout_http_request;
    if (!proxy->settings.http_buffer_request || channel->ended || channel->failed ||
        stream_body_full(stream, false))
        return STEP_NEXT;
    if (!stream_ask_for_body(stream)) {
        broken(stream, 500, 'R', false);
        return STEP_WAIT;
    }
    if (stream->deadline_request == TIMER_OFF && limit)
        stream->deadline_request = engine_now(stream->engine) + limit * NS_PER_MS;
    return STEP_WAIT;
}

static enum step body_is_sound(struct stream *stream)
{
    stream->deadline_request = TIMER_OFF;
    if (!stream->request.failed ||
        !(stream->frontend->settings.http_buffer_request || stream->backend->settings.http_buffer_request))
        return STEP_NEXT;
    broken(stream, 400, stream->http->front->reader.broken ? 'P' : 'C', false);
    return STEP_WAIT;
}

static enum step check_names(struct stream *stream, const struct proxy *proxy)
{
    if (http_fit_names(stream, proxy))
        return STEP_NEXT;
    deny(stream, false);
    return STEP_WAIT;
}

/* Whoever answers has to know that the request may be a copy: its client's handshake is not done (RFC 8470 section 5.1). */
static enum step tell_of_early_data(struct stream *stream)
{
    struct http_msg *request = &stream->http->request;
    if (!stream->session->conn.settling || http_msg_find(request, STR("early-data"), NULL) ||
        http_msg_add(request, STR("early-data"), STR("1")))
        return STEP_NEXT;
    broken(stream, 500, 'R', false);
    return STEP_WAIT;
}

enum step http_txn_request(struct stream *stream)
{
    struct proxy *frontend = stream->frontend;
    for (;; stream->step++) {
        enum step step = STEP_NEXT;
        switch ((enum request_step)stream->step) {
        case Q_BEGIN:
            begin(stream);
            break;
        case Q_FRONT_CONTENT:
            step = content_rules(stream, frontend, false);
            if (step == STEP_NEXT)
                stick_count_request(stream);
            if (step == STEP_NEXT && monitored(stream))
                return STEP_WAIT;
            break;
        case Q_FRONT_NAMES:
            step = check_names(stream, frontend);
            break;
        case Q_FRONT_BODY:
            step = wait_for_body(stream, frontend);
            break;
        case Q_FRONT_RULES:
            step = rules(stream, &frontend->http_request, AT_REQUEST_HEAD, frontend, false);
            break;
        case Q_FRONT_EARLY:
            step = tell_of_early_data(stream);
            break;
        case Q_FRONT_STATS:
            step = statistics(stream, frontend);
            break;
        case Q_SWITCH:
            if (stream->applet)
                return http_fit_request(stream) ? STEP_NEXT : (broken(stream, 500, 'R', false), STEP_WAIT);
            if (!stream_switch(stream)) {
                frontend->back_counters.failed_connections++;
                broken(stream, 503, 'S', false);
                stream->end_phase = 'C';
                return STEP_WAIT;
            }
            if (stream->backend != frontend)
                stream->backend->back_counters.http_requests++;
            break;
        case Q_BACK_BODY:
            step = wait_for_body(stream, stream->backend);
            break;
        case Q_BACK_CONTENT:
            if (stream->backend != frontend)
                step = content_rules(stream, stream->backend, false);
            break;
        case Q_BACK_NAMES:
            step = check_names(stream, stream->backend);
            break;
        case Q_BACK_RULES:
            if (stream->backend != frontend)
                step = rules(stream, &stream->backend->http_request, AT_REQUEST_HEAD, stream->backend, false);
            break;
        case Q_BACK_STATS:
            if (stream->backend != frontend)
                step = statistics(stream, stream->backend);
            break;
        case Q_FINISH:
            if (!http_fit_request(stream)) {
                broken(stream, 500, 'R', false);
                return STEP_WAIT;
            }
            break;
        case Q_BODY:
            step = body_is_sound(stream);
            break;
        case Q_END:
            return STEP_NEXT;
        }
        if (step == STEP_WAIT)
            return STEP_WAIT;
    }
}

static void response_begin(struct stream *stream)
{
    struct http_txn *http = stream->http;
    http->status = http->response.status;
    capture_fields(stream, true);
    if (!http->response_own)
        capture_cookie(stream, true);
    if (http->response.body == HTTP_BODY_TUNNEL)
        stream->tunnel = true;
}

static void count_status(struct stream *stream)
{
    int class = stream->http->status / 100;
    unsigned index = class >= 1 && class <= 5 ? (unsigned)class : 0;
    stream->frontend->front_counters.http_responses[index]++;
    if (stream->counted)
        stream->backend->back_counters.http_responses[index]++;
    if (stream->server)
        stream->server->counters.http_responses[index]++;
}

static bool send_head(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct http_msg *response = &http->response;
    bool interim = response->status < 200 &&
                   response->body != HTTP_BODY_TUNNEL; /* by a rule: another one would follow */
    bool no_body =
        http_method_of(http->method) == HTTP_HEAD || response->status == 204 || response->status == 304;
    if (interim || !http_fit_framing(response, no_body) || !http_fit_response(stream))
        return false;
    if (stream->frontend->settings.case_of_client)
        http->front->writer.cases = &stream->engine->configuration->header_cases;
    http->front->writer.drop_trailers = stream->backend->settings.drop_response_trailers;
    if (!http_writer_begin(&http->front->writer, &http->response, no_body, &stream->arena))
        return false;
    http->response_ruled = true;
    filter_open(stream, true);
    return true;
}

/* `observe layer7`: 501 and 505 say nothing about the server's health (manual 5.2 observe). */
static void observe_status(struct stream *stream)
{
    int status = stream->http->status;
    bool good = status >= 100 && (status < 500 || status == 501 || status == 505);
    if (stream->server && stream->engine->observe)
        stream->engine->observe(stream->engine, stream->server, true, good);
}

enum step http_txn_response(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct proxy *frontend = stream->frontend, *backend = stream->backend;
    for (;; stream->step++) {
        enum step step = STEP_NEXT;
        bool own = http->response_own;
        switch ((enum response_step)stream->step) {
        case P_BEGIN:
            response_begin(stream);
            if (!own) {
                stick_count_status(stream, http->status);
                stick_rules_response(stream);
                observe_status(stream);
            }
            break;
        case P_CONTENT:
            if (!own)
                step = content_rules(stream, backend, true);
            break;
        case P_BACK_RULES:
            if (!own && backend != frontend)
                step = rules(stream, &backend->http_response, AT_RESPONSE_HEAD, backend, true);
            break;
        case P_FRONT_RULES:
            if (!own)
                step = rules(stream, &frontend->http_response, AT_RESPONSE_HEAD, frontend, true);
            break;
        case P_PERSIST:
            if (!own && !persist_cookie_response(stream)) {
                broken(stream, 500, 'R', true);
                return STEP_WAIT;
            }
            break;
        case P_CACHE:
            if (!own && backend->settings.check_cache && !http_fit_cookies(stream)) {
                stream->backend->back_counters.denied_responses++;
                broken(stream, 502, 'P', true);
                step = STEP_WAIT;
            }
            break;
        case P_BACK_AFTER:
            if (backend != frontend && http->request_ready)
                step = rules(stream, &backend->http_after_response, AT_RESPONSE_HEAD, backend, true);
            break;
        case P_FRONT_AFTER:
            if (!http->request_ready) /* no request: nothing that rules could look at */
                break;
            step = rules(stream, &frontend->http_after_response, AT_RESPONSE_HEAD, frontend, true);
            break;
        case P_FILTERS:
            if (stream->filters)
                step = filter_head(stream, true);
            break;
        case P_FINISH:
            if (!send_head(stream)) {
                stream_abort(stream, 'R', 'H', false);
                return STEP_WAIT;
            }
            count_status(stream);
            stream_log_early(stream);
            break;
        case P_END:
            return STEP_NEXT;
        }
        if (step == STEP_WAIT) {
            if (!own && http->response_own) { /* a rule put another response in its place */
                stream->step = P_BEGIN;
                continue;
            }
            return STEP_WAIT;
        }
    }
}
