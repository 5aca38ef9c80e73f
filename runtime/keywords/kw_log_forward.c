/* `log-forward` sections (HAProxy manual 12.6): where log messages come in, and what is made of them. Their targets are
 * `log` lines as everywhere. */
#include "keywords/kw_log_forward.h"
#include "keywords/kw_bind.h"

static bool is_free(struct cfg_line *line, const char *name)
{
    const struct configuration *configuration = configuration_of(line);
    for (const struct proxy *other = configuration->log_forwards; other; other = other->next) {
        if (strcmp(other->name, name) == 0)
            return cfg_error(line,
                             "log-forward section '%s' has the same name as another log-forward section "
                             "declared at %s:%u.",
                             name, other->at.file, other->at.line);
    }
    const struct proxy *other = proxy_find(configuration, name, PROXY_FRONT);
    return !other ||
           cfg_error(line, "log forward section '%s' has the same name as %s '%s' declared at %s:%u.", name,
                     proxy_type_name(other), other->name, other->at.file, other->at.line);
}

void *kw_log_forward_begin(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0), *bad = kw_bad_name_char(name);
    if (!name[0]) {
        cfg_error(line, "missing name for log-forward section.");
        return NULL;
    }
    if (bad) {
        cfg_error(line, "character '%c' is not permitted in 'log-forward' name '%s'.", *bad, name);
        return NULL;
    }
    if (!cfg_arg_limits(line, 1, 1) || !is_free(line, name))
        return NULL;
    struct proxy **end = &configuration->log_forwards;
    while (*end)
        end = &(*end)->next;
    *end = proxy_create(configuration, PROXY_FRONT | PROXY_INTERNAL, name, line->place, NULL);
    (*end)->settings.maxconn = LOG_FORWARD_MAXCONN;
    (*end)->is_log_forward = true;
    return *end;
}

static bool stream_bind(struct cfg_line *line)
{
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'bind' expects an address.");
    return kw_bind_add(line, kw_proxy(line), 1, "bind", BIND_STREAM);
}

static bool datagram_bind(struct cfg_line *line)
{
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'dgram-bind' expects an address.");
    return kw_bind_add(line, kw_proxy(line), 1, "dgram-bind", BIND_DATAGRAM);
}

static bool option_host(struct cfg_line *line)
{
    static const struct cfg_name names[] = { { "fill", LOG_HOST_FILL },
                                             { "replace", LOG_HOST_REPLACE },
                                             { "keep", LOG_HOST_KEEP },
                                             { "append", LOG_HOST_APPEND } };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].word, cfg_arg(line, 0)) != 0)
            continue;
        kw_proxy(line)->log_forward.host = names[i].value;
        return cfg_arg_limits(line, 1, 1);
    }
    return cfg_error(line, "'option host' expects 'replace', 'fill', 'keep' or 'append' (got '%s').",
                     cfg_arg(line, 0));
}

#define SETTING(field) .offset = offsetof(struct proxy, settings.field)
#define OPTION(field)  CFG_FLAG, .offset = offsetof(struct proxy, log_forward.field)

/* clang-format off */
const struct keyword_row kw_log_forward_rows[] = {
    { IN_LOG_FORWARD, "backlog", CFG_INT64, SETTING(backlog), .high = INT32_MAX },
    { IN_LOG_FORWARD, "bind", KW_CALL(stream_bind) },
    { IN_LOG_FORWARD, "dgram-bind", KW_CALL(datagram_bind) },
    { IN_LOG_FORWARD, "maxconn", CFG_INT64, SETTING(maxconn), .high = INT32_MAX },
    { IN_LOG_FORWARD, "option assume-rfc6587-ntf", OPTION(lines), .negatable = true },
    { IN_LOG_FORWARD, "option dont-parse-log", OPTION(unparsed), .negatable = true },
    { IN_LOG_FORWARD, "option host", KW_CALL(option_host) },
    { IN_LOG_FORWARD, "timeout client", CFG_TIME_MS, SETTING(timeout_client) },
    { 0 },
};
/* clang-format on */
