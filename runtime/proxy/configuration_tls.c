/* TLS of the configured model: once all is read, binds get their certificates and servers their contexts. */
#include "proxy/bind.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"
#include "proxy/server.h"
#include "tls/tls_bind.h"
#include "tls/tls_cert.h"
#include "tls/tls_client.h"
#include "tls/tls_issuer.h"
#include "tls/tls_library.h"
#include "tls/tls_ocsp.h"

struct tls_library *configuration_tls_library(struct configuration *configuration)
{
    struct globals *globals = &configuration->globals;
    struct buf error = BUF_INIT;
    if (configuration->tls)
        return configuration->tls;
    globals->tls.crt_base = globals->crt_base;
    globals->tls.ca_base = globals->ca_base;
    globals->tls.early_max = (uint32_t)(globals->bufsize - globals->maxrewrite);
    configuration->tls = tls_library_create(configuration->platform, &globals->tls);
    if (configuration->tls && globals->tls.issuers_path &&
        !tls_issuers_load(configuration->tls, globals->tls.issuers_path, &error))
        diag_say(configuration->diag, DIAG_WARNING, "config : %s", error.data ? error.data : "out of memory");
    buf_finish(&error);
    return configuration->tls;
}

/* ---- binds ---- */

static bool bind_error(const struct bind *bind, const struct buf *error)
{
    const struct proxy *proxy = bind->proxy;
    diag_config(proxy->configuration->diag, DIAG_ALERT, bind->at, "'bind %s' in section '%s' : %s",
                bind->label, proxy->sides & PROXY_BACK ? "listen" : "frontend",
                error->data ? error->data : "out of memory");
    return false;
}

/* Listeners of one line and one with the same words share what was made for the first. */
static struct tls_bind *of_same_line(const struct bind *bind)
{
    for (const struct bind *other = bind->proxy->binds; other && other != bind; other = other->next) {
        if (other->at.line == bind->at.line && other->at.file == bind->at.file && other->tls)
            return other->tls;
    }
    return NULL;
}

static bool add_certificates(const struct bind *bind, struct buf *error)
{
    for (const struct tls_crt *crt = bind->settings.crts; crt; crt = crt->next) {
        bool well = crt->is_list ? tls_bind_add_list(bind->tls, crt->path, error)
                                 : tls_bind_add_crt(bind->tls, crt->path, error);
        if (!well)
            return false;
    }
    if (!tls_bind_index(bind->tls)) {
        buf_add_c(error, "out of memory");
        return false;
    }
    return true;
}

static bool prepare_bind(struct configuration *configuration, struct bind *bind, struct buf *warnings)
{
    struct buf error = BUF_INIT;
    const struct tls_settings *settings = &bind->settings.tls;
    if (!bind->settings.ssl)
        return true;
    if (!bind->settings.crts && !settings->strict_sni) {
        diag_config(configuration->diag, DIAG_ALERT, (struct diag_place){ 0 },
                    "Proxy '%s': no SSL certificate specified for bind '%s' at [%s:%u] (use 'crt').",
                    bind->proxy->name, bind->label, bind->at.file, bind->at.line);
        return false;
    }
    if ((bind->tls = of_same_line(bind)) != NULL)
        return true;
    struct tls_library *library = configuration_tls_library(configuration);
    if (library) {
        library->warnings = warnings;
        bind->tls = tls_bind_create(library, settings, bind->label, &error);
    }
    bool well = bind->tls && add_certificates(bind, &error);
    if (!well)
        bind_error(bind, &error);
    buf_finish(&error);
    return well;
}

/* ---- servers ---- */

/* Without an expression of its own, a server of mode http is asked for by the request's host (manual 5.2 of HAProxy 3.3,
 * "sni-auto"). */
static const char *sni_of(const struct server *server)
{
    const struct server_settings *settings = &server->settings;
    bool usual = settings->ssl && !settings->no_sni_auto && server->proxy->settings.mode == MODE_HTTP;
    return settings->sni ? settings->sni : usual ? "req.hdr(host),field(1,:)" : "";
}

static bool parse_sni(struct configuration *configuration, struct server *server, struct buf *error)
{
    const char *end = NULL, *text = sni_of(server);
    if (!text[0])
        return true;
    struct sample_parser parser = configuration_parser(configuration, NULL, server->proxy, AT_SERVER_PICK);
    parser.file = server->at.file;
    parser.line = server->at.line;
    server->sni = sample_expr_parse(&parser, text, &end);
    if (server->sni && !*end)
        return true;
    buf_printf(error, "error detected while parsing sni expression : %s",
               parser.error ? parser.error : "unexpected text behind it");
    return false;
}

static const struct proxy *checked_by(const struct server *server)
{
    return server->settings.healthcheck ? server->settings.healthcheck : server->proxy;
}

bool configuration_tls_server(struct configuration *configuration, struct server *server, struct buf *error)
{
    struct tls_settings settings = server->settings.tls;
    bool checks =
        server->settings.check_ssl || (server->settings.check && checked_by(server)->settings.check_tls);
    if (!server->settings.ssl && !server->settings.ssl_ready && !checks)
        return true;
    if (!settings.verify)
        settings.verify =
            configuration->globals.ssl_server_verify_none ? TLS_VERIFY_NONE : TLS_VERIFY_REQUIRED;
    if (settings.verify != TLS_VERIFY_NONE && !settings.ca_file) {
        buf_add_c(error,
                  "verify is enabled by default but no CA file specified. If you're running on a LAN where "
                  "you're certain to trust the server's certificate, please set an explicit 'verify none' "
                  "statement on the 'server' line, or use 'ssl-server-verify none' in the global section to "
                  "disable server-side verifications by default.");
        return false;
    }
    struct tls_library *library = configuration_tls_library(configuration);
    if (library)
        server->tls = tls_client_create(library, &settings, error);
    return server->tls && parse_sni(configuration, server, error);
}

static bool prepare_server(struct configuration *configuration, struct server *server)
{
    struct buf error = BUF_INIT;
    bool well = configuration_tls_server(configuration, server, &error);
    if (!well)
        diag_say(configuration->diag, DIAG_ALERT, "config : [%s:%u] : 'server %s/%s' : %s", server->at.file,
                 server->at.line, server->proxy->name, server->name,
                 error.data ? error.data : "out of memory");
    buf_finish(&error);
    return well;
}

struct tls_client *configuration_httpclient_tls(struct configuration *configuration, struct buf *error)
{
    struct tls_settings settings = configuration->globals.httpclient_tls;
    if (configuration->httpclient_tls)
        return configuration->httpclient_tls;
    if (!settings.verify)
        settings.verify = TLS_VERIFY_REQUIRED;
    if (settings.verify == TLS_VERIFY_REQUIRED && !settings.ca_file)
        settings.ca_file = "@system-ca";
    struct tls_library *library = configuration_tls_library(configuration);
    configuration->httpclient_tls = library ? tls_client_create(library, &settings, error) : NULL;
    return configuration->httpclient_tls;
}

/* What was said of it is to be right; without a word it is looked at when a script asks for it. */
static bool prepare_httpclient(struct configuration *configuration)
{
    const struct tls_settings *settings = &configuration->globals.httpclient_tls;
    struct buf error = BUF_INIT;
    bool well =
        (!settings->verify && !settings->ca_file) || configuration_httpclient_tls(configuration, &error);
    if (!well)
        diag_say(configuration->diag, DIAG_ALERT, "config : httpclient: %s",
                 error.data ? error.data : "out of memory");
    buf_finish(&error);
    return well;
}

static bool load_stores(struct configuration *configuration)
{
    bool well = true;
    for (const struct crt_load *load = configuration->crt_loads; load; load = load->next) {
        struct tls_library *library = configuration_tls_library(configuration);
        struct buf error = BUF_INIT;
        if (!library || !tls_cert_load_files(library, load->name, &load->files, &error)) {
            diag_config(configuration->diag, DIAG_ALERT, load->at, "'load' : %s",
                        error.data ? error.data : "out of memory");
            well = false;
        }
        buf_finish(&error);
    }
    return well;
}

/* Most responders have names: somebody has to find those. */
static void want_names(struct configuration *configuration)
{
    const struct dict *all = configuration->tls ? &configuration->tls->ocsp : NULL;
    for (struct dict_entry *e = all ? dict_next(all, NULL) : NULL; e; e = dict_next(all, e)) {
        if (!tls_ocsp_wants_updates(e->value))
            continue;
        configuration_usual_resolvers(configuration);
        return;
    }
}

static void say_warnings(struct configuration *configuration, struct buf *warnings)
{
    struct str rest = buf_str(warnings);
    while (rest.size) {
        struct str line = str_split(&rest, '\n');
        diag_say(configuration->diag, DIAG_WARNING, "config : %.*s", STR_ARG(line));
    }
    buf_finish(warnings);
    if (configuration->tls)
        configuration->tls->warnings = NULL;
}

bool configuration_tls(struct configuration *configuration)
{
    struct buf warnings = BUF_INIT;
    const struct tls_tuning *tuning = &configuration->globals.tls;
    bool well = load_stores(configuration);
    if (tuning->ocsp_min_s > tuning->ocsp_max_s) {
        diag_say(configuration->diag, DIAG_ALERT,
                 "config : 'ocsp-update.mindelay' must be lower than 'ocsp-update.maxdelay'.");
        well = false;
    }
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (struct bind *bind = proxy->binds; bind; bind = bind->next)
            well = prepare_bind(configuration, bind, &warnings) && well;
        for (struct server *server = proxy->servers; server; server = server->next)
            well = prepare_server(configuration, server) && well;
    }
    for (struct proxy *proxy = configuration->log_forwards; proxy; proxy = proxy->next)
        for (struct bind *bind = proxy->binds; bind; bind = bind->next)
            well = prepare_bind(configuration, bind, &warnings) && well;
    for (struct bind *bind = configuration->cli ? configuration->cli->binds : NULL; bind; bind = bind->next)
        well = prepare_bind(configuration, bind, &warnings) && well;
    say_warnings(configuration, &warnings);
    want_names(configuration);
    return prepare_httpclient(configuration) && well;
}
