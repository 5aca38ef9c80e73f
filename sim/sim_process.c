/* The life of a simulated process. The node is made and ended here; the platform stays until the process is destroyed,
 * so that nothing of it goes away under a turn that is under way. */
#include "sim/sim_process.h"
#include "base/mem.h"
#include "node.h"

enum { EXIT_KILLED = 128 + 9 };

struct sim_process {
    struct sim_platform *sim;
    struct node *node;
    enum sim_process_state state;
    int exit_code;
    bool killed;
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
}

struct sim_process *sim_process_create(struct world *world, struct net *net, const char *name)
{
    struct sim_process *process = mem_need(sizeof(*process));

    process->sim = sim_platform_create(world, net, name);
    sim_platform_on_print(process->sim, process_printed, process);
    return process;
}

void sim_process_destroy(struct sim_process *process)
{
    if (!process)
        return;
    process->printed = NULL;
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
    process->left_open = sim_platform_left_open(process->sim);
    net_host_close_all(sim_platform_host(process->sim));
    if (process->ended)
        process->ended(process->data);
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
    if (process->state == PROCESS_RUNNING)
        sim_platform_signal(process->sim, signal);
}

void sim_process_kill(struct sim_process *process)
{
    if (process->state != PROCESS_RUNNING)
        return;
    process->killed = true;
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
