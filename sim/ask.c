/* Connect, write, end the own direction, read until the proxy ends its. */
#include "sim/ask.h"
#include "sim/sim_address.h"
#include <stdio.h>

enum { ANSWER_PIECE = 16384 };

void ask_init(struct ask *ask, struct scenario *scenario, const char *who)
{
    *ask = (struct ask){ .sock = PLAT_NO_SOCK, .question = BUF_INIT, .answer = BUF_INIT };
    ask->wire = wire_create(scenario, who);
}

static void ask_close(struct ask *ask)
{
    if (ask->sock != PLAT_NO_SOCK)
        wire_close(ask->wire, ask->sock);
    ask->sock = PLAT_NO_SOCK;
}

void ask_finish(struct ask *ask)
{
    ask_close(ask);
    wire_destroy(ask->wire);
    buf_finish(&ask->question);
    buf_finish(&ask->answer);
}

bool ask_begin(struct ask *ask, struct scenario *scenario, struct str node, const char *question)
{
    struct plat_connect how = { 0 };
    char name[96];

    ask_close(ask);
    ask->connected = false;
    ask->sent = 0;
    ask->status = IO_OK;
    buf_reset(&ask->question);
    buf_reset(&ask->answer);
    buf_printf(&ask->question, "%s\n", question);
    snprintf(name, sizeof(name), "%.*s_cli_sock", STR_ARG(node));
    if (!sim_address_parse(scenario_macro_get(&scenario->macros, str_of(name)), &how.to))
        return false;
    ask->sock = wire_connect(ask->wire, &how, &ask->status);
    return true;
}

static enum actor_step ask_end(struct ask *ask, enum io_status status)
{
    ask->status = status;
    ask_close(ask);
    return STEP_NEXT;
}

enum actor_step ask_step(struct ask *ask, struct actor *actor)
{
    if (ask->sock == PLAT_NO_SOCK)
        return STEP_NEXT;
    wire_on_ready(ask->wire, ask->sock, actor_ready, actor);
    if (!ask->connected) {
        if (!(wire_readiness(ask->wire, ask->sock) & (PLAT_WRITABLE | PLAT_ERROR)))
            return actor_wait_io(actor, "a connection to the management socket");
        ask->status = wire_sock_error(ask->wire, ask->sock);
        if (ask->status != IO_OK)
            return ask_end(ask, ask->status);
        ask->connected = true;
    }
    while (ask->sent < ask->question.size) {
        struct io_vec vec = { ask->question.data + ask->sent, ask->question.size - ask->sent };
        struct io_result result = wire_write(ask->wire, ask->sock, &vec, 1, false);

        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room to ask the management socket");
        if (result.status != IO_OK)
            return ask_end(ask, result.status);
        ask->sent += result.size;
        if (ask->sent == ask->question.size)
            (void)!wire_shutdown(ask->wire, ask->sock, PLAT_SHUT_WRITE);
    }
    for (;;) {
        struct io_vec vec = { buf_room(&ask->answer, ANSWER_PIECE), ANSWER_PIECE };
        struct io_result result;

        CHECK(vec.data && "out of memory");
        result = wire_read(ask->wire, ask->sock, &vec, 1);
        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "the management socket's answer");
        if (result.status != IO_OK)
            return ask_end(ask, result.status == IO_CLOSED ? IO_OK : result.status);
        ask->answer.size += result.size;
    }
}
