/* A log receiver binds a UDP socket at -start (or -bind) and carries out its spec: `recv` waits for a datagram of a
 * level and drops all others, `expect` looks at the last one. */
#include "sim/actor_syslog.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/links.h"
#include "sim/sim_address.h"
#include <stdio.h>

struct syslog_server {
    struct actor actor; /* first */
    struct wire *wire;
    plat_sock sock;
    struct addr bind;
    unsigned repeat, round;
    int level; /* that `recv` waits for; -1: none set */
    struct program *program;
    bool started, loaded;
    char last[65536]; /* datagram, with a NUL behind */
    size_t last_size;
};

static struct syslog_server *syslog_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct syslog_server, actor);
}

static bool level_parse(struct actor *by, struct str word, int *out)
{
    static const char *const names[] = {
        "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_eq(word, str_of(names[i])))
            continue;
        *out = (int)i;
        return true;
    }
    actor_wrong(by, "a level is one of emerg alert crit err warning notice info debug, not '%.*s'",
                STR_ARG(word));
    return false;
}

/* ---- the spec ---- */

/* "<PRI>" at the begin of the datagram; false: the scenario was told that there is none. */
static bool read_priority(struct syslog_server *server, int64_t *out)
{
    struct str text = str_make(server->last, server->last_size);
    size_t end = str_find_char(text, '>');
    struct buf shown = BUF_INIT;

    if (text.size && text.data[0] == '<' && end != STR_NOT_FOUND &&
        units_parse_int(str_slice(text, 1, end - 1), 0, 1023, out))
        return true;
    expect_quote(&shown, text, 200);
    actor_fail(&server->actor, "a datagram does not begin with <PRIORITY>: %.*s", STR_ARG(buf_str(&shown)));
    buf_finish(&shown);
    return false;
}

static void say_datagram(struct syslog_server *server)
{
    struct buf text = BUF_INIT;

    if (!scenario_says(server->actor.scenario))
        return;
    expect_quote(&text, str_make(server->last, server->last_size), 600);
    scenario_say(server->actor.scenario, server->actor.name, "received %.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
}

static enum actor_step run_recv(struct actor *actor)
{
    struct syslog_server *server = syslog_of(actor);
    int level = server->level;

    if (actor->word_count > 1 && !level_parse(actor, actor_word(actor, 1), &level))
        return STEP_FAILED;
    for (;;) {
        struct addr from;
        int64_t priority;
        struct io_result result =
            wire_receive_from(server->wire, server->sock, &from, server->last, sizeof(server->last) - 1);

        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "a log line of its level");
        if (result.status != IO_OK)
            return actor_fail(actor, "cannot receive: %s", platform_status_text(result.status));
        server->last_size = result.size;
        server->last[result.size] = '\0';
        say_datagram(server);
        if (!read_priority(server, &priority))
            return STEP_FAILED;
        if (level >= 0 && priority % 8 == level)
            return STEP_NEXT;
    }
}

static enum actor_step run_expect(struct actor *actor)
{
    struct syslog_server *server = syslog_of(actor);

    return expect_pattern(actor, "log line", str_of(server->last));
}

static const struct statement_row syslog_rows[] = {
    { "recv", run_recv, 0, 1, "[LEVEL]", NULL },
    { "expect", run_expect, 2, 2, "~|!~ PATTERN", NULL },
    { 0 },
};

/* ---- life ---- */

static void syslog_close(struct syslog_server *server)
{
    if (server->sock != PLAT_NO_SOCK)
        wire_close(server->wire, server->sock);
    server->sock = PLAT_NO_SOCK;
}

static enum actor_step syslog_step(struct actor *actor)
{
    struct syslog_server *server = syslog_of(actor);

    while (server->round < server->repeat) {
        enum actor_step step;

        if (!server->loaded)
            actor_load(actor, server->program);
        server->loaded = true;
        step = actor_run_program(actor);
        if (step != STEP_NEXT)
            return step;
        server->loaded = false;
        server->round++;
        if (actor->scenario->ending)
            break;
    }
    syslog_close(server);
    return STEP_NEXT;
}

static void syslog_destroy(struct actor *actor)
{
    struct syslog_server *server = syslog_of(actor);

    actor_finish(actor);
    wire_destroy(server->wire);
    program_destroy(server->program);
    mem_free(server);
}

const struct actor_class actor_syslog_class = { "syslog", syslog_rows, syslog_step, syslog_destroy };

/* ---- the statement ---- */

/* The port that the network chose stays the receiver's for later starts. */
static bool syslog_bind(struct actor *top, struct syslog_server *server)
{
    enum io_status status;

    syslog_close(server);
    server->sock = wire_datagram_open(server->wire, &server->bind, server->bind.family, &status);
    if (server->sock == PLAT_NO_SOCK) {
        actor_fail(top, "%s cannot bind: %s", server->actor.name, platform_status_text(status));
        return false;
    }
    (void)!wire_names(server->wire, server->sock, &server->bind, NULL);
    wire_on_ready(server->wire, server->sock, actor_ready, &server->actor);
    scenario_define_address(top->scenario, server->actor.name, NULL, &server->bind);
    return true;
}

static enum actor_step start(struct actor *top, struct syslog_server *server)
{
    if (!server->program)
        return actor_wrong(top, "%s has no spec to run", server->actor.name);
    if (server->sock == PLAT_NO_SOCK && !syslog_bind(top, server))
        return STEP_FAILED;
    server->round = 0;
    server->loaded = false;
    server->started = true;
    actor_start(&server->actor, top);
    return STEP_NEXT;
}

/* The word at top->position. STEP_WAIT: again when the receiver has ended. */
static enum actor_step take_word(struct actor *top, struct syslog_server *server)
{
    struct actor *actor = &server->actor;
    struct program *program;
    uint64_t number;

    if (actor_word_is(top, top->position, "-stop")) {
        actor_stop(actor);
        actor_unload(actor);
        return STEP_NEXT;
    }
    if (actor_word_is(top, top->position, "-wait") && !server->started)
        return actor_wrong(top, "%s was never started", actor->name);
    if (actor->running) {
        snprintf(top->waits_detail, sizeof(top->waits_detail), "%s", actor->name);
        return actor_wait(top, "the end of");
    }
    if (actor_word_is(top, top->position, "-wait"))
        return STEP_NEXT;
    if (actor_word_is(top, top->position, "-repeat")) {
        if (!actor_number(top, ++top->position, &number))
            return STEP_FAILED;
        server->repeat = (unsigned)number;
        return STEP_NEXT;
    }
    if (actor_word_is(top, top->position, "-bind")) {
        if (!sim_address_parse(actor_word(top, ++top->position), &server->bind))
            return actor_wrong(top, "'-bind' wants an address such as 127.0.0.1:0");
        return syslog_bind(top, server) ? STEP_NEXT : STEP_FAILED;
    }
    if (actor_word_is(top, top->position, "-level"))
        return level_parse(top, actor_word(top, ++top->position), &server->level) ? STEP_NEXT : STEP_FAILED;
    if (actor_word_is(top, top->position, "-start"))
        return start(top, server);
    if (str_starts(actor_word(top, top->position), STR("-")))
        return actor_wrong(top, "'syslog' does not know '%.*s'", STR_ARG(actor_word(top, top->position)));
    program = actor_program(top, top->position, syslog_rows, server->program);
    if (!program)
        return STEP_FAILED;
    if (program != server->program)
        program_destroy(server->program);
    server->program = program;
    return STEP_NEXT;
}

static struct syslog_server *syslog_create(struct scenario *scenario, struct str name)
{
    struct syslog_server *server = mem_need(sizeof(*server));

    server->sock = PLAT_NO_SOCK;
    server->level = -1;
    server->repeat = 1;
    CHECK(sim_address_parse(STR("127.0.0.1:0"), &server->bind));
    actor_init(&server->actor, scenario, &actor_syslog_class, name);
    server->wire = wire_create(scenario, server->actor.name);
    links_add_host(scenario->links, server->actor.name, wire_host(server->wire));
    return server;
}

enum actor_step actor_syslog_statement(struct actor *top)
{
    struct str name = actor_word(top, 1);
    struct actor *actor = actor_find(top->scenario, &actor_syslog_class, name);

    if (!actor) {
        if (!name.size || name.data[0] != 'S')
            return actor_wrong(top, "a log receiver's name begins with 'S', not '%.*s'", STR_ARG(name));
        actor = &syslog_create(top->scenario, name)->actor;
    }
    if (!top->position)
        top->position = 2;
    for (; top->position < top->word_count; top->position++) {
        enum actor_step step = take_word(top, syslog_of(actor));

        if (step != STEP_NEXT)
            return step;
    }
    return STEP_NEXT;
}
