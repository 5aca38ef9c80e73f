/* capture and declare capture: slots for header values and a cookie that are kept for the log. */
#include "keywords/kw_common.h"

static bool add_slot(struct cfg_line *line, bool response, const char *name, int64_t length)
{
    struct proxy *proxy = kw_proxy(line);
    struct arena *arena = &configuration_of(line)->arena;
    struct capture *capture = arena_need(arena, sizeof(*capture));
    char *copy = arena_need_copy(arena, str_of(name));
    for (char *at = copy; *at; at++)
        *at = ascii_lower(*at);
    capture->name = str_of(copy);
    capture->length_max = (size_t)length;
    proxy_add_capture(proxy, response, capture);
    return true;
}

static bool header(struct cfg_line *line, bool response)
{
    const char *which = response ? "response" : "request";
    int64_t length;
    if (!cfg_arg(line, 0)[0] || strcmp(cfg_arg(line, 1), "len") != 0 || !cfg_arg(line, 2)[0])
        return cfg_error(line, "'capture %s' expects 'header' <header_name> 'len' <len>.", which);
    if (cfg_arg_count(line) > 3)
        return cfg_error(line, "'capture %s' cannot handle unexpected argument '%s'.", which,
                         cfg_arg(line, 3));
    if (!cfg_arg_int(line, 2, 1, 65535, &length))
        return false;
    return add_slot(line, response, cfg_arg(line, 0), length);
}

static bool request_header(struct cfg_line *line)
{
    return header(line, false);
}

static bool response_header(struct cfg_line *line)
{
    return header(line, true);
}

/* "capture cookie name len n": a name that ends with '*' is a prefix; "name=" is the name's exact form. */
static bool cookie(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    struct str name = str_of(cfg_arg(line, 0));
    int64_t length;
    if (!name.size || strcmp(cfg_arg(line, 1), "len") != 0 || !cfg_arg(line, 2)[0])
        return cfg_error(line, "'capture cookie' expects 'cookie' <cookie_name> 'len' <len>.");
    if (!cfg_arg_limits(line, 3, 3) || !cfg_arg_int(line, 2, 1, 65535, &length))
        return false;
    settings->capture_cookie_prefix = !str_ends(name, STR("="));
    if (str_ends(name, STR("*")) || str_ends(name, STR("=")))
        name.size--;
    settings->capture_cookie = arena_need_copy(&configuration_of(line)->arena, name);
    settings->capture_cookie_length = (size_t)length;
    return true;
}

static bool bad_capture(struct cfg_line *line)
{
    return cfg_error(line, "'capture' expects 'cookie' or 'request header' or 'response header'.");
}

static bool declare(struct cfg_line *line)
{
    bool response = strcmp(cfg_arg(line, 1), "response") == 0;
    int64_t length;
    if (strcmp(cfg_arg(line, 0), "capture") != 0)
        return cfg_error(line,
                         "'declare' needs a second keyword that specify the type of declaration ('capture')");
    if (!response && strcmp(cfg_arg(line, 1), "request") != 0)
        return cfg_error(line, "'declare capture' requires a direction ('request' or 'response')");
    if (strcmp(cfg_arg(line, 2), "len") != 0)
        return cfg_error(line, "'declare capture' requires a capture length ('len')");
    if (!cfg_arg(line, 3)[0])
        return cfg_error(
            line, "'declare capture': 'len' requires a numeric value that represents the capture length");
    if (!cfg_arg_int(line, 3, 1, 65535, &length))
        return false;
    return add_slot(line, response, "", length);
}

/* clang-format off */
const struct keyword_row kw_capture_rows[] = {
    { IN_FRONTEND | IN_LISTEN, "capture", KW_CALL(bad_capture) },
    { IN_FRONTEND | IN_LISTEN, "capture request header", KW_CALL(request_header) },
    { IN_FRONTEND | IN_LISTEN, "capture response header", KW_CALL(response_header) },
    { IN_FRONTEND | IN_LISTEN, "capture cookie", KW_CALL(cookie) },
    { IN_FRONTEND | IN_LISTEN, "declare", KW_CALL(declare) },
    { 0 },
};
/* clang-format on */
