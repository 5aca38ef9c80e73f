/* show stat, show info, show schema json, clear counters (management manual 9.3). */
#include "admin/cli.h"
#include "admin/stat_dump.h"
#include "base/arena.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/stream.h"

/* ---- show stat ---- */

static enum cli_more stat_more(struct cli_command *command)
{
    struct stat_dump *dump = command->state;
    if (!stat_dump_some(dump, command->out, CLI_PIECE))
        return CLI_MORE;
    if (dump->format == STAT_JSON)
        buf_add_char(command->out, '\n');
    return CLI_DONE;
}

/* "<section> <type> <id>": all three or none. false: no such section (said). */
static bool read_filter(struct cli_command *command, struct stat_walk *walk, unsigned *at)
{
    int64_t sides = -1;
    if (!cli_arg(command, *at + 2)[0])
        return true;
    const char *which = cli_arg(command, *at);
    if (!units_parse_int(str_of(which), -1, INT32_MAX, &walk->proxy_id)) {
        walk->only = proxy_find(command->configuration, which, 0);
        if (!walk->only) {
            cli_error(command, "No such proxy.");
            return false;
        }
    }
    (void)units_read_int(str_of(cli_arg(command, *at + 1)), &sides);
    if (sides >= 0)
        walk->sides = (unsigned)sides;
    if (!units_parse_int(str_of(cli_arg(command, *at + 2)), -1, INT32_MAX, &walk->server_id))
        walk->server_id = -1;
    *at += 3;
    return true;
}

static void run_show_stat(struct cli_command *command)
{
    struct stat_dump *dump = arena_zero(&command->stream->arena, sizeof(*dump));
    unsigned at = 0;
    if (!dump) {
        cli_error(command, "out of memory");
        return;
    }
    stat_walk_start(&dump->walk, command->engine);
    if (strcmp(cli_arg(command, 0), "domain") == 0) {
        if (strcmp(cli_arg(command, 1), "proxy") != 0) {
            cli_error(command, "Invalid statistics domain.");
            return;
        }
        at = 2;
    }
    if (!read_filter(command, &dump->walk, &at))
        return;
    for (; cli_arg(command, at)[0]; at++) {
        const char *word = cli_arg(command, at);
        if (strcmp(word, "typed") == 0)
            dump->format = STAT_TYPED;
        else if (strcmp(word, "json") == 0)
            dump->format = STAT_JSON;
        else if (strcmp(word, "desc") == 0)
            dump->describe = true;
        else if (strcmp(word, "up") == 0)
            dump->hide_down = true;
        else if (strcmp(word, "no-maint") == 0)
            dump->hide_maint = true;
    }
    command->state = dump;
    command->more = stat_more;
}

static void run_show_info(struct cli_command *command)
{
    enum stat_format format = STAT_CSV;
    bool describe = false;
    for (unsigned i = 0; i < cli_arg_count(command); i++) {
        if (strcmp(cli_arg(command, i), "typed") == 0)
            format = STAT_TYPED;
        else if (strcmp(cli_arg(command, i), "json") == 0)
            format = STAT_JSON;
        else if (strcmp(cli_arg(command, i), "desc") == 0)
            describe = true;
    }
    stat_dump_info(command->engine, format, describe, command->out);
    if (format == STAT_JSON)
        buf_add_char(command->out, '\n');
}

static void run_show_schema(struct cli_command *command)
{
    stat_dump_schema(command->out);
    buf_add_char(command->out, '\n');
}

/* ---- clear counters ---- */

static void clear_maxima(struct proxy_counters *counters)
{
    counters->connections_max = counters->sessions_max = counters->queue_max = 0;
    counters->session_rate_max = counters->request_rate_max = counters->connection_rate_max = 0;
    counters->queue_time_max = counters->connect_time_max = counters->response_time_max =
        counters->total_time_max = 0;
}

static void clear(struct proxy_counters *counters, bool all)
{
    if (all)
        *counters = (struct proxy_counters){ 0 };
    else
        clear_maxima(counters);
}

static void clear_proxy(struct proxy *proxy, bool all)
{
    clear(&proxy->front_counters, all);
    clear(&proxy->back_counters, all);
    for (struct server *server = proxy->servers; server; server = server->next)
        clear(&server->counters, all);
    for (struct bind *bind = proxy->binds; bind; bind = bind->next)
        clear(&bind->counters, all);
}

static void run_clear_counters(struct cli_command *command)
{
    bool all = strcmp(cli_arg(command, 0), "all") == 0;
    if (all && !cli_has_level(command, CLI_ADMIN)) {
        buf_add_c(command->out, "Permission denied\n");
        return;
    }
    for (struct proxy *proxy = command->configuration->proxies; proxy; proxy = proxy->next)
        clear_proxy(proxy, all);
    clear(&command->configuration->counters, all);
}

/* clang-format off */
const struct command_row cmd_stat_rows[] = {
    { "clear counters", CLI_OPERATOR, "clear counters [all]                    : clear max statistics counters (or all counters)", run_clear_counters, NULL },
    { "show info", CLI_USER, "show info [desc|json|typed|float]*      : report information about the running process", run_show_info, NULL },
    { "show schema json", CLI_USER, "show schema json                        : report schema used for stats", run_show_schema, NULL },
    { "show stat", CLI_USER, "show stat [desc|json|no-maint|typed|up]*: report counters for each proxy and server", run_show_stat, NULL },
    { 0 },
};
/* clang-format on */
