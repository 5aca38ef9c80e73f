/* Fetches about backends, servers and tables, wherever the rule stands (manual 7.3.2). */
#include "fetches/fetches.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "sample/sample_args.h"
#include "stream/stream.h"
#include "table/stick_table.h"

static const struct proxy *backend_of(const struct sample_args *args, const struct sample_context *context)
{
    return args->count ? args->list[0].proxy : context->proxy;
}

static int64_t queued(const struct proxy *backend)
{
    int64_t count = backend->queue_count;
    for (const struct server *server = backend->servers; server; server = server->next)
        count += server->queue_count;
    return count;
}

static bool uses_backups(const struct proxy *backend)
{
    for (const struct server *server = backend->servers; server; server = server->next) {
        if (server_takes_new(server) && !server->settings.backup)
            return false;
    }
    return true;
}

static int64_t active_servers(const struct proxy *backend)
{
    int64_t count = 0;
    bool backups = uses_backups(backend);
    for (const struct server *server = backend->servers; server; server = server->next)
        count += server_takes_new(server) && server->settings.backup == backups;
    return backups && count && !backend->settings.all_backups ? 1 : count;
}

static bool fetch_avg_queue(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const struct proxy *backend = backend_of(args, context);
    int64_t waiting = queued(backend), active = active_servers(backend);
    *out = sample_int(active ? (waiting + active - 1) / active : waiting * 2);
    return true;
}

/* -1: a server that takes clients has no limit. */
static bool fetch_be_conn_free(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    const struct proxy *backend = backend_of(args, context);
    bool backups = uses_backups(backend);
    int64_t room = 0;
    for (const struct server *server = backend->servers; server; server = server->next) {
        if (!server_usable(server) || server->settings.backup != backups)
            continue;
        if (server->settings.maxconn <= 0) {
            room = -1;
            break;
        }
        if (server->settings.maxconn > server->current)
            room += server->settings.maxconn - server->current;
        if (backups && !backend->settings.all_backups)
            break;
    }
    *out = sample_int(room);
    return true;
}

/* -1: a server has no limit of connections or of its queue. */
static bool fetch_connslots(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    int64_t slots = 0;
    for (const struct server *server = backend_of(args, context)->servers; server; server = server->next) {
        if (!server_usable(server))
            continue;
        if (server->settings.maxconn <= 0 || server->settings.maxqueue <= 0) {
            slots = -1;
            break;
        }
        slots += server->settings.maxconn - server->current + server->settings.maxqueue - server->queue_count;
    }
    *out = sample_int(slots);
    return true;
}

static bool fetch_srv_conn_free(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    const struct server *server = args->list[0].server;
    (void)context;
    int64_t room = server->settings.maxconn - server->current;
    *out = sample_int(server->settings.maxconn <= 0 ? -1 : room > 0 ? room : 0);
    return true;
}

static bool fetch_srv_queue(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    (void)context;
    *out = sample_int(args->list[0].server->queue_count);
    return true;
}

static bool fetch_srv_sess_rate(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    if (!context->engine)
        return false;
    *out = sample_int(rate_read(&args->list[0].server->counters.session_rate, engine_now(context->engine)));
    return true;
}

static bool fetch_srv_iweight(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    (void)context;
    *out = sample_int(args->list[0].server->settings.weight);
    return true;
}

static bool fetch_srv_uweight(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    (void)context;
    *out = sample_int(args->list[0].server->weight_now);
    return true;
}

static bool fetch_srv_weight(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    if (!context->engine)
        return false;
    unsigned scaled = server_weight_at(args->list[0].server, engine_now(context->engine));
    *out = sample_int((scaled + SERVER_WEIGHT_SCALE - 1) / SERVER_WEIGHT_SCALE);
    return true;
}

static bool fetch_fe_defbe(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct proxy *frontend = context->session ? context->session->frontend : NULL;
    (void)args;
    if (!frontend || !frontend->default_backend)
        return false;
    *out = sample_text(str_of(frontend->default_backend->name));
    return true;
}

static bool fetch_dst_conn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    if (!context->session || !context->session->bind)
        return false;
    *out = sample_int(context->session->bind->current);
    return true;
}

static bool fetch_table_used(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    (void)context;
    *out = sample_int((int64_t)stick_table_used(args->list[0].table));
    return true;
}

static bool fetch_table_free(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct stick_table *table = args->list[0].table;
    (void)context;
    *out = sample_int((int64_t)(stick_table_options(table)->size - stick_table_used(table)));
    return true;
}

/* clang-format off */
const struct fetch_row fetch_server_rows[] = {
    { "avg_queue",     fetch_avg_queue,     "backend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "be_conn_free",  fetch_be_conn_free,  "backend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "connslots",     fetch_connslots,     "backend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "dst_conn",      fetch_dst_conn,      "",         SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fe_defbe",      fetch_fe_defbe,      "",         SAMPLE_STR,  AT_CLIENT, NULL, NULL },
    { "srv_conn_free", fetch_srv_conn_free, "server",   SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "srv_iweight",   fetch_srv_iweight,   "server",   SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "srv_queue",     fetch_srv_queue,     "server",   SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "srv_sess_rate", fetch_srv_sess_rate, "server",   SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "srv_uweight",   fetch_srv_uweight,   "server",   SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "srv_weight",    fetch_srv_weight,    "server",   SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "table_avl",     fetch_table_free,    "table",    SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "table_cnt",     fetch_table_used,    "table",    SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { 0 },
};
/* clang-format on */
