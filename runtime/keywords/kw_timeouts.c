/* timeout ...: milliseconds unless a unit is written; a section's second one of a kind is worth a warning. */
#include "keywords/kw_common.h"

static bool timeout(struct cfg_line *line)
{
    const struct keyword_row *row = kw_row(line);
    struct proxy *proxy = kw_proxy(line);
    uint64_t *value = (uint64_t *)(void *)((char *)&proxy->settings + row->offset), wanted = 0;
    const struct proxy *defaults = proxy->defaults;
    uint64_t inherited =
        defaults ? *(const uint64_t *)(const void *)((const char *)&defaults->settings + row->offset) : 0;
    if (!cfg_arg_count(line) || !cfg_arg(line, 0)[0])
        return cfg_error(line, "'%s' expects an integer value (in milliseconds)", row->words);
    if (cfg_arg_count(line) > 1)
        return cfg_error(line, "'%s' : unexpected extra argument '%s' after value '%s'.", row->words,
                         cfg_arg(line, 1), cfg_arg(line, 0));
    if (!cfg_arg_time_ms(line, 0, &wanted))
        return false;
    if (*value != inherited)
        cfg_warn(line, "overwriting '%s' which was already specified", row->words);
    *value = wanted;
    return true;
}

/* What HAProxy took before 2.1 under these names. */
static bool renamed(struct cfg_line *line)
{
    return cfg_error(line, "the '%s' directive is not supported anymore since HAProxy 2.1. Use '%s'.",
                     line->words[0], kw_row(line)->note);
}

#define AT(field) .set = CFG_CALL, .call = timeout, .offset = offsetof(struct proxy_settings, field)

/* clang-format off */
const struct keyword_row kw_timeout_rows[] = {
    { IN_FRONT, "timeout client", AT(timeout_client) },
    { IN_FRONT, "timeout client-fin", AT(timeout_client_fin) },
    { IN_FRONT, "timeout client-hs", AT(timeout_client_hs) },
    { IN_BACK, "timeout server", AT(timeout_server) },
    { IN_BACK, "timeout server-fin", AT(timeout_server_fin) },
    { IN_BACK, "timeout connect", AT(timeout_connect) },
    { IN_BACK, "timeout check", AT(timeout_check) },
    { IN_BACK, "timeout queue", AT(timeout_queue) },
    { IN_BACK, "timeout tunnel", AT(timeout_tunnel) },
    { IN_PROXY, "timeout http-request", AT(timeout_http_request) },
    { IN_PROXY, "timeout http-keep-alive", AT(timeout_http_keep_alive) },
    { IN_PROXY, "timeout tarpit", AT(timeout_tarpit) },
    { IN_PROXY, "clitimeout", KW_CALL(renamed), .note = "timeout client" },
    { IN_PROXY, "srvtimeout", KW_CALL(renamed), .note = "timeout server" },
    { IN_PROXY, "contimeout", KW_CALL(renamed), .note = "timeout connect" },
    { 0 },
};
/* clang-format on */
