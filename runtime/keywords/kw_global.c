/* The global section: limits, the process, variables, and what HAProxy tunes that has no meaning here. */
#include "keywords/kw_common.h"

#define GLOBAL(field) .offset = offsetof(struct configuration, globals.field)

static struct globals *globals_of(const struct cfg_line *line)
{
    return &configuration_of(line)->globals;
}

static bool nbthread(struct cfg_line *line)
{
    int64_t count;
    if (!units_parse_int(str_of(cfg_arg(line, 0)), INT32_MIN, INT32_MAX, &count))
        return cfg_error(line, "'nbthread' expects an integer argument.");
    if (count < 1 || count > 64)
        return cfg_error(line, "'nbthread' value must be between 1 and 64 (was %lld)", (long long)count);
    globals_of(line)->thread_count = count;
    return cfg_arg_limits(line, 1, 1);
}

static bool removed(struct cfg_line *line)
{
    return cfg_error(line, "%s", kw_row(line)->note);
}

/* ---- who and where ---- */

static bool user_or_group(struct cfg_line *line)
{
    struct globals *globals = globals_of(line);
    struct platform *platform = configuration_of(line)->platform;
    bool group = line->words[0][0] == 'g';
    const char *name = cfg_arg(line, 0);
    int64_t *id = group ? &globals->gid : &globals->uid;
    if (!name[0])
        return cfg_error(line, "'%s' expects a name.", line->words[0]);
    int64_t found = group ? platform->ops->group_id(platform, name) : platform->ops->user_id(platform, name);
    if (found < 0)
        return cfg_error(line, "cannot find %s id for '%s'", line->words[0], name);
    if (*id >= 0)
        return cfg_error(line, "%s/%s already specified. Continuing.", group ? "group" : "user",
                         group ? "gid" : "uid");
    *id = found;
    *(group ? &globals->group : &globals->user) = kw_copy(line, name);
    return cfg_arg_limits(line, 1, 1);
}

static bool numeric_owner(struct cfg_line *line)
{
    struct globals *globals = globals_of(line);
    bool group = line->words[0][0] == 'g';
    int64_t *id = group ? &globals->gid : &globals->uid;
    if (*id >= 0)
        return cfg_error(line, "%s/%s already specified. Continuing.", group ? "group" : "user",
                         group ? "gid" : "uid");
    return cfg_arg_limits(line, 1, 1) && cfg_arg_int(line, 0, 0, INT32_MAX, id);
}

static bool needs(struct cfg_line *line, const char *what, const char **out)
{
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'%s' expects a %s as an argument.", line->words[0], what);
    *out = kw_copy(line, cfg_arg(line, 0));
    return cfg_arg_limits(line, 1, 1);
}

static bool chroot_folder(struct cfg_line *line)
{
    return needs(line, "directory", &globals_of(line)->chroot);
}

static bool pidfile(struct cfg_line *line)
{
    return needs(line, "file name", &globals_of(line)->pidfile);
}

static bool node(struct cfg_line *line)
{
    const char *bad = kw_bad_name_char(cfg_arg(line, 0));
    if (bad)
        return cfg_error(line, "'node' : character '%c' is not permitted in a node name.", *bad);
    return needs(line, "name", &globals_of(line)->node_name);
}

static bool localpeer(struct cfg_line *line)
{
    return needs(line, "name", &globals_of(line)->local_peer);
}

static bool description(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'description' expects a string argument.");
    globals_of(line)->description = kw_join(line, 0);
    return true;
}

/* ---- environment ---- */

static bool set_env(struct cfg_line *line)
{
    struct platform *platform = configuration_of(line)->platform;
    bool keep = line->words[0][0] == 'p';
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'%s' expects a name and a value.", line->words[0]);
    if (keep && platform->ops->env_get(platform, cfg_arg(line, 0)))
        return true;
    platform->ops->env_set(platform, cfg_arg(line, 0), cfg_arg(line, 1));
    return cfg_arg_limits(line, 2, 2);
}

static bool unset_env(struct cfg_line *line)
{
    struct platform *platform = configuration_of(line)->platform;
    if (!cfg_arg_count(line))
        return cfg_error(line, "'unsetenv' expects at least one variable name.");
    for (unsigned i = 0; i < cfg_arg_count(line); i++)
        platform->ops->env_set(platform, cfg_arg(line, i), NULL);
    return true;
}

static bool is_kept(const struct cfg_line *line, struct str name)
{
    for (unsigned i = 0; i < cfg_arg_count(line); i++) {
        if (str_eq(str_of(cfg_arg(line, i)), name))
            return true;
    }
    return false;
}

/* All variables but those named. Removing one moves the others up. */
static bool reset_env(struct cfg_line *line)
{
    struct platform *platform = configuration_of(line)->platform;
    size_t index = 0;
    const char *text;
    while ((text = platform->ops->env_at(platform, index))) {
        struct str rest = str_of(text);
        struct str name = str_split(&rest, '=');
        if (is_kept(line, name)) {
            index++;
            continue;
        }
        struct buf copy = BUF_INIT;
        buf_add(&copy, name);
        if (copy.failed) {
            buf_finish(&copy);
            return cfg_error(line, "out of memory");
        }
        platform->ops->env_set(platform, copy.data, NULL);
        buf_finish(&copy);
    }
    return true;
}

/* ---- variables ---- */

static bool set_var(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct sample_parser parser = configuration_parser(configuration, line, NULL, AT_CONFIG);
    bool is_format = line->words[0][7] == '-';
    const char *word = line->words[0], *name = cfg_arg(line, 0), *error = NULL, *end = NULL;
    struct global_var *var = arena_need(&configuration->arena, sizeof(*var));
    if (!name[0] || !cfg_arg(line, 1)[0])
        return cfg_error(
            line, "'%s' requires a process-wide variable name ('proc.<name>') and a sample expression.",
            word);
    if (!var_name_parse(str_of(kw_copy(line, name)), &var->name, &error))
        return cfg_error(line, "'%s' : %s.", word, error);
    if (var->name.scope != VAR_PROC)
        return cfg_error(
            line, "'%s': cannot set variable '%s', only scope 'proc' is permitted in the global section.",
            word, name);
    const char *text = kw_join(line, 1);
    if (is_format) {
        struct log_format_options options = { 0 };
        var->format = log_format_parse(&parser, text, &options);
    } else {
        var->expr = sample_expr_parse(&parser, text, &end);
        if (var->expr && *end)
            return cfg_error(line, "'%s' : unexpected text behind the expression: '%s'.", word, end);
    }
    if (!var->format && !var->expr)
        return cfg_error(line, "'%s' : %s.", word, parser.error ? parser.error : "out of memory");
    *configuration->global_vars_end = var;
    configuration->global_vars_end = &var->next;
    return true;
}

/* ---- sizes and times whose words are their own ---- */

static bool hard_stop_after(struct cfg_line *line)
{
    const char *stop = NULL;
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'hard-stop-after' expects <time> as argument.");
    if (units_parse_time(str_of(cfg_arg(line, 0)), UNITS_MS, &globals_of(line)->hard_stop_after, &stop) !=
        UNITS_OK)
        return cfg_error(line, "unexpected character '%c' in argument to <hard-stop-after>.",
                         stop && *stop ? *stop : '?');
    return cfg_arg_limits(line, 1, 1);
}

/* "infinite": idle connections live until their time-out, and no response says that its connection ends. */
static bool close_spread(struct cfg_line *line)
{
    const char *stop = NULL;
    uint64_t *window = &globals_of(line)->close_spread_ms;
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    if (strcmp(cfg_arg(line, 0), "infinite") == 0) {
        *window = UINT64_MAX;
        return true;
    }
    if (units_parse_time(str_of(cfg_arg(line, 0)), UNITS_MS, window, &stop) != UNITS_OK)
        return cfg_error(line, "'close-spread-time' expects <time> or 'infinite' as argument, not '%s'.",
                         cfg_arg(line, 0));
    return true;
}

static bool unix_bind_option(struct cfg_line *line, struct globals *globals, const char *word,
                             const char *value)
{
    struct platform *platform = configuration_of(line)->platform;
    int64_t number = 0;
    if (strcmp(word, "prefix") == 0) {
        globals->unix_prefix = kw_copy(line, value);
        return true;
    }
    if (strcmp(word, "mode") == 0) {
        for (const char *at = value; *at; at++) {
            if (*at < '0' || *at > '7')
                return cfg_error(line, "'unix-bind' : '%s' is no octal mode.", value);
            number = (number * 8 + (*at - '0')) & 07777;
        }
        globals->unix_mode = number;
        return true;
    }
    if (strcmp(word, "user") == 0 || strcmp(word, "group") == 0)
        number = word[0] == 'u' ? platform->ops->user_id(platform, value)
                                : platform->ops->group_id(platform, value);
    else if ((strcmp(word, "uid") != 0 && strcmp(word, "gid") != 0) ||
             !units_parse_int(str_of(value), 0, INT32_MAX, &number))
        return cfg_error(line,
                         "'unix-bind' only supports the 'prefix', 'mode', 'user', 'group', 'uid' and 'gid' "
                         "options.");
    if (number < 0)
        return cfg_error(line, "'unix-bind' : unknown %s '%s'.", word, value);
    *(word[0] == 'u' ? &globals->unix_uid : &globals->unix_gid) = (int)number;
    return true;
}

static bool unix_bind(struct cfg_line *line)
{
    struct globals *globals = globals_of(line);
    for (unsigned i = 0; i < cfg_arg_count(line); i += 2) {
        if (!unix_bind_option(line, globals, cfg_arg(line, i), cfg_arg(line, i + 1)))
            return false;
    }
    return true;
}

static bool ssl_server_verify(struct cfg_line *line)
{
    const char *word = cfg_arg(line, 0);
    if (strcmp(word, "none") != 0 && strcmp(word, "required") != 0)
        return cfg_error(line, "'ssl-server-verify' expects 'none' or 'required' as argument.");
    globals_of(line)->ssl_server_verify_none = word[0] == 'n';
    return cfg_arg_limits(line, 1, 1);
}

/* ---- h1-case-adjust ---- */

static bool add_case(struct cfg_line *line, struct str from, struct str to)
{
    struct configuration *configuration = configuration_of(line);
    char *wanted = arena_need_copy(&configuration->arena, to);
    for (size_t i = 0; i < from.size; i++) {
        if (from.data[i] != ascii_lower(from.data[i]))
            return cfg_error(line, "'%s' : '%.*s' must be in lower case.", line->words[0], STR_ARG(from));
    }
    if (!str_eq_nocase(from, to))
        return cfg_error(line, "'%s' : '%.*s' and '%.*s' must not differ but in case.", line->words[0],
                         STR_ARG(from), STR_ARG(to));
    if (dict_has(&configuration->header_cases, from))
        return cfg_error(line, "'%s' : '%.*s' is given twice.", line->words[0], STR_ARG(from));
    return dict_set(&configuration->header_cases, from, wanted) || cfg_error(line, "out of memory");
}

static bool case_adjust(struct cfg_line *line)
{
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'h1-case-adjust' expects <from> and <to> as argument.");
    return cfg_arg_limits(line, 2, 2) && add_case(line, str_of(cfg_arg(line, 0)), str_of(cfg_arg(line, 1)));
}

/* One pair a line, '#' begins a comment. */
static bool case_adjust_file(struct cfg_line *line)
{
    struct buf text = BUF_INIT;
    if (cfg_arg_count(line) != 1)
        return cfg_error(line, "'h1-case-adjust-file' expects <file> as argument.");
    bool good = kw_read_file(line, "h1-case-adjust-file", cfg_arg(line, 0), &text);
    struct str rest = buf_str(&text);
    while (good && rest.data) {
        struct str pair = str_trim(str_split(&rest, '\n'));
        struct str from = str_split(&pair, ' ');
        if (!from.size || from.data[0] == '#')
            continue;
        good = pair.data
                   ? add_case(line, from, str_trim(pair))
                   : cfg_error(line, "'h1-case-adjust-file' : '%.*s' has no second word.", STR_ARG(from));
    }
    buf_finish(&text);
    return good;
}

/* ---- switches of what is not here, read so that a mistake is found ---- */

static bool without_effect(struct cfg_line *line)
{
    cfg_notice(line, "'%s' has no effect.", line->words[0]);
    return true;
}

static bool on_or_off(struct cfg_line *line)
{
    const char *word = cfg_arg(line, 0);
    if (strcmp(word, "on") == 0 || strcmp(word, "off") == 0 || strcmp(word, "auto") == 0)
        return cfg_arg_limits(line, 1, 1) && without_effect(line);
    return cfg_error(line, "'%s' expects either 'on', 'auto', or 'off' but got '%s'.", line->words[0], word);
}

static bool number_within(struct cfg_line *line)
{
    const struct keyword_row *row = kw_row(line);
    int64_t value;
    return cfg_arg_limits(line, 1, 1) && cfg_arg_int(line, 0, row->low, row->high, &value) &&
           without_effect(line);
}

static bool default_path(struct cfg_line *line)
{
    static const char *const modes[] = { "current", "config", "parent", "origin" };
    size_t i = 0;
    while (i < COUNT_OF(modes) && strcmp(modes[i], cfg_arg(line, 0)) != 0)
        i++;
    if (i == COUNT_OF(modes))
        return cfg_error(line,
                         "unsupported default-path mode '%s' for 'default-path', supported modes include "
                         "'current', 'config', 'parent', and 'origin'.",
                         cfg_arg(line, 0));
    unsigned count = strcmp(modes[i], "origin") == 0 ? 2 : 1;
    globals_of(line)->default_path = kw_join(line, 0);
    return cfg_arg_limits(line, count, count);
}

static bool master_worker(struct cfg_line *line)
{
    struct globals *globals = &configuration_of(line)->globals;
    const char *word = cfg_arg(line, 0);
    if (!cfg_arg_limits(line, 0, 1))
        return false;
    if (word[0] && strcmp(word, "no-exit-on-failure") != 0)
        return cfg_error(line, "'master-worker' only supports 'no-exit-on-failure' option.");
    globals->master_worker = !line->negated;
    globals->no_exit_on_failure = word[0] != 0;
    return true;
}

#define COUNT(field)             CFG_INT64, GLOBAL(field), .high = INT32_MAX
#define SIZE(field)              CFG_SIZE, GLOBAL(field), .low = 0, .high = INT32_MAX
#define BYTES_FROM(field, least) CFG_SIZE, GLOBAL(field), .low = least, .high = INT32_MAX
#define FLAG(field)              CFG_FLAG, GLOBAL(field), .negatable = true

/* clang-format off */
const struct keyword_row kw_global_rows[] = {
    { IN_GLOBAL, "maxconn", COUNT(maxconn) },
    { IN_GLOBAL, "maxconnrate", COUNT(maxconn_rate) },
    { IN_GLOBAL, "maxsessrate", COUNT(session_rate) },
    { IN_GLOBAL, "maxsslrate", COUNT(ssl_rate) },
    { IN_GLOBAL, "nbthread", KW_CALL(nbthread) },
    { IN_GLOBAL, "nbproc", KW_CALL(removed),
      .note = "nbproc is not supported any more since HAProxy 2.5. Threads will automatically be used "
              "on multi-processor machines if available." },
    { IN_GLOBAL, "maxsslconn", COUNT(maxsslconn) },
    { IN_GLOBAL, "noreuseport", FLAG(no_reuse_port) },
    { IN_GLOBAL, "master-worker", KW_CALL(master_worker), .negatable = true },
    { IN_GLOBAL, "ulimit-n", COUNT(ulimit_n) },
    { IN_GLOBAL, "fd-hard-limit", COUNT(fd_hard_limit) },
    { IN_GLOBAL, "daemon", CFG_FLAG, GLOBAL(daemon) },
    { IN_GLOBAL, "quiet", CFG_FLAG, GLOBAL(quiet) },
    { IN_GLOBAL, "debug", CFG_FLAG, GLOBAL(debug) },
    { IN_GLOBAL, "zero-warning", CFG_FLAG, GLOBAL(zero_warning) },
    { IN_GLOBAL, "strict-limits", FLAG(strict_limits) },
    { IN_GLOBAL, "insecure-fork-wanted", FLAG(insecure_fork) },
    { IN_GLOBAL, "user", KW_CALL(user_or_group) },
    { IN_GLOBAL, "group", KW_CALL(user_or_group) },
    { IN_GLOBAL, "uid", KW_CALL(numeric_owner) },
    { IN_GLOBAL, "gid", KW_CALL(numeric_owner) },
    { IN_GLOBAL, "chroot", KW_CALL(chroot_folder) },
    { IN_GLOBAL, "pidfile", KW_CALL(pidfile) },
    { IN_GLOBAL, "node", KW_CALL(node) },
    { IN_GLOBAL, "localpeer", KW_CALL(localpeer) },
    { IN_GLOBAL, "description", KW_CALL(description) },
    { IN_GLOBAL, "setenv", KW_CALL(set_env) },
    { IN_GLOBAL, "presetenv", KW_CALL(set_env) },
    { IN_GLOBAL, "unsetenv", KW_CALL(unset_env) },
    { IN_GLOBAL, "resetenv", KW_CALL(reset_env) },
    { IN_GLOBAL, "set-var", KW_CALL(set_var) },
    { IN_GLOBAL, "set-var-fmt", KW_CALL(set_var) },
    { IN_GLOBAL, "hard-stop-after", KW_CALL(hard_stop_after) },
    { IN_GLOBAL, "grace", CFG_TIME_MS, GLOBAL(grace) },
    { IN_GLOBAL, "close-spread-time", KW_CALL(close_spread) },
    { IN_GLOBAL, "max-spread-checks", CFG_TIME_MS, GLOBAL(max_spread_checks_ms) },
    { IN_GLOBAL, "mworker-max-reloads", CFG_INT64, GLOBAL(max_reloads), .low = 0, .high = INT32_MAX },
    { IN_GLOBAL, "pp2-never-send-local", FLAG(never_send_local) },
    { IN_GLOBAL, "unix-bind", KW_CALL(unix_bind) },
    { IN_GLOBAL, "spread-checks", CFG_SIZE, GLOBAL(spread_checks), .low = 0, .high = 50 },
    { IN_GLOBAL, "crt-base", CFG_TEXT, GLOBAL(crt_base) },
    { IN_GLOBAL, "key-base", CFG_TEXT, GLOBAL(key_base) },
    { IN_GLOBAL, "ca-base", CFG_TEXT, GLOBAL(ca_base) },
    { IN_GLOBAL, "default-path", KW_CALL(default_path) },
    { IN_GLOBAL, "h1-case-adjust", KW_CALL(case_adjust) },
    { IN_GLOBAL, "h1-case-adjust-file", KW_CALL(case_adjust_file) },
    { IN_GLOBAL, "profiling.tasks", KW_CALL(on_or_off) },
    { IN_GLOBAL, "tune.sched.low-latency", KW_CALL(on_or_off) },
    { IN_GLOBAL, "tune.h2.header-table-size", KW_CALL(number_within), .low = 4096, .high = 65536 },
    { IN_GLOBAL, "tune.h2.max-frame-size", KW_CALL(number_within), .low = 16384, .high = 16777215 },
    { IN_GLOBAL, "ssl-server-verify", KW_CALL(ssl_server_verify) },
 /* tune.*: what has a meaning here */
    { IN_GLOBAL, "tune.bufsize", BYTES_FROM(bufsize, 1024) },
    { IN_GLOBAL, "tune.maxrewrite", SIZE(maxrewrite) },
    { IN_GLOBAL, "tune.http.maxhdr", CFG_INT64, GLOBAL(http_maxhdr), .low = 1, .high = 32767 },
    { IN_GLOBAL, "tune.http.logurilen", CFG_INT64, GLOBAL(http_logurilen), .low = 1, .high = 65535 },
    { IN_GLOBAL, "tune.http.cookielen", CFG_INT64, GLOBAL(http_cookielen), .low = 1, .high = 65535 },
    { IN_GLOBAL, "tune.runqueue-depth", CFG_INT64, GLOBAL(runqueue_depth), .low = 1, .high = INT32_MAX },
    { IN_GLOBAL, "tune.maxaccept", CFG_INT64, GLOBAL(max_accept), .low = -1, .high = INT32_MAX },
    { IN_GLOBAL, "tune.maxpollevents", CFG_INT64, GLOBAL(max_poll_events), .low = 1, .high = INT32_MAX },
    { IN_GLOBAL, "tune.idletimer", CFG_TIME_MS, GLOBAL(idle_timer_ms), .high = 65535 },
    { IN_GLOBAL, "tune.rcvbuf.client", SIZE(receive_buffer_client) },
    { IN_GLOBAL, "tune.rcvbuf.server", SIZE(receive_buffer_server) },
    { IN_GLOBAL, "tune.sndbuf.client", SIZE(send_buffer_client) },
    { IN_GLOBAL, "tune.sndbuf.server", SIZE(send_buffer_server) },
    { IN_GLOBAL, "tune.vars.global-max-size", SIZE(vars_global_max) },
    { IN_GLOBAL, "tune.vars.proc-max-size", SIZE(vars_proc_max) },
    { IN_GLOBAL, "tune.vars.sess-max-size", SIZE(vars_sess_max) },
    { IN_GLOBAL, "tune.vars.txn-max-size", SIZE(vars_txn_max) },
    { IN_GLOBAL, "tune.vars.reqres-max-size", SIZE(vars_reqres_max) },
    { IN_GLOBAL, "tune.vars.check-max-size", SIZE(vars_check_max) },
    { 0 },
};
/* clang-format on */

/* They tune the inside of another program, or allow what is allowed here anyway. */
#define NOTHING(word, low_, high_)                                                                           \
    {                                                                                                        \
        IN_GLOBAL, word, KW_IGNORED(low_, high_), .negatable = true                                          \
    }

/* clang-format off */
const struct keyword_row kw_global_ignored_rows[] = {
    NOTHING("busy-polling", 0, 0),
    NOTHING("cluster-secret", 1, 1),
    NOTHING("cpu-map", 1, -1),
    NOTHING("cpu-policy", 1, -1),
    NOTHING("cpu-set", 1, -1),
    NOTHING("dns-accept-family", 1, 1),
    NOTHING("expose-deprecated-directives", 0, 0),
    NOTHING("expose-experimental-directives", 0, 0),
    NOTHING("force-cfg-parser-pause", 1, 1),
    NOTHING("h1-accept-payload-with-any-method", 0, 0),
    NOTHING("h1-do-not-close-on-insecure-transfer-encoding", 0, 0),
    NOTHING("h2-workaround-bogus-websocket-clients", 0, 0),
    NOTHING("harden.reject-privileged-ports.quic", 1, 1),
    NOTHING("harden.reject-privileged-ports.tcp", 1, 1),
    NOTHING("insecure-setuid-wanted", 0, 0),
    NOTHING("jwt.decrypt_alg_list", 1, 1),
    NOTHING("limited-quic", 0, 0),
    NOTHING("maxcompcpuusage", 1, 1),
    NOTHING("maxcomprate", 1, 1),
    NOTHING("maxpipes", 1, 1),
    NOTHING("maxzlibmem", 1, 1),
    NOTHING("no-quic", 0, 0),
    NOTHING("noepoll", 0, 0),
    NOTHING("noevports", 0, 0),
    NOTHING("nogetaddrinfo", 0, 0),
    NOTHING("nokqueue", 0, 0),
    NOTHING("nopoll", 0, 0),
    NOTHING("no-memory-trimming", 0, 0),
    NOTHING("nosplice", 0, 0),
    NOTHING("numa-cpu-mapping", 0, 0),
    NOTHING("prealloc-fd", 0, 0),
    NOTHING("profiling.memory", 1, 1),
    NOTHING("set-dumpable", 0, 0),
    NOTHING("shm-stats-file", 1, 1),
    NOTHING("shm-stats-file-max-objects", 1, 1),
    NOTHING("stress-level", 1, 1),
    NOTHING("thread-group", 1, -1),
    NOTHING("thread-groups", 1, 1),
    NOTHING("thread-hard-limit", 1, 1),
    NOTHING("warn-blocked-traffic-after", 1, 1),
    NOTHING("tune.applet.zero-copy-forwarding", 1, 1),
    NOTHING("tune.buffers.limit", 1, 1),
    NOTHING("tune.buffers.reserve", 1, 1),
    NOTHING("tune.bufsize.large", 1, 1),
    NOTHING("tune.bufsize.small", 1, 1),
    NOTHING("tune.chksize", 1, 1),
    NOTHING("tune.comp.maxlevel", 1, 1),
    NOTHING("tune.defaults.purge", 0, 0),
    NOTHING("tune.disable-fast-forward", 0, 0),
    NOTHING("tune.disable-zero-copy-forwarding", 0, 0),
    NOTHING("tune.epoll.mask-events", 1, 1),
    NOTHING("tune.events.max-events-at-once", 1, 1),
    NOTHING("tune.fail-alloc", 1, 1),
    NOTHING("tune.fd.edge-triggered", 1, 1),
    NOTHING("tune.glitches.kill.cpu-usage", 1, 1),
    NOTHING("tune.h1.be.glitches-threshold", 1, 1),
    NOTHING("tune.h1.fe.glitches-threshold", 1, 1),
    NOTHING("tune.h1.zero-copy-fwd-recv", 1, 1),
    NOTHING("tune.h1.zero-copy-fwd-send", 1, 1),
    NOTHING("tune.h2.be.glitches-threshold", 1, 1),
    NOTHING("tune.h2.be.initial-window-size", 1, 1),
    NOTHING("tune.h2.be.max-concurrent-streams", 1, 1),
    NOTHING("tune.h2.be.rxbuf", 1, 1),
    NOTHING("tune.h2.fe.glitches-threshold", 1, 1),
    NOTHING("tune.h2.fe.initial-window-size", 1, 1),
    NOTHING("tune.h2.fe.max-concurrent-streams", 1, 1),
    NOTHING("tune.h2.fe.max-total-streams", 1, 1),
    NOTHING("tune.h2.fe.rxbuf", 1, 1),
    NOTHING("tune.h2.initial-window-size", 1, 1),
    NOTHING("tune.h2.max-concurrent-streams", 1, 1),
    NOTHING("tune.h2.zero-copy-fwd-send", 1, 1),
    NOTHING("tune.idle-pool.shared", 1, 1),
    NOTHING("tune.listener.default-shards", 1, 1),
    NOTHING("tune.listener.multi-queue", 1, 1),
    NOTHING("tune.max-checks-per-thread", 1, 1),
    NOTHING("tune.max-rules-at-once", 1, 1),
    NOTHING("tune.memory.hot-size", 1, 1),
    NOTHING("tune.notsent-lowat.client", 1, 1),
    NOTHING("tune.notsent-lowat.server", 1, 1),
    NOTHING("tune.pattern.cache-size", 1, 1),
    NOTHING("tune.peers.max-updates-at-once", 1, 1),
    NOTHING("tune.pipesize", 1, 1),
    NOTHING("tune.pool-high-fd-ratio", 1, 1),
    NOTHING("tune.pool-low-fd-ratio", 1, 1),
    NOTHING("tune.pt.zero-copy-forwarding", 1, 1),
    NOTHING("tune.quic.be.stream.rxbuf", 1, 1),
    NOTHING("tune.quic.fe.stream.max-total", 1, 1),
    NOTHING("tune.quic.fe.stream.rxbuf", 1, 1),
    NOTHING("tune.quic.frontend.conn-tx-buffers.limit", 1, 1),
    NOTHING("tune.quic.frontend.max-idle-timeout", 1, 1),
    NOTHING("tune.quic.frontend.max-streams-bidi", 1, 1),
    NOTHING("tune.quic.max-frame-loss", 1, 1),
    NOTHING("tune.quic.retry-threshold", 1, 1),
    NOTHING("tune.quic.socket-owner", 1, 1),
    NOTHING("tune.rcvbuf.backend", 1, 1),
    NOTHING("tune.rcvbuf.frontend", 1, 1),
    NOTHING("tune.recv_enough", 1, 1),
    NOTHING("tune.renice.runtime", 1, 1),
    NOTHING("tune.renice.startup", 1, 1),
    NOTHING("tune.ring.queues", 1, 1),
    NOTHING("tune.sndbuf.backend", 1, 1),
    NOTHING("tune.sndbuf.frontend", 1, 1),
    NOTHING("tune.stick-counters", 1, 1),
    NOTHING("tune.takeover-other-tg-connections", 1, 1),
    NOTHING("tune.zlib.memlevel", 1, 1),
    NOTHING("tune.zlib.windowsize", 1, 1),
    { 0 },
};
/* clang-format on */
