/* The service prometheus-exporter: the statistics as Prometheus metrics, one after the other, each for all objects that
 * have it (text format 0.0.4). */
#include "admin/admin_services.h"
#include "admin/http_answer.h"
#include "admin/stat_dump.h"
#include "base/arena.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/stream.h"

struct metrics {
    struct http_answer answer;
    struct stat_dump dump;
    unsigned scopes; /* enum stat_side bits */
    unsigned scope;  /* index in scope_rows */
    const struct stat_row *row;
    bool described, started; /* HELP and TYPE were written; the walk has begun */
    bool over;
};

static const struct {
    enum stat_side side;
    const char *word;
} scope_rows[] = { { STAT_PROCESS, "process" },
                   { STAT_FRONTEND, "frontend" },
                   { STAT_LISTENER, "listener" },
                   { STAT_BACKEND, "backend" },
                   { STAT_SERVER, "server" } };

/* ---- one value ---- */

static void put_label(struct buf *out, const char *name, const char *value, bool first)
{
    buf_printf(out, "%s%s=\"", first ? "" : ",", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *value);
    }
    buf_add_char(out, '"');
}

static void put_name(const struct metrics *metrics, struct buf *out)
{
    buf_printf(out, "haproxy_%s_%s", scope_rows[metrics->scope].word, metrics->row->metric);
}

/* "{proxy="fe",server="s1"" and one more label, without the bracket that closes. */
static void put_labels(const struct stat_object *object, struct buf *out)
{
    buf_add_char(out, '{');
    put_label(out, "proxy", object->proxy->name, true);
    if (object->server)
        put_label(out, "server", object->server->name, false);
    if (object->bind)
        put_label(out, "listener", object->bind->name, false);
}

static bool is_seconds_of_ms(const struct stat_row *row)
{
    return str_ends(str_of(row->metric), STR("_seconds")) &&
           (str_find(str_of(row->name), STR("time")) != STR_NOT_FOUND ||
            str_find(str_of(row->name), STR("duration")) != STR_NOT_FOUND) &&
           strcmp(row->name, "downtime") != 0;
}

static void put_number(const struct stat_row *row, const struct stat_value *value, struct buf *out)
{
    if (is_seconds_of_ms(row))
        buf_printf(out, "%lld.%03lld000", (long long)(value->number / 1000),
                   (long long)(value->number % 1000));
    else
        buf_add_int(out, value->number);
}

static void put_state(const struct metrics *metrics, const struct stat_object *object, const char *state,
                      bool set, struct buf *out)
{
    put_name(metrics, out);
    put_labels(object, out);
    put_label(out, "state", state, false);
    buf_printf(out, "} %d\n", set);
}

static const char *plain_state(const struct server *server)
{
    switch (server_status_kind(server)) {
    case STATUS_MAINT:
        return "MAINT";
    case STATUS_DRAIN:
    case STATUS_DRAIN_AGENT:
    case STATUS_DRAIN_GOING_DOWN:
        return "DRAIN";
    case STATUS_NOLB:
    case STATUS_NOLB_GOING_DOWN:
        return "NOLB";
    case STATUS_DOWN:
    case STATUS_DOWN_AGENT:
    case STATUS_GOING_UP:
        return "DOWN";
    default:
        return "UP";
    }
}

static const char *const server_states[] = { "DOWN", "UP", "MAINT", "DRAIN", "NOLB" };

static void put_states(const struct metrics *metrics, const struct stat_object *object,
                       const struct stat_value *value, struct buf *out)
{
    static const char *const listener_states[] = { "WAITING", "OPEN", "FULL" };
    switch (object->side) {
    case STAT_SERVER:
        for (size_t i = 0; i < COUNT_OF(server_states); i++)
            put_state(metrics, object, server_states[i],
                      strcmp(server_states[i], plain_state(object->server)) == 0, out);
        break;
    case STAT_LISTENER:
        for (size_t i = 0; i < COUNT_OF(listener_states); i++)
            put_state(metrics, object, listener_states[i], str_eq(value->text, str_of(listener_states[i])),
                      out);
        break;
    default: {
        bool up = str_eq(value->text, STR("UP")) || str_eq(value->text, STR("OPEN"));
        put_state(metrics, object, "DOWN", !up, out);
        put_state(metrics, object, "UP", up, out);
        break;
    }
    }
}

static void put_check_states(const struct metrics *metrics, const struct stat_object *object,
                             const char *code, struct buf *out)
{
    for (unsigned status = CHECK_ANALYZE; status < CHECK_STATUS_COUNT; status++) {
        const char *name = check_status_row((enum check_status)status)->code;
        unsigned count = 0;
        if (object->server) {
            count = code && strcmp(name, code) == 0;
        } else {
            for (const struct server *server = object->proxy->servers; server; server = server->next) {
                const struct check *check = check_of(server->check);
                count += check && check->enabled && check->status == status;
            }
        }
        put_name(metrics, out);
        put_labels(object, out);
        put_label(out, "state", name, false);
        buf_printf(out, "} %u\n", count);
    }
}

static void put_server_sums(const struct metrics *metrics, const struct stat_object *object, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(server_states); i++) {
        unsigned count = 0;
        for (const struct server *server = object->proxy->servers; server; server = server->next)
            count += strcmp(plain_state(server), server_states[i]) == 0;
        put_name(metrics, out);
        put_labels(object, out);
        put_label(out, "state", server_states[i], false);
        buf_printf(out, "} %u\n", count);
    }
}

static void put_object(const struct metrics *metrics, const struct stat_object *object, struct buf *out)
{
    const struct stat_row *row = metrics->row;
    struct stat_value value;
    bool http = row->sides & STAT_HTTP_ONLY;
    if (!(row->sides & object->side) || (http && object->proxy->settings.mode != MODE_HTTP))
        return;
    bool known = stat_get(row, object, &value);
    if (strcmp(row->name, "status") == 0) {
        put_states(metrics, object, &value, out);
        return;
    }
    if (strcmp(row->name, "check_status") == 0 || strcmp(row->name, "agent_status") == 0) {
        const struct check *check =
            check_of(row->name[0] == 'c' ? object->server->check : object->server->agent);
        put_check_states(metrics, object, check ? check_status_row(check->status)->code : NULL, out);
        return;
    }
    if (strcmp(row->name, "agg_check_status") == 0) {
        put_check_states(metrics, object, NULL, out);
        return;
    }
    if (strncmp(row->name, "agg_server", 10) == 0) {
        put_server_sums(metrics, object, out);
        return;
    }
    put_name(metrics, out);
    put_labels(object, out);
    if (strncmp(row->name, "hrsp_", 5) == 0)
        put_label(out, "code", row->name + 5, false);
    buf_add_c(out, "} ");
    if (known)
        put_number(row, &value, out);
    else
        buf_add_c(out, "NaN");
    buf_add_char(out, '\n');
}

static void put_process(const struct metrics *metrics, struct engine *engine, struct buf *out)
{
    struct stat_object object = { .side = STAT_PROCESS, .engine = engine, .scratch = &engine->scratch };
    struct stat_value value;
    if (!stat_get(metrics->row, &object, &value))
        return;
    put_name(metrics, out);
    if (value.kind == STAT_STR) {
        buf_printf(out, "{version=\"%.*s\"} 1\n", STR_ARG(value.text));
        return;
    }
    buf_add_char(out, ' ');
    buf_add_int(out, value.number);
    buf_add_char(out, '\n');
}

/* ---- the order ---- */

static void describe(struct metrics *metrics, struct buf *out)
{
    const struct stat_row *row = metrics->row;
    bool counter = str_ends(str_of(row->metric), STR("_total")) || row->tags[1] == 'C';
    buf_add_c(out, "# HELP ");
    put_name(metrics, out);
    buf_printf(out, " %s\n# TYPE ", row->description);
    put_name(metrics, out);
    buf_printf(out, " %s\n", counter ? "counter" : "gauge");
}

static const struct stat_row *rows_of(const struct metrics *metrics)
{
    return scope_rows[metrics->scope].side == STAT_PROCESS ? stat_info_fields : stat_fields;
}

/* The next metric that this scope has. false: there is none. */
static bool next_row(struct metrics *metrics)
{
    const struct stat_row *before = metrics->row;
    metrics->row = metrics->row ? metrics->row + 1 : rows_of(metrics);
    while (metrics->row->name &&
           !(metrics->row->metric && (metrics->row->sides & (unsigned)scope_rows[metrics->scope].side)))
        metrics->row++;
    metrics->started = false;
    metrics->described = before && metrics->row->name && metrics->row->metric && before->metric &&
                         strcmp(before->metric, metrics->row->metric) == 0;
    return metrics->row->name != NULL;
}

static bool next_scope(struct metrics *metrics)
{
    metrics->row = NULL;
    do {
        if (metrics->scope + 1 >= COUNT_OF(scope_rows))
            return false;
        metrics->scope++;
    } while (!(metrics->scopes & (unsigned)scope_rows[metrics->scope].side));
    return true;
}

/* true: the metric in hand is whole. */
static bool put_metric(struct metrics *metrics, struct engine *engine, struct buf *out)
{
    struct stat_object object;
    if (!metrics->started) {
        stat_walk_start(&metrics->dump.walk, engine);
        metrics->dump.walk.sides = (unsigned)scope_rows[metrics->scope].side;
        metrics->started = true;
    }
    if (scope_rows[metrics->scope].side == STAT_PROCESS) {
        describe(metrics, out);
        put_process(metrics, engine, out);
        return true;
    }
    while (out->size < HTTP_ANSWER_PIECE) {
        if (!stat_walk_next(&metrics->dump.walk, &object))
            return true;
        if (!stat_dump_wants(&metrics->dump, &object))
            continue;
        struct arena_mark mark = arena_mark(object.scratch);
        size_t before = out->size;
        if (!metrics->described)
            describe(metrics, out);
        size_t described = out->size;
        put_object(metrics, &object, out);
        if (out->size == described && !metrics->described)
            out->size = before; /* nobody has it so far */
        else
            metrics->described = true;
        arena_rewind(object.scratch, mark);
    }
    return false;
}

static void fill(struct metrics *metrics, struct engine *engine)
{
    struct buf *out = &metrics->answer.text;
    while (!metrics->over && out->size < HTTP_ANSWER_PIECE) {
        if (!metrics->row && !next_row(metrics)) {
            metrics->over = !next_scope(metrics);
            continue;
        }
        if (put_metric(metrics, engine, out) && !next_row(metrics))
            metrics->over = !next_scope(metrics);
    }
}

/* ---- the service ---- */

/* "scope=server&no-maint": each scope adds to those wanted. */
static void read_query(struct metrics *metrics, struct str query)
{
    while (query.data) {
        struct str word = str_split(&query, '&'), value = word, name = str_split(&value, '=');
        if (str_eq(name, STR("no-maint")))
            metrics->dump.hide_maint = true;
        if (!str_eq(name, STR("scope")))
            continue;
        if (str_eq(value, STR("global")))
            metrics->scopes |= STAT_PROCESS;
        else if (str_eq(value, STR("*")))
            metrics->scopes = ~0u;
        for (size_t i = 1; i < COUNT_OF(scope_rows); i++)
            if (str_eq(value, str_of(scope_rows[i].word)))
                metrics->scopes |= (unsigned)scope_rows[i].side;
    }
    if (!metrics->scopes)
        metrics->scopes = ~0u;
}

static bool start(struct stream *stream)
{
    static const struct http_answer_field fields[] = { { "cache-control", "no-cache" },
                                                       { "content-type", "text/plain; version=0.0.4" },
                                                       { NULL, NULL } };
    struct metrics *metrics = arena_zero(&stream->arena, sizeof(*metrics));
    stream->applet_state = metrics;
    if (!metrics)
        return false;
    enum http_method method = stream->http->request.method_id;
    if (method != HTTP_GET && method != HTTP_HEAD) {
        metrics->over = true;
        return http_answer_head(stream, 405, fields + 2, false);
    }
    read_query(metrics, http_msg_query(&stream->http->request));
    if (!(metrics->scopes & (unsigned)scope_rows[0].side))
        metrics->over = !next_scope(metrics);
    return http_answer_head(stream, 200, fields, true);
}

static void run(struct stream *stream)
{
    struct metrics *metrics = stream->applet_state;
    while (http_answer_flush(stream, &metrics->answer)) {
        if (metrics->over) {
            stream_applet_end(stream);
            return;
        }
        fill(metrics, stream->engine);
    }
}

static void stop(struct stream *stream)
{
    struct metrics *metrics = stream->applet_state;
    if (metrics)
        http_answer_finish(&metrics->answer);
}

static const struct applet_ops metrics_ops = { "prometheus-exporter", start, run, stop };

static bool begin(struct stream *stream, void *data)
{
    (void)data;
    stream_use_applet(stream, &metrics_ops, NULL);
    return true;
}

const struct service_row admin_service_rows[] = {
    { "prometheus-exporter", true, false, begin, NULL },
    { 0 },
};
