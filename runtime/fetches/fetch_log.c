/* Log aliases: what %ci, %Ta and the like write (manual 8.2.4). Timers are differences of instants; one that was not
 * reached makes those that need it -1 (manual 8.4). */
#include "base/civil_time.h"
#include "base/units.h"
#include "fetches/fetches.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/stream.h"
#include "tls/tls_conn.h"

static void put_int(struct buf *out, int64_t value, unsigned flags)
{
    struct buf text = BUF_INIT;
    buf_add_int(&text, value);
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

/* Of those that are hexadecimal with +X; the others stay as they are. */
static void put_count(struct buf *out, int64_t value, unsigned flags)
{
    struct buf text = BUF_INIT;
    if (flags & LOG_HEX)
        buf_printf(&text, "%04llX", (unsigned long long)value);
    else
        buf_add_int(&text, value);
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

static void put_c(struct buf *out, const char *text, unsigned flags)
{
    log_put(out, str_of(text), flags);
}

/* ---- addresses ---- */

static void put_ip(struct buf *out, const struct addr *addr, unsigned flags)
{
    char text[ADDR_TEXT_MAX];
    struct buf hex = BUF_INIT;
    if (!addr_is_ip(addr)) {
        put_c(out, addr->family == ADDR_UNIX || addr->family == ADDR_ABSTRACT ? "unix" : "-", flags);
        return;
    }
    if (flags & LOG_HEX) {
        for (unsigned i = 0; i < (addr->family == ADDR_IPV4 ? 4u : 16u); i++)
            buf_printf(&hex, "%02X", addr->u.ip[i]);
        log_put(out, buf_str(&hex), flags);
        buf_finish(&hex);
        return;
    }
    size_t size = addr_print_ip(addr, text, sizeof(text));
    log_put(out, str_make(text, size), flags);
}

static void put_port(struct buf *out, const struct addr *addr, const struct session *session, unsigned flags)
{
    if (addr_is_ip(addr)) {
        struct buf text = BUF_INIT;
        buf_printf(&text, flags & LOG_HEX ? "%04X" : "%u", addr->port);
        log_put(out, buf_str(&text), flags);
        buf_finish(&text);
    } else {
        put_int(out, session && session->bind ? session->bind->settings.id : 0, flags);
    }
}

static const struct addr *source_of(const struct sample_context *context)
{
    return context->stream ? stream_source(context->stream) : session_source(context->session);
}

static const struct addr *destination_of(const struct sample_context *context)
{
    return context->stream ? stream_destination(context->stream) : session_destination(context->session);
}

static void client_ip(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_ip(out, source_of(context), flags);
}

static void client_port(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_port(out, source_of(context), context->session, flags);
}

static void front_ip(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_ip(out, destination_of(context), flags);
}

static void front_port(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_port(out, destination_of(context), context->session, flags);
}

static struct conn *back_conn(struct sample_context *context)
{
    return context->stream ? stream_back_conn(context->stream) : NULL;
}

static void back_ip(struct sample_context *context, unsigned flags, struct buf *out)
{
    static const struct addr none = { .family = ADDR_NONE };
    struct conn *conn = back_conn(context);
    put_ip(out, conn ? conn_own(conn) : &none, flags);
}

static void back_port(struct sample_context *context, unsigned flags, struct buf *out)
{
    static const struct addr none = { .family = ADDR_NONE };
    struct conn *conn = back_conn(context);
    put_port(out, conn ? conn_own(conn) : &none, NULL, flags);
}

static void server_ip(struct sample_context *context, unsigned flags, struct buf *out)
{
    static const struct addr none = { .family = ADDR_NONE };
    const struct server *server = context->stream ? context->stream->server : NULL;
    put_ip(out, server ? &server->addr.addr : &none, flags);
}

static void server_port(struct sample_context *context, unsigned flags, struct buf *out)
{
    static const struct addr none = { .family = ADDR_NONE };
    const struct server *server = context->stream ? context->stream->server : NULL;
    put_port(out, server ? &server->addr.addr : &none, NULL, flags);
}

/* ---- dates ---- */

static struct civil_time date_of(int64_t wall_ns, unsigned *ms)
{
    int64_t seconds = wall_ns / (int64_t)NS_PER_S;
    *ms = (unsigned)(wall_ns % (int64_t)NS_PER_S / (int64_t)NS_PER_MS);
    return civil_time_of(seconds);
}

static int64_t accept_wall(const struct sample_context *context)
{
    return context->stream    ? context->stream->times.wall_begin
           : context->session ? context->session->accept_wall_ns
                              : loop_wall(context->engine->loop);
}

/* "24/Nov/2026:14:11:48.006" */
static void put_date(struct buf *out, int64_t wall_ns, bool with_ms, const char *zone, unsigned flags)
{
    unsigned ms;
    struct civil_time date = date_of(wall_ns, &ms);
    struct buf text = BUF_INIT;
    buf_printf(&text, "%02d/%s/%04d:%02d:%02d:%02d", date.day, civil_time_month_name(date.month), date.year,
               date.hour, date.minute, date.second);
    if (with_ms)
        buf_printf(&text, ".%03u", ms);
    buf_add_c(&text, zone);
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

static void date_ms(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_date(out, accept_wall(context), true, "", flags);
}

static void date_gmt(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_date(out, accept_wall(context), false, " +0000", flags);
}

static int64_t request_wall(const struct sample_context *context)
{
    const struct stream *stream = context->stream;
    if (!stream)
        return accept_wall(context);
    int64_t idle = stream->times.first_byte > stream->times.begin
                       ? (int64_t)(stream->times.first_byte - stream->times.begin)
                       : 0;
    return stream->times.wall_begin + idle;
}

static void request_date_ms(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_date(out, request_wall(context), true, "", flags);
}

static void request_date_gmt(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_date(out, request_wall(context), false, " +0000", flags);
}

static void timestamp(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_count(out, accept_wall(context) / (int64_t)NS_PER_S, flags);
}

static void milliseconds(struct sample_context *context, unsigned flags, struct buf *out)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, flags & LOG_HEX ? "%02X" : "%03u",
               (unsigned)(accept_wall(context) % (int64_t)NS_PER_S / (int64_t)NS_PER_MS));
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

/* ---- timers ---- */

enum timer_kind {
    TIMER_TH,
    TIMER_TI,
    TIMER_TR,
    TIMER_TQ,
    TIMER_TW,
    TIMER_TC,
    TIMER_RESPONSE,
    TIMER_TD,
    TIMER_TT,
    TIMER_TA,
    TIMER_TU
};

static int64_t span(uint64_t from, uint64_t to)
{
    return to > from ? (int64_t)(to / NS_PER_MS) - (int64_t)(from / NS_PER_MS) : 0;
}

static bool reached(const struct stream *stream, uint64_t at)
{
    return at != 0 && (!stream->http || stream->times.request);
}

static int64_t timer_of(const struct stream *stream, enum timer_kind kind)
{
    const struct stream_times *t = &stream->times;
    const struct session *session = stream->session;
    bool first = session->stream_count <= 1;
    uint64_t usable = first ? session->handshake_ns : t->begin;
    uint64_t end = t->end ? t->end : engine_now(stream->engine);
    bool whole = !stream->http || t->request;
    switch (kind) {
    case TIMER_TH:
        return first ? span(session->accept_ns, session->handshake_ns) : 0;
    case TIMER_TI:
        return whole ? (stream->http ? span(usable, t->first_byte) : 0) : -1;
    case TIMER_TR:
        return whole ? (stream->http ? span(t->first_byte, t->request) : 0) : -1;
    case TIMER_TQ:
        return whole ? (stream->http ? span(t->begin, t->request) : 0) : -1;
    case TIMER_TW:
        return reached(stream, t->unqueued)                             ? span(t->queued, t->unqueued)
               : reached(stream, t->queued) && stream->end_phase == 'Q' ? span(t->queued, end)
                                                                        : -1;
    case TIMER_TC:
        return reached(stream, t->connected) ? span(t->unqueued, t->connected) : -1;
    case TIMER_RESPONSE:
        return reached(stream, t->response) &&
                       !(stream->http && stream->http->response_own && !stream->http->applet_failed)
                   ? span(t->connected, t->response)
                   : -1;
    case TIMER_TD:
        if (!stream->http)
            return reached(stream, t->connected) ? span(t->connected, end) : -1;
        return t->response ? span(t->response, end) : -1;
    case TIMER_TT:
        return span(t->begin, end);
    case TIMER_TA:
        return stream->http ? span(t->first_byte, end) : span(t->begin, end);
    case TIMER_TU:
        return span(t->begin, end);
    }
    return -1;
}

#define TIMER_ALIAS(name, kind)                                                                              \
    static void name(struct sample_context *context, unsigned flags, struct buf *out)                        \
    {                                                                                                        \
        put_int(out, context->stream ? timer_of(context->stream, kind) : -1, flags);                         \
    }
/* A time that goes on after the line was written (option logasap) has a plus. */
static void put_open_end(struct sample_context *context, int64_t value, unsigned flags, struct buf *out)
{
    struct buf text = BUF_INIT;
    if (context->stream && context->stream->frontend->settings.log_as_soon_as)
        buf_add_char(&text, '+');
    buf_add_int(&text, value);
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

#define TOTAL_ALIAS(name, kind)                                                                              \
    static void name(struct sample_context *context, unsigned flags, struct buf *out)                        \
    {                                                                                                        \
        put_open_end(context, context->stream ? timer_of(context->stream, kind) : -1, flags, out);           \
    }
TIMER_ALIAS(timer_th, TIMER_TH)
TIMER_ALIAS(timer_ti, TIMER_TI)
TIMER_ALIAS(timer_request, TIMER_TR)
TIMER_ALIAS(timer_tq, TIMER_TQ)
TIMER_ALIAS(timer_tw, TIMER_TW)
TIMER_ALIAS(timer_tc, TIMER_TC)
TIMER_ALIAS(timer_response, TIMER_RESPONSE)
TOTAL_ALIAS(timer_td, TIMER_TD)
TOTAL_ALIAS(timer_tt, TIMER_TT)
TOTAL_ALIAS(timer_ta, TIMER_TA)
TOTAL_ALIAS(timer_tu, TIMER_TU)

/* ---- names and counters ---- */

static void frontend_name(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_c(out, context->session ? context->session->frontend->name : "-", flags);
}

static void frontend_transport(struct sample_context *context, unsigned flags, struct buf *out)
{
    struct buf text = BUF_INIT;
    buf_add_c(&text, context->session->frontend->name);
    if (context->session->bind && context->session->bind->settings.ssl)
        buf_add_char(&text, '~');
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

static void backend_name(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_c(out, context->stream ? context->stream->backend->name : context->proxy->name, flags);
}

static void server_name(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    const char *name = "<NOSRV>";
    if (stream && stream->applet)
        name = stream->applet->name;
    else if (stream && stream->server && stream->times.unqueued)
        name = stream->server->name;
    put_c(out, name, flags);
}

static void bytes_read(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_open_end(context, stream ? (int64_t)stream_bytes_to_client(stream) : 0, flags, out);
}

static void bytes_uploaded(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_int(out, context->stream ? (int64_t)context->stream->request.total_in : 0, flags);
}

static void status(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_int(out, stream && stream->http && stream->http->status ? stream->http->status : -1, flags);
}

static void termination(struct sample_context *context, unsigned flags, struct buf *out)
{
    char text[2] = { '-', '-' };
    if (context->stream) {
        text[0] = context->stream->end_cause;
        text[1] = context->stream->end_phase;
    }
    log_put(out, str_make(text, 2), flags);
}

static void termination_cookies(struct sample_context *context, unsigned flags, struct buf *out)
{
    char text[4] = { '-', '-', '-', '-' };
    const struct stream *stream = context->stream;
    if (stream) {
        text[0] = stream->end_cause;
        text[1] = stream->end_phase;
        text[2] = stream->http ? stream->http->cookie_state[0] : '-';
        text[3] = stream->http ? stream->http->cookie_state[1] : '-';
    }
    log_put(out, str_make(text, 4), flags);
}

static void active_connections(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_int(out, context->configuration->current_connections, flags);
}

static void frontend_connections(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_int(out, context->session ? context->session->frontend->current_front : 0, flags);
}

static void backend_connections(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_int(out, stream && stream->counted ? stream->backend->current_back : 0, flags);
}

static void server_connections(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct server *server = context->stream ? context->stream->server : NULL;
    put_int(out, server ? server->current : 0, flags);
}

static void retries(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s%u", stream && stream->redispatched ? "+" : "", stream ? stream->try_count : 0);
    log_put(out, buf_str(&text), flags);
    buf_finish(&text);
}

static void server_queue(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_int(out, context->stream ? context->stream->queue_position_server : 0, flags);
}

static void backend_queue(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_int(out, context->stream ? context->stream->queue_position_backend : 0, flags);
}

static void log_counter(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_count(out, context->session ? (int64_t)context->session->frontend->front_counters.sessions_total : 0,
              flags);
}

static void request_counter(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_count(out, context->stream ? (int64_t)context->stream->serial - 1 : 0, flags);
}

static void process(struct sample_context *context, unsigned flags, struct buf *out)
{
    struct platform *platform = context->configuration->platform;
    put_count(out, platform->ops->pid(platform), flags);
}

static void host(struct sample_context *context, unsigned flags, struct buf *out)
{
    struct platform *platform = context->configuration->platform;
    put_c(out, platform->ops->host_name(platform), flags);
}

/* ---- HTTP ---- */

static void put_part(struct sample_context *context, struct str part, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    bool known = stream && stream->http && stream->http->request_ready;
    if (!known)
        part = STR("<BADREQ>");
    log_put_escaped(out, part, "#\"", flags);
}

static void request_line(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_part(context, context->stream && context->stream->http ? context->stream->http->uri : STR_NONE, flags,
             out);
}

static void method(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_part(context, context->stream && context->stream->http ? context->stream->http->method : STR_NONE,
             flags, out);
}

static void target(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_part(context, context->stream && context->stream->http ? context->stream->http->target : STR_NONE,
             flags, out);
}

static struct str target_path(const struct sample_context *context)
{
    struct str text = context->stream && context->stream->http ? context->stream->http->target : STR_NONE;
    size_t scheme = str_find(text, STR("://"));
    if (scheme != STR_NOT_FOUND && text.data[0] != '/') {
        text = str_from(text, scheme + 3);
        size_t slash = str_find_char(text, '/');
        text = slash == STR_NOT_FOUND ? STR("/") : str_from(text, slash);
    }
    return text;
}

static struct str without_query(struct str text)
{
    size_t mark = str_find_char(text, '?');
    return mark == STR_NOT_FOUND ? text : str_slice(text, 0, mark);
}

static void path_only(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_part(context, without_query(target_path(context)), flags, out);
}

/* Of an absolute target with scheme and authority, unlike path_only. */
static void target_without_query(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_part(context, without_query(stream && stream->http ? stream->http->target : STR_NONE), flags, out);
}

static void query_only(struct sample_context *context, unsigned flags, struct buf *out)
{
    struct str text = target_path(context);
    size_t mark = str_find_char(text, '?');
    put_part(context, mark == STR_NOT_FOUND ? STR("") : str_from(text, mark), flags, out);
}

static void version(struct sample_context *context, unsigned flags, struct buf *out)
{
    put_part(context, context->stream && context->stream->http ? context->stream->http->version : STR_NONE,
             flags, out);
}

/* {a|b} of all captures; in list form each on its own. */
static void put_captures(struct buf *out, const struct str *slots, unsigned count, bool list, unsigned flags)
{
    if (!count || !slots) /* none were declared, or no request came */
        return;
    if (!list) {
        struct buf text = BUF_INIT;
        buf_add_char(&text, '{');
        for (unsigned i = 0; i < count; i++) {
            if (i)
                buf_add_char(&text, '|');
            if (slots[i].data)
                log_print_escaped(&text, slots[i], "#{}|\"");
        }
        buf_add_char(&text, '}');
        log_put(out, buf_str(&text), flags);
        buf_finish(&text);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ' ');
        log_put_escaped(out, slots[i].data ? slots[i] : STR(""), "#{}|\"", flags);
    }
}

static void request_captures(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_captures(out, stream ? stream->request_captures : NULL,
                 context->session->frontend->request_capture_count, false, flags);
}

static void response_captures(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_captures(out, stream ? stream->response_captures : NULL,
                 context->session->frontend->response_capture_count, false, flags);
}

static void request_capture_list(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_captures(out, stream ? stream->request_captures : NULL,
                 context->session->frontend->request_capture_count, true, flags);
}

static void response_capture_list(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct stream *stream = context->stream;
    put_captures(out, stream ? stream->response_captures : NULL,
                 context->session->frontend->response_capture_count, true, flags);
}

static void client_cookie(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    log_put_escaped(out, http ? http->client_cookie : STR_NONE, "#", flags);
}

static void server_cookie(struct sample_context *context, unsigned flags, struct buf *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    log_put_escaped(out, http ? http->server_cookie : STR_NONE, "#", flags);
}

static void unique_id(struct sample_context *context, unsigned flags, struct buf *out)
{
    log_put(out, context->stream ? context->stream->unique_id : STR_NONE, flags);
}

static SSL *tls_of_client(const struct sample_context *context)
{
    const struct tls_conn *tls = context->session ? tls_conn_of(&context->session->conn) : NULL;
    return tls ? tls->ssl : NULL;
}

static void tls_version(struct sample_context *context, unsigned flags, struct buf *out)
{
    const SSL *ssl = tls_of_client(context);
    put_c(out, ssl ? SSL_get_version(ssl) : "", flags);
}

static void tls_cipher(struct sample_context *context, unsigned flags, struct buf *out)
{
    const SSL *ssl = tls_of_client(context);
    put_c(out, ssl ? SSL_get_cipher_name(ssl) : "", flags);
}

#define ALWAYS AT_ANYWHERE
const struct log_alias_row fetch_log_rows[] = {
    { "B", bytes_read, AT_LOG, false, true, NULL },
    { "CC", client_cookie, ALWAYS, true, false, NULL },
    { "CS", server_cookie, ALWAYS, true, false, NULL },
    { "H", host, ALWAYS, false, false, NULL },
    { "HM", method, ALWAYS, true, false, NULL },
    { "HP", target_without_query, ALWAYS, true, false, NULL },
    { "HPO", path_only, ALWAYS, true, false, NULL },
    { "HQ", query_only, ALWAYS, true, false, NULL },
    { "HU", target, ALWAYS, true, false, NULL },
    { "HV", version, ALWAYS, true, false, NULL },
    { "ID", unique_id, ALWAYS, false, false, NULL },
    { "ST", status, AT_RESPONSE | AT_LOG, false, false, NULL },
    { "T", date_gmt, ALWAYS, false, false, NULL },
    { "Ta", timer_ta, AT_LOG, false, true, NULL },
    { "Tc", timer_tc, AT_LOG | AT_RESPONSE, false, true, NULL },
    { "Td", timer_td, AT_LOG, false, true, NULL },
    { "Th", timer_th, ALWAYS, false, true, NULL },
    { "Ti", timer_ti, ALWAYS, true, true, NULL },
    { "Tl", date_gmt, ALWAYS, false, false, NULL },
    { "TR", timer_request, ALWAYS, true, true, NULL },
    { "Tq", timer_tq, ALWAYS, true, true, NULL },
    { "Tr", timer_response, AT_LOG | AT_RESPONSE, true, false, NULL },
    { "Ts", timestamp, ALWAYS, false, false, NULL },
    { "Tt", timer_tt, AT_LOG, false, true, NULL },
    { "Tu", timer_tu, AT_LOG, false, true, NULL },
    { "Tw", timer_tw, AT_LOG | AT_RESPONSE, false, true, NULL },
    { "U", bytes_uploaded, AT_LOG, false, true, NULL },
    { "ac", active_connections, ALWAYS, false, true, NULL },
    { "b", backend_name, ALWAYS, false, false, NULL },
    { "bc", backend_connections, ALWAYS, false, true, NULL },
    { "bi", back_ip, ALWAYS, false, false, NULL },
    { "bp", back_port, ALWAYS, false, false, NULL },
    { "bq", backend_queue, ALWAYS, false, true, NULL },
    { "ci", client_ip, ALWAYS, false, false, NULL },
    { "cp", client_port, ALWAYS, false, false, NULL },
    { "f", frontend_name, ALWAYS, false, false, NULL },
    { "fc", frontend_connections, ALWAYS, false, true, NULL },
    { "fi", front_ip, ALWAYS, false, false, NULL },
    { "fp", front_port, ALWAYS, false, false, NULL },
    { "ft", frontend_transport, ALWAYS, false, false, NULL },
    { "hr", request_captures, ALWAYS, false, false, NULL },
    { "hrl", request_capture_list, ALWAYS, false, false, NULL },
    { "hs", response_captures, ALWAYS, false, false, NULL },
    { "hsl", response_capture_list, ALWAYS, false, false, NULL },
    { "lc", log_counter, ALWAYS, false, false, NULL },
    { "ms", milliseconds, ALWAYS, false, false, NULL },
    { "pid", process, ALWAYS, false, false, NULL },
    { "r", request_line, ALWAYS, true, false, NULL },
    { "rc", retries, ALWAYS, false, true, NULL },
    { "rt", request_counter, ALWAYS, false, false, NULL },
    { "s", server_name, ALWAYS, false, false, NULL },
    { "sc", server_connections, ALWAYS, false, true, NULL },
    { "si", server_ip, ALWAYS, false, false, NULL },
    { "sp", server_port, ALWAYS, false, false, NULL },
    { "sq", server_queue, ALWAYS, false, true, NULL },
    { "sslc", tls_cipher, ALWAYS, false, false, NULL },
    { "sslv", tls_version, ALWAYS, false, false, NULL },
    { "t", date_ms, ALWAYS, false, false, NULL },
    { "tr", request_date_ms, ALWAYS, true, false, NULL },
    { "trg", request_date_gmt, ALWAYS, true, false, NULL },
    { "trl", request_date_gmt, ALWAYS, true, false, NULL },
    { "ts", termination, AT_LOG, false, true, NULL },
    { "tsc", termination_cookies, AT_LOG, true, true, NULL },
    { 0 },
};
