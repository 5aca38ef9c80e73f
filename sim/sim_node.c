/* Proxies of a scenario.
 *
 * What the script does to a node is what a test runner does to a process: it writes the configuration, hands over
 * listening sockets, starts it, talks to its management socket, stops it by signals and judges its exit code. */
#include "sim/sim_node.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/actor_cli.h"
#include "sim/actor_server.h"
#include "sim/fault.h"
#include "sim/judge_wire.h"
#include "sim/links.h"
#include "sim/name_server.h"
#include "sim/real_node.h"
#include "sim/sim_process.h"
#include <signal.h>
#include <stdio.h>

enum {
    NODE_ARGUMENTS_MAX = 64,
    INHERITED_MAX = 64,
    SIGNAL_PATIENCE_S = 2,
    BOOT_PATIENCE_S = 3,
    BY_SIGNAL = 128
};

struct inherited {
    struct inherited *next;
    char *name;
    int number;
    plat_sock sock; /* of the launch host */
};

struct sim_node {
    struct list link;
    struct scenario *scenario;
    char name[64];
    uint32_t entity;
    char folder[256];
    struct wire *launch; /* opens what the proxy inherits */
    struct actor_cli *cli, *master_cli;

    struct buf arguments; /* as a shell would read them */
    struct buf conf;
    struct inherited *inherited;
    int expected_exit;
    bool daemon; /* -D: nobody waits for its exit code */
    bool was_started;

    struct sim_process *process; /* the last one started; NULL: none was */
    struct real_process *real;   /* the same in the real world */
    bool booting;                /* there it is waited for: until it serves, or has read its configuration */
    uint64_t boot_until_ns;
    bool judged;               /* its exit code was looked at */
    enum plat_signal stopping; /* the last signal that `stop` sent; PLAT_SIGNAL_NONE: not stopping */
};

struct sim_node *sim_node_of(struct list *link)
{
    return LIST_ITEM(link, struct sim_node, link);
}

/* ---- what stands for it: a simulated process or a real one ---- */

static int exit_code_of(const struct sim_node *node)
{
    return node->real ? real_process_exit_code(node->real) : sim_process_exit_code(node->process);
}

static struct str output_of(const struct sim_node *node)
{
    return node->real ? real_process_output(node->real) : sim_process_output(node->process);
}

static bool was_killed(const struct sim_node *node)
{
    return node->real ? real_process_was_killed(node->real) : sim_process_was_killed(node->process);
}

static void node_signal(struct sim_node *node, enum plat_signal signal)
{
    if (node->real)
        real_process_signal(node->real, signal);
    else
        sim_process_signal(node->process, signal);
}

static void node_kill(struct sim_node *node)
{
    if (node->real)
        real_process_kill(node->real);
    else
        sim_process_kill(node->process);
}

static bool is_master(const struct sim_node *node)
{
    return str_find(buf_str(&node->arguments), STR("-W")) != STR_NOT_FOUND;
}

/* ---- life ---- */

static void node_printed(void *data, struct str text)
{
    struct sim_node *node = data;

    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    scenario_say(node->scenario, node->name, "prints %.*s", STR_ARG(text));
}

/* Whoever talks to it gets no answer any more. */
static void fail_talk(struct sim_node *node, struct actor_cli *cli)
{
    if (actor_cli_base(cli)->running && exit_code_of(node) != node->expected_exit)
        scenario_fail(node->scenario, actor_cli_base(cli), "expected  %s to live\n    came      exit code %d",
                      node->name, exit_code_of(node));
}

static void node_ended(void *data)
{
    struct sim_node *node = data;

    scenario_say(node->scenario, node->name, "ended with exit code %d", exit_code_of(node));
    fail_talk(node, node->cli);
    fail_talk(node, node->master_cli);
    actor_wake(node->scenario->top);
}

static enum sim_process_state state_of(const struct sim_node *node)
{
    if (node->real)
        return real_process_has_ended(node->real) ? PROCESS_ENDED : PROCESS_RUNNING;
    return node->process ? sim_process_state(node->process) : PROCESS_NEW;
}

const char *sim_node_name(const struct sim_node *node)
{
    return node->name;
}

bool sim_node_serves(const struct sim_node *node)
{
    return state_of(node) == PROCESS_RUNNING && node->stopping == PLAT_SIGNAL_NONE;
}

static void give_environment(struct sim_node *node)
{
    struct sim_platform *sim = sim_process_platform(node->process);
    struct dict *environment = &node->scenario->environment;

    for (struct inherited *i = node->inherited; i; i = i->next) {
        char number[16];

        snprintf(number, sizeof(number), "%d", i->number);
        sim_platform_setenv(sim, i->name, number);
        sim_platform_inherit(sim, i->number, wire_host(node->launch), i->sock);
    }
    for (struct dict_entry *e = dict_next(environment, NULL); e; e = dict_next(environment, e))
        sim_platform_setenv(sim, e->key.data, e->value);
}

static void give_files(struct sim_node *node, const char *conf_path)
{
    struct sim_platform *sim = sim_process_platform(node->process);
    struct dict *files = &node->scenario->files;
    struct buf conf = BUF_INIT;
    struct str unknown;

    for (struct dict_entry *e = dict_next(files, NULL); e; e = dict_next(files, e))
        sim_platform_file(sim, e->key.data, buf_str(e->value));
    if (!scenario_macro_expand(&node->scenario->macros, buf_str(&node->conf), &conf, &unknown))
        buf_add(&conf, buf_str(&node->conf)); /* what is unknown was said when the text was given */
    sim_platform_file(sim, conf_path, buf_str(&conf));
    buf_finish(&conf);
}

/* Nothing is left of its last life. */
static void node_end(struct sim_node *node)
{
    real_process_destroy(node->real);
    node->real = NULL;
    if (!node->process)
        return;
    links_remove_host(node->scenario->links, sim_platform_host(sim_process_platform(node->process)));
    sim_process_destroy(node->process);
    node->process = NULL;
}

void sim_node_attach_faults(struct sim_node *node)
{
    if (node->process)
        fault_attach(node->scenario, node->name, sim_process_platform(node->process));
}

/* What a proxy starts stands in the network under its name, and fails as it does. */
static void child_born(void *data, struct sim_process *child)
{
    struct sim_node *node = data;
    struct sim_platform *sim = sim_process_platform(child);

    links_add_host(node->scenario->links, node->name, sim_platform_host(sim));
    judge_wire_watch(node->scenario, node->name, buf_str(&node->conf), sim);
    fault_attach(node->scenario, node->name, sim);
    name_server_attach(node->scenario, sim);
    sim_platform_on_secret(sim, node->scenario->options->secret, node->scenario->options->secret_data);
}

static void child_gone(void *data, struct sim_process *child)
{
    struct sim_node *node = data;

    links_remove_host(node->scenario->links, sim_platform_host(sim_process_platform(child)));
}

/* kill(2) of a process that another proxy is. */
static void other_signalled(void *data, int64_t pid, enum plat_signal signal)
{
    struct sim_node *node = data;

    LIST_EACH (link, &node->scenario->nodes) {
        struct sim_node *other = sim_node_of(link);

        if (other != node && other->process && sim_process_signal_pid(other->process, pid, signal))
            return;
    }
}

static const struct sim_family family = { child_born, child_gone, other_signalled };

/* As node_begin. */
static void node_begin_real(struct sim_node *node, const char *mode)
{
    struct scenario *scenario = node->scenario;
    plat_sock pass[INHERITED_MAX];
    struct dict variables = { 0 };
    struct buf conf = BUF_INIT;
    struct str unknown;
    struct real_node_start how = { .mode = mode,
                                   .folder = node->folder,
                                   .arguments = buf_str(&node->arguments),
                                   .master = is_master(node),
                                   .process = { .variables = &variables,
                                                .pass = pass,
                                                .printed = node_printed,
                                                .ended = node_ended,
                                                .data = node } };

    for (struct inherited *i = node->inherited; i && how.process.pass_count < INHERITED_MAX; i = i->next) {
        char number[16];

        snprintf(number, sizeof(number), "%d", i->number);
        pass[how.process.pass_count++] = i->sock;
        CHECK(dict_set(&variables, str_of(i->name), mem_need_copy(str_of(number))));
    }
    node_end(node);
    node->stopping = PLAT_SIGNAL_NONE;
    node->judged = false;
    scenario_macro_define(&scenario->macros, node->name, "name", "%s", node->folder);
    if (!scenario_macro_expand(&scenario->macros, buf_str(&node->conf), &conf, &unknown))
        buf_add(&conf, buf_str(&node->conf));
    how.conf = buf_str(&conf);
    node->real = real_node_start(scenario, &how);
    for (struct dict_entry *e = dict_next(&variables, NULL); e; e = dict_next(&variables, e))
        mem_free(e->value);
    dict_finish(&variables);
    buf_finish(&conf);
    if (!node->real) {
        scenario_fail(scenario, NULL, "cannot start '%s'", scenario->options->proxy);
        return;
    }
    scenario_macro_define(&scenario->macros, node->name, "pid", "%lld",
                          (long long)real_process_pid(node->real));
}

/* Starts the proxy with `mode` (-d, -D or -c) before its arguments. It may have ended already when this returns. */
static void node_begin(struct sim_node *node, const char *mode)
{
    struct scenario *scenario = node->scenario;
    const char *argv[NODE_ARGUMENTS_MAX + 1] = { "lockstep", mode };
    char conf_path[320];
    char *arguments;
    int argc;

    if (scenario->real) {
        node_begin_real(node, mode);
        return;
    }
    arguments = mem_need_copy(buf_str(&node->arguments));
    argc = 2 + sim_process_split(arguments, argv + 2, NODE_ARGUMENTS_MAX - 4);
    snprintf(conf_path, sizeof(conf_path), "%s/cfg", node->folder);
    argv[argc++] = "-f";
    argv[argc++] = conf_path;
    argv[argc] = NULL;
    node_end(node);
    node->process = sim_process_create(scenario->world, scenario->net, node->name);
    links_add_host(scenario->links, node->name, sim_platform_host(sim_process_platform(node->process)));
    node->stopping = PLAT_SIGNAL_NONE;
    node->judged = false;
    sim_process_on(node->process, node_printed, node_ended, node);
    sim_process_family(node->process, &family, node);
    judge_wire_watch(scenario, node->name, buf_str(&node->conf), sim_process_platform(node->process));
    sim_node_attach_faults(node);
    name_server_attach(scenario, sim_process_platform(node->process));
    sim_platform_on_secret(sim_process_platform(node->process), scenario->options->secret,
                           scenario->options->secret_data);
    give_environment(node);
    give_files(node, conf_path);
    scenario_macro_define(&scenario->macros, node->name, "pid", "%lld",
                          (long long)sim_process_pid(node->process));
    scenario_macro_define(&scenario->macros, node->name, "name", "%s", node->folder);
    sim_process_start(node->process, argc, argv);
    mem_free(arguments);
}

void sim_node_describe(const struct sim_node *node, struct buf *out)
{
    struct str text = node->process || node->real ? output_of(node) : STR_NONE;
    size_t begin = text.size;
    unsigned lines = 0;

    if (!text.size)
        return;
    while (begin > 0 && lines < 12) {
        begin--;
        if (text.data[begin] == '\n' && begin + 1 < text.size)
            lines++;
    }
    if (text.data[begin] == '\n')
        begin++;
    buf_printf(out, "%s printed%s:\n", node->name, begin > 1 ? " (its last lines)" : "");
    text = str_from(text, begin);
    while (text.data && text.size) {
        struct str line = str_split(&text, '\n');

        buf_printf(out, "    %.*s\n", (int)(line.size > 300 ? 300 : line.size), line.data);
    }
}

/* Its exit code, once. A proxy that had to be killed is not blamed for it, as test runners do not. */
static enum actor_step judge(struct actor *by, struct sim_node *node)
{
    int code = exit_code_of(node);

    node->judged = true;
    if (node->real && node->stopping != PLAT_SIGNAL_NONE &&
        code == BY_SIGNAL + (node->stopping == PLAT_SIGNAL_INT ? SIGINT : SIGTERM))
        return STEP_NEXT; /* it ended by the signal itself */
    if (!node->real && !was_killed(node) && sim_process_left_open(node->process))
        return actor_fail(
            by, "expected  %s to close all that it opened\n    came      %u descriptors are open at its end",
            node->name, sim_process_left_open(node->process));
    if (was_killed(node) || node->daemon || code == node->expected_exit)
        return STEP_NEXT;
    return actor_fail(by, "expected  exit code %d of %s\n    came      %d", node->expected_exit, node->name,
                      code);
}

static void send_signal(struct actor *by, struct sim_node *node, enum plat_signal signal)
{
    static const char *const names[] = { [PLAT_SIGNAL_INT] = "INT", [PLAT_SIGNAL_TERM] = "TERM" };

    node->stopping = signal;
    scenario_say(node->scenario, node->name, "gets SIG%s", names[signal]);
    node_signal(node, signal);
    snprintf(by->waits_detail, sizeof(by->waits_detail), "%s, after SIG%s", node->name, names[signal]);
    actor_alarm(by, world_now(node->scenario->world) + SIGNAL_PATIENCE_S * NS_PER_S);
}

enum actor_step sim_node_stop(struct actor *by, struct sim_node *node)
{
    struct actor *cli = actor_cli_base(node->cli);

    if (actor_cli_has_spec(node->cli) && state_of(node) == PROCESS_RUNNING && !cli->running)
        actor_cli_start(node->cli, by);
    if (cli->running)
        return actor_wait(by, "the management spec");
    if (state_of(node) == PROCESS_NEW || node->judged)
        return STEP_NEXT;
    if (state_of(node) == PROCESS_RUNNING && actor_alarm_passed(by) && node->stopping == PLAT_SIGNAL_TERM)
        node_kill(node);
    if (state_of(node) == PROCESS_ENDED)
        return judge(by, node);
    if (node->stopping == PLAT_SIGNAL_NONE)
        send_signal(by, node, PLAT_SIGNAL_INT);
    else if (actor_alarm_passed(by))
        send_signal(by, node, PLAT_SIGNAL_TERM);
    return actor_wait(by, "the end of");
}

void sim_node_destroy(struct sim_node *node)
{
    node_end(node);
    while (node->inherited) {
        struct inherited *first = node->inherited;

        node->inherited = first->next;
        mem_free(first->name);
        mem_free(first);
    }
    buf_finish(&node->arguments);
    buf_finish(&node->conf);
    links_remove_host(node->scenario->links, wire_host(node->launch));
    wire_destroy(node->launch);
    list_remove(&node->link);
    mem_free(node);
}

void sim_node_describe_lua(const struct sim_node *node, struct buf *out)
{
    if (node->process)
        sim_process_describe_lua(node->process, out);
}

int64_t sim_node_pid(const struct sim_node *node)
{
    if (node->real)
        return real_process_pid(node->real);
    return node->process ? sim_process_pid(node->process) : 0;
}

static void give_variables(struct sim_platform *sim, const struct dict *variables)
{
    for (struct dict_entry *e = dict_next(variables, NULL); e; e = dict_next(variables, e))
        sim_platform_setenv(sim, e->key.data, e->value);
}

int sim_node_run_once(struct scenario *scenario, int argc, const char *const *argv,
                      const struct dict *variables, struct buf *out)
{
    struct sim_process *process = sim_process_create(scenario->world, scenario->net, "condition");
    struct sim_platform *sim = sim_process_platform(process);
    int code = -1;

    name_server_attach(scenario, sim);
    give_variables(sim, &scenario->environment);
    if (variables)
        give_variables(sim, variables);
    for (struct dict_entry *e = dict_next(&scenario->files, NULL); e; e = dict_next(&scenario->files, e))
        sim_platform_file(sim, e->key.data, buf_str(e->value));
    sim_process_start(process, argc, argv);
    if (sim_process_state(process) == PROCESS_ENDED)
        code = sim_process_exit_code(process);
    if (out)
        buf_add(out, sim_process_output(process));
    sim_process_destroy(process);
    return code;
}

bool sim_node_condition(struct scenario *scenario, struct str arguments, struct str condition)
{
    char *words = mem_need_copy(arguments), *text = mem_need_copy(condition);
    const char *argv[NODE_ARGUMENTS_MAX + 1] = { "lockstep" };
    int argc = 1 + sim_process_split(words, argv + 1, NODE_ARGUMENTS_MAX - 3);
    bool holds;

    argv[argc++] = "-cc";
    argv[argc++] = text;
    argv[argc] = NULL;
    holds = sim_node_run_once(scenario, argc, argv, NULL, NULL) == 0;
    mem_free(words);
    mem_free(text);
    return holds;
}

/* ---- the statement ---- */

static void add_inherited(struct sim_node *node, struct str name)
{
    struct inherited *inherited = mem_need(sizeof(*inherited));
    struct addr addr;

    inherited->name = mem_need_copy(name);
    inherited->sock = scenario_listen(node->launch, 100, &addr);
    inherited->number = node->scenario->real ? inherited->sock : node->scenario->next_inherited++;
    inherited->next = node->inherited;
    node->inherited = inherited;
    scenario_define_address(node->scenario, node->name, inherited->name, &addr);
}

/* The text with what stands before each configuration; `fd@${NAME}` makes a listening socket at once. */
static enum actor_step set_conf(struct actor *top, struct sim_node *node, struct str text, bool with_servers)
{
    static const char fd_begin[] = "fd@${";
    struct buf whole = BUF_INIT;
    struct str rest, unknown;
    size_t at;
    bool fine;

    buf_printf(&whole, "    global\n\tstats socket \"%s/stats.sock\" level admin mode 600\n", node->folder);
    buf_add_c(&whole, "    stats socket \"fd@${cli}\" level admin\n");
    buf_add(&whole, text);
    if (with_servers)
        actor_server_backends(top->scenario, &whole);
    rest = buf_str(&whole);
    while ((at = str_find(rest, str_of(fd_begin))) != STR_NOT_FOUND) {
        size_t end;

        rest = str_from(rest, at + sizeof(fd_begin) - 1);
        end = str_find_char(rest, '}');
        if (end == STR_NOT_FOUND)
            break;
        add_inherited(node, str_slice(rest, 0, end));
        rest = str_from(rest, end);
    }
    buf_reset(&node->conf);
    fine = scenario_macro_expand(&top->scenario->macros, buf_str(&whole), &node->conf, &unknown);
    if (!fine)
        actor_wrong(top, "no macro has the name '%.*s'", STR_ARG(unknown));
    buf_finish(&whole);
    return fine ? STEP_NEXT : STEP_FAILED;
}

/* -conf-OK {CONF} and -conf-BAD TEXT {CONF}: the proxy only reads the configuration. */
static enum actor_step check_conf(struct actor *top, struct sim_node *node, int wanted, struct str said)
{
    node->expected_exit = wanted;
    if (!node->booting)
        node_begin(node, "-c");
    node->booting = node->real && state_of(node) == PROCESS_RUNNING;
    if (node->booting)
        return actor_wait(top, "what a proxy says of its configuration");
    if (state_of(node) == PROCESS_RUNNING)
        return actor_fail(top, "%s keeps running with -c", node->name);
    if (said.size && exit_code_of(node) == wanted && str_find(output_of(node), said) == STR_NOT_FOUND)
        return actor_fail(top, "expected  \"%.*s\" in what %s prints about its configuration", STR_ARG(said),
                          node->name);
    return judge(top, node);
}

/* -expectexit may stand behind -start: the code is looked at when the proxy has ended, which may be at once. */
static bool read_expected_exit(struct actor *top, struct sim_node *node)
{
    uint64_t number;

    for (unsigned at = top->position + 1; at + 1 < top->word_count; at++) {
        if (!actor_word_is(top, at, "-expectexit"))
            continue;
        if (!actor_number(top, at + 1, &number))
            return false;
        node->expected_exit = (int)number;
    }
    return true;
}

static enum actor_step boot(struct actor *top, struct sim_node *node)
{
    enum actor_step step = real_node_await(top, node->real, node->folder, node->boot_until_ns);

    node->booting = step == STEP_WAIT;
    return step;
}

static enum actor_step start(struct actor *top, struct sim_node *node)
{
    if (node->booting)
        return boot(top, node);
    if (!read_expected_exit(top, node))
        return STEP_FAILED;
    if (!node->conf.size)
        return actor_wrong(top, "%s has no -conf", node->name);
    if (state_of(node) == PROCESS_RUNNING)
        return actor_wrong(top, "%s runs already", node->name);
    node->was_started = true;
    node_begin(node, node->daemon ? "-D" : "-d");
    if (node->real) {
        node->booting = is_master(node);
        node->boot_until_ns = world_now(node->scenario->world) + BOOT_PATIENCE_S * NS_PER_S;
        return node->booting ? boot(top, node) : STEP_NEXT;
    }
    if (state_of(node) == PROCESS_ENDED && exit_code_of(node) != node->expected_exit) {
        node->judged = node->scenario->options->swarm; /* a name that was not found may be why */
        return actor_fail(top, "expected  %s to start\n    came      exit code %d at once", node->name,
                          exit_code_of(node));
    }
    return STEP_NEXT;
}

enum actor_step sim_node_crash(struct actor *top, struct sim_node *node)
{
    if (state_of(node) != PROCESS_RUNNING)
        return actor_wrong(top, "%s does not run", node->name);
    sim_process_kill(node->process);
    return STEP_NEXT;
}

enum actor_step sim_node_restart(struct actor *top, struct sim_node *node)
{
    if (state_of(node) == PROCESS_RUNNING)
        sim_process_kill(node->process);
    return start(top, node);
}

enum actor_step sim_node_reload(struct actor *top, struct sim_node *node)
{
    if (state_of(node) != PROCESS_RUNNING || str_find(buf_str(&node->arguments), STR("-W")) == STR_NOT_FOUND)
        return actor_wrong(top, "%s is no master process (-W) that runs", node->name);
    sim_process_signal(node->process, PLAT_SIGNAL_USR2);
    return STEP_NEXT;
}

/* Starts the management spec, if the proxy was started, and waits for its end. */
static enum actor_step run_cli(struct actor *top, struct sim_node *node, struct actor_cli *which)
{
    struct actor *cli = actor_cli_base(which);

    if (top->phase == 0) {
        if (!actor_cli_set_spec(which, top, top->position + 1))
            return STEP_FAILED;
        if (!node->was_started)
            return STEP_NEXT;
        actor_cli_start(which, top);
        top->phase = 1;
    }
    if (cli->running)
        return actor_wait(top, "the management spec");
    top->phase = 0;
    return STEP_NEXT;
}

/* -W, -Ws: a master and its worker; -S: its management socket, ${hNAME_mcli_sock}. true: it was one of them. */
static bool take_master_word(struct actor *top, struct sim_node *node)
{
    bool quiet = actor_word_is(top, top->position, "-W");

    if (quiet || actor_word_is(top, top->position, "-Ws")) {
        buf_add_c(&node->arguments, quiet ? " -W" : " -Ws");
        node->expected_exit = 130; /* by SIGINT */
        return true;
    }
    if (!actor_word_is(top, top->position, "-S"))
        return false;
    add_inherited(node, STR("mcli"));
    buf_printf(&node->arguments, " -S fd@%d", node->inherited->number);
    return true;
}

/* The word at top->position, and those that belong to it. */
static enum actor_step take_word(struct actor *top, struct sim_node *node)
{
    unsigned at = top->position;
    uint64_t number;
    enum actor_step step;

    if (actor_word_is(top, at, "-D")) {
        node->daemon = true;
        buf_printf(&node->arguments, " -p %s/pid", node->folder);
        return STEP_NEXT;
    }
    if (take_master_word(top, node))
        return STEP_NEXT;
    if (actor_word_is(top, at, "-start"))
        return start(top, node);
    if (actor_word_is(top, at, "-wait")) {
        if ((node->booting || (!node->was_started && top->phase == 0)) &&
            (step = start(top, node)) != STEP_NEXT)
            return step;
        return sim_node_stop(top, node);
    }
    if (at + 1 >= top->word_count)
        return actor_wrong(top, "'haproxy' does not know '%.*s', or it wants a word behind it",
                           STR_ARG(actor_word(top, at)));
    if (actor_word_is(top, at, "-cli")) {
        step = run_cli(top, node, node->cli);
    } else if (actor_word_is(top, at, "-mcli")) {
        step = run_cli(top, node, node->master_cli);
    } else if (actor_word_is(top, at, "-conf")) {
        step = set_conf(top, node, actor_word(top, at + 1), false);
    } else if (actor_word_is(top, at, "-conf+backend")) {
        step = set_conf(top, node, actor_word(top, at + 1), true);
    } else if (actor_word_is(top, at, "-conf-OK")) {
        step = node->booting ? STEP_NEXT : set_conf(top, node, actor_word(top, at + 1), false);
        if (step == STEP_NEXT)
            step = check_conf(top, node, 0, STR(""));
    } else if (actor_word_is(top, at, "-conf-BAD")) {
        step = node->booting ? STEP_NEXT : set_conf(top, node, actor_word(top, at + 2), false);
        if (step == STEP_NEXT)
            step = check_conf(top, node, 1, actor_word(top, at + 1));
        if (step == STEP_NEXT)
            top->position++;
    } else if (actor_word_is(top, at, "-arg")) {
        buf_add_c(&node->arguments, " ");
        buf_add(&node->arguments, actor_word(top, at + 1));
        step = STEP_NEXT;
    } else if (actor_word_is(top, at, "-expectexit")) {
        step = actor_number(top, at + 1, &number) ? STEP_NEXT : STEP_FAILED;
        node->expected_exit = (int)number;
    } else {
        return actor_wrong(top, "'haproxy' does not know '%.*s'", STR_ARG(actor_word(top, at)));
    }
    if (step == STEP_NEXT)
        top->position++;
    return step;
}

static struct sim_node *node_add(struct scenario *scenario, struct str name)
{
    struct sim_node *node = mem_need(sizeof(*node));
    const char *arguments = scenario->options->arguments;
    struct addr closed;
    plat_sock sock;

    str_to_c(name, node->name, sizeof(node->name));
    node->scenario = scenario;
    node->entity = world_entity(scenario->world, node->name);
    snprintf(node->folder, sizeof(node->folder), "%s/%s", scenario_folder(scenario), node->name);
    node->cli = actor_cli_create(scenario, node->name, "cli");
    node->master_cli = actor_cli_create(scenario, node->name, "mcli");
    buf_add_c(&node->arguments, arguments ? arguments : "-dM -dI -dW");
    list_add_last(&scenario->nodes, &node->link);
    node->launch = wire_create(scenario, node->name);
    links_add_host(scenario->links, node->name, wire_host(node->launch));
    sock = scenario_listen(node->launch, 100, &closed);
    wire_close(node->launch, sock); /* a port on which nobody listens */
    scenario_define_address(scenario, node->name, "closed", &closed);
    return node;
}

struct sim_node *sim_node_find(struct scenario *scenario, struct str name)
{
    LIST_EACH (item, &scenario->nodes) {
        struct sim_node *node = sim_node_of(item);

        if (str_eq(name, str_of(node->name)))
            return node;
    }
    return NULL;
}

enum actor_step sim_node_statement(struct actor *top)
{
    struct str name = actor_word(top, 1);
    struct sim_node *node = sim_node_find(top->scenario, name);

    if (!node) {
        if (!name.size || name.data[0] != 'h')
            return actor_wrong(top, "a proxy's name begins with 'h', not '%.*s'", STR_ARG(name));
        node = node_add(top->scenario, name);
    }
    if (!top->position)
        top->position = 2;
    for (; top->position < top->word_count; top->position++) {
        enum actor_step step = take_word(top, node);

        if (step != STEP_NEXT)
            return step;
    }
    return STEP_NEXT;
}
