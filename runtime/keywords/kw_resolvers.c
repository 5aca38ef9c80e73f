/* Words of `resolvers` sections (HAProxy manual 5.3.2). */
#include "keywords/kw_resolvers.h"
#include "resolve/resolv_conf.h"
#include "resolve/resolver.h"

void *kw_resolvers_begin(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "missing name for resolvers section.");
        return NULL;
    }
    const char *bad = kw_bad_name_char(name);
    if (bad) {
        cfg_error(line, "character '%c' is not permitted in '%s' name '%s'.", *bad, line->words[0], name);
        return NULL;
    }
    struct resolvers *resolvers = dict_get(&configuration->resolvers, str_of(name));
    if (resolvers) {
        cfg_error(line, "resolvers '%s' has same name as another resolvers (declared at %s:%u).", name,
                  resolvers->at.file, resolvers->at.line);
        return NULL;
    }
    resolvers = arena_need(&configuration->arena, sizeof(*resolvers));
    resolvers->name = kw_copy(line, name);
    resolvers->at = line->place;
    resolvers_set_usual(&resolvers->settings);
    if (!dict_set(&configuration->resolvers, str_of(resolvers->name), resolvers))
        cfg_error(line, "out of memory");
    return resolvers;
}

static struct nameserver *find(const struct resolvers *resolvers, const char *name)
{
    struct nameserver *each = resolvers->nameservers;
    while (each && strcmp(each->name, name) != 0)
        each = each->next;
    return each;
}

static void add(struct cfg_line *line, const char *name, const struct addr *addr, bool tcp)
{
    resolvers_add(line->target, &configuration_of(line)->arena, name, addr, tcp);
}

static bool nameserver(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct cfg_addr addr = { .fd = -1 };
    const char *error = NULL, *name = cfg_arg(line, 0), *text = cfg_arg(line, 1);
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'nameserver' expects <name> and <addr>[:<port>] as arguments.");
    if (!cfg_arg_limits(line, 2, 2))
        return false;
    if (find(line->target, name))
        return cfg_error(line, "nameserver '%s' is declared twice.", name);
    bool tcp = str_starts(str_of(text), STR("tcp@")) || str_starts(str_of(text), STR("tcp4@")) ||
               str_starts(str_of(text), STR("tcp6@"));
    const char *plain = tcp ? strchr(text, '@') + 1 : text;
    if (!cfg_parse_addr(configuration->platform, &configuration->arena, plain, ADDR_PORT_NEEDED, true, &addr,
                        &error))
        return cfg_error(line, "'nameserver' : %s", error);
    if (!addr_is_ip(&addr.addr))
        return cfg_error(line, "'nameserver' : '%s' is no address of a nameserver.", text);
    add(line, kw_copy(line, name), &addr.addr, tcp);
    return true;
}

static bool parse_resolv_conf(struct cfg_line *line)
{
    struct buf text = BUF_INIT;
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    if (!kw_read_file(line, "parse-resolv-conf", RESOLV_CONF, &text)) {
        buf_finish(&text);
        return false;
    }
    struct str rest = buf_str(&text), ip;
    unsigned found = 0;
    while (resolv_conf_next(&rest, &ip)) {
        struct addr addr;
        if (!addr_parse_ip(ip, &addr)) {
            cfg_warn(line,
                     "parsing [%s] : address '%.*s' could not be recognized, nameserver will be excluded.",
                     RESOLV_CONF, STR_ARG(ip));
            continue;
        }
        addr.port = RESOLV_CONF_PORT;
        const char *name = arena_need_copy(&configuration_of(line)->arena, ip);
        if (find(line->target, name))
            continue;
        add(line, name, &addr, false);
        found++;
    }
    buf_finish(&text);
    if (!found)
        cfg_warn(line, "no valid nameservers found in %s.", RESOLV_CONF);
    return true;
}

static const struct {
    const char *word;
    size_t offset;
} holds[] = {
    { "nx", offsetof(struct resolver_settings, hold_nx) },
    { "other", offsetof(struct resolver_settings, hold_other) },
    { "refused", offsetof(struct resolver_settings, hold_refused) },
    { "timeout", offsetof(struct resolver_settings, hold_timeout) },
    { "valid", offsetof(struct resolver_settings, hold_valid) },
    { "obsolete", offsetof(struct resolver_settings, hold_obsolete) },
};

static bool hold(struct cfg_line *line)
{
    struct resolvers *resolvers = line->target;
    uint64_t time;
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'hold' expects an <event> and a <time> as arguments.");
    if (!cfg_arg_limits(line, 2, 2) || !cfg_arg_time_ms(line, 1, &time))
        return false;
    for (size_t i = 0; i < COUNT_OF(holds); i++) {
        if (strcmp(holds[i].word, cfg_arg(line, 0)) != 0)
            continue;
        *(uint64_t *)(void *)((char *)&resolvers->settings + holds[i].offset) = time;
        return true;
    }
    return cfg_error(line,
                     "'hold' unknown <event>: '%s', expects either 'nx', 'timeout', 'refused', 'valid', "
                     "'obsolete' or 'other'.",
                     cfg_arg(line, 0));
}

#define SETTING(field) .offset = offsetof(struct resolvers, settings.field)

/* clang-format off */
const struct keyword_row kw_resolvers_rows[] = {
    { IN_RESOLVERS, "nameserver", KW_CALL(nameserver) },
    { IN_RESOLVERS, "parse-resolv-conf", KW_CALL(parse_resolv_conf) },
    { IN_RESOLVERS, "hold", KW_CALL(hold) },
    { IN_RESOLVERS, "resolve_retries", CFG_INT64, SETTING(retries), .low = 1, .high = INT32_MAX },
    { IN_RESOLVERS, "timeout resolve", CFG_TIME_MS, SETTING(resolve_ms) },
    { IN_RESOLVERS, "timeout retry", CFG_TIME_MS, SETTING(retry_ms) },
    { IN_RESOLVERS, "accepted_payload_size", CFG_INT64, SETTING(payload_size), .low = 512, .high = 65535 },
    { 0 },
};
/* clang-format on */
