/* A proxy as a value: from the command line through the configuration to a running loop, and its end.
 *
 * Stages: nothing → reading (command line, files, scripts) → bound → running → ended. What a stage made is unmade in
 * reverse by node_destroy, from whichever stage it is in. */
#include "node.h"
#include "admin/admin_services.h"
#include "admin/cli.h"
#include "base/mem.h"
#include "base/units.h"
#include "command_line.h"
#include "config/cfg_cond.h"
#include "config/cfg_reader.h"
#include "health/health_check.h"
#include "health/server_past.h"
#include "health/server_state_file.h"
#include "lua/lua_check.h"
#include "lua/lua_describe.h"
#include "lua/lua_memory.h"
#include "lua/lua_register.h"
#include "lua/lua_vm.h"
#include "master.h"
#include "proxy/balance_row.h"
#include "proxy/bind.h"
#include "proxy/connection_limit.h"
#include "proxy/server.h"
#include "registry.h"
#include "stream/session.h"
#include "stream/stream_steps.h"
#include "takeover.h"
#include "words_dump.h"
#include "worker.h"
#include <lua.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <zlib.h>

enum {
    WORKERS_MAX = 64,
    WORKER_NUMBERS = 1 << 16 /* of workers, where one is picked: other ones than those of tasks */
};

struct node {
    struct platform *platform;
    struct arena arena; /* the command line */
    struct diag diag;
    struct command_line line;
    const char *enabled[COMMAND_LINE_ENABLED_MAX];
    struct configuration *configuration;
    struct master *master; /* -W: it starts workers, and serves nobody itself */
    plat_sock to_master;   /* of a worker; PLAT_NO_SOCK: this is none */
    plat_sock to_old;      /* of a worker that takes the place of another */
    const char *const *argv;
    struct takeover *takeover;           /* while listeners are fetched from the process before us */
    struct worker *workers[WORKERS_MAX]; /* the first is turned by the node's own thread */
    unsigned worker_count;
    bool in_gate; /* there are threads: the node's own stands inside the gate but while its loop waits */
    struct timer grace, hard_stop;
    bool timers_made;
    enum node_state state;
    int exit_code;
};

/* ---- messages ---- */

static void say(void *data, enum diag_level level, struct str message)
{
    struct node *node = data;
    static const char *const names[] = { "[NOTICE]  ", "[WARNING] ", "[ALERT]   " };
    struct buf text = BUF_INIT;
    if (node->line.quiet && level != DIAG_ALERT)
        return;
    buf_printf(&text, "%s (%lld) : ", names[level], (long long)node->platform->ops->pid(node->platform));
    buf_add(&text, message);
    buf_add_char(&text, '\n');
    node->platform->ops->print(node->platform, true, buf_str(&text));
    if (node->configuration && node->state != NODE_RUNNING)
        buf_add(&node->configuration->startup_log, buf_str(&text));
    buf_finish(&text);
}

/* ---- birth and death ---- */

struct node *node_create(struct platform *platform)
{
    struct node *node = mem_zero(sizeof(*node));
    if (!node)
        return NULL;
    node->platform = platform;
    node->state = NODE_ENDED;
    node->to_master = node->to_old = PLAT_NO_SOCK;
    node->diag.sink = say;
    node->diag.sink_data = node;
    arena_init(&node->arena, 4096);
    return node;
}

static void close_sockets(struct node *node, struct proxy *proxy)
{
    for (struct bind *bind = proxy->binds; bind; bind = bind->next) {
        if (bind->sock != PLAT_NO_SOCK)
            node->platform->ops->close(node->platform, bind->sock);
        bind->sock = PLAT_NO_SOCK;
    }
}

static void close_all_sockets(struct node *node)
{
    for (struct proxy *proxy = node->configuration->proxies; proxy; proxy = proxy->next)
        close_sockets(node, proxy);
    for (struct proxy *proxy = node->configuration->log_forwards; proxy; proxy = proxy->next)
        close_sockets(node, proxy);
    if (node->configuration->cli)
        close_sockets(node, node->configuration->cli);
}

static void end_threads(struct node *node)
{
    if (!node->in_gate)
        return;
    for (unsigned i = 1; i < node->worker_count; i++) {
        node->workers[i]->over = true;
        loop_rouse(node->workers[i]->loop);
    }
    node->in_gate = false;
    node->platform->ops->gate_leave(node->platform);
    node->platform->ops->thread_join_all(node->platform);
}

void node_destroy(struct node *node)
{
    if (!node)
        return;
    end_threads(node);
    master_destroy(node->master);
    if (node->timers_made) {
        timer_finish(&node->grace);
        timer_finish(&node->hard_stop);
    }
    takeover_destroy(node->takeover);
    if (node->configuration && node->configuration->lua)
        lua_register_stop(node->configuration->lua);
    if (node->worker_count)
        check_stop_all(node->workers[0]->engine);
    while (node->worker_count)
        worker_destroy(node->workers[--node->worker_count]);
    if (node->configuration) {
        close_all_sockets(node);
        lua_vm_destroy(node->configuration->lua);
        configuration_destroy(node->configuration);
    }
    arena_finish(&node->arena);
    mem_free(node);
}

/* ---- the configuration ---- */

static const struct command_line_build *build_facts(struct node *node)
{
    struct command_line_build *build = arena_need(&node->arena, sizeof(*build));
    char version[64] = "";
    uint32_t jit = 0;
    pcre2_config(PCRE2_CONFIG_VERSION, version);
    pcre2_config(PCRE2_CONFIG_JIT, &jit);
    *build = (struct command_line_build){
        .compiler = __VERSION__,
        .ssl_built = OPENSSL_VERSION_TEXT,
        .ssl_running = OpenSSL_version(OPENSSL_VERSION),
        .lua = LUA_RELEASE,
        .pcre2 = arena_need_copy(&node->arena, str_of(version)),
        .zlib_built = ZLIB_VERSION,
        .zlib_running = zlibVersion(),
        .pcre2_jit = jit != 0,
    };
    return build;
}

static struct cfg_condition_world condition_world(struct node *node)
{
    command_line_enabled(&node->line, node->enabled);
    return (struct cfg_condition_world){
        .platform = node->platform,
        .features = command_line_features,
        .enabled = node->enabled,
        .version = COMMAND_LINE_LANGUAGE_VERSION,
        .ssl_name = OPENSSL_VERSION_TEXT,
        .ssl_version = OPENSSL_FULL_VERSION_STR,
    };
}

static bool load_lua(struct configuration *configuration, const struct lua_file *file)
{
    if (!configuration->lua)
        configuration->lua = lua_vm_create(configuration);
    if (!configuration->lua) {
        diag_say(configuration->diag, DIAG_ALERT, "config : Lua : no memory for a state");
        return false;
    }
    return lua_register_load(configuration->lua, file);
}

static bool read_files(struct node *node)
{
    struct configuration *configuration = node->configuration;
    struct cfg_reader reader;
    bool well = true;
    cfg_reader_init(&reader, &configuration->words, node->platform, &node->diag, &configuration->arena,
                    configuration, &configuration->world);
    reader.diagnostic = node->line.diagnostic;
    for (unsigned i = 0; i < node->line.file_count; i++) {
        unsigned errors = reader.errors;
        well = cfg_read_path(&reader, node->line.files[i]) && well;
        if (reader.errors != errors)
            diag_say(&node->diag, DIAG_ALERT, "config : Error(s) found in configuration file : %s",
                     node->line.files[i]);
    }
    if (node->to_master != PLAT_NO_SOCK) {
        char text[128];
        int size =
            snprintf(text, sizeof(text), "global\nstats socket sockpair@%d level admin expose-fd listeners\n",
                     node->to_master);
        cfg_read_text(&reader, "master", str_make(text, (size_t)size));
    }
    cfg_read_end(&reader);
    well = well && !reader.errors;
    cfg_reader_finish(&reader);
    return well;
}

static bool prepare_balance(struct node *node)
{
    bool well = true;
    for (struct proxy *proxy = node->configuration->proxies; proxy; proxy = proxy->next) {
        const char *error = NULL;
        const struct balance_row *balance = proxy->settings.balance;
        const char **words = proxy->settings.balance_words;
        if (!(proxy->sides & PROXY_BACK) || !balance ||
            balance->prepare(proxy, words && words[0] ? words + 1 : NULL, &error))
            continue;
        diag_config(&node->diag, DIAG_ALERT, proxy->settings.balance_at, "'balance %s' %s", balance->word,
                    error);
        well = false;
    }
    return well;
}

/* Options of the command line stand over what the files say. */
static void apply_command_line(struct node *node)
{
    struct globals *globals = &node->configuration->globals;
    if (node->line.maxconn)
        globals->maxconn = node->line.maxconn;
    globals->memory_mb = node->line.memory_mb;
    globals->no_reuse_port = globals->no_reuse_port || node->line.no_reuse_port;
    if (node->line.memory_mb && !globals->lua_maxmem_mb)
        globals->lua_maxmem_mb = (uint64_t)node->line.memory_mb;
    if (node->line.local_peer)
        globals->local_peer = node->line.local_peer;
    if (node->line.pid_file)
        globals->pidfile = node->line.pid_file;
    globals->daemon = (globals->daemon || node->line.daemon) && !node->line.foreground && !node->line.debug;
    globals->quiet = globals->quiet || node->line.quiet;
}

static bool configure(struct node *node)
{
    node->configuration = configuration_create(node->platform, &node->diag);
    if (!node->configuration || !registry_fill(&node->configuration->words)) {
        diag_say(&node->diag, DIAG_ALERT, "out of memory");
        return false;
    }
    node->configuration->world = condition_world(node);
    node->configuration->load_lua = load_lua;
    node->configuration->stat_service = &stat_service;
    node->configuration->cli_service = &cli_service;
    node->configuration->files = node->line.files;
    node->configuration->start_wall_ns = node->platform->ops->wall_ns(node->platform);
    node->configuration->start_ns = node->platform->ops->monotonic_ns(node->platform);
    node->configuration->globals.lua_log_stderr = true;
    bool well = read_files(node);
    well = configuration_resolve(node->configuration) && well;
    well = well && prepare_balance(node);
    if (!well) {
        diag_say(&node->diag, DIAG_ALERT, "config : Fatal errors found in configuration.");
        return false;
    }
    apply_command_line(node);
    return true;
}

/* ---- sockets ---- */

static bool cannot_bind(struct node *node, const struct bind *bind, enum io_status status)
{
    char text[ADDR_TEXT_MAX];
    addr_print(&bind->addr.addr, text, sizeof(text));
    diag_say(&node->diag, DIAG_ALERT, "Starting %s %s: cannot bind socket (%s) [%s]",
             proxy_type_name(bind->proxy), bind->proxy->name, platform_status_text(status), text);
    return false;
}

static bool open_socket(struct node *node, struct bind *bind)
{
    enum io_status status = bind_open(node->platform, bind);
    return status == IO_OK || cannot_bind(node, bind, status);
}

static bool open_binds(struct node *node, struct proxy *proxy)
{
    bool well = true;
    if (proxy->settings.disabled)
        return true;
    for (struct bind *bind = proxy->binds; bind; bind = bind->next)
        well = open_socket(node, bind) && well;
    return well;
}

static bool open_all(struct node *node)
{
    bool well = true;
    for (struct proxy *proxy = node->configuration->proxies; proxy; proxy = proxy->next)
        well = open_binds(node, proxy) && well;
    for (struct proxy *proxy = node->configuration->log_forwards; proxy; proxy = proxy->next)
        well = open_binds(node, proxy) && well;
    if (node->configuration->cli)
        well = open_binds(node, node->configuration->cli) && well;
    bind_close_untaken(node->configuration);
    return well;
}

/* ---- signals ---- */

static void end(struct node *node, int exit_code)
{
    node->state = NODE_ENDED;
    node->exit_code = exit_code;
}

static void hard_stop(struct timer *timer)
{
    struct node *node = CONTAINER_OF(timer, struct node, hard_stop);
    diag_say(&node->diag, DIAG_WARNING, "soft-stop running for too long, performing a hard-stop.");
    end(node, 0);
}

static void stop_now(struct node *node)
{
    uint64_t limit = node->configuration->globals.hard_stop_after;
    engine_soft_stop(node->workers[0]->engine);
    if (limit)
        (void)timer_set(&node->hard_stop, loop_now(node->workers[0]->loop) + limit * NS_PER_MS);
}

static void grace_is_over(struct timer *timer)
{
    stop_now(CONTAINER_OF(timer, struct node, grace));
}

/* Within the grace the fetch `stopping` is true, for those who watch, and all goes on (manual 3.1). */
static void soft_stop(struct node *node)
{
    uint64_t grace = node->configuration->globals.grace;
    if (node->configuration->stopping)
        return;
    node->configuration->stopping = true;
    if (!grace || !timer_set(&node->grace, loop_now(node->workers[0]->loop) + grace * NS_PER_MS))
        stop_now(node);
}

/* SIGHUP: how each section stands, as operators know it. */
static void dump(struct node *node)
{
    for (const struct proxy *proxy = node->configuration->proxies; proxy; proxy = proxy->next) {
        diag_say(&node->diag, DIAG_NOTICE,
                 "SIGHUP received, dumping: %s %s has %lld client and %lld server streams.",
                 proxy_type_name(proxy), proxy->name, (long long)proxy->current_front,
                 (long long)proxy->current_back);
        for (const struct server *server = proxy->servers; server; server = server->next)
            diag_say(&node->diag, DIAG_NOTICE, "  server %s/%s is %s, %lld active, %u queued.", proxy->name,
                     server->name, server_usable(server) ? "UP" : "DOWN", (long long)server->current,
                     server->queue_count);
    }
}

static void on_turn(void *data)
{
    struct node *node = data;
    if (node->workers[0]->engine->master_gone) {
        end(node, 1);
        return;
    }
    for (;;) {
        switch (node->platform->ops->signal_next(node->platform)) {
        case PLAT_SIGNAL_NONE:
            return;
        case PLAT_SIGNAL_INT:
            end(node, node->to_master != PLAT_NO_SOCK ? 130 : 0);
            return;
        case PLAT_SIGNAL_TERM:
            end(node, node->to_master != PLAT_NO_SOCK ? 143 : 0);
            return;
        case PLAT_SIGNAL_USR1:
            soft_stop(node);
            break;
        case PLAT_SIGNAL_HUP:
            dump(node);
            break;
        default:
            break;
        }
    }
}

/* ---- start ---- */

static bool write_pid(struct node *node)
{
    char text[32];
    const char *path = node->configuration->globals.pidfile;
    if (!path || node->to_master != PLAT_NO_SOCK)
        return true;
    snprintf(text, sizeof(text), "%lld\n", (long long)node->platform->ops->pid(node->platform));
    enum io_status status = node->platform->ops->file_write(node->platform, path, str_of(text), false);
    if (status != IO_OK)
        diag_say(&node->diag, DIAG_ALERT, "Cannot create pidfile %s : %s", path,
                 platform_status_text(status));
    return status == IO_OK;
}

static bool become_nobody(struct node *node)
{
    const struct globals *globals = &node->configuration->globals;
    struct platform *platform = node->platform;
    int64_t uid = globals->uid, gid = globals->gid;
    if (globals->user)
        uid = platform->ops->user_id(platform, globals->user);
    if (globals->group)
        gid = platform->ops->group_id(platform, globals->group);
    if (!globals->chroot && uid < 0 && gid < 0)
        return true;
    enum io_status status = platform->ops->drop_privileges(platform, globals->chroot, uid, gid);
    if (status != IO_OK)
        diag_say(&node->diag, DIAG_ALERT, "Cannot take up user, group or chroot: %s",
                 platform_status_text(status));
    return status == IO_OK;
}

static void signal_old(struct node *node)
{
    enum plat_signal signal = node->line.old == OLD_FINISH ? PLAT_SIGNAL_USR1 : PLAT_SIGNAL_TERM;
    for (unsigned i = 0; i < node->line.old_pid_count && node->line.old != OLD_LEAVE; i++)
        node->platform->ops->child_signal(node->platform, node->line.old_pids[i], signal);
}

/* It serves from now on: those before it may end. A master that does not hear it would wait for ever. */
static bool tell_master(struct node *node)
{
    char text[] = "R";
    struct io_vec vec = { text, 1 };
    for (const struct bind *bind = node->configuration->cli->binds; bind; bind = bind->next) {
        if (!bind->by_messages)
            continue;
        struct io_result told = node->platform->ops->write(node->platform, bind->heard, &vec, 1, false);
        if (told.status == IO_OK)
            continue;
        diag_say(&node->diag, DIAG_ALERT, "Cannot tell the master process that this one serves: %s",
                 platform_status_text(told.status));
        return false;
    }
    return true;
}

/* As many as `nbthread` says. Where the platform has no threads, the node's own turns them all. */
static bool create_workers(struct node *node)
{
    bool threads = node->platform->ops->thread_start != NULL;
    unsigned count = (unsigned)node->configuration->globals.thread_count;
    while (node->worker_count < count && node->worker_count < WORKERS_MAX) {
        struct worker *first = node->worker_count ? node->workers[0] : NULL;
        struct worker *worker = worker_create(node->configuration, first, threads);
        if (!worker)
            return false;
        node->workers[node->worker_count++] = worker;
    }
    return true;
}

/* What they share is all in place by now. */
static bool start_threads(struct node *node)
{
    struct platform *platform = node->platform;
    if (node->worker_count < 2 || !platform->ops->thread_start)
        return true;
    platform->ops->gate_enter(platform);
    node->in_gate = true;
    for (unsigned i = 1; i < node->worker_count; i++) {
        if (platform->ops->thread_start(platform, worker_run, node->workers[i]))
            continue;
        diag_say(&node->diag, DIAG_ALERT, "Cannot start thread %u.", i + 1);
        return false;
    }
    return true;
}

static bool serve(struct node *node)
{
    struct configuration *configuration = node->configuration;
    struct globals *globals = &configuration->globals;
    if (!connection_limit_set(configuration) || !open_all(node))
        return false;
    if (globals->daemon && node->to_master == PLAT_NO_SOCK &&
        node->platform->ops->daemonize(node->platform) != IO_OK) {
        diag_say(&node->diag, DIAG_ALERT, "Cannot fork.");
        return false;
    }
    if (!write_pid(node) || !become_nobody(node))
        return false;
    server_pick_prepare(configuration);
    if (!create_workers(node)) {
        diag_say(&node->diag, DIAG_ALERT, "out of memory or descriptors");
        return false;
    }
    struct worker *first = node->workers[0];
    timer_init(&node->grace, first->loop, grace_is_over);
    timer_init(&node->hard_stop, first->loop, hard_stop);
    node->timers_made = true;
    loop_on_turn(first->loop, on_turn, node);
    if (configuration->lua && !lua_register_start(configuration->lua, first->engine))
        return false;
    if (!engine_listen(first->engine)) {
        diag_say(&node->diag, DIAG_ALERT, "out of memory or descriptors");
        return false;
    }
    if (!check_start_all(first->engine)) {
        diag_say(&node->diag, DIAG_ALERT, "out of memory");
        return false;
    }
    server_past_apply(first->engine);
    if (!start_threads(node))
        return false;
    if (node->to_master != PLAT_NO_SOCK)
        return tell_master(node);
    signal_old(node);
    return true;
}

static bool wants_sockets(const struct node *node)
{
    return node->to_old != PLAT_NO_SOCK ||
           (node->line.old_socket && strcmp(node->line.old_socket, "/dev/null") != 0);
}

static bool not_taken_over(struct node *node)
{
    diag_say(&node->diag, DIAG_ALERT, "Failed to get the sockets from the old process!");
    return false;
}

/* The listeners of the process before us are on their way. false: they cannot be had (said). */
static bool take_over(struct node *node)
{
    const char *path = node->to_old == PLAT_NO_SOCK ? node->line.old_socket : NULL;
    node->takeover = takeover_begin(node->platform, path, node->to_old);
    node->to_old = PLAT_NO_SOCK;
    if (node->takeover)
        return true;
    if (path)
        diag_say(&node->diag, DIAG_WARNING, "Failed to connect to the old process socket '%s'", path);
    return not_taken_over(node);
}

static void print(struct node *node, bool to_stderr, const struct buf *text)
{
    if (text->size)
        node->platform->ops->print(node->platform, to_stderr, buf_str(text));
}

static bool is_known(const struct node *node)
{
    return node->configuration->proxies || node->configuration->log_forwards || node->configuration->cli;
}

/* -dK: the words known once scripts are loaded, too. */
static bool dump_words(struct node *node)
{
    struct buf out = BUF_INIT;
    bool well = words_dump(&out, &node->configuration->words, node->line.dump_keywords);
    print(node, !well, &out);
    buf_finish(&out);
    return well;
}

/* ---- masters and workers ---- */

/* A reload starts a worker with them, long after. */
static const char *const *keep_arguments(struct node *node, int argc, const char *const *argv)
{
    const char **kept = arena_need(&node->arena, ((size_t)argc + 1) * sizeof(*kept));
    for (int i = 0; i < argc; i++)
        kept[i] = arena_need_copy(&node->arena, str_of(argv[i]));
    return kept;
}

static bool is_master(const struct node *node)
{
    return node->to_master == PLAT_NO_SOCK &&
           (node->line.master_worker || node->configuration->globals.master_worker);
}

static void forget_configuration(struct node *node)
{
    lua_vm_destroy(node->configuration->lua);
    configuration_destroy(node->configuration);
    node->configuration = NULL;
}

static struct configuration *read_again(void *data)
{
    struct node *node = data;
    forget_configuration(node);
    return configure(node) ? node->configuration : NULL;
}

static bool lead(struct node *node)
{
    struct master_facts facts = { .platform = node->platform,
                                  .diag = &node->diag,
                                  .line = &node->line,
                                  .argv = node->argv,
                                  .read = read_again,
                                  .data = node };
    if (node->configuration->globals.daemon && node->platform->ops->daemonize(node->platform) != IO_OK) {
        diag_say(&node->diag, DIAG_ALERT, "Cannot fork.");
        return false;
    }
    node->master = master_create(&facts, node->configuration);
    return node->master && write_pid(node);
}

/* A worker finds in its environment what its master left open for it. */
static bool is_worker(struct node *node)
{
    struct platform *platform = node->platform;
    const char *text = platform->ops->env_get(platform, MASTER_WORKER_VARIABLE);
    int64_t number;
    if (!text || !text[0])
        return true;
    struct str rest = str_of(arena_need_copy(&node->arena, str_of(text)));
    platform->ops->env_set(platform, MASTER_WORKER_VARIABLE, NULL);
    if (!units_parse_int(str_split(&rest, ','), 0, INT32_MAX, &number))
        return false;
    node->to_master = (plat_sock)number; /* adopted by its bind */
    if (!rest.data)
        return true;
    enum io_status status;
    if (!units_parse_int(rest, 0, INT32_MAX, &number))
        return false;
    node->to_old = platform->ops->adopt(platform, (int)number, &status);
    return node->to_old != PLAT_NO_SOCK;
}

enum node_state node_start(struct node *node, int argc, const char *const *argv, int *exit_code)
{
    struct command_line_reply reply;
    argv = node->argv = keep_arguments(node, argc, argv);
    bool go_on =
        command_line_parse(&node->line, argc, argv, &node->arena, build_facts(node), &node->diag, &reply);
    if (!go_on) {
        print(node, false, &reply.out);
        print(node, true, &reply.err);
    }
    *exit_code = reply.exit_code;
    command_line_reply_finish(&reply);
    if (!go_on)
        return NODE_ENDED;
    *exit_code = 1;
    if (!is_worker(node)) {
        diag_say(&node->diag, DIAG_ALERT, "'%s' is not what a master says.", MASTER_WORKER_VARIABLE);
        return NODE_ENDED;
    }
    if (node->line.condition) {
        struct cfg_condition_world world = condition_world(node);
        *exit_code = cfg_condition_command(&world, node->line.condition, &node->diag);
        return NODE_ENDED;
    }
    if (node->line.folder && node->platform->ops->folder_change(node->platform, node->line.folder) != IO_OK) {
        diag_say(&node->diag, DIAG_ALERT, "Could not change to directory %s", node->line.folder);
        return NODE_ENDED;
    }
    if (!configure(node) ||
        ((!is_master(node) || node->line.check) && !server_state_file_read(node->configuration)))
        return NODE_ENDED;
    if (node->line.zero_warning && node->diag.warnings) {
        diag_say(&node->diag, DIAG_ALERT, "Some warnings were found and 'zero-warning' is set. Aborting.");
        return NODE_ENDED;
    }
    if (node->line.dump_keywords && !dump_words(node))
        return NODE_ENDED;
    if (node->line.check) {
        static const char valid[] = "Configuration file is valid\n";
        lua_check_files(node->configuration);
        if (!is_known(node)) { /* nothing that could run */
            static const char idle[] =
                "Configuration file has no error but will not start (no listener) => exit(2).\n";
            if (!node->line.quiet)
                node->platform->ops->print(node->platform, false, str_of(idle));
            *exit_code = 2;
            return NODE_ENDED;
        }
        if (!node->line.quiet)
            node->platform->ops->print(node->platform, false, str_of(valid));
        *exit_code = 0;
        return NODE_ENDED;
    }
    if (is_master(node) ? !lead(node) : wants_sockets(node) ? !take_over(node) : !serve(node))
        return NODE_ENDED;
    node->state = NODE_RUNNING;
    return NODE_RUNNING;
}

static void taken_over(struct node *node)
{
    bool well = takeover_finish(node->takeover, node->configuration) || not_taken_over(node);
    takeover_destroy(node->takeover);
    node->takeover = NULL;
    if (!well || !serve(node))
        end(node, 1);
}

/* Without threads each gets a turn, in an order that the platform chooses. */
static void turn_workers(struct node *node)
{
    struct platform *platform = node->platform;
    struct worker *left[WORKERS_MAX];
    uint32_t who[WORKERS_MAX];
    unsigned count = node->in_gate ? 1 : node->worker_count;
    memcpy(left, node->workers, count * sizeof(struct worker *));
    for (unsigned i = 0; i < count; i++)
        who[i] = WORKER_NUMBERS + i;
    while (count && node->state == NODE_RUNNING) {
        unsigned chosen = count > 1 && platform->ops->pick ? platform->ops->pick(platform, count, who) : 0;
        struct worker *worker = left[chosen];
        memmove(left + chosen, left + chosen + 1, (--count - chosen) * sizeof(struct worker *));
        memmove(who + chosen, who + chosen + 1, (count - chosen) * sizeof(*who));
        loop_turn(worker->loop);
    }
}

static bool workers_empty(const struct node *node)
{
    for (unsigned i = 0; i < node->worker_count; i++)
        if (!worker_empty(node->workers[i]))
            return false;
    return true;
}

enum node_state node_turn(struct node *node)
{
    if (node->master && !master_turn(node->master, &node->exit_code))
        node->state = NODE_ENDED;
    if (node->takeover && takeover_turn(node->takeover))
        taken_over(node);
    if (node->worker_count)
        turn_workers(node);
    if (node->state == NODE_RUNNING && node->worker_count && node->configuration->stopping &&
        !timer_armed(&node->grace) && workers_empty(node))
        end(node, 0);
    return node->state;
}

int node_exit_code(const struct node *node)
{
    return node->exit_code;
}

void node_describe_lua(const struct node *node, uint64_t now_ns, struct buf *out)
{
    lua_describe(node->configuration ? node->configuration->lua : NULL, now_ns, out);
}
