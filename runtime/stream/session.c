/* Sessions: accepted, let through by rules, then idle or carrying a stream, at last closed. Between two requests a
 * session holds no buffer and no stream. */
#include "stream/session.h"
#include "base/civil_time.h"
#include "base/mem.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "stream/http_wire.h"
#include "stream/session_steps.h"
#include "stream/stick_rules.h"
#include "stream/stream_steps.h"
#include "stream/tls_count.h"
#include "table/stick_track.h"
#include "tls/tls_conn.h"

#define LINGER_NS (1 * NS_PER_S)

static void session_run(struct task *task);

static void conn_ready(struct conn *conn, void *owner)
{
    struct session *session = owner;
    (void)conn;
    if (session->stream)
        stream_wake(session->stream);
    else
        task_wake(&session->task);
}

static void timer_fired(struct timer *timer)
{
    struct session *session = CONTAINER_OF(timer, struct session, timer);
    if (session->stream)
        stream_wake(session->stream);
    else
        task_wake(&session->task);
}

static struct vars *context_vars(const struct sample_context *context, enum var_scope scope)
{
    if (scope == VAR_SESS)
        return &context->session->vars;
    return scope == VAR_PROC ? &context->configuration->proc_vars : NULL;
}

const struct addr *session_source(struct session *session)
{
    return session->source ? session->source : conn_source(&session->conn);
}

const struct addr *session_destination(struct session *session)
{
    return session->destination ? session->destination : conn_destination(&session->conn);
}

struct sample_context session_context(struct session *session, enum sample_place place)
{
    return (struct sample_context){
        .place = place,
        .configuration = session->engine->configuration,
        .engine = session->engine,
        .proxy = session->frontend,
        .session = session,
        .scratch = &session->engine->scratch,
        .vars = context_vars,
        .final = true,
    };
}

static void uncount(struct session *session)
{
    if (!session->counted)
        return;
    session->counted = false;
    session->engine->configuration->current_connections--;
    session->frontend->current_front--;
    if (session->bind) {
        session->bind->current--;
        engine_room_again(session->engine);
    }
}

static void session_destroy(struct session *session, bool reset)
{
    struct engine *engine = session->engine;
    reset |= session->frontend->settings.no_linger;
    server_conn_end_session(session);
    conn_close(&session->conn, reset);
    task_cancel(&session->task);
    timer_finish(&session->timer);
    if (session->saved)
        channel_finish(session->saved, engine);
    mem_free(session->saved);
    vars_finish(&session->vars);
    mem_free(session->source);
    mem_free(session->destination);
    stick_untrack(session->tracked);
    list_remove(&session->link);
    engine->session_count--;
    if (engine->soft_stopping && !engine->session_count && engine != engine->first)
        loop_rouse(engine->first->loop); /* who waits for the last to end */
    uncount(session);
    pool_give(&engine->sessions, session);
}

void session_close(struct session *session, bool reset)
{
    if (session->stream) {
        session->reset_on_close = reset;
        stream_abort(session->stream, 'K', 'D', reset);
        stream_run_now(session->stream);
        return;
    }
    session_destroy(session, reset);
}

/* Rules without a stream cannot wait: what is undecided now is decided as it stands. */
static bool allowed(struct session *session, const struct ruleset *set, enum sample_place place)
{
    if (!set->count)
        return true;
    struct sample_context context = session_context(session, place);
    struct arena_mark mark = arena_mark(context.scratch);
    struct rule_cursor cursor;
    struct rule *last = NULL;
    rule_cursor_start(&cursor, set);
    enum rule_result result = ruleset_run(&cursor, &context, &last);
    arena_rewind(context.scratch, mark);
    return result == RULE_NEXT || result == RULE_STOP || result == RULE_WAIT;
}

static void count(struct session *session)
{
    struct proxy *frontend = session->frontend;
    struct configuration *configuration = session->engine->configuration;
    uint64_t now = engine_now(session->engine);
    session->counted = true;
    configuration->current_connections++;
    configuration->counters.connections_total++;
    configuration->maxconn_reached += configuration->current_connections == configuration->globals.maxconn;
    frontend->current_front++;
    frontend->front_counters.connections_total++;
    if ((uint64_t)frontend->current_front > frontend->front_counters.connections_max)
        frontend->front_counters.connections_max = (uint64_t)frontend->current_front;
    rate_count(&frontend->front_counters.connection_rate, &frontend->front_counters.connection_rate_max, now);
    rate_count(&configuration->counters.connection_rate, &configuration->counters.connection_rate_max, now);
    session->bind->current++;
    session->bind->counters.connections_total++;
}

static void count_session(struct session *session)
{
    struct proxy_counters *counters = &session->frontend->front_counters;
    counters->sessions_total++;
    if ((uint64_t)session->frontend->current_front > counters->sessions_max)
        counters->sessions_max = (uint64_t)session->frontend->current_front;
    struct proxy_counters *process = &session->engine->configuration->counters;
    uint64_t now = engine_now(session->engine);
    rate_count(&counters->session_rate, &counters->session_rate_max, now);
    rate_count(&process->session_rate, &process->session_rate_max, now);
    if (session->frontend->settings.mode == MODE_HTTP)
        counters->sessions_h1++;
    else
        counters->sessions_other++;
    session->bind->counters.sessions_total++;
    if ((uint64_t)session->bind->current > session->bind->counters.sessions_max)
        session->bind->counters.sessions_max = (uint64_t)session->bind->current;
    stick_count_session(session);
}

static uint64_t idle_limit_ms(const struct session *session)
{
    const struct proxy_settings *settings = &session->frontend->settings;
    if (session->stream_count && settings->timeout_http_keep_alive)
        return settings->timeout_http_keep_alive;
    return settings->timeout_http_request ? settings->timeout_http_request : settings->timeout_client;
}

/* When the process ends: some time in what is left of close-spread-time. */
static uint64_t spread_end(struct session *session)
{
    struct engine *engine = session->engine;
    uint64_t window_ms = engine->configuration->globals.close_spread_ms, now = engine_now(engine);
    if (!engine->soft_stopping || !window_ms || window_ms == UINT64_MAX)
        return TIMER_OFF;
    uint64_t end = engine->soft_stop_ns + window_ms * NS_PER_MS;
    return end > now ? now + engine_random(engine) % (end - now) : now;
}

/* Between requests: nothing is held, the client has so long for its next one. */
static void go_idle(struct session *session)
{
    uint64_t limit = idle_limit_ms(session), spread = spread_end(session);
    session->idle_since_ns = engine_now(session->engine);
    uint64_t at = limit ? session->idle_since_ns + limit * NS_PER_MS : TIMER_OFF;
    if (!timer_set(&session->timer, at < spread ? at : spread))
        session_destroy(session, false);
}

static void set_request_deadline(struct session *session, struct stream *stream)
{
    const struct proxy_settings *settings = &session->frontend->settings;
    uint64_t limit =
        settings->timeout_http_request ? settings->timeout_http_request : settings->timeout_client;
    uint64_t since = session->stream_count == 1 ? session->accept_ns : engine_now(session->engine);
    stream->deadline_request = limit ? since + limit * NS_PER_MS : TIMER_OFF;
}

static struct stream *begin_stream(struct session *session)
{
    struct stream *stream = stream_create(session);
    if (!stream) {
        session_destroy(session, false);
        return NULL;
    }
    session->stream = stream;
    session->stream_count++;
    return stream;
}

/* The client did not get as far as a request: answered and logged as a stream, unless nobody wants to know. */
static void no_request(struct session *session, int status, char cause)
{
    const struct proxy_settings *settings = &session->frontend->settings;
    bool probe = !session->conn.any_in && settings->http_ignore_probes;
    if (session->stream_count || probe || (status == 400 && !session->conn.any_in && settings->dontlognull)) {
        session_destroy(session, false);
        return;
    }
    struct stream *stream = begin_stream(session);
    if (!stream)
        return;
    http_front_request_failed(stream, status, cause);
    stream_run_now(stream);
}

bool session_save(struct session *session, struct channel *bytes)
{
    CHECK(!session->saved);
    session->saved = mem_alloc(sizeof(*session->saved));
    if (!session->saved)
        return false;
    CHECK(!bytes->output && !bytes->input);
    /* The bytes go on; that the message before them had ended, or what was let through of it, does not. */
    channel_init(session->saved);
    session->saved->data = bytes->data;
    session->saved->capacity = bytes->capacity;
    session->saved->from = bytes->from;
    session->saved->raw = bytes->raw;
    session->saved->bulk = bytes->bulk;
    channel_init(bytes);
    return true;
}

static void take_saved(struct session *session, struct channel *out)
{
    channel_init(out);
    if (session->saved)
        *out = *session->saved;
    mem_free(session->saved);
    session->saved = NULL;
}

static void wait_for_request(struct session *session)
{
    struct engine *engine = session->engine;
    struct conn *conn = &session->conn;
    struct channel came;
    take_saved(session, &came);
    if (!came.raw && conn->readable)
        http_wire_fill(conn, &came, engine, 0);
    if (came.raw) {
        struct stream *stream = begin_stream(session);
        if (!stream) {
            channel_finish(&came, engine);
            return;
        }
        stream->request = came;
        stream->request.last_in_ns = engine_now(session->engine);
        set_request_deadline(session, stream);
        stream_run_now(stream);
        return;
    }
    if (conn->read_ended || conn->error != IO_OK || came.failed)
        no_request(session, 400, 'C');
    else if (timer_armed(&session->timer) ? engine_now(session->engine) >= session->timer.at_ns
                                          : idle_limit_ms(session) != 0)
        no_request(session, 408, 'c');
    else if (engine_lets_go(session->engine) && session->stream_count &&
             !session->frontend->settings.idle_close_on_response)
        session_destroy(session, false);
}

void session_soft_stop(struct session *session)
{
    if (session->stream || !session->stream_count || session->lingering ||
        session->frontend->settings.idle_close_on_response)
        return;
    if (session->engine->configuration->globals.close_spread_ms) {
        uint64_t at = spread_end(session);
        if ((!timer_armed(&session->timer) || at < session->timer.at_ns) && !timer_set(&session->timer, at))
            session_destroy(session, false);
        return;
    }
    session->conn.readable = true;
    wait_for_request(session);
}

/* Our side is shut; what the client still sends is read and thrown away until it closes, so that its kernel does not
 * drop our last bytes (RFC 9112 section 9.6). */
static void linger(struct session *session)
{
    char drop[4096];
    struct io_vec vec = { drop, sizeof(drop) };
    for (unsigned i = 0; i < 16 && session->conn.readable; i++) {
        struct io_result result = conn_read(&session->conn, &vec, 1);
        if (result.status != IO_OK)
            break;
    }
    if (!session->conn.settling)
        conn_shut_write(&session->conn);
    bool late = !timer_armed(&session->timer) || engine_now(session->engine) >= session->timer.at_ns;
    if (session->conn.read_ended || session->conn.error != IO_OK || late)
        session_destroy(session, false);
    else if (session->conn.readable)
        task_wake(&session->task);
}

static void begin_linger(struct session *session)
{
    session->lingering = true;
    if (!session->conn.settling) /* only behind a handshake can TLS say that this is the end */
        conn_shut_write(&session->conn);
    if (!timer_set(&session->timer, engine_now(session->engine) + LINGER_NS)) {
        session_destroy(session, false);
        return;
    }
    linger(session);
}

/* What the client sends behind its last request is not in the socket: closing cannot drop our last bytes. One that
 * breaks its word later is to blame itself. */
static bool sends_no_more(struct session *session)
{
    char byte;
    struct io_vec vec = { &byte, 1 };
    return session->conn.transport == &conn_plain && conn_read(&session->conn, &vec, 1).status != IO_OK;
}

void session_stream_ended(struct session *session, enum session_next next)
{
    bool ended = session->conn.read_ended || session->conn.error != IO_OK;
    if (next == SESSION_KEEPS) {
        if (session->saved || session->conn.readable) /* an edge that came while nobody wanted to read */
            task_wake(&session->task);
        go_idle(session);
    } else if (next == SESSION_LINGERS && !ended) {
        begin_linger(session);
    } else if (next == SESSION_PARTS && !ended && !sends_no_more(session)) {
        begin_linger(session);
    } else {
        session_destroy(session, next == SESSION_BREAKS);
    }
}

/* The connection is usable: what is decided before the first byte is decided now. */
static void begin(struct session *session)
{
    struct proxy *frontend = session->frontend;
    session->begun = true;
    session->handshake_ns = session->idle_since_ns = engine_now(session->engine);
    if (!allowed(session, &frontend->tcp_session, AT_SESSION)) {
        frontend->front_counters.denied_sessions++;
        session_destroy(session, false);
        return;
    }
    count_session(session);
    if (frontend->settings.mode == MODE_HTTP) {
        uint64_t limit = idle_limit_ms(session);
        if (limit && !timer_set(&session->timer, session->accept_ns + limit * NS_PER_MS))
            session_destroy(session, false);
        return;
    }
    session->conn.readable = true; /* the first bytes often stand behind the accept: rules see them at once */
    struct stream *stream = begin_stream(session);
    if (stream)
        stream_wake(stream);
}

/* ---- before the connection is usable: a PROXY header, a handshake ---- */

static uint64_t handshake_limit_ms(const struct session *session)
{
    const struct proxy_settings *settings = &session->frontend->settings;
    return settings->timeout_client_hs ? settings->timeout_client_hs : settings->timeout_client;
}

/* `source [date] frontend/bind: why`, or what error-log-format says. */
static void describe_failed_handshake(struct session *session, const char *why, struct buf *text)
{
    struct proxy *frontend = session->frontend;
    const struct bind_settings *settings = &session->bind->settings;
    const struct addr *peer = &session->conn.peer;
    char source[ADDR_TEXT_MAX];
    if (frontend->error_log_format) {
        struct sample_context context = session_context(session, AT_LOG);
        struct arena_mark mark = arena_mark(context.scratch);
        log_format_build(frontend->error_log_format, &context, false, text);
        arena_rewind(context.scratch, mark);
        return;
    }
    size_t size = addr_is_ip(peer) ? addr_print_ip(peer, source, sizeof(source)) : 0;
    struct civil_time date = civil_time_of(session->accept_wall_ns / (int64_t)NS_PER_S);
    buf_printf(text, "%s:%u [%02d/%s/%04d:%02d:%02d:%02d.%03d] %s/", size ? source : "unix",
               addr_is_ip(peer) ? peer->port : (unsigned)settings->id, date.day,
               civil_time_month_name(date.month), date.year, date.hour, date.minute, date.second,
               (int)(session->accept_wall_ns / (int64_t)NS_PER_MS % 1000), frontend->name);
    if (settings->name)
        buf_add_c(text, settings->name);
    else
        buf_add_int(text, settings->id);
    buf_printf(text, ": %s", why);
}

/* A line in the log in a stream's stead. */
static void log_failed_handshake(struct session *session, const char *why)
{
    struct proxy *frontend = session->frontend;
    struct engine *engine = session->engine;
    const struct globals *globals = &engine->configuration->globals;
    struct buf text = BUF_INIT;
    const struct tls_conn *tls = tls_conn_of(&session->conn);
    bool nothing = tls ? tls->failure == TLS_EMPTY || tls->failure == TLS_ABORTED : !session->conn.any_in;
    if (frontend->settings.dontlognull && nothing)
        return;
    describe_failed_handshake(session, why, &text);
    struct log_line line = {
        .level = frontend->settings.log_separate_errors ? LOG_ERR : LOG_INFO,
        .tag = frontend->settings.log_tag ? frontend->settings.log_tag : globals->log_tag,
        .text = buf_str(&text),
    };
    log_send(engine->log, frontend->settings.log_targets, &line);
    if (frontend->settings.log_global)
        log_send(engine->log, globals->log_targets, &line);
    buf_finish(&text);
}

/* The first bytes may be those of a header, whatever came behind them. */
static bool begins_well(struct str bytes)
{
    struct str first = STR("PROXY "), second = STR("\r\n\r\n\0\r\nQUIT\n");
    return str_starts(bytes, first) || str_starts(bytes, second);
}

static const char *header_failure(const struct conn *conn, bool late)
{
    bool proxy = conn->expects == PROXY_HEADER_PROXY;
    if (conn->header_refused && proxy)
        return begins_well(conn_early(conn))
                   ? "Received an invalid PROXY protocol header"
                   : "Received something which does not look like a PROXY protocol header";
    if (conn->header_refused)
        return "Received an invalid NetScaler Client IP magic number";
    if (conn_has_early(conn))
        return proxy ? "Truncated PROXY protocol header received"
                     : "Truncated NetScaler Client IP header received";
    if (late)
        return proxy ? "Timeout while waiting for PROXY protocol header"
                     : "Timeout while waiting for NetScaler Client IP header";
    return proxy ? "Connection closed while waiting for PROXY protocol header"
                 : "Connection closed while waiting for NetScaler Client IP header";
}

static void handshake_failed(struct session *session, bool late)
{
    const struct conn *conn = &session->conn;
    const char *why = "Timeout during SSL handshake";
    if (conn->state == CONN_HEADER) {
        why = header_failure(conn, late);
    } else if (!late) {
        why = tls_conn_of(conn) ? tls_failure_text(tls_conn_of(conn)->failure) : "Connection closed";
    }
    session->frontend->front_counters.failed_requests++;
    tls_count_client(session, false);
    log_failed_handshake(session, why);
    session_destroy(session, false);
}

static void wait_for_handshake(struct session *session)
{
    const struct conn *conn = &session->conn;
    if (conn->error != IO_OK || conn->read_ended) {
        handshake_failed(session, false);
        return;
    }
    if (conn->state == CONN_READY) {
        timer_stop(&session->timer);
        tls_count_client(session, true);
        task_wake(&session->task); /* bytes may have come behind the header */
        begin(session);
        return;
    }
    if (timer_armed(&session->timer) ? engine_now(session->engine) >= session->timer.at_ns
                                     : handshake_limit_ms(session) != 0)
        handshake_failed(session, true);
}

static void begin_handshake(struct session *session)
{
    uint64_t limit = handshake_limit_ms(session);
    if (limit && !timer_set(&session->timer, session->accept_ns + limit * NS_PER_MS))
        session_destroy(session, false);
}

static void session_run(struct task *task)
{
    struct session *session = CONTAINER_OF(task, struct session, task);
    if (session->stream)
        return;
    if (!session->begun)
        wait_for_handshake(session);
    else if (session->lingering)
        linger(session);
    else
        wait_for_request(session);
}

static void set_keep_alive(struct session *session)
{
    const struct proxy_settings *settings = &session->frontend->settings;
    if (settings->tcp_keep_alive_client)
        conn_keep_alive(&session->conn, settings->client_keep_alive_count, settings->client_keep_alive_idle_s,
                        settings->client_keep_alive_interval_s);
}

void session_accept(struct engine *engine, struct bind *bind, plat_sock sock, const struct addr *peer)
{
    struct platform *platform = loop_platform(engine->loop);
    struct session *session = pool_take(&engine->sessions);
    if (!session) {
        platform->ops->close(platform, sock);
        return;
    }
    memset(session, 0, sizeof(*session));
    session->engine = engine;
    session->frontend = bind->proxy;
    session->bind = bind;
    session->serial = ++engine->configuration->session_serial;
    session->conn.ready = conn_ready;
    session->conn.owner = session;
    session->vars =
        vars_make(&engine->configuration->proc_vars, engine->configuration->globals.vars_sess_max);
    list_init(&session->server_conns);
    session->saved = NULL;
    task_init(&session->task, engine->loop, session_run);
    session->task.nice = (int16_t)bind->settings.nice;
    timer_init(&session->timer, engine->loop, timer_fired);
    session->accept_ns = engine_now(engine);
    session->accept_wall_ns = loop_wall(engine->loop);
    if (!conn_accepted(&session->conn, engine->loop, sock, peer)) {
        pool_give(&engine->sessions, session);
        return;
    }
    set_keep_alive(session);
    list_add_last(&engine->session_list, &session->link);
    engine->session_count++;
    count(session);
    if (!allowed(session, &session->frontend->tcp_connection, AT_CONNECTION)) {
        session->frontend->front_counters.denied_connections++;
        session_destroy(session, session->reset_on_close);
        return;
    }
    const struct bind_settings *settings = &bind->settings;
    if (settings->accept_proxy || settings->accept_cip)
        conn_expect_header(&session->conn,
                           settings->accept_proxy ? PROXY_HEADER_PROXY : PROXY_HEADER_NETSCALER,
                           settings->cip_magic);
    if (bind->tls && !tls_conn_serve(&session->conn, bind->tls)) {
        session_destroy(session, false);
        return;
    }
    if (session->conn.state == CONN_READY)
        begin(session);
    else
        begin_handshake(session);
}
