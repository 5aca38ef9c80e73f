/* Fields of the process: `show info`, haproxy_process_* (management manual 9.3 "show info"). */
#include "admin/stat_fields.h"
#include "base/arena.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "stream/engine.h"
#include "tls/tls_library.h"

static const struct globals *globals_of(const struct stat_object *object)
{
    return &object->engine->configuration->globals;
}

static struct platform *platform_of(const struct stat_object *object)
{
    return loop_platform(object->engine->loop);
}

static bool number(struct stat_value *out, int64_t value)
{
    out->number = value;
    return true;
}

#define GETTER(name)                                                                                         \
    static bool name(const struct stat_object *object, const struct stat_row *row, struct stat_value *out)

/* What there is none of in this engine, such as compression limits or peers. */
GETTER(none)
{
    (void)object, (void)row;
    return number(out, 0);
}

GETTER(one)
{
    (void)object, (void)row;
    return number(out, 1);
}

GETTER(name)
{
    (void)object, (void)row;
    out->text = STR("HAProxy");
    return true;
}

GETTER(version)
{
    (void)row;
    out->text = str_of(object->engine->configuration->world.version);
    return true;
}

GETTER(release_date)
{
    (void)object, (void)row;
    out->text = STR("2026/11/01");
    return true;
}

GETTER(thread_count)
{
    (void)row;
    int64_t count = globals_of(object)->thread_count;
    return number(out, count ? count : 1);
}

GETTER(pid)
{
    (void)row;
    struct platform *platform = platform_of(object);
    return number(out, platform->ops->pid(platform));
}

static uint64_t up_seconds(const struct stat_object *object)
{
    return (engine_now(object->engine) - object->engine->configuration->start_ns) / NS_PER_S;
}

GETTER(uptime)
{
    (void)row;
    uint64_t up = up_seconds(object);
    out->text = arena_printf(object->scratch, "%llud %lluh%02llum%02llus", (unsigned long long)(up / 86400),
                             (unsigned long long)(up / 3600 % 24), (unsigned long long)(up / 60 % 60),
                             (unsigned long long)(up % 60));
    return out->text.data != NULL;
}

GETTER(uptime_s)
{
    (void)row;
    return number(out, (int64_t)up_seconds(object));
}

GETTER(start_time)
{
    (void)row;
    return number(out, object->engine->configuration->start_wall_ns / (int64_t)NS_PER_S);
}

GETTER(descriptors)
{
    (void)row;
    struct platform *platform = platform_of(object);
    return number(out, (int64_t)platform->ops->descriptor_limit(platform, 0));
}

GETTER(maxconn)
{
    (void)row;
    return number(out, globals_of(object)->maxconn);
}

GETTER(hard_maxconn)
{
    (void)row;
    return number(out, object->engine->configuration->maxconn_at_start);
}

GETTER(connections)
{
    (void)row;
    return number(out, object->engine->configuration->current_connections);
}

GETTER(counter)
{
    const char *base = (const char *)&object->engine->configuration->counters;
    return number(out, (int64_t) * (const uint64_t *)(const void *)(base + row->offset));
}

GETTER(counter32)
{
    const char *base = (const char *)&object->engine->configuration->counters;
    return number(out, *(const uint32_t *)(const void *)(base + row->offset));
}

GETTER(rate)
{
    const char *base = (const char *)&object->engine->configuration->counters;
    const struct rate *events = (const struct rate *)(const void *)(base + row->offset);
    return number(out, rate_read(events, engine_now(object->engine)));
}

#define TLS(field) offsetof(struct tls_rates, field)

GETTER(tls_connections)
{
    const struct tls_library *library = object->engine->configuration->tls;
    (void)row;
    return number(out, library ? (int64_t)library->counters.current : 0);
}

GETTER(tls_connections_total)
{
    const struct tls_library *library = object->engine->configuration->tls;
    (void)row;
    return number(out, library ? (int64_t)(library->counters.front + library->counters.back) : 0);
}

GETTER(tls_rate_max)
{
    const char *base = (const char *)&object->engine->configuration->tls_rates;
    return number(out, *(const uint32_t *)(const void *)(base + row->offset));
}

GETTER(tls_rate)
{
    const char *base = (const char *)&object->engine->configuration->tls_rates;
    const struct rate *events = (const struct rate *)(const void *)(base + row->offset);
    return number(out, rate_read(events, engine_now(object->engine)));
}

GETTER(tls_reuse_percent)
{
    const struct tls_rates *counters = &object->engine->configuration->tls_rates;
    uint64_t now = engine_now(object->engine);
    int64_t all = rate_read(&counters->clients, now), keys = rate_read(&counters->client_keys, now);
    (void)row;
    return number(out, all > keys ? (100 * (all - keys) + all / 2) / all : 0);
}

GETTER(global_number)
{
    const char *base = (const char *)globals_of(object);
    return number(out, *(const int64_t *)(const void *)(base + row->offset));
}

GETTER(memory_bytes)
{
    (void)row;
    return number(out, globals_of(object)->memory_mb << 20);
}

GETTER(maxconn_reached)
{
    (void)row;
    return number(out, (int64_t)object->engine->configuration->maxconn_reached);
}

GETTER(warnings)
{
    (void)row;
    return number(out, (int64_t)object->engine->configuration->diag->warnings);
}

GETTER(bytes_out_rate)
{
    (void)row;
    return number(out, 32 * (int64_t)rate_read(&object->engine->configuration->bytes_out_32,
                                               engine_now(object->engine)));
}

GETTER(connection_rate_limit)
{
    (void)row;
    return number(out, globals_of(object)->maxconn_rate);
}

GETTER(session_rate_limit)
{
    (void)row;
    return number(out, globals_of(object)->session_rate);
}

GETTER(tls_rate_limit)
{
    (void)row;
    return number(out, globals_of(object)->ssl_rate);
}

static uint64_t pool_bytes(const struct stat_object *object, bool used)
{
    uint64_t sum = 0;
    for (const struct engine *engine = object->engine->first; engine; engine = engine->next) {
        const struct pool *pools[] = { &engine->buffers, &engine->bulk_buffers, &engine->sessions,
                                       &engine->server_conns };
        for (size_t i = 0; i < COUNT_OF(pools); i++)
            sum += pools[i]->object_size * (pools[i]->used_count + (used ? 0 : pools[i]->free_count));
    }
    return sum;
}

GETTER(pool_allocated)
{
    (void)row;
    return number(out, (int64_t)pool_bytes(object, false));
}

GETTER(pool_used)
{
    (void)row;
    return number(out, (int64_t)pool_bytes(object, true));
}

GETTER(pool_allocated_mb)
{
    (void)row;
    return number(out, (int64_t)(pool_bytes(object, false) >> 20));
}

GETTER(pool_used_mb)
{
    (void)row;
    return number(out, (int64_t)(pool_bytes(object, true) >> 20));
}

static int64_t sessions_of(const struct engine *engine)
{
    int64_t count = 0;
    for (engine = engine->first; engine; engine = engine->next)
        count += (int64_t)engine->session_count;
    return count;
}

static int64_t streams_of(const struct engine *engine)
{
    int64_t count = 0;
    for (engine = engine->first; engine; engine = engine->next)
        count += (int64_t)engine->stream_count;
    return count;
}

GETTER(tasks)
{
    (void)row;
    return number(out, sessions_of(object->engine) + streams_of(object->engine));
}

GETTER(run_queue)
{
    (void)row;
    int64_t busy = 0;
    for (const struct engine *engine = object->engine->first; engine; engine = engine->next)
        busy += loop_busy(engine->loop);
    return number(out, busy);
}

GETTER(idle)
{
    (void)row;
    uint64_t all = 0, idle_ns = 0;
    for (const struct engine *engine = object->engine->first; engine; engine = engine->next) {
        const struct loop_counters *counters = loop_counters(engine->loop);
        all += counters->busy_ns + counters->idle_ns;
        idle_ns += counters->idle_ns;
    }
    return number(out, all ? (int64_t)(idle_ns * 100 / all) : 100);
}

GETTER(node)
{
    (void)row;
    const struct globals *globals = globals_of(object);
    const char *node = globals->node_name ? globals->node_name : globals->host_name;
    out->text = str_of(node ? node : "");
    return true;
}

GETTER(description)
{
    (void)row;
    out->text = str_of(globals_of(object)->description);
    return out->text.data != NULL;
}

GETTER(stopping)
{
    (void)row;
    return number(out, object->engine->configuration->stopping);
}

static int64_t listeners_of(const struct engine *engine)
{
    int64_t count = 0;
    LIST_EACH (link, &engine->first->listeners)
        count++;
    return count;
}

GETTER(jobs)
{
    (void)row;
    return number(out, listeners_of(object->engine) + sessions_of(object->engine));
}

GETTER(listeners)
{
    (void)row;
    return number(out, listeners_of(object->engine));
}

GETTER(received_logs)
{
    (void)row;
    return number(out, (int64_t)object->engine->configuration->log_messages);
}

GETTER(dropped_logs)
{
    (void)row;
    int64_t dropped = 0;
    for (const struct engine *engine = object->engine->first; engine; engine = engine->next)
        dropped += (int64_t)log_sender_dropped(engine->log);
    return number(out, dropped);
}

GETTER(streams)
{
    (void)row;
    return number(out, streams_of(object->engine));
}

GETTER(streams_total)
{
    (void)row;
    return number(out, (int64_t)object->engine->configuration->stream_serial);
}

#define P          STAT_PROCESS
#define AT(member) offsetof(struct proxy_counters, member)
#define HOLE                                                                                                 \
    {                                                                                                        \
        "", 0, "", STAT_U32, none, 0, "", NULL                                                               \
    }

/* clang-format off */
const struct stat_row stat_info_fields[] = {
    { "Name",               P, "POS", STAT_STR, name,             0, "Name of the product", NULL },
    { "Version",            P, "POS", STAT_STR, version,          0, "Version of the language that is understood", NULL },
    { "Release_date",       P, "POS", STAT_STR, release_date,     0, "Day of the version", NULL },
    { "Nbthread",           P, "CGS", STAT_U32, thread_count,     0, "Threads", "nbthread" },
    { "Nbproc",             P, "CGS", STAT_U32, one,              0, "Processes, always 1", "nbproc" },
    { "Process_num",        P, "KGP", STAT_U32, one,              0, "Number of this process, always 1", "relative_process_id" },
    { "Pid",                P, "SGP", STAT_U32, pid,              0, "Process id", NULL },
    { "Uptime",             P, "MDP", STAT_STR, uptime,           0, "Time since start", NULL },
    { "Uptime_sec",         P, "MDP", STAT_U32, uptime_s,         0, "Seconds since start", "uptime_seconds" },
    { "Memmax_MB",          P, "CLP", STAT_U32, global_number,             offsetof(struct globals, memory_mb), "Limit of memory in MB, 0 for none", NULL },
    { "PoolAlloc_MB",       P, "MGP", STAT_U32, pool_allocated_mb, 0, "MB that pools hold", NULL },
    { "PoolUsed_MB",        P, "MGP", STAT_U32, pool_used_mb,     0, "MB of pools in use", NULL },
    { "PoolFailed",         P, "MCP", STAT_U32, none,             0, "Pool allocations that failed", "pool_failures_total" },
    { "Ulimit-n",           P, "CLP", STAT_U32, descriptors,      0, "Limit of descriptors", "max_fds" },
    { "Maxsock",            P, "CLP", STAT_U32, descriptors,      0, "Limit of sockets", "max_sockets" },
    { "Maxconn",            P, "CLP", STAT_U32, maxconn,          0, "Limit of connections", "max_connections" },
    { "Hard_maxconn",       P, "CLP", STAT_U32, hard_maxconn,     0, "Limit of connections at start", "hard_max_connections" },
    { "CurrConns",          P, "MGP", STAT_U32, connections,      0, "Connections now", "current_connections" },
    { "CumConns",           P, "MCP", STAT_U32, counter,          AT(connections_total), "Connections since start", "connections_total" },
    { "CumReq",             P, "MCP", STAT_U32, counter,          AT(http_requests), "Requests since start", "requests_total" },
    { "MaxSslConns",        P, "MMP", STAT_U32, global_number,             offsetof(struct globals, maxsslconn), "Limit of TLS connections, 0 for none", "max_ssl_connections" },
    { "CurrSslConns",       P, "MGP", STAT_U32, tls_connections, 0, "TLS connections now", "current_ssl_connections" },
    { "CumSslConns",        P, "MCP", STAT_U32, tls_connections_total, 0, "TLS connections since start", "ssl_connections_total" },
    { "Maxpipes",           P, "CLP", STAT_U32, none,             0, "Limit of pipes", "max_pipes" },
    { "PipesUsed",          P, "MGP", STAT_U32, none,             0, "Pipes in use", "pipes_used_total" },
    { "PipesFree",          P, "MGP", STAT_U32, none,             0, "Pipes kept", "pipes_free_total" },
    { "ConnRate",           P, "MRP", STAT_U32, rate,             AT(connection_rate), "Connections in the last second", "current_connection_rate" },
    { "ConnRateLimit",      P, "CLP", STAT_U32, connection_rate_limit, 0, "Limit of connections a second: maxconnrate", "limit_connection_rate" },
    { "MaxConnRate",        P, "MMP", STAT_U32, counter32,        AT(connection_rate_max), "Most connections seen in a second", "max_connection_rate" },
    { "SessRate",           P, "MRP", STAT_U32, rate,             AT(session_rate), "Sessions in the last second", "current_session_rate" },
    { "SessRateLimit",      P, "CLP", STAT_U32, session_rate_limit, 0, "Limit of sessions a second: maxsessrate", "limit_session_rate" },
    { "MaxSessRate",        P, "MRP", STAT_U32, counter32,        AT(session_rate_max), "Most sessions seen in a second", "max_session_rate" },
    { "SslRate",            P, "MRP", STAT_U32, tls_rate,             TLS(clients), "TLS connections in the last second", "current_ssl_rate" },
    { "SslRateLimit",       P, "CLP", STAT_U32, tls_rate_limit,   0, "Limit of TLS connections a second: maxsslrate", "limit_ssl_rate" },
    { "MaxSslRate",         P, "MMP", STAT_U32, tls_rate_max,             TLS(clients_max), "Most TLS connections seen in a second", "max_ssl_rate" },
    { "SslFrontendKeyRate", P, "MGP", STAT_U32, tls_rate,             TLS(client_keys), "Keys of clients' TLS sessions in the last second", "current_frontend_ssl_key_rate" },
    { "SslFrontendMaxKeyRate", P, "MMP", STAT_U32, tls_rate_max,          TLS(client_keys_max), "Most of them seen in a second", "max_frontend_ssl_key_rate" },
    { "SslFrontendSessionReuse_pct", P, "MGP", STAT_U32, tls_reuse_percent,    0, "Percent of clients' TLS sessions that were resumed", "frontend_ssl_reuse" },
    { "SslBackendKeyRate",  P, "MRP", STAT_U32, tls_rate,             TLS(server_keys), "Keys of servers' TLS sessions in the last second", "current_backend_ssl_key_rate" },
    { "SslBackendMaxKeyRate", P, "MMP", STAT_U32, tls_rate_max,           TLS(server_keys_max), "Most of them seen in a second", "max_backend_ssl_key_rate" },
    { "SslCacheLookups",    P, "MCP", STAT_U32, none,             0, "Look-ups of TLS sessions", "ssl_cache_lookups_total" },
    { "SslCacheMisses",     P, "MCP", STAT_U32, none,             0, "Look-ups of TLS sessions that found none", "ssl_cache_misses_total" },
    { "CompressBpsIn",      P, "MRP", STAT_U32, none,             0, "Bytes given to the compressor in the last second", "http_comp_bytes_in_total" },
    { "CompressBpsOut",     P, "MRP", STAT_U32, none,             0, "Bytes that it made of them", "http_comp_bytes_out_total" },
    { "CompressBpsRateLim", P, "CLP", STAT_U32, none,             0, "Limit of them", "limit_http_comp" },
    HOLE,
    HOLE,
    { "Tasks",              P, "MGP", STAT_U32, tasks,            0, "Sessions and streams", "current_tasks" },
    { "Run_queue",          P, "MGP", STAT_U32, run_queue,        0, "Tasks that could run now", "current_run_queue" },
    { "Idle_pct",           P, "MaP", STAT_U32, idle,             0, "Percent of the time spent waiting", "idle_time_percent" },
    { "node",               P, "COS", STAT_STR, node,             0, "Name of the node", NULL },
    { "description",        P, "COS", STAT_STR, description,      0, "Description of the node", NULL },
    { "Stopping",           P, "MGP", STAT_U32, stopping,         0, "1 while the process stops", "stopping" },
    { "Jobs",               P, "MGP", STAT_U32, jobs,             0, "Listeners and sessions", "jobs" },
    { "Unstoppable Jobs",   P, "MGP", STAT_U32, none,             0, "Jobs that a stop does not wait for", "unstoppable_jobs" },
    { "Listeners",          P, "MGP", STAT_U32, listeners,        0, "Listeners", "listeners" },
    { "ActivePeers",        P, "MGP", STAT_U32, none,             0, "Peers that answered", "active_peers" },
    { "ConnectedPeers",     P, "MGP", STAT_U32, none,             0, "Peers that are connected", "connected_peers" },
    { "DroppedLogs",        P, "MGP", STAT_U32, dropped_logs,     0, "Log lines that could not be sent", "dropped_logs_total" },
    { "BusyPolling",        P, "MGP", STAT_U32, none,             0, "1 with busy-polling", "busy_polling_enabled" },
    { "FailedResolutions",  P, "MGP", STAT_U32, none,             0, "DNS resolutions that failed", "failed_resolutions" },
    { "TotalBytesOut",      P, "MGP", STAT_U64, counter,          AT(bytes_out), "Bytes sent to clients since start", "bytes_out_total" },
    { "TotalSplicedBytesOut", P, "MGP", STAT_U64, none,           0, "Bytes that went through pipes", "spliced_bytes_out_total" },
    { "BytesOutRate",       P, "MRP", STAT_U64, bytes_out_rate,             0, "Bytes sent in the last second", "bytes_out_rate" },
    { "DebugCommandsIssued", P, "MGP", STAT_U32, none,            0, "Debugging commands that were run", NULL },
    { "CumRecvLogs",        P, "MCP", STAT_U32, received_logs,             0, "Log lines received", "recv_logs_total" },
    { "Build info",         P, "POS", STAT_STR, version,          0, "Version", "build_info" },
    { "Memmax_bytes",       P, "CLP", STAT_U32, memory_bytes,             0, "Limit of memory in bytes, 0 for none", "max_memory_bytes" },
    { "PoolAlloc_bytes",    P, "MGP", STAT_U64, pool_allocated,   0, "Bytes that pools hold", "pool_allocated_bytes" },
    { "PoolUsed_bytes",     P, "MGP", STAT_U64, pool_used,        0, "Bytes of pools in use", "pool_used_bytes" },
    { "Start_time_sec",     P, "MDP", STAT_U32, start_time,       0, "Time of start, seconds since 1970", "start_time_seconds" },
    { "Tainted",            P, "SGP", STAT_U32, none,             0, "Features in use that are not meant for production", NULL },
    { "TotalWarnings",      P, "MCP", STAT_U32, warnings,             0, "Warnings since start", "total_warnings" },
    { "MaxconnReached",     P, "MCP", STAT_U32, maxconn_reached,             0, "How often the limit of connections was met", NULL },
    { "BootTime_ms",        P, "MDP", STAT_U32, none,             0, "Milliseconds from start to service", NULL },
    { "Niced_tasks",        P, "MGP", STAT_U32, none,             0, "Runnable tasks with a nice value", NULL },
    { "CurrStreams",        P, "MGP", STAT_U64, streams,          0, "Streams now", NULL },
    { "CumStreams",         P, "MCP", STAT_U64, streams_total,    0, "Streams since start", NULL },
    { 0 },
};
/* clang-format on */
