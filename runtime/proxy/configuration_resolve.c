/* Once all files are read: names become objects, formats are compiled, and each section is looked at as a whole.
 * Everything wrong is said, in the order of the files. */
#include "proxy/bind.h"
#include "proxy/configuration.h"
#include "proxy/http_reply_read.h"
#include "proxy/mailers.h"
#include "proxy/server.h"
#include "proxy/stick_rule.h"
#include "proxy/userlist.h"
#include "table/stick_table.h"

static const struct diag_place nowhere = { NULL, 0 };

static const char *mode_name(const struct proxy *proxy)
{
    switch (proxy->settings.mode) {
    case MODE_HTTP:
        return "http";
    case MODE_HEALTH:
        return "health";
    case MODE_LOG:
        return "log";
    default:
        return "tcp";
    }
}

static void warn(const struct proxy *proxy, struct diag_place place, const char *format, ...)
    PRINTF_LIKE(3, 4);
static void warn(const struct proxy *proxy, struct diag_place place, const char *format, ...)
{
    struct arena *arena = &proxy->configuration->arena;
    struct arena_mark mark = arena_mark(arena);
    va_list values;
    va_start(values, format);
    struct str text = arena_vprintf(arena, format, values);
    va_end(values);
    diag_config(proxy->configuration->diag, DIAG_WARNING, place, "%.*s", STR_ARG(text));
    arena_rewind(arena, mark);
}

/* ---- arguments of fetches and converters that name something ---- */

/* Each gives NULL when the name was found, else what could not be found. */
static const char *resolve_proxy(struct configuration *configuration, struct sample_unresolved *one,
                                 unsigned sides, const char *what)
{
    if (!one->arg->text.size)
        one->arg->proxy = one->proxy;
    else
        one->arg->proxy = proxy_find(configuration, one->arg->text.data, sides);
    return one->arg->proxy && (one->arg->proxy->sides & sides) == sides ? NULL : what;
}

/* "server" in the section itself, or "backend/server". */
static const char *resolve_server(struct configuration *configuration, struct sample_unresolved *one)
{
    char backend[256];
    struct str text = one->arg->text;
    struct proxy *proxy = one->proxy;
    size_t slash = str_find_last_char(text, '/');
    const char *name = text.data;
    if (slash != STR_NOT_FOUND) {
        if (slash >= sizeof(backend))
            return "proxy";
        str_to_c(str_slice(text, 0, slash), backend, sizeof(backend));
        proxy = proxy_find(configuration, backend, PROXY_BACK);
        name = text.data + slash + 1;
        if (!proxy)
            return "proxy";
    }
    one->arg->proxy = proxy;
    one->arg->server = proxy ? proxy_server(proxy, name) : NULL;
    if (one->arg->server)
        one->arg->server->referenced = true;
    return one->arg->server ? NULL : "server";
}

static struct proxy *find_table_owner(const struct configuration *configuration, const char *name)
{
    if (name[0] == '#')
        return proxy_find(configuration, name, 0);
    struct proxy *proxy = dict_get(&configuration->proxies_by_name, str_of(name));
    while (proxy && !proxy->table)
        proxy = proxy->same_name;
    return proxy;
}

static const char *resolve_table(struct configuration *configuration, struct sample_unresolved *one)
{
    struct proxy *owner =
        one->arg->text.size ? find_table_owner(configuration, one->arg->text.data) : one->proxy;
    one->arg->proxy = owner;
    one->arg->table = owner ? owner->table : NULL;
    return one->arg->table ? NULL : "table";
}

const char *configuration_resolve_argument(struct configuration *configuration, struct sample_unresolved *one)
{
    if (strcmp(one->type, "server") == 0)
        return resolve_server(configuration, one);
    if (strcmp(one->type, "table") == 0)
        return resolve_table(configuration, one);
    if (strcmp(one->type, "userlist") == 0) {
        one->arg->userlist = dict_get(&configuration->userlists, one->arg->text);
        return one->arg->userlist ? NULL : "userlist";
    }
    if (strcmp(one->type, "backend") == 0)
        return resolve_proxy(configuration, one, PROXY_BACK, "backend");
    if (strcmp(one->type, "frontend") == 0)
        return resolve_proxy(configuration, one, PROXY_FRONT, "frontend");
    return resolve_proxy(configuration, one, 0, "proxy");
}

static bool resolve_arguments(struct configuration *configuration)
{
    bool good = true;
    for (struct sample_unresolved *one = configuration->unresolved; one; one = one->next) {
        const char *what = configuration_resolve_argument(configuration, one);
        if (!what)
            continue;
        diag_config(configuration->diag, DIAG_ALERT, one->place,
                    "unable to find %s '%s' referenced in the arguments of '%s' in proxy '%s'", what,
                    one->arg->text.data, one->user, one->proxy ? one->proxy->name : "");
        good = false;
    }
    configuration->unresolved = NULL;
    return good;
}

/* ---- switching ---- */

/* A TCP frontend may hand over to an HTTP backend: the stream is upgraded. The other way there is nothing to do. */
static bool modes_agree(const struct proxy *front, const struct proxy *back, const char *rule)
{
    if (front->settings.mode == back->settings.mode)
        return true;
    if (front->settings.mode == MODE_TCP && back->settings.mode == MODE_HTTP)
        return true;
    diag_config(front->configuration->diag, DIAG_ALERT, nowhere,
                "%s %s '%s' (%s:%u) tries to use incompatible %s %s '%s' (%s:%u) %s (see 'mode').",
                mode_name(front), proxy_type_name(front), front->name, front->at.file, front->at.line,
                mode_name(back), proxy_type_name(back), back->name, back->at.file, back->at.line, rule);
    return false;
}

static bool resolve_default_backend(struct proxy *proxy)
{
    const char *name = proxy->settings.default_backend_name;
    struct diag *diag = proxy->configuration->diag;
    if (!name || !(proxy->sides & PROXY_FRONT))
        return true;
    struct proxy *backend = proxy_find(proxy->configuration, name, PROXY_BACK);
    if (!backend) {
        diag_config(diag, DIAG_ALERT, nowhere, "Proxy '%s': unable to find required default_backend: '%s'.",
                    proxy->name, name);
        return false;
    }
    if (backend == proxy) {
        diag_config(diag, DIAG_ALERT, nowhere, "Proxy '%s': loop detected for default_backend: '%s'.",
                    proxy->name, name);
        return false;
    }
    proxy->default_backend = backend;
    if (!modes_agree(proxy, backend, "as its default backend"))
        return false;
    if (proxy->servers)
        warn(proxy, nowhere,
             "In proxy '%s', the 'default_backend' rule always has precedence over the servers, which will "
             "never be "
             "used.",
             proxy->name);
    return true;
}

/* use_backend with a plain name; with a format the name is looked up for each stream. */
static bool resolve_switching(struct proxy *proxy)
{
    bool good = true;
    for (struct switching_rule *rule = proxy->switching; rule; rule = rule->next) {
        if (rule->name)
            continue;
        rule->backend = proxy_find(proxy->configuration, rule->text, PROXY_BACK);
        if (!rule->backend) {
            diag_config(proxy->configuration->diag, DIAG_ALERT, nowhere,
                        "Proxy '%s': unable to find required use_backend: '%s'.", proxy->name, rule->text);
            good = false;
        } else {
            good = modes_agree(proxy, rule->backend, "in a 'use_backend' rule") && good;
        }
    }
    return good;
}

static bool resolve_server_rules(struct proxy *proxy)
{
    bool good = true;
    for (struct server_rule *rule = proxy->server_rules; rule; rule = rule->next) {
        if (rule->name)
            continue;
        rule->server = proxy_server(proxy, rule->text);
        if (rule->server)
            rule->server->referenced = true;
        if (rule->server)
            continue;
        diag_config(proxy->configuration->diag, DIAG_ALERT, nowhere,
                    "%s '%s' : unable to find server '%s' referenced in a 'use-server' rule.",
                    proxy_type_name(proxy), proxy->name, rule->text);
        good = false;
    }
    return good;
}

/* `track [backend/]server`: follows the checks of another server, maybe by way of a third. */
static bool resolve_track(struct server *server)
{
    struct configuration *configuration = server->proxy->configuration;
    struct str rest = str_of(server->settings.track), first = str_split(&rest, '/');
    struct proxy *proxy = server->proxy;
    if (rest.data) {
        const char *name = arena_need_copy(&configuration->arena, first);
        proxy = proxy_find(configuration, name, PROXY_BACK);
        if (!proxy) {
            diag_config(configuration->diag, DIAG_ALERT, server->at,
                        "'server %s/%s' : unable to find required proxy '%s' for tracking.",
                        server->proxy->name, server->name, name);
            return false;
        }
        first = rest;
    }
    server->tracked = dict_get(&proxy->servers_by_name, first);
    if (server->tracked && server->tracked != server) {
        server->tracked->referenced = true;
        server->next_tracker = server->tracked->trackers;
        server->tracked->trackers = server;
        return true;
    }
    diag_config(configuration->diag, DIAG_ALERT, server->at,
                "'server %s/%s' : unable to find required server '%.*s' for tracking.", server->proxy->name,
                server->name, STR_ARG(first));
    return false;
}

static bool resolve_tracks(struct proxy *proxy)
{
    bool good = true;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->settings.track)
            good = resolve_track(server) && good;
    }
    return good;
}

#define TRACK_STEPS_MAX 256 /* a longer chain counts as a loop */

/* A chain of `track` must end at a server with checks of its own. */
static bool check_tracks(struct proxy *proxy)
{
    bool good = true;
    for (struct server *server = proxy->servers; server; server = server->next) {
        struct server *end = server->tracked;
        for (unsigned steps = 0; end && end != server && end->tracked && steps < TRACK_STEPS_MAX; steps++)
            end = end->tracked;
        if (end && server->settings.init_state) {
            diag_config(proxy->configuration->diag, DIAG_ALERT, server->at,
                        "'server %s/%s' : unable to set init-state and tracking at the same time!",
                        proxy->name, server->name);
            good = false;
        }
        if (!end || (!end->tracked && (end->settings.check || end->settings.agent_check)))
            continue;
        diag_config(
            proxy->configuration->diag, DIAG_ALERT, server->at,
            end->tracked
                ? "'server %s/%s' : unable to track %s/%s as the chain of tracked servers is a loop."
                : "'server %s/%s' : unable to use %s/%s for tracking as it does not have any check nor agent "
                  "enabled.",
            proxy->name, server->name, end->proxy->name, end->name);
        good = false;
    }
    return good;
}

/* Where a `stick` rule keeps its servers; that table is to have room for them. */
static bool resolve_stick_rules(struct proxy *proxy)
{
    bool good = true;
    for (struct stick_rule *rule = proxy->stick_rules; rule; rule = rule->next) {
        const char *name = rule->table_name ? rule->table_name : proxy->name;
        struct proxy *owner = rule->table_name ? find_table_owner(proxy->configuration, name) : proxy;
        if (!owner || !owner->table) {
            diag_config(proxy->configuration->diag, DIAG_ALERT, rule->at,
                        "Proxy '%s': unable to find stick-table '%s'.", proxy->name, name);
            good = false;
            continue;
        }
        rule->table = owner->table;
        stick_table_store(rule->table, STICK_SERVER_ID);
        stick_table_store(rule->table, STICK_SERVER_KEY);
    }
    return good;
}

/* ---- formats ---- */

static bool compile(struct proxy *proxy, const char *text, struct diag_place at, const char *what,
                    unsigned flags, enum sample_place place, struct log_format **out)
{
    if (!text)
        return true;
    struct log_format_options options = { .flags = flags, .http = proxy->settings.mode == MODE_HTTP };
    struct sample_parser parser = configuration_parser(proxy->configuration, NULL, proxy, place);
    parser.file = at.file;
    parser.line = at.line;
    *out = log_format_parse(&parser, text, &options);
    if (*out)
        return true;
    diag_config(proxy->configuration->diag, DIAG_ALERT, at, "failed to parse %s : %s.", what,
                parser.error ? parser.error : "out of memory");
    return false;
}

static bool is_http_format(const char *text)
{
    return text == log_format_http || text == log_format_clf || text == log_format_https;
}

static void fall_back_to_tcp_format(struct proxy *proxy)
{
    struct proxy_settings *settings = &proxy->settings;
    if (settings->mode == MODE_HTTP || !is_http_format(settings->log_format_text))
        return;
    warn(proxy, settings->log_format_at,
         "'option %s' not usable with %s '%s' (needs 'mode http'). Falling back to 'option tcplog'.",
         settings->log_format_text == log_format_https ? "httpslog" : "httplog", proxy_type_name(proxy),
         proxy->name);
    settings->log_format_text = log_format_tcp;
    settings->log_format_is_httplog = false;
    settings->log_format_is_tcplog = true;
}

static bool has_log_target(const struct proxy *proxy)
{
    return proxy->settings.log_targets ||
           (proxy->settings.log_global && proxy->configuration->globals.log_targets);
}

#define LOG_LINE_FLAGS (LOG_MANDATORY | LOG_MERGE_BLANKS)

static bool compile_formats(struct proxy *proxy)
{
    struct proxy_settings *settings = &proxy->settings;
    if (!(proxy->sides & PROXY_FRONT)) /* checks may send one */
        return compile(proxy, settings->unique_id_text, settings->unique_id_at, "unique-id", LOG_MERGE_BLANKS,
                       AT_CHECK, &proxy->unique_id);
    fall_back_to_tcp_format(proxy);
    if (!settings->log_format_text && has_log_target(proxy))
        settings->log_format_text =
            settings->mode == MODE_HTTP ? log_format_default_http : log_format_default_tcp;
    bool good = compile(proxy, settings->log_format_text, settings->log_format_at, "log-format",
                        LOG_LINE_FLAGS, AT_LOG, &proxy->log_format);
    if (good && settings->log_format_text && !has_log_target(proxy))
        warn(proxy, nowhere, "log format ignored for %s '%s' since it has no log address.",
             proxy_type_name(proxy), proxy->name);
    good = compile(proxy, settings->error_log_format_text, settings->error_log_format_at, "error-log-format",
                   LOG_LINE_FLAGS, AT_LOG, &proxy->error_log_format) &&
           good;
    good = compile(proxy, settings->log_structured_text, settings->log_structured_at, "log-format-sd",
                   LOG_LINE_FLAGS | LOG_ESCAPE, AT_LOG, &proxy->log_structured) &&
           good;
    return compile(proxy, settings->unique_id_text, settings->unique_id_at, "unique-id", LOG_MERGE_BLANKS,
                   AT_REQUEST_HEAD, &proxy->unique_id) &&
           good;
}

/* ---- what a section lacks, or has in vain ---- */

static void warn_timeouts(const struct proxy *proxy)
{
    const struct proxy_settings *settings = &proxy->settings;
    bool front = (proxy->sides & PROXY_FRONT) && !settings->timeout_client;
    bool server_missing =
        !settings->timeout_server && (settings->mode == MODE_HTTP || !settings->timeout_tunnel);
    bool back =
        (proxy->sides & PROXY_BACK) && proxy->servers && (!settings->timeout_connect || server_missing);
    if (!front && !back)
        return;
    warn(proxy, nowhere,
         "missing timeouts for %s '%s'.\n"
         "   | While not properly invalid, you will certainly encounter various problems\n"
         "   | with such a configuration. To fix this, please ensure that all following\n"
         "   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.",
         proxy_type_name(proxy), proxy->name);
}

static void warn_rules_of_http(const struct proxy *proxy, const struct ruleset *set, const char *word)
{
    if (set->count)
        warn(proxy, nowhere, "'%s' rules ignored for %s '%s' as they require HTTP mode.", word,
             proxy_type_name(proxy), proxy->name);
}

static void warn_option_of_http(const struct proxy *proxy, bool *option, const char *word)
{
    if (!*option)
        return;
    warn(proxy, nowhere, "'option %s' ignored for %s '%s' as it requires HTTP mode.", word,
         proxy_type_name(proxy), proxy->name);
    *option = false;
}

/* In mode tcp nobody reads a request: what needs one is said, and forgotten where the stream would look for it. */
static void warn_http_words(struct proxy *proxy)
{
    struct proxy_settings *settings = &proxy->settings;
    const char *type = proxy_type_name(proxy);
    if (settings->mode != MODE_TCP)
        return;
    if (settings->monitor_uri) {
        warn(proxy, nowhere, "monitor-uri will be ignored for %s '%s' (needs 'mode http').", type,
             proxy->name);
        settings->monitor_uri = NULL;
    }
    if (settings->cookie_name && (proxy->sides & PROXY_BACK)) {
        warn(proxy, nowhere, "cookie will be ignored for %s '%s' (needs 'mode http').", type, proxy->name);
        settings->cookie_name = NULL;
    }
    if (settings->stats && settings->stats != (proxy->defaults ? proxy->defaults->settings.stats : NULL)) {
        warn(proxy, nowhere, "'stats' statement ignored for %s '%s' as it requires HTTP mode.", type,
             proxy->name);
    }
    settings->stats = NULL;
    warn_rules_of_http(proxy, &proxy->http_request, "http-request");
    warn_rules_of_http(proxy, &proxy->http_response, "http-response");
    warn_rules_of_http(proxy, &proxy->http_after_response, "http-after-response");
    warn_option_of_http(proxy, &settings->forward_for, "forwardfor");
    warn_option_of_http(proxy, &settings->original_to, "originalto");
    warn_option_of_http(proxy, &settings->http_buffer_request, "http-buffer-request");
}

static void check_binds(struct proxy *proxy)
{
    if (!(proxy->sides & PROXY_FRONT) || proxy->settings.disabled || proxy->binds)
        return;
    warn(proxy, nowhere,
         "%s '%s' has no 'bind' directive. Please declare it as a backend if this was intended.",
         proxy_type_name(proxy), proxy->name);
}

static bool check_stats(const struct proxy *proxy)
{
    const struct stats_settings *stats = proxy->settings.stats;
    if (!stats || !proxy->stats.count || (!stats->users && !stats->realm))
        return true;
    diag_config(proxy->configuration->diag, DIAG_ALERT, nowhere,
                "proxy '%s': stats 'auth'/'realm' and 'http-request' can't be used at the same time.",
                proxy->name);
    return false;
}

static const struct balance_row *find_balance(struct proxy *proxy, const char *word)
{
    const struct word *found = words_find(&proxy->configuration->words, WORD_BALANCE, str_of(word));
    return found ? found->row : NULL;
}

static bool needs_request(const char *word)
{
    return str_eq(str_of(word), STR("uri")) || str_eq(str_of(word), STR("url_param")) ||
           str_starts(str_of(word), STR("hdr"));
}

static void choose_balance(struct proxy *proxy)
{
    struct proxy_settings *settings = &proxy->settings;
    if (!(proxy->sides & PROXY_BACK))
        return;
    if (settings->mode != MODE_HTTP && settings->balance_words && settings->balance_words[0] &&
        needs_request(settings->balance_words[0])) {
        warn(proxy, nowhere,
             "Layer 7 hash not possible for %s '%s' (needs 'mode http'). Falling back to round robin.",
             proxy_type_name(proxy), proxy->name);
        settings->balance = NULL;
    }
    if (!settings->balance) {
        static const char *const usual[] = { "roundrobin", NULL };
        settings->balance = find_balance(proxy, "roundrobin");
        settings->balance_words = arena_need(&proxy->configuration->arena, sizeof(usual));
        memcpy(settings->balance_words, usual, sizeof(usual));
    }
}

static bool check_proxy(struct proxy *proxy)
{
    check_binds(proxy);
    bool good = resolve_default_backend(proxy);
    good = resolve_switching(proxy) && good;
    good = resolve_server_rules(proxy) && good;
    good = resolve_tracks(proxy) && good;
    good = resolve_stick_rules(proxy) && good;
    good = check_stats(proxy) && good;
    warn_http_words(proxy);
    choose_balance(proxy);
    good = compile_formats(proxy) && good;
    warn_timeouts(proxy);
    return good;
}

/* ---- numbers of sections and servers ---- */

static bool id_is_taken(const struct configuration *configuration, const struct proxy *before, int id)
{
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        if (proxy != before && proxy->id == id)
            return true;
    }
    return false;
}

/* Written ids stay; the others get the lowest free number from 2 on, in the order of the files. */
static void number_proxies(struct configuration *configuration)
{
    int next = 2;
    bool any_written = false;
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next)
        any_written = any_written || proxy->id;
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        proxy->uuid = (unsigned)proxy->id;
        if (proxy->id)
            continue;
        while (any_written && id_is_taken(configuration, proxy, next))
            next++;
        proxy->id = next++;
        proxy->uuid = (unsigned)proxy->id;
    }
}

static bool server_id_is_taken(const struct proxy *proxy, int id)
{
    for (const struct server *server = proxy->servers; server; server = server->next) {
        if (server->id == id)
            return true;
    }
    return false;
}

static void number_servers(struct proxy *proxy)
{
    int next = 1;
    bool any_written = false;
    for (const struct server *server = proxy->servers; server; server = server->next)
        any_written = any_written || server->id;
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->id)
            continue;
        while (any_written && server_id_is_taken(proxy, next))
            next++;
        server->id = next++;
    }
}

static void number_binds(struct proxy *proxy)
{
    int64_t next = 1;
    unsigned number = 1;
    for (struct bind *bind = proxy->binds; bind; bind = bind->next) {
        bind->number = number++;
        if (!bind->settings.id)
            bind->settings.id = next;
        next = bind->settings.id + 1;
        bind->name = bind->settings.name;
        if (!bind->name)
            bind->name = arena_printf(&proxy->configuration->arena, "sock-%u", bind->number).data;
        if (!bind->settings.maxconn)
            bind->settings.maxconn = proxy->settings.maxconn;
    }
}

static void set_global_defaults(struct configuration *configuration)
{
    struct globals *globals = &configuration->globals;
    struct platform *platform = configuration->platform;
    globals->host_name = arena_need_copy(&configuration->arena, str_of(platform->ops->host_name(platform)));
    if (!globals->node_name)
        globals->node_name = globals->host_name;
    if (!globals->local_peer)
        globals->local_peer = globals->node_name;
}

/* What goes into the envelope of each target; said once in the global section, known only now. */
static void set_log_hosts(const struct globals *globals, struct log_target *targets)
{
    if (!globals->log_send_hostname_set)
        return;
    for (struct log_target *target = targets; target; target = target->next)
        target->host = globals->log_send_hostname ? globals->log_send_hostname : globals->host_name;
}

static struct vars *global_scope(const struct sample_context *context, enum var_scope scope)
{
    return scope == VAR_PROC ? &context->configuration->proc_vars : NULL;
}

/* set-var and set-var-fmt of the global section: evaluated once, with nothing but the configuration at hand. What has
 * no value stays unset. */
static void set_global_vars(struct configuration *configuration)
{
    struct arena scratch;
    arena_init(&scratch, 4096);
    configuration->all_vars.limit = configuration->globals.vars_global_max;
    configuration->proc_vars.limit = configuration->globals.vars_proc_max;
    for (struct global_var *var = configuration->global_vars; var; var = var->next) {
        struct sample_context context = { .place = AT_CONFIG,
                                          .configuration = configuration,
                                          .scratch = &scratch,
                                          .final = true,
                                          .vars = global_scope };
        struct sample value;
        bool found = true;
        if (var->format)
            value = sample_text(log_format_text(var->format, &context, true));
        else
            found = sample_eval(var->expr, &context, &value);
        if (found && !vars_set(&configuration->proc_vars, &var->name, &value))
            diag_config(configuration->diag, DIAG_WARNING, nowhere, "variable 'proc.%.*s' could not be set.",
                        STR_ARG(var->name.name));
        arena_reset(&scratch);
    }
    arena_finish(&scratch);
}

/* `healthcheck` of server lines. */
static bool resolve_healthchecks(struct configuration *configuration)
{
    bool good = true;
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (struct server *server = proxy->servers; server; server = server->next) {
            const char *name = server->settings.healthcheck_name;
            struct proxy *found = configuration->healthchecks;
            while (name && found && strcmp(found->name, name) != 0)
                found = found->next;
            server->settings.healthcheck = name ? found : NULL;
            if (!name || found)
                continue;
            diag_config(configuration->diag, DIAG_ALERT, server->at,
                        "server '%s/%s' : unable to find healthcheck section '%s'.", proxy->name,
                        server->name, name);
            good = false;
        }
    }
    return good;
}

/* Sections of nameservers, which lines before them may name. */
static bool resolve_resolvers(struct configuration *configuration)
{
    bool good = true;
    for (struct wanted_resolvers *wanted = configuration->wanted_resolvers; wanted; wanted = wanted->next) {
        *wanted->out = dict_get(&configuration->resolvers, str_of(wanted->name));
        if (*wanted->out)
            continue;
        diag_config(configuration->diag, DIAG_ALERT, wanted->at, "unable to find required resolvers '%s'.",
                    wanted->name);
        good = false;
    }
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (struct server *server = proxy->servers; server; server = server->next) {
            if (server->settings.resolvers_name)
                server->settings.resolvers =
                    dict_get(&configuration->resolvers, str_of(server->settings.resolvers_name));
            if (!server->settings.resolvers_name || server->settings.resolvers)
                continue;
            diag_config(configuration->diag, DIAG_ALERT, server->at,
                        "server '%s/%s' : unable to find required resolvers '%s'.", proxy->name, server->name,
                        server->settings.resolvers_name);
            good = false;
        }
    }
    return good;
}

bool configuration_resolve(struct configuration *configuration)
{
    bool good = resolve_resolvers(configuration);
    good = resolve_healthchecks(configuration) && good;
    good = mailers_resolve(configuration) && good;
    set_global_defaults(configuration);
    set_log_hosts(&configuration->globals, configuration->globals.log_targets);
    number_proxies(configuration);
    for (struct dict_entry *entry = dict_next(&configuration->userlists, NULL); entry;
         entry = dict_next(&configuration->userlists, entry))
        good = userlist_resolve(entry->value, &configuration->arena, configuration->diag) && good;
    good = http_reply_resolve_sets(configuration) && good;
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        number_servers(proxy);
        number_binds(proxy);
        set_log_hosts(&configuration->globals, proxy->settings.log_targets);
        good = check_proxy(proxy) && good;
    }
    good = configuration_resolve_rings(configuration) && good;
    for (struct proxy *proxy = configuration->proxies; proxy && good; proxy = proxy->next)
        good = check_tracks(proxy);
    for (struct proxy *proxy = configuration->log_forwards; proxy; proxy = proxy->next) {
        number_binds(proxy);
        check_binds(proxy);
    }
    if (configuration->cli)
        number_binds(configuration->cli);
    good = configuration_tls(configuration) && good;
    /* Formats were compiled just now: what they name is known only here. */
    good = resolve_arguments(configuration) && good;
    if (good)
        set_global_vars(configuration);
    return good;
}
