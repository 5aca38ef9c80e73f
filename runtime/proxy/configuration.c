/* The configuration as a whole: made empty, filled by the reader's rows, then resolved: what named something gets the
 * thing, what is incomplete is said. */
#include "proxy/configuration.h"
#include "base/mem.h"
#include "proxy/bind.h"
#include "proxy/http_errors.h"
#include "proxy/server.h"
#include "proxy/userlist.h"
#include "tls/tls_library.h"

#define ARENA_CHUNK 65536

static void set_usual(struct globals *globals)
{
    *globals = (struct globals){
        .thread_count = 1,
        .bufsize = 16384,
        .maxrewrite = 1024,
        .http_maxhdr = 101,
        .http_logurilen = 1024,
        .http_cookielen = 63,
        .runqueue_depth = 200,
        .max_accept = 64,
        .max_poll_events = 200,
        .idle_timer_ms = 1000,
        .lua_forced_yield = 10000,
        .lua_session_timeout_ms = 4000,
        .lua_service_timeout_ms = 4000,
        .lua_burst_timeout_ms = 1000,
        .lua_log_loggers = 1,
        .httpclient_retries = 3,
        .httpclient_connect_ms = 5000,
        .log_tag = "haproxy",
        .uid = -1,
        .gid = -1,
        .unix_uid = -1,
        .unix_gid = -1,
        .strict_limits = true,
        .stats_timeout_ms = 10000,
        .stats_maxconn = 10,
        .server_sockets_reuse = true,
        .tls = { .cache_size = 20000,
                 .lifetime_s = 300,
                 .security_level = -1,
                 .extra_files = TLS_EXTRA_ALL,
                 .ocsp_min_s = 300,
                 .ocsp_max_s = 3600 },
    };
    for (unsigned code = 400; code < 600; code++)
        (code < 500 ? globals->error_codes : globals->failure_codes)[code / 64] |= 1ull << (code % 64);
    /* What the server cannot do at all says nothing about how it does (HAProxy manual 3.1 http-fail-codes). */
    globals->failure_codes[501 / 64] &= ~(1ull << (501 % 64));
    globals->failure_codes[505 / 64] &= ~(1ull << (505 % 64));
}

struct configuration *configuration_create(struct platform *platform, struct diag *diag)
{
    struct configuration *configuration = mem_zero(sizeof(*configuration));
    if (!configuration)
        return NULL;
    configuration->patterns = pattern_set_create();
    if (!configuration->patterns) {
        mem_free(configuration);
        return NULL;
    }
    configuration->platform = platform;
    configuration->diag = diag;
    arena_init(&configuration->arena, ARENA_CHUNK);
    words_init(&configuration->words);
    set_usual(&configuration->globals);
    configuration->proc_vars.within = &configuration->all_vars;
    configuration->proxies_end = &configuration->proxies;
    configuration->defaults_end = &configuration->defaults;
    configuration->rings_end = &configuration->rings;
    configuration_add_usual_ring(configuration);
    configuration->lua_files_end = &configuration->lua_files;
    configuration->global_vars_end = &configuration->global_vars;
    configuration->usual_replies = http_reply_usual_pages(&configuration->arena);
    return configuration;
}

static void destroy_chain(struct proxy *proxy)
{
    while (proxy) {
        struct proxy *next = proxy->next;
        proxy_destroy(proxy);
        proxy = next;
    }
}

void configuration_destroy(struct configuration *configuration)
{
    if (!configuration)
        return;
    tls_library_destroy(configuration->tls);
    destroy_chain(configuration->proxies);
    destroy_chain(configuration->defaults);
    destroy_chain(configuration->healthchecks);
    destroy_chain(configuration->log_forwards);
    if (configuration->cli)
        proxy_destroy(configuration->cli);
    dict_finish(&configuration->proxies_by_name);
    dict_finish(&configuration->header_cases);
    dict_finish(&configuration->userlists);
    dict_finish(&configuration->var_names);
    dict_finish(&configuration->http_errors);
    dict_finish(&configuration->resolvers);
    dict_finish(&configuration->mailers);
    vars_finish(&configuration->proc_vars);
    pattern_set_destroy(configuration->patterns);
    words_finish(&configuration->words);
    buf_finish(&configuration->startup_log);
    arena_finish(&configuration->arena);
    mem_free(configuration);
}

bool configuration_add_proxy(struct configuration *configuration, struct proxy *proxy)
{
    struct str name = str_of(proxy->name);
    proxy->next = NULL;
    if (proxy->sides & PROXY_DEFAULTS) {
        *configuration->defaults_end = proxy;
        configuration->defaults_end = &proxy->next;
        return true;
    }
    struct proxy *first = dict_get(&configuration->proxies_by_name, name);
    if (!first && !dict_set(&configuration->proxies_by_name, name, proxy))
        return false;
    for (; first; first = first->same_name) {
        if (!first->same_name) {
            first->same_name = proxy;
            break;
        }
    }
    *configuration->proxies_end = proxy;
    configuration->proxies_end = &proxy->next;
    return true;
}

struct proxy *configuration_cli(struct configuration *configuration)
{
    if (configuration->cli)
        return configuration->cli;
    struct proxy *cli =
        proxy_create(configuration, PROXY_FRONT | PROXY_INTERNAL, "GLOBAL", (struct diag_place){ 0 }, NULL);
    cli->settings.maxconn = configuration->globals.stats_maxconn;
    cli->settings.timeout_client = configuration->globals.stats_timeout_ms;
    configuration->cli = cli;
    return cli;
}

void configuration_want_resolvers(struct configuration *configuration, struct diag_place at, const char *name,
                                  struct resolvers **out)
{
    struct wanted_resolvers *wanted = arena_need(&configuration->arena, sizeof(*wanted));
    *wanted = (struct wanted_resolvers){ configuration->wanted_resolvers, at, name, out };
    configuration->wanted_resolvers = wanted;
}

struct sample_parser configuration_parser(struct configuration *configuration, const struct cfg_line *line,
                                          struct proxy *proxy, enum sample_place place)
{
    return (struct sample_parser){
        .words = &configuration->words,
        .arena = &configuration->arena,
        .configuration = configuration,
        .proxy = proxy,
        .place = place,
        .file = line ? line->place.file : NULL,
        .line = line ? line->place.line : 0,
        .unresolved = &configuration->unresolved,
        .var_names = &configuration->var_names,
    };
}

struct acl_parser configuration_acl_parser(struct configuration *configuration, const struct cfg_line *line,
                                           struct proxy *proxy, enum sample_place place)
{
    return (struct acl_parser){
        .sample = configuration_parser(configuration, line, proxy, place),
        .set = configuration->patterns,
        .platform = configuration->platform,
    };
}
