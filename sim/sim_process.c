/* The life of a simulated process. The node is made and ended here; the platform stays until the process is destroyed,
 * so that nothing of it goes away under a turn that is under way. */
#include "sim/sim_process.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/units.h"
#include "node.h"
#include <stdio.h>

enum { EXIT_KILLED = 128 + 9, EXIT_TERMINATED = 128 + 15 };

/* Programs that proxies may start beside themselves, for external checks. */
static const struct program_row {
    const char *name; /* its path ends with it */
    int exit_code;
    bool goes_on; /* until somebody ends it */
} programs[] = { { "/true", 0, false }, { "/false", 1, false }, { "/yes", 0, true } };

struct sim_process {
    struct list link; /* among its parent's children */
    struct list children;
    struct sim_process *parent; /* NULL: a scenario started it */
    unsigned born;              /* children so far */
    const struct sim_family *family;
    void *family_data;
    char name[80];
    struct world *world;
    struct net *net;
    struct sim_platform *sim;
    struct node *node;
    enum sim_process_state state;
    int exit_code;
    bool killed;
    bool is_program; /* no proxy: it does nothing but end */
    struct world_timer program_ends;
    unsigned left_open;
    struct buf output;
    void (*printed)(void *data, struct str text);
    void (*ended)(void *data);
    void *data;
};

static void process_printed(void *data, bool to_stderr, struct str text)
{
    struct sim_process *process = data;

    (void)to_stderr;
    buf_add(&process->output, text);
    if (process->printed)
        process->printed(process->data, text);
    if (process->parent) /* its streams are the parent's */
        process_printed(process->parent, to_stderr, text);
}

/* ---- programs ---- */

static const struct program_row *program_of(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        if (str_ends(str_of(path), str_of(programs[i].name)))
            return &programs[i];
    return NULL;
}

static void program_end(struct sim_process *process, int exit_code)
{
    world_timer_stop(process->world, &process->program_ends);
    process->exit_code = exit_code;
    process->state = PROCESS_ENDED;
    net_host_close_all(sim_platform_host(process->sim));
    sim_process_signal(process->parent, PLAT_SIGNAL_CHILD);
}

static void program_over(struct world_timer *timer)
{
    struct sim_process *process = CONTAINER_OF(timer, struct sim_process, program_ends);

    program_end(process, process->exit_code);
}

static void program_start(struct sim_process *process, const struct program_row *program)
{
    process->is_program = true;
    process->state = PROCESS_RUNNING;
    process->exit_code = program->exit_code;
    if (!program->goes_on)
        world_timer_set(process->world, &process->program_ends, world_now(process->world));
}

/* ---- children: the same proxy once more, or such a program ---- */

static int64_t child_start(void *data, const struct plat_child *how)
{
    struct sim_process *process = data, *child;
    const struct program_row *program = program_of(how->argv[0]);
    char name[96];
    int argc = 0;

    if (strcmp(how->argv[0], "lockstep") != 0 && !program)
        return -1; /* there are no other programs */
    snprintf(name, sizeof(name), "%.60s.%u", process->name, ++process->born);
    child = sim_process_create(process->world, process->net, name);
    child->parent = process;
    child->family = process->family;
    child->family_data = process->family_data;
    list_add_last(&process->children, &child->link);
    if (process->family && process->family->born)
        process->family->born(process->family_data, child);
    sim_platform_be_child(child->sim, process->sim, how);
    while (how->argv[argc])
        argc++;
    if (program)
        program_start(child, program);
    else
        sim_process_start(child, argc, how->argv);
    return sim_process_pid(child);
}

static struct sim_process *child_of(struct sim_process *process, int64_t pid)
{
    LIST_EACH (link, &process->children) {
        struct sim_process *child = LIST_ITEM(link, struct sim_process, link);

        if (sim_process_pid(child) == pid)
            return child;
    }
    return NULL;
}

static bool child_ended(void *data, int64_t pid, int *exit_code)
{
    struct sim_process *process = data, *child = child_of(process, pid);

    *exit_code = 127; /* there was none, as a shell says it */
    if (!child)
        return true;
    if (child->state != PROCESS_ENDED)
        return false;
    *exit_code = child->exit_code;
    process->left_open += child->left_open;
    sim_process_destroy(child);
    return true;
}

bool sim_process_signal_pid(struct sim_process *process, int64_t pid, enum plat_signal signal)
{
    if (sim_process_pid(process) == pid) {
        sim_process_signal(process, signal);
        return true;
    }
    LIST_EACH (link, &process->children)
        if (sim_process_signal_pid(LIST_ITEM(link, struct sim_process, link), pid, signal))
            return true;
    return false;
}

static void child_signal(void *data, int64_t pid, enum plat_signal signal)
{
    struct sim_process *process = data;

    if (!sim_process_signal_pid(process, pid, signal) && process->family && process->family->signalled)
        process->family->signalled(process->family_data, pid, signal);
}

static const struct sim_children children_ops = { child_start, child_ended, child_signal };

void sim_process_family(struct sim_process *process, const struct sim_family *family, void *data)
{
    process->family = family;
    process->family_data = data;
}

struct sim_process *sim_process_create(struct world *world, struct net *net, const char *name)
{
    struct sim_process *process = mem_need(sizeof(*process));

    list_init(&process->link);
    list_init(&process->children);
    process->world = world;
    process->net = net;
    str_to_c(str_of(name), process->name, sizeof(process->name));
    process->sim = sim_platform_create(world, net, name);
    sim_platform_on_print(process->sim, process_printed, process);
    sim_platform_children(process->sim, &children_ops, process);
    world_timer_init(&process->program_ends, program_over);
    return process;
}

void sim_process_destroy(struct sim_process *process)
{
    if (!process)
        return;
    process->printed = NULL;
    while (!list_empty(&process->children))
        sim_process_destroy(LIST_ITEM(list_first(&process->children), struct sim_process, link));
    if (process->parent && process->family && process->family->gone)
        process->family->gone(process->family_data, process);
    list_remove(&process->link);
    world_timer_stop(process->world, &process->program_ends);
    sim_platform_drive(process->sim, NULL, NULL);
    if (process->node)
        node_destroy(process->node);
    sim_platform_destroy(process->sim);
    buf_finish(&process->output);
    mem_free(process);
}

struct sim_platform *sim_process_platform(struct sim_process *process)
{
    return process->sim;
}

int64_t sim_process_pid(const struct sim_process *process)
{
    struct platform *platform = sim_platform_base(process->sim);

    return platform->ops->pid(platform);
}

void sim_process_on(struct sim_process *process, void (*printed)(void *data, struct str text),
                    void (*ended)(void *data), void *data)
{
    process->printed = printed;
    process->ended = ended;
    process->data = data;
}

static void process_end(struct sim_process *process, int exit_code)
{
    process->exit_code = exit_code;
    process->state = PROCESS_ENDED;
    sim_platform_drive(process->sim, NULL, NULL);
    node_destroy(process->node);
    process->node = NULL;
    process->left_open += sim_platform_left_open(process->sim);
    net_host_close_all(sim_platform_host(process->sim));
    if (process->ended)
        process->ended(process->data);
    if (process->parent)
        sim_process_signal(process->parent, PLAT_SIGNAL_CHILD);
}

static void process_turn(void *data)
{
    struct sim_process *process = data;

    if (process->state == PROCESS_RUNNING && node_turn(process->node) == NODE_ENDED)
        process_end(process, node_exit_code(process->node));
}

void sim_process_start(struct sim_process *process, int argc, const char *const *argv)
{
    int exit_code = 0;

    CHECK(process->state == PROCESS_NEW);
    process->node = node_create(sim_platform_base(process->sim));
    CHECK(process->node);
    process->state = PROCESS_RUNNING;
    if (node_start(process->node, argc, argv, &exit_code) == NODE_ENDED)
        process_end(process, exit_code);
    else
        sim_platform_drive(process->sim, process_turn, process);
}

void sim_process_signal(struct sim_process *process, enum plat_signal signal)
{
    if (process->state == PROCESS_RUNNING && process->is_program)
        program_end(process, signal == PLAT_SIGNAL_INT ? 128 + 2 : EXIT_TERMINATED);
    else if (process->state == PROCESS_RUNNING)
        sim_platform_signal(process->sim, signal);
}

void sim_process_kill(struct sim_process *process)
{
    if (process->state != PROCESS_RUNNING)
        return;
    process->killed = true;
    if (process->is_program) {
        program_end(process, EXIT_KILLED);
        return;
    }
    process_end(process, EXIT_KILLED);
}

enum sim_process_state sim_process_state(const struct sim_process *process)
{
    return process->state;
}

int sim_process_exit_code(const struct sim_process *process)
{
    return process->exit_code;
}

bool sim_process_was_killed(const struct sim_process *process)
{
    return process->killed;
}

unsigned sim_process_left_open(const struct sim_process *process)
{
    return process->left_open;
}

struct str sim_process_output(const struct sim_process *process)
{
    return buf_str(&process->output);
}

int sim_process_split(char *text, const char **out, int max)
{
    int count = 0;
    char *at = text;

    while (*at && count < max) {
        char *write;
        char quote = '\0';

        while (*at == ' ' || *at == '\t' || *at == '\n')
            at++;
        if (!*at)
            break;
        out[count++] = write = at;
        for (; *at && (quote || (*at != ' ' && *at != '\t' && *at != '\n')); at++) {
            if (quote ? *at == quote : (*at == '"' || *at == '\''))
                quote = quote ? '\0' : *at;
            else
                *write++ = *at;
        }
        if (*at)
            at++;
        *write = '\0';
    }
    return count;
}

void sim_process_describe_lua(const struct sim_process *process, struct buf *out)
{
    size_t before = out->size;

    if (process->node)
        node_describe_lua(process->node, world_now(process->world), out);
    if (out->size > before && process->parent)
        buf_printf(out, "    (in process %s)\n", process->name);
    LIST_EACH (item, &process->children)
        sim_process_describe_lua(LIST_ITEM(item, struct sim_process, link), out);
}
