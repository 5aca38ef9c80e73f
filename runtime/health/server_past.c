/* A line is checked whole before any of it counts. Taken up are health first, then administration, then what was set by
 * hand. What the configuration says now goes before what it said then. */
#include "health/server_past.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "proxy/configuration.h"
#include "stream/engine.h"
#include "stream/server_resolve.h"
#include "stream/stream_steps.h"

enum { CHECK_BIT_CONFIGURED = 2, CHECK_BIT_ENABLED = 4, CHECK_BITS = 31 };

/* ---- bits ---- */

static const struct {
    unsigned ours, theirs;
} admin_bits[] = { { ADMIN_FORCED_MAINT, 1 }, { ADMIN_INHERITED_MAINT, 2 },  { ADMIN_CONFIG_MAINT, 4 },
                   { ADMIN_FORCED_DRAIN, 8 }, { ADMIN_INHERITED_DRAIN, 16 }, { ADMIN_RESOLVE_MAINT, 32 },
                   { ADMIN_NAME_CHANGED, 64 } };

unsigned server_past_admin(const struct server *server)
{
    unsigned out = 0;
    for (size_t i = 0; i < COUNT_OF(admin_bits); i++)
        if (server->admin & admin_bits[i].ours)
            out |= admin_bits[i].theirs;
    return out;
}

/* What is inherited follows from others, and what is for want of an address from that. */
static bool read_admin(int64_t theirs, unsigned *out)
{
    *out = 0;
    if (theirs & ~(int64_t)127)
        return false;
    for (size_t i = 0; i < COUNT_OF(admin_bits); i++)
        if (theirs & admin_bits[i].theirs)
            *out |= admin_bits[i].ours;
    return (*out & (ADMIN_FORCED_MAINT | ADMIN_FORCED_DRAIN)) != (ADMIN_FORCED_MAINT | ADMIN_FORCED_DRAIN);
}

/* ---- one line ---- */

static const struct {
    enum server_past_column column;
    const char *name;
    int64_t low, high;
} numbers[] = {
    { PAST_STATE, "srv_op_state", SERVER_STOPPED, SERVER_STOPPING },
    { PAST_ADMIN, "srv_admin_state", 0, INT32_MAX },
    { PAST_WEIGHT, "srv_uweight", 0, 256 },
    { PAST_INITIAL_WEIGHT, "srv_iweight", 0, 256 },
    { PAST_SINCE, "srv_last_time_change", 0, INT64_MAX },
    { PAST_CHECK_STATUS, "srv_check_status", 0, CHECK_STATUS_COUNT - 1 },
    { PAST_CHECK_RESULT, "srv_check_result", 0, CHECK_RESULT_CONDITIONAL },
    { PAST_HEALTH, "srv_check_health", INT32_MIN, INT32_MAX },
    { PAST_CHECK_BITS, "srv_check_state", 0, CHECK_BITS },
    { PAST_AGENT_BITS, "srv_agent_state", 0, CHECK_BITS },
    { PAST_BACKEND_FORCED, "bk_f_forced_id", 0, 1 },
    { PAST_SERVER_FORCED, "srv_f_forced_id", 0, 1 },
    { PAST_PORT, "srv_port", 0, 65535 },
    { PAST_SSL, "srv_use_ssl", -1, 1 },
    { PAST_CHECK_PORT, "srv_check_port", 0, 65535 },
    { PAST_AGENT_PORT, "srv_agent_port", 0, 65535 },
};

static void wrong(struct buf *problems, const char *name, struct str value)
{
    buf_printf(problems, ", invalid %s value '%.*s'", name, STR_ARG(value));
}

static bool is_host(struct str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!ascii_alpha(name.data[i]) && !ascii_digit(name.data[i]) && !strchr("_-.:", name.data[i]))
            return false;
    return name.size <= 255;
}

/* NULL: "-". */
static const char *read_name(struct arena *arena, struct str name)
{
    return name.data[0] == '-' ? NULL : arena_need_copy(arena, name);
}

static void read_ip(const struct server_past_line *line, enum server_past_column column, const char *name,
                    struct addr *out, struct buf *problems)
{
    out->family = ADDR_NONE;
    if (column < line->count && !str_eq(line->columns[column], STR("-")) &&
        !addr_parse_ip(line->columns[column], out))
        wrong(problems, name, line->columns[column]);
}

struct server_past *server_past_read(const struct server_past_line *line, struct arena *arena,
                                     struct buf *problems)
{
    int64_t values[PAST_COUNT] = { 0 };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        enum server_past_column column = numbers[i].column;
        if (column < line->count &&
            !units_parse_int(line->columns[column], numbers[i].low, numbers[i].high, &values[column]))
            wrong(problems, numbers[i].name, line->columns[column]);
    }
    struct server_past *past = arena_need(arena, sizeof(*past));
    *past = (struct server_past){
        .state = (enum server_state)values[PAST_STATE],
        .weight = values[PAST_WEIGHT],
        .initial_weight = values[PAST_INITIAL_WEIGHT],
        .since_s = (uint64_t)values[PAST_SINCE],
        .status = values[PAST_CHECK_STATUS],
        .result = values[PAST_CHECK_RESULT],
        .health = values[PAST_HEALTH],
        .check_bits = values[PAST_CHECK_BITS],
        .agent_bits = values[PAST_AGENT_BITS],
        .says_ssl = PAST_SSL < line->count,
        .ssl = values[PAST_SSL],
        .port = (uint16_t)values[PAST_PORT],
        .check_port = values[PAST_CHECK_PORT],
        .agent_port = values[PAST_AGENT_PORT],
    };
    if (!read_admin(values[PAST_ADMIN], &past->admin))
        wrong(problems, "srv_admin_state", line->columns[PAST_ADMIN]);
    struct str host = line->columns[PAST_FQDN];
    past->host = read_name(arena, host);
    past->service = read_name(arena, line->columns[PAST_SERVICE]);
    if (past->host && !is_host(host))
        wrong(problems, "srv_fqdn", host);
    if (!addr_parse_ip(line->columns[PAST_ADDR], &past->addr))
        past->addr.family = ADDR_NONE;
    past->addr.port = past->port;
    read_ip(line, PAST_CHECK_ADDR, "srv_check_addr", &past->check, problems);
    read_ip(line, PAST_AGENT_ADDR, "srv_agent_addr", &past->agent, problems);
    return problems->size ? NULL : past;
}

/* ---- taking it up ---- */

static void note(struct engine *engine, const struct server *server, const char *what)
{
    diag_config(engine->configuration->diag, DIAG_WARNING, (struct diag_place){ 0 }, "Server %s/%s %s.",
                server->proxy->name, server->name, what);
}

/* A server that nobody checks would never come back: only a check may have it begin as down. */
static void take_health(struct engine *engine, struct server *server, const struct server_past *past)
{
    struct check *check = check_of(server->check), *agent = check_of(server->agent);
    int64_t rise = check ? check->rise : 1, full = check ? check->rise + check->fall - 1 : 1, health = full;
    server->state = past->state;
    switch (past->state) {
    case SERVER_STOPPED:
        if (!check && !agent)
            server->state = SERVER_RUNNING;
        else
            health = 0;
        break;
    case SERVER_STARTING:
        if (!server->settings.slowstart)
            server->state = SERVER_RUNNING;
        break;
    case SERVER_STOPPING:
        if (check)
            health = past->health >= rise && past->health < full ? past->health : rise;
        break;
    case SERVER_RUNNING:
        break;
    }
    if (check)
        check->health = health;
    if (server->state == SERVER_STOPPED)
        note(engine, server, "is DOWN, changed from server-state after a reload");
    else if (server->state == SERVER_STOPPING)
        note(engine, server, "is stopping, changed from server-state after a reload");
}

/* `disabled` says what holds when it came or went; else the hand that set or took maintenance does. Drain is kept,
 * unless it was only the configuration's weight of 0. */
static void take_admin(struct engine *engine, struct server *server, const struct server_past *past)
{
    bool was_forced = past->admin & ADMIN_FORCED_MAINT;
    if (((past->admin ^ server->admin) & ADMIN_CONFIG_MAINT) == 0) {
        if (was_forced)
            server->admin |= ADMIN_FORCED_MAINT;
        else
            server->admin &= ~(unsigned)ADMIN_FORCED_MAINT;
    }
    if ((past->admin & ADMIN_FORCED_DRAIN) && !(server->admin & ADMIN_FORCED_MAINT) &&
        (past->initial_weight > 0 || server->settings.weight == 0)) {
        server->admin |= ADMIN_FORCED_DRAIN;
        note(engine, server, "remains in forced drain mode");
    }
    if ((server->admin & ADMIN_FORCED_MAINT) && !(server->admin & ADMIN_CONFIG_MAINT))
        note(engine, server, "remains in forced maintenance");
}

static void take_check(struct check *check, int64_t bits, const struct addr *addr, int64_t port)
{
    if (!check)
        return;
    if (addr->family != ADDR_NONE)
        check->addr = *addr;
    if (port)
        check->port = (uint16_t)port;
    if ((bits & CHECK_BIT_CONFIGURED) && !(bits & CHECK_BIT_ENABLED))
        check_enable(check, false);
}

/* A name given by hand is kept until the configuration says the same; a target as long as the service is the same. */
static void take_name(struct engine *engine, struct server *server, const struct server_past *past)
{
    const char *service = server_resolve_service(server), *host = server->addr.host;
    if (!past->host)
        return;
    if (service) {
        if (past->service && strcmp(service, past->service) == 0)
            server_resolve_resume(server, past->host, &past->addr);
        return;
    }
    if ((past->admin & ADMIN_NAME_CHANGED) && !(host && strcmp(host, past->host) == 0) &&
        server_resolve_rename(engine, server, past->host))
        server->admin |= ADMIN_NAME_CHANGED;
}

static void take_past(struct engine *engine, struct server *server)
{
    const struct server_past *past = server->past;
    struct check *check = check_of(server->check);
    take_name(engine, server, past);
    take_admin(engine, server, past);
    if (!server->tracked && !(server->admin & ADMIN_MAINT))
        take_health(engine, server, past);
    server->last_change_ns = engine_now(engine) - past->since_s * NS_PER_S;
    if (check) {
        check->status = (enum check_status)past->status;
        check->result = (enum check_result)past->result;
    }
    take_check(check, past->check_bits, &past->check, past->check_port);
    take_check(check_of(server->agent), past->agent_bits, &past->agent, past->agent_port);
    if (past->initial_weight == server->settings.weight)
        server->weight_now = past->weight;
    if (past->says_ssl && server->tls) {
        server->settings.no_ssl = past->ssl < 0;
        server->settings.ssl = past->ssl == 1;
        server->settings.ssl_ready = true;
    }
}

/* Administration that others hand down, health that is another's, and what the checks make of it. */
static void settle(struct engine *engine, struct server *server)
{
    const struct server *root = server_status_root(server);
    struct check *check = check_of(server->check);
    if (root != server)
        server->state = root->state;
    for (const struct server *each = server->tracked; each; each = each->tracked)
        server->admin |= (each->admin & ADMIN_MAINT ? (unsigned)ADMIN_INHERITED_MAINT : 0) |
                         (each->admin & ADMIN_DRAIN ? (unsigned)ADMIN_INHERITED_DRAIN : 0);
    bool maint = server->admin & ADMIN_MAINT;
    if (maint)
        server->state = SERVER_STOPPED;
    if (check) {
        check_pause(check, maint);
        check->health = maint ? 0 : check->health;
    }
    if (server->state == SERVER_STOPPED) {
        server->down_since_ns = server->last_change_ns;
        server->counters.down_transitions += !maint && root == server;
    }
    server_status_changed(engine, server);
}

static void note_backend(struct engine *engine, struct proxy *backend)
{
    struct server_status_sums sums = server_status_sums(backend);
    if (sums.active || sums.backup)
        return;
    backend->down_since_ns = engine_now(engine);
    diag_say(engine->configuration->diag, DIAG_ALERT, "%s '%s' has no server available!",
             proxy_type_name(backend), backend->name);
}

void server_past_apply(struct engine *engine)
{
    struct proxy *proxies = engine->configuration->proxies;
    for (struct proxy *proxy = proxies; proxy; proxy = proxy->next)
        for (struct server *server = proxy->servers; server; server = server->next)
            if (server->past)
                take_past(engine, server);
    for (struct proxy *proxy = proxies; proxy; proxy = proxy->next) {
        bool changed = false;
        for (struct server *server = proxy->servers; server; server = server->next) {
            if (server->past || server->tracked)
                settle(engine, server);
            changed = changed || server->past;
        }
        if (changed)
            note_backend(engine, proxy);
    }
}
