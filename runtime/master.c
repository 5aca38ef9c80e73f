/* The master reads the configuration only to know its programs and whether it is valid: listeners, scripts' tasks and
 * checks are the workers' alone. */
#include "master.h"
#include "base/mem.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "proxy/program.h"
#include "registry.h"
#include "stream/stream.h"
#include "worker.h"
#include <stdio.h>

#define EXIT_TERMINATED 143 /* by SIGTERM, as it was asked for */

struct master {
    struct master_facts facts;
    struct configuration *own; /* of the management socket */
    struct worker *worker;     /* the loop, and the engine of the management socket */
    struct list children;
    struct child *next; /* the worker of a reload, until it serves */
    enum reload_state reload;
    struct stream *who; /* waits for the reload to end; NULL: nobody */
    int reloads, failures;
    uint64_t start_ns;
    bool served; /* a worker got as far as serving */
    bool ending, over;
    int exit_code;
};

/* ---- what it says ---- */

static void say(struct master *master, enum diag_level level, const char *format, ...)
{
    char text[256];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    diag_say(master->facts.diag, level, "%s", text);
}

static const char *code_name(int code)
{
    static const struct {
        int signal;
        const char *name;
    } names[] = { { 1, "Hangup" },
                  { 2, "Interrupt" },
                  { 3, "Quit" },
                  { 4, "Illegal instruction" },
                  { 6, "Aborted" },
                  { 7, "Bus error" },
                  { 8, "Floating point exception" },
                  { 9, "Killed" },
                  { 10, "User defined signal 1" },
                  { 11, "Segmentation fault" },
                  { 12, "User defined signal 2" },
                  { 13, "Broken pipe" },
                  { 15, "Terminated" } };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (code == 128 + names[i].signal)
            return names[i].name;
    return "Exit";
}

/* One datagram to the service manager (sd_notify(3)); with -Ws alone. */
static void notify(struct master *master, const char *text)
{
    struct platform *platform = master->facts.platform;
    const char *path = platform->ops->env_get(platform, "NOTIFY_SOCKET");
    struct addr to = { .family = ADDR_UNIX, .datagram = true };
    enum io_status status;
    if (!master->facts.line->systemd || !path || !path[0] || strlen(path) >= ADDR_PATH_MAX)
        return;
    if (path[0] == '@') {
        to.family = ADDR_ABSTRACT;
        path++;
    }
    to.path_size = (uint8_t)strlen(path);
    memcpy(to.u.path, path, to.path_size);
    plat_sock sock = platform->ops->datagram_open(platform, NULL, ADDR_UNIX, &status);
    if (sock == PLAT_NO_SOCK)
        return;
    struct io_vec vec = { (char *)(uintptr_t)text, strlen(text) };
    (void)platform->ops->send_to(platform, sock, &to, &vec, 1);
    platform->ops->close(platform, sock);
}

/* ---- children ---- */

static struct child *current_worker(struct master *master)
{
    struct child *found = NULL;
    LIST_EACH (link, &master->children) {
        struct child *child = LIST_ITEM(link, struct child, link);
        if (child->kind == CHILD_WORKER && !child->leaving && child->ready)
            found = child;
    }
    return found;
}

static void forget_child(struct child *child)
{
    list_remove(&child->link);
    watch_end(&child->channel);
    mem_free(child);
}

static struct child *start_child(struct master *master, enum child_kind kind, const char *const *argv,
                                 const plat_sock *pass, unsigned pass_count, const struct program *program)
{
    struct platform *platform = master->facts.platform;
    struct child *child = mem_zero(sizeof(*child));
    struct plat_child how = { .argv = argv,
                              .in = PLAT_NO_SOCK,
                              .out = PLAT_NO_SOCK,
                              .keep_streams = true,
                              .pass = pass,
                              .pass_count = pass_count,
                              .uid = program ? program->uid : NULL,
                              .gid = program ? program->gid : NULL };
    int64_t pid = child ? platform->ops->child_start(platform, &how) : -1;
    if (pid < 0) {
        mem_free(child);
        return NULL;
    }
    child->master = master;
    child->kind = kind;
    child->pid = pid;
    child->start_ns = platform->ops->monotonic_ns(platform);
    child->channel.sock = PLAT_NO_SOCK;
    child->reload = master->reload == RELOAD_RUNNING ? master->reloads + 1 : 0;
    list_add_last(&master->children, &child->link);
    return child;
}

static bool runs_already(const struct master *master, const struct program *program)
{
    LIST_EACH (link, &master->children) {
        const struct child *child = LIST_ITEM(link, struct child, link);
        if (child->kind == CHILD_PROGRAM && !child->leaving && strcmp(child->name, program->name) == 0)
            return true;
    }
    return false;
}

static void start_programs(struct master *master, const struct configuration *configuration)
{
    for (const struct program *program = configuration->programs; program; program = program->next) {
        if (!program->start_on_reload && runs_already(master, program))
            continue;
        struct child *child = start_child(master, CHILD_PROGRAM, program->argv, NULL, 0, program);
        if (!child) {
            say(master, DIAG_ALERT, "Cannot fork program '%s'.", program->name);
            continue;
        }
        str_to_c(str_of(program->name), child->name, sizeof(child->name));
        child->stays = !program->start_on_reload;
        child->ready = true;
        say(master, DIAG_NOTICE, "New program '%s' (%lld) forked", child->name, (long long)child->pid);
    }
}

/* ---- a worker, until it serves ---- */

static void signal_child(struct master *master, const struct child *child, enum plat_signal signal)
{
    struct platform *platform = master->facts.platform;
    platform->ops->child_signal(platform, child->pid, signal);
}

static void signal_all(struct master *master, enum plat_signal signal)
{
    LIST_EACH (link, &master->children)
        signal_child(master, LIST_ITEM(link, struct child, link), signal);
}

/* Those of the reload that failed; those before it go on. */
static void end_programs_of_reload(struct master *master)
{
    LIST_EACH (link, &master->children) {
        struct child *child = LIST_ITEM(link, struct child, link);
        if (child->kind != CHILD_PROGRAM || child->reload != master->reloads + 1 || child->leaving)
            continue;
        child->leaving = true;
        signal_child(master, child, PLAT_SIGNAL_TERM);
    }
}

static void reload_is_over(struct master *master, bool well)
{
    master->reload = well ? RELOAD_DONE : RELOAD_FAILED;
    master->next = NULL;
    if (!well) {
        master->failures++;
        say(master, DIAG_WARNING, "Loading failure!");
        end_programs_of_reload(master);
    }
    notify(master, well ? "READY=1\nSTATUS=Ready.\n" : "READY=1\nSTATUS=Reload failed!\n");
    if (master->who)
        stream_wake(master->who);
    master->who = NULL;
}

/* mworker-max-reloads: who did not leave for so many of them is told harder. */
static void end_if_old(struct master *master, struct child *child)
{
    int64_t most = master->own->globals.max_reloads;
    if (child->kind == CHILD_WORKER && most && child->reloads > most)
        signal_child(master, child, PLAT_SIGNAL_TERM);
}

/* It serves: those before it end, softly. */
static void worker_serves(struct child *worker)
{
    struct master *master = worker->master;
    bool reloaded = master->next == worker && master->served;
    worker->ready = true;
    LIST_EACH (link, &master->children) {
        struct child *child = LIST_ITEM(link, struct child, link);
        if (child == worker || child->start_ns >= worker->start_ns || child->leaving)
            continue;
        if (child->kind == CHILD_PROGRAM &&
            (!reloaded || child->stays || child->reload == master->reloads + 1))
            continue;
        child->leaving = true;
        signal_child(master, child, PLAT_SIGNAL_USR1);
    }
    say(master, DIAG_NOTICE, "Loading success.");
    if (!reloaded)
        notify(master, "READY=1\nSTATUS=Ready.\n");
    master->served = true;
    master->next = NULL;
    if (reloaded) {
        master->reloads++;
        LIST_EACH (link, &master->children) {
            struct child *child = LIST_ITEM(link, struct child, link);
            child->reloads += child->reload != master->reloads;
            end_if_old(master, child);
        }
        reload_is_over(master, true);
    }
}

static void channel_ready(struct watch *watch, unsigned ready)
{
    struct child *worker = CONTAINER_OF(watch, struct child, channel);
    struct platform *platform = worker->master->facts.platform;
    char bytes[16];
    struct io_vec vec = { bytes, sizeof(bytes) };
    struct io_result result;
    (void)ready;
    do
        result = platform->ops->read(platform, watch->sock, &vec, 1);
    while (result.status == IO_OK && result.size == sizeof(bytes));
    if (worker->ready)
        return;
    if (result.status == IO_OK)
        worker_serves(worker);
    else if (result.status != IO_WOULD_BLOCK && result.status != IO_CLOSED) /* what it said is lost */
        signal_child(worker->master, worker, PLAT_SIGNAL_TERM);
}

plat_sock master_connect(struct master *master, struct child *worker)
{
    struct platform *platform = master->facts.platform;
    enum io_status status;
    plat_sock theirs, ours = platform->ops->pair(platform, &theirs, &status);
    if (ours == PLAT_NO_SOCK)
        return PLAT_NO_SOCK;
    struct io_result sent = platform->ops->send_sock(platform, worker->channel.sock, theirs, STR("c"));
    platform->ops->close(platform, theirs);
    if (sent.status == IO_OK)
        return ours;
    platform->ops->close(platform, ours);
    return PLAT_NO_SOCK;
}

static struct child *start_worker(struct master *master)
{
    struct platform *platform = master->facts.platform;
    struct child *before = current_worker(master), *worker = NULL;
    enum io_status status;
    char text[32];
    plat_sock pass[2], ours = platform->ops->pair(platform, &pass[0], &status);
    if (ours == PLAT_NO_SOCK)
        return NULL;
    pass[1] = before ? master_connect(master, before) : PLAT_NO_SOCK;
    unsigned count = pass[1] == PLAT_NO_SOCK ? 1 : 2;
    snprintf(text, sizeof(text), count == 2 ? "%d,%d" : "%d", pass[0], pass[1]);
    platform->ops->env_set(platform, MASTER_WORKER_VARIABLE, text);
    worker = start_child(master, CHILD_WORKER, master->facts.argv, pass, count, NULL);
    platform->ops->env_set(platform, MASTER_WORKER_VARIABLE, NULL);
    for (unsigned i = 0; i < count; i++)
        platform->ops->close(platform, pass[i]);
    if (!worker || watch_begin(&worker->channel, master->worker->loop, ours, channel_ready) != IO_OK) {
        platform->ops->close(platform, ours);
        return NULL;
    }
    say(master, DIAG_NOTICE, "New worker (%lld) forked", (long long)worker->pid);
    return worker;
}

/* ---- reload ---- */

void master_reload(struct master *master, struct stream *who)
{
    if (master->ending)
        return;
    if (who)
        master->who = who;
    if (master->reload == RELOAD_RUNNING)
        return;
    master->reload = RELOAD_RUNNING;
    say(master, DIAG_NOTICE, "Reloading HAProxy");
    notify(master, "RELOADING=1\nSTATUS=Reloading Configuration.\n");
    struct configuration *configuration = master->facts.read(master->facts.data);
    if (configuration)
        start_programs(master, configuration);
    master->next = configuration ? start_worker(master) : NULL;
    if (!master->next)
        reload_is_over(master, false);
}

/* ---- ends ---- */

static void finish(struct master *master, int exit_code)
{
    master->over = true;
    master->exit_code = exit_code;
}

/* exit-on-failure: nobody is left half alive. */
static void fail(struct master *master, int exit_code)
{
    if (master->ending)
        return;
    say(master, DIAG_ALERT, "exit-on-failure: killing every processes with SIGTERM");
    master->ending = true;
    master->exit_code = exit_code;
    signal_all(master, PLAT_SIGNAL_TERM);
}

static void child_ended(struct child *child, int code)
{
    struct master *master = child->master;
    bool current = !child->leaving && (child->ready || !master->served);
    bool of_reload = child == master->next && master->served;
    bool worker = child->kind == CHILD_WORKER;
    say(master, current ? DIAG_ALERT : DIAG_WARNING, "%s %s%s%s%s(%lld) exited with code %d (%s)",
        current || of_reload ? "Current" : "Former", worker ? "worker" : "program", worker ? " " : " '",
        worker ? "" : child->name, worker ? "" : "' ", (long long)child->pid, code, code_name(code));
    forget_child(child);
    if (of_reload)
        reload_is_over(master, false);
    else if (current && master->ending && worker && code != EXIT_TERMINATED)
        master->exit_code = code;
    else if (current && !master->own->globals.no_exit_on_failure)
        fail(master, code);
    if (list_empty(&master->children)) {
        say(master, DIAG_WARNING, "All workers exited. Exiting... (%d)", master->exit_code);
        finish(master, master->exit_code);
    }
}

static void reap(struct master *master)
{
    struct platform *platform = master->facts.platform;
    LIST_EACH_SAFE(link, &master->children)
    {
        struct child *child = LIST_ITEM(link, struct child, link);
        int code;
        if (platform->ops->child_ended(platform, child->pid, &code))
            child_ended(child, code);
    }
}

static void pass_on(struct master *master, enum plat_signal signal)
{
    if (!master->ending)
        say(master, DIAG_WARNING, "Exiting Master process...");
    master->ending = true;
    notify(master, "STOPPING=1\n");
    signal_all(master, signal);
}

static void on_turn(void *data)
{
    struct master *master = data;
    for (;;) {
        enum plat_signal signal = master->facts.platform->ops->signal_next(master->facts.platform);
        switch (signal) {
        case PLAT_SIGNAL_NONE:
            reap(master);
            return;
        case PLAT_SIGNAL_INT:
        case PLAT_SIGNAL_TERM:
        case PLAT_SIGNAL_USR1:
            pass_on(master, signal);
            break;
        case PLAT_SIGNAL_USR2:
        case PLAT_SIGNAL_HUP:
            master_reload(master, NULL);
            break;
        default:
            break;
        }
    }
}

/* ---- birth and death ---- */

/* -S: "address,option,value,..." as a stats socket of the master's. */
static bool read_socket(struct master *master, const char *text)
{
    struct configuration *own = master->own;
    struct buf line = BUF_INIT;
    struct str rest = str_of(text), word = str_split(&rest, ',');
    buf_printf(&line, "global\n    stats socket \"%.*s\" level admin", STR_ARG(word));
    while (rest.data) {
        word = str_split(&rest, ',');
        buf_printf(&line, " \"%.*s\"", STR_ARG(word));
    }
    buf_add_char(&line, '\n');
    struct cfg_reader reader;
    cfg_reader_init(&reader, &own->words, own->platform, own->diag, &own->arena, own, &own->world);
    cfg_read_text(&reader, "-S", buf_str(&line));
    cfg_read_end(&reader);
    bool well = !reader.errors && !line.failed;
    cfg_reader_finish(&reader);
    buf_finish(&line);
    for (struct bind *bind = own->cli ? own->cli->binds : NULL; bind && well; bind = bind->next) {
        well = bind_open(own->platform, bind) == IO_OK;
        if (!well)
            say(master, DIAG_ALERT, "Cannot bind the master's socket '%s'.", text);
    }
    return well;
}

static bool make_own(struct master *master, const struct configuration *read)
{
    const struct master_facts *facts = &master->facts;
    master->own = configuration_create(facts->platform, facts->diag);
    if (!master->own || !registry_fill_master(&master->own->words))
        return false;
    master->own->world = read->world;
    master->own->globals.no_exit_on_failure = read->globals.no_exit_on_failure;
    master->own->globals.max_reloads = read->globals.max_reloads;
    master->own->cli_service = read->cli_service;
    master->own->route = master_cli_route;
    master->own->master = master;
    master->own->start_ns = master->start_ns;
    return (!facts->line->master_socket || read_socket(master, facts->line->master_socket)) &&
           configuration_resolve(master->own);
}

struct master *master_create(const struct master_facts *facts, struct configuration *configuration)
{
    struct master *master = mem_zero(sizeof(*master));
    if (!master)
        return NULL;
    master->facts = *facts;
    master->start_ns = facts->platform->ops->monotonic_ns(facts->platform);
    list_init(&master->children);
    if (!make_own(master, configuration))
        goto failed;
    master->worker = worker_create(master->own, NULL, false);
    if (!master->worker || !engine_listen(master->worker->engine))
        goto failed;
    loop_on_turn(master->worker->loop, on_turn, master);
    start_programs(master, configuration);
    master->next = start_worker(master);
    if (master->next)
        return master;
failed:
    say(master, DIAG_ALERT, "The master process cannot start.");
    master_destroy(master);
    return NULL;
}

bool master_turn(struct master *master, int *exit_code)
{
    if (!master->over)
        loop_turn(master->worker->loop);
    *exit_code = master->exit_code;
    return !master->over;
}

void master_destroy(struct master *master)
{
    if (!master)
        return;
    LIST_EACH_SAFE(link, &master->children)
    forget_child(LIST_ITEM(link, struct child, link));
    if (master->worker)
        worker_destroy(master->worker);
    if (master->own) {
        for (struct bind *bind = master->own->cli ? master->own->cli->binds : NULL; bind; bind = bind->next)
            if (bind->sock != PLAT_NO_SOCK)
                master->facts.platform->ops->close(master->facts.platform, bind->sock);
        configuration_destroy(master->own);
    }
    mem_free(master);
}

/* ---- for its management socket ---- */

struct list *master_children(struct master *master)
{
    return &master->children;
}

int master_reload_count(const struct master *master)
{
    return master->reloads;
}

int master_reload_failures(const struct master *master)
{
    return master->failures;
}

uint64_t master_start_ns(const struct master *master)
{
    return master->start_ns;
}

enum reload_state master_reload_state(const struct master *master)
{
    return master->reload;
}

void master_forget(struct master *master, const struct stream *who)
{
    if (master->who == who)
        master->who = NULL;
}
