/* bind lines and their options. A line may name several addresses and ranges of ports: each is a listener. */
#include "keywords/kw_bind.h"
#include "proxy/bind.h"

static bool limit_of_range(struct cfg_line *line, const struct cfg_addr *addr)
{
    if (addr->addr.family == ADDR_IPV4 || addr->addr.family == ADDR_IPV6) {
        if (!addr->addr.port && addr->fd < 0)
            return cfg_error(line, "'bind' : invalid port '0'");
        if (addr->port_last < addr->addr.port)
            return cfg_error(line, "'bind' : invalid port range %u-%u", addr->addr.port, addr->port_last);
    }
    return true;
}

static void append(struct cfg_line *line, struct proxy *proxy, const struct cfg_addr *addr,
                   const struct bind_settings *settings, const char *label, enum bind_kind kind)
{
    struct bind **end = &proxy->binds;
    while (*end)
        end = &(*end)->next;
    *end = arena_need(&configuration_of(line)->arena, sizeof(**end));
    (*end)->proxy = proxy;
    (*end)->addr = *addr;
    (*end)->settings = *settings;
    (*end)->at = line->place;
    (*end)->label = label;
    (*end)->by_messages = addr->sockpair;
    (*end)->is_cli = kind == BIND_CLI;
    (*end)->datagram = kind == BIND_DATAGRAM;
    (*end)->sock = (*end)->heard = PLAT_NO_SOCK;
}

static void append_range(struct cfg_line *line, struct proxy *proxy, struct cfg_addr addr,
                         const struct bind_settings *settings, const char *label, enum bind_kind kind)
{
    unsigned last = addr.port_last;
    bool ranged = addr_is_ip(&addr.addr) && addr.fd < 0 && last > addr.addr.port;
    addr.port_last = addr.addr.port;
    append(line, proxy, &addr, settings, label, kind);
    for (unsigned port = addr.addr.port + 1u; ranged && port <= last; port++) {
        addr.addr.port = (uint16_t)port;
        addr.port_last = port;
        append(line, proxy, &addr, settings, label, kind);
    }
}

/* unix-bind prefix: in front of the path as it is written; abstract names have no place in the file system. */
static bool put_below(struct cfg_line *line, struct addr *addr, const char *prefix)
{
    if (!prefix || addr->family != ADDR_UNIX || !addr->path_size || !addr->u.path[0])
        return true;
    struct str prefix_text = str_of(prefix), path = str_make(addr->u.path, addr->path_size);
    if (prefix_text.size + path.size >= sizeof(addr->u.path))
        return cfg_error(line, "'unix-bind' : the path '%s%.*s' is too long.", prefix, STR_ARG(path));
    memmove(addr->u.path + prefix_text.size, addr->u.path, path.size);
    memcpy(addr->u.path, prefix, prefix_text.size);
    addr->path_size = (uint8_t)(prefix_text.size + path.size);
    return true;
}

/* Streams come to addresses of streams, datagrams to the others, where an address that names neither may be both. */
static bool fits(struct cfg_line *line, enum bind_kind kind, const char *what, const char *text,
                 struct cfg_addr *addr)
{
    static const struct str of_streams[] = { STR_INIT("tcp"), STR_INIT("stream+"), STR_INIT("uxst@"),
                                             STR_INIT("fd@"), STR_INIT("sockpair@") };
    if (kind != BIND_DATAGRAM)
        return !addr->addr.datagram ||
               cfg_error(line, "'%s' : dgram-type address not acceptable in '%s'", what, text);
    for (size_t i = 0; i < COUNT_OF(of_streams); i++) {
        if (str_starts(str_of(text), of_streams[i]))
            return cfg_error(line, "'%s' : stream-type address not acceptable in '%s'", what, text);
    }
    addr->addr.datagram = true;
    return true;
}

bool kw_bind_add(struct cfg_line *line, struct proxy *proxy, unsigned at, const char *what,
                 enum bind_kind kind)
{
    struct configuration *configuration = configuration_of(line);
    struct bind_settings settings = { .level = kind == BIND_CLI ? 2 : 0,
                                      .unix_mode = (unsigned)configuration->globals.unix_mode,
                                      .unix_uid = configuration->globals.unix_uid,
                                      .unix_gid = configuration->globals.unix_gid };
    const char *addresses = line->words[at];
    struct str name = arena_printf(&configuration->arena, "%s %s", what, addresses);
    if (!cfg_options_each(line, at + 1, WORD_BIND_OPTION, &settings, name.data))
        return false;
    if (kind == BIND_DATAGRAM)
        settings.ssl = false; /* taken, as every word that says nothing here */
    const char *label = kw_copy(line, addresses);
    if (settings.ssl) /* what ssl-default-bind-* say up to here */
        settings.tls = tls_settings_merge(&settings.tls, &configuration->globals.tls_bind);
    struct str rest = str_of(addresses);
    while (rest.data) {
        struct cfg_addr addr = { .fd = -1 };
        const char *error = NULL;
        const char *one = arena_need_copy(&configuration->arena, str_split(&rest, ','));
        if (!cfg_parse_addr(configuration->platform, &configuration->arena, one, ADDR_PORT_NEEDED, true,
                            &addr, &error))
            return cfg_error(line, "'%s' : %s", what, error);
        if (!fits(line, kind, name.data, one, &addr))
            return false;
        if (kind != BIND_CLI && !put_below(line, &addr.addr, configuration->globals.unix_prefix))
            return false;
        if (!limit_of_range(line, &addr))
            return false;
        append_range(line, proxy, addr, &settings, label, kind);
    }
    return true;
}

static bool bind(struct cfg_line *line)
{
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line,
                         "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.");
    return kw_bind_add(line, kw_proxy(line), 1, "bind", BIND_STREAM);
}

/* clang-format off */
const struct keyword_row kw_bind_rows[] = {
    { IN_FRONTEND | IN_LISTEN, "bind", KW_CALL(bind) },
    { 0 },
};
/* clang-format on */

/* ---- options ---- */

static bool unix_mode(struct cfg_option *option)
{
    struct bind_settings *settings = option->target;
    const char *text = cfg_option_value(option);
    unsigned mode = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '7' || mode > 0777)
            return cfg_option_error(option, "'%s' is no octal mode", text);
        mode = mode * 8 + (unsigned)(*at - '0');
    }
    if (!text[0])
        return cfg_option_error(option, "missing mode (octal integer expected)");
    settings->unix_mode = mode;
    return true;
}

static bool owner(struct cfg_option *option)
{
    struct bind_settings *settings = option->target;
    struct platform *platform = configuration_of(option->line)->platform;
    const char *word = option->row->word, *text = cfg_option_value(option);
    bool group = word[0] == 'g', by_number = strcmp(word + 1, "id") == 0;
    int64_t number = -1;
    if (!text[0])
        return cfg_option_error(option, "missing %s %s", group ? "group" : "user", by_number ? "ID" : "name");
    if (!by_number)
        number = group ? platform->ops->group_id(platform, text) : platform->ops->user_id(platform, text);
    else if (!units_parse_int(str_of(text), 0, INT32_MAX, &number))
        number = -1;
    if (number < 0)
        return cfg_option_error(option, "unknown %s '%s'", group ? "group" : "user", text);
    *(group ? &settings->unix_gid : &settings->unix_uid) = (int)number;
    return true;
}

/* "expose-fd listeners": a stats socket that hands the listeners over at a reload. */
static bool expose(struct cfg_option *option)
{
    struct bind_settings *settings = option->target;
    if (strcmp(cfg_option_value(option), "listeners") != 0)
        return cfg_option_error(option, "expects 'listeners'");
    settings->expose_listeners = true;
    return true;
}

static bool netscaler(struct cfg_option *option)
{
    struct bind_settings *settings = option->target;
    const char *text = cfg_option_value(option);
    int64_t magic;
    if (!text[0])
        return cfg_option_error(option, "missing value");
    if (!units_parse_int(str_of(text), 1, UINT32_MAX, &magic))
        return cfg_option_error(option, "invalid magic number '%s'", text);
    settings->accept_cip = true;
    settings->cip_magic = (uint32_t)magic;
    return true;
}

static bool defer_accept(struct cfg_option *option)
{
    ((struct bind_settings *)option->target)->defer_accept = true;
    return true;
}

static bool protocol(struct cfg_option *option)
{
    const char *word = cfg_option_value(option);
    if (strcmp(word, "h1") == 0 || strcmp(word, "none") == 0)
        return true;
    return cfg_option_error(option, "the protocol '%s' is not supported.", word);
}

static const struct cfg_name level_names[] = { { "user", 1 }, { "operator", 2 }, { "admin", 3 }, { 0 } };
static const struct cfg_name severity_names[] = { { "none", 0 }, { "number", 1 }, { "string", 2 }, { 0 } };

#define IN_SETTINGS(field)        .offset = offsetof(struct bind_settings, field)
#define BIND_FLAG(field)          .set = CFG_FLAG, IN_SETTINGS(field)
#define BIND_INT(field, from, to) .set = CFG_INT64, IN_SETTINGS(field), .low = from, .high = to
#define BIND_TEXT(field)          .set = CFG_TEXT, IN_SETTINGS(field)
#define BIND_IGNORED(values)      .set = CFG_IGNORED, .value_count = values

/* clang-format off */
const struct option_row kw_bind_option_rows[] = {
    { "accept-proxy", BIND_FLAG(accept_proxy) },
    { "accept-netscaler-cip", .set = CFG_CALL, .call = netscaler },
    { "backlog",BIND_INT(backlog, 1, INT32_MAX) },
    { "defer-accept", .set = CFG_CALL, .call = defer_accept },
    { "expose-fd", .set = CFG_CALL, .call = expose },
    { "gid", .set = CFG_CALL, .call = owner },
    { "group", .set = CFG_CALL, .call = owner },
    { "id", BIND_INT(id, 1, INT32_MAX) },
    { "interface", BIND_TEXT(interface) },
    { "level",.set = CFG_ENUM, IN_SETTINGS(level), .names = level_names },
    { "maxconn", BIND_INT(maxconn, 0, INT32_MAX) },
    { "mode",.set = CFG_CALL, .call = unix_mode },
    { "mss", BIND_INT(mss, -65535, 65535) },
    { "name",BIND_TEXT(name) },
    { "namespace", .set = CFG_REFUSED, .value_count = 1, .note = "there are no network namespaces" },
    { "nice", BIND_INT(nice, -1024, 1024) },
    { "process", BIND_IGNORED(1) },
    { "proto", .set = CFG_CALL, .call = protocol },
    { "severity-output", .set = CFG_ENUM, IN_SETTINGS(severity), .names = severity_names },
    { "shards", BIND_IGNORED(1) },
    { "guid-prefix", BIND_IGNORED(1) },
    { "idle-ping", BIND_IGNORED(1) },
    { "tcp-ut", .set = CFG_TIME_MS, IN_SETTINGS(tcp_user_timeout) },
    { "tfo", BIND_FLAG(tfo) },
    { "thread", BIND_IGNORED(1) },
    { "transparent", BIND_FLAG(transparent) },
    { "uid",.set = CFG_CALL, .call = owner },
    { "user", .set = CFG_CALL, .call = owner },
    { "v4v6", BIND_FLAG(v4v6) },
    { "v6only", BIND_FLAG(v6only) },
    { 0 },
};
/* clang-format on */
