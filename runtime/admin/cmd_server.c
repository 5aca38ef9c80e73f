/* Commands about servers: set server, weights, states, checks (management manual 9.3). */
#include "admin/cmd_server.h"
#include "base/units.h"
#include "config/cfg_addr.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "proxy/proxy.h"
#include "stream/server_conn.h"
#include "stream/server_resolve.h"
#include "stream/stream.h"

struct server *cmd_server_find(struct cli_command *command, const char *text)
{
    struct str rest = str_of(text), backend = str_split(&rest, '/');
    char name[256];
    if (!rest.size || !backend.size) {
        cli_error(command, "Require 'backend/server'.");
        return NULL;
    }
    (void)str_to_c(backend, name, sizeof(name));
    struct proxy *proxy = proxy_find(command->configuration, name, PROXY_BACK);
    if (!proxy) {
        cli_error(command, "No such backend.");
        return NULL;
    }
    int64_t id = 0;
    struct server *server = proxy_server(proxy, rest.data);
    if (!server && rest.data[0] == '#' && units_parse_int(str_from(rest, 1), 1, INT32_MAX, &id)) {
        server = proxy->servers;
        while (server && server->id != id)
            server = server->next;
    }
    if (!server)
        cli_error(command, "No such server.");
    return server;
}

/* ---- weight and maxconn ---- */

static void run_get_weight(struct cli_command *command)
{
    const struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (server)
        buf_printf(command->out, "%lld (initial %lld)\n", (long long)server->weight_now,
                   (long long)server->settings.weight);
}

static void set_weight(struct cli_command *command, struct server *server, const char *text)
{
    const char *problem = server_status_set_weight(command->engine, server, text);
    if (problem)
        cli_error(command, "%s", problem);
}

static void run_set_weight(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (server)
        set_weight(command, server, cli_arg(command, 1));
}

static void run_set_maxconn(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    struct str text = str_of(cli_arg(command, 1));
    int64_t value;
    if (!server)
        return;
    size_t size = units_read_int(text, &value);
    if (!text.size)
        cli_error(command, "Require <maxconn>.");
    else if (!size)
        cli_error(command, "maxconn string empty or preceded by garbage");
    else if (size < text.size)
        cli_error(command, "Trailing garbage in maxconn string");
    else {
        server->settings.maxconn = value;
        server_status_changed(command->engine, server);
    }
}

/* ---- enable, disable ---- */

static void run_enable_server(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (!server)
        return;
    server_status_clear_admin(command->engine, server, ADMIN_FORCED_MAINT);
    server_status_clear_admin(command->engine, server, ADMIN_FORCED_DRAIN);
}

static void run_disable_server(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (server)
        server_status_set_admin(command->engine, server, ADMIN_FORCED_MAINT, NULL);
}

static void switch_check(struct cli_command *command, bool agent, bool on)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (!server)
        return;
    struct check *check = check_of(agent ? server->agent : server->check);
    if ((!check || !check->configured) && on)
        cli_error(command, agent ? "Agent was not configured on this server, cannot enable."
                                 : "Health check was not configured on this server, cannot enable.");
    else if (check)
        check_enable(check, on);
}

static void run_enable_health(struct cli_command *command)
{
    switch_check(command, false, true);
}

static void run_disable_health(struct cli_command *command)
{
    switch_check(command, false, false);
}

static void run_enable_agent(struct cli_command *command)
{
    switch_check(command, true, true);
}

static void run_disable_agent(struct cli_command *command)
{
    switch_check(command, true, false);
}

/* ---- set server ---- */

static bool new_addr(const struct server *server, const char *text, struct addr *out, struct buf *said)
{
    char before[ADDR_TEXT_MAX], after[ADDR_TEXT_MAX];
    struct addr ip;
    if (!addr_parse_ip(str_of(text), &ip)) {
        buf_printf(said, "Invalid addr '%s'", text);
        return false;
    }
    if (addr_same_ip(&ip, &server->addr.addr)) {
        buf_add_c(said, "no need to change the addr");
        return true;
    }
    size_t old = addr_print_ip(&server->addr.addr, before, sizeof(before));
    size_t fresh = addr_print_ip(&ip, after, sizeof(after));
    if (!addr_is_ip(&server->addr.addr))
        old = str_to_c(STR(""), before, sizeof(before));
    buf_printf(said, "IP changed from '%.*s' to '%.*s'", (int)old, before, (int)fresh, after);
    ip.port = out->port;
    *out = ip;
    return true;
}

static bool new_port(const struct server *server, const char *text, struct addr *out, struct buf *said)
{
    int64_t port = 0;
    size_t size = units_read_int(str_of(text), &port);
    const struct check *check = check_of(server->check);
    bool relative = text[0] == '+' || text[0] == '-';
    if (relative && check && check->configured && !check->port) {
        buf_add_c(said,
                  "can't change <port> to port map because it is incompatible with current health check port "
                  "configuration (use 'port' statement from the 'server' directive.");
        return false;
    }
    if (!size || size != strlen(text)) {
        buf_printf(said, "problem converting port '%s' to an int", text);
        return false;
    }
    if (relative || port < 1 || port > 65535) {
        buf_add_c(said,
                  relative ? "a port map is not supported at run time" : "provided port is out of range");
        return false;
    }
    if (port == server->addr.addr.port) {
        buf_add_c(said, "no need to change the port");
        return true;
    }
    buf_printf(said, "port changed from '%u' to '%lld'", server->addr.addr.port, (long long)port);
    out->port = (uint16_t)port;
    return true;
}

bool cmd_server_move(struct engine *engine, struct server *server, const char *addr, const char *port,
                     struct buf *out)
{
    struct addr to = server->addr.addr;
    size_t begins = out->size;
    bool good = new_addr(server, addr, &to, out);
    if (good && port) {
        buf_add_c(out, ", ");
        size_t ends = out->size;
        good = new_port(server, port, &to, out);
        if (!good) /* then the address stays, too */
            buf_remove(out, begins, ends - begins);
    }
    if (!good)
        return false;
    bool same = addr_same_ip(&to, &server->addr.addr) && to.port == server->addr.addr.port;
    if (same)
        return true;
    server->addr.addr = to;
    server->addr.port_given = server->addr.port_given || to.port;
    server_conn_purge(server); /* idle connections lead to where it was */
    server_status_clear_admin(engine, server, ADMIN_RESOLVE_MAINT);
    server_status_changed(engine, server);
    return true;
}

static void set_addr(struct cli_command *command, struct server *server)
{
    const char *addr = cli_arg(command, 2), *port = NULL;
    if (!addr[0]) {
        cli_error(command, "set server <b>/<s> addr requires an address and optionally a port.");
        return;
    }
    if (strcmp(cli_arg(command, 3), "port") == 0)
        port = cli_arg(command, 4);
    (void)cmd_server_move(command->engine, server, addr, port, command->out);
    buf_add_c(command->out, " by 'stats socket command'\n");
}

static void set_state(struct cli_command *command, struct server *server)
{
    const char *word = cli_arg(command, 2);
    if (strcmp(word, "maint") == 0) {
        server_status_set_admin(command->engine, server, ADMIN_FORCED_MAINT, NULL);
        server_status_clear_admin(command->engine, server, ADMIN_FORCED_DRAIN);
    } else if (strcmp(word, "drain") == 0) {
        server_status_set_admin(command->engine, server, ADMIN_FORCED_DRAIN, NULL);
        server_status_clear_admin(command->engine, server, ADMIN_FORCED_MAINT);
    } else if (strcmp(word, "ready") == 0) {
        server_status_clear_admin(command->engine, server, ADMIN_FORCED_MAINT);
        server_status_clear_admin(command->engine, server, ADMIN_FORCED_DRAIN);
    } else {
        cli_error(command, "'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
    }
}

static void force_health(struct check *check, bool up)
{
    if (check)
        check->health = up ? check->rise + check->fall - 1 : 0;
}

static void set_health(struct cli_command *command, struct server *server)
{
    static const char reason[] = "changed from CLI";
    const char *word = cli_arg(command, 2);
    if (server->tracked) {
        cli_error(command, "cannot change health on a tracking server.");
    } else if (strcmp(word, "up") == 0) {
        force_health(check_of(server->check), true);
        server_status_up(command->engine, server, reason);
    } else if (strcmp(word, "stopping") == 0) {
        force_health(check_of(server->check), true);
        server_status_stopping(command->engine, server, reason);
    } else if (strcmp(word, "down") == 0) {
        force_health(check_of(server->check), false);
        server_status_down(command->engine, server, reason);
    } else {
        cli_error(command, "'set server <srv> health' expects 'up', 'stopping', or 'down'.");
    }
}

static void set_agent(struct cli_command *command, struct server *server)
{
    const char *word = cli_arg(command, 2);
    struct check *agent = check_of(server->agent), *check = check_of(server->check);
    if (!agent || !agent->enabled) {
        cli_error(command, "agent checks are not enabled on this server.");
    } else if (strcmp(word, "up") == 0) {
        force_health(agent, true);
        if (!check || !check->enabled || check->health)
            server_status_up(command->engine, server, "changed from CLI");
    } else if (strcmp(word, "down") == 0) {
        force_health(agent, false);
        server_status_down(command->engine, server, "changed from CLI");
    } else {
        cli_error(command, "'set server <srv> agent' expects 'up' or 'down'.");
    }
}

static bool read_port(struct cli_command *command, const char *text, uint16_t *out)
{
    int64_t port;
    if (!units_parse_int(str_of(text), 0, INT32_MAX, &port)) {
        cli_error(command, "provided port is not an integer");
        return false;
    }
    if (port < 0 || port > 65535) {
        cli_error(command, "provided port is invalid");
        return false;
    }
    *out = (uint16_t)port; /* 0: the server's again */
    return true;
}

/* check-addr, agent-addr: "<ip> [port <n>]" */
static void set_check_addr(struct cli_command *command, struct check *check, const char *disabled)
{
    struct addr addr;
    uint16_t port = check ? check->port : 0;
    if (!cli_arg(command, 2)[0]) {
        cli_error(command, "set server <b>/<s> %s requires an address and optionally a port.",
                  cli_arg(command, 1));
        return;
    }
    if (!check || !check->enabled) {
        cli_error(command, "%s", disabled);
        return;
    }
    if (!addr_parse_ip(str_of(cli_arg(command, 2)), &addr)) {
        cli_error(command, "invalid addr '%s'", cli_arg(command, 2));
        return;
    }
    if (strcmp(cli_arg(command, 3), "port") == 0 && !read_port(command, cli_arg(command, 4), &port))
        return;
    check->addr = addr;
    check->port = port;
}

static void set_check_port(struct cli_command *command, struct check *check, const char *disabled)
{
    if (!cli_arg(command, 2)[0])
        cli_error(command, "set server <b>/<s> %s requires a port.", cli_arg(command, 1));
    else if (!check || !check->enabled)
        cli_error(command, "%s", disabled);
    else
        (void)read_port(command, cli_arg(command, 2), &check->port);
}

static void set_agent_send(struct cli_command *command, struct server *server)
{
    struct check *agent = check_of(server->agent);
    if (!agent || !agent->enabled)
        cli_error(command, "agent checks are not enabled on this server.");
    else if (!check_set_send(agent, cli_arg(command, 2)))
        cli_error(command, "cannot allocate memory for new string");
}

static bool name_suits(const char *name)
{
    for (; *name; name++)
        if (!ascii_alpha(*name) && !ascii_digit(*name) && !strchr("_:.-", *name))
            return false;
    return true;
}

static bool host_suits(const char *name)
{
    return strlen(name) <= 255 && name_suits(name);
}

static void set_host(struct cli_command *command, struct server *server)
{
    const char *host = cli_arg(command, 2), *old = server->addr.host ? server->addr.host : "(null)";
    struct buf said = BUF_INIT;
    if (!host[0]) {
        cli_error(command, "set server <b>/<s> fqdn requires a FQDN.");
        return;
    }
    if (!server->settings.resolvers) {
        cli_error(command, "set server <b>/<s> fqdn failed because no resolution is configured.");
        return;
    }
    if (server_resolve_service(server)) {
        cli_error(command, "set server <b>/<s> fqdn failed because SRV resolution is configured.");
        return;
    }
    buf_printf(&said, "%s/%s changed its FQDN from %s to %s", server->proxy->name, server->name, old, host);
    if (strcmp(host, old) == 0) {
        cli_say(command, CLI_WARNING, "no need to change the FDQN by 'stats socket command'");
    } else if (!host_suits(host)) {
        cli_say(command, CLI_WARNING, "invalid fqdn '%s' by 'stats socket command'", host);
    } else if (!server_resolve_rename(command->engine, server, host)) {
        cli_say(command, CLI_WARNING, "could not update %s/%s FQDN by 'stats socket command'",
                server->proxy->name, server->name);
    } else {
        server->admin |= ADMIN_NAME_CHANGED;
        cli_say(command, CLI_WARNING, "%.*s by 'stats socket command'", STR_ARG(buf_str(&said)));
    }
    buf_finish(&said);
}

/* Whether the next connections speak TLS. */
static void set_ssl(struct cli_command *command, struct server *server)
{
    const char *word = cli_arg(command, 2);
    bool on = strcmp(word, "on") == 0;
    if (!server->tls || (!server->settings.ssl && !server->settings.ssl_ready)) {
        cli_error(command,
                  "'set server <srv> ssl' cannot be set.  default-server should define ssl settings");
        return;
    }
    if (!on && strcmp(word, "off") != 0) {
        cli_error(command, "'set server <srv> ssl' expects 'on' or 'off'.");
        return;
    }
    server->settings.ssl_ready = true;
    server->settings.no_ssl = false;
    server->settings.ssl = on;
    server_conn_purge(server);
    cli_say(command, CLI_NOTICE, "server ssl setting updated.");
}

static void set_name(struct cli_command *command, struct server *server)
{
    const char *name = cli_arg(command, 2);
    struct proxy *backend = server->proxy;
    const struct server *other = proxy_server(backend, name);
    if (!name[0]) {
        cli_error(command, "set server <b>/<s> name requires a new name.");
    } else if (!(server->admin & ADMIN_MAINT)) {
        cli_error(command, "Server must be in maintenance mode to change its name.");
    } else if (!name_suits(name)) {
        cli_error(command, "Server name contains invalid characters.");
    } else if (other && other != server) {
        cli_error(command, "A server with the same name already exists in the backend.");
    } else if (server->referenced && other != server) {
        cli_error(
            command,
            "This server is statically referenced by other configuration elements, cannot change its name.");
    } else {
        struct str copy = arena_copy(&command->configuration->arena, str_of(name));
        const char *old = server->name;
        if (!copy.data || !dict_set(&backend->servers_by_name, copy, server)) {
            cli_error(command, "out of memory");
            return;
        }
        if (other != server)
            (void)dict_remove(&backend->servers_by_name, str_of(old));
        server->name = copy.data;
        cli_say(command, CLI_INFO, "Server name updated.");
    }
}

static void run_set_server(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    const char *what = cli_arg(command, 1);
    if (!server)
        return;
    if (strcmp(what, "weight") == 0)
        set_weight(command, server, cli_arg(command, 2));
    else if (strcmp(what, "state") == 0)
        set_state(command, server);
    else if (strcmp(what, "health") == 0)
        set_health(command, server);
    else if (strcmp(what, "agent") == 0)
        set_agent(command, server);
    else if (strcmp(what, "addr") == 0)
        set_addr(command, server);
    else if (strcmp(what, "check-addr") == 0)
        set_check_addr(command, check_of(server->check), "health checks are not enabled on this server");
    else if (strcmp(what, "check-port") == 0)
        set_check_port(command, check_of(server->check), "health checks are not enabled on this server");
    else if (strcmp(what, "agent-addr") == 0)
        set_check_addr(command, check_of(server->agent), "agent checks are not enabled on this server");
    else if (strcmp(what, "agent-port") == 0)
        set_check_port(command, check_of(server->agent), "agent checks are not enabled on this server");
    else if (strcmp(what, "agent-send") == 0)
        set_agent_send(command, server);
    else if (strcmp(what, "fqdn") == 0)
        set_host(command, server);
    else if (strcmp(what, "name") == 0)
        set_name(command, server);
    else if (strcmp(what, "ssl") == 0)
        set_ssl(command, server);
    else
        cli_error(
            command,
            "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | "
            "check-addr | check-port | fqdn | health | ssl | state | weight");
}

/* ---- sessions ---- */

static void run_shutdown_sessions(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (server)
        server_status_kill_sessions(command->engine, server, 'K');
}

static void run_clear_counters(struct cli_command *command)
{
    struct server *server = cmd_server_find(command, cli_arg(command, 0));
    if (!server)
        return;
    server->counters = (struct proxy_counters){ 0 };
    cli_say(command, CLI_INFO, "Server counters cleared.");
}

/* clang-format off */
const struct command_row cmd_server_rows[] = {
    { "clear counters server", CLI_ADMIN, "clear counters server <bk>/<srv> [force]: clear all counters of a server", run_clear_counters, NULL },
    { "disable agent", CLI_ADMIN, "disable agent                           : disable agent checks", run_disable_agent, NULL },
    { "disable health", CLI_ADMIN, "disable health                          : disable health checks", run_disable_health, NULL },
    { "disable server", CLI_ADMIN, "disable server (DEPRECATED)             : disable a server for maintenance (use 'set server' instead)", run_disable_server, NULL },
    { "enable agent", CLI_ADMIN, "enable agent                            : enable agent checks", run_enable_agent, NULL },
    { "enable health", CLI_ADMIN, "enable health                           : enable health checks", run_enable_health, NULL },
    { "enable server", CLI_ADMIN, "enable server  (DEPRECATED)             : enable a disabled server (use 'set server' instead)", run_enable_server, NULL },
    { "get weight", CLI_USER, "get weight <bk>/<srv>                   : report a server's current weight", run_get_weight, NULL },
    { "set maxconn server", CLI_ADMIN, "set maxconn server <bk>/<srv>           : change a server's maxconn setting", run_set_maxconn, NULL },
    { "set server", CLI_ADMIN, "set server <bk>/<srv> [opts]            : change a server's state, weight, address or ssl", run_set_server, NULL },
    { "set weight", CLI_ADMIN, "set weight <bk>/<srv>  (DEPRECATED)     : change a server's weight (use 'set server' instead)", run_set_weight, NULL },
    { "shutdown sessions server", CLI_ADMIN, "shutdown sessions server <bk>/<srv>     : kill sessions on a server", run_shutdown_sessions, NULL },
    { 0 },
};
/* clang-format on */
