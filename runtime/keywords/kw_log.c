/* log, log-tag, log-format, error-log-format, log-format-sd, unique-id-format, unique-id-header. Formats are kept as
 * text: the section's mode, which decides what they may hold, is known only at its end. */
#include "keywords/kw_common.h"

/* A section's chain begins as that of its defaults, which is theirs: it is copied before it grows. */
static struct log_target **own_chain(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    const struct log_target *from = proxy->defaults ? proxy->defaults->settings.log_targets : NULL;
    struct log_target **end = &proxy->settings.log_targets;
    if (from && proxy->settings.log_targets == from) {
        proxy->settings.log_targets = NULL;
        for (; from; from = from->next) {
            *end = arena_need(&configuration_of(line)->arena, sizeof(**end));
            **end = *from;
            (*end)->next = NULL;
            end = &(*end)->next;
        }
    }
    while (*end)
        end = &(*end)->next;
    return end;
}

static bool log_line(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    if (line->negated || line->to_default) {
        if (cfg_arg_count(line))
            return cfg_error(line, "log : 'no log' does not expect arguments");
        proxy->settings.log_targets = NULL;
        proxy->settings.log_global = false;
        return true;
    }
    if (strcmp(cfg_arg(line, 0), "global") == 0 && cfg_arg_count(line) == 1) {
        proxy->settings.log_global = true;
        return true;
    }
    if (!cfg_arg_count(line))
        return cfg_error(line, "log : expects <address> and <facility> or global as arguments");
    struct log_target *target = log_target_read(line, 1);
    if (!target)
        return false;
    *own_chain(line) = target;
    return true;
}

static bool global_log(struct cfg_line *line)
{
    struct globals *globals = &configuration_of(line)->globals;
    struct log_target **end = &globals->log_targets;
    if (line->negated || line->to_default) {
        if (cfg_arg_count(line))
            return cfg_error(line, "log : 'no log' does not expect arguments");
        globals->log_targets = NULL;
        return true;
    }
    if (strcmp(cfg_arg(line, 0), "global") == 0)
        return cfg_error(line, "log : 'global' is not supported for a global syslog server");
    struct log_target *target = log_target_read(line, 1);
    if (!target)
        return false;
    while (*end)
        end = &(*end)->next;
    *end = target;
    return true;
}

static bool one_argument(struct cfg_line *line, const char *word)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "%s expects an argument.", word);
    if (cfg_arg_count(line) > 1)
        return cfg_error(line, "%s expects only one argument, don't forget to escape spaces!", word);
    return true;
}

static bool keep_format(struct cfg_line *line, const char **text, struct diag_place *at)
{
    if (!one_argument(line, line->words[0]))
        return false;
    *text = kw_copy(line, cfg_arg(line, 0));
    *at = line->place;
    return true;
}

static bool log_format(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    settings->log_format_is_httplog = settings->log_format_is_tcplog = false;
    return keep_format(line, &settings->log_format_text, &settings->log_format_at);
}

static bool error_log_format(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    return keep_format(line, &settings->error_log_format_text, &settings->error_log_format_at);
}

static bool log_format_sd(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    return keep_format(line, &settings->log_structured_text, &settings->log_structured_at);
}

static bool unique_id_format(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    return keep_format(line, &settings->unique_id_text, &settings->unique_id_at);
}

static bool unique_id_header(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "unique-id-header expects an argument.");
    char *name = arena_need_copy(&configuration_of(line)->arena, str_of(cfg_arg(line, 0)));
    for (char *at = name; *at; at++)
        *at = ascii_lower(*at);
    kw_proxy(line)->settings.unique_id_header = name;
    return true;
}

static bool tag(struct cfg_line *line, const char **out)
{
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'log-tag' expects a tag for use in syslog.");
    *out = kw_copy(line, cfg_arg(line, 0));
    return true;
}

static bool log_tag(struct cfg_line *line)
{
    return tag(line, &kw_proxy(line)->settings.log_tag);
}

static bool global_log_tag(struct cfg_line *line)
{
    return tag(line, &configuration_of(line)->globals.log_tag);
}

/* "log-send-hostname [name]": the host name in the RFC 3164 envelope; without a name the node's own. */
static bool send_hostname(struct cfg_line *line)
{
    struct globals *globals = &configuration_of(line)->globals;
    globals->log_send_hostname_set = true;
    globals->log_send_hostname = cfg_arg(line, 0)[0] ? kw_copy(line, cfg_arg(line, 0)) : NULL;
    return cfg_arg_limits(line, 0, 1);
}

/* clang-format off */
const struct keyword_row kw_log_rows[] = {
    { IN_PROXY | IN_LOG_FORWARD, "log", KW_CALL(log_line), .negatable = true },
    { IN_GLOBAL, "log", KW_CALL(global_log), .negatable = true },
    { IN_GLOBAL, "log-tag", KW_CALL(global_log_tag) },
    { IN_GLOBAL, "log-send-hostname", KW_CALL(send_hostname) },
    { IN_PROXY, "log-tag", KW_CALL(log_tag) },
    { IN_FRONT, "log-format", KW_CALL(log_format) },
    { IN_FRONT, "error-log-format", KW_CALL(error_log_format) },
    { IN_FRONT, "log-format-sd", KW_CALL(log_format_sd) },
    { IN_PROXY, "unique-id-format", KW_CALL(unique_id_format) },
    { IN_FRONT, "unique-id-header", KW_CALL(unique_id_header) },
    { IN_FRONT, "log-steps", KW_IGNORED(1, 1) },
    { 0 },
};
/* clang-format on */
