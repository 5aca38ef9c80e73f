/* Words of frontend, backend, listen and defaults that set how a section works as a whole: mode, limits, persistence,
 * balance, identity. */
#include "keywords/kw_common.h"
#include "keywords/kw_source.h"
#include "proxy/balance_row.h"
#include "proxy/server.h"

#define SETTING(field) .offset = offsetof(struct proxy, settings.field)

static bool mode(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *word = cfg_arg(line, 0);
    if (strcmp(word, "http") == 0)
        settings->mode = MODE_HTTP;
    else if (strcmp(word, "tcp") == 0)
        settings->mode = MODE_TCP;
    else if (strcmp(word, "health") == 0)
        return cfg_error(
            line,
            "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.");
    else
        return cfg_error(line, "unknown proxy mode '%s'.", word);
    return cfg_arg_limits(line, 1, 1);
}

static bool disabled(struct cfg_line *line)
{
    kw_proxy(line)->settings.disabled = strcmp(line->words[0], "disabled") == 0;
    return cfg_arg_limits(line, 0, 0);
}

static bool id(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    int64_t number;
    if (!cfg_arg_count(line))
        return cfg_error(line, "'id' expects an integer argument.");
    if (!units_parse_int(str_of(cfg_arg(line, 0)), 1, INT32_MAX, &number))
        return cfg_error(line, "custom id has to be > 0.");
    for (struct proxy *other = configuration_of(line)->proxies; other; other = other->next) {
        if (other != proxy && other->id == number)
            return cfg_error(line, "%s %s reuses same custom id as %s %s (declared at %s:%u).",
                             proxy_type_name(proxy), proxy->name, proxy_type_name(other), other->name,
                             other->at.file, other->at.line);
    }
    proxy->id_given = true;
    proxy->id = (int)number;
    return cfg_arg_limits(line, 1, 1);
}

static bool description(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'description' expects a string argument.");
    kw_proxy(line)->settings.description = kw_join(line, 0);
    return true;
}

static bool retries(struct cfg_line *line)
{
    int64_t count;
    if (!cfg_arg_count(line))
        return cfg_error(line, "'retries' expects an integer argument (dispatch counts for one).");
    if (!cfg_arg_limits(line, 1, 1) || !cfg_arg_int(line, 0, 0, INT32_MAX, &count))
        return false;
    kw_proxy(line)->settings.retries = (int)count;
    return true;
}

static const struct {
    const char *word;
    unsigned bits;
} retry_words[] = {
    { "conn-failure", RETRY_CONN_FAILURE },
    { "empty-response", RETRY_EMPTY_RESPONSE },
    { "junk-response", RETRY_JUNK_RESPONSE },
    { "response-timeout", RETRY_RESPONSE_TIMEOUT },
    { "0rtt-rejected", RETRY_0RTT_REJECTED },
    { "401", RETRY_401 },
    { "403", RETRY_403 },
    { "404", RETRY_404 },
    { "408", RETRY_408 },
    { "425", RETRY_425 },
    { "429", RETRY_429 },
    { "500", RETRY_500 },
    { "501", RETRY_501 },
    { "502", RETRY_502 },
    { "503", RETRY_503 },
    { "504", RETRY_504 },
    { "all-retryable-errors", RETRY_CONN_FAILURE | RETRY_EMPTY_RESPONSE | RETRY_JUNK_RESPONSE |
                                  RETRY_RESPONSE_TIMEOUT | RETRY_0RTT_REJECTED | RETRY_500 | RETRY_502 |
                                  RETRY_503 | RETRY_504 },
};

static bool retry_bits(const char *word, unsigned *bits)
{
    for (size_t i = 0; i < COUNT_OF(retry_words); i++) {
        if (strcmp(retry_words[i].word, word) != 0)
            continue;
        *bits |= retry_words[i].bits;
        return true;
    }
    return false;
}

static bool retry_on(struct cfg_line *line)
{
    unsigned bits = 0;
    if (!cfg_arg_count(line))
        return cfg_error(line, "'retry-on' needs at least one keyword to specify when to retry");
    for (unsigned i = 0; i < cfg_arg_count(line); i++) {
        if (strcmp(cfg_arg(line, i), "none") == 0) {
            if (cfg_arg_count(line) > 1)
                return cfg_error(line, "'retry-on' 'none' keyword only usable alone");
        } else if (!retry_bits(cfg_arg(line, i), &bits)) {
            return cfg_error(line, "'retry-on': unknown keyword '%s'", cfg_arg(line, i));
        }
    }
    kw_proxy(line)->settings.retry_on = bits;
    return true;
}

static bool rate_limit(struct cfg_line *line)
{
    return cfg_error(line, "'rate-limit' only supports 'sessions' (got '%s')", cfg_arg(line, 0));
}

static bool default_backend(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'default_backend' expects a backend name.");
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    kw_proxy(line)->settings.default_backend_name = kw_copy(line, cfg_arg(line, 0));
    return true;
}

static bool monitor_uri(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'monitor-uri' expects an URI.");
    kw_proxy(line)->settings.monitor_uri = kw_copy(line, cfg_arg(line, 0));
    return cfg_arg_limits(line, 1, 1);
}

static const struct cfg_name reuse_names[] = { { "never", REUSE_NEVER },
                                               { "safe", REUSE_SAFE },
                                               { "aggressive", REUSE_AGGRESSIVE },
                                               { "always", REUSE_ALWAYS },
                                               { 0 } };

static bool send_name_header(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'http-send-name-header' requires a header string.");
    char *name = arena_need_copy(&configuration_of(line)->arena, str_of(cfg_arg(line, 0)));
    for (char *at = name; *at; at++)
        *at = ascii_lower(*at);
    if (strcmp(name, "host") == 0 || strcmp(name, "content-length") == 0 ||
        strcmp(name, "transfer-encoding") == 0)
        return cfg_error(line, "'http-send-name-header' cannot be used with header '%s'.", name);
    kw_proxy(line)->settings.send_name_header = name;
    return cfg_arg_limits(line, 1, 1);
}

/* ---- TCP keep-alive ---- */

static void *setting_of(struct cfg_line *line)
{
    return (char *)kw_proxy(line) + kw_row(line)->offset;
}

static bool keep_alive_count(struct cfg_line *line)
{
    int64_t *count = setting_of(line);
    return cfg_arg_limits(line, 1, 1) && cfg_arg_int(line, 0, 0, INT32_MAX, count);
}

/* In seconds without a unit. */
static bool keep_alive_time(struct cfg_line *line)
{
    uint64_t *seconds = setting_of(line);
    const char *stop = NULL;
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    if (units_parse_time(str_of(cfg_arg(line, 0)), UNITS_S, seconds, &stop) != UNITS_OK)
        return cfg_error(line, "'%s' expects a time, but got '%s'.", line->words[0], cfg_arg(line, 0));
    return true;
}

/* ---- what is known and does nothing ---- */

static bool warned(struct cfg_line *line)
{
    cfg_warn(line, "'%s' has no effect: %s.", line->words[0], kw_row(line)->note);
    return true;
}

/* ---- balance ---- */

static const char **copy_words(struct cfg_line *line, unsigned from)
{
    unsigned count = cfg_arg_count(line) - from;
    const char **words = arena_need(&configuration_of(line)->arena, (count + 1) * sizeof(*words));
    for (unsigned i = 0; i < count; i++)
        words[i] = kw_copy(line, cfg_arg(line, from + i));
    return words;
}

/* The row of an algorithm: its whole word, or what stands before the parenthesis: "hdr(host)", "random(2)". */
static const struct balance_row *find_algorithm(const struct cfg_line *line, const char *text)
{
    struct str name = str_slice(str_of(text), 0, strcspn(text, "("));
    const struct word *word = words_find(line->reader->words, WORD_BALANCE, name);
    return word ? word->row : NULL;
}

static bool list_row(const void *row, void *data)
{
    struct buf *list = data;
    buf_printf(list, "%s'%s'", list->size ? ", " : "", ((const struct balance_row *)row)->word);
    return false;
}

static bool unknown_algorithm(struct cfg_line *line)
{
    struct buf list = BUF_INIT;
    const struct dict *rows = &line->reader->words->by_name[WORD_BALANCE];
    for (struct dict_entry *entry = dict_next(rows, NULL); entry; entry = dict_next(rows, entry))
        list_row(((const struct word *)entry->value)->row, &list);
    cfg_error(line, "balance only supports %s options.", list.failed || !list.size ? "no" : list.data);
    buf_finish(&list);
    return false;
}

static bool balance(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *word = cfg_arg_count(line) ? cfg_arg(line, 0) : "roundrobin";
    const struct balance_row *row = find_algorithm(line, word);
    if (!row)
        return unknown_algorithm(line);
    settings->balance = row;
    settings->balance_text = kw_join(line, 0);
    settings->balance_words = copy_words(line, 0);
    settings->balance_at = line->place;
    return true;
}

static bool hash_balance_factor(struct cfg_line *line)
{
    int64_t factor;
    if (!cfg_arg_int(line, 0, 0, INT32_MAX, &factor))
        return false;
    if (factor && factor <= 100)
        return cfg_error(line, "'hash-balance-factor' must be 0 or greater than 100.");
    kw_proxy(line)->settings.hash_balance_factor = factor;
    return true;
}

/* ---- persistence ---- */

static const struct {
    const char *word;
    unsigned bit;
} cookie_words[] = {
    { "rewrite", COOKIE_REWRITE },   { "insert", COOKIE_INSERT },     { "prefix", COOKIE_PREFIX },
    { "indirect", COOKIE_INDIRECT }, { "nocache", COOKIE_NOCACHE },   { "postonly", COOKIE_POSTONLY },
    { "preserve", COOKIE_PRESERVE }, { "httponly", COOKIE_HTTPONLY }, { "secure", COOKIE_SECURE },
    { "dynamic", COOKIE_DYNAMIC },
};

static unsigned cookie_bit(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(cookie_words); i++) {
        if (strcmp(cookie_words[i].word, word) == 0)
            return cookie_words[i].bit;
    }
    return 0;
}

static bool cookie_seconds(struct cfg_line *line, unsigned i, uint64_t *out)
{
    const char *stop = NULL, *word = cfg_arg(line, i - 1);
    if (!cfg_arg(line, i)[0])
        return cfg_error(line, "'%s' expects <%s> in seconds as argument.", word,
                         strcmp(word, "maxidle") == 0 ? "idletime" : "lifetime");
    if (units_parse_time(str_of(cfg_arg(line, i)), UNITS_S, out, &stop) != UNITS_OK)
        return cfg_error(line, "unexpected character '%c' in argument to <%s>.", stop ? *stop : '0', word);
    return true;
}

static bool cookie_domain(struct cfg_line *line, unsigned i)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    struct arena *arena = &configuration_of(line)->arena;
    const char *domain = cfg_arg(line, i);
    if (!domain[0])
        return cfg_error(line, "'domain' expects <domain> as argument.");
    if (domain[0] != '.' && !strchr(domain, '.'))
        cfg_warn(line,
                 "domain '%s' contains no embedded dot, this configuration may not work properly (see "
                 "RFC6265#5.2.3).",
                 domain);
    const char *before = settings->cookie_domain;
    settings->cookie_domain =
        before ? arena_printf(arena, "%s; domain=%s", before, domain).data : kw_copy(line, domain);
    return true;
}

static bool cookie_attribute(struct cfg_line *line, unsigned i)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *value = cfg_arg(line, i), *before = settings->cookie_attribute;
    if (!value[0])
        return cfg_error(line, "'attr' expects <value> as argument.");
    settings->cookie_attribute =
        before ? arena_printf(&configuration_of(line)->arena, "%s; %s", before, value).data
               : kw_copy(line, value);
    return true;
}

static bool cookie_modes_agree(struct cfg_line *line, unsigned flags)
{
    unsigned modes = flags & (COOKIE_REWRITE | COOKIE_INSERT | COOKIE_PREFIX);
    bool good = true;
    if ((flags & COOKIE_REWRITE) && (flags & COOKIE_INDIRECT))
        good = cfg_error(line, "cookie 'rewrite' and 'indirect' modes are incompatible.");
    if (modes & (modes - 1))
        good = cfg_error(line, "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.");
    if ((flags & COOKIE_PRESERVE) && !(flags & (COOKIE_INSERT | COOKIE_INDIRECT)))
        good = cfg_error(line, "cookie 'preserve' requires at least 'insert' or 'indirect'.");
    return good;
}

/* One word of `cookie` at *i, which moves over its value. */
static bool cookie_word(struct cfg_line *line, unsigned *i)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *word = cfg_arg(line, *i);
    unsigned bit = cookie_bit(word);
    settings->cookie_flags |= bit;
    if (bit)
        return true;
    if (strcmp(word, "maxidle") == 0)
        return cookie_seconds(line, ++*i, &settings->cookie_max_idle_s);
    if (strcmp(word, "maxlife") == 0)
        return cookie_seconds(line, ++*i, &settings->cookie_max_life_s);
    if (strcmp(word, "domain") == 0)
        return cookie_domain(line, ++*i);
    if (strcmp(word, "attr") == 0)
        return cookie_attribute(line, ++*i);
    return cfg_error(line,
                     "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', "
                     "'domain', 'maxidle', 'dynamic', 'maxlife' and 'attr' options.");
}

static bool cookie(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'cookie' expects <cookie_name> as argument.");
    settings->cookie_name = kw_copy(line, cfg_arg(line, 0));
    settings->cookie_flags = 0;
    settings->cookie_domain = settings->cookie_attribute = NULL;
    settings->cookie_max_idle_s = settings->cookie_max_life_s = 0;
    for (unsigned i = 1; i < cfg_arg_count(line); i++) {
        if (!cookie_word(line, &i))
            return false;
    }
    return cookie_modes_agree(line, settings->cookie_flags);
}

static bool persist_rule(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct condition *condition = NULL;
    const char *word = line->words[0];
    if (!kw_condition_needed(line, line->keyword_words, AT_SERVER_PICK, word, &condition))
        return false;
    struct persist_rule **end = &proxy->persist_rules;
    while (*end)
        end = &(*end)->next;
    *end = arena_need(&configuration_of(line)->arena, sizeof(**end));
    (*end)->condition = condition;
    (*end)->force = strcmp(word, "force-persist") == 0;
    return true;
}

/* "source addr[:port]": where connections to the section's servers come from. */
static bool source(struct cfg_line *line)
{
    unsigned at = line->keyword_words;
    const char *error = kw_source_read(line, &at, &kw_proxy(line)->settings.source);
    if (error)
        return cfg_error(line, "'source' : %s", error);
    return at >= line->count || cfg_error(line, "'source' : unexpected argument '%s'.", cfg_word(line, at));
}

/* "dispatch addr:port": where all goes when there is no server. */
static bool dispatch(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct proxy *proxy = kw_proxy(line);
    const char *error = NULL;
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    struct server *server = arena_need(&configuration->arena, sizeof(*server));
    server->addr.fd = -1;
    if (!cfg_parse_addr(configuration->platform, &configuration->arena, cfg_arg(line, 0), ADDR_PORT_NEEDED,
                        true, &server->addr, &error))
        return cfg_error(line, "'dispatch' : %s", error);
    if (server->addr.fd >= 0 || server->addr.port_last > server->addr.addr.port)
        return cfg_error(line, "'dispatch' : expects one address and port, not '%s'.", cfg_arg(line, 0));
    proxy->dispatch = server;
    return true;
}

/* "persist rdp-cookie(name)": a server whose address the client's first packet names is kept. */
static bool persist_rdp(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct proxy *proxy = kw_proxy(line);
    struct str word = str_of(cfg_arg(line, 0)), name = STR("msts");
    if (!str_starts(word, STR("rdp-cookie")))
        return cfg_error(line, "'persist' : unknown persist method '%s'.", cfg_arg(line, 0));
    size_t open = str_find_char(word, '(');
    if (open != STR_NOT_FOUND) {
        if (word.data[word.size - 1] != ')')
            return cfg_error(line, "'persist rdp-cookie(name)' : missing ')'.");
        name = str_slice(word, open + 1, word.size - open - 2);
    }
    struct sample_parser parser = configuration_parser(configuration, line, proxy, 0);
    struct str text = arena_printf(&configuration->arena, "req.rdp_cookie(%.*s)", STR_ARG(name));
    const char *end = NULL;
    proxy->settings.persist_rdp = sample_expr_parse(&parser, text.data, &end);
    if (!proxy->settings.persist_rdp)
        return cfg_error(line, "'persist rdp-cookie' : %s", parser.error ? parser.error : "out of memory");
    return cfg_arg_limits(line, 1, 1);
}

static bool removed(struct cfg_line *line)
{
    return cfg_error(line, "%s", kw_row(line)->note);
}

/* clang-format off */
const struct keyword_row kw_proxy_rows[] = {
    { IN_PROXY, "mode", KW_CALL(mode) },
    { IN_PROXY, "disabled", KW_CALL(disabled) },
    { IN_PROXY, "enabled", KW_CALL(disabled) },
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "id", KW_CALL(id) },
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "description", KW_CALL(description) },
    { IN_FRONT, "maxconn", CFG_INT64, SETTING(maxconn), .high = INT32_MAX },
    { IN_BACK, "fullconn", CFG_INT64, SETTING(fullconn), .high = INT32_MAX },
    { IN_FRONT, "backlog", CFG_INT64, SETTING(backlog), .high = INT32_MAX },
    { IN_FRONT, "rate-limit sessions", CFG_INT64, SETTING(rate_limit_sessions), .high = UINT32_MAX },
    { IN_FRONT, "rate-limit", KW_CALL(rate_limit) },
    { IN_BACK, "retries", KW_CALL(retries) },
    { IN_BACK, "retry-on", KW_CALL(retry_on) },
    { IN_FRONT, "default_backend", KW_CALL(default_backend) },
    { IN_FRONT, "monitor-uri", KW_CALL(monitor_uri) },
    { IN_BACK, "http-reuse", CFG_ENUM, SETTING(reuse), .names = reuse_names },
    { IN_BACK, "http-send-name-header", KW_CALL(send_name_header) },
    { IN_BACK, "max-keep-alive-queue", CFG_INT64, SETTING(max_keep_alive_queue), .low = -1,
      .high = INT32_MAX },
    { IN_BACK, "balance", KW_CALL(balance) },
    { IN_BACK, "hash-balance-factor", KW_CALL(hash_balance_factor) },
    { IN_BACK, "cookie", KW_CALL(cookie) },
    { IN_BACK, "dynamic-cookie-key", CFG_TEXT, SETTING(dynamic_cookie_key) },
    { IN_BACKEND | IN_LISTEN, "force-persist", KW_CALL(persist_rule) },
    { IN_BACKEND | IN_LISTEN, "ignore-persist", KW_CALL(persist_rule) },
    { IN_BACK, "source", KW_CALL(source) },
    { IN_PROXY, "guid", KW_IGNORED(1, 1) },
    { IN_PROXY, "compression", KW_REFUSED("answers are passed on as they are") },
    { IN_PROXY, "bind-process", KW_CALL(warned), .note = "there is one process" },
    { IN_BACK, "use-fcgi-app", KW_REFUSED("there is no FastCGI") },
    { IN_FRONT, "clitcpka-cnt", KW_CALL(keep_alive_count), SETTING(client_keep_alive_count) },
    { IN_FRONT, "clitcpka-idle", KW_CALL(keep_alive_time), SETTING(client_keep_alive_idle_s) },
    { IN_FRONT, "clitcpka-intvl", KW_CALL(keep_alive_time), SETTING(client_keep_alive_interval_s) },
    { IN_BACK, "srvtcpka-cnt", KW_CALL(keep_alive_count), SETTING(server_keep_alive_count) },
    { IN_BACK, "srvtcpka-idle", KW_CALL(keep_alive_time), SETTING(server_keep_alive_idle_s) },
    { IN_BACK, "srvtcpka-intvl", KW_CALL(keep_alive_time), SETTING(server_keep_alive_interval_s) },
    { IN_BACKEND | IN_LISTEN, "dispatch", KW_CALL(dispatch) },
    { IN_FRONT, "max-session-srv-conns", CFG_INT64, SETTING(max_session_srv_conns), .low = -1,
      .high = INT32_MAX },
    { IN_PROXY, "appsession", KW_CALL(removed),
      .note = "'appsession' is not supported anymore since HAProxy 1.6." },
    { IN_BACK, "persist", KW_CALL(persist_rdp) },
    { IN_PROXY, "grace", KW_CALL(removed),
      .note = "the 'grace' keyword is not supported any more since HAProxy version 2.5." },
    { IN_PROXY, "block", KW_CALL(removed),
      .note = "The 'block' directive is not supported anymore since HAProxy 2.1. Use "
              "'http-request deny' which uses the exact same syntax." },
    { IN_PROXY, "reqadd", KW_CALL(removed),
      .note = "The 'reqadd' directive is not supported anymore since HAProxy 2.1. Use "
              "'http-request add-header' instead." },
    { IN_PROXY, "rspadd", KW_CALL(removed),
      .note = "The 'rspadd' directive is not supported anymore since HAProxy 2.1. Use "
              "'http-response add-header' instead." },
    { 0 },
};
/* clang-format on */
