/* Words of TLS: options of bind, server and default-server, ssl-default-*, tune.ssl.* and their kin. */
#include "config/cfg_addr.h"
#include "keywords/kw_common.h"
#include "proxy/bind.h"
#include "proxy/server.h"

/* ---- options that the table of tls/tls_settings.c knows ---- */

static bool set(struct cfg_option *option, struct tls_settings *settings, unsigned place)
{
    const struct tls_word *word = tls_word_find(option->row->word, place);
    struct buf error = BUF_INIT;
    CHECK(word);
    const char *value = tls_word_has_value(word) ? cfg_option_value(option) : "";
    bool well = tls_word_set(word, settings, value, &configuration_of(option->line)->arena, &error) ||
                cfg_option_error(option, "%s", error.data ? error.data : "out of memory");
    buf_finish(&error);
    return well;
}

static bool on_bind(struct cfg_option *option)
{
    return set(option, &((struct bind_settings *)option->target)->tls, TLS_ON_BIND);
}

static bool on_server(struct cfg_option *option)
{
    return set(option, &((struct server_settings *)option->target)->tls, TLS_ON_SERVER);
}

/* This engine speaks HTTP/1 alone: a client that could do both gets that. */
static void warn_of_h2(struct cfg_option *option, const char *text)
{
    struct str rest = str_of(text);
    while (rest.data) {
        if (str_eq(str_split(&rest, ','), STR("h2")))
            cfg_warn(option->line, "'%s' : 'alpn' : HTTP/2 is not supported, 'h2' is not advertised.",
                     option->what);
    }
}

static bool bind_alpn(struct cfg_option *option)
{
    struct bind_settings *settings = option->target;
    if (!on_bind(option))
        return false;
    warn_of_h2(option, settings->tls.alpn);
    return true;
}

static bool server_ssl(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    settings->ssl_ready = option->negated && (settings->ssl || settings->ssl_ready);
    settings->ssl = !option->negated;
    settings->no_ssl = option->negated;
    return true;
}

static bool server_alpn(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    if (!on_server(option))
        return false;
    warn_of_h2(option, settings->tls.alpn);
    return true;
}

/* "required" and "none" are all that a server's certificate can be. */
static bool server_verify(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    const char *value = cfg_word(option->line, option->at);
    if (strcmp(value, "optional") == 0)
        return cfg_option_error(
            option, "unknown verify method '%s', only 'none' and 'required' are supported", value);
    (void)settings;
    return on_server(option);
}

static bool add_crt(struct cfg_option *option, bool is_list)
{
    struct bind_settings *settings = option->target;
    const char *path = cfg_option_value(option);
    if (!path[0])
        return cfg_option_error(option, is_list ? "missing certificate list location"
                                                : "missing certificate location");
    struct tls_crt **end = &settings->crts;
    while (*end)
        end = &(*end)->next;
    *end = arena_need(&configuration_of(option->line)->arena, sizeof(**end));
    (*end)->path = kw_copy(option->line, path);
    (*end)->is_list = is_list;
    return true;
}

static bool crt(struct cfg_option *option)
{
    return add_crt(option, false);
}

static bool crt_list(struct cfg_option *option)
{
    return add_crt(option, true);
}

/* The certificate for names that nobody answers to: the first one is. */
static bool default_crt(struct cfg_option *option)
{
    struct bind_settings *settings = option->target;
    struct tls_crt *others = settings->crts;
    settings->crts = NULL;
    bool well = add_crt(option, false);
    if (settings->crts)
        settings->crts->next = others;
    return well;
}

static bool clear_flag(struct cfg_option *option)
{
    *(bool *)(void *)((char *)option->target + option->row->offset) = false;
    return true;
}

#define BIND_TLS(word)                                                                                       \
    {                                                                                                        \
        word, .set = CFG_CALL, .call = on_bind                                                               \
    }
#define SERVER_TLS(word)                                                                                     \
    {                                                                                                        \
        word, .set = CFG_CALL, .call = on_server                                                             \
    }
#define IN_BIND(field)   .offset = offsetof(struct bind_settings, field)
#define IN_SERVER(field) .offset = offsetof(struct server_settings, field)

/* clang-format off */
const struct option_row kw_tls_bind_rows[] = {
    { "ssl", .set = CFG_FLAG, IN_BIND(ssl) },
    { "alpn", .set = CFG_CALL, .call = bind_alpn },
    { "crt", .set = CFG_CALL, .call = crt },
    { "crt-list", .set = CFG_CALL, .call = crt_list },
    { "default-crt", .set = CFG_CALL, .call = default_crt },
    BIND_TLS("allow-0rtt"), BIND_TLS("no-alpn"), BIND_TLS("npn"), BIND_TLS("ca-file"), BIND_TLS("ca-ignore-err"),
    BIND_TLS("ca-verify-file"), BIND_TLS("ciphers"), BIND_TLS("ciphersuites"), BIND_TLS("client-sigalgs"),
    BIND_TLS("crl-file"), BIND_TLS("crt-ignore-err"), BIND_TLS("curves"), BIND_TLS("ecdhe"),
    BIND_TLS("force-sslv3"), BIND_TLS("force-tlsv10"), BIND_TLS("force-tlsv11"), BIND_TLS("force-tlsv12"),
    BIND_TLS("force-tlsv13"), BIND_TLS("no-ca-names"), BIND_TLS("no-sslv3"), BIND_TLS("no-tlsv10"),
    BIND_TLS("no-tlsv11"), BIND_TLS("no-tlsv12"), BIND_TLS("no-tlsv13"), BIND_TLS("no-tls-tickets"),
    BIND_TLS("tls-tickets"), BIND_TLS("prefer-client-ciphers"), BIND_TLS("sigalgs"), BIND_TLS("ssl-max-ver"),
    BIND_TLS("ssl-min-ver"), BIND_TLS("strict-sni"),
    BIND_TLS("no-strict-sni"), BIND_TLS("tls-ticket-keys"), BIND_TLS("verify"),
    BIND_TLS("generate-certificates"), BIND_TLS("ca-sign-file"),
    { "ca-sign-pass", .set = CFG_REFUSED, .value_count = 1, .note = "keys are read without a passphrase" },
    { 0 },
};

const struct option_row kw_tls_server_rows[] = {
    { "ssl", .set = CFG_CALL, .call = server_ssl, .no_form = true },
    { "check-ssl", .set = CFG_FLAG, IN_SERVER(check_ssl), .no_form = true },
    { "check-sni", .set = CFG_TEXT, IN_SERVER(check_sni) },
    { "sni-auto", .set = CFG_CALL, .call = clear_flag, IN_SERVER(no_sni_auto), .no_form = true },
    { "no-sni-auto", .set = CFG_FLAG, IN_SERVER(no_sni_auto), .no_form = true },
    { "check-sni-auto", .set = CFG_CALL, .call = clear_flag, IN_SERVER(no_check_sni_auto), .no_form = true },
    { "no-check-sni-auto", .set = CFG_FLAG, IN_SERVER(no_check_sni_auto), .no_form = true },
    { "check-alpn", .set = CFG_TEXT, IN_SERVER(check_alpn) },
    { "sni", .set = CFG_TEXT, IN_SERVER(sni) },
    { "verify", .set = CFG_CALL, .call = server_verify },
    { "alpn", .set = CFG_CALL, .call = server_alpn },
    SERVER_TLS("allow-0rtt"), SERVER_TLS("no-alpn"), SERVER_TLS("npn"), SERVER_TLS("ca-file"), SERVER_TLS("ciphers"),
    SERVER_TLS("ciphersuites"), SERVER_TLS("client-sigalgs"), SERVER_TLS("crl-file"), SERVER_TLS("crt"),
    SERVER_TLS("curves"), SERVER_TLS("force-sslv3"), SERVER_TLS("force-tlsv10"), SERVER_TLS("force-tlsv11"),
    SERVER_TLS("force-tlsv12"), SERVER_TLS("force-tlsv13"), SERVER_TLS("no-sslv3"), SERVER_TLS("no-tlsv10"),
    SERVER_TLS("no-tlsv11"), SERVER_TLS("no-tlsv12"), SERVER_TLS("no-tlsv13"), SERVER_TLS("sslv3"),
    SERVER_TLS("tlsv10"), SERVER_TLS("tlsv11"), SERVER_TLS("tlsv12"), SERVER_TLS("tlsv13"),
    SERVER_TLS("no-tls-tickets"), SERVER_TLS("tls-tickets"), SERVER_TLS("no-ssl-reuse"), SERVER_TLS("ssl-reuse"),
    SERVER_TLS("sigalgs"), SERVER_TLS("ssl-max-ver"), SERVER_TLS("ssl-min-ver"), SERVER_TLS("verifyhost"),
    { "no-verifyhost", .set = CFG_CALL, .call = clear_flag, IN_SERVER(tls.verify_host) },
    { 0 },
};
/* clang-format on */

/* ---- the global section ---- */

static struct globals *globals_of(const struct cfg_line *line)
{
    return &configuration_of(line)->globals;
}

/* "ssl-default-bind-ciphers X": the option's name stands behind. */
static bool default_text(struct cfg_line *line)
{
    bool bind = str_starts(str_of(line->words[0]), STR("ssl-default-bind-"));
    struct str name =
        str_from(str_of(line->words[0]), bind ? strlen("ssl-default-bind-") : strlen("ssl-default-server-"));
    struct tls_settings *settings = bind ? &globals_of(line)->tls_bind : &globals_of(line)->tls_server;
    const struct tls_word *word = tls_word_find(name.data, bind ? TLS_ON_BIND : TLS_ON_SERVER);
    struct buf error = BUF_INIT;
    CHECK(word);
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'%s' expects a value.", line->words[0]);
    bool well = tls_word_set(word, settings, cfg_arg(line, 0), &configuration_of(line)->arena, &error) ||
                cfg_error(line, "'%s' : %s", line->words[0], error.data ? error.data : "out of memory");
    buf_finish(&error);
    return well && cfg_arg_limits(line, 1, 1);
}

static bool default_options(struct cfg_line *line)
{
    bool bind = strcmp(line->words[0], "ssl-default-bind-options") == 0;
    struct tls_settings *settings = bind ? &globals_of(line)->tls_bind : &globals_of(line)->tls_server;
    struct buf error = BUF_INIT;
    bool well = true;
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'%s' expects an option.", line->words[0]);
    for (unsigned i = 0; i < cfg_arg_count(line) && well; i++) {
        const char *name = cfg_arg(line, i);
        const struct tls_word *word = tls_word_find(name, bind ? TLS_BIND_DEFAULT : TLS_SERVER_DEFAULT);
        if (!word) {
            well = cfg_error(line, "unknown option '%s' on global statement '%s'.", name, line->words[0]);
            break;
        }
        const char *value = tls_word_has_value(word) ? cfg_arg(line, ++i) : "";
        well = tls_word_set(word, settings, value, &configuration_of(line)->arena, &error) ||
               cfg_error(line, "'%s' : '%s' : %s", line->words[0], name,
                         error.data ? error.data : "out of memory");
    }
    buf_finish(&error);
    return well;
}

static bool extra_files(struct cfg_line *line)
{
    static const struct cfg_name names[] = { { "bundle", TLS_EXTRA_BUNDLE },
                                             { "sctl", TLS_EXTRA_SCTL },
                                             { "ocsp", TLS_EXTRA_OCSP },
                                             { "issuer", TLS_EXTRA_ISSUER },
                                             { "key", TLS_EXTRA_KEY },
                                             { "all", TLS_EXTRA_ALL },
                                             { "none", 0 },
                                             { 0 } };
    unsigned wanted = 0;
    if (!cfg_arg_count(line))
        return cfg_error(line, "'ssl-load-extra-files' expects an argument.");
    for (unsigned i = 0; i < cfg_arg_count(line); i++) {
        const struct cfg_name *name = names;
        while (name->word && strcmp(name->word, cfg_arg(line, i)) != 0)
            name++;
        if (!name->word)
            return cfg_error(line, "unknown type '%s' on global statement 'ssl-load-extra-files'.",
                             cfg_arg(line, i));
        wanted |= (unsigned)name->value;
    }
    globals_of(line)->tls.extra_files = wanted;
    return true;
}

static bool on_or_off(struct cfg_line *line, bool *out)
{
    const char *word = cfg_arg(line, 0);
    *out = strcmp(word, "on") == 0;
    return (*out || strcmp(word, "off") == 0 ||
            cfg_error(line, "'%s' expects 'on' or 'off'.", line->words[0])) &&
           cfg_arg_limits(line, 1, 1);
}

static bool update_mode(struct cfg_line *line)
{
    return on_or_off(line, &globals_of(line)->tls.ocsp_update);
}

static bool update_disable(struct cfg_line *line)
{
    return on_or_off(line, &globals_of(line)->tls.ocsp_disable);
}

static bool update_proxy(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct cfg_addr addr;
    const char *error = NULL;
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    if (!cfg_parse_addr(configuration->platform, &configuration->arena, cfg_arg(line, 0), ADDR_PORT_OPTIONAL,
                        true, &addr, &error))
        return cfg_error(line, "'ocsp-update.httpproxy' : %s", error);
    if (!addr_is_ip(&addr.addr) || addr.port_last > addr.addr.port || addr.port_relative)
        return cfg_error(line, "'ocsp-update.httpproxy' : expects one address and port, not '%s'.",
                         cfg_arg(line, 0));
    if (!addr.port_given)
        addr.addr.port = 80;
    configuration->globals.ocsp_proxy = addr.addr;
    return true;
}

static bool dh_file(struct cfg_line *line)
{
    struct buf text = BUF_INIT;
    const char *path = cfg_arg(line, 0);
    if (!path[0])
        return cfg_error(line, "'ssl-dh-param-file' expects a file path as an argument.");
    bool well = kw_read_file(line, "ssl-dh-param-file", path, &text);
    if (well && str_find(buf_str(&text), STR("DH PARAMETERS")) == STR_NOT_FOUND)
        well = cfg_error(line, "'ssl-dh-param-file': unable to load DH parameters from file <%s>.", path);
    buf_finish(&text);
    globals_of(line)->tls.dh_file = kw_copy(line, path);
    return well && cfg_arg_limits(line, 1, 1);
}

static bool keylog(struct cfg_line *line)
{
    const char *word = cfg_arg(line, 0);
    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
        return cfg_error(line, "'%s' expects either 'on' or 'off' but got '%s'.", line->words[0], word);
    globals_of(line)->tls.keylog = word[1] == 'n';
    return cfg_arg_limits(line, 1, 1);
}

/* Seconds unless a unit is given. */
static bool lifetime(struct cfg_line *line)
{
    uint64_t seconds;
    const char *stop = NULL;
    if (units_parse_time(str_of(cfg_arg(line, 0)), UNITS_S, &seconds, &stop) != UNITS_OK)
        return cfg_error(line, "'%s' expects ssl sessions <lifetime> in seconds as argument.",
                         line->words[0]);
    globals_of(line)->tls.lifetime_s = seconds;
    return cfg_arg_limits(line, 1, 1);
}

#define GLOBAL(field)          .offset = offsetof(struct configuration, globals.field)
#define COUNT(field, from, to) CFG_INT64, GLOBAL(field), .low = from, .high = to
#define NOTHING(word)                                                                                        \
    {                                                                                                        \
        IN_GLOBAL, word, KW_IGNORED(0, 1)                                                                    \
    }
#define DEFAULT(word)                                                                                        \
    {                                                                                                        \
        IN_GLOBAL, word, KW_CALL(default_text)                                                               \
    }

/* clang-format off */
const struct keyword_row kw_tls_rows[] = {
    DEFAULT("ssl-default-bind-ciphers"), DEFAULT("ssl-default-bind-ciphersuites"),
    DEFAULT("ssl-default-bind-client-sigalgs"), DEFAULT("ssl-default-bind-curves"),
    DEFAULT("ssl-default-bind-sigalgs"), DEFAULT("ssl-default-server-ciphers"),
    DEFAULT("ssl-default-server-ciphersuites"), DEFAULT("ssl-default-server-client-sigalgs"),
    DEFAULT("ssl-default-server-curves"), DEFAULT("ssl-default-server-sigalgs"),
    { IN_GLOBAL, "ssl-default-bind-options", KW_CALL(default_options) },
    { IN_GLOBAL, "ssl-default-server-options", KW_CALL(default_options) },
    { IN_GLOBAL, "ocsp-update.disable", KW_CALL(update_disable) },
    { IN_GLOBAL, "ocsp-update.httpproxy", KW_CALL(update_proxy) },
    { IN_GLOBAL, "ocsp-update.maxdelay", COUNT(tls.ocsp_max_s, 1, INT32_MAX) },
    { IN_GLOBAL, "ocsp-update.mindelay", COUNT(tls.ocsp_min_s, 1, INT32_MAX) },
    { IN_GLOBAL, "ocsp-update.mode", KW_CALL(update_mode) },
    { IN_GLOBAL, "ssl-dh-param-file", KW_CALL(dh_file) },
    { IN_GLOBAL, "ssl-load-extra-del-ext", CFG_FLAG, GLOBAL(tls.extra_delete_extension) },
    { IN_GLOBAL, "ssl-load-extra-files", KW_CALL(extra_files) },
    { IN_GLOBAL, "ssl-security-level", COUNT(tls.security_level, 0, 5) },
    { IN_GLOBAL, "ssl-skip-self-issued-ca", CFG_FLAG, GLOBAL(tls.skip_self_issued_ca) },
    { IN_GLOBAL, "ssl-engine", KW_REFUSED("engines are not loaded") },
    { IN_GLOBAL, "ssl-provider", KW_REFUSED("providers are not loaded") },
    { IN_GLOBAL, "issuers-chain-path", CFG_TEXT, GLOBAL(tls.issuers_path) },
    NOTHING("ssl-mode-async"), NOTHING("ssl-propquery"), NOTHING("ssl-provider-path"),
    { IN_GLOBAL, "tune.ssl.cachesize", COUNT(tls.cache_size, 0, INT32_MAX) },
    { IN_GLOBAL, "tune.ssl.capture-buffer-size", COUNT(tls.capture_size, 0, INT32_MAX) },
    { IN_GLOBAL, "tune.ssl.capture-cipherlist-size", COUNT(tls.capture_size, 0, INT32_MAX) },
    { IN_GLOBAL, "tune.ssl.default-dh-param", COUNT(tls.default_dh_bits, 1024, 16384) },
    { IN_GLOBAL, "tune.ssl.hard-maxrecord", COUNT(tls.max_record, 0, 16384) },
    { IN_GLOBAL, "tune.ssl.maxrecord", COUNT(tls.max_record, 0, 16384) },
    { IN_GLOBAL, "tune.ssl.keylog", KW_CALL(keylog) },
    { IN_GLOBAL, "tune.ssl.lifetime", KW_CALL(lifetime) },
    NOTHING("tune.ssl.certificate-compression"), NOTHING("tune.ssl.force-private-cache"),
    { IN_GLOBAL, "tune.ssl.ocsp-update.maxdelay", COUNT(tls.ocsp_max_s, 1, INT32_MAX) },
    { IN_GLOBAL, "tune.ssl.ocsp-update.mindelay", COUNT(tls.ocsp_min_s, 1, INT32_MAX) },
    NOTHING("tune.ssl.ssl-ctx-cache-size"),
    { 0 },
};
/* clang-format on */
