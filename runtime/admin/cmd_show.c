/* Commands that show the process: show env, pools, activity, ... (management manual 9.3). */
#include "admin/cli.h"
#include "base/arena.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"
#include "stream/engine.h"

static void run_backend(struct cli_command *command)
{
    buf_add_c(command->out, "# name\n");
    for (const struct proxy *proxy = command->configuration->proxies; proxy; proxy = proxy->next)
        if (proxy->sides & PROXY_BACK)
            buf_printf(command->out, "%s\n", proxy->name);
}

static void run_version(struct cli_command *command)
{
    buf_printf(command->out, "%s\n", command->configuration->world.version);
}

static void run_env(struct cli_command *command)
{
    struct platform *platform = command->configuration->platform;
    const char *name = cli_arg(command, 0);
    if (name[0]) {
        const char *value = platform->ops->env_get(platform, name);
        if (value)
            buf_printf(command->out, "%s=%s\n", name, value);
        else
            cli_error(command, "Variable not found");
        return;
    }
    for (size_t i = 0;; i++) {
        const char *line = platform->ops->env_at(platform, i);
        if (!line)
            return;
        buf_printf(command->out, "%s\n", line);
    }
}

static void run_cli_sockets(struct cli_command *command)
{
    static const char *const levels[] = { "operator", "user", "operator", "admin" };
    const struct proxy *cli = command->configuration->cli;
    buf_add_c(command->out, "# socket lvl processes\n");
    for (const struct bind *bind = cli ? cli->binds : NULL; bind; bind = bind->next) {
        char text[ADDR_TEXT_MAX];
        const struct addr *addr = &bind->addr.addr;
        if (bind->addr.fd >= 0) {
            buf_printf(command->out, "sockpair@%d", bind->addr.fd);
        } else {
            size_t size = addr_print(addr, text, sizeof(text));
            const char *prefix = addr->family == ADDR_UNIX   ? "unix@"
                                 : addr->family == ADDR_IPV6 ? "ipv6@"
                                                             : "ipv4@";
            buf_printf(command->out, "%s%.*s", prefix, (int)size, text);
        }
        buf_printf(command->out, " %s all\n", levels[bind->settings.level]);
    }
}

static void put_pool(struct buf *out, const char *name, const struct pool *pool)
{
    uint64_t all = pool->used_count + pool->free_count;
    buf_printf(out, "  - Pool %s (%zu bytes) : %llu allocated (%llu bytes), %llu used, 0 failures, 1 users\n",
               name, pool->object_size, (unsigned long long)all,
               (unsigned long long)(all * pool->object_size), (unsigned long long)pool->used_count);
}

/* Of all workers, as one each. */
static void sum_pools(const struct engine *engine, struct pool sums[4])
{
    for (size_t i = 0; i < 4; i++)
        sums[i] = (struct pool){ 0 };
    for (; engine; engine = engine->next) {
        const struct pool *pools[] = { &engine->buffers, &engine->bulk_buffers, &engine->sessions,
                                       &engine->server_conns };
        for (size_t i = 0; i < COUNT_OF(pools); i++) {
            sums[i].object_size = pools[i]->object_size;
            sums[i].used_count += pools[i]->used_count;
            sums[i].free_count += pools[i]->free_count;
        }
    }
}

static void run_pools(struct cli_command *command)
{
    struct pool pools[4];
    sum_pools(command->engine->first, pools);
    static const char *const names[] = { "buffer", "bulk_buffer", "session", "server_conn" };
    uint64_t allocated = 0, used = 0;
    buf_add_c(command->out, "Dumping pools usage.\n");
    for (size_t i = 0; i < COUNT_OF(pools); i++) {
        put_pool(command->out, names[i], &pools[i]);
        allocated += (pools[i].used_count + pools[i].free_count) * pools[i].object_size;
        used += pools[i].used_count * pools[i].object_size;
    }
    buf_printf(command->out, "Total: %zu pools, %llu bytes allocated, %llu used.\n", COUNT_OF(pools),
               (unsigned long long)allocated, (unsigned long long)used);
}

static struct loop_counters sum_counters(const struct engine *engine)
{
    struct loop_counters sum = { 0 };
    for (; engine; engine = engine->next) {
        const struct loop_counters *one = loop_counters(engine->loop);
        sum.turns += one->turns;
        sum.tasks_run += one->tasks_run;
        sum.timers_fired += one->timers_fired;
        sum.events += one->events;
        sum.busy_ns += one->busy_ns;
        sum.idle_ns += one->idle_ns;
    }
    return sum;
}

static void run_activity(struct cli_command *command)
{
    struct loop_counters sum = sum_counters(command->engine->first);
    const struct loop_counters *counters = &sum;
    int64_t wall = loop_wall(command->engine->loop);
    struct buf *out = command->out;
    buf_printf(out, "thread_id: 1 (1..%lld)\ndate_now: %lld.%06lld\n",
               (long long)command->configuration->globals.thread_count, (long long)(wall / (int64_t)NS_PER_S),
               (long long)(wall % (int64_t)NS_PER_S / 1000));
    buf_printf(out, "tasksw: %llu\nloops: %llu\npoll_io: %llu\ntimers: %llu\n",
               (unsigned long long)counters->tasks_run, (unsigned long long)counters->turns,
               (unsigned long long)counters->events, (unsigned long long)counters->timers_fired);
    buf_printf(out, "busy_us: %llu\nidle_us: %llu\naccepted: %llu\nstream_calls: %llu\n",
               (unsigned long long)(counters->busy_ns / 1000), (unsigned long long)(counters->idle_ns / 1000),
               (unsigned long long)command->configuration->counters.connections_total,
               (unsigned long long)command->configuration->stream_serial);
}

static void run_threads(struct cli_command *command)
{
    unsigned number = 0;
    for (const struct engine *engine = command->engine->first; engine; engine = engine->next)
        buf_printf(command->out, "* Thread %u : act=%d sessions=%llu streams=%llu\n", ++number,
                   loop_busy(engine->loop), (unsigned long long)engine->session_count,
                   (unsigned long long)engine->stream_count);
}

/* Listening sockets; those of sessions are in `show sess`. */
static void run_fd(struct cli_command *command)
{
    for (const struct proxy *proxy = command->configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next) {
            char text[ADDR_TEXT_MAX];
            size_t size = addr_print(&bind->addr.addr, text, sizeof(text));
            buf_printf(command->out, "%7d : l.st=%s fe=%s addr=%.*s\n", bind->heard,
                       proxy->stopped  ? "CLO"
                       : proxy->paused ? "PAU"
                                       : "RDY",
                       proxy->name, (int)size, text);
        }
    }
}

static void run_startup_logs(struct cli_command *command)
{
    if (command->configuration->startup_log.size)
        buf_add(command->out, buf_str(&command->configuration->startup_log));
    else
        buf_add_c(command->out, "\n");
}

/* clang-format off */
const struct command_row cmd_show_rows[] = {
    { "show activity", CLI_USER, "show activity                           : show per-thread activity stats (for support/developers)", run_activity, NULL },
    { "show backend", CLI_USER, "show backend                            : list backends in the current running config", run_backend, NULL },
    { "show cli sockets", CLI_OPERATOR, "show cli sockets                        : dump list of cli sockets", run_cli_sockets, NULL },
    { "show env", CLI_OPERATOR, "show env [var]                          : dump environment variables known to the process", run_env, NULL },
    { "show fd", CLI_OPERATOR, "show fd [num]                           : dump list of file descriptors in use or a specific one", run_fd, NULL },
    { "show pools", CLI_USER, "show pools                              : report information about the memory pools usage", run_pools, NULL },
    { "show startup-logs", CLI_USER, "show startup-logs                       : report logs emitted during startup", run_startup_logs, NULL },
    { "show threads", CLI_USER, "show threads                            : show some threads debugging information", run_threads, NULL },
    { "show version", CLI_USER, "show version                            : show version of the current process", run_version, NULL },
    { 0 },
};
/* clang-format on */
