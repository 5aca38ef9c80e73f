/* Each call of a platform asks the rules in the order in which they were made; the first that applies gives the
 * answer. A rule that says nothing else counts once. */
#include "sim/fault.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/actor_server.h"
#include "sim/links.h"
#include "sim/sim_node.h"
#include <stdio.h>
#include <stdlib.h>

enum { CHANCE_BASE = 1000000 };

struct fault {
    struct list link; /* in scenario->faults */
    struct scenario *scenario;
    char who[64];
    enum sim_operation operation;
    enum io_status status;
    uint64_t nth;    /* only this call, from 1; 0: each */
    uint64_t asked;  /* calls so far */
    uint32_t chance; /* of CHANCE_BASE; 0: always */
    uint64_t until_ns;
    bool heals;              /* no calls: a black hole that ends */
    struct world_timer heal; /* armed with `heals` */
};

struct victim { /* a platform that asks */
    struct scenario *scenario;
    char who[64];
    uint32_t entity;
};

static const struct {
    const char *word;
    enum sim_operation operation;
} operations[SIM_OPERATIONS] = {
    { "listen", SIM_LISTEN },
    { "accept", SIM_ACCEPT },
    { "connect", SIM_CONNECT },
    { "read", SIM_READ },
    { "write", SIM_WRITE },
    { "datagram", SIM_DATAGRAM },
    { "send_to", SIM_SEND_TO },
    { "receive_from", SIM_RECEIVE_FROM },
    { "file_read", SIM_FILE_READ },
    { "file_write", SIM_FILE_WRITE },
    { "resolve", SIM_RESOLVE },
    { "alloc", SIM_ALLOC },
    { "poller", SIM_POLLER },
    { "watch", SIM_WATCH },
    { "sock_error", SIM_SOCK_ERROR },
    { "shutdown", SIM_SHUTDOWN },
    { "set_option", SIM_SET_OPTION },
    { "get_option", SIM_GET_OPTION },
    { "names", SIM_NAMES },
    { "adopt", SIM_ADOPT },
    { "pair", SIM_PAIR },
    { "send_sock", SIM_SEND_SOCK },
    { "receive_sock", SIM_RECEIVE_SOCK },
    { "file_info", SIM_FILE_INFO },
    { "file_remove", SIM_FILE_REMOVE },
    { "file_rename", SIM_FILE_RENAME },
    { "folder_list", SIM_FOLDER_LIST },
    { "folder_change", SIM_FOLDER_CHANGE },
    { "child_start", SIM_CHILD_START },
    { "reserve", SIM_RESERVE },
    { "drop_privileges", SIM_DROP_PRIVILEGES },
    { "daemonize", SIM_DAEMONIZE },
};

static const struct {
    const char *word;
    enum io_status status;
} results[] = {
    { "EAGAIN", IO_WOULD_BLOCK },
    { "EPIPE", IO_CLOSED },
    { "ECONNRESET", IO_RESET },
    { "ECONNREFUSED", IO_REFUSED },
    { "EHOSTUNREACH", IO_UNREACHABLE },
    { "ENETUNREACH", IO_UNREACHABLE },
    { "ETIMEDOUT", IO_TIMED_OUT },
    { "EMFILE", IO_NO_DESCRIPTORS },
    { "ENFILE", IO_NO_DESCRIPTORS },
    { "ENOMEM", IO_NO_MEMORY },
    { "ENOBUFS", IO_NO_MEMORY },
    { "EADDRNOTAVAIL", IO_NO_PORTS },
    { "EADDRINUSE", IO_IN_USE },
    { "EACCES", IO_DENIED },
    { "ENOENT", IO_NOT_FOUND },
    { "EMSGSIZE", IO_TOO_BIG },
    { "EIO", IO_BAD },
    { "ENOSPC", IO_BAD },
    { "EINVAL", IO_BAD },
    { "ENOTCONN", IO_BAD },
    { "EPERM", IO_DENIED },
    { "ECONNABORTED", IO_RESET },
    { "short", IO_OK }, /* a read or write moves one byte */
};

const char *fault_operation_name(enum sim_operation operation)
{
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (operations[i].operation == operation)
            return operations[i].word;
    return "?";
}

/* ---- calls ---- */

static bool applies(struct fault *fault, const struct victim *victim, enum sim_operation operation)
{
    struct world *world = fault->scenario->world;

    if (fault->heals || fault->operation != operation ||
        (strcmp(fault->who, "*") != 0 && strcmp(fault->who, victim->who) != 0))
        return false;
    if (fault->until_ns && world_now(world) >= fault->until_ns)
        return false;
    fault->asked++;
    if (fault->nth)
        return fault->asked == fault->nth;
    return !fault->chance ||
           world_choose(world, SITE_FAULT, victim->entity, CHANCE_BASE) >= CHANCE_BASE - fault->chance;
}

/* Of a torture: counted over all proxies. */
static bool torture_fails(struct victim *victim, enum sim_operation operation, enum io_status *status)
{
    const struct scenario_torture *calls = victim->scenario->options->calls;
    uint64_t number;

    if (!calls || calls->memory || victim->scenario->judge_rest)
        return false;
    number = ++victim->scenario->calls_made[operation];
    if (calls->counts)
        calls->counts[operation] = number;
    if (operation != (enum sim_operation)calls->operation ||
        (calls->from_then_on ? number < calls->nth : number != calls->nth))
        return false;
    *status = calls->status;
    world_trace(victim->scenario->world, EV_FAULT, victim->entity, operation, calls->status,
                str_of(fault_operation_name(operation)));
    return true;
}

static bool call_fails(void *data, enum sim_operation operation, enum io_status *status)
{
    struct victim *victim = data;

    if (torture_fails(victim, operation, status))
        return true;

    LIST_EACH (item, &victim->scenario->faults) {
        struct fault *fault = LIST_ITEM(item, struct fault, link);

        if (!applies(fault, victim, operation))
            continue;
        *status = fault->status;
        world_trace(victim->scenario->world, EV_FAULT, victim->entity, operation, fault->status,
                    str_of(fault_operation_name(operation)));
        return true;
    }
    return false;
}

void fault_attach(struct scenario *scenario, const char *name, struct sim_platform *sim)
{
    struct victim *victim = arena_need(&scenario->arena, sizeof(*victim));

    *victim = (struct victim){ .scenario = scenario, .entity = world_entity(scenario->world, name) };
    snprintf(victim->who, sizeof(victim->who), "%s", name);
    sim_platform_on_call(sim, list_empty(&scenario->faults) && !scenario->options->calls ? NULL : call_fails,
                         victim);
}

void fault_forget_all(struct scenario *scenario)
{
    LIST_EACH_SAFE(item, &scenario->faults)
    {
        struct fault *fault = LIST_ITEM(item, struct fault, link);

        world_timer_stop(scenario->world, &fault->heal);
        list_remove(item);
        mem_free(fault);
    }
}

/* ---- a swarm ---- */

/* Most are off in most runs, so that enough succeeds (Groce et al., Swarm testing, 2012). */
static const struct {
    enum sim_operation operation;
    enum io_status status;
    uint32_t chances[2]; /* of CHANCE_BASE */
} swarm_rows[] = {
    { SIM_READ, IO_WOULD_BLOCK, { 10000, 200000 } },
    { SIM_WRITE, IO_WOULD_BLOCK, { 10000, 200000 } },
    { SIM_READ, IO_RESET, { 500, 10000 } },
    { SIM_WRITE, IO_CLOSED, { 500, 10000 } },
    { SIM_WRITE, IO_NO_MEMORY, { 500, 10000 } },
    { SIM_ACCEPT, IO_NO_DESCRIPTORS, { 10000, 300000 } },
    { SIM_CONNECT, IO_NO_DESCRIPTORS, { 10000, 200000 } },
    { SIM_CONNECT, IO_NO_PORTS, { 10000, 200000 } },
    { SIM_CONNECT, IO_UNREACHABLE, { 10000, 200000 } },
    { SIM_SEND_TO, IO_WOULD_BLOCK, { 10000, 200000 } },
    { SIM_RESOLVE, IO_NOT_FOUND, { 10000, 200000 } },
    { SIM_ALLOC, IO_NO_MEMORY, { 500, 20000 } },
};

void fault_swarm(struct scenario *scenario)
{
    enum { DRAWN_OF = 8, OFF_BELOW = 6 };

    for (size_t i = 0; i < COUNT_OF(swarm_rows); i++) {
        uint32_t drawn = world_choose(scenario->world, SITE_SWARM, 0, DRAWN_OF);
        struct fault *fault;

        if (drawn < OFF_BELOW)
            continue;
        fault = mem_need(sizeof(*fault));
        fault->scenario = scenario;
        fault->who[0] = '*';
        fault->operation = swarm_rows[i].operation;
        fault->status = swarm_rows[i].status;
        fault->chance = swarm_rows[i].chances[drawn - OFF_BELOW];
        list_add_last(&scenario->faults, &fault->link);
    }
}

/* ---- the statement ---- */

static struct fault *add_fault(struct actor *top)
{
    struct fault *fault = mem_need(sizeof(*fault));

    fault->scenario = top->scenario;
    str_to_c(actor_word(top, 1), fault->who, sizeof(fault->who));
    list_add_last(&top->scenario->faults, &fault->link);
    LIST_EACH (item, &top->scenario->nodes)
        sim_node_attach_faults(sim_node_of(item));
    return fault;
}

/* -nth N, -each, -p 5%, -for TIME. */
static enum actor_step read_options(struct actor *top, struct fault *fault, unsigned from)
{
    uint64_t ns;

    for (unsigned i = from; i < top->word_count; i++) {
        if (actor_word_is(top, i, "-each")) {
            fault->nth = 0;
        } else if (actor_word_is(top, i, "-nth")) {
            if (!actor_number(top, ++i, &fault->nth))
                return STEP_FAILED;
        } else if (actor_word_is(top, i, "-for")) {
            if (!actor_seconds(top, ++i, &ns))
                return STEP_FAILED;
            fault->until_ns = world_now(top->scenario->world) + ns;
            fault->nth = 0;
        } else if (actor_word_is(top, i, "-p")) {
            struct str word = actor_word(top, ++i);
            double percent = word.data ? strtod(word.data, NULL) : 0;

            if (!(percent > 0 && percent <= 100) || word.data[word.size - 1] != '%')
                return actor_wrong(top, "'-p' wants a share such as 5%%");
            fault->chance = (uint32_t)(percent * (CHANCE_BASE / 100) + 0.5);
            fault->nth = 0;
        } else {
            return actor_wrong(top, "'fault' does not know '%.*s'", STR_ARG(actor_word(top, i)));
        }
    }
    return STEP_NEXT;
}

static void heal_fired(struct world_timer *timer)
{
    struct fault *fault = CONTAINER_OF(timer, struct fault, heal);

    links_cut_off(fault->scenario->links, fault->who, false);
}

/* Nothing reaches it and nothing leaves it. */
static enum actor_step black_hole(struct actor *top)
{
    struct fault *fault = add_fault(top);
    enum actor_step step = read_options(top, fault, 3);

    fault->heals = true;
    world_timer_init(&fault->heal, heal_fired);
    if (step != STEP_NEXT)
        return step;
    links_cut_off(top->scenario->links, fault->who, true);
    if (fault->until_ns)
        world_timer_set(top->scenario->world, &fault->heal, fault->until_ns);
    return STEP_NEXT;
}

/* What happens to a process; false: the word is none of that. */
static bool to_process(struct actor *top, enum actor_step *step)
{
    struct scenario *scenario = top->scenario;
    bool crash = actor_word_is(top, 2, "crash"), restart = actor_word_is(top, 2, "restart");
    struct actor *server = actor_find(scenario, &actor_server_class, actor_word(top, 1));
    struct sim_node *node = sim_node_find(scenario, actor_word(top, 1));

    if (actor_word_is(top, 2, "blackhole")) {
        *step = black_hole(top);
        return true;
    }
    if (!crash && !restart && !actor_word_is(top, 2, "reload"))
        return false;
    if (node && actor_word_is(top, 2, "reload")) {
        world_trace(scenario->world, EV_FAULT, world_entity(scenario->world, actor_word(top, 1).data), 0, 0,
                    STR("reload"));
        *step = sim_node_reload(top, node);
        return true;
    }
    if (!crash && !restart) {
        *step = actor_wrong(top, "there is no proxy '%.*s'", STR_ARG(actor_word(top, 1)));
        return true;
    }
    if (server)
        *step = crash ? actor_server_crash(server) : actor_server_restart(top, server);
    else if (node)
        *step = crash ? sim_node_crash(top, node) : sim_node_restart(top, node);
    else
        *step = actor_wrong(top, "there is no server or proxy '%.*s'", STR_ARG(actor_word(top, 1)));
    world_trace(scenario->world, EV_FAULT, world_entity(scenario->world, actor_word(top, 1).data), crash,
                restart, crash ? STR("crash") : STR("restart"));
    return true;
}

static enum actor_step unknown_operation(struct actor *top)
{
    struct buf names = BUF_INIT;
    enum actor_step step;

    for (size_t i = 0; i < COUNT_OF(operations); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", operations[i].word);
    step = actor_wrong(top, "a fault happens to %.*s; or is crash, restart, reload, blackhole; not '%.*s'",
                       STR_ARG(buf_str(&names)), STR_ARG(actor_word(top, 2)));
    buf_finish(&names);
    return step;
}

enum actor_step fault_statement(struct actor *top)
{
    struct fault wanted = { .operation = SIM_OPERATIONS };
    struct fault *fault;
    enum actor_step step;
    bool known = false;

    if (to_process(top, &step))
        return step;
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (actor_word_is(top, 2, operations[i].word))
            wanted.operation = operations[i].operation;
    for (size_t i = 0; i < COUNT_OF(results); i++)
        if (actor_word_is(top, 3, results[i].word)) {
            wanted.status = results[i].status;
            known = true;
        }
    if (wanted.operation == SIM_OPERATIONS)
        return unknown_operation(top);
    if (!known || (wanted.status == IO_OK && wanted.operation != SIM_READ && wanted.operation != SIM_WRITE))
        return actor_wrong(
            top, "a fault's result is an error such as EMFILE, or short of a read or write, not '%.*s'",
            STR_ARG(actor_word(top, 3)));
    fault = add_fault(top);
    fault->operation = wanted.operation;
    fault->status = wanted.status;
    fault->nth = 1;
    return read_options(top, fault, 4);
}
