/* The command line: options, their arguments, and what is refused. */
#include "base/test.h"
#include "command_line.h"

static const struct command_line_build build = {
    .compiler = "cc", .ssl_built = "OpenSSL 3.0.19", .lua = "Lua 5.4.4", .pcre2 = "10.42", .pcre2_jit = true
};

struct setting {
    struct command_line line;
    struct command_line_reply reply;
    struct arena arena;
    struct diag diag;
    struct buf said;
    bool goes_on;
};

static void take_message(void *data, enum diag_level level, struct str message)
{
    buf_printf(data, "%c %.*s\n", "NWA"[level], STR_ARG(message));
}

/* text is a command line; blanks part words, and '~' stands for one within a word. */
static void parse(struct setting *setting, const char *text)
{
    const char *argv[64];
    int argc = 0;
    *setting = (struct setting){ 0 };
    setting->diag = (struct diag){ .sink = take_message, .sink_data = &setting->said };
    arena_init(&setting->arena, 1024);
    char *copy = arena_need_copy(&setting->arena, str_of(text));
    for (struct str rest = str_of(copy); rest.data && argc < 63;) {
        struct str word = str_split(&rest, ' ');
        copy[(size_t)(word.data - copy) + word.size] = 0;
        for (char *at = copy + (word.data - copy); *at; at++)
            if (*at == '~')
                *at = ' ';
        argv[argc++] = word.data;
    }
    test_case(text);
    setting->goes_on = command_line_parse(&setting->line, argc, argv, &setting->arena, &build, &setting->diag,
                                          &setting->reply);
}

static void tear_down(struct setting *setting)
{
    command_line_reply_finish(&setting->reply);
    buf_finish(&setting->said);
    arena_finish(&setting->arena);
}

static void files_come_in_order(void)
{
    struct setting setting;
    parse(&setting, "lockstep -f a.cfg -c -f dir -- b.cfg -v -f");
    EXPECT(setting.goes_on && setting.line.check);
    EXPECT_INT(setting.line.file_count, 5);
    static const char *const wanted[] = { "a.cfg", "dir", "b.cfg", "-v", "-f" };
    for (unsigned i = 0; i < 5; i++)
        EXPECT_STR(str_of(setting.line.files[i]), wanted[i]);
    EXPECT(!setting.line.files[5]);
    tear_down(&setting);
    parse(&setting, "lockstep -- a.cfg");
    EXPECT(setting.goes_on);
    EXPECT_INT(setting.line.file_count, 1);
    tear_down(&setting);
}

#define FLAG(member) offsetof(struct command_line, member)
static const struct {
    const char *letters;
    size_t offset;
} flags[] = {
    { "-c", FLAG(check) },
    { "-D", FLAG(daemon) },
    { "-W", FLAG(master_worker) },
    { "-Ws", FLAG(systemd) },
    { "-Ws", FLAG(master_worker) },
    { "-d", FLAG(debug) },
    { "-db", FLAG(foreground) },
    { "-q", FLAG(quiet) },
    { "-V", FLAG(verbose) },
    { "-q -V", FLAG(verbose) },
    { "-V -q", FLAG(quiet) },
    { "-dD", FLAG(diagnostic) },
    { "-dW", FLAG(zero_warning) },
    { "-dI", FLAG(insecure_fork) },
    { "-dL", FLAG(dump_objects) },
    { "-dR", FLAG(no_reuse_port) },
    { "-dr", FLAG(ignore_resolve_failures) },
    { "-dV", FLAG(no_server_verify) },
    { "-de", FLAG(no_epoll) },
    { "-dp", FLAG(no_poll) },
    { "-dS", FLAG(no_splice) },
    { "-dG", FLAG(no_getaddrinfo) },
    { "-dZ", FLAG(no_zero_copy) },
    { "-dF", FLAG(no_fast_forward) },
    { "-dT", FLAG(no_ktls) },
    { "-4", FLAG(ipv4_only) },
    { "-dc", FLAG(cpu_debug) },
};

static void flags_are_set(void)
{
    for (unsigned i = 0; i < COUNT_OF(flags); i++) {
        char text[64];
        struct setting setting;
        str_to_c(str_of("lockstep -f x "), text, sizeof(text));
        str_to_c(str_of(flags[i].letters), text + strlen(text), sizeof(text) - strlen(text));
        parse(&setting, text);
        EXPECT(setting.goes_on);
        EXPECT(*((const bool *)(const void *)((const char *)&setting.line + flags[i].offset)));
        tear_down(&setting);
        parse(&setting, "lockstep -f x");
        EXPECT(!*((const bool *)(const void *)((const char *)&setting.line + flags[i].offset)));
        tear_down(&setting);
    }
}

static void quiet_and_verbose_exclude_each_other(void)
{
    struct setting setting;
    parse(&setting, "lockstep -f x -q -V");
    EXPECT(!setting.line.quiet && setting.line.verbose);
    tear_down(&setting);
}

static void values_are_taken(void)
{
    struct setting setting;
    parse(&setting,
          "lockstep -dM -dI -dW -C /d -p /p -L A -S /m,level,admin -x /old -n 10 -N 20 -m 256 -f x -dk -dv");
    const struct command_line *line = &setting.line;
    EXPECT(setting.goes_on);
    EXPECT_STR(str_of(line->program), "lockstep");
    EXPECT_STR(str_of(line->folder), "/d");
    EXPECT_STR(str_of(line->pid_file), "/p");
    EXPECT_STR(str_of(line->local_peer), "A");
    EXPECT_STR(str_of(line->master_socket), "/m,level,admin");
    EXPECT_STR(str_of(line->old_socket), "/old");
    EXPECT_INT(line->maxconn, 10);
    EXPECT_INT(line->proxy_maxconn, 20);
    EXPECT_INT(line->memory_mb, 256);
    EXPECT_STR(str_of(line->memory_debug), "");
    EXPECT_INT(line->poison_byte, 0x50);
    EXPECT(!line->traces && !line->dump_keywords && !line->dump_config && !line->dump_archive);
    EXPECT(!line->no_poll);
    tear_down(&setting);
    parse(&setting, "lockstep -f x -dKcfg,smp -dt -dC17 -dAlibs.tar -dM0x2a,no-cache,,tag");
    EXPECT(setting.goes_on);
    EXPECT_STR(str_of(line->dump_keywords), "cfg,smp");
    EXPECT(line->traces && !line->traces[0]);
    EXPECT_STR(str_of(line->dump_config), "17");
    EXPECT_STR(str_of(line->dump_archive), "libs.tar");
    EXPECT_INT(line->poison_byte, 42);
    tear_down(&setting);
    parse(&setting, "lockstep -f x -dM0 -dth1:developer");
    EXPECT_INT(line->poison_byte, 0);
    EXPECT_STR(str_of(line->traces), "h1:developer");
    tear_down(&setting);
    parse(&setting, "lockstep -f x");
    EXPECT_INT(line->poison_byte, -1);
    EXPECT(!line->memory_debug);
    tear_down(&setting);
}

static void old_processes_are_listed(void)
{
    struct setting setting;
    parse(&setting, "lockstep -f x -sf 12 34~56 -D");
    EXPECT(setting.goes_on && setting.line.daemon);
    EXPECT_INT(setting.line.old, OLD_FINISH);
    EXPECT_INT(setting.line.old_pid_count, 3);
    EXPECT_INT(setting.line.old_pids[0], 12);
    EXPECT_INT(setting.line.old_pids[2], 56);
    tear_down(&setting);
    parse(&setting, "lockstep -f x -st");
    EXPECT(setting.goes_on);
    EXPECT_INT(setting.line.old, OLD_TERMINATE);
    EXPECT_INT(setting.line.old_pid_count, 0);
    tear_down(&setting);
}

static void conditions_need_no_file(void)
{
    struct setting setting;
    parse(&setting, "lockstep -dM -dI -cc version_atleast(2.4)");
    EXPECT(setting.goes_on);
    EXPECT_STR(str_of(setting.line.condition), "version_atleast(2.4)");
    tear_down(&setting);
}

static const struct {
    const char *text;
    int exit_code;
    const char *out, *err, *said; /* what these contain; said: all of it */
} ends[] = {
    { "lockstep", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -c", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -h", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -?", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep --help", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f x stray", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f x -zz", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f x -Wsx", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -fx", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -cc", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f x -n", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f x -S", 1, "HAProxy version", "Usage : lockstep [-f", "" },
    { "lockstep -f x -n ten", 1, "", "", "A -n expects a number and got 'ten'\n" },
    { "lockstep -f x -m -1", 1, "", "", "A -m expects a number and got '-1'\n" },
    { "lockstep -f x -sf 12x", 1, "", "", "A -sf option: '12x' is no process id in '12x'\n" },
    { "lockstep -f x -x", 1, "", "", "A Unix socket path expected with the -x flag\n" },
    { "lockstep -f x -x -D", 1, "", "", "A Unix socket path expected with the -x flag\n" },
    { "lockstep -dMfoo", 1, "", "", "A -dM: unknown pool debugging feature <foo>\n" },
    { "lockstep -dMhelp", 0, "no-merge", "", "" },
    { "lockstep -v", 0, "HAProxy version 3.5-dev5 (Lockstep ", "", "" },
    { "lockstep -f x -v -zz", 0, "HAProxy version 3.5-dev5 (Lockstep ", "", "" },
    { "lockstep -dM -dI -dW -vv", 0, "  TARGET  = linux-glibc\n", "", "" },
    { "lockstep -vvv", 0, "\nFeature list : -51DEGREES +ACCEPT4 ", "", "" },
};

static bool contains(struct str text, const char *part)
{
    return part[0] ? str_find(text, str_of(part)) != STR_NOT_FOUND : text.size == 0;
}

static void some_command_lines_end_at_once(void)
{
    for (unsigned i = 0; i < COUNT_OF(ends); i++) {
        struct setting setting;
        parse(&setting, ends[i].text);
        EXPECT(!setting.goes_on);
        EXPECT_INT(setting.reply.exit_code, ends[i].exit_code);
        EXPECT(contains(buf_str(&setting.reply.out), ends[i].out));
        EXPECT(contains(buf_str(&setting.reply.err), ends[i].err));
        EXPECT_STR(buf_str(&setting.said), ends[i].said);
        tear_down(&setting);
    }
}

/* What test runners look for in -vv. */
static void build_text_can_be_read_by_scripts(void)
{
    struct buf out = BUF_INIT;
    command_line_build(&out, &build);
    struct str text = buf_str(&out);
    EXPECT(str_starts(text, STR("HAProxy version 3.5-dev5 (Lockstep ")));
    static const char *const lines[] = { "\n  TARGET  = linux-glibc\n",
                                         "Built with OpenSSL version : OpenSSL 3.0.19\n",
                                         "Built with Lua version : Lua 5.4.4\n",
                                         "Built with PCRE2 version : 10.42\n",
                                         "PCRE2 library supports JIT : yes\n",
                                         " +OPENSSL ",
                                         " +LUA ",
                                         " -QUIC ",
                                         " -NS ",
                                         " +ZLIB\n" };
    for (unsigned i = 0; i < COUNT_OF(lines); i++) {
        test_case(lines[i]);
        EXPECT(contains(text, lines[i]));
    }
    EXPECT(!contains(text, "zlib version"));
    /* The list and what feature() goes by are one. */
    unsigned on = 0;
    for (const char *const *feature = command_line_features; *feature; feature++, on++) {
        struct buf shown = BUF_INIT;
        buf_printf(&shown, " +%s", *feature);
        test_case(*feature);
        EXPECT(contains(text, shown.data));
        buf_finish(&shown);
    }
    test_case(NULL);
    unsigned shown_on = 0;
    for (struct str rest = text; rest.size > 1; rest = str_from(rest, 1))
        shown_on += str_starts(rest, STR(" +"));
    EXPECT_INT(shown_on, on);
    buf_finish(&out);
}

static void enabled_follows_the_options(void)
{
    const char *names[COMMAND_LINE_ENABLED_MAX];
    struct command_line line = { 0 };
    command_line_enabled(&line, names);
    EXPECT_STR(str_of(names[0]), "EPOLL");
    EXPECT_STR(str_of(names[1]), "GETADDRINFO");
    EXPECT_STR(str_of(names[2]), "REUSEPORT");
    EXPECT(!names[3]);
    line = (struct command_line){ .no_getaddrinfo = true, .no_reuse_port = true, .no_server_verify = true };
    command_line_enabled(&line, names);
    EXPECT_STR(str_of(names[1]), "SERVER-SSL-VERIFY-NONE");
    EXPECT(!names[2]);
}

static void survives_every_failed_allocation(void)
{
    static const char *const argv[] = { "lockstep", "-f", "x", "-sf", "1", "2", "3" };
    int64_t before = test_blocks();
    bool goes_on = false;
    for (uint64_t n = 1; !goes_on && EXPECT(n < 100); n++) {
        struct command_line line;
        struct command_line_reply reply;
        struct diag diag = { 0 };
        struct arena arena;
        arena_init(&arena, 32);
        test_fail_allocation(n);
        goes_on = command_line_parse(&line, COUNT_OF(argv), argv, &arena, &build, &diag, &reply);
        test_fail_allocation(0);
        EXPECT_INT(diag.alerts, !goes_on);
        EXPECT(goes_on || reply.exit_code == 1);
        command_line_reply_finish(&reply);
        arena_finish(&arena);
        EXPECT_INT(test_blocks(), before);
    }
}

const struct test_row tests[] = {
    { "files come in the order they were given", files_come_in_order },
    { "flags are set", flags_are_set },
    { "quiet and verbose exclude each other", quiet_and_verbose_exclude_each_other },
    { "values are taken", values_are_taken },
    { "old processes are listed", old_processes_are_listed },
    { "a condition needs no file", conditions_need_no_file },
    { "some command lines end at once", some_command_lines_end_at_once },
    { "the build text can be read by scripts", build_text_can_be_read_by_scripts },
    { "enabled() follows the options", enabled_follows_the_options },
    { "survives every failed allocation", survives_every_failed_allocation },
    { 0 },
};
