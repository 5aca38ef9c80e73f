/* stats ... of the global section (the management socket) and of proxies (the statistics page). */
#include "keywords/kw_bind.h"

/* ---- global ---- */

static bool stats_socket(struct cfg_line *line)
{
    struct proxy *cli = configuration_cli(configuration_of(line));
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line,
                         "'stats socket' in global section expects an address or a path to a UNIX socket");
    return kw_bind_add(line, cli, 2, "stats socket", BIND_CLI);
}

static bool stats_timeout(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *stop = NULL;
    uint64_t timeout = 0;
    if (units_parse_time(str_of(cfg_arg(line, 0)), UNITS_MS, &timeout, &stop) != UNITS_OK)
        return cfg_error(line, "'stats timeout' : unexpected character '%c'", stop && *stop ? *stop : '?');
    if (!timeout)
        return cfg_error(line, "'stats timeout' expects a positive value");
    configuration->globals.stats_timeout_ms = timeout;
    configuration_cli(configuration)->settings.timeout_client = timeout;
    return true;
}

static bool stats_maxconn(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    if (!cfg_arg_limits(line, 1, 1) ||
        !cfg_arg_int(line, 0, 1, INT32_MAX, &configuration->globals.stats_maxconn))
        return false;
    configuration_cli(configuration)->settings.maxconn = configuration->globals.stats_maxconn;
    return true;
}

/* ---- proxies: the words of a section make a copy of what its defaults said ---- */

static struct stats_settings *own_stats(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    const struct stats_settings *inherited = proxy->defaults ? proxy->defaults->settings.stats : NULL;
    if (proxy->settings.stats && proxy->settings.stats != inherited)
        return (struct stats_settings *)(uintptr_t)proxy->settings.stats; /* made below */
    struct stats_settings *stats = arena_need(&configuration_of(line)->arena, sizeof(*stats));
    if (inherited)
        *stats = *inherited;
    stats->enabled = true;
    proxy->settings.stats = stats;
    return stats;
}

static bool enable(struct cfg_line *line)
{
    own_stats(line)->enabled = true;
    return cfg_arg_limits(line, 0, 0);
}

static bool text(struct cfg_line *line, const char *missing, const char **out)
{
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "%s", missing);
    *out = kw_copy(line, cfg_arg(line, 0));
    return true;
}

static bool uri(struct cfg_line *line)
{
    return text(line, "'uri' needs an URI prefix.", &own_stats(line)->uri);
}

static bool realm(struct cfg_line *line)
{
    return text(line, "'realm' needs an realm name.", &own_stats(line)->realm);
}

static bool refresh(struct cfg_line *line)
{
    const char *stop = NULL;
    uint64_t seconds = 0;
    if (!cfg_arg(line, 0)[0] ||
        units_parse_time(str_of(cfg_arg(line, 0)), UNITS_S, &seconds, &stop) != UNITS_OK)
        return cfg_error(line, "unexpected character '%c' in argument to stats refresh interval.",
                         stop && *stop ? *stop : '?');
    own_stats(line)->refresh_ms = seconds * 1000;
    return true;
}

/* "user:password"; the first of the section replaces those that it inherited. */
static bool auth(struct cfg_line *line)
{
    struct stats_settings *stats = own_stats(line);
    struct arena *arena = &configuration_of(line)->arena;
    struct str rest = str_of(cfg_arg(line, 0));
    if (!rest.size)
        return cfg_error(line, "'auth' needs a user:password account.");
    struct stats_user *user = arena_need(arena, sizeof(*user)), **end = &stats->users;
    user->name = arena_need_copy(arena, str_split(&rest, ':'));
    user->password = arena_need_copy(arena, rest.data ? rest : STR(""));
    while (*end)
        end = &(*end)->next;
    *end = user;
    return true;
}

static bool scope(struct cfg_line *line)
{
    struct stats_settings *stats = own_stats(line);
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'scope' needs a proxy name.");
    struct stats_scope *scope = arena_need(&configuration_of(line)->arena, sizeof(*scope)),
                       **end = &stats->scopes;
    scope->name = kw_copy(line, cfg_arg(line, 0));
    while (*end)
        end = &(*end)->next;
    *end = scope;
    return true;
}

static bool admin(struct cfg_line *line)
{
    struct stats_settings *stats = own_stats(line);
    struct stats_admin *admin = arena_need(&configuration_of(line)->arena, sizeof(*admin)),
                       **end = &stats->admins;
    if (!kw_condition_needed(line, 2, AT_REQUEST_HEAD, "stats admin", &admin->condition))
        return false;
    while (*end)
        end = &(*end)->next;
    *end = admin;
    return true;
}

/* Who may see the page, by rules (manual 4.2 stats http-request), in place of `stats auth`. */
static bool access_rule(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct ruleset *set = &proxy->stats;
    struct acl_parser parser = configuration_acl_parser(configuration_of(line), line, proxy, AT_REQUEST_HEAD);
    if (set->count && !set->rules[set->count - 1]->condition)
        cfg_warn(line, "'%s': previous '%s' action has no condition attached, further entries are NOOP.",
                 cfg_word(line, 0), cfg_word(line, 1));
    own_stats(line)->enabled = true;
    return ruleset_read(set, RULES_HTTP_REQUEST, line, 2, proxy, &parser, proxy->acls);
}

static bool hide_version(struct cfg_line *line)
{
    return own_stats(line)->hide_version = true;
}

static bool show_version(struct cfg_line *line)
{
    own_stats(line)->hide_version = false;
    return true;
}

static bool show_legends(struct cfg_line *line)
{
    return own_stats(line)->show_legends = true;
}

static bool show_modules(struct cfg_line *line)
{
    return own_stats(line)->show_modules = true;
}

static bool show_node(struct cfg_line *line)
{
    struct stats_settings *stats = own_stats(line);
    stats->show_node = true;
    stats->node = cfg_arg_count(line) ? kw_join(line, 0) : NULL;
    return true;
}

static bool show_desc(struct cfg_line *line)
{
    struct stats_settings *stats = own_stats(line);
    stats->description = cfg_arg_count(line) ? kw_join(line, 0) : configuration_of(line)->globals.description;
    if (!stats->description)
        cfg_warn(line, "'show-desc' requires a parameter or 'desc' to be set in the global section.");
    return true;
}

/* clang-format off */
const struct keyword_row kw_stats_rows[] = {
    { IN_GLOBAL, "stats socket", KW_CALL(stats_socket) },
    { IN_GLOBAL, "stats timeout", KW_CALL(stats_timeout) },
    { IN_GLOBAL, "stats maxconn", KW_CALL(stats_maxconn) },
    { IN_GLOBAL, "stats bind-process", KW_IGNORED(1, -1) },
    { IN_GLOBAL, "stats-file", KW_IGNORED(1, 1) },
    { IN_PROXY, "stats enable", KW_CALL(enable) },
    { IN_PROXY, "stats uri", KW_CALL(uri) },
    { IN_PROXY, "stats realm", KW_CALL(realm) },
    { IN_PROXY, "stats refresh", KW_CALL(refresh) },
    { IN_PROXY, "stats auth", KW_CALL(auth) },
    { IN_PROXY, "stats scope", KW_CALL(scope) },
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "stats admin", KW_CALL(admin) },
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "stats http-request", KW_CALL(access_rule) },
    { IN_PROXY, "stats hide-version", KW_CALL(hide_version) },
    { IN_PROXY, "stats show-version", KW_CALL(show_version) },
    { IN_PROXY, "stats show-legends", KW_CALL(show_legends) },
    { IN_PROXY, "stats show-modules", KW_CALL(show_modules) },
    { IN_PROXY, "stats show-node", KW_CALL(show_node) },
    { IN_PROXY, "stats show-desc", KW_CALL(show_desc) },
    { 0 },
};
/* clang-format on */
