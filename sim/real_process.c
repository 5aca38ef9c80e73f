/* The process is a shell that becomes what the script ends with (`exec`), so that its pid is the proxy's. What it prints
 * comes by a pipe; it has ended when the kernel says so. */
#include "sim/real_process.h"
#include "base/mem.h"
#include "sim/real_world.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PRINTED_PIECE = 8192 };

struct real_process {
    struct list link;
    struct real_world *real;
    int64_t pid;
    plat_sock pipe; /* PLAT_NO_SOCK: closed */
    bool ended, killed;
    int exit_code;
    struct buf output;
    void (*on_printed)(void *data, struct str text);
    void (*on_ended)(void *data);
    void *data;
};

struct real_process *real_process_of(struct list *link)
{
    return LIST_ITEM(link, struct real_process, link);
}

/* ---- its environment ---- */

struct variables {
    char **texts; /* "NAME=value", NULL at the end; heap */
    size_t count;
};

static void add_variable(struct variables *all, struct str name, struct str value)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < all->count; i++)
        if (str_starts(str_of(all->texts[i]), name) && all->texts[i][name.size] == '=')
            return; /* who comes first counts */
    buf_printf(&text, "%.*s=%.*s", STR_ARG(name), STR_ARG(value));
    all->texts = mem_resize(all->texts, (all->count + 2) * sizeof(*all->texts));
    CHECK(all->texts && "out of memory");
    all->texts[all->count++] = mem_need_copy(buf_str(&text));
    all->texts[all->count] = NULL;
    buf_finish(&text);
}

static void add_all(struct variables *all, const struct dict *dict)
{
    for (struct dict_entry *e = dict ? dict_next(dict, NULL) : NULL; e; e = dict_next(dict, e))
        add_variable(all, e->key, str_of(e->value));
}

static void collect(struct variables *all, const struct real_process_start *how)
{
    add_all(all, how->variables);
    add_all(all, how->environment);
    for (char **at = environ; *at; at++) {
        struct str value = str_of(*at), name = str_split(&value, '=');

        add_variable(all, name, value.data ? value : STR(""));
    }
}

/* ---- what it prints ---- */

/* All that is there. */
static void drain(struct real_process *process)
{
    while (process->pipe != PLAT_NO_SOCK) {
        char *room = buf_room(&process->output, PRINTED_PIECE);
        ssize_t got = read(process->pipe, room, PRINTED_PIECE);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            real_world_close(process->real, process->pipe);
            process->pipe = PLAT_NO_SOCK;
            return;
        }
        process->output.size += (size_t)got;
        if (process->on_printed)
            process->on_printed(process->data, str_make(room, (size_t)got));
    }
}

static void pipe_ready(void *data, plat_sock sock, unsigned ready)
{
    (void)sock;
    (void)ready;
    drain(data);
}

/* ---- life ---- */

static int64_t spawn(struct real_process *process, const struct real_process_start *how, int out)
{
    struct platform *platform = real_world_platform(process->real);
    struct variables all = { 0 };
    struct buf script = BUF_INIT;
    int64_t pid;

    collect(&all, how);
    buf_printf(&script, "exec 2>&1; cd '%s' || exit 127\n%s", how->folder, how->script);
    buf_add_char(&script, '\0');
    const char *const argv[] = { "/bin/sh", "-c", script.data, NULL };
    struct plat_child child = { .argv = argv,
                                .env = (const char *const *)all.texts,
                                .in = PLAT_NO_SOCK,
                                .out = out,
                                .pass = how->pass,
                                .pass_count = how->pass_count };
    pid = platform->ops->child_start(platform, &child);
    for (size_t i = 0; i < all.count; i++)
        mem_free(all.texts[i]);
    mem_free(all.texts);
    buf_finish(&script);
    return pid;
}

struct real_process *real_process_start(struct real_world *real, const struct real_process_start *how)
{
    struct real_process *process = mem_need(sizeof(*process));
    int ends[2];

    *process = (struct real_process){ .real = real,
                                      .output = BUF_INIT,
                                      .on_printed = how->printed,
                                      .on_ended = how->ended,
                                      .data = how->data };
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    process->pid = spawn(process, how, ends[1]);
    real_world_platform(real)->ops->close(real_world_platform(real), ends[1]);
    process->pipe = ends[0];
    real_world_own(real, process->pipe, process);
    if (process->pid < 0) {
        real_world_close(real, process->pipe);
        mem_free(process);
        return NULL;
    }
    real_world_on_ready(real, process->pipe, pipe_ready, process);
    real_world_add_process(real, &process->link);
    return process;
}

void real_process_look(struct real_process *process)
{
    struct platform *platform = real_world_platform(process->real);

    if (process->ended || !platform->ops->child_ended(platform, process->pid, &process->exit_code))
        return;
    process->ended = true;
    drain(process);
    if (process->on_ended)
        process->on_ended(process->data);
}

void real_process_signal(struct real_process *process, enum plat_signal signal)
{
    struct platform *platform = real_world_platform(process->real);

    if (!process->ended)
        platform->ops->child_signal(platform, process->pid, signal);
}

void real_process_kill(struct real_process *process)
{
    if (process->ended)
        return;
    process->killed = true;
    (void)kill((pid_t)process->pid, SIGKILL);
}

void real_process_destroy(struct real_process *process)
{
    if (!process)
        return;
    if (!process->ended) {
        real_process_kill(process);
        while (waitpid((pid_t)process->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    real_world_close_all(process->real, process);
    list_remove(&process->link);
    buf_finish(&process->output);
    mem_free(process);
}

int64_t real_process_pid(const struct real_process *process)
{
    return process->pid;
}

bool real_process_has_ended(const struct real_process *process)
{
    return process->ended;
}

int real_process_exit_code(const struct real_process *process)
{
    return process->exit_code;
}

bool real_process_was_killed(const struct real_process *process)
{
    return process->killed;
}

struct str real_process_output(const struct real_process *process)
{
    return buf_str(&process->output);
}
