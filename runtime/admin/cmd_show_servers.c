/* How servers stand, in tables: show servers state, show servers conn (management manual 9.3). */
#include "admin/cli.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_past.h"
#include "health/server_status.h"
#include "proxy/proxy.h"
#include "stream/server_resolve.h"
#include "stream/stream.h"

struct dump {
    const struct proxy *proxy, *only;
    const struct server *server;
    bool begun;
};

static unsigned state_bits(const struct check *check)
{
    if (!check)
        return 0;
    return (check->running ? 1u : 0u) | (check->configured ? 2u : 0u) | (check->enabled ? 4u : 0u) |
           (check->paused ? 8u : 0u) | (check->is_agent ? 16u : 0u);
}

static void put_ip(struct buf *out, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    if (!addr_is_ip(addr)) {
        buf_add_char(out, '-');
        return;
    }
    size_t size = addr_print_ip(addr, text, sizeof(text));
    buf_add(out, str_make(text, size));
}

static void put_state(struct cli_command *command, const struct server *server)
{
    struct buf *out = command->out;
    const struct check *check = check_of(server->check), *agent = check_of(server->agent);
    const struct proxy *proxy = server->proxy;
    const char *service = server_resolve_service(server);
    int64_t health = check ? check->health : server_usable(server) ? server->settings.rise : 0;
    buf_printf(out, "%d %s %d %s ", proxy->id, proxy->name, server->id, server->name);
    put_ip(out, &server->addr.addr);
    buf_printf(out, " %d %u %lld %lld %llu %d %d %lld %u %u %d %d %s %u %s %d %u ", (int)server->state,
               server_past_admin(server), (long long)server->weight_now, (long long)server->settings.weight,
               (unsigned long long)((engine_now(command->engine) - server->last_change_ns) / NS_PER_S),
               check ? (int)check->status : (int)CHECK_INITIALIZING, check ? (int)check->result : 0,
               (long long)health,
               check                                ? state_bits(check)
               : server->admin & ADMIN_CONFIG_MAINT ? 8u
                                                    : 0u,
               state_bits(agent), proxy->id_given, server->settings.id != 0,
               server->addr.host ? server->addr.host : "-", server->addr.addr.port, service ? service : "-",
               server->settings.no_ssl ? -1 : server->settings.ssl, check ? check->port : 0u);
    put_ip(out, check ? &check->addr : &server->settings.check_addr.addr);
    buf_add_char(out, ' ');
    put_ip(out, agent ? &agent->addr : &server->settings.agent_cfg_addr.addr);
    buf_printf(out, " %u\n", agent ? agent->port : 0u);
}

static void put_connections(struct cli_command *command, const struct server *server)
{
    buf_printf(command->out, "%s/%s %d/%d ", server->proxy->name, server->name, server->proxy->id,
               server->id);
    put_ip(command->out, &server->addr.addr);
    buf_printf(command->out, " %u - %llu %lld %lld %lld 0 %u %lld %u %u\n", server->addr.addr.port,
               (unsigned long long)server->settings.pool_purge_delay, (long long)server->used_connections,
               (long long)server->used_connections, (long long)server->used_connections, server->idle_count,
               (long long)server->settings.pool_max_conn, server->idle_count, server->idle_count);
}

static enum cli_more dump_servers(struct cli_command *command,
                                  void (*put)(struct cli_command *command, const struct server *server))
{
    struct dump *dump = command->state;
    while (dump->proxy) {
        bool wanted = (dump->proxy->sides & PROXY_BACK) && (!dump->only || dump->only == dump->proxy);
        for (; wanted && dump->server; dump->server = dump->server->next) {
            if (command->out->size >= CLI_PIECE)
                return CLI_MORE;
            put(command, dump->server);
        }
        dump->proxy = dump->proxy->next;
        dump->server = dump->proxy ? dump->proxy->servers : NULL;
    }
    return CLI_DONE;
}

static enum cli_more more_state(struct cli_command *command)
{
    return dump_servers(command, put_state);
}

static enum cli_more more_connections(struct cli_command *command)
{
    return dump_servers(command, put_connections);
}

static struct dump *begin_dump(struct cli_command *command)
{
    struct dump *dump = arena_zero(&command->stream->arena, sizeof(*dump));
    const char *name = cli_arg(command, 0);
    if (!dump)
        return NULL;
    if (name[0]) {
        dump->only = proxy_find(command->configuration, name, PROXY_BACK);
        if (!dump->only) {
            cli_error(command, "Can't find backend.");
            return NULL;
        }
    }
    dump->proxy = command->configuration->proxies;
    dump->server = dump->proxy ? dump->proxy->servers : NULL;
    command->state = dump;
    return dump;
}

static void run_show_state(struct cli_command *command)
{
    if (!begin_dump(command))
        return;
    buf_add_c(
        command->out,
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
        "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
        "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl "
        "srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n");
    command->more = more_state;
}

static void run_show_connections(struct cli_command *command)
{
    if (!begin_dump(command))
        return;
    buf_add_c(command->out,
              "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb "
              "safe_nb idle_lim idle_cur idle_per_thr[1]\n");
    command->more = more_connections;
}

/* What servers may say behind `from`. */
static void run_show_default(struct cli_command *command)
{
    for (const struct proxy *proxy = command->configuration->proxies; proxy; proxy = proxy->next) {
        if (proxy->default_server_said)
            buf_printf(command->out, "* %s\n", proxy->name);
        for (const struct named_default *named = proxy->named_defaults; named; named = named->next)
            buf_printf(command->out, "  %s/%s\n", proxy->name, named->name);
    }
}

/* clang-format off */
const struct command_row cmd_show_servers_rows[] = {
    { "show servers conn", CLI_USER, "show servers conn [<backend>]           : dump server connections status (all or for a single backend)", run_show_connections, NULL },
    { "show default-server", CLI_USER, "show default-server                     : list the default-server settings that servers may take", run_show_default, NULL },
    { "show servers state", CLI_USER, "show servers state [<backend>]          : dump volatile server information (all or for a single backend)", run_show_state, NULL },
    { 0 },
};
/* clang-format on */
