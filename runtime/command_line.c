/* One row an option; the usage is printed from the rows. */
#include "command_line.h"
#include "base/units.h"

#define POISON_DEFAULT 0x50

/* What HAProxy calls the parts that can be built in or left out, and what is true here. */
#define FEATURES(ON, OFF)                                                                                    \
    OFF("51DEGREES")                                                                                         \
    ON("ACCEPT4")                                                                                            \
    OFF("BACKTRACE")                                                                                         \
    OFF("CLOSEFROM")                                                                                         \
    OFF("CPU_AFFINITY")                                                                                      \
    ON("CRYPT_H")                                                                                            \
    OFF("DEVICEATLAS")                                                                                       \
    ON("DL")                                                                                                 \
    OFF("ECH")                                                                                               \
    OFF("ENGINE")                                                                                            \
    ON("EPOLL")                                                                                              \
    OFF("EVPORTS")                                                                                           \
    ON("GETADDRINFO")                                                                                        \
    OFF("HAVE_WORKING_TCP_MD5SIG")                                                                           \
    OFF("KQUEUE")                                                                                            \
    OFF("KTLS")                                                                                              \
    ON("LIBCRYPT")                                                                                           \
    OFF("LINUX_CAP")                                                                                         \
    OFF("LINUX_SPLICE")                                                                                      \
    ON("LINUX_TPROXY")                                                                                       \
    ON("LUA")                                                                                                \
    OFF("MEMORY_PROFILING")                                                                                  \
    ON("NETFILTER")                                                                                          \
    OFF("NS")                                                                                                \
    OFF("OBSOLETE_LINKER")                                                                                   \
    ON("OPENSSL")                                                                                            \
    OFF("OPENSSL_AWSLC")                                                                                     \
    OFF("OPENSSL_WOLFSSL")                                                                                   \
    OFF("OT")                                                                                                \
    OFF("PCRE")                                                                                              \
    ON("PCRE2")                                                                                              \
    ON("PCRE2_JIT")                                                                                          \
    OFF("PCRE_JIT")                                                                                          \
    OFF("POLL")                                                                                              \
    OFF("PRCTL")                                                                                             \
    OFF("PROCCTL")                                                                                           \
    OFF("PROMEX")                                                                                            \
    OFF("QUIC")                                                                                              \
    OFF("QUIC_OPENSSL_COMPAT")                                                                               \
    ON("RT")                                                                                                 \
    OFF("SHM_OPEN")                                                                                          \
    OFF("SLZ")                                                                                               \
    OFF("STATIC_PCRE")                                                                                       \
    OFF("STATIC_PCRE2")                                                                                      \
    OFF("SYSTEMD")                                                                                           \
    ON("TFO")                                                                                                \
    OFF("THREAD")                                                                                            \
    OFF("THREAD_DUMP")                                                                                       \
    ON("TPROXY")                                                                                             \
    OFF("WURFL")                                                                                             \
    ON("ZLIB")

#define NAME_OF(name) name,
#define NOT_LISTED(name)
#define SHOWN_ON(name)  " +" name
#define SHOWN_OFF(name) " -" name

const char *const command_line_features[] = { FEATURES(NAME_OF, NOT_LISTED) NULL };
static const char feature_text[] = FEATURES(SHOWN_ON, SHOWN_OFF);

enum option_kind {
    TAKES_NOTHING, /* bool at offset */
    TAKES_TEXT,    /* const char * at offset: the next word */
    TAKES_NUMBER,  /* int64_t at offset: the next word */
    TAKES_SUFFIX,  /* const char * at offset: what follows the letters in the same word */
    TAKES_CALL,
};

struct parsing {
    struct command_line *line;
    int argc, at; /* at: the next word */
    const char *const *argv;
    struct arena *arena;
    const struct command_line_build *build;
    struct diag *diag;
    struct command_line_reply *reply;
};

struct option_word {
    const char *letters;
    enum option_kind kind;
    size_t offset;
    bool (*call)(struct parsing *parsing, const char *word); /* false: done */
    const char *values, *help;                               /* for the usage; help NULL: not shown */
};

static bool leave(struct parsing *parsing, int exit_code)
{
    parsing->reply->exit_code = exit_code;
    return false;
}

static bool show_usage(struct parsing *parsing)
{
    command_line_version(&parsing->reply->out);
    command_line_usage(&parsing->reply->err, parsing->line->program);
    return leave(parsing, 1);
}

static bool take_file(struct parsing *parsing, const char *word)
{
    (void)word;
    if (parsing->at >= parsing->argc)
        return show_usage(parsing);
    parsing->line->files[parsing->line->file_count++] = parsing->argv[parsing->at++];
    return true;
}

static bool take_rest(struct parsing *parsing, const char *word)
{
    while (parsing->at < parsing->argc)
        (void)take_file(parsing, word);
    return true;
}

static bool take_condition(struct parsing *parsing, const char *word)
{
    (void)word;
    if (parsing->at >= parsing->argc)
        return show_usage(parsing);
    parsing->line->condition = parsing->argv[parsing->at++];
    return true;
}

static bool take_old_socket(struct parsing *parsing, const char *word)
{
    (void)word;
    if (parsing->at >= parsing->argc || parsing->argv[parsing->at][0] == '-') {
        diag_say(parsing->diag, DIAG_ALERT, "Unix socket path expected with the -x flag");
        return leave(parsing, 1);
    }
    if (parsing->line->old_socket)
        diag_say(parsing->diag, DIAG_WARNING, "-x option already set, overwriting the value");
    parsing->line->old_socket = parsing->argv[parsing->at++];
    return true;
}

/* Process ids up to the next option; none is fine (the list may come from pidof). A word may hold several. */
static bool take_pids(struct parsing *parsing, const char *word)
{
    struct command_line *line = parsing->line;
    line->old = word[2] == 'f' ? OLD_FINISH : OLD_TERMINATE;
    for (; parsing->at < parsing->argc && parsing->argv[parsing->at][0] != '-'; parsing->at++) {
        struct str rest = str_of(parsing->argv[parsing->at]);
        while (rest.size) {
            struct str text = str_split(&rest, ' ');
            int64_t pid;
            if (!text.size)
                continue;
            if (!units_parse_int(text, 1, INT32_MAX, &pid)) {
                diag_say(parsing->diag, DIAG_ALERT, "%s option: '%.*s' is no process id in '%s'", word,
                         STR_ARG(text), parsing->argv[parsing->at]);
                return leave(parsing, 1);
            }
            int64_t *pids = arena_alloc(parsing->arena, (line->old_pid_count + 1) * sizeof(*pids));
            if (!pids) {
                diag_say(parsing->diag, DIAG_ALERT, "out of memory");
                return leave(parsing, 1);
            }
            if (line->old_pid_count)
                memcpy(pids, line->old_pids, line->old_pid_count * sizeof(*pids));
            pids[line->old_pid_count++] = pid;
            line->old_pids = pids;
        }
    }
    return true;
}

static bool take_quiet(struct parsing *parsing, const char *word)
{
    parsing->line->quiet = word[1] == 'q';
    parsing->line->verbose = word[1] == 'V';
    return true;
}

/* kqueue and evports are of other systems. */
static bool take_other_poller(struct parsing *parsing, const char *word)
{
    (void)parsing, (void)word;
    return true;
}

static bool take_systemd(struct parsing *parsing, const char *word)
{
    (void)word;
    parsing->line->master_worker = parsing->line->systemd = true;
    return true;
}

static bool show_version(struct parsing *parsing, const char *word)
{
    (void)word;
    command_line_version(&parsing->reply->out);
    return leave(parsing, 0);
}

static bool show_build(struct parsing *parsing, const char *word)
{
    (void)word;
    command_line_build(&parsing->reply->out, parsing->build);
    return leave(parsing, 0);
}

/* The memory options of HAProxy's pools: known, so that command lines keep working; there is nothing to
 * tune. */
static const char *const memory_options[] = {
    "fail",         "no-fail",   "no-merge", "merge",     "cold-first", "hot-first", "integrity",
    "no-integrity", "no-global", "global",   "no-cache",  "cache",      "caller",    "no-caller",
    "tag",          "no-tag",    "poison",   "no-poison", "backup",     "no-backup", NULL
};

static bool memory_help(struct parsing *parsing)
{
    struct buf *out = &parsing->reply->out;
    buf_add_c(out, "-dM fills memory with byte 0x50 when it is taken, -dM<byte> with that byte.\n"
                   "These words may follow, with commas between; they are accepted and change nothing:\n");
    for (const char *const *option = memory_options; *option; option++)
        buf_printf(out, "    %s\n", *option);
    return leave(parsing, 0);
}

static bool take_memory_debug(struct parsing *parsing, const char *word)
{
    struct command_line *line = parsing->line;
    struct str rest = str_of(word + strlen("-dM"));
    line->memory_debug = rest.data;
    line->poison_byte = POISON_DEFAULT;
    for (bool first = true; rest.size; first = false) {
        struct str text = str_split(&rest, ',');
        int64_t byte = 0;
        bool hex = str_starts_nocase(text, STR("0x"));
        if (first && hex && text.size > 2 && text.size <= 4 && ascii_hex(text.data[2]) >= 0 &&
            ascii_hex(text.data[text.size - 1]) >= 0) {
            for (size_t i = 2; i < text.size; i++)
                byte = byte * 16 + ascii_hex(text.data[i]);
            line->poison_byte = (int)byte;
            continue;
        }
        if (first && units_parse_int(text, 0, 255, &byte)) {
            line->poison_byte = (int)byte;
            continue;
        }
        if (str_eq(text, STR("help")))
            return memory_help(parsing);
        const char *const *option = memory_options;
        while (*option && !str_eq(str_of(*option), text))
            option++;
        if (!*option && text.size) {
            diag_say(parsing->diag, DIAG_ALERT, "-dM: unknown pool debugging feature <%.*s>", STR_ARG(text));
            return leave(parsing, 1);
        }
    }
    return true;
}

#define AT(member) offsetof(struct command_line, member)
static const struct option_word options[] = {
    /* letters  takes          where                       by  values               what it does */
    { "-f", TAKES_CALL, 0, take_file, " <file|folder>",
      "reads a configuration file, or the *.cfg files of a folder" },
    { "--", TAKES_CALL, 0, take_rest, " <file|folder>*", "all that follows is read as with -f" },
    { "-c", TAKES_NOTHING, AT(check), NULL, "", "checks the configuration and exits" },
    { "-cc", TAKES_CALL, 0, take_condition, " <condition>",
      "evaluates a condition and exits: 0 true, 1 false, 2 bad" },
    { "-C", TAKES_TEXT, AT(folder), NULL, " <folder>", "changes to a folder before reading files" },
    { "-D", TAKES_NOTHING, AT(daemon), NULL, "", "goes to the background" },
    { "-W", TAKES_NOTHING, AT(master_worker), NULL, "", "master-worker mode" },
    { "-Ws", TAKES_CALL, 0, take_systemd, "", "master-worker mode that notifies systemd" },
    { "-S", TAKES_TEXT, AT(master_socket), NULL, " <bind>[,<option>...]", "the master's management socket" },
    { "-d", TAKES_NOTHING, AT(debug), NULL, "", "debug mode: foreground, traffic shown" },
    { "-db", TAKES_NOTHING, AT(foreground), NULL, "", "stays in the foreground" },
    { "-dA", TAKES_SUFFIX, AT(dump_archive), NULL, "[file]", "archives the objects that were loaded" },
    { "-dC", TAKES_SUFFIX, AT(dump_config), NULL, "[key]", "shows the configuration as it was read" },
    { "-dD", TAKES_NOTHING, AT(diagnostic), NULL, "", "warns about suspicious statements" },
    { "-dF", TAKES_NOTHING, AT(no_fast_forward), NULL, "", "no fast-forwarding of data" },
    { "-dG", TAKES_NOTHING, AT(no_getaddrinfo), NULL, "", "no getaddrinfo() for host names" },
    { "-dI", TAKES_NOTHING, AT(insecure_fork), NULL, "", "child processes are allowed" },
    { "-dK", TAKES_SUFFIX, AT(dump_keywords), NULL, "<class[,...]>",
      "shows known words; -dKhelp names the classes" },
    { "-dL", TAKES_NOTHING, AT(dump_objects), NULL, "", "shows the shared objects that were loaded" },
    { "-dM", TAKES_CALL, 0, take_memory_debug, "[<byte>,help,...]", "fills fresh memory" },
    { "-dR", TAKES_NOTHING, AT(no_reuse_port), NULL, "", "no SO_REUSEPORT" },
    { "-dS", TAKES_NOTHING, AT(no_splice), NULL, "", "no splice()" },
    { "-dT", TAKES_NOTHING, AT(no_ktls), NULL, "", "no kernel TLS" },
    { "-dV", TAKES_NOTHING, AT(no_server_verify), NULL, "", "servers' certificates are not verified" },
    { "-dW", TAKES_NOTHING, AT(zero_warning), NULL, "", "does not start when there is a warning" },
    { "-dZ", TAKES_NOTHING, AT(no_zero_copy), NULL, "", "no zero-copy forwarding" },
    { "-dc", TAKES_NOTHING, AT(cpu_debug), NULL, "", "shows the processors chosen" },
    { "-de", TAKES_NOTHING, AT(no_epoll), NULL, "", "no epoll()" },
    { "-dk", TAKES_CALL, 0, take_other_poller, "", NULL },
    { "-dp", TAKES_NOTHING, AT(no_poll), NULL, "", "no poll()" },
    { "-dr", TAKES_NOTHING, AT(ignore_resolve_failures), NULL, "",
      "servers whose address is unknown are accepted" },
    { "-dt", TAKES_SUFFIX, AT(traces), NULL, "[<trace>,...]", "traces on stderr" },
    { "-dv", TAKES_CALL, 0, take_other_poller, "", NULL },
    { "-p", TAKES_TEXT, AT(pid_file), NULL, " <file>", "writes the process id to a file" },
    { "-q", TAKES_CALL, 0, take_quiet, "", "quiet" },
    { "-V", TAKES_CALL, 0, take_quiet, "", "verbose" },
    { "-v", TAKES_CALL, 0, show_version, "", "shows the version" },
    { "-vv", TAKES_CALL, 0, show_build, "", "shows the version and how it was built" },
    { "-m", TAKES_NUMBER, AT(memory_mb), NULL, " <megabytes>", "limits memory" },
    { "-n", TAKES_NUMBER, AT(maxconn), NULL, " <number>",
      "limits connections, as maxconn of the global section" },
    { "-N", TAKES_NUMBER, AT(proxy_maxconn), NULL, " <number>", "maxconn of a proxy that has none" },
    { "-L", TAKES_TEXT, AT(local_peer), NULL, " <name>", "the local peer's name" },
    { "-sf", TAKES_CALL, 0, take_pids, " [<pid>...]", "asks old processes to finish" },
    { "-st", TAKES_CALL, 0, take_pids, " [<pid>...]", "ends old processes" },
    { "-x", TAKES_CALL, 0, take_old_socket, " <path>", "fetches listeners from the old process's socket" },
    { "-4", TAKES_NOTHING, AT(ipv4_only), NULL, "", "names resolve to IPv4 addresses only" },
};

static bool has_suffix(const struct option_word *option)
{
    return option->kind == TAKES_SUFFIX || option->call == take_memory_debug;
}

static const struct option_word *find(const char *word)
{
    if (str_starts(str_of(word), STR("-vv")) && strspn(word + 1, "v") == strlen(word) - 1)
        word = "-vv"; /* however many more */
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const struct option_word *option = &options[i];
        if (strcmp(option->letters, word) == 0 ||
            (has_suffix(option) && str_starts(str_of(word), str_of(option->letters))))
            return option;
    }
    return NULL;
}

static bool take_number(struct parsing *parsing, const struct option_word *option)
{
    int64_t *place = (int64_t *)(void *)((char *)parsing->line + option->offset);
    const char *text = parsing->argv[parsing->at++];
    if (units_parse_int(str_of(text), 0, INT32_MAX, place))
        return true;
    diag_say(parsing->diag, DIAG_ALERT, "%s expects a number and got '%s'", option->letters, text);
    return leave(parsing, 1);
}

static bool carry_out(struct parsing *parsing, const struct option_word *option, const char *word)
{
    char *place = (char *)parsing->line + option->offset;
    bool needs_word = option->kind == TAKES_TEXT || option->kind == TAKES_NUMBER;
    if (needs_word && parsing->at >= parsing->argc)
        return show_usage(parsing);
    switch (option->kind) {
    case TAKES_NOTHING:
        *(bool *)(void *)place = true;
        return true;
    case TAKES_TEXT:
        *(const char **)(void *)place = parsing->argv[parsing->at++];
        return true;
    case TAKES_NUMBER:
        return take_number(parsing, option);
    case TAKES_SUFFIX:
        *(const char **)(void *)place = word + strlen(option->letters);
        return true;
    case TAKES_CALL:
        break;
    }
    return option->call(parsing, word);
}

bool command_line_parse(struct command_line *line, int argc, const char *const *argv, struct arena *arena,
                        const struct command_line_build *build, struct diag *diag,
                        struct command_line_reply *reply)
{
    CHECK(argc > 0);
    *line = (struct command_line){ .program = argv[0], .poison_byte = -1 };
    *reply = (struct command_line_reply){ .out = BUF_INIT, .err = BUF_INIT };
    struct parsing parsing = { line, argc, 1, argv, arena, build, diag, reply };
    line->files = arena_zero(arena, (size_t)argc * sizeof(*line->files));
    if (!line->files) {
        diag_say(diag, DIAG_ALERT, "out of memory");
        return leave(&parsing, 1);
    }
    while (parsing.at < argc) {
        const char *word = argv[parsing.at++];
        const struct option_word *option = find(word);
        if (!option)
            return show_usage(&parsing);
        if (!carry_out(&parsing, option, word))
            return false;
    }
    if (!line->file_count && !line->condition)
        return show_usage(&parsing);
    return true;
}

void command_line_reply_finish(struct command_line_reply *reply)
{
    buf_finish(&reply->out);
    buf_finish(&reply->err);
}

void command_line_version(struct buf *out)
{
    buf_add_c(out, "HAProxy version " COMMAND_LINE_LANGUAGE_VERSION " (Lockstep " LOCKSTEP_VERSION ")\n");
    buf_add_c(out, "Lockstep reads HAProxy's configuration language; the version above is the language's.\n");
}

static void add_fact(struct buf *out, const char *name, const char *value)
{
    if (value)
        buf_printf(out, "%s : %s\n", name, value);
}

void command_line_build(struct buf *out, const struct command_line_build *build)
{
    command_line_version(out);
    buf_add_c(out, "Build options :\n  TARGET  = linux-glibc\n  CPU     = generic\n");
    if (build->compiler)
        buf_printf(out, "  CC      = %s\n", build->compiler);
    if (build->flags)
        buf_printf(out, "  CFLAGS  = %s\n", build->flags);
    buf_printf(out, "\nFeature list :%s\n\n", feature_text);
    buf_add_c(out, "Default settings :\n  bufsize = 16384, maxrewrite = 1024, maxpollevents = 200\n\n");
    buf_add_c(out, "Built without multi-threading support: one worker.\n");
    add_fact(out, "Built with OpenSSL version", build->ssl_built);
    add_fact(out, "Running on OpenSSL version", build->ssl_running);
    add_fact(out, "Built with Lua version", build->lua);
    add_fact(out, "Built with zlib version", build->zlib_built);
    add_fact(out, "Running on zlib version", build->zlib_running);
    add_fact(out, "Built with PCRE2 version", build->pcre2);
    buf_printf(out, "PCRE2 library supports JIT : %s\n", build->pcre2_jit ? "yes" : "no");
    buf_add_c(out, "Encrypted password support via crypt(3): yes\n");
    buf_add_c(out, "\nAvailable polling systems :\n      epoll : pref=300,  test result OK\n"
                   "Total: 1 (1 usable), will use epoll.\n");
}

void command_line_usage(struct buf *out, const char *program)
{
    buf_printf(out, "Usage : %s [-f <cfgfile|cfgdir>]* [ <option>* ] [-- <cfgfile|cfgdir>*]\n", program);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const struct option_word *option = &options[i];
        if (option->help)
            buf_printf(out, "        %s%s : %s\n", option->letters, option->values, option->help);
    }
    buf_add_char(out, '\n');
}

/* epoll stays on with -de: there is no other poller to fall back to. */
void command_line_enabled(const struct command_line *line, const char *out[COMMAND_LINE_ENABLED_MAX])
{
    const struct {
        const char *name;
        bool on;
    } facts[] = {
        { "EPOLL", true },
        { "GETADDRINFO", !line->no_getaddrinfo },
        { "REUSEPORT", !line->no_reuse_port },
        { "SERVER-SSL-VERIFY-NONE", line->no_server_verify },
    };
    _Static_assert(COUNT_OF(facts) < COMMAND_LINE_ENABLED_MAX, "room for all and a NULL");
    unsigned count = 0;
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (facts[i].on)
            out[count++] = facts[i].name;
    out[count] = NULL;
}
