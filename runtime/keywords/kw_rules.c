/* Rules and what they are made of: acl, tcp-request, tcp-response, http-request, http-response, http-after-response,
 * redirect, use_backend, use-server, monitor fail. The actions themselves are rows of their own. */
#include "keywords/kw_common.h"
#include "proxy/server.h"

/* ---- acl ---- */

static struct acl *find_acl(const struct proxy *proxy, const char *name)
{
    for (struct acl *acl = proxy->acls; acl; acl = acl->next) {
        if (str_eq(acl->name, str_of(name)))
            return acl;
    }
    return NULL;
}

static struct acl *add_acl(struct cfg_line *line, const char *name)
{
    struct proxy *proxy = kw_proxy(line);
    struct acl *acl = arena_need(&configuration_of(line)->arena, sizeof(*acl));
    acl->name = str_of(kw_copy(line, name));
    acl->index = proxy->acls ? proxy->acls->index + 1 : 0;
    acl->next = proxy->acls;
    proxy->acls = acl;
    return acl;
}

/* Rulesets of an anonymous defaults section would belong to sections that cannot name them. */
static bool allowed_in_defaults(struct cfg_line *line, const char *word)
{
    if (line->section != IN_DEFAULTS || kw_proxy(line)->name[0])
        return true;
    return cfg_error(line, "'%s' not allowed in anonymous 'defaults' section.", word);
}

static bool acl(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    const char *name = cfg_arg(line, 0);
    if (!allowed_in_defaults(line, "acl"))
        return false;
    if (!name[0])
        return cfg_error(line, "'acl' expects a name and a criterion.");
    const char *bad = kw_bad_name_char(name);
    if (bad)
        return cfg_error(line, "character '%c' is not permitted in acl name '%s'.", *bad, name);
    if (strcmp(name, "or") == 0)
        cfg_warn(line, "acl name 'or' will never match. 'or' is used to express a disjunctive form (OR).");
    struct acl_parser parser = configuration_acl_parser(configuration_of(line), line, proxy, 0);
    struct acl *found = find_acl(proxy, name);
    if (!found)
        found = add_acl(line, name);
    bool well = acl_add_test(&parser, found, line->words + 2, line->count > 2 ? line->count - 2 : 0);
    if (parser.warning)
        cfg_warn(line, "%s", parser.warning);
    if (well)
        return true;
    return cfg_error(line, "error detected while parsing ACL '%s' : %s.", name,
                     parser.sample.error ? parser.sample.error : "out of memory");
}

/* ---- rulesets ---- */

static bool read_rule(struct cfg_line *line, struct ruleset *set, enum ruleset_kind kind,
                      enum sample_place place, unsigned at)
{
    struct proxy *proxy = kw_proxy(line);
    struct acl_parser parser = configuration_acl_parser(configuration_of(line), line, proxy, place);
    return ruleset_read(set, kind, line, at, proxy, &parser, proxy->acls);
}

static bool http_request(struct cfg_line *line)
{
    if (!allowed_in_defaults(line, "http-request"))
        return false;
    kw_note_rule(line, SEEN_HTTP_REQUEST, "http-request");
    return read_rule(line, &kw_proxy(line)->http_request, RULES_HTTP_REQUEST, AT_REQUEST_HEAD, 1);
}

static bool http_response(struct cfg_line *line)
{
    return allowed_in_defaults(line, "http-response") &&
           read_rule(line, &kw_proxy(line)->http_response, RULES_HTTP_RESPONSE, AT_RESPONSE_HEAD, 1);
}

static bool http_after_response(struct cfg_line *line)
{
    return allowed_in_defaults(line, "http-after-response") &&
           read_rule(line, &kw_proxy(line)->http_after_response, RULES_HTTP_AFTER_RESPONSE, AT_RESPONSE_HEAD,
                     1);
}

/* "redirect ..." is `http-request redirect ...` in fewer letters. Its action's name is the line's own first word. */
static bool redirect(struct cfg_line *line)
{
    kw_note_rule(line, SEEN_REDIRECT, "redirect");
    return read_rule(line, &kw_proxy(line)->http_request, RULES_HTTP_REQUEST, AT_REQUEST_HEAD, 0);
}

static bool tcp_allowed(struct cfg_line *line, const char *word)
{
    if (line->section != IN_DEFAULTS || kw_proxy(line)->name[0])
        return true;
    return cfg_error(line, "%s is not allowed in anonymous 'defaults' sections", word);
}

static bool tcp_connection(struct cfg_line *line)
{
    if (!tcp_allowed(line, "tcp-request connection"))
        return false;
    if (line->section == IN_BACKEND)
        return cfg_error(line, "tcp-request connection is not allowed because backend %s is not a frontend",
                         kw_proxy(line)->name);
    kw_note_rule(line, SEEN_TCP_CONNECTION, "tcp-request");
    return read_rule(line, &kw_proxy(line)->tcp_connection, RULES_TCP_CONNECTION, AT_CONNECTION, 2);
}

static bool tcp_session(struct cfg_line *line)
{
    if (!tcp_allowed(line, "tcp-request session"))
        return false;
    kw_note_rule(line, SEEN_TCP_SESSION, "tcp-request");
    return read_rule(line, &kw_proxy(line)->tcp_session, RULES_TCP_SESSION, AT_SESSION, 2);
}

static bool tcp_content(struct cfg_line *line)
{
    if (!tcp_allowed(line, "tcp-request content"))
        return false;
    kw_note_rule(line, SEEN_TCP_CONTENT, "tcp-request");
    return read_rule(line, &kw_proxy(line)->tcp_content, RULES_TCP_CONTENT, AT_REQUEST_CONTENT, 2);
}

static bool tcp_response_content(struct cfg_line *line)
{
    return tcp_allowed(line, "tcp-response content") &&
           read_rule(line, &kw_proxy(line)->tcp_response, RULES_TCP_RESPONSE, AT_RESPONSE_CONTENT, 2);
}

static bool inspect_delay(struct cfg_line *line, const char *word, uint64_t *delay)
{
    struct proxy *proxy = kw_proxy(line);
    const char *stop = NULL, *text = cfg_arg(line, 0);
    uint64_t wanted = 0;
    if (!tcp_allowed(line, word))
        return false;
    if (!text[0])
        return cfg_error(line, "'%s' expects a positive delay in milliseconds, in %s '%s'", word,
                         proxy_type_name(proxy), proxy->name);
    if (units_parse_time(str_of(text), UNITS_MS, &wanted, &stop) != UNITS_OK)
        return cfg_error(
            line, "'%s' expects a positive delay in milliseconds, in %s '%s' (unexpected character '%c')",
            word, proxy_type_name(proxy), proxy->name, stop ? *stop : text[0]);
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    *delay = wanted;
    return true;
}

static bool request_delay(struct cfg_line *line)
{
    return inspect_delay(line, "tcp-request inspect-delay", &kw_proxy(line)->settings.request_inspect_delay);
}

static bool response_delay(struct cfg_line *line)
{
    return inspect_delay(line, "tcp-response inspect-delay",
                         &kw_proxy(line)->settings.response_inspect_delay);
}

static bool bad_tcp(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    bool response = strcmp(line->words[0], "tcp-response") == 0;
    if (!cfg_arg_count(line))
        return cfg_error(line, "missing argument for '%s' in %s '%s'", line->words[0], proxy_type_name(proxy),
                         proxy->name);
    return cfg_error(line, "'%s' expects 'inspect-delay'%s or 'content' in %s '%s' (got '%s')",
                     line->words[0], response ? "" : ", 'connection', 'session'", proxy_type_name(proxy),
                     proxy->name, cfg_arg(line, 0));
}

/* Ignoring them would let pass what they were to stop. */
static bool not_in_frontend(struct cfg_line *line)
{
    return cfg_error(line, "%s %s is only allowed in 'backend' sections or 'defaults' section with a name",
                     line->words[0], cfg_arg(line, 0));
}

/* ---- switching ---- */

/* A name that may be a format. *constant is its text when nothing in it changes, else *format is set. */
static bool read_name(struct cfg_line *line, const char *text, enum sample_place place, const char *what,
                      const char **constant, struct log_format **format)
{
    struct sample_parser parser = configuration_parser(configuration_of(line), line, kw_proxy(line), place);
    struct log_format_options options = { .http = true };
    struct str plain;
    *constant = kw_copy(line, text);
    if (!strchr(text, '%'))
        return true;
    *format = log_format_parse(&parser, text, &options);
    if (!*format)
        return cfg_error(line, "failed to parse %s rule '%s' : %s.", what, text,
                         parser.error ? parser.error : "out of memory");
    if (log_format_is_constant(*format, &plain)) {
        *constant = arena_need_copy(&configuration_of(line)->arena, plain);
        *format = NULL;
    }
    return true;
}

static bool use_backend(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct switching_rule *rule = arena_need(&configuration_of(line)->arena, sizeof(*rule));
    const char *behind = cfg_arg(line, 1);
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'use_backend' expects a backend name.");
    if (behind[0] && strcmp(behind, "if") != 0 && strcmp(behind, "unless") != 0)
        return cfg_error(line,
                         "unexpected keyword '%s' after switching rule, only 'if' and 'unless' are allowed.",
                         behind);
    if (!kw_condition(line, 2, AT_REQUEST_HEAD, "use_backend", &rule->condition) ||
        !read_name(line, cfg_arg(line, 0), AT_REQUEST_HEAD, "use_backend", &rule->text, &rule->name))
        return false;
    rule->at = line->place;
    struct switching_rule **end = &proxy->switching;
    while (*end)
        end = &(*end)->next;
    *end = rule;
    kw_note_rule(line, SEEN_USE_BACKEND, "use_backend");
    return true;
}

static bool use_server(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct server_rule *rule = arena_need(&configuration_of(line)->arena, sizeof(*rule));
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'use-server' expects a server name.");
    if (!kw_condition_needed(line, 2, AT_SERVER_PICK, "use-server", &rule->condition) ||
        !read_name(line, cfg_arg(line, 0), AT_SERVER_PICK, "use-server", &rule->text, &rule->name))
        return false;
    rule->at = line->place;
    struct server_rule **end = &proxy->server_rules;
    while (*end)
        end = &(*end)->next;
    *end = rule;
    kw_note_rule(line, SEEN_USE_SERVER, "use-server");
    return true;
}

/* Several lines are alternatives: they are read again as one condition, "if <first> || <second>". */
static bool monitor_fail(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct arena *arena = &configuration_of(line)->arena;
    unsigned before = proxy->monitor_word_count, count = line->count - 2;
    if (before && (strcmp(cfg_arg(line, 0), "if") != 0 || strcmp(proxy->monitor_words[0], "if") != 0))
        return cfg_error(line, "several 'monitor fail' lines must all begin with 'if'.");
    const char **words = arena_need(arena, (before + count + 1) * sizeof(*words));
    if (before)
        memcpy(words, proxy->monitor_words, before * sizeof(*words));
    for (unsigned i = 0; i < count; i++)
        words[before + i] = before && i == 0 ? "||" : kw_copy(line, line->words[2 + i]);
    struct cfg_line whole = *line;
    whole.words = words;
    whole.count = before + count;
    if (!kw_condition_needed(&whole, 0, AT_REQUEST_HEAD, "monitor fail", &proxy->monitor_fail))
        return false;
    proxy->monitor_words = words;
    proxy->monitor_word_count = before + count;
    kw_note_rule(line, SEEN_MONITOR_FAIL, "monitor fail");
    return true;
}

static bool bad_monitor(struct cfg_line *line)
{
    return cfg_error(line, "'monitor' only supports 'fail'.");
}

#define SECTIONS (IN_FRONTEND | IN_BACKEND | IN_LISTEN)

/* clang-format off */
const struct keyword_row kw_rule_rows[] = {
    { IN_PROXY, "acl", KW_CALL(acl) },
    { IN_PROXY, "http-request", KW_CALL(http_request) },
    { IN_PROXY, "http-response", KW_CALL(http_response) },
    { IN_PROXY, "http-after-response", KW_CALL(http_after_response) },
    { SECTIONS, "redirect", KW_CALL(redirect) },
    { IN_PROXY, "tcp-request", KW_CALL(bad_tcp) },
    { IN_PROXY, "tcp-request connection", KW_CALL(tcp_connection) },
    { IN_FRONT, "tcp-request session", KW_CALL(tcp_session) },
    { IN_PROXY, "tcp-request content", KW_CALL(tcp_content) },
    { IN_PROXY, "tcp-request inspect-delay", KW_CALL(request_delay) },
    { IN_FRONTEND, "tcp-response", KW_CALL(not_in_frontend) },
    { IN_BACK, "tcp-response", KW_CALL(bad_tcp) },
    { IN_BACK, "tcp-response content", KW_CALL(tcp_response_content) },
    { IN_BACK, "tcp-response inspect-delay", KW_CALL(response_delay) },
    { IN_FRONTEND | IN_LISTEN, "use_backend", KW_CALL(use_backend) },
    { IN_BACKEND | IN_LISTEN, "use-server", KW_CALL(use_server) },
    { IN_FRONTEND | IN_LISTEN, "monitor", KW_CALL(bad_monitor) },
    { IN_FRONTEND | IN_LISTEN, "monitor fail", KW_CALL(monitor_fail) },
    { 0 },
};
/* clang-format on */
