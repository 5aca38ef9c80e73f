/* A check is an actor that asks proxies by their management socket, so that it sees what an operator sees. One for
 * `now` or `within` is waited for by the script; one for `always` or `never` looks every LOOK_EVERY until the script
 * is over, one for `sometimes` until it held. That it did not is no failure of the run: a sweep counts over all runs.
 *
 * Names: hN.srv.BACKEND.SERVER.FIELD, hN.be.BACKEND.FIELD, hN.fe.FRONTEND.FIELD with the columns of `show stat`
 * (and cur, queue, state, requests, conn_cur as other words for some); hN.info.NAME of `show info`; sN.requests,
 * sN.connections; dns.queries, dns.answers; sim.now. */
#include "sim/check.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/actor_http.h"
#include "sim/actor_server.h"
#include "sim/ask.h"
#include "sim/expect.h"
#include "sim/name_server.h"
#include <stdio.h>

enum { LOOK_EVERY_MS = 10, NAME_PARTS = 8 };

enum check_when { CHECK_NOW, CHECK_WITHIN, CHECK_ALWAYS, CHECK_NEVER, CHECK_SOMETIMES };

struct operand {
    struct str written, value;
    struct str parts[NAME_PARTS];
    unsigned part_count; /* of a name of something; 0: a plain word */
    struct buf text;     /* of the value */
};

struct check {
    struct actor actor; /* first */
    enum check_when when;
    uint64_t until_ns;
    bool last, held;
    struct operand sides[2];
    struct str op;
    unsigned asked; /* sides whose value is known */
    bool asking;
    struct ask ask;
    struct command command; /* the statement, as its own: a compiled pattern is kept there */
};

static struct check *check_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct check, actor);
}

/* ---- values ---- */

static void split_name(struct operand *operand)
{
    struct str rest = operand->written;
    char kind = rest.size > 1 ? rest.data[0] : '\0';
    size_t dot = str_find_char(rest, '.');

    operand->part_count = 0;
    if (dot == STR_NOT_FOUND || dot < 2)
        return;
    if (!str_starts(rest, STR("sim.")) && !str_starts(rest, STR("dns.")) &&
        !((kind == 'h' || kind == 's') && ascii_digit(rest.data[1])))
        return;
    while (rest.data && operand->part_count < NAME_PARTS)
        operand->parts[operand->part_count++] = str_split(&rest, '.');
}

static struct str column_of(struct str word)
{
    static const struct {
        const char *word, *column;
    } others[] = {
        { "cur", "scur" },         { "queue", "qcur" },    { "state", "status" },
        { "requests", "req_tot" }, { "conn_cur", "scur" }, { "conn_tot", "stot" },
    };

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_eq(word, str_of(others[i].word)))
            return str_of(others[i].column);
    return word;
}

/* The field of the row with these two names in the answer to `show stat`. */
static struct str stat_field(struct str answer, struct str proxy, struct str service, struct str column)
{
    struct str head = str_split(&answer, '\n');
    unsigned wanted = 0;
    bool known = false;

    if (str_starts(head, STR("# ")))
        head = str_from(head, 2);
    while (head.size && !known) {
        known = str_eq(str_split(&head, ','), column);
        wanted += !known;
    }
    while (known && answer.size) {
        struct str line = str_split(&answer, '\n'), first = str_split(&line, ','), field;

        field = str_split(&line, ',');
        if (!str_eq(first, proxy) || !str_eq(field, service))
            continue;
        for (unsigned i = 1; i < wanted; i++)
            field = str_split(&line, ',');
        return wanted == 0 ? first : field;
    }
    return STR_NONE;
}

/* "Name: value" of `show info`. */
static struct str info_field(struct str answer, struct str name)
{
    while (answer.size) {
        struct str line = str_split(&answer, '\n');

        if (str_eq(str_split(&line, ':'), name))
            return str_trim(line);
    }
    return STR_NONE;
}

static struct str from_answer(const struct operand *operand, struct str answer)
{
    const struct str *parts = operand->parts;

    if (str_eq(parts[1], STR("info")))
        return info_field(answer, parts[2]);
    if (str_eq(parts[1], STR("srv")) && operand->part_count == 5)
        return stat_field(answer, parts[2], parts[3], column_of(parts[4]));
    if (operand->part_count != 4)
        return STR_NONE;
    return stat_field(answer, parts[2], str_eq(parts[1], STR("be")) ? STR("BACKEND") : STR("FRONTEND"),
                      column_of(parts[3]));
}

static bool is_proxy_name(const struct operand *operand)
{
    return operand->part_count > 2 && operand->parts[0].data[0] == 'h';
}

/* What is known without asking anybody; false: nobody has that name. */
static bool local_value(struct check *check, struct operand *operand)
{
    struct scenario *scenario = check->actor.scenario;
    struct actor *server;
    uint64_t count;

    if (str_eq(operand->written, STR("sim.now"))) {
        buf_printf(&operand->text, "%.9f", (double)scenario_now(scenario) / 1e9);
        return true;
    }
    if (str_eq(operand->parts[0], STR("dns"))) {
        if (!scenario->name_server || operand->part_count != 2 ||
            !name_server_count(scenario->name_server, operand->parts[1], &count))
            return false;
        buf_printf(&operand->text, "%llu", (unsigned long long)count);
        return true;
    }
    server = actor_find(scenario, &actor_server_class, operand->parts[0]);
    if (!server || operand->part_count != 2 || !actor_server_count(server, operand->parts[1], &count))
        return false;
    buf_printf(&operand->text, "%llu", (unsigned long long)count);
    return true;
}

static enum actor_step know_side(struct check *check, struct operand *operand)
{
    struct actor *actor = &check->actor;
    enum actor_step step;

    operand->value = operand->written;
    if (!operand->part_count)
        return STEP_NEXT;
    buf_reset(&operand->text);
    if (!is_proxy_name(operand)) {
        if (!local_value(check, operand))
            return actor_wrong(actor, "nothing here has the name '%.*s'", STR_ARG(operand->written));
        operand->value = buf_str(&operand->text);
        return STEP_NEXT;
    }
    if (!check->asking && !ask_begin(&check->ask, actor->scenario, operand->parts[0],
                                     str_eq(operand->parts[1], STR("info")) ? "show info" : "show stat"))
        return actor_wrong(actor, "there is no proxy '%.*s'", STR_ARG(operand->parts[0]));
    check->asking = true;
    step = ask_step(&check->ask, actor);
    if (step != STEP_NEXT)
        return step;
    check->asking = false;
    operand->value = STR_NONE; /* a proxy that does not answer has no value */
    if (check->ask.status == IO_OK) {
        struct str value = from_answer(operand, buf_str(&check->ask.answer));

        if (!value.data && !actor->scenario->options->swarm)
            return actor_wrong(actor, "'%.*s' is nothing that %.*s tells of", STR_ARG(operand->written),
                               STR_ARG(operand->parts[0]));
        buf_add(&operand->text, value);
        operand->value = operand->text.data ? buf_str(&operand->text) : STR("");
    }
    return STEP_NEXT;
}

/* ---- judging ---- */

static enum actor_step compare(struct check *check)
{
    struct expect_side left = { check->sides[0].written, check->sides[0].value };
    struct expect_side right = { check->sides[1].written, check->sides[1].value };

    check->asked = 0;
    return expect_holds(&check->actor, left, check->op, right, &check->held);
}

static enum actor_step fail(struct check *check)
{
    static const char *const whens[] = { "now", "in time", "always", "never" };
    struct str value = check->sides[0].value;

    return actor_fail(&check->actor, "expected  %.*s %.*s %.*s, %s\n    came      %.*s",
                      STR_ARG(check->sides[0].written), STR_ARG(check->op), STR_ARG(check->sides[1].written),
                      whens[check->when], STR_ARG(value.data ? value : STR("no answer")));
}

/* "+FILE:LINE: check sometimes {FACT}" when it held, with - when it did not. */
static enum actor_step note(const struct check *check)
{
    const struct actor *actor = &check->actor;

    buf_printf(&actor->scenario->result->marks, "%c%s:%u: check sometimes {%.*s %.*s %.*s}\n",
               check->held ? '+' : '-', check->command.program->file, check->command.text.line,
               STR_ARG(check->sides[0].written), STR_ARG(check->op), STR_ARG(check->sides[1].written));
    return STEP_NEXT;
}

static enum actor_step check_step(struct actor *actor)
{
    struct check *check = check_of(actor);
    struct world *world = actor->scenario->world;

    for (;;) {
        enum actor_step step;

        if (!check->asking && check->asked == 0 && actor->alarm_ns && !actor_alarm_passed(actor) &&
            !check->last)
            return actor_wait(actor, "the time of its next look");
        actor->alarm_ns = 0;
        while (check->asked < 2) {
            step = know_side(check, &check->sides[check->asked]);
            if (step != STEP_NEXT)
                return step;
            check->asked++;
        }
        if (compare(check) != STEP_NEXT)
            return STEP_FAILED;
        if (check->when == CHECK_NOW)
            return check->held ? STEP_NEXT : fail(check);
        if (check->when == CHECK_WITHIN && (check->held || world_now(world) >= check->until_ns))
            return check->held ? STEP_NEXT : fail(check);
        if (check->when == CHECK_SOMETIMES && (check->held || check->last))
            return note(check);
        if ((check->when == CHECK_ALWAYS && !check->held) || (check->when == CHECK_NEVER && check->held))
            return fail(check);
        if (check->last)
            return STEP_NEXT;
        actor_alarm(actor, world_now(world) + LOOK_EVERY_MS * NS_PER_MS);
    }
}

static void check_destroy(struct actor *actor)
{
    struct check *check = check_of(actor);

    if (check->command.cache)
        check->command.forget(check->command.cache);
    actor->command = NULL;
    actor_finish(actor);
    ask_finish(&check->ask);
    buf_finish(&check->sides[0].text);
    buf_finish(&check->sides[1].text);
    mem_free(check);
}

static const struct actor_class check_class = { "check", NULL, check_step, check_destroy };

/* ---- the statement ---- */

/* {A OP B}; in the scenario's memory. */
static bool read_fact(struct actor *top, struct check *check, struct str text)
{
    struct lex_command *commands;
    struct lex_mistake mistake;
    unsigned count;

    if (!scenario_lex(text, top->command->text.line, &top->scenario->arena, &commands, &count, &mistake) ||
        count != 1 || commands[0].count != 3) {
        actor_wrong(top, "a fact is written {WHAT OPERATOR WHAT}");
        return false;
    }
    check->sides[0].written = commands[0].words[0].text;
    check->op = commands[0].words[1].text;
    check->sides[1].written = commands[0].words[2].text;
    split_name(&check->sides[0]);
    split_name(&check->sides[1]);
    return true;
}

static struct check *make_check(struct actor *top, enum check_when when, struct str fact)
{
    struct check *check = mem_need(sizeof(*check));
    char name[32];

    snprintf(name, sizeof(name), "check%u", ++top->scenario->check_count);
    actor_init(&check->actor, top->scenario, &check_class, str_of(name));
    ask_init(&check->ask, top->scenario, name);
    check->when = when;
    check->command = *top->command; /* for reports: its place */
    check->command.cache = NULL;
    if (!read_fact(top, check, fact))
        return NULL;
    check->actor.command = &check->command;
    actor_start(&check->actor, top);
    return check;
}

enum actor_step check_statement(struct actor *top)
{
    static const char *const whens[] = { "now", "within", "always", "never", "sometimes" };
    unsigned when = 0;
    uint64_t patience = 0;
    struct check *check;

    if (top->phase == 1) {
        struct check *running = top->waits_on;

        return running->actor.running ? actor_wait(top, "a check") : STEP_NEXT;
    }
    while (when < COUNT_OF(whens) && !actor_word_is(top, 1, whens[when]))
        when++;
    if (when == COUNT_OF(whens) || top->word_count != (when == CHECK_WITHIN ? 4u : 3u))
        return actor_wrong(
            top,
            "'check' is written: check now | always | never | sometimes | within TIME {WHAT OPERATOR WHAT}");
    if (when == CHECK_WITHIN && !actor_seconds(top, 2, &patience))
        return STEP_FAILED;
    check = make_check(top, (enum check_when)when, actor_word(top, top->word_count - 1));
    if (!check)
        return STEP_FAILED;
    check->until_ns = world_now(top->scenario->world) + patience;
    if (when > CHECK_WITHIN)
        return STEP_NEXT;
    top->phase = 1;
    top->waits_on = check;
    return actor_wait(top, "a check");
}

enum actor_step check_finish(struct actor *top)
{
    LIST_EACH (item, &top->scenario->actors) {
        struct actor *actor = LIST_ITEM(item, struct actor, link);

        if (actor->class != &check_class || !actor->running)
            continue;
        check_of(actor)->last = true;
        actor_wake(actor);
        return actor_wait(top, "the last look of a check");
    }
    return STEP_NEXT;
}
