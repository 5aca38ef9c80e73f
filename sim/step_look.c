/* Who looks must not change the run: each question is answered by a copy of the process, which may even let the world go
 * on (a management command is asked over a connection, as anybody would) and is then gone. */
#include "base/units.h"
#include "sim/report.h"
#include "sim/sim_address.h"
#include "sim/sim_node.h"
#include "sim/step.h"
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS_DEFAULT = 20, EVENTS_MOST = 1000, PATIENCE_S = 10, PIECE = 16384 };

typedef void look_call(struct scenario *scenario, struct str words, struct buf *out);

static void look(struct step *step, struct scenario *scenario, struct str words, look_call *call)
{
    struct buf out = BUF_INIT;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        puts("cannot look: the machine has no room for another process");
        return;
    }
    if (pid > 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        return;
    }
    step->silent = true;
    call(scenario, words, &out);
    fwrite(out.data, 1, out.size, stdout);
    fflush(stdout);
    _exit(0);
}

/* ---- the script and its actors ---- */

static void add_actors(struct scenario *scenario, struct str words, struct buf *out)
{
    (void)words;
    LIST_EACH (item, &scenario->actors) {
        const struct actor *actor = LIST_ITEM(item, struct actor, link);

        buf_printf(out, "%-8s %-8s ", actor->name, actor->class->noun);
        if (!actor->running) {
            buf_add_c(out, "does not run\n");
            continue;
        }
        report_place(scenario, actor, out);
        if (actor->waits_for)
            buf_printf(out, "; waits for %s%s%s", actor->waits_for, actor->waits_detail[0] ? " " : "",
                       actor->waits_detail);
        buf_add_char(out, '\n');
    }
    LIST_EACH (item, &scenario->nodes) {
        const struct sim_node *node = sim_node_of(item);

        buf_printf(out, "%-8s %-8s ", sim_node_name(node), "proxy");
        if (sim_node_pid(node))
            buf_printf(out, "pid %lld\n", (long long)sim_node_pid(node));
        else
            buf_add_c(out, "does not run\n");
    }
}

void step_show_actors(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_actors);
}

/* ---- sockets ---- */

static void add_sockets(struct scenario *scenario, struct str words, struct buf *out)
{
    struct buf every = BUF_INIT;
    struct str rest;

    net_describe(scenario->net, &every);
    rest = buf_str(&every);
    while (rest.size) {
        struct str line = str_split(&rest, '\n'), of = line;

        if (!words.size || str_eq(str_split(&of, ' '), words))
            buf_printf(out, "%.*s\n", STR_ARG(line));
    }
    buf_finish(&every);
}

void step_show_sockets(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_sockets);
}

/* ---- management commands ---- */

/* false: there was no answer, as *why says. */
static bool ask(struct scenario *scenario, struct str node, struct str question, struct buf *answer,
                const char **why)
{
    struct net_host *host = net_host_create(scenario->net, "step");
    uint64_t until = world_now(scenario->world) + PATIENCE_S * NS_PER_S;
    struct plat_connect how = { 0 };
    struct buf line = BUF_INIT;
    enum io_status status;
    char name[96];
    plat_sock sock;
    size_t sent = 0;

    *why = "it has no management socket, or there is no such proxy";
    snprintf(name, sizeof(name), "%.*s_cli_sock", STR_ARG(node));
    if (!sim_address_parse(scenario_macro_get(&scenario->macros, str_of(name)), &how.to))
        return false;
    buf_printf(&line, "%.*s\n", STR_ARG(question));
    sock = net_connect(host, &how, &status);
    *why = "its management socket does not answer";
    while (sock != PLAT_NO_SOCK && world_now(scenario->world) < until) {
        unsigned ready = net_readiness(host, sock);

        if (sent < line.size && ready & (PLAT_WRITABLE | PLAT_ERROR)) {
            struct io_vec vec = { line.data + sent, line.size - sent };
            struct io_result result = net_write(host, sock, &vec, 1, false);

            if (result.status != IO_OK && result.status != IO_WOULD_BLOCK)
                return false;
            sent += result.status == IO_OK ? result.size : 0;
            if (sent == line.size)
                (void)!net_shutdown(host, sock, PLAT_SHUT_WRITE);
        }
        while (sent == line.size) {
            struct io_vec vec = { buf_room(answer, PIECE), PIECE };
            struct io_result result;

            CHECK(vec.data && "out of memory");
            result = net_read(host, sock, &vec, 1);
            if (result.status == IO_CLOSED)
                return true;
            if (result.status == IO_WOULD_BLOCK)
                break;
            if (result.status != IO_OK)
                return false;
            answer->size += result.size;
        }
        if (!world_step(scenario->world))
            break;
    }
    return false;
}

static void add_answer(struct scenario *scenario, struct str node, struct str question, struct buf *out)
{
    struct buf answer = BUF_INIT;
    const char *why;

    if (ask(scenario, node, question, &answer, &why)) {
        while (answer.size > 1 && answer.data[answer.size - 1] == '\n' &&
               answer.data[answer.size - 2] == '\n')
            answer.size--;
        buf_add(out, buf_str(&answer));
    } else {
        buf_printf(out, "%.*s: %s\n", STR_ARG(node), why);
    }
    buf_finish(&answer);
}

static void add_cli(struct scenario *scenario, struct str words, struct buf *out)
{
    struct str node = str_split(&words, ' ');

    if (words.size)
        add_answer(scenario, node, words, out);
    else
        buf_add_c(out, "'cli' is written: cli PROXY COMMAND\n");
}

void step_show_cli(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_cli);
}

/* call for the proxy that is named, or for each that runs. */
static void each_node(struct scenario *scenario, struct str words, struct buf *out,
                      void (*call)(struct scenario *scenario, struct sim_node *node, struct buf *out))
{
    unsigned seen = 0;

    LIST_EACH (item, &scenario->nodes) {
        struct sim_node *node = sim_node_of(item);

        if (words.size ? !str_eq(words, str_of(sim_node_name(node))) : !sim_node_pid(node))
            continue;
        seen++;
        if (!sim_node_pid(node)) {
            buf_printf(out, "%s does not run\n", sim_node_name(node));
            continue;
        }
        buf_printf(out, "%s:\n", sim_node_name(node));
        call(scenario, node, out);
    }
    if (!seen)
        buf_add_c(out, words.size ? "there is no such proxy\n" : "no proxy runs\n");
}

static void add_streams_of(struct scenario *scenario, struct sim_node *node, struct buf *out)
{
    add_answer(scenario, str_of(sim_node_name(node)), STR("show sess all"), out);
}

static void add_streams(struct scenario *scenario, struct str words, struct buf *out)
{
    each_node(scenario, words, out, add_streams_of);
}

void step_show_streams(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_streams);
}

/* Of `show stat`: the columns pxname, svname, qcur, qmax, scur, smax, slim. */
static void add_queues_of(struct scenario *scenario, struct sim_node *node, struct buf *out)
{
    struct buf answer = BUF_INIT;
    const char *why;
    struct str rest;

    if (!ask(scenario, str_of(sim_node_name(node)), STR("show stat"), &answer, &why)) {
        buf_printf(out, "%s\n", why);
        goto out;
    }
    rest = buf_str(&answer);
    while (rest.size) {
        struct str line = str_split(&rest, '\n'), cells[7];

        if (!line.size || line.data[0] == '#')
            continue;
        for (size_t i = 0; i < COUNT_OF(cells); i++)
            cells[i] = str_split(&line, ',');
        buf_printf(out, "    %.*s/%.*s: %.*s sessions of %.*s", STR_ARG(cells[0]), STR_ARG(cells[1]),
                   STR_ARG(cells[4]), STR_ARG(cells[6].size ? cells[6] : STR("any number")));
        if (cells[2].size)
            buf_printf(out, ", %.*s in the queue", STR_ARG(cells[2]));
        buf_add_char(out, '\n');
    }
out:
    buf_finish(&answer);
}

static void add_queues(struct scenario *scenario, struct str words, struct buf *out)
{
    each_node(scenario, words, out, add_queues_of);
}

void step_show_queues(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_queues);
}

/* ---- scripts of proxies ---- */

static void add_lua_of(struct scenario *scenario, struct sim_node *node, struct buf *out)
{
    size_t before = out->size;

    (void)scenario;
    sim_node_describe_lua(node, out);
    if (out->size == before)
        buf_add_c(out, "    nothing of Lua is under way\n");
}

static void add_lua(struct scenario *scenario, struct str words, struct buf *out)
{
    each_node(scenario, words, out, add_lua_of);
}

void step_show_lua(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_lua);
}

/* ---- what was ---- */

static void add_tape(struct scenario *scenario, struct str words, struct buf *out)
{
    (void)words;
    world_tape_print(scenario->world, out);
    if (!out->size)
        buf_add_c(out, "every choice was the benign one\n");
}

void step_show_tape(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_tape);
}

static void add_events(struct scenario *scenario, struct str words, struct buf *out)
{
    static struct world_event events[EVENTS_MOST];
    int64_t wanted = EVENTS_DEFAULT;
    unsigned count;

    if (words.size && !units_parse_int(words, 1, EVENTS_MOST, &wanted)) {
        buf_printf(out, "'events' is written: events [NUMBER], up to %d\n", EVENTS_MOST);
        return;
    }
    count = world_last_events(scenario->world, events, (unsigned)wanted);
    for (unsigned i = 0; i < count; i++) {
        buf_printf(out, "%llu ", (unsigned long long)events[i].serial + 1);
        report_event(out, scenario->world, scenario->began_ns, &events[i]);
        buf_add_char(out, '\n');
    }
}

void step_show_events(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_events);
}

static void add_report(struct scenario *scenario, struct str words, struct buf *out)
{
    (void)words;
    if (!scenario->over)
        buf_add_c(out, "the run goes on\n");
    else if (scenario->result->text.size)
        buf_add(out, buf_str(&scenario->result->text));
    else
        buf_printf(out, "%s\n", scenario_outcome_name(scenario->result->outcome));
}

void step_show_report(struct step *step, struct scenario *scenario, struct str words)
{
    look(step, scenario, words, add_report);
}
