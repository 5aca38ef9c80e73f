/* option ...: most are flags of the section's settings; a few have values. */
#include "keywords/kw_common.h"
#include "proxy/forwarded.h"

static bool flag(struct cfg_line *line)
{
    const struct keyword_row *row = kw_row(line);
    struct proxy *proxy = kw_proxy(line);
    bool *value = (bool *)(void *)((char *)&proxy->settings + row->offset);
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    *value = line->to_default ? row->low != 0 : !line->negated;
    return true;
}

/* httpclose, http-server-close, http-keep-alive: the last one written stands; `no` goes back to keep-alive. */
static bool connection_mode(struct cfg_line *line)
{
    const struct keyword_row *row = kw_row(line);
    struct proxy *proxy = kw_proxy(line);
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    if (!line->negated && !line->to_default)
        proxy->settings.http_connection_mode = (int)row->low;
    else if (proxy->settings.http_connection_mode == (int)row->low)
        proxy->settings.http_connection_mode = HTTP_KEEP_ALIVE;
    return true;
}

/* HTTP, where we speak first, has it unless `no` is said; others only when it is asked for. */
static bool smart_connect(struct cfg_line *line)
{
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    kw_proxy(line)->settings.smart_connect = line->to_default ? SMART_CONNECT_HTTP
                                             : line->negated  ? SMART_CONNECT_NEVER
                                                              : SMART_CONNECT_ALWAYS;
    return true;
}

static void set_format(struct cfg_line *line, const char *text)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    settings->log_format_text = text;
    settings->log_format_at = line->place;
    settings->log_format_is_httplog =
        text == log_format_http || text == log_format_clf || text == log_format_https;
    settings->log_format_is_tcplog = text == log_format_tcp;
}

static bool httplog(struct cfg_line *line)
{
    bool clf = strcmp(cfg_arg(line, 0), "clf") == 0;
    if (cfg_arg_count(line) && !clf)
        return cfg_error(line, "keyword 'httplog' only supports option 'clf'.");
    if (!cfg_arg_limits(line, 0, 1))
        return false;
    set_format(line, clf ? log_format_clf : log_format_http);
    return true;
}

static bool httpslog(struct cfg_line *line)
{
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    set_format(line, log_format_https);
    return true;
}

static bool tcplog(struct cfg_line *line)
{
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    set_format(line, log_format_tcp);
    return true;
}

struct address_option { /* forwardfor and originalto: what their words set */
    const char *word;
    bool *enabled;
    struct addr *except;
    unsigned *except_bits;
    const char **header;
    bool *if_none; /* NULL: not for this one */
};

static const char *lower_copy(struct cfg_line *line, const char *text)
{
    char *copy = arena_need_copy(&configuration_of(line)->arena, str_of(text));
    for (char *at = copy; *at; at++)
        *at = ascii_lower(*at);
    return copy;
}

static bool address_option(struct cfg_line *line, const struct address_option *option)
{
    *option->enabled = true;
    *option->except = (struct addr){ 0 };
    *option->header = NULL;
    if (option->if_none)
        *option->if_none = false;
    for (unsigned i = 0; i < cfg_arg_count(line); i++) {
        const char *word = cfg_arg(line, i);
        if (strcmp(word, "except") == 0) {
            if (!addr_parse_network(str_of(cfg_arg(line, ++i)), option->except, option->except_bits))
                return cfg_error(line, "'option %s except' expects <address>[/mask] as argument.",
                                 option->word);
        } else if (strcmp(word, "header") == 0) {
            if (!cfg_arg(line, ++i)[0])
                return cfg_error(line, "'option %s header' expects <header_name> as argument.", option->word);
            *option->header = lower_copy(line, cfg_arg(line, i));
        } else if (option->if_none && strcmp(word, "if-none") == 0) {
            *option->if_none = true;
        } else {
            return cfg_error(line, "'option %s' only supports optional values: 'except', 'header'%s.",
                             option->word, option->if_none ? " and 'if-none'" : "");
        }
    }
    return true;
}

static bool forwardfor(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    return address_option(
        line, &(struct address_option){ "forwardfor", &settings->forward_for, &settings->forward_for_except,
                                        &settings->forward_for_except_bits, &settings->forward_for_header,
                                        &settings->forward_for_if_none });
}

static bool originalto(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    return address_option(line, &(struct address_option){ "originalto", &settings->original_to,
                                                          &settings->original_to_except,
                                                          &settings->original_to_except_bits,
                                                          &settings->original_to_header, NULL });
}

/* ---- option forwarded ---- */

static struct sample_expr *forwarded_expr(struct cfg_line *line, unsigned i)
{
    struct configuration *configuration = configuration_of(line);
    struct sample_parser parser = configuration_parser(configuration, line, kw_proxy(line), AT_REQUEST_HEAD);
    const char *text = cfg_arg(line, i), *end = NULL;
    struct sample_expr *expr = text[0] ? sample_expr_parse(&parser, text, &end) : NULL;
    if (expr && !*end)
        return expr;
    cfg_error(line, "'option forwarded' : '%s' expects a sample expression: %s.", cfg_arg(line, i - 1),
              !text[0]       ? "it is missing"
              : parser.error ? parser.error
              : end          ? end
                             : "out of memory");
    return NULL;
}

/* A word and what it sets: a flag, or an expression behind it. */
struct forwarded_word {
    const char *word;
    size_t flag, expr; /* offsets in struct forwarded; expr 0: takes none */
};

#define NODE(field, member) offsetof(struct forwarded, field) + offsetof(struct forwarded_node, member)
static const struct forwarded_word forwarded_words[] = {
    { "proto", offsetof(struct forwarded, with_proto), 0 },
    { "host", offsetof(struct forwarded, with_host), 0 },
    { "host-expr", offsetof(struct forwarded, with_host), offsetof(struct forwarded, host) },
    { "by", NODE(by, wanted), 0 },
    { "by-expr", NODE(by, wanted), NODE(by, name) },
    { "by_port", NODE(by, with_port), 0 },
    { "by_port-expr", NODE(by, with_port), NODE(by, port) },
    { "for", NODE(of, wanted), 0 },
    { "for-expr", NODE(of, wanted), NODE(of, name) },
    { "for_port", NODE(of, with_port), 0 },
    { "for_port-expr", NODE(of, with_port), NODE(of, port) },
};

static bool forwarded_word(struct cfg_line *line, unsigned *i, struct forwarded *forwarded)
{
    const char *word = cfg_arg(line, *i);
    for (size_t n = 0; n < COUNT_OF(forwarded_words); n++) {
        const struct forwarded_word *row = &forwarded_words[n];
        if (strcmp(row->word, word) != 0)
            continue;
        *(bool *)((char *)forwarded + row->flag) = true;
        if (!row->expr)
            return true;
        struct sample_expr *expr = forwarded_expr(line, ++*i);
        *(struct sample_expr **)(void *)((char *)forwarded + row->expr) = expr;
        return expr;
    }
    return cfg_error(
        line,
        "'option forwarded' : unknown keyword '%s' (expects 'proto', 'host', 'host-expr', 'by', "
        "'by-expr', 'by_port', 'by_port-expr', 'for', 'for-expr', 'for_port' or 'for_port-expr').",
        word);
}

static bool forwarded(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    settings->forwarded = NULL;
    if (line->negated || line->to_default)
        return cfg_arg_limits(line, 0, 0);
    struct forwarded *made = arena_need(&configuration_of(line)->arena, sizeof(*made));
    for (unsigned i = 0; i < cfg_arg_count(line); i++) {
        if (!forwarded_word(line, &i, made))
            return false;
    }
    if ((made->by.with_port && !made->by.wanted) || (made->of.with_port && !made->of.wanted))
        return cfg_error(line, "'option forwarded' : a port is given without '%s'.",
                         made->by.with_port && !made->by.wanted ? "by" : "for");
    if (!cfg_arg_count(line))
        made->with_proto = made->of.wanted = true;
    settings->forwarded = made;
    return true;
}

/* "option redispatch [n]": after every n-th try, counted from the end when negative; -1 without a number. */
static bool redispatch(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    int64_t every = -1;
    if (!cfg_arg_limits(line, 0, 1))
        return false;
    if (cfg_arg_count(line) && !cfg_arg_int(line, 0, INT32_MIN, INT32_MAX, &every))
        return false;
    settings->redispatch = !line->negated && !line->to_default;
    settings->redispatch_after = settings->redispatch ? (int)every : 0;
    return true;
}

static bool restrict_names(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *word = cfg_arg(line, 0);
    bool reject = strcmp(word, "reject") == 0, delete = strcmp(word, "delete") == 0;
    if (!reject && !delete &&strcmp(word, "preserve") != 0)
        return cfg_error(
            line,
            "invalid parameter '%s'. option 'http-restrict-req-hdr-names' expects 'preserve', 'reject' "
            "or 'delete' option.",
            word);
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    settings->restrict_names_reject = reject;
    settings->restrict_names_delete = delete;
    return true;
}

static bool keep_alive_both(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    settings->tcp_keep_alive_client = settings->tcp_keep_alive_server = !line->negated && !line->to_default;
    return true;
}

static bool removed(struct cfg_line *line)
{
    return cfg_error(line, "option '%s' is not supported any more%s", line->words[1], kw_row(line)->note);
}

#define FLAG(field)                                                                                          \
    .set = CFG_CALL, .call = flag, .offset = offsetof(struct proxy_settings, field), .negatable = true
#define MODE(which) .set = CFG_CALL, .call = connection_mode, .low = which, .negatable = true

/* clang-format off */
const struct keyword_row kw_option_rows[] = {
    { IN_BACK, "option abortonclose", FLAG(abort_on_close) },
    { IN_FRONT, "option accept-invalid-http-request", FLAG(accept_invalid_request) },
    { IN_FRONT, "option accept-unsafe-violations-in-http-request", FLAG(accept_invalid_request) },
    { IN_BACK, "option accept-invalid-http-response", FLAG(accept_invalid_response) },
    { IN_BACK, "option accept-unsafe-violations-in-http-response", FLAG(accept_invalid_response) },
    { IN_BACK, "option allbackups", FLAG(all_backups) },
    { IN_BACK, "option checkcache", FLAG(check_cache) },
    { IN_FRONT, "option contstats", FLAG(contstats) },
    { IN_FRONT, "option dontlog-normal", FLAG(dontlog_normal) },
    { IN_FRONT, "option dontlognull", FLAG(dontlognull) },
    { IN_PROXY, "option forwardfor", KW_CALL(forwardfor) },
    { IN_PROXY, "option originalto", KW_CALL(originalto) },
    { IN_BACK, "option forwarded", KW_CALL(forwarded), .negatable = true },
    { IN_PROXY, "option http-buffer-request", FLAG(http_buffer_request) },
    { IN_FRONT, "option http-ignore-probes", FLAG(http_ignore_probes) },
    { IN_PROXY, "option http-keep-alive", MODE(HTTP_KEEP_ALIVE) },
    { IN_PROXY, "option http-server-close", MODE(HTTP_SERVER_CLOSE) },
    { IN_PROXY, "option httpclose", MODE(HTTP_CLOSE) },
    { IN_PROXY, "option http-no-delay", FLAG(http_no_delay) },
    { IN_BACK, "option http-pretend-keepalive", FLAG(http_pretend_keepalive) },
    { IN_PROXY, "option http-restrict-req-hdr-names", KW_CALL(restrict_names) },
    { IN_FRONT, "option http-use-proxy-header", FLAG(http_use_proxy_header) },
    { IN_FRONT, "option httplog", KW_CALL(httplog) },
    { IN_FRONT, "option httpslog", KW_CALL(httpslog) },
    { IN_FRONT, "option tcplog", KW_CALL(tcplog) },
    { IN_PROXY, "option independent-streams", FLAG(independent_streams) },
    { IN_BACK, "option log-health-checks", FLAG(log_health_checks) },
    { IN_FRONT, "option log-separate-errors", FLAG(log_separate_errors) },
    { IN_FRONT, "option logasap", FLAG(log_as_soon_as) },
    { IN_PROXY, "option nolinger", FLAG(no_linger) },
    { IN_BACK, "option persist", FLAG(persist) },
    { IN_BACK, "option prefer-last-server", FLAG(prefer_last_server) },
    { IN_BACK, "option redispatch", KW_CALL(redispatch), .negatable = true },
    { IN_FRONT, "option socket-stats", FLAG(socket_stats) },
    { IN_PROXY, "option splice-auto", FLAG(splice_auto) },
    { IN_PROXY, "option splice-request", FLAG(splice_request) },
    { IN_PROXY, "option splice-response", FLAG(splice_response) },
    { IN_FRONT, "option clitcpka", FLAG(tcp_keep_alive_client) },
    { IN_BACK, "option srvtcpka", FLAG(tcp_keep_alive_server) },
    { IN_PROXY, "option tcpka", KW_CALL(keep_alive_both), .negatable = true },
    { IN_FRONT, "option tcp-smart-accept", FLAG(tcp_smart_accept), .low = 1 },
    { IN_BACK, "option tcp-smart-connect", KW_CALL(smart_connect), .negatable = true },
    { IN_BACK, "option transparent", FLAG(transparent) },
    { IN_BACK, "transparent", FLAG(transparent) },
    { IN_FRONT, "option h1-case-adjust-bogus-client", FLAG(case_of_client) },
    { IN_BACK, "option h1-case-adjust-bogus-server", FLAG(case_of_server) },
    { IN_FRONT, "option disable-h2-upgrade", KW_IGNORED(0, 0), .negatable = true },
    { IN_FRONT, "option idle-close-on-response", FLAG(idle_close_on_response) },
    { IN_FRONT, "option http-drop-request-trailers", FLAG(drop_request_trailers) },
    { IN_BACK, "option http-drop-response-trailers", FLAG(drop_response_trailers) },
    { IN_PROXY, "option forceclose", KW_CALL(removed),
      .note = " since HAProxy 2.0, please just remove it, or use 'option httpclose' if absolutely needed." },
    { IN_PROXY, "option http-tunnel", KW_CALL(removed),
      .note = " since HAProxy 2.1, please just remove it, it shouldn't be needed." },
    { 0 },
};
/* clang-format on */
