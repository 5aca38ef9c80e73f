/* A stream's way through its phases (see stream.h). Each wake runs passes: receive, decide, send, until nothing moves;
 * then the session's timer is armed for the earliest deadline. */
#include "stream/stream.h"
#include "base/mem.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/filter.h"
#include "stream/session_steps.h"
#include "stream/stick_rules.h"
#include "stream/stream_steps.h"
#include "table/stick_track.h"

#define PASS_MAX         32 /* then other tasks have their turn */
#define APPLET_PASS_MAX  2  /* what is made here costs more than what is passed on */
#define ARENA_CHUNK      4096
#define FREE_STREAMS_MAX 256

static void stream_run(struct task *task);

/* ---- birth ---- */

static struct stream *take_memory(struct engine *engine)
{
    struct list *link = list_first(&engine->free_streams);
    struct stream *stream;
    if (link) {
        list_remove(link);
        engine->free_stream_count--;
        stream = LIST_ITEM(link, struct stream, link);
        struct arena kept = stream->arena;
        memset(stream, 0, sizeof(*stream));
        stream->arena = kept;
        return stream;
    }
    stream = mem_zero(sizeof(*stream));
    if (stream)
        arena_init(&stream->arena, ARENA_CHUNK);
    return stream;
}

static void give_memory(struct stream *stream)
{
    struct engine *engine = stream->engine;
    arena_reset(&stream->arena);
    if (engine->free_stream_count < FREE_STREAMS_MAX) {
        list_add_first(&engine->free_streams, &stream->link);
        engine->free_stream_count++;
        return;
    }
    arena_finish(&stream->arena);
    mem_free(stream);
}

/* What the backend says, until a rule says otherwise. */
static void take_timeouts(struct stream *stream, const struct proxy *backend)
{
    const struct proxy_settings *settings = &backend->settings;
    stream->tries_max = stream->tries_left = settings->retries > 0 ? (unsigned)settings->retries : 0;
    stream->timeout_server_ms = settings->timeout_server;
    stream->timeout_connect_ms = settings->timeout_connect;
    stream->timeout_queue_ms = settings->timeout_queue ? settings->timeout_queue : settings->timeout_connect;
    if (settings->timeout_tunnel)
        stream->timeout_tunnel_ms = settings->timeout_tunnel;
}

struct stream *stream_create(struct session *session)
{
    struct engine *engine = session->engine;
    struct proxy *frontend = session->frontend;
    struct stream *stream = take_memory(engine);
    if (!stream)
        return NULL;
    stream->engine = engine;
    stream->session = session;
    stream->frontend = stream->backend = frontend;
    stream->serial = ++engine->configuration->stream_serial;
    task_init(&stream->task, engine->loop, stream_run);
    stream->task.nice = session->task.nice;
    list_init(&stream->queue_link);
    list_add_last(&engine->stream_list, &stream->link);
    engine->stream_count++;
    channel_init(&stream->request);
    channel_init(&stream->response);
    stream->deadline_rules = stream->deadline_request = stream->deadline_connect = stream->deadline_queue =
        TIMER_OFF;
    stream->end_cause = stream->end_phase = '-';
    stream->log_level = LOG_LEVEL_COUNT;
    const struct globals *globals = &engine->configuration->globals;
    stream->vars_txn = vars_make(&session->vars, globals->vars_txn_max);
    stream->vars_req = stream->vars_res = vars_make(&stream->vars_txn, globals->vars_reqres_max);
    stream->timeout_client_ms = frontend->settings.timeout_client;
    take_timeouts(stream, frontend);
    stream->times.begin = session->stream_count ? session->idle_since_ns : session->accept_ns;
    stream->times.wall_begin =
        session->stream_count
            ? loop_wall(engine->loop) - (int64_t)(engine_now(engine) - session->idle_since_ns)
            : session->accept_wall_ns;
    stream->times.first_byte = engine_now(engine);
    stream->request.last_in_ns = stream->response.last_out_ns = engine_now(engine);
    stream->request.last_out_ns = stream->response.last_in_ns = engine_now(engine);
    if (frontend->settings.mode == MODE_HTTP && !http_front_begin(stream)) {
        stream->phase = PHASE_END;
        list_remove(&stream->link);
        engine->stream_count--;
        give_memory(stream);
        return NULL;
    }
    stream->tunnel = frontend->settings.mode != MODE_HTTP;
    if (frontend->filters)
        filter_attach(stream, frontend);
    struct platform *platform = loop_platform(engine->loop);
    if (platform->ops->mark)
        platform->ops->mark(platform, PLAT_MARK_STREAM_NEW, stream->serial, 0);
    return stream;
}

void stream_wake(struct stream *stream)
{
    task_wake(&stream->task);
}

struct vars *stream_vars(struct stream *stream, enum var_scope scope)
{
    switch (scope) {
    case VAR_PROC:
        return &stream->engine->configuration->proc_vars;
    case VAR_SESS:
        return &stream->session->vars;
    case VAR_TXN:
        return &stream->vars_txn;
    case VAR_REQ:
        return &stream->vars_req;
    case VAR_RES:
        return &stream->vars_res;
    default:
        return NULL;
    }
}

const struct addr *stream_source(const struct stream *stream)
{
    return stream->source ? stream->source : session_source(stream->session);
}

const struct addr *stream_destination(const struct stream *stream)
{
    return stream->destination ? stream->destination : session_destination(stream->session);
}

struct str stream_unique_id(struct stream *stream)
{
    const struct log_format *format = stream->frontend->unique_id;
    if (stream->unique_id.data || !format)
        return stream->unique_id;
    struct sample_context context =
        stream_context(stream, stream->http ? AT_REQUEST_HEAD : AT_REQUEST_CONTENT, stream->frontend);
    struct arena_mark mark = arena_mark(context.scratch);
    struct str text = log_format_text(format, &context, true);
    if (text.data)
        stream->unique_id = arena_copy(&stream->arena, text);
    arena_rewind(context.scratch, mark);
    return stream->unique_id;
}

struct str *stream_capture(struct stream *stream, bool response, unsigned index)
{
    const struct proxy *frontend = stream->frontend;
    unsigned count = response ? frontend->response_capture_count : frontend->request_capture_count;
    struct str **slots = response ? &stream->response_captures : &stream->request_captures;
    if (index >= count)
        return NULL;
    if (!*slots)
        *slots = arena_zero(&stream->arena, count * sizeof(struct str));
    return *slots ? &(*slots)[index] : NULL;
}

static struct vars *context_vars(const struct sample_context *context, enum var_scope scope)
{
    if (scope == VAR_REQ && (context->place & (AT_RESPONSE)))
        return NULL;
    if (scope == VAR_RES && (context->place & AT_REQUEST))
        return NULL;
    return stream_vars(context->stream, scope);
}

struct sample_context stream_context(struct stream *stream, enum sample_place place, struct proxy *proxy)
{
    struct http_txn *http = stream->http;
    return (struct sample_context){
        .place = place,
        .configuration = stream->engine->configuration,
        .engine = stream->engine,
        .proxy = proxy,
        .session = stream->session,
        .stream = stream,
        .request = http && http->request_ready ? &http->request : NULL,
        .response = http && http->response_ready ? &http->response : NULL,
        .request_channel = &stream->request,
        .response_channel = &stream->response,
        .scratch = &stream->engine->scratch,
        .is_response_side = (place & AT_RESPONSE) != 0,
        .vars = context_vars,
    };
}

void stream_wait_until(struct stream *stream, uint64_t at_ns)
{
    stream->deadline_rules = at_ns;
}

enum rule_result stream_run_rules(struct stream *stream, const struct ruleset *set, enum sample_place place,
                                  struct proxy *proxy, bool final)
{
    if (stream->cursor.set != set)
        rule_cursor_start(&stream->cursor, set);
    struct sample_context context = stream_context(stream, place, proxy);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = final;
    struct rule *last = NULL;
    stream->deadline_rules = TIMER_OFF;
    enum rule_result result = ruleset_run(&stream->cursor, &context, &last);
    arena_rewind(context.scratch, mark);
    if (last && result != RULE_WAIT && result != RULE_NEXT)
        stream->last_rule = last;
    if (result != RULE_WAIT) {
        stream->cursor = (struct rule_cursor){ 0 };
        stream->deadline_rules = TIMER_OFF;
    }
    return result;
}

void stream_set_backend(struct stream *stream, struct proxy *backend)
{
    if (stream->counted)
        return;
    stream->backend = backend;
    stream->counted = true;
    if (backend != stream->frontend) {
        take_timeouts(stream, backend);
        if (backend->filters)
            filter_attach(stream, backend);
    }
    backend->current_back++;
    struct proxy_counters *counters = &backend->back_counters;
    counters->sessions_total++;
    if ((uint64_t)backend->current_back > counters->sessions_max)
        counters->sessions_max = (uint64_t)backend->current_back;
    rate_count(&counters->session_rate, &counters->session_rate_max, engine_now(stream->engine));
}

bool stream_switch(struct stream *stream)
{
    struct proxy *frontend = stream->frontend, *chosen = NULL;
    if (stream->counted)
        return true;
    struct sample_context context =
        stream_context(stream, stream->http ? AT_REQUEST_HEAD : AT_REQUEST_CONTENT, frontend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    for (struct switching_rule *rule = frontend->switching; rule && !chosen; rule = rule->next) {
        if (condition_eval(rule->condition, &context) != ACL_PASS)
            continue;
        chosen = rule->backend;
        if (!chosen && rule->name) { /* a computed name that is no backend: the default one */
            struct str name = log_format_text(rule->name, &context, true);
            if (name.data)
                chosen = proxy_find(stream->engine->configuration, name.data, PROXY_BACK);
            break;
        }
    }
    arena_rewind(context.scratch, mark);
    if (!chosen)
        chosen = frontend->default_backend;
    if (!chosen && (frontend->sides & PROXY_BACK))
        chosen = frontend;
    if (!chosen)
        return false;
    stream_set_backend(stream, chosen);
    return true;
}

/* ---- leaving ---- */

void stream_drop_back(struct stream *stream, bool keep)
{
    if (stream->back) {
        struct server_conn *back = stream->back;
        stream->back = NULL;
        server_conn_release(back, keep);
    }
    if (stream->http)
        stream->http->back = NULL;
    server_pick_leave(stream);
    stream->deadline_connect = TIMER_OFF;
}

void stream_abort(struct stream *stream, char cause, char phase, bool reset)
{
    if (stream->phase == PHASE_END)
        return;
    stream_set_end(stream, cause, phase);
    stream->phase = PHASE_END;
    stream->response.failed = true; /* the client's connection cannot go on */
    stream->session->reset_on_close = reset;
    stream_wake(stream);
}

/* A filter may end a message before its sender does: what still comes of it belongs to no other. */
static bool read_to_the_end(const struct http_reader *reader)
{
    return reader->head_done && reader->body.state == BODY_DONE;
}

static bool request_complete(const struct stream *stream)
{
    return stream->request.ended && !stream->request.failed && !stream->request.input &&
           !stream->request.output && read_to_the_end(&stream->http->front->reader);
}

static bool server_side_complete(const struct stream *stream)
{
    const struct http_back *back = stream->http ? stream->http->back : NULL;
    const struct http_msg *response = stream->http ? &stream->http->response : NULL;
    return back && !stream->tunnel && back->writer.done && stream->http->response_ready &&
           !stream->http->response_own && stream->response.ended && !stream->response.failed &&
           !stream->response.raw && response->keep_alive && read_to_the_end(&back->reader) &&
           back->reader.body.kind != HTTP_BODY_UNTIL_CLOSE &&
           stream->backend->settings.http_connection_mode == HTTP_KEEP_ALIVE &&
           stream->frontend->settings.http_connection_mode == HTTP_KEEP_ALIVE;
}

/* What came from a server, and the head of an answer of our own, whose body lies in the channel as theirs does. */
static uint64_t bytes_of_answer(const struct stream *stream)
{
    bool own = stream->http && stream->http->response_own;
    return stream->response.total_in + (own ? stream->http->front->writer.head_bytes : 0);
}

/* A section that is a backend too has the bytes on both sides, also while nobody went on to a server. */
static void account(struct stream *stream)
{
    struct proxy *frontend = stream->frontend, *backend = stream->backend;
    uint64_t in = stream->request.total_in - stream->accounted_in;
    uint64_t out = bytes_of_answer(stream) - stream->accounted_out;
    stream->accounted_in += in;
    stream->accounted_out += out;
    stick_count_bytes(stream, in, stream_bytes_to_client(stream));
    frontend->front_counters.bytes_in += in;
    frontend->front_counters.bytes_out += out;
    stream->engine->configuration->counters.bytes_in += in;
    stream->engine->configuration->counters.bytes_out += out;
    rate_add(&stream->engine->configuration->bytes_out_32, engine_now(stream->engine),
             (uint32_t)((out + 16) / 32));
    if (stream->session->bind) {
        stream->session->bind->counters.bytes_in += in;
        stream->session->bind->counters.bytes_out += out;
    }
    if (!stream->counted && backend != frontend)
        return;
    backend->back_counters.bytes_in += in;
    backend->back_counters.bytes_out += out;
    if (stream->server) {
        stream->server->counters.bytes_in += in;
        stream->server->counters.bytes_out += out;
    }
}

static uint64_t between_ms(uint64_t from, uint64_t to)
{
    return from && to > from ? (to - from) / NS_PER_MS : 0;
}

static void add_times(const struct stream_times *times, struct proxy_counters *counters)
{
    counters_add_time(&counters->queue_time_ms, &counters->queue_time_max,
                      between_ms(times->queued, times->unqueued));
    counters_add_time(&counters->connect_time_ms, &counters->connect_time_max,
                      between_ms(times->unqueued, times->connected));
    counters_add_time(&counters->response_time_ms, &counters->response_time_max,
                      between_ms(times->connected, times->response));
    counters_add_time(&counters->total_time_ms, &counters->total_time_max,
                      between_ms(times->begin, times->end));
}

/* Times are those of streams that reached a server. */
static void account_times(struct stream *stream)
{
    struct server *server = stream->server;
    if (!server || !stream->counted || !stream->times.connected)
        return;
    add_times(&stream->times, &stream->backend->back_counters);
    add_times(&stream->times, &server->counters);
    if (stream->http)
        server->counters.http_requests++;
    if (stream->client_aborted)
        server->counters.client_aborts++;
}

/* "A client that sends a close connection option MUST NOT send further requests on that connection", RFC 9112 section
 * 9.6. Behind a body some old clients send an empty line all the same, behind a CONNECT what was for the tunnel. */
static bool client_is_done(const struct stream *stream)
{
    const struct http_txn *http = stream->http;
    return http && http->request_ready && !http->request.keep_alive && http->request.body == HTTP_BODY_NONE &&
           http->request.method_id != HTTP_CONNECT && !stream->request.raw && !stream->tunnel;
}

/* What the client's connection is for behind this stream. */
static enum session_next next_of_session(struct stream *stream)
{
    const struct http_txn *http = stream->http;
    const struct channel *response = &stream->response;
    const struct session *session = stream->session;
    bool broken = response->failed || response->closed;
    bool all_sent = http ? http->front->writer.done : response->end_sent;
    bool keep = http && http->client_keep_alive && !stream->tunnel && !broken && http->front->writer.done &&
                request_complete(stream);
    if (keep && (!engine_lets_go(stream->engine) || stream->request.raw))
        return SESSION_KEEPS;
    if (session->reset_on_close)
        return SESSION_BREAKS;
    if (!all_sent || broken)
        return SESSION_CLOSES;
    return client_is_done(stream) ? SESSION_PARTS : SESSION_LINGERS;
}

/* Logs, gives everything back, and lets the session go on or close. */
static void stream_end(struct stream *stream)
{
    struct session *session = stream->session;
    struct engine *engine = stream->engine;
    bool keep_server = server_side_complete(stream);
    enum session_next next = next_of_session(stream);
    stream->phase = PHASE_END;
    stream->times.end = engine_now(engine);
    server_pick_leave(stream); /* the log counts those that go on */
    if (stream->counted)
        stream->backend->current_back--;
    stream_log(stream);
    account(stream);
    account_times(stream);
    if (stream->cursor.set) {
        struct sample_context context = stream_context(stream, AT_LOG, stream->backend);
        rule_cursor_abandon(&stream->cursor, &context);
    }
    if (stream->applet && stream->applet->stop)
        stream->applet->stop(stream);
    if (stream->filters)
        filter_detach(stream);
    if (stream->lua_release)
        stream->lua_release(stream);
    stick_rules_forget(stream);
    stick_untrack(stream->tracked);
    stream_drop_back(stream, keep_server);
    vars_finish(&stream->vars_txn);
    vars_finish(&stream->vars_req);
    vars_finish(&stream->vars_res);
    if (next == SESSION_KEEPS && stream->request.raw &&
        !session_save(session,
                      &stream->request)) /* what came behind the request is the next one's beginning */
        next = SESSION_CLOSES;
    channel_finish(&stream->request, engine);
    channel_finish(&stream->response, engine);
    task_cancel(&stream->task);
    list_remove(&stream->link);
    engine->stream_count--;
    session->stream = NULL;
    struct platform *platform = loop_platform(engine->loop);
    if (platform->ops->mark)
        platform->ops->mark(platform, PLAT_MARK_STREAM_END, stream->serial, 0);
    give_memory(stream);
    session_stream_ended(session, next);
}

/* ---- deadlines ---- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t after(uint64_t since_ns, uint64_t ms)
{
    return ms ? since_ns + ms * NS_PER_MS : TIMER_OFF;
}

static bool tunnel_open(const struct stream *stream)
{
    return stream->tunnel && stream->phase == PHASE_DATA && stream->timeout_tunnel_ms;
}

static uint64_t tunnel_deadline(const struct stream *stream)
{
    uint64_t last = later(later(stream->request.last_in_ns, stream->request.last_out_ns),
                          later(stream->response.last_in_ns, stream->response.last_out_ns));
    return after(last, stream->timeout_tunnel_ms);
}

/* The client must send what is missing of its request, or take what is ready for it. */
static uint64_t client_deadline(const struct stream *stream)
{
    bool reading = !stream->request.ended && !stream->request.closed && !channel_full(&stream->request);
    bool writing = stream->response.output || (stream->http && stream->http->front->writer.head.size);
    uint64_t ms = stream->timeout_client_ms;
    if (stream->phase == PHASE_REQUEST || (!reading && !writing))
        return TIMER_OFF;
    if (tunnel_open(stream))
        return tunnel_deadline(stream);
    if (stream->frontend->settings.independent_streams)
        return sooner(reading ? after(stream->request.last_in_ns, ms) : TIMER_OFF,
                      writing ? after(stream->response.last_out_ns, ms) : TIMER_OFF);
    if (stream->tunnel && stream->response.ended && stream->frontend->settings.timeout_client_fin)
        ms = stream->frontend->settings.timeout_client_fin;
    uint64_t last = 0;
    if (reading)
        last = stream->request.last_in_ns;
    if (writing || stream->tunnel)
        last = later(last, stream->response.last_out_ns);
    return after(last, ms);
}

/* The server must answer, or take what is ready for it. */
static uint64_t server_deadline(const struct stream *stream)
{
    if (!stream->back || stream->phase < PHASE_RESPONSE)
        return TIMER_OFF;
    bool sent_all = stream->http && stream->http->back ? stream->http->back->writer.done : true;
    bool writing = stream->request.output ||
                   (stream->http && stream->http->back && stream->http->back->writer.head.size);
    bool reading = !stream->response.ended && !stream->response.closed && (sent_all || stream->tunnel) &&
                   !channel_full(&stream->response);
    uint64_t ms = stream->timeout_server_ms;
    if (!reading && !writing)
        return TIMER_OFF;
    if (tunnel_open(stream))
        return tunnel_deadline(stream);
    if (stream->tunnel && stream->request.ended && stream->backend->settings.timeout_server_fin)
        ms = stream->backend->settings.timeout_server_fin;
    return after(
        later(later(stream->request.last_out_ns, stream->response.last_in_ns), stream->times.connected), ms);
}

void stream_refresh_deadlines(struct stream *stream)
{
    uint64_t at = sooner(stream->deadline_rules, stream->deadline_request);
    at = sooner(at, sooner(stream->deadline_connect, stream->deadline_queue));
    at = sooner(at, sooner(client_deadline(stream), server_deadline(stream)));
    if (at == TIMER_OFF)
        timer_stop(&stream->session->timer);
    else if (stream->session->timer.at_ns != at && !timer_set(&stream->session->timer, at))
        stream_abort(stream, 'R', 'D', false); /* no memory to watch the time: better ended than forgotten */
}

static char phase_letter(const struct stream *stream)
{
    switch (stream->phase) {
    case PHASE_REQUEST:
    case PHASE_RULES:
        return 'R';
    case PHASE_SERVER:
        return stream->in_queue ? 'Q' : 'C';
    case PHASE_CONNECT:
        return 'C';
    case PHASE_RESPONSE:
        return stream->http ? 'H' : 'D';
    default:
        return 'D';
    }
}

static bool response_begun(const struct stream *stream)
{
    return !stream->http || stream->http->response_ruled;
}

/* In a tunnel a side that says nothing for too long has ended its half: the other one learns of it and may go on. A side
 * that does not take what is for it is given up. */
static bool end_silent_half(struct stream *stream, struct channel *channel, const struct channel *back,
                            char cause)
{
    if (!stream->tunnel || stream->phase != PHASE_DATA || channel->ended || channel->closed || back->output ||
        back->closed)
        return false;
    stream_set_end(stream, cause, 'D');
    channel->ended = true;
    return true;
}

/* Whoever waits for a server's answer is told that none will come. */
void stream_kill(struct stream *stream, char cause)
{
    char phase = phase_letter(stream);
    bool waits =
        stream->phase == PHASE_SERVER || stream->phase == PHASE_CONNECT || stream->phase == PHASE_RESPONSE;
    if (stream->http && waits && !stream->applet && !response_begun(stream)) {
        int status = stream->phase == PHASE_RESPONSE ? 502 : 503;
        stream_drop_back(stream, false);
        if (stream_reply_error(stream, status, cause, phase)) {
            stream_wake(stream);
            return;
        }
    }
    stream_abort(stream, cause, phase, false);
}

static void client_too_slow(struct stream *stream)
{
    if (end_silent_half(stream, &stream->request, &stream->response, 'c'))
        return;
    if (stream->http && !response_begun(stream) && stream->phase < PHASE_DATA) {
        stream->http->client_keep_alive = false;
        if (stream_reply_error(stream, 408, 'c', stream->phase == PHASE_RESPONSE ? 'D' : 'R'))
            return;
    }
    stream_abort(stream, 'c', phase_letter(stream), false);
}

static void server_too_slow(struct stream *stream)
{
    if (end_silent_half(stream, &stream->response, &stream->request, 's') ||
        http_retry(stream, RETRY_RESPONSE_TIMEOUT))
        return;
    stream->backend->back_counters.failed_responses++;
    if (stream->server)
        stream->server->counters.failed_responses++;
    if (stream->http && !response_begun(stream)) {
        stream_drop_back(stream, false);
        if (stream_reply_error(stream, 504, 's', 'H'))
            return;
    }
    stream_abort(stream, 's', phase_letter(stream), false);
}

static void check_deadlines(struct stream *stream)
{
    uint64_t now = engine_now(stream->engine);
    if (now < stream->session->timer.at_ns && timer_armed(&stream->session->timer))
        return;
    if (now >= stream->deadline_request && stream->http) {
        stream->deadline_request = TIMER_OFF;
        if (stream->phase == PHASE_REQUEST) {
            http_front_request_failed(stream, 408, 'c');
        } else if (!response_begun(stream)) {
            stream->http->client_keep_alive = false;
            if (!stream_reply_error(stream, 408, 'c', 'D'))
                stream_abort(stream, 'c', 'D', false);
        }
        return;
    }
    if (now >= client_deadline(stream))
        client_too_slow(stream);
    else if (now >= server_deadline(stream))
        server_too_slow(stream);
}

/* ---- passes ---- */

static bool receive_client(struct stream *stream)
{
    struct conn *conn = &stream->session->conn;
    if (!stream->tunnel || (stream->http && !stream->http->response_ruled))
        return stream->http ? http_front_receive(stream) : false;
    return tcp_pass_receive(conn, &stream->request, stream->engine);
}

static bool send_client(struct stream *stream)
{
    struct conn *conn = &stream->session->conn;
    if (stream->http &&
        (!stream->tunnel || !http_writer_idle(&stream->http->front->writer, &stream->response)))
        return http_front_send(stream);
    return tcp_pass_send(conn, &stream->response, stream->engine);
}

static bool exchange_server(struct stream *stream)
{
    if (!stream->back || stream->phase < PHASE_RESPONSE)
        return false;
    struct conn *conn = &stream->back->conn;
    bool moved;
    if (!stream->tunnel || (stream->http && !stream->http->response_ruled)) {
        moved = http_back_send(stream);
        if (stream->back)
            moved |= http_back_receive(stream);
        return moved;
    }
    moved = tcp_pass_send(conn, &stream->request, stream->engine);
    moved |= tcp_pass_receive(conn, &stream->response, stream->engine);
    if (moved)
        stream->request_begun = true;
    return moved;
}

static bool start_applet(struct stream *stream)
{
    filter_open(stream, false);
    if (!stream->http)
        filter_open(stream, true);
    stream->times.queued = stream->times.unqueued = stream->times.connected = engine_now(stream->engine);
    if (stream->applet->start && !stream->applet->start(stream)) {
        stream_applet_fail(stream);
        return false;
    }
    return true;
}

/* The connection stands: from here on the server is spoken to. */
static bool established(struct stream *stream)
{
    stream->phase = PHASE_RESPONSE;
    stream->step = 0;
    stream->request.last_out_ns = stream->response.last_in_ns = engine_now(stream->engine);
    filter_open(stream, false);
    if (stream->http) {
        http_retry_keep(stream);
        return http_back_begin(stream);
    }
    stream_log_early(stream);
    return true;
}

/* 101 and CONNECT: what was HTTP is bytes from now on. */
static void begin_tunnel(struct stream *stream)
{
    if (!stream->http)
        return;
    struct http_reader *front = &stream->http->front->reader, *back = &stream->http->back->reader;
    stream->request.closed = false;
    http_reader_tunnel(front, &stream->request);
    http_reader_tunnel(back, &stream->response);
    channel_take_raw(&stream->request, stream->request.raw);
    channel_take_raw(&stream->response, stream->response.raw);
    if (stream->session->conn.read_ended)
        stream->request.ended = true;
}

/* Decides as far as it can. true: something changed. */
static bool decide(struct stream *stream)
{
    enum stream_phase before = stream->phase;
    unsigned step_before = stream->step;
    switch (stream->phase) {
    case PHASE_REQUEST:
        if (stream->http && !stream->http->request_ready)
            return false;
        stream_log_begin(stream);
        stream->phase = PHASE_RULES;
        stream->step = 0;
        return true;
    case PHASE_RULES:
        if (stream->filters && filter_start(stream, false) == STEP_WAIT)
            break;
        if ((stream->http ? http_txn_request(stream) : tcp_pass_request(stream)) == STEP_NEXT) {
            if (stream->filters && (filter_start(stream, false) == STEP_WAIT || /* those of the backend */
                                    filter_head(stream, false) == STEP_WAIT))
                break;
            stream->step = 0;
            stream->phase = stream->applet ? PHASE_RESPONSE : PHASE_SERVER;
            if (stream->applet)
                (void)start_applet(stream);
            return true;
        }
        break;
    case PHASE_SERVER:
        if (server_pick_run(stream) == STEP_NEXT)
            stream->phase = PHASE_CONNECT;
        break;
    case PHASE_CONNECT:
        if (!stream->server_counted)
            stream->phase = PHASE_SERVER;
        else if (server_pick_connect(stream) == STEP_NEXT && !established(stream))
            stream_abort(stream, 'R', 'C', false);
        break;
    case PHASE_RESPONSE:
        if (stream->http && !stream->http->response_ready)
            return false;
        if (stream->filters && filter_start(stream, true) == STEP_WAIT)
            break;
        if ((stream->http ? http_txn_response(stream) : tcp_pass_response(stream)) == STEP_NEXT) {
            stream->phase = PHASE_DATA;
            stream->step = 0;
            if (!stream->filters_open[true])
                filter_open(stream, true);
            if (stream->tunnel)
                begin_tunnel(stream);
            return true;
        }
        break;
    case PHASE_DATA:
    case PHASE_END:
        return false;
    }
    return stream->phase != before || stream->step != step_before;
}

/* A connection that was idle died under the request: nothing of a response came, so that an idempotent request may be
 * sent again on a fresh one (RFC 9110 section 9.2.2). */
static bool may_repeat(const struct stream *stream)
{
    if (!stream->http || !stream->back || stream->back->request_count < 2 || stream->http->response_ready)
        return false;
    enum http_method method = stream->http->request.method_id;
    bool idempotent = method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS ||
                      method == HTTP_PUT || method == HTTP_DELETE || method == HTTP_TRACE;
    return idempotent && stream->request.total_out == 0 && stream->response.total_in == 0 &&
           stream->response.raw == 0 && stream->tries_left > 0;
}

static bool repeat_elsewhere(struct stream *stream)
{
    struct conn *conn = stream->back ? &stream->back->conn : NULL;
    if (!conn || stream->phase != PHASE_RESPONSE || !(conn->error != IO_OK || conn->peer_shut) ||
        !may_repeat(stream))
        return false;
    if (conn->error == IO_OK && !conn->read_ended) { /* a FIN may stand behind a response */
        int64_t unread = 0;
        struct platform *platform = loop_platform(stream->engine->loop);
        if (platform->ops->get_option(platform, conn->watch.sock, PLAT_UNREAD, &unread) != IO_OK ||
            unread > 0)
            return false;
    }
    server_conn_destroy(stream->back, false);
    stream->back = NULL;
    stream->http->back = NULL;
    stream->request.closed = stream->request_begun = false;
    stream->tries_left--;
    stream->phase = PHASE_CONNECT;
    return true;
}

/* option abortonclose: a client that shut its side does not wait for an answer that has not come yet. */
static bool abandoned(const struct stream *stream)
{
    if (!stream->backend->settings.abort_on_close || !stream->session->conn.peer_shut || stream->applet ||
        stream->client_aborted || stream->phase < PHASE_SERVER || stream->phase > PHASE_RESPONSE)
        return false;
    if (!stream->http)
        return stream->phase < PHASE_RESPONSE && !stream->request.output;
    return !stream->http->response_ready && stream->request.ended && !stream->request.raw;
}

/* A message that contradicts its own head goes no further: whoever reads it would take the wrong bytes for the next one.
 * true: the stream's fate is decided. */
static bool notice_wrong_lengths(struct stream *stream)
{
    struct http_txn *http = stream->http;
    bool to_server = stream->back && http->back && http->back->writer.broken;
    if (!to_server && !http->front->writer.broken)
        return false;
    stream->frontend->front_counters.internal_errors++;
    char phase = phase_letter(stream);
    if (to_server && !response_begun(stream)) {
        stream_drop_back(stream, false);
        if (stream_reply_error(stream, 500, 'I', phase))
            return false;
    }
    stream_abort(stream, 'I', phase, false);
    return true;
}

/* Someone went away in the middle. true: the stream's fate is decided. The client that no longer waits is looked for
 * when nothing moves any more, so that the log names the server that was being tried. */
static bool notice_failures(struct stream *stream, bool moved)
{
    struct conn *client = &stream->session->conn;
    if (stream->phase == PHASE_END || (stream->http && notice_wrong_lengths(stream)))
        return true;
    bool client_gone =
        client->error != IO_OK || (stream->response.closed && stream->phase >= PHASE_RESPONSE &&
                                   !(stream->http && stream->http->response_own && !stream->response.output));
    if (client_gone) {
        stream->client_aborted = true;
        stream->frontend->front_counters.client_aborts++;
        stream->backend->back_counters.client_aborts++;
        stream_abort(stream, 'C', phase_letter(stream), false);
        return true;
    }
    if (!moved && abandoned(stream)) {
        bool asked = stream->http && stream->phase == PHASE_RESPONSE;
        stream->client_aborted = true;
        stream->frontend->front_counters.client_aborts++;
        stream->backend->back_counters.client_aborts++;
        stream->end_cause = 'C';
        stream->end_phase = phase_letter(stream);
        if (stream->http)
            stream->http->client_keep_alive = false;
        if (asked && stream_reply_error(stream, 400, 'C', 'H'))
            return false;
        stream_abort(stream, 'C', phase_letter(stream), false);
        return true;
    }
    if (stream->request.failed && !stream->request.closed) {
        bool broken = stream->http && stream->http->front->reader.broken;
        if (stream->http && !response_begun(stream)) {
            stream->http->client_keep_alive = false;
            stream_drop_back(stream, false);
            stream->request.closed = true;
            if (stream_reply_error(stream, 400, broken ? 'P' : 'C',
                                   stream->phase >= PHASE_RESPONSE ? 'D' : 'R'))
                return false;
        }
        stream_abort(stream, broken ? 'P' : 'C', phase_letter(stream), false);
        return true;
    }
    if (stream->response.failed && !stream->response.output && response_begun(stream)) {
        bool broken = stream->http && stream->http->back && stream->http->back->reader.broken;
        stream->backend->back_counters.server_aborts++;
        if (stream->server)
            stream->server->counters.server_aborts++;
        stream_abort(stream, broken ? 'P' : 'S', 'D', false);
        return true;
    }
    return false;
}

static bool finished(const struct stream *stream)
{
    if (stream->phase != PHASE_DATA)
        return false;
    if (!stream->tunnel)
        return stream->http->front->writer.done;
    bool to_client = stream->response.end_sent || stream->response.closed;
    bool to_server = stream->request.end_sent || stream->request.closed || stream->applet;
    if (stream->response.end_sent && stream->applet)
        return true;
    return to_client && to_server;
}

static void stream_run(struct task *task)
{
    struct stream *stream = CONTAINER_OF(task, struct stream, task);
    stream->runs++;
    check_deadlines(stream);
    for (unsigned pass = 0; pass < (stream->applet ? APPLET_PASS_MAX : PASS_MAX); pass++) {
        bool moved = receive_client(stream);
        moved |= decide(stream);
        if (stream->applet && stream->phase >= PHASE_RESPONSE && stream->phase != PHASE_END &&
            !stream->response.ended)
            stream->applet->run(stream);
        moved |= repeat_elsewhere(stream);
        if (stream->filters)
            moved |= filter_data(stream);
        moved |= exchange_server(stream);
        moved |= decide(stream);
        if (stream->filters)
            moved |= filter_data(stream);
        moved |= send_client(stream);
        if (notice_failures(stream, moved) || finished(stream)) {
            stream_end(stream);
            return;
        }
        if (!moved) {
            if (stream->frontend->settings.contstats)
                account(stream);
            stream_refresh_deadlines(stream);
            if (stream->phase == PHASE_END)
                stream_end(stream);
            return;
        }
    }
    if (!stream->applet || !timer_set(&stream->session->timer, engine_now(stream->engine)))
        stream_wake(stream); /* an applet goes on when the sockets had their turn */
}

void stream_run_now(struct stream *stream)
{
    task_cancel(&stream->task);
    stream_run(&stream->task);
}

struct conn *stream_back_conn(const struct stream *stream)
{
    return stream->back ? &stream->back->conn : NULL;
}

uint64_t stream_bytes_to_client(const struct stream *stream)
{
    uint64_t head = stream->http ? stream->http->front->writer.head_bytes : 0;
    return head + stream->response.total_out;
}

void stream_log_text(struct stream *stream, struct proxy *proxy, enum log_level level, struct str text)
{
    stream_log_line(stream, proxy, level, text, STR_NONE);
}

void stream_log_line(struct stream *stream, struct proxy *proxy, enum log_level level, struct str text,
                     struct str structured_data)
{
    const struct globals *globals = &stream->engine->configuration->globals;
    struct log_line line = {
        .level = level,
        .tag = proxy->settings.log_tag ? proxy->settings.log_tag : globals->log_tag,
        .text = text,
        .structured_data = structured_data,
    };
    log_send(stream->engine->log, proxy->settings.log_targets, &line);
    if (proxy->settings.log_global)
        log_send(stream->engine->log, globals->log_targets, &line);
}
