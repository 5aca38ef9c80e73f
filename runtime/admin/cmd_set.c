/* Commands about frontends, limits, variables and cookies (management manual 9.3). */
#include "admin/cli.h"
#include "base/units.h"
#include "config/cfg_addr.h"
#include "health/health_log.h"
#include "health/server_status.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"

/* ---- frontends ---- */

static struct proxy *find_frontend(struct cli_command *command)
{
    const char *name = cli_arg(command, 0);
    struct proxy *proxy = name[0] ? proxy_find(command->configuration, name, PROXY_FRONT) : NULL;
    if (!name[0])
        cli_error(command, "A frontend name is expected.");
    else if (!proxy)
        cli_error(command, "No such frontend.");
    return proxy;
}

static void run_disable_frontend(struct cli_command *command)
{
    struct proxy *frontend = find_frontend(command);
    if (!frontend)
        return;
    if (frontend->stopped) {
        cli_error(command, "Frontend was previously shut down, cannot disable.");
    } else if (frontend->paused) {
        cli_error(command, "All sockets are already disabled.");
    } else {
        engine_pause(command->engine, frontend);
        health_logf(command->engine, frontend, LOG_WARNING, "Paused %s %s.", proxy_type_name(frontend),
                    frontend->name);
    }
}

static void run_enable_frontend(struct cli_command *command)
{
    struct proxy *frontend = find_frontend(command);
    if (!frontend)
        return;
    if (frontend->stopped)
        cli_error(command, "Frontend was previously shut down, cannot enable.");
    else if (!frontend->paused)
        cli_error(command, "All sockets are already enabled.");
    else if (!engine_resume(command->engine, frontend))
        cli_error(command, "Failed to resume frontend, check logs for precise cause (port conflict?).");
    else
        health_logf(command->engine, frontend, LOG_WARNING, "Resumed %s %s.", proxy_type_name(frontend),
                    frontend->name);
}

static void run_shutdown_frontend(struct cli_command *command)
{
    struct proxy *frontend = find_frontend(command);
    if (!frontend)
        return;
    if (frontend->stopped) {
        cli_error(command, "Frontend was already shut down.");
        return;
    }
    engine_close(command->engine, frontend);
    health_logf(command->engine, frontend, LOG_WARNING,
                "Proxy %s stopped (cumulated conns: FE: %llu, BE: %llu).", frontend->name,
                (unsigned long long)frontend->front_counters.connections_total,
                (unsigned long long)frontend->back_counters.connections_total);
}

/* ---- limits ---- */

static void run_maxconn_frontend(struct cli_command *command)
{
    struct proxy *frontend = find_frontend(command);
    int64_t value;
    if (!frontend)
        return;
    if (!cli_arg(command, 1)[0]) {
        cli_error(command, "Integer value expected.");
        return;
    }
    (void)units_read_int(str_of(cli_arg(command, 1)), &value);
    if (value < 0) {
        cli_error(command, "Value out of range.");
        return;
    }
    frontend->settings.maxconn = value;
    engine_room_again(command->engine);
}

static void run_maxconn_global(struct cli_command *command)
{
    struct configuration *configuration = command->configuration;
    int64_t value;
    if (!cli_arg(command, 0)[0]) {
        cli_error(command, "Expects an integer value.");
        return;
    }
    (void)units_read_int(str_of(cli_arg(command, 0)), &value);
    if (value > configuration->maxconn_at_start || value < 0) {
        cli_error(command, "Value out of range.");
        return;
    }
    configuration->globals.maxconn = value ? value : configuration->maxconn_at_start;
    engine_room_again(command->engine);
}

static void run_rate_limit(struct cli_command *command)
{
    struct globals *globals = &command->configuration->globals;
    const char *what = cli_arg(command, 0);
    int64_t *limit = strcmp(what, "connections") == 0    ? &globals->maxconn_rate
                     : strcmp(what, "sessions") == 0     ? &globals->session_rate
                     : strcmp(what, "ssl-sessions") == 0 ? &globals->ssl_rate
                                                         : NULL;
    int64_t value;
    if (!limit || strcmp(cli_arg(command, 1), "global") != 0) {
        cli_error(command, "'set rate-limit' only supports :\n"
                           "   - 'connections global' to set the per-process maximum connection rate\n"
                           "   - 'sessions global' to set the per-process maximum session rate\n"
                           "   - 'ssl-sessions global' to set the per-process maximum SSL session rate");
    } else if (!cli_arg(command, 2)[0]) {
        cli_error(command, "Expects an integer value.");
    } else {
        (void)units_read_int(str_of(cli_arg(command, 2)), &value);
        if (value < 0)
            cli_error(command, "Value out of range.");
        else
            *limit = value;
        engine_room_again(command->engine);
    }
}

/* ---- variables ---- */

static bool read_name(struct cli_command *command, struct var_name *name)
{
    const char *error = NULL, *text = cli_arg(command, 0);
    if (!text[0]) {
        cli_error(command, "Missing process-wide variable identifier.");
        return false;
    }
    struct str copy = arena_copy(&command->stream->arena, str_of(text));
    if (!copy.data || !var_name_parse(copy, name, &error) || name->scope != VAR_PROC) {
        cli_error(command, "%s", error ? error : "Only process-wide variables are supported.");
        return false;
    }
    return true;
}

static void run_get_var(struct cli_command *command)
{
    struct var_name name;
    struct sample value;
    if (!cli_arg(command, 0)[0]) {
        cli_error(command, "Missing process-wide variable identifier.");
        return;
    }
    const char *error = NULL;
    struct str copy = arena_copy(&command->stream->arena, str_of(cli_arg(command, 0)));
    if (!var_name_parse(copy, &name, &error) || name.scope != VAR_PROC ||
        !vars_get(&command->configuration->proc_vars, &name, &value)) {
        cli_error(command, "Variable not found.");
        return;
    }
    const char *type = sample_type_name(value.type);
    struct arena *scratch = &command->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    buf_printf(command->out, "%s: type=%s value=<", cli_arg(command, 0), type);
    if (sample_cast(&value, SAMPLE_STR, scratch))
        buf_add(command->out, value.u.text);
    buf_add_c(command->out, ">\n");
    arena_rewind(scratch, mark);
}

static struct vars *no_vars(const struct sample_context *context, enum var_scope scope)
{
    return scope == VAR_PROC ? &context->configuration->proc_vars : NULL;
}

/* "set var <name> <expression>", "set var <name> expr <expression>", "set var <name> fmt <format>" */
static void run_set_var(struct cli_command *command)
{
    struct var_name name;
    struct sample value;
    const char *how = cli_arg(command, 1), *text = cli_arg(command, 2), *end = NULL;
    if (!cli_is_experimental(command)) {
        cli_error(command, "This command is restricted to experimental mode only.");
        return;
    }
    if (!read_name(command, &name))
        return;
    bool format = strcmp(how, "fmt") == 0;
    if (!text[0] && strcmp(how, "expr") != 0)
        text = how;
    if (!text[0]) {
        cli_error(command, "'set var <name>' requires a sample expression or a format.");
        return;
    }
    struct configuration *configuration = command->configuration;
    struct arena *arena = &command->stream->arena;
    struct sample_parser parser = { .words = &configuration->words,
                                    .arena = arena,
                                    .configuration = configuration,
                                    .place = AT_CLI,
                                    .file = "CLI" };
    struct sample_context context = { .place = AT_CLI,
                                      .configuration = configuration,
                                      .engine = command->engine,
                                      .scratch = arena,
                                      .final = true,
                                      .vars = no_vars };
    bool known = false;
    if (format) {
        struct log_format_options options = { 0 };
        struct log_format *parsed = log_format_parse(&parser, text, &options);
        if (parsed) {
            value = sample_text(log_format_text(parsed, &context, true));
            known = value.u.text.data != NULL;
        }
    } else {
        struct sample_expr *expr = sample_expr_parse(&parser, text, &end);
        known = expr && sample_eval(expr, &context, &value);
    }
    if (!known || !vars_set(&configuration->proc_vars, &name, &value))
        cli_error(command, "%s", parser.error ? parser.error : "Cannot evaluate the expression.");
}

/* ---- cookies ---- */

static struct proxy *find_backend(struct cli_command *command)
{
    struct proxy *backend = proxy_find(command->configuration, cli_arg(command, 0), PROXY_BACK);
    if (!cli_arg(command, 0)[0])
        cli_error(command, "A backend name is expected.");
    else if (!backend)
        cli_error(command, "No such backend.");
    return cli_arg(command, 0)[0] ? backend : NULL;
}

static void run_enable_cookie(struct cli_command *command)
{
    struct proxy *backend = find_backend(command);
    if (backend)
        backend->settings.cookie_flags |= COOKIE_DYNAMIC;
}

static void run_disable_cookie(struct cli_command *command)
{
    struct proxy *backend = find_backend(command);
    if (backend)
        backend->settings.cookie_flags &= ~(unsigned)COOKIE_DYNAMIC;
}

static void run_cookie_key(struct cli_command *command)
{
    struct proxy *backend = find_backend(command);
    const char *key = cli_arg(command, 1);
    if (!backend)
        return;
    if (!key[0]) {
        cli_error(command, "String value expected.");
        return;
    }
    struct str copy = arena_copy(&command->configuration->arena, str_of(key));
    if (copy.data)
        backend->settings.dynamic_cookie_key = copy.data;
    else
        cli_error(command, "Failed to allocate memory.");
}

/* ---- wait ---- */

static enum cli_more wait_more(struct cli_command *command)
{
    const uint64_t *until = command->state;
    if (engine_now(command->engine) >= *until)
        return CLI_DONE;
    stream_wait_until(command->stream, *until);
    return CLI_WAIT;
}

static void run_wait(struct cli_command *command)
{
    const char *stop = NULL;
    uint64_t ms = 0, *until = arena_zero(&command->stream->arena, sizeof(*until));
    if (!until || !cli_arg(command, 0)[0] ||
        units_parse_time(str_of(cli_arg(command, 0)), UNITS_MS, &ms, &stop) != UNITS_OK) {
        cli_error(command, "Expects a duration in milliseconds.");
        return;
    }
    *until = engine_now(command->engine) + ms * NS_PER_MS;
    command->state = until;
    command->more = wait_more;
}

/* clang-format off */
const struct command_row cmd_set_rows[] = {
    { "disable dynamic-cookie backend", CLI_ADMIN, "disable dynamic-cookie backend <bk>     : disable dynamic cookies on a specific backend", run_disable_cookie, NULL },
    { "disable frontend", CLI_ADMIN, "disable frontend <frontend>             : temporarily disable specific frontend", run_disable_frontend, NULL },
    { "enable dynamic-cookie backend", CLI_ADMIN, "enable dynamic-cookie backend <bk>      : enable dynamic cookies on a specific backend", run_enable_cookie, NULL },
    { "enable frontend", CLI_ADMIN, "enable frontend <frontend>              : re-enable specific frontend", run_enable_frontend, NULL },
    { "get var", CLI_USER, "get var <name>                          : retrieve contents of a process-wide variable", run_get_var, NULL },
    { "set dynamic-cookie-key backend", CLI_ADMIN, "set dynamic-cookie-key backend <bk> <k> : change a backend secret key for dynamic cookies", run_cookie_key, NULL },
    { "set maxconn frontend", CLI_ADMIN, "set maxconn frontend <frontend> <value> : change a frontend's maxconn setting", run_maxconn_frontend, NULL },
    { "set maxconn global", CLI_ADMIN, "set maxconn global <value>              : change the per-process maxconn setting", run_maxconn_global, NULL },
    { "set rate-limit", CLI_ADMIN, "set rate-limit <setting> <value>        : change a rate limiting value", run_rate_limit, NULL },
    { "set var", CLI_ADMIN, "set var <name> [fmt|expr] {<fmt>|<expr>}: set variable from an expression or a format", run_set_var, NULL },
    { "shutdown frontend", CLI_ADMIN, "shutdown frontend <frontend>            : stop a specific frontend", run_shutdown_frontend, NULL },
    { "wait", CLI_USER, "wait {-h|<delay_ms>} cond [args...]     : wait the specified delay or condition (-h to see list)", run_wait, NULL },
    { 0 },
};
/* clang-format on */
