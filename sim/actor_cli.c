/* A management client: connects at once; `send` writes one line and ends its direction, `expect` reads the whole answer
 * until the proxy closes, then matches it; the next `send` connects again. */
#include "sim/actor_cli.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/sim_address.h"
#include <stdio.h>

enum { CLI_ANSWER_MAX = 2 << 20, CLI_PATIENCE_S = 10 };

enum cli_state { CLI_CONNECT, CLI_SPEC };

struct actor_cli {
    struct actor actor; /* first */
    struct wire *wire;
    plat_sock sock;
    enum cli_state state;
    bool connecting;
    const char *which; /* of its management sockets */
    const char *node;
    char address[128];
    struct program *program, *next;
    struct buf out, answer;
    size_t sent;
};

static struct actor_cli *cli_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct actor_cli, actor);
}

static void cli_close(struct actor_cli *cli)
{
    if (cli->sock != PLAT_NO_SOCK)
        wire_close(cli->wire, cli->sock);
    cli->sock = PLAT_NO_SOCK;
}

/* STEP_NEXT: connected. */
static enum actor_step cli_connect(struct actor_cli *cli)
{
    struct actor *actor = &cli->actor;
    struct plat_connect how = { 0 };
    enum io_status status = IO_OK;

    if (cli->sock == PLAT_NO_SOCK) {
        if (!sim_address_parse(str_of(cli->address), &how.to))
            return actor_fail(actor, "%s has no management socket: '%s'", cli->node, cli->address);
        cli->sock = wire_connect(cli->wire, &how, &status);
        if (cli->sock == PLAT_NO_SOCK)
            return actor_fail(actor, "cannot connect to %s: %s", cli->address, platform_status_text(status));
        wire_on_ready(cli->wire, cli->sock, actor_ready, actor);
        cli->connecting = true;
        actor_alarm(actor, world_now(actor->scenario->world) + CLI_PATIENCE_S * NS_PER_S);
    }
    if (!(wire_readiness(cli->wire, cli->sock) & (PLAT_WRITABLE | PLAT_ERROR))) {
        if (!actor_alarm_passed(actor))
            return actor_wait_io(actor, "a connection to the management socket");
        status = IO_TIMED_OUT;
    }
    if (status == IO_OK)
        status = wire_sock_error(cli->wire, cli->sock);
    if (status != IO_OK)
        return actor_fail(actor, "cannot connect to %s: %s", cli->address, platform_status_text(status));
    cli->connecting = false;
    actor->alarm_ns = 0;
    return STEP_NEXT;
}

/* phase 0: connect if need be; 1: write. */
static enum actor_step run_send(struct actor *actor)
{
    struct actor_cli *cli = cli_of(actor);

    if (actor->phase == 0) {
        if (cli->sock == PLAT_NO_SOCK || cli->connecting) {
            enum actor_step step = cli_connect(cli);

            if (step != STEP_NEXT)
                return step;
        }
        buf_reset(&cli->out);
        buf_add(&cli->out, actor_word(actor, 1));
        buf_add_char(&cli->out, '\n');
        cli->sent = 0;
        actor->phase = 1;
        scenario_say(actor->scenario, actor->name, "sends %.*s", STR_ARG(actor_word(actor, 1)));
    }
    while (cli->sent < cli->out.size) {
        struct io_vec vec = { cli->out.data + cli->sent, cli->out.size - cli->sent };
        struct io_result result = wire_write(cli->wire, cli->sock, &vec, 1, false);

        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room to send");
        if (result.status != IO_OK)
            return actor_fail(actor, "cannot send the command: %s", platform_status_text(result.status));
        cli->sent += result.size;
    }
    (void)!wire_shutdown(cli->wire, cli->sock, PLAT_SHUT_WRITE);
    return STEP_NEXT;
}

/* STEP_NEXT: the whole answer is there. */
static enum actor_step receive_answer(struct actor_cli *cli)
{
    struct actor *actor = &cli->actor;

    for (;;) {
        struct io_vec vec = { buf_room(&cli->answer, 16384), 16384 };
        struct io_result result;

        CHECK(vec.data);
        result = wire_read(cli->wire, cli->sock, &vec, 1);
        if (result.status == IO_WOULD_BLOCK || (result.status == IO_OK && !result.size))
            return actor_wait_io(actor, "the end of the answer");
        if (result.status == IO_CLOSED)
            return STEP_NEXT;
        if (result.status != IO_OK)
            return actor_fail(actor, "the answer breaks off after %zu bytes: %s", cli->answer.size,
                              platform_status_text(result.status));
        cli->answer.size += result.size;
        if (cli->answer.size > CLI_ANSWER_MAX)
            return actor_fail(actor, "the answer has more than 2 MB");
    }
}

static enum actor_step run_expect(struct actor *actor)
{
    struct actor_cli *cli = cli_of(actor);
    enum actor_step step;

    if (actor->phase == 0) {
        if (cli->sock == PLAT_NO_SOCK)
            return actor_wrong(actor, "'expect' here looks at an answer: there was no 'send' before it");
        buf_reset(&cli->answer);
        actor->phase = 1;
    }
    step = receive_answer(cli);
    if (step != STEP_NEXT)
        return step;
    cli_close(cli);
    if (scenario_says(actor->scenario)) {
        struct buf text = BUF_INIT;

        expect_quote(&text, buf_str(&cli->answer), 2000);
        scenario_say(actor->scenario, actor->name, "received %.*s", STR_ARG(buf_str(&text)));
        buf_finish(&text);
    }
    if (cli->answer.size && cli->answer.data[cli->answer.size - 1] != '\n')
        return actor_fail(actor, "the answer does not end with a newline");
    return expect_pattern(actor, "answer", cli->answer.size ? buf_str(&cli->answer) : STR(""));
}

static const struct statement_row cli_rows[] = {
    { "send", run_send, 1, 1, "COMMAND", NULL },
    { "expect", run_expect, 2, 2, "~|!~ PATTERN", NULL },
    { 0 },
};

static enum actor_step cli_step(struct actor *actor)
{
    struct actor_cli *cli = cli_of(actor);

    if (cli->state == CLI_CONNECT) {
        enum actor_step step = cli_connect(cli);

        if (step != STEP_NEXT)
            return step;
        cli->state = CLI_SPEC;
        actor_load(actor, cli->program);
    }
    return actor_run_program(actor);
}

static void cli_destroy(struct actor *actor)
{
    struct actor_cli *cli = cli_of(actor);

    actor_finish(actor);
    wire_destroy(cli->wire);
    program_destroy(cli->program);
    program_destroy(cli->next);
    buf_finish(&cli->out);
    buf_finish(&cli->answer);
    mem_free(cli);
}

const struct actor_class actor_cli_class = { "management client", cli_rows, cli_step, cli_destroy };

struct actor_cli *actor_cli_create(struct scenario *scenario, const char *node, const char *which)
{
    struct actor_cli *cli = mem_need(sizeof(*cli));
    char name[80];

    snprintf(name, sizeof(name), "%.60s.%s", node, which);
    cli->sock = PLAT_NO_SOCK;
    cli->node = node;
    cli->which = which;
    actor_init(&cli->actor, scenario, &actor_cli_class, str_of(name));
    cli->wire = wire_create(scenario, cli->actor.name);
    return cli;
}

struct actor *actor_cli_base(struct actor_cli *cli)
{
    return &cli->actor;
}

bool actor_cli_set_spec(struct actor_cli *cli, struct actor *top, unsigned word)
{
    struct program *program = actor_program(top, word, cli_rows, cli->next);

    if (!program)
        return false;
    if (program != cli->next)
        program_destroy(cli->next);
    cli->next = program;
    return true;
}

bool actor_cli_has_spec(const struct actor_cli *cli)
{
    return cli->next != NULL;
}

void actor_cli_start(struct actor_cli *cli, struct actor *top)
{
    char name[96];
    struct str address;

    snprintf(name, sizeof(name), "%s_%s_sock", cli->node, cli->which);
    address = scenario_macro_get(&top->scenario->macros, str_of(name));
    str_to_c(address, cli->address, sizeof(cli->address));
    actor_unload(&cli->actor);
    program_destroy(cli->program);
    cli->program = cli->next;
    cli->next = NULL;
    cli_close(cli);
    cli->state = CLI_CONNECT;
    actor_start(&cli->actor, top);
}
