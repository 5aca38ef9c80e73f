/* server, server-template and default-server lines, and their options. */
#include "keywords/kw_server.h"
#include "keywords/kw_common.h"
#include "keywords/kw_source.h"
#include "proxy/server.h"

static struct server *find_same_id(const struct proxy *proxy, int64_t id)
{
    for (struct server *server = proxy->servers; server; server = server->next) {
        if (server->id == id)
            return server;
    }
    return NULL;
}

static bool name_is_free(struct cfg_line *line, const struct proxy *proxy, const char *name)
{
    const struct server *other = proxy_server(proxy, name);
    if (!other)
        return true;
    return cfg_error(
        line, "%s '%s', another server named '%s' was already defined at line %u, please use distinct names.",
        proxy_type_name(proxy), proxy->name, name, other->at.line);
}

static void start_state(struct server *server)
{
    server->state = SERVER_RUNNING;
    server->admin = server->settings.disabled ? ADMIN_CONFIG_MAINT | ADMIN_FORCED_MAINT : 0;
    server->weight_now = server->settings.weight;
    list_init(&server->queue);
    list_init(&server->idle);
}

static bool append(struct cfg_line *line, const char *name, const struct cfg_addr *addr,
                   const struct server_settings *settings)
{
    struct proxy *proxy = kw_proxy(line);
    if (!name_is_free(line, proxy, name))
        return false;
    if (settings->id && find_same_id(proxy, settings->id))
        return cfg_error(line, "server %s reuses same custom id as server %s (declared at %s:%u).", name,
                         find_same_id(proxy, settings->id)->name, find_same_id(proxy, settings->id)->at.file,
                         find_same_id(proxy, settings->id)->at.line);
    struct server *server = arena_need(&configuration_of(line)->arena, sizeof(*server));
    server->proxy = proxy;
    server->name = kw_copy(line, name);
    server->id = (int)settings->id;
    server->addr = *addr;
    server->settings = *settings;
    server->at = line->place;
    start_state(server);
    if (settings->init_addr_none && addr->host && addr->addr.family == ADDR_NONE)
        server->admin |= ADMIN_RESOLVE_MAINT;
    if (!dict_set(&proxy->servers_by_name, str_of(server->name), server))
        return cfg_error(line, "out of memory");
    if (proxy->last_server)
        proxy->last_server->next = server;
    else
        proxy->servers = server;
    proxy->last_server = server;
    proxy->server_count++;
    return true;
}

/* The first of init-addr's methods that gives an address; with `none` the server may begin without. The usual ones ask
 * the system's resolver. A state file is read later. */
static bool first_address(struct cfg_line *line, struct server_settings *settings, struct cfg_addr *addr,
                          const char *what)
{
    struct platform *platform = configuration_of(line)->platform;
    struct str rest = str_of(settings->init_addr ? settings->init_addr : "last,libc");
    bool service = addr->host && addr->host[0] == '_';
    if (!addr->host || addr->addr.family != ADDR_NONE)
        return true;
    while (rest.data && !service) {
        struct str method = str_split(&rest, ',');
        struct addr found;
        unsigned count = 0;
        uint16_t port = addr->addr.port;
        if (str_eq(method, STR("none"))) {
            settings->init_addr_none = true;
            return true;
        }
        if (str_eq(method, STR("last")))
            settings->init_addr_last = true;
        bool known = str_eq(method, STR("libc"))
                         ? platform->ops->resolve(platform, addr->host, settings->resolve_family == ADDR_IPV6,
                                                  &found, 1, &count) == IO_OK &&
                               count
                         : addr_parse_ip(method, &found);
        if (!known)
            continue;
        addr->addr = found;
        addr->addr.port = port;
        return true;
    }
    if (service && settings->resolvers_name) {
        settings->init_addr_none = true;
        return true;
    }
    if (settings->init_addr_last && kw_proxy(line)->settings.server_state_source != SERVER_STATE_NONE)
        return true; /* it may be in the state file, which tells when it is not */
    return cfg_error(line, "'%s' : could not resolve address '%s'.", what, addr->host);
}

/* ---- default-server and `from` ---- */

static struct named_default *find_named(const struct proxy *proxy, const char *name)
{
    struct named_default *found = proxy->named_defaults;
    while (found && strcmp(found->name, name) != 0)
        found = found->next;
    return found;
}

/* `from none`, `from be:` (the section's default-server) or `from srv:<name>` at word *at, which moves behind it:
 * what the settings begin as. Without it they stay. false: said. */
static bool take_from(struct cfg_line *line, unsigned *at, struct server_settings *settings)
{
    const struct proxy *proxy = kw_proxy(line);
    if (strcmp(cfg_word(line, *at), "from") != 0)
        return true;
    const char *source = cfg_word(line, *at + 1);
    struct str name = str_of(source);
    *at += 2;
    if (str_eq(name, STR("none"))) {
        proxy_usual_server(settings);
        return true;
    }
    if (str_eq(name, STR("be:"))) {
        *settings = *proxy->default_server;
        return true;
    }
    const struct named_default *named = str_starts(name, STR("srv:")) ? find_named(proxy, source + 4) : NULL;
    if (named)
        *settings = *named->settings;
    return named || cfg_error(line,
                              "'from' expects 'none', 'be:' or 'srv:' and the name of a default-server, but "
                              "got '%s'.",
                              source);
}

/* Options stand behind the address but decide whether its name is looked up now, so they are read first. */
static bool read_server_from(struct cfg_line *line, const char *name, struct server_settings *settings,
                             struct cfg_addr *addr, unsigned options_at)
{
    struct configuration *configuration = configuration_of(line);
    struct proxy *proxy = kw_proxy(line);
    struct str what = arena_printf(&configuration->arena, "server %s/%s", proxy->name, name);
    const char *error = NULL, *address = line->words[options_at - 1];
    if (!take_from(line, &options_at, settings))
        return false;
    settings->id = 0;
    if (!cfg_options_each(line, options_at, WORD_SERVER_OPTION, settings, what.data))
        return false;
    if (settings->ssl || settings->ssl_ready ||
        settings->check_ssl) /* what ssl-default-server-* say up to here */
        settings->tls = tls_settings_merge(&settings->tls, &configuration->globals.tls_server);
    *addr = (struct cfg_addr){ .fd = -1 };
    if (!cfg_parse_addr(configuration->platform, &configuration->arena, address, ADDR_PORT_OPTIONAL, false,
                        addr, &error))
        return cfg_error(line, "'%s' : %s", what.data, error);
    if (!first_address(line, settings, addr, what.data))
        return false;
    if (addr->fd >= 0)
        return cfg_error(line, "'%s' : a file descriptor is not acceptable here in '%s'", what.data, address);
    if (addr->port_last > addr->addr.port && addr_is_ip(&addr->addr))
        return cfg_error(line, "'%s' : port range not permitted here in '%s'", what.data, address);
    return true;
}

static bool read_server(struct cfg_line *line, const char *name, struct server_settings *settings,
                        struct cfg_addr *addr, unsigned options_at)
{
    *settings = *kw_proxy(line)->default_server;
    return read_server_from(line, name, settings, addr, options_at);
}

static bool server(struct cfg_line *line)
{
    const char *name = cfg_arg(line, 0);
    struct server_settings settings;
    struct cfg_addr addr;
    if (line->section == IN_FRONTEND)
        return cfg_error(line, "'server' not allowed because frontend '%s' has no backend capability.",
                         kw_proxy(line)->name);
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'server' expects <name> and <addr>[:<port>] as arguments.");
    const char *bad = kw_bad_name_char(name);
    if (bad)
        return cfg_error(line, "character '%c' is not permitted in server name '%s'.", *bad, name);
    return read_server(line, name, &settings, &addr, 3) && append(line, name, &addr, &settings);
}

bool kw_server_read(struct cfg_line *line, struct server **out)
{
    struct proxy *proxy = kw_proxy(line);
    struct server_settings settings;
    struct cfg_addr addr;
    proxy_usual_server(&settings);
    bool good = read_server_from(line, cfg_arg(line, 0), &settings, &addr, 3);
    if (!good || !append(line, cfg_arg(line, 0), &addr, &settings))
        return false;
    *out = proxy->last_server;
    return true;
}

/* "5" is 1 to 5, "3-7" what it says. */
static bool template_range(const char *text, int64_t *low, int64_t *high)
{
    struct str rest = str_of(text);
    struct str first = str_split(&rest, '-');
    *low = 1;
    if (!rest.data)
        return units_parse_int(first, 1, 100000, high);
    return units_parse_int(first, 0, 100000, low) && units_parse_int(rest, *low, 100000, high);
}

static bool server_template(struct cfg_line *line)
{
    const char *prefix = cfg_arg(line, 0);
    struct server_settings settings;
    struct cfg_addr addr;
    int64_t low, high;
    if (cfg_arg_count(line) < 3)
        return cfg_error(line,
                         "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.");
    const char *bad = kw_bad_name_char(prefix);
    if (bad)
        return cfg_error(line, "character '%c' is not permitted in server name '%s'.", *bad, prefix);
    if (!template_range(cfg_arg(line, 1), &low, &high))
        return cfg_error(line, "'server-template' : '%s' is no number of servers", cfg_arg(line, 1));
    if (!read_server(line, prefix, &settings, &addr, 4))
        return false;
    for (int64_t i = low; i <= high; i++) {
        struct str name = arena_printf(&configuration_of(line)->arena, "%s%lld", prefix, (long long)i);
        if (!append(line, name.data, &addr, &settings))
            return false;
        settings.id = settings.id ? settings.id + 1 : 0;
    }
    return true;
}

/* "name <name>" makes or changes one beside the section's own. */
static struct server_settings *named_default(struct cfg_line *line, unsigned *at)
{
    struct proxy *proxy = kw_proxy(line);
    struct arena *arena = &configuration_of(line)->arena;
    const char *name = cfg_word(line, *at + 1);
    *at += 2;
    if (!name[0]) {
        cfg_error(line, "'default-server' : 'name' expects a name.");
        return NULL;
    }
    struct named_default *named = find_named(proxy, name), **end = &proxy->named_defaults;
    if (named)
        return named->settings;
    while (*end)
        end = &(*end)->next;
    named = *end = arena_need(arena, sizeof(*named));
    named->name = kw_copy(line, name);
    named->settings = arena_need(arena, sizeof(*named->settings));
    proxy_usual_server(named->settings);
    return named->settings;
}

static bool default_server(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct server_settings *settings = proxy->default_server;
    unsigned at = 1;
    bool named = strcmp(cfg_word(line, 1), "name") == 0;
    if (named && !(settings = named_default(line, &at)))
        return false;
    if (!named)
        proxy->default_server_said = strcmp(cfg_word(line, 1), "from") != 0 || line->count > 3;
    return take_from(line, &at, settings) &&
           cfg_options_each(line, at, WORD_SERVER_OPTION, settings, "default-server");
}

/* clang-format off */
const struct keyword_row kw_server_rows[] = {
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "server", KW_CALL(server) },
    { IN_BACKEND | IN_LISTEN, "server-template", KW_CALL(server_template) },
    { IN_BACK, "default-server", KW_CALL(default_server) },
    { 0 },
};
/* clang-format on */

/* ---- options ---- */

static bool weight(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    int64_t value;
    const char *text = cfg_option_value(option);
    if (!units_parse_int(str_of(text), 0, 256, &value))
        return cfg_option_error(option, "weight '%s' is not within 0 and 256.", text);
    settings->weight = value;
    return true;
}

static bool positive(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    int64_t value;
    const char *text = cfg_option_value(option);
    if (!text[0])
        return cfg_option_error(option, "expects an integer argument.");
    if (!units_parse_int(str_of(text), 1, INT32_MAX, &value))
        return cfg_option_error(option, "has to be > 0.");
    *(int64_t *)(void *)((char *)settings + option->row->offset) = value;
    return true;
}

static bool disabled(struct cfg_option *option)
{
    ((struct server_settings *)option->target)->disabled = option->row->word[0] == 'd';
    return true;
}

static bool backup(struct cfg_option *option)
{
    ((struct server_settings *)option->target)->backup = option->row->word[0] == 'b';
    return true;
}

static bool no_option(struct cfg_option *option)
{
    bool *flag = (bool *)(void *)((char *)option->target + option->row->offset);
    *flag = false;
    return true;
}

static bool init_addr(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    const char *text = cfg_option_value(option);
    struct str rest = str_of(text);
    while (rest.data) {
        struct str method = str_split(&rest, ',');
        struct addr ip;
        if (!str_eq(method, STR("libc")) && !str_eq(method, STR("none")) && !str_eq(method, STR("last")) &&
            !addr_parse_ip(method, &ip))
            return cfg_option_error(
                option, "unknown init-addr method '%.*s', supported methods are 'libc', 'last', 'none'.",
                STR_ARG(method));
    }
    settings->init_addr = kw_copy(option->line, text);
    return true;
}

static bool resolve_net(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    const char *text = cfg_option_value(option);
    struct str rest = str_of(text);
    if (!text[0])
        return cfg_option_error(option, "expects a list of networks.");
    settings->nets = NULL;
    while (rest.data) {
        struct server_net *net = arena_need(&configuration_of(option->line)->arena, sizeof(*net));
        struct str network = str_split(&rest, ',');
        if (!addr_parse_network(network, &net->network, &net->bits))
            return cfg_option_error(option, "invalid network '%.*s'.", STR_ARG(network));
        net->next = settings->nets;
        settings->nets = net;
    }
    return true;
}

static bool resolve_options(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    const char *text = cfg_option_value(option);
    struct str rest = str_of(text);
    if (!text[0])
        return cfg_option_error(option, "expects a list of options.");
    while (rest.data) {
        struct str word = str_split(&rest, ',');
        if (str_eq(word, STR("allow-dup-ip")))
            settings->allow_dup_ip = true;
        else if (str_eq(word, STR("prevent-dup-ip")))
            settings->allow_dup_ip = false;
        else if (str_eq(word, STR("ignore-weight")))
            settings->ignore_weight = true;
        else
            return cfg_option_error(option,
                                    "unknown resolve-opts option '%.*s', supported methods are "
                                    "'allow-dup-ip', 'ignore-weight', and 'prevent-dup-ip'.",
                                    STR_ARG(word));
    }
    return true;
}

static const struct cfg_name family_names[] = { { "ipv4", ADDR_IPV4 }, { "ipv6", ADDR_IPV6 }, { 0 } };

static bool source(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    const char *error = kw_source_read(option->line, &option->at, &settings->source);
    return !error || cfg_option_error(option, "%s", error);
}

static bool check_addr(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    struct configuration *configuration = configuration_of(option->line);
    const char *error = NULL, *text = cfg_option_value(option);
    struct cfg_addr *where = option->row->word[1] == 'g' ? &settings->agent_cfg_addr : &settings->check_addr;
    if (cfg_parse_addr(configuration->platform, &configuration->arena, text, ADDR_PORT_OPTIONAL, true, where,
                       &error))
        return true;
    return cfg_option_error(option, "%s", error);
}

/* A server that comes at run time (no line of a file) begins in maintenance: whoever adds it is told before it is used. */
static bool protocol(struct cfg_option *option)
{
    const char *word = cfg_option_value(option);
    if (strcmp(word, "h1") == 0 || strcmp(word, "none") == 0)
        return true;
    if (strcmp(word, "h2") != 0 && strcmp(word, "fcgi") != 0 && strcmp(word, "spop") != 0)
        return cfg_option_error(option, "unknown MUX protocol '%s'.", word);
    if (!option->line->place.line && kw_proxy(option->line)->settings.mode != MODE_HTTP)
        return cfg_option_error(option, "MUX protocol is not usable for server.");
    if (!option->line->place.line && strcmp(word, "h2") == 0) {
        cfg_warn(option->line, "'%s' : '%s %s' : HTTP/1.1 is spoken instead.", option->what,
                 option->row->word, word);
        return true;
    }
    return cfg_option_error(option, "the protocol '%s' is not supported.", word);
}

static const struct {
    const char *word;
    unsigned bit;
} proxy_v2_words[] = {
    { "ssl", PROXY_V2_SSL },
    { "cert-cn", PROXY_V2_CERT_CN },
    { "ssl-cipher", PROXY_V2_SSL_CIPHER },
    { "cert-sig", PROXY_V2_CERT_SIG },
    { "cert-key", PROXY_V2_CERT_KEY },
    { "authority", PROXY_V2_AUTHORITY },
    { "crc32c", PROXY_V2_CRC32C },
    { "unique-id", PROXY_V2_UNIQUE_ID },
};

/* send-proxy, send-proxy-v2 and their kin: the last one stands. */
static bool send_proxy(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    const char *word = option->row->word;
    bool second = strstr(word, "-v2") != NULL;
    (second ? &settings->send_proxy_v2 : &settings->send_proxy)[0] = !option->negated;
    if (strstr(word, "-ssl") && !option->negated)
        settings->proxy_v2_options |= PROXY_V2_SSL | (strstr(word, "-cn") ? PROXY_V2_CERT_CN : 0);
    else if (strstr(word, "-ssl"))
        settings->proxy_v2_options &= ~(unsigned)(PROXY_V2_SSL | PROXY_V2_CERT_CN);
    return true;
}

/* The number of a TLV, "225" or "0xE1". */
static bool tlv_number(struct str text, unsigned *out)
{
    int64_t value = 0;
    if (!str_starts(text, STR("0x"))) {
        if (!units_parse_int(text, 1, 255, &value))
            return false;
    } else {
        for (size_t i = 2; i < text.size && value < 256; i++) {
            const char *digit = strchr("0123456789abcdef", ascii_lower(text.data[i]));
            if (!digit || !*digit)
                return false;
            value = value * 16 + (digit - "0123456789abcdef");
        }
    }
    *out = (unsigned)value;
    return value > 0 && value < 256;
}

/* "set-proxy-v2-tlv-fmt(0xE1) <format>"; a later line of the same number counts. */
static bool tlv_format(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    struct configuration *configuration = configuration_of(option->line);
    struct str id = str_of(cfg_word(option->line, option->at - 1));
    unsigned type;
    size_t open = str_find_char(id, '(');
    if (open == STR_NOT_FOUND || id.data[id.size - 1] != ')')
        return cfg_option_error(option, "expects the number of a TLV in parentheses.");
    id = str_slice(id, open + 1, id.size - open - 2);
    if (!tlv_number(id, &type))
        return cfg_option_error(option, "'%.*s' is no number of a TLV.", STR_ARG(id));
    struct server_tlv *tlv = arena_need(&configuration->arena, sizeof(*tlv));
    *tlv = (struct server_tlv){ .next = settings->tlvs, .type = type };
    settings->tlvs = tlv;
    const char *text = cfg_option_value(option);
    if (!text[0])
        return true;
    struct sample_parser parser =
        configuration_parser(configuration, option->line, kw_proxy(option->line), AT_REQUEST_HEAD);
    tlv->value = log_format_parse(&parser, text, &(struct log_format_options){ .http = true });
    return tlv->value || cfg_option_error(option, "%s", parser.error ? parser.error : "out of memory");
}

static bool proxy_v2_options(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    struct str rest = str_of(cfg_option_value(option));
    while (rest.data) {
        struct str word = str_split(&rest, ',');
        size_t i = 0;
        while (i < COUNT_OF(proxy_v2_words) && !str_eq(word, str_of(proxy_v2_words[i].word)))
            i++;
        if (i == COUNT_OF(proxy_v2_words))
            return cfg_option_error(option, "unknown option '%.*s'.", STR_ARG(word));
        settings->proxy_v2_options |= proxy_v2_words[i].bit;
    }
    return true;
}

static bool conn_name(struct cfg_option *option)
{
    struct server_settings *settings = option->target;
    struct configuration *configuration = configuration_of(option->line);
    const char *text = cfg_option_value(option), *end = NULL;
    struct sample_parser parser =
        configuration_parser(configuration, option->line, kw_proxy(option->line), AT_REQUEST_HEAD);
    settings->conn_name =
        text[0] ? sample_expr_parse(&parser, arena_need_copy(&configuration->arena, str_of(text)), &end)
                : NULL;
    if (settings->conn_name && !*end)
        return true;
    return cfg_option_error(option, "expects an expression: %s",
                            parser.error ? parser.error : "none is there");
}

static const struct cfg_name hash_key_names[] = {
    { "id", HASH_KEY_ID }, { "addr", HASH_KEY_ADDR }, { "addr-port", HASH_KEY_ADDR_PORT }, { 0 }
};
static const struct cfg_name observe_names[] = { { "none", 0 }, { "layer4", 1 }, { "layer7", 2 }, { 0 } };
static const struct cfg_name on_error_names[] = {
    { "fastinter", 1 }, { "fail-check", 2 }, { "sudden-death", 3 }, { "mark-down", 4 }, { 0 }
};
static const struct cfg_name marked_down_names[] = { { "shutdown-sessions", 1 }, { 0 } };
static const struct cfg_name init_state_names[] = {
    { "none", INIT_STATE_NONE }, { "fully-up", INIT_STATE_FULLY_UP },     { "up", INIT_STATE_UP },
    { "down", INIT_STATE_DOWN }, { "fully-down", INIT_STATE_FULLY_DOWN }, { 0 }
};
static const struct cfg_name marked_up_names[] = { { "shutdown-backup-sessions", 1 }, { 0 } };

#define IN_SETTINGS(field)          .offset = offsetof(struct server_settings, field)
#define SERVER_FLAG(field)          .set = CFG_FLAG, IN_SETTINGS(field), .no_form = true
#define SERVER_INT(field, from, to) .set = CFG_INT64, IN_SETTINGS(field), .low = from, .high = to
#define SERVER_TIME(field)          .set = CFG_TIME_MS, IN_SETTINGS(field)
#define SERVER_TEXT(field)          .set = CFG_TEXT, IN_SETTINGS(field)
#define SERVER_ENUM(field, list)    .set = CFG_ENUM, IN_SETTINGS(field), .names = list
#define SERVER_CALL(function)       .set = CFG_CALL, .call = function
#define SERVER_IGNORED(values)      .set = CFG_IGNORED, .value_count = values

/* clang-format off */
const struct option_row kw_server_option_rows[] = {
    { "addr", SERVER_CALL(check_addr) },
    { "agent-addr", SERVER_CALL(check_addr) },
    { "agent-check",SERVER_FLAG(agent_check) },
    { "agent-inter", SERVER_TIME(agent_inter) },
    { "agent-port", SERVER_INT(agent_port, 1, 65535) },
    { "agent-send",SERVER_TEXT(agent_send) },
    { "backup", SERVER_CALL(backup) },
    { "non-backup", SERVER_CALL(backup) },
    { "check", SERVER_FLAG(check) },
    { "check-send-proxy", SERVER_FLAG(check_send_proxy) },
    { "check-via-socks4", SERVER_IGNORED(0) },
    { "cookie", SERVER_TEXT(cookie) },
    { "disabled",SERVER_CALL(disabled) },
    { "enabled", SERVER_CALL(disabled) },
    { "downinter", SERVER_TIME(downinter) },
    { "error-limit",SERVER_CALL(positive), IN_SETTINGS(error_limit) },
    { "fall", SERVER_CALL(positive), IN_SETTINGS(fall) },
    { "fastinter", SERVER_TIME(fastinter) },
    { "guid",SERVER_IGNORED(1) },
    { "hash-key", SERVER_ENUM(hash_key, hash_key_names) },
    { "id", SERVER_CALL(positive), IN_SETTINGS(id) },
    { "init-addr",SERVER_CALL(init_addr) },
    { "init-state", SERVER_ENUM(init_state, init_state_names) },
    { "inter", SERVER_TIME(inter) },
    { "log-proto", SERVER_IGNORED(1) },
    { "maxconn", SERVER_INT(maxconn, 0, INT32_MAX) },
    { "maxqueue",SERVER_INT(maxqueue, 0, INT32_MAX) },
    { "max-reuse", SERVER_INT(max_reuse, -1, INT32_MAX) },
    { "minconn",SERVER_INT(minconn, 0, INT32_MAX) },
    { "namespace", .set = CFG_REFUSED, .value_count = 1, .note = "there are no network namespaces" },
    { "observe",SERVER_ENUM(observe, observe_names) },
    { "on-error", SERVER_ENUM(on_error, on_error_names) },
    { "on-marked-down", SERVER_ENUM(on_marked_down, marked_down_names) },
    { "on-marked-up", SERVER_ENUM(on_marked_up, marked_up_names) },
    { "pool-low-conn", SERVER_INT(pool_low_conn, 0, INT32_MAX) },
    { "pool-max-conn",SERVER_INT(pool_max_conn, -1, INT32_MAX) },
    { "pool-conn-name", SERVER_CALL(conn_name) },
    { "pool-purge-delay", SERVER_TIME(pool_purge_delay) },
    { "port",SERVER_INT(check_port, 1, 65535) },
    { "proto", SERVER_CALL(protocol) },
    { "check-proto", SERVER_CALL(protocol) },
    { "proxy-v2-options", SERVER_CALL(proxy_v2_options) },
    { "redir", SERVER_TEXT(redirect_prefix) },
    { "resolve-net", SERVER_CALL(resolve_net) },
    { "resolve-opts", SERVER_CALL(resolve_options) },
    { "resolve-prefer", SERVER_ENUM(resolve_family, family_names) },
    { "healthcheck", SERVER_TEXT(healthcheck_name) },
    { "resolvers", SERVER_TEXT(resolvers_name) },
    { "rise", SERVER_CALL(positive), IN_SETTINGS(rise) },
    { "send-proxy", SERVER_CALL(send_proxy), .no_form = true },
    { "send-proxy-v2", SERVER_CALL(send_proxy), .no_form = true },
    { "send-proxy-v2-ssl", SERVER_CALL(send_proxy), .no_form = true },
    { "send-proxy-v2-ssl-cn", SERVER_CALL(send_proxy), .no_form = true },
    { "set-proxy-v2-tlv-fmt", SERVER_CALL(tlv_format) },
    { "shard", SERVER_IGNORED(1) },
    { "slowstart", SERVER_TIME(slowstart) },
    { "socks4",.set = CFG_REFUSED, .value_count = 1, .note = "SOCKS is not spoken" },
    { "source", SERVER_CALL(source) },
    { "stick", SERVER_FLAG(stick) },
    { "non-stick", SERVER_CALL(no_option), IN_SETTINGS(stick) },
    { "strict-maxconn", SERVER_IGNORED(0) },
    { "tcp-ut", SERVER_TIME(tcp_user_timeout) },
    { "tfo", SERVER_IGNORED(0), .no_form = true },
    { "track", SERVER_TEXT(track) },
    { "weight", SERVER_CALL(weight) },
    { "ws", SERVER_IGNORED(1) },
    { 0 },
};
/* clang-format on */
