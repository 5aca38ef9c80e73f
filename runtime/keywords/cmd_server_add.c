/* add server, del server and a server's new name: commands that read the configuration's own words (management manual
 * 9.3). The memory of a server that is gone stays with the configuration, so that nobody can be left with a pointer. */
#include "admin/cmd_server.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "keywords/kw_common.h"
#include "keywords/kw_server.h"
#include "proxy/balance_row.h"
#include "stream/persist_cookie.h"
#include "stream/server_conn.h"
#include "stream/stream.h"
#include "tls/tls_client.h"

/* ---- add ---- */

static void to_answer(void *data, enum diag_level level, struct str message)
{
    struct cli_command *command = data;
    size_t at = str_find(message, STR("] : "));
    (void)level;
    buf_add(command->out, at == STR_NOT_FOUND ? message : str_from(message, at + 4));
    buf_add_char(command->out, '\n');
}

static bool is_fit(struct cli_command *command, struct proxy *backend, const char *name)
{
    const struct balance_row *balance = backend->settings.balance;
    const char *bad = kw_bad_name_char(name);
    if (bad)
        cli_error(command, "character '%c' is not permitted in server name '%s'.", *bad, name);
    else if (!balance || (balance->traits & BALANCE_FIXED_WEIGHT))
        cli_error(command, "backend '%s' uses a non dynamic load balancing method", backend->name);
    else if (proxy_server(backend, name))
        cli_error(command, "Already exists a server with the same name in backend.");
    else if (!cli_arg(command, 1)[0])
        cli_error(command, "'server' expects <name> and <addr>[:<port>] as arguments.");
    else
        return true;
    return false;
}

static bool follow(struct cli_command *command, struct server *server)
{
    struct str rest = str_of(server->settings.track), first = str_split(&rest, '/');
    char name[256];
    struct proxy *backend = server->proxy;
    if (!first.size)
        return true;
    if (rest.data) {
        (void)str_to_c(first, name, sizeof(name));
        backend = proxy_find(command->configuration, name, PROXY_BACK);
        first = rest;
    }
    struct server *tracked = backend ? dict_get(&backend->servers_by_name, first) : NULL;
    const char *problem = !tracked           ? "for tracking as it does not exist."
                          : tracked->dynamic ? "for tracking as it is a dynamic server."
                          : !tracked->settings.check && !tracked->settings.agent_check && !tracked->tracked
                              ? "for tracking as it does not have any check nor agent enabled."
                              : NULL;
    if (problem) {
        cli_error(command, "'server %s/%s' : unable to use %s %s", server->proxy->name, server->name,
                  server->settings.track, problem);
        return false;
    }
    server->tracked = tracked;
    tracked->referenced = true;
    server->next_tracker = tracked->trackers;
    tracked->trackers = server;
    if (tracked->admin & ADMIN_MAINT)
        server->admin |= ADMIN_INHERITED_MAINT;
    return true;
}

static void unlink_server(struct server *server)
{
    struct server **tracker = server->tracked ? &server->tracked->trackers : NULL;
    while (tracker && *tracker && *tracker != server)
        tracker = &(*tracker)->next_tracker;
    if (tracker && *tracker)
        *tracker = server->next_tracker;
    struct proxy *backend = server->proxy;
    struct server **at = &backend->servers, *last = NULL;
    while (*at != server) {
        last = *at;
        at = &(*at)->next;
    }
    *at = server->next;
    if (backend->last_server == server)
        backend->last_server = last;
    backend->server_count--;
    (void)dict_remove(&backend->servers_by_name, str_of(server->name));
}

static bool speak_tls(struct cli_command *command, struct server *server)
{
    struct buf error = BUF_INIT;
    bool good = configuration_tls_server(command->configuration, server, &error);
    if (!good)
        cli_error(command, "'server %s/%s' : %s", server->proxy->name, server->name,
                  error.data ? error.data : "out of memory");
    buf_finish(&error);
    return good;
}

/* It begins in maintenance, with its checks switched off. */
static bool take_in(struct cli_command *command, struct server *server)
{
    struct proxy *backend = server->proxy;
    const struct balance_row *balance = backend->settings.balance;
    int highest = 0;
    server->dynamic = true;
    for (const struct server *each = backend->servers; each; each = each->next)
        highest = each->id > highest ? each->id : highest;
    if (!server->id)
        server->id = highest + 1;
    server->admin |= ADMIN_FORCED_MAINT;
    server->state = SERVER_STOPPED;
    server->last_change_ns = engine_now(command->engine);
    list_init(&server->queue);
    list_init(&server->idle);
    if (!speak_tls(command, server) || !follow(command, server) || !check_create(command->engine, server))
        return false;
    struct check *checks[] = { check_of(server->check), check_of(server->agent) };
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (checks[i])
            checks[i]->enabled = false;
    if (balance->server_added && !balance->server_added(backend, server)) {
        cli_error(command, "out of memory");
        return false;
    }
    persist_cookie_prepare(backend);
    server_status_changed(command->engine, server);
    return true;
}

static void run_add(struct cli_command *command)
{
    struct str rest = str_of(cli_arg(command, 0)), part = str_split(&rest, '/');
    struct configuration *configuration = command->configuration;
    char name[256];
    if (!part.size || !rest.size) {
        cli_error(command, "Require 'backend/server'.");
        return;
    }
    (void)str_to_c(part, name, sizeof(name));
    struct proxy *backend = proxy_find(configuration, name, PROXY_BACK);
    if (!backend) {
        cli_error(command, "No such backend.");
        return;
    }
    if (!is_fit(command, backend, rest.data))
        return;
    const char **words = arena_zero(&command->stream->arena, (command->count + 1) * sizeof(const char *));
    if (!words) {
        cli_error(command, "out of memory");
        return;
    }
    unsigned count = 0;
    words[count++] = "server";
    words[count++] = rest.data;
    for (unsigned i = 1; i < cli_arg_count(command); i++)
        words[count++] = cli_arg(command, i);
    struct diag diag = { .sink = to_answer, .sink_data = command };
    struct cfg_reader reader;
    cfg_reader_init(&reader, &configuration->words, configuration->platform, &diag, &configuration->arena,
                    configuration, &configuration->world);
    struct cfg_line line = { .reader = &reader,
                             .place = { "CLI", 0 },
                             .section = IN_BACKEND,
                             .target = backend,
                             .words = words,
                             .count = count,
                             .keyword_words = 1 };
    struct server *server = NULL;
    bool good = kw_server_read(&line, &server);
    cfg_reader_finish(&reader);
    if (!good)
        return;
    if (!take_in(command, server)) {
        check_destroy(server);
        unlink_server(server);
        return;
    }
    server_status_tell(command->engine, server, SERVER_EVENT_ADD);
    cli_say(command, CLI_INFO, "New server registered.");
}

/* ---- del ---- */

static void run_del(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (!server)
        return;
    if (server->referenced) {
        cli_error(
            command,
            "This server cannot be removed at runtime due to other configuration elements pointing to it.");
        return;
    }
    if (!(server->admin & ADMIN_MAINT)) {
        cli_error(command, "Only servers in maintenance mode can be deleted.");
        return;
    }
    server_conn_purge(server);
    if (server->current || server->used_connections || server->queue_count) {
        cli_error(command, "Server still has connections attached to it, cannot remove it.");
        return;
    }
    check_destroy(server);
    unlink_server(server);
    if (server->tls)
        tls_client_destroy(server->tls); /* nobody is connected; its certificate may be deleted now */
    server->tls = NULL;
    server_status_changed(command->engine, server);
    server_status_tell(command->engine, server, SERVER_EVENT_DEL);
    cli_say(command, CLI_INFO, "Server deleted.");
}

/* clang-format off */
const struct command_row cmd_server_add_rows[] = {
    { "add server", CLI_ADMIN, "add server <bk>/<srv>                   : create a new server", run_add, NULL },
    { "del server", CLI_ADMIN, "del server <bk>/<srv>                   : remove a dynamically added server", run_del, NULL },
    { 0 },
};
/* clang-format on */
