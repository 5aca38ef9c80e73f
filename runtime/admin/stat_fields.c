/* Fields of frontends, listeners, servers and backends (management manual 9.1). */
#include "admin/stat_fields.h"
#include "base/arena.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "proxy/balance_row.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/engine.h"

#define SAMPLES 1024 /* requests that averages look back on */

static const struct proxy_counters *counters_of(const struct stat_object *object)
{
    switch (object->side) {
    case STAT_FRONTEND:
        return &object->proxy->front_counters;
    case STAT_BACKEND:
        return &object->proxy->back_counters;
    case STAT_SERVER:
        return &object->server->counters;
    default:
        return &object->bind->counters;
    }
}

static bool number(struct stat_value *out, int64_t value)
{
    out->number = value;
    return true;
}

static bool text(struct stat_value *out, const char *value)
{
    out->text = str_of(value);
    return value != NULL;
}

static bool counter(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const char *base = (const char *)counters_of(object);
    return number(out, (int64_t) * (const uint64_t *)(const void *)(base + row->offset));
}

static bool counter32(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const char *base = (const char *)counters_of(object);
    return number(out, *(const uint32_t *)(const void *)(base + row->offset));
}

static bool zero(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)object, (void)row;
    return number(out, 0);
}

static bool rate(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const char *base = (const char *)counters_of(object);
    const struct rate *events = (const struct rate *)(const void *)(base + row->offset);
    return number(out, rate_read(events, engine_now(object->engine)));
}

/* The mean over the last requests; offset is that of the sliding sum. */
static bool average(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct proxy_counters *counters = counters_of(object);
    uint64_t seen =
        object->proxy->settings.mode == MODE_HTTP ? counters->http_requests : counters->sessions_total;
    uint64_t samples = seen > SAMPLES ? SAMPLES : seen ? seen : 1;
    const char *base = (const char *)counters;
    uint64_t sum = *(const uint64_t *)(const void *)(base + row->offset);
    return number(out, (int64_t)((sum + samples - 1) / samples));
}

/* ---- who ---- */

static bool proxy_name(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return text(out, object->proxy->name);
}

static bool service_name(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    switch (object->side) {
    case STAT_FRONTEND:
        return text(out, "FRONTEND");
    case STAT_BACKEND:
        return text(out, "BACKEND");
    case STAT_SERVER:
        return text(out, object->server->name);
    default:
        return text(out, object->bind->name);
    }
}

static bool process_id(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)object, (void)row;
    return number(out, 1);
}

static bool proxy_id(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return number(out, object->proxy->id);
}

static int64_t bind_id(const struct bind *bind)
{
    return bind->settings.id ? bind->settings.id : bind->number;
}

static bool service_id(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return number(out, object->server ? object->server->id : object->bind ? bind_id(object->bind) : 0);
}

static bool type(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return number(out, object->side == STAT_FRONTEND  ? 0
                       : object->side == STAT_BACKEND ? 1
                       : object->side == STAT_SERVER  ? 2
                                                      : 3);
}

static bool mode(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    static const char *const names[] = { "tcp", "http", "health", "log" };
    (void)row;
    return text(out, names[object->proxy->settings.mode]);
}

static bool addr(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    char printed[ADDR_TEXT_MAX];
    const struct addr *where = object->server ? &object->server->addr.addr : &object->bind->addr.addr;
    (void)row;
    if (where->family == ADDR_UNIX)
        return text(out, "unix");
    if (!addr_is_ip(where))
        return false;
    size_t size = addr_print(where, printed, sizeof(printed));
    out->text = arena_copy(object->scratch, str_make(printed, size));
    return out->text.data != NULL;
}

static bool cookie(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return text(out, object->server ? object->server->settings.cookie : object->proxy->settings.cookie_name);
}

static bool algorithm(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct balance_row *balance = object->proxy->settings.balance;
    (void)row;
    return text(out, balance ? balance->word : object->proxy->settings.transparent ? "unknown" : "none");
}

static bool tracked(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct server *root = object->server->tracked;
    (void)row;
    if (!root)
        return false;
    out->text = arena_printf(object->scratch, "%s/%s", root->proxy->name, root->name);
    return out->text.data != NULL;
}

static bool protocol(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct addr *where = &object->bind->addr.addr;
    (void)row;
    return text(out, where->family == ADDR_UNIX   ? "unix_stream"
                     : where->family == ADDR_IPV6 ? "tcpv6"
                                                  : "tcpv4");
}

/* ---- how much now ---- */

static bool queue_now(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return number(out, object->server ? object->server->queue_count : object->proxy->queue_count);
}

static bool sessions_now(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    switch (object->side) {
    case STAT_FRONTEND:
        return number(out, object->proxy->current_front);
    case STAT_BACKEND:
        return number(out, object->proxy->current_back);
    case STAT_SERVER:
        return number(out, object->server->current);
    default:
        return number(out, object->bind->current);
    }
}

static int64_t frontend_limit(const struct proxy *frontend)
{
    return frontend->settings.maxconn ? frontend->settings.maxconn : frontend->configuration->globals.maxconn;
}

/* Without `fullconn`, a tenth of what the frontends in front of it may take (manual 4.2 fullconn). */
static int64_t backend_limit(const struct proxy *backend)
{
    int64_t sum = 0;
    if (backend->settings.fullconn)
        return backend->settings.fullconn;
    for (const struct proxy *each = backend->configuration->proxies; each; each = each->next) {
        bool leads = (each == backend && (each->sides & PROXY_FRONT)) || each->default_backend == backend;
        for (const struct switching_rule *rule = each->switching; rule && !leads; rule = rule->next)
            leads = rule->backend == backend || !rule->backend;
        if (leads && (each->sides & PROXY_FRONT))
            sum += frontend_limit(each);
    }
    return (sum + 9) / 10;
}

static bool session_limit(const struct stat_object *object, const struct stat_row *row,
                          struct stat_value *out)
{
    (void)row;
    switch (object->side) {
    case STAT_FRONTEND:
        return number(out, frontend_limit(object->proxy));
    case STAT_BACKEND:
        return number(out, backend_limit(object->proxy));
    case STAT_SERVER:
        return object->server->settings.maxconn > 0 && number(out, object->server->settings.maxconn);
    default:
        return number(out, object->bind->settings.maxconn);
    }
}

static bool queue_limit(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return object->server->settings.maxqueue > 0 && number(out, object->server->settings.maxqueue);
}

static bool rate_limit(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return number(out, object->proxy->settings.rate_limit_sessions);
}

static bool idle_connections(const struct stat_object *object, const struct stat_row *row,
                             struct stat_value *out)
{
    (void)row;
    return number(out, object->server->idle_count);
}

static bool idle_limit(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return object->server->settings.pool_max_conn >= 0 && number(out, object->server->settings.pool_max_conn);
}

static bool used_connections(const struct stat_object *object, const struct stat_row *row,
                             struct stat_value *out)
{
    (void)row;
    return number(out, object->server->used_connections);
}

static bool last_session(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    uint64_t at = 0;
    (void)row;
    if (object->server)
        at = object->server->last_use_ns;
    for (const struct server *server = object->server ? NULL : object->proxy->servers; server;
         server = server->next)
        at = server->last_use_ns > at ? server->last_use_ns : at;
    return number(out, at ? (int64_t)((engine_now(object->engine) - at) / NS_PER_S) : -1);
}

/* ---- how it stands ---- */

static bool listens(const struct proxy *proxy)
{
    return !proxy->stopped && !proxy->paused;
}

static bool backend_up(const struct stat_object *object)
{
    const struct server_status_sums sums = server_status_sums(object->proxy);
    return sums.active + sums.backup > 0 || !object->proxy->servers;
}

static bool status(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    if (object->side == STAT_BACKEND)
        return text(out, object->proxy->stopped ? "STOP" : backend_up(object) ? "UP" : "DOWN");
    if (object->side == STAT_FRONTEND) {
        bool stopped = object->proxy->stopped || object->proxy->configuration->stopping;
        return text(out, stopped ? "STOP" : object->proxy->paused ? "PAUSED" : "OPEN");
    }
    if (object->side == STAT_LISTENER) {
        int64_t limit = object->bind->settings.maxconn;
        bool full = limit && object->bind->current >= limit;
        return text(out, !listens(object->proxy) ? "WAITING" : full ? "FULL" : "OPEN");
    }
    struct buf printed = BUF_INIT;
    server_status_text(object->server, &printed);
    out->text = arena_copy(object->scratch, buf_str(&printed));
    buf_finish(&printed);
    return out->text.data != NULL;
}

/* The scale of weights is that of `weight`; a server that takes nobody has none of it. */
static bool weight(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    if (object->server)
        return number(out, object->server->weight_now);
    return number(out, server_status_sums(object->proxy).weight);
}

static bool user_weight(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    if (object->server)
        return number(out, object->server->weight_now);
    return number(out, server_status_sums(object->proxy).user_weight);
}

static bool active(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    if (object->server)
        return number(out, !object->server->settings.backup);
    return number(out, server_status_sums(object->proxy).active);
}

static bool backup(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    if (object->server)
        return number(out, object->server->settings.backup);
    return number(out, server_status_sums(object->proxy).backup);
}

static const struct check *check_shown(const struct stat_object *object)
{
    const struct check *check = check_of(server_status_root(object->server)->check);
    return check && check->configured && check->enabled && !check->paused ? check : NULL;
}

static const struct check *agent_shown(const struct stat_object *object)
{
    const struct check *agent = check_of(object->server->agent);
    return agent && agent->configured && agent->enabled && !agent->paused ? agent : NULL;
}

/* Its own checks, whether they rest or not. */
static bool counts_checks(const struct server *server)
{
    const struct check *check = check_of(server->check);
    return check && check->configured && check->enabled;
}

static bool check_counter(const struct stat_object *object, const struct stat_row *row,
                          struct stat_value *out)
{
    return (object->side == STAT_BACKEND || counts_checks(object->server)) && counter(object, row, out);
}

static uint64_t since_change(const struct stat_object *object, uint64_t change_ns)
{
    return (engine_now(object->engine) - change_ns) / NS_PER_S;
}

static bool last_change(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return number(out, (int64_t)since_change(object, object->server ? object->server->last_change_ns
                                                                    : object->proxy->last_change_ns));
}

static bool downtime(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    uint64_t sum = object->server ? object->server->down_time_ns : object->proxy->down_time_ns;
    uint64_t since = object->server ? object->server->down_since_ns : object->proxy->down_since_ns;
    if (object->server && !counts_checks(object->server))
        return false;
    if (since)
        sum += engine_now(object->engine) - since;
    return number(out, (int64_t)(sum / NS_PER_S));
}

static bool throttle(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct server *server = object->server;
    (void)row;
    if (server->state != SERVER_STARTING || !server->settings.slowstart)
        return false;
    uint64_t up_ms = (engine_now(object->engine) - server->last_change_ns) / NS_PER_MS;
    uint64_t percent = up_ms * 100 / server->settings.slowstart;
    return number(out, percent >= 100 ? 100 : percent ? (int64_t)percent : 1);
}

/* ---- checks ---- */

static bool code_of(const struct stat_object *object, const struct check *check, struct stat_value *out)
{
    if (!check)
        return false;
    out->text = arena_printf(object->scratch, "%s%s", check->running ? "* " : "",
                             check_status_row(check->status)->code);
    return out->text.data != NULL;
}

static bool check_code(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return code_of(object, check_shown(object), out);
}

static bool agent_code(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return code_of(object, agent_shown(object), out);
}

static bool layer7_code(const struct check *check, struct stat_value *out)
{
    return check && check->code >= 0 && check->status >= CHECK_L6_OK && number(out, check->code);
}

static bool check_number(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return layer7_code(check_shown(object), out);
}

static bool agent_number(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    (void)row;
    return layer7_code(agent_shown(object), out);
}

static bool duration_of(const struct check *check, struct stat_value *out)
{
    return check && check->status >= CHECK_CHECKED && number(out, (int64_t)check->duration_ms);
}

static bool check_duration(const struct stat_object *object, const struct stat_row *row,
                           struct stat_value *out)
{
    (void)row;
    return duration_of(check_shown(object), out);
}

static bool agent_duration(const struct stat_object *object, const struct stat_row *row,
                           struct stat_value *out)
{
    (void)row;
    return duration_of(agent_shown(object), out);
}

static bool check_text(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct check *check = check_shown(object);
    (void)row;
    return check && text(out, check->text);
}

static bool agent_text(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct check *agent = agent_shown(object);
    (void)row;
    return agent && text(out, agent->text);
}

static bool check_description(const struct stat_object *object, const struct stat_row *row,
                              struct stat_value *out)
{
    const struct check *check = check_shown(object);
    (void)row;
    return check && text(out, check_status_row(check->status)->description);
}

static bool agent_description(const struct stat_object *object, const struct stat_row *row,
                              struct stat_value *out)
{
    const struct check *agent = agent_shown(object);
    (void)row;
    return agent && text(out, check_status_row(agent->status)->description);
}

/* rise, fall and health of one of both; offset is that of the member in struct check. */
static bool check_member(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct check *check = check_shown(object);
    return check && number(out, *(const int64_t *)(const void *)((const char *)check + row->offset));
}

static bool agent_member(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)
{
    const struct check *agent = agent_shown(object);
    return agent && number(out, *(const int64_t *)(const void *)((const char *)agent + row->offset));
}

/* ---- the table ---- */

#define L                STAT_LISTENER
#define F                STAT_FRONTEND
#define B                STAT_BACKEND
#define S                STAT_SERVER
#define H                STAT_HTTP_ONLY
#define AT(member)       offsetof(struct proxy_counters, member)
#define CHECK_AT(member) offsetof(struct check, member)

/* clang-format off */
const struct stat_row stat_fields[] = {
    /* name           sides      tags   kind      get               offset                   description, metric */
    { "pxname",       L|F|B|S,   "KNS", STAT_STR, proxy_name,       0, "Name of the section", NULL },
    { "svname",       L|F|B|S,   "KNS", STAT_STR, service_name,     0, "Name of the server or listener, or which side of the section this is", NULL },
    { "qcur",         B|S,       "MGP", STAT_U32, queue_now,        0, "Requests in the queue now", "current_queue" },
    { "qmax",         B|S,       "MMP", STAT_U32, counter,          AT(queue_max), "Most requests seen in the queue", "max_queue" },
    { "scur",         L|F|B|S,   "MGP", STAT_U32, sessions_now,     0, "Sessions now", "current_sessions" },
    { "smax",         L|F|B|S,   "MMP", STAT_U32, counter,          AT(sessions_max), "Most sessions seen at a time", "max_sessions" },
    { "slim",         L|F|B|S,   "CLP", STAT_U32, session_limit,    0, "Limit of sessions: maxconn, or a backend's fullconn", "limit_sessions" },
    { "stot",         L|F|B|S,   "MCP", STAT_U64, counter,          AT(sessions_total), "Sessions since start", "sessions_total" },
    { "bin",          L|F|B|S,   "MCP", STAT_U64, counter,          AT(bytes_in), "Bytes of requests since start", "bytes_in_total" },
    { "bout",         L|F|B|S,   "MCP", STAT_U64, counter,          AT(bytes_out), "Bytes of responses since start", "bytes_out_total" },
    { "dreq",         L|F|B,     "MCP", STAT_U64, counter,          AT(denied_requests), "Requests that rules denied", "requests_denied_total" },
    { "dresp",        L|F|B|S,   "MCP", STAT_U64, counter,          AT(denied_responses), "Responses that rules denied", "responses_denied_total" },
    { "ereq",         L|F,       "MCP", STAT_U64, counter,          AT(failed_requests), "Requests that were invalid or broken off", "request_errors_total" },
    { "econ",         B|S,       "MCP", STAT_U64, counter,          AT(failed_connections), "Connections to servers that failed", "connection_errors_total" },
    { "eresp",        B|S,       "MCP", STAT_U64, counter,          AT(failed_responses), "Responses that were invalid or broken off", "response_errors_total" },
    { "wretr",        B|S,       "MCP", STAT_U64, counter,          AT(retries), "Connections to servers that were tried again", "retry_warnings_total" },
    { "wredis",       B|S,       "MCP", STAT_U64, counter,          AT(redispatches), "Requests that went to another server after a failure", "redispatch_warnings_total" },
    { "status",       L|F|B|S,   "SGP", STAT_STR, status,           0, "How it stands: UP, DOWN, NOLB, DRAIN, MAINT, OPEN, ...", "status" },
    { "weight",       B|S,       "MaP", STAT_U32, weight,           0, "Effective weight, or the sum of it", "weight" },
    { "act",          B|S,       "SGP", STAT_U32, active,           0, "Active servers that are up; 1 for an active server", "active_servers" },
    { "bck",          B|S,       "SGP", STAT_U32, backup,           0, "Backup servers that are up; 1 for a backup server", "backup_servers" },
    { "chkfail",      S,         "MCP", STAT_U64, check_counter,    AT(failed_checks), "Failed checks while the server was up", "check_failures_total" },
    { "chkdown",      B|S,       "MCP", STAT_U64, check_counter,    AT(down_transitions), "How often it went down", "check_up_down_total" },
    { "lastchg",      B|S,       "MAP", STAT_U32, last_change,      0, "Seconds since it went up or down", "check_last_change_seconds" },
    { "downtime",     B|S,       "MCP", STAT_U32, downtime,         0, "Seconds spent down", "downtime_seconds_total" },
    { "qlimit",       S,         "CLP", STAT_U32, queue_limit,      0, "Limit of the queue: maxqueue", "queue_limit" },
    { "pid",          L|F|B|S,   "KGP", STAT_U32, process_id,       0, "Number of the process", NULL },
    { "iid",          L|F|B|S,   "KGS", STAT_U32, proxy_id,         0, "Id of the section", NULL },
    { "sid",          L|F|B|S,   "KGS", STAT_U32, service_id,       0, "Id of the server or listener", NULL },
    { "throttle",     S,         "MaP", STAT_U32, throttle,         0, "Percent of its weight that a slowly starting server has", "current_throttle" },
    { "lbtot",        B|S,       "MCP", STAT_U64, counter,          AT(picked), "How often a server was chosen", "loadbalanced_total" },
    { "tracked",      S,         "CNS", STAT_STR, tracked,          0, "Server whose health this one follows", NULL },
    { "type",         L|F|B|S,   "CGS", STAT_U32, type,             0, "0 frontend, 1 backend, 2 server, 3 listener", NULL },
    { "rate",         F|B|S,     "MRP", STAT_U32, rate,             AT(session_rate), "Sessions in the last second", NULL },
    { "rate_lim",     F,         "CLP", STAT_U32, rate_limit,       0, "Limit of sessions a second: rate-limit sessions", "limit_session_rate" },
    { "rate_max",     F|B|S,     "MMP", STAT_U32, counter32,        AT(session_rate_max), "Most sessions seen in a second", "max_session_rate" },
    { "check_status", S,         "MOP", STAT_STR, check_code,       0, "How the last check ended", "check_status" },
    { "check_code",   S,         "MOP", STAT_U32, check_number,     0, "Code of the last check's answer", "check_code" },
    { "check_duration", S,       "MDP", STAT_U64, check_duration,   0, "Milliseconds that the last check took", "check_duration_seconds" },
    { "hrsp_1xx",     F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_responses[1]), "Responses with a status of 100 to 199", "http_responses_total" },
    { "hrsp_2xx",     F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_responses[2]), "Responses with a status of 200 to 299", "http_responses_total" },
    { "hrsp_3xx",     F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_responses[3]), "Responses with a status of 300 to 399", "http_responses_total" },
    { "hrsp_4xx",     F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_responses[4]), "Responses with a status of 400 to 499", "http_responses_total" },
    { "hrsp_5xx",     F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_responses[5]), "Responses with a status of 500 to 599", "http_responses_total" },
    { "hrsp_other",   F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_responses[0]), "Responses with any other status", "http_responses_total" },
    { "hanafail",     0,         "MCP", STAT_U64, zero,             0, "Failed checks in detail; never set", NULL },
    { "req_rate",     F|H,       "MRP", STAT_U32, rate,             AT(request_rate), "Requests in the last second", NULL },
    { "req_rate_max", F|H,       "MMP", STAT_U32, counter32,        AT(request_rate_max), "Most requests seen in a second", "http_requests_rate_max" },
    { "req_tot",      F|B|S|H,   "MCP", STAT_U64, counter,          AT(http_requests), "Requests since start", "http_requests_total" },
    { "cli_abrt",     B|S,       "MCP", STAT_U64, counter,          AT(client_aborts), "Transfers that the client broke off", "client_aborts_total" },
    { "srv_abrt",     B|S,       "MCP", STAT_U64, counter,          AT(server_aborts), "Transfers that the server broke off", "server_aborts_total" },
    { "comp_in",      F|B|H,     "MCP", STAT_U64, counter,          AT(compressed_in), "Bytes given to the compressor", "http_comp_bytes_in_total" },
    { "comp_out",     F|B|H,     "MCP", STAT_U64, counter,          AT(compressed_out), "Bytes that the compressor made of them", "http_comp_bytes_out_total" },
    { "comp_byp",     F|B|H,     "MCP", STAT_U64, counter,          AT(compression_bypassed), "Bytes that passed the compressor by", "http_comp_bytes_bypassed_total" },
    { "comp_rsp",     F|B|H,     "MCP", STAT_U64, counter,          AT(compressed_responses), "Responses that were compressed", "http_comp_responses_total" },
    { "lastsess",     B|S,       "MAP", STAT_S32, last_session,     0, "Seconds since the last session; -1 before the first", "last_session_seconds" },
    { "last_chk",     S,         "MOP", STAT_STR, check_text,       0, "What the last check's answer said, or its error", NULL },
    { "last_agt",     S,         "MOP", STAT_STR, agent_text,       0, "What the agent said last, or the error", NULL },
    { "qtime",        B|S,       "MaP", STAT_U32, average,          AT(queue_time_ms), "Milliseconds in the queue, mean of 1024 requests", "queue_time_average_seconds" },
    { "ctime",        B|S,       "MaP", STAT_U32, average,          AT(connect_time_ms), "Milliseconds to connect, mean of 1024 requests", "connect_time_average_seconds" },
    { "rtime",        B|S,       "MaP", STAT_U32, average,          AT(response_time_ms), "Milliseconds to the response, mean of 1024 requests", "response_time_average_seconds" },
    { "ttime",        B|S,       "MaP", STAT_U32, average,          AT(total_time_ms), "Milliseconds in all, mean of 1024 requests", "total_time_average_seconds" },
    { "agent_status", S,         "SGP", STAT_STR, agent_code,       0, "How the last agent check ended", "agent_status" },
    { "agent_code",   S,         "MOP", STAT_U32, agent_number,     0, "Code that the agent gave", "agent_code" },
    { "agent_duration", S,       "MDP", STAT_U64, agent_duration,   0, "Milliseconds that the last agent check took", "agent_duration_seconds" },
    { "check_desc",   S,         "MOP", STAT_STR, check_description, 0, "check_status in words", NULL },
    { "agent_desc",   S,         "MOP", STAT_STR, agent_description, 0, "agent_status in words", NULL },
    { "check_rise",   S,         "CGS", STAT_U32, check_member,     CHECK_AT(rise), "Good checks that bring a server up", NULL },
    { "check_fall",   S,         "CGS", STAT_U32, check_member,     CHECK_AT(fall), "Bad checks that take a server down", NULL },
    { "check_health", S,         "CGS", STAT_U32, check_member,     CHECK_AT(health), "Health by checks: up from rise on, full at rise + fall - 1", NULL },
    { "agent_rise",   S,         "CGS", STAT_U32, agent_member,     CHECK_AT(rise), "Good agent checks that bring a server up", NULL },
    { "agent_fall",   S,         "CGS", STAT_U32, agent_member,     CHECK_AT(fall), "Bad agent checks that take a server down", NULL },
    { "agent_health", S,         "CGS", STAT_U32, agent_member,     CHECK_AT(health), "Health by the agent", NULL },
    { "addr",         L|S,       "CGS", STAT_STR, addr,             0, "Address and port", NULL },
    { "cookie",       B|S,       "CNS", STAT_STR, cookie,           0, "The server's cookie value, or the backend's cookie name", NULL },
    { "mode",         L|F|B|S,   "CGS", STAT_STR, mode,             0, "Mode of the section", NULL },
    { "algo",         B,         "CGS", STAT_STR, algorithm,        0, "Algorithm of balance", NULL },
    { "conn_rate",    F,         "MRP", STAT_U32, rate,             AT(connection_rate), "Connections in the last second", NULL },
    { "conn_rate_max", F,        "MMP", STAT_U32, counter32,        AT(connection_rate_max), "Most connections seen in a second", "connections_rate_max" },
    { "conn_tot",     F,         "MCP", STAT_U64, counter,          AT(connections_total), "Connections since start", "connections_total" },
    { "intercepted",  F|B|H,     "MCP", STAT_U64, counter,          AT(intercepted_requests), "Requests that were answered without a server", "intercepted_requests_total" },
    { "dcon",         L|F,       "MCP", STAT_U64, counter,          AT(denied_connections), "Connections that tcp-request connection refused", "denied_connections_total" },
    { "dses",         L|F,       "MCP", STAT_U64, counter,          AT(denied_sessions), "Connections that tcp-request session refused", "denied_sessions_total" },
    { "wrew",         L|F|B|S,   "MCP", STAT_U64, counter,          AT(failed_rewrites), "Changes of headers that failed", "failed_header_rewriting_total" },
    { "connect",      B|S,       "MCP", STAT_U64, counter,          AT(connects), "Connections to servers that were tried", "connection_attempts_total" },
    { "reuse",        B|S,       "MCP", STAT_U64, counter,          AT(reused), "Requests that took an open connection", "connection_reuses_total" },
    { "cache_lookups", F|B|H,    "MCP", STAT_U64, counter,          AT(cache_lookups), "Look-ups in the cache", "http_cache_lookups_total" },
    { "cache_hits",   F|B|H,     "MCP", STAT_U64, counter,          AT(cache_hits), "Look-ups that found a response", "http_cache_hits_total" },
    { "srv_icur",     S,         "MGP", STAT_U32, idle_connections, 0, "Idle connections now", "idle_connections_current" },
    { "src_ilim",     S,         "CLP", STAT_U32, idle_limit,       0, "Limit of idle connections: pool-max-conn", "idle_connections_limit" },
    { "qtime_max",    B|S,       "MMP", STAT_U32, counter,          AT(queue_time_max), "Longest time in the queue, milliseconds", "max_queue_time_seconds" },
    { "ctime_max",    B|S,       "MMP", STAT_U32, counter,          AT(connect_time_max), "Longest time to connect, milliseconds", "max_connect_time_seconds" },
    { "rtime_max",    B|S,       "MMP", STAT_U32, counter,          AT(response_time_max), "Longest time to the response, milliseconds", "max_response_time_seconds" },
    { "ttime_max",    B|S,       "MMP", STAT_U32, counter,          AT(total_time_max), "Longest time in all, milliseconds", "max_total_time_seconds" },
    { "eint",         L|F|B|S,   "MCP", STAT_U64, counter,          AT(internal_errors), "Internal errors", "internal_errors_total" },
    { "idle_conn_cur", S,        "MGP", STAT_U32, zero,             0, "Idle connections that other clients may not take", "unsafe_idle_connections_current" },
    { "safe_conn_cur", S,        "MGP", STAT_U32, idle_connections, 0, "Idle connections that any client may take", "safe_idle_connections_current" },
    { "used_conn_cur", S,        "MGP", STAT_U32, used_connections, 0, "Connections in use", "used_connections_current" },
    { "need_conn_est", S,        "MGP", STAT_U32, used_connections, 0, "Connections that are thought to be needed", "need_connections_current" },
    { "uweight",      B|S,       "MaP", STAT_U32, user_weight,      0, "Weight as set, or the sum of it", "uweight" },
    { "agg_server_status", B,    "MGP", STAT_U32, zero,             0, "How many of the backend's servers stand how", "agg_server_status" },
    { "agg_server_check_status", B, "MGP", STAT_U32, zero,          0, "Old name of agg_server_status", "agg_server_check_status" },
    { "agg_check_status", B,     "MGP", STAT_U32, zero,             0, "How many of the backend's servers' checks ended how", "agg_check_status" },
    { "srid",         S,         "MGP", STAT_U32, zero,             0, "How often a server of this name was made", NULL },
    { "sess_other",   F,         "MCP", STAT_U64, counter,          AT(sessions_other), "Sessions without HTTP", NULL },
    { "h1_sess",      F,         "MCP", STAT_U64, counter,          AT(sessions_h1), "Sessions of HTTP/1", NULL },
    { "h2_sess",      F,         "MCP", STAT_U64, counter,          AT(sessions_h2), "Sessions of HTTP/2", NULL },
    { "h3_sess",      F,         "MCP", STAT_U64, zero,             0, "Sessions of HTTP/3", NULL },
    { "req_other",    F,         "MCP", STAT_U64, counter,          AT(requests_other), "Streams without HTTP", NULL },
    { "h1req",        F,         "MCP", STAT_U64, counter,          AT(requests_h1), "Requests of HTTP/1", NULL },
    { "h2req",        F,         "MCP", STAT_U64, counter,          AT(requests_h2), "Requests of HTTP/2", NULL },
    { "h3req",        F,         "MCP", STAT_U64, zero,             0, "Requests of HTTP/3", NULL },
    { "proto",        L,         "CGS", STAT_STR, protocol,         0, "Protocol of the listener", NULL },
    { "priv_idle_cur", S,        "MGP", STAT_U32, zero,             0, "Idle connections that belong to one client", NULL },
    { "reqbin",       L|F|B|S,   "MCP", STAT_U64, counter,          AT(bytes_in), "Bytes of requests received", NULL },
    { "reqbout",      L|F|B|S,   "MCP", STAT_U64, counter,          AT(request_bytes_out), "Bytes of requests sent", NULL },
    { "resbin",       L|F|B|S,   "MCP", STAT_U64, counter,          AT(response_bytes_in), "Bytes of responses received", NULL },
    { "resbout",      L|F|B|S,   "MCP", STAT_U64, counter,          AT(bytes_out), "Bytes of responses sent", NULL },
    { "cache_hint_hits", F|B|H,  "MCP", STAT_U64, zero,             0, "Early hints that the cache gave", NULL },
    { 0 },
};

const struct stat_row stat_module_fields[] = {
    { "ssl_sess",             L|F|B|S, "MCP", STAT_U64, counter, AT(tls_sessions), "TLS sessions that were new", NULL },
    { "ssl_reused_sess",      L|F|B|S, "MCP", STAT_U64, counter, AT(tls_resumed), "TLS sessions that were resumed", NULL },
    { "ssl_failed_handshake", L|F|B|S, "MCP", STAT_U64, counter, AT(tls_failed), "TLS handshakes that failed", NULL },
    { 0 },
};
/* clang-format on */

bool stat_get(const struct stat_row *row, const struct stat_object *object, struct stat_value *out)
{
    if (!(row->sides & object->side))
        return false;
    if ((row->sides & STAT_HTTP_ONLY) && object->proxy->settings.mode != MODE_HTTP)
        return false;
    *out = (struct stat_value){ .kind = row->kind };
    if (!row->get(object, row, out))
        return false;
    if (row->kind == STAT_U32)
        out->number = (int64_t)(uint32_t)out->number;
    return true;
}

const char *stat_kind_name(enum stat_kind kind)
{
    static const char *const names[] = { "u32", "s32", "u64", "str" };
    return names[kind];
}

/* ---- the walk ---- */

void stat_walk_start(struct stat_walk *walk, struct engine *engine)
{
    *walk = (struct stat_walk){
        .engine = engine,
        .proxy_id = -1,
        .server_id = -1,
        .sides = STAT_FRONTEND | STAT_BACKEND | STAT_SERVER | STAT_LISTENER,
    };
}

static bool wants_proxy(const struct stat_walk *walk, const struct proxy *proxy)
{
    return walk->only ? walk->only == proxy : walk->proxy_id < 0 || walk->proxy_id == proxy->id;
}

enum { STAGE_FRONTEND, STAGE_LISTENERS, STAGE_SERVERS, STAGE_BACKEND, STAGE_END };

static bool wants_id(const struct stat_walk *walk, int64_t id)
{
    return walk->server_id < 0 || walk->server_id == id;
}

/* The next object of the section in hand. false: there is none. */
static bool next_of_proxy(struct stat_walk *walk, struct stat_object *object)
{
    const struct proxy *proxy = walk->proxy;
    if (walk->stage == STAGE_FRONTEND) {
        walk->stage = STAGE_LISTENERS;
        walk->bind = proxy->binds;
        object->side = STAT_FRONTEND;
        if ((proxy->sides & PROXY_FRONT) && (walk->sides & STAT_FRONTEND) && wants_id(walk, 0))
            return true;
    }
    while (walk->stage == STAGE_LISTENERS && walk->bind) {
        const struct bind *bind = walk->bind;
        walk->bind = bind->next;
        object->side = STAT_LISTENER;
        object->bind = bind;
        if (proxy->settings.socket_stats && (walk->sides & STAT_LISTENER) && wants_id(walk, bind_id(bind)))
            return true;
    }
    object->bind = NULL;
    if (walk->stage == STAGE_LISTENERS) {
        walk->stage = STAGE_SERVERS;
        walk->server = proxy->servers;
    }
    while (walk->stage == STAGE_SERVERS && walk->server) {
        const struct server *server = walk->server;
        walk->server = server->next;
        object->side = STAT_SERVER;
        object->server = server;
        if ((walk->sides & STAT_SERVER) && wants_id(walk, server->id))
            return true;
    }
    object->server = NULL;
    if (walk->stage == STAGE_SERVERS) {
        walk->stage = STAGE_END;
        object->side = STAT_BACKEND;
        return (proxy->sides & PROXY_BACK) && (walk->sides & STAT_BACKEND) && wants_id(walk, 0);
    }
    return false;
}

bool stat_walk_next(struct stat_walk *walk, struct stat_object *object)
{
    for (;;) {
        if (!walk->begun || (walk->proxy && walk->stage == STAGE_END)) {
            walk->proxy = walk->begun ? walk->proxy->next : walk->engine->configuration->proxies;
            walk->begun = true;
            walk->stage = STAGE_FRONTEND;
        }
        if (!walk->proxy)
            return false;
        *object = (struct stat_object){ .engine = walk->engine,
                                        .proxy = walk->proxy,
                                        .scratch = &walk->engine->scratch };
        if (!wants_proxy(walk, walk->proxy) || !next_of_proxy(walk, object)) {
            walk->stage = STAGE_END;
            continue;
        }
        return true;
    }
}
