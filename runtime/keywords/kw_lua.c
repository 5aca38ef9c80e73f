/* lua-load, lua-load-per-thread, lua-prepend-path, tune.lua.*: what the Lua machine is to be like, and its scripts. */
#include "keywords/kw_common.h"

/* A script is run where its line stands: the lines that follow use what it registers. */
static bool load(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    unsigned count = cfg_arg_count(line);
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'%s' expects a file name as parameter.", line->words[0]);
    struct lua_file *file = arena_need(&configuration->arena, sizeof(*file));
    file->path = kw_copy(line, cfg_arg(line, 0));
    file->args = arena_need(&configuration->arena, count * sizeof(*file->args));
    for (unsigned i = 1; i < count; i++)
        file->args[i - 1] = kw_copy(line, cfg_arg(line, i));
    file->per_thread = str_ends(str_of(line->words[0]), STR("thread"));
    file->at = line->place;
    *configuration->lua_files_end = file;
    configuration->lua_files_end = &file->next;
    return !configuration->load_lua || configuration->load_lua(configuration, file);
}

/* "lua-prepend-path <path> [path|cpath]": the newest stands first. */
static bool prepend(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *path = cfg_arg(line, 0), *type = cfg_arg(line, 1);
    if (!path[0])
        return cfg_error(line, "'lua-prepend-path' expects to receive a <path> as argument.");
    if (type[0] && strcmp(type, "path") != 0 && strcmp(type, "cpath") != 0)
        return cfg_error(line, "'lua-prepend-path' expects <type> to be 'path' or 'cpath', got '%s'.", type);
    const char **list = &configuration->globals.lua_prepend_path;
    if (strcmp(type, "cpath") == 0) {
        cfg_notice(line, "'lua-prepend-path' : 'cpath' has no effect: modules in C are not loaded.");
        return cfg_arg_limits(line, 1, 2);
    }
    *list = *list ? arena_printf(&configuration->arena, "%s;%s", path, *list).data : kw_copy(line, path);
    return cfg_arg_limits(line, 1, 2);
}

static const struct cfg_name on_off[] = { { "off", 0 }, { "on", 1 }, { 0 } };

/* "on" and "off" for a bool. */
static bool stderr_too(struct cfg_line *line)
{
    struct globals *globals = &configuration_of(line)->globals;
    bool on = strcmp(cfg_arg(line, 0), "on") == 0;
    if (!on && strcmp(cfg_arg(line, 0), "off") != 0 && strcmp(cfg_arg(line, 0), "auto") != 0)
        return cfg_error(line, "'%s' expects 'on', 'auto', or 'off' but got '%s'.", line->words[0],
                         cfg_arg(line, 0));
    globals->lua_log_stderr = on;
    return true;
}

/* Booleans that fetches give to scripts: 1 and 0 as ever, or true and false. */
static bool bool_conversion(struct cfg_line *line)
{
    struct globals *globals = &configuration_of(line)->globals;
    const char *word = cfg_arg(line, 0);
    globals->lua_real_booleans = strcmp(word, "normal") == 0;
    if (!globals->lua_real_booleans && strcmp(word, "pre-3.1-bug") != 0)
        return cfg_error(line, "'%s' expects 'normal' or 'pre-3.1-bug' but got '%s'.", line->words[0], word);
    return true;
}

/* Names of libraries; a state that exists already has its own. */
static bool open_libraries(struct cfg_line *line)
{
    static const char *const names[] = { "table", "io", "os", "string", "math", "utf8", "package", "debug" };
    struct configuration *configuration = configuration_of(line);
    struct globals *globals = &configuration->globals;
    const char *word = cfg_arg(line, 0);
    if (!*word)
        return cfg_error(line, "'%s' expects 'all', 'none' or names of libraries.", line->words[0]);
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    if (configuration->lua_files || globals->lua_prepend_path)
        return cfg_error(line, "'%s' must stand before 'lua-load' and 'lua-prepend-path'.", line->words[0]);
    globals->lua_libraries = strcmp(word, "all") == 0    ? NULL
                             : strcmp(word, "none") == 0 ? ""
                                                         : kw_copy(line, word);
    struct str rest = str_of(globals->lua_libraries ? globals->lua_libraries : "");
    while (rest.size) {
        struct str name = str_split(&rest, ',');
        size_t i = 0;
        while (i < COUNT_OF(names) && !str_eq(name, str_of(names[i])))
            i++;
        if (i == COUNT_OF(names))
            return cfg_error(line, "'%s': unknown library '%.*s'.", line->words[0], STR_ARG(name));
    }
    return true;
}

static const struct cfg_name verify_names[] = { { "none", TLS_VERIFY_NONE },
                                                { "required", TLS_VERIFY_REQUIRED },
                                                { 0 } };

/* One of two words. */
static bool choose(struct cfg_line *line, const char *yes, const char *no, bool *out)
{
    const char *word = cfg_arg(line, 0);
    *out = strcmp(word, yes) == 0;
    return (*out || strcmp(word, no) == 0 ||
            cfg_error(line, "'%s' expects '%s' or '%s'.", line->words[0], yes, no)) &&
           cfg_arg_limits(line, 1, 1);
}

static bool resolvers_disabled(struct cfg_line *line)
{
    return choose(line, "on", "off", &configuration_of(line)->globals.httpclient_no_names);
}

static bool resolvers_prefer(struct cfg_line *line)
{
    return choose(line, "ipv4", "ipv6", &configuration_of(line)->globals.httpclient_ipv4);
}

static bool resolvers_id(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    configuration->globals.httpclient_resolvers = kw_copy(line, cfg_arg(line, 0));
    configuration_want_resolvers(configuration, line->place, configuration->globals.httpclient_resolvers,
                                 arena_need(&configuration->arena, sizeof(struct resolvers *)));
    return true;
}

#define GLOBAL(field) .offset = offsetof(struct configuration, globals.field)

/* clang-format off */
const struct keyword_row kw_lua_rows[] = {
    { IN_GLOBAL, "lua-load", KW_CALL(load) },
    { IN_GLOBAL, "lua-load-per-thread", KW_CALL(load) },
    { IN_GLOBAL, "lua-prepend-path", KW_CALL(prepend) },
    { IN_GLOBAL, "tune.lua.forced-yield", CFG_SIZE, GLOBAL(lua_forced_yield) },
    { IN_GLOBAL, "tune.lua.maxmem", CFG_SIZE, GLOBAL(lua_maxmem_mb) },
    { IN_GLOBAL, "tune.lua.session-timeout", CFG_TIME_MS, GLOBAL(lua_session_timeout_ms) },
    { IN_GLOBAL, "tune.lua.task-timeout", CFG_TIME_MS, GLOBAL(lua_task_timeout_ms) },
    { IN_GLOBAL, "tune.lua.service-timeout", CFG_TIME_MS, GLOBAL(lua_service_timeout_ms) },
    { IN_GLOBAL, "tune.lua.burst-timeout", CFG_TIME_MS, GLOBAL(lua_burst_timeout_ms) },
    { IN_GLOBAL, "tune.lua.log.loggers", CFG_ENUM, GLOBAL(lua_log_loggers), .names = on_off },
    { IN_GLOBAL, "tune.lua.log.stderr", KW_CALL(stderr_too) },
    { IN_GLOBAL, "tune.lua.bool-sample-conversion", KW_CALL(bool_conversion) },
    { IN_GLOBAL, "httpclient.retries", CFG_INT64, GLOBAL(httpclient_retries), .high = INT32_MAX },
    { IN_GLOBAL, "httpclient.timeout.connect", CFG_TIME_MS, GLOBAL(httpclient_connect_ms) },
    { IN_GLOBAL, "httpclient.ssl.ca-file", CFG_TEXT, GLOBAL(httpclient_tls.ca_file) },
    { IN_GLOBAL, "httpclient.ssl.verify", CFG_ENUM, GLOBAL(httpclient_tls.verify), .names = verify_names },
    { IN_GLOBAL, "httpclient.resolvers.disabled", KW_CALL(resolvers_disabled) },
    { IN_GLOBAL, "httpclient.resolvers.id", KW_CALL(resolvers_id) },
    { IN_GLOBAL, "httpclient.resolvers.prefer", KW_CALL(resolvers_prefer) },
    { IN_GLOBAL, "tune.lua.openlibs", KW_CALL(open_libraries) },
    { 0 },
};
/* clang-format on */
