/* Everybody who is not a proxy leaves, links heal, faults stop. Then each proxy is asked again and again. */
#include "sim/judge_rest.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/actor_client.h"
#include "sim/actor_http.h"
#include "sim/actor_server.h"
#include "sim/ask.h"
#include "sim/fault.h"
#include "sim/judge_wire.h"
#include "sim/links.h"
#include "sim/sim_heap.h"
#include "sim/sim_node.h"
#include <stdio.h>

enum { LOOK_EVERY_MS = 100, CHECKS_END_S = 30 };

struct judge_rest {
    struct list *node; /* at which it is */
    uint64_t until_ns, checks_end_ns;
    struct list *silent; /* whose checks are being stopped; NULL: nobody's yet; the head: all are */
    bool asking, asked_to_stop;
    uint64_t answers; /* that had gone out when it was asked */
    struct ask ask;
    struct buf left; /* what does not rest, one line */
};

static void everybody_leaves(struct scenario *scenario)
{
    fault_forget_all(scenario);
    sim_heap_relent();
    LIST_EACH (item, &scenario->nodes)
        sim_node_attach_faults(sim_node_of(item));
    links_heal(scenario->links);
    LIST_EACH (item, &scenario->actors) {
        struct actor *actor = LIST_ITEM(item, struct actor, link);

        if (actor->class == &actor_server_class) {
            actor_http_close(CONTAINER_OF(actor, struct actor_http, actor)); /* an orderly end */
            (void)actor_server_crash(actor);
        } else if (actor->class == &actor_client_class) {
            actor_http_close(CONTAINER_OF(actor, struct actor_http, actor));
            actor_stop(actor);
        }
    }
}

static struct str column(struct str line, unsigned number)
{
    struct str field = str_split(&line, ',');

    while (number--)
        field = str_split(&line, ',');
    return field;
}

static bool is_zero(struct str field)
{
    return !field.size || str_eq(field, STR("0"));
}

/* Of `show info` the connections, of which the question itself is one; of `show stat` who waits and who is served. */
static void find_left(struct buf *left, struct str answer)
{
    enum { PROXY, SERVICE, QUEUE, SESSIONS = 4 };

    buf_reset(left);
    while (answer.data) {
        struct str line = str_split(&answer, '\n');

        if (str_starts(line, STR("CurrConns: "))) {
            struct str count = str_from(line, 11);

            if (!is_zero(count) && !str_eq(count, STR("1")))
                buf_printf(left, " %.*s connections;", STR_ARG(count));
        }
        if (str_starts(line, STR("# ")) || str_find_char(line, ',') == STR_NOT_FOUND ||
            (is_zero(column(line, QUEUE)) && is_zero(column(line, SESSIONS))))
            continue;
        buf_printf(left, " %.*s/%.*s qcur %.*s scur %.*s;", STR_ARG(column(line, PROXY)),
                   STR_ARG(column(line, SERVICE)), STR_ARG(column(line, QUEUE)),
                   STR_ARG(column(line, SESSIONS)));
    }
}

/* The number of a column by its name, in the head of `show stat`. */
static unsigned column_named(struct str head, const char *name)
{
    unsigned number = 0;

    while (head.data && !str_eq(str_split(&head, ','), str_of(name)))
        number++;
    return number;
}

static uint64_t sum_of(struct str answer, const char *name)
{
    uint64_t sum = 0;
    unsigned number = 0;

    while (answer.data) {
        struct str line = str_split(&answer, '\n');
        int64_t count;

        if (str_starts(line, STR("# ")))
            number = column_named(str_from(line, 2), name);
        else if (number && str_eq(column(line, 1), STR("FRONTEND")) &&
                 units_parse_int(column(line, number), 0, INT64_MAX, &count))
            sum += (uint64_t)count;
    }
    return sum;
}

static uint64_t answers_so_far(const struct actor *top, const struct sim_node *node)
{
    uint64_t counts[6] = { 0 }, unseen = 0, sum = 0;

    (void)judge_wire_answers(top->scenario, sim_node_name(node), counts, &unseen);
    for (unsigned class = 0; class < 6; class ++)
        sum += counts[class];
    return sum + unseen;
}

/* Statistics against events: as many answers as went out, and no more than could. */
static enum actor_step judge_statistics(struct actor *top, const struct sim_node *node, struct str answer)
{
    uint64_t seen[6], unseen;

    if (!judge_wire_answers(top->scenario, sim_node_name(node), seen, &unseen))
        return STEP_NEXT;
    for (unsigned class = 2; class < 6; class ++) {
        char name[16];
        uint64_t counted;

        snprintf(name, sizeof(name), "hrsp_%uxx", class);
        counted = sum_of(answer, name);
        if (counted < seen[class] || counted > seen[class] + unseen)
            return actor_fail(top,
                              "judge statistics of %s: its frontends' %s is not what went to clients\n"
                              "    counted   %llu, seen %llu",
                              sim_node_name(node), name, (unsigned long long)counted,
                              (unsigned long long)seen[class]);
    }
    return STEP_NEXT;
}

static void list_checks(struct str answer, struct buf *question)
{
    unsigned number = 0;

    while (answer.data) {
        struct str line = str_split(&answer, '\n');

        if (str_starts(line, STR("# ")))
            number = column_named(str_from(line, 2), "check_status");
        else if (number && column(line, number).size)
            buf_printf(question, "%sdisable health %.*s/%.*s", question->size ? ";" : "",
                       STR_ARG(column(line, 0)), STR_ARG(column(line, 1)));
    }
}

/* Health checks go on as long as there is a proxy, and one that checks itself, or another, always serves some of them. */
static enum actor_step stop_checks(struct actor *top, struct judge_rest *rest, struct sim_node *node)
{
    struct str name = str_of(sim_node_name(node));
    struct buf question = BUF_INIT;
    enum actor_step step;

    top->alarm_ns = 0;
    if (!rest->asking && (!sim_node_serves(node) || !ask_begin(&rest->ask, top->scenario, name, "show stat")))
        return STEP_NEXT;
    rest->asking = true;
    step = ask_step(&rest->ask, top);
    if (step == STEP_NEXT && !rest->asked_to_stop) {
        rest->asked_to_stop = true;
        list_checks(buf_str(&rest->ask.answer), &question);
        if (question.size) {
            buf_add_char(&question, '\0');
            if (ask_begin(&rest->ask, top->scenario, name, question.data))
                step = ask_step(&rest->ask, top);
        }
        buf_finish(&question);
    }
    if (step == STEP_NEXT)
        rest->asking = rest->asked_to_stop = false;
    return step;
}

/* STEP_NEXT: it rests, or tells nothing. */
static enum actor_step one_rests(struct actor *top, struct judge_rest *rest, struct sim_node *node)
{
    struct scenario *scenario = top->scenario;
    enum actor_step step;

    if (top->alarm_ns && !actor_alarm_passed(top))
        return actor_wait(top, "proxies to come to rest");
    top->alarm_ns = 0;
    if (!rest->asking &&
        (!sim_node_serves(node) ||
         !ask_begin(&rest->ask, scenario, str_of(sim_node_name(node)), "show info;show stat")))
        return STEP_NEXT;
    if (!rest->asking)
        rest->answers = answers_so_far(top, node);
    rest->asking = true;
    step = ask_step(&rest->ask, top);
    if (step != STEP_NEXT)
        return step;
    rest->asking = false;
    find_left(&rest->left, rest->ask.status == IO_OK ? buf_str(&rest->ask.answer) : STR(""));
    if (rest->ask.status == IO_OK && answers_so_far(top, node) != rest->answers)
        buf_add_c(&rest->left, " who was answered meanwhile"); /* as who stood in the backlog is */
    if (!rest->left.size)
        return rest->ask.status == IO_OK ? judge_statistics(top, node, buf_str(&rest->ask.answer))
                                         : STEP_NEXT;
    if (world_now(scenario->world) >= rest->until_ns)
        return actor_fail(top,
                          "judge rest of %s: all clients and servers left %llu s ago, and there are\n   %.*s",
                          sim_node_name(node), (unsigned long long)(scenario->live_ns / NS_PER_S),
                          STR_ARG(buf_str(&rest->left)));
    if (!rest->silent && world_now(scenario->world) >= rest->checks_end_ns)
        rest->silent = scenario->nodes.next;
    actor_alarm(top, world_now(scenario->world) + LOOK_EVERY_MS * NS_PER_MS);
    return actor_wait(top, "proxies to come to rest");
}

enum actor_step judge_rest_step(struct actor *top)
{
    struct scenario *scenario = top->scenario;
    struct judge_rest *rest = scenario->judge_rest;

    if (!scenario->live_ns)
        return STEP_NEXT;
    if (!rest) {
        rest = scenario->judge_rest = mem_need(sizeof(*rest));
        ask_init(&rest->ask, scenario, "judge");
        rest->node = &scenario->nodes;
        rest->node = rest->node->next;
        rest->until_ns = world_now(scenario->world) + scenario->live_ns;
        rest->checks_end_ns = world_now(scenario->world) + CHECKS_END_S * NS_PER_S;
        scenario->limit_ns = scenario_now(scenario) + scenario->live_ns + 60 * NS_PER_S;
        everybody_leaves(scenario);
    }
    for (; rest->silent && rest->silent != &scenario->nodes; rest->silent = rest->silent->next) {
        enum actor_step step = stop_checks(top, rest, sim_node_of(rest->silent));

        if (step != STEP_NEXT)
            return step;
    }
    for (; rest->node != &scenario->nodes; rest->node = rest->node->next) {
        enum actor_step step = one_rests(top, rest, sim_node_of(rest->node));

        if (step != STEP_NEXT)
            return step;
    }
    return STEP_NEXT;
}

void judge_rest_destroy(struct scenario *scenario)
{
    if (!scenario->judge_rest)
        return;
    ask_finish(&scenario->judge_rest->ask);
    buf_finish(&scenario->judge_rest->left);
    mem_free(scenario->judge_rest);
}
