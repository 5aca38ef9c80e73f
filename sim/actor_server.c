/* A server listens from -start on, takes one connection at a time, carries out its spec on it and closes; -repeat
 * times. Connections that nobody takes stay in the backlog. */
#include "sim/actor_server.h"
#include "base/mem.h"
#include "sim/actor_http.h"
#include "sim/sim_address.h"
#include <stdio.h>

enum { SERVER_BACKLOG = 10 };

enum server_state { SERVER_ACCEPT, SERVER_SPEC };

struct server {
    struct actor_http http; /* first */
    enum server_state state;
    struct addr listen;
    bool started;
};

static struct server *server_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct server, http.actor);
}

static enum actor_step server_accept(struct server *server)
{
    struct actor_http *http = &server->http;
    enum io_status status;
    plat_sock sock = wire_accept(http->wire, http->listener, &http->peer, &status);

    if (sock != PLAT_NO_SOCK) {
        server->state = SERVER_SPEC;
        actor_http_attach(http, sock);
        actor_http_begin(http);
        return STEP_NEXT;
    }
    if (status == IO_WOULD_BLOCK)
        return actor_wait_io(&http->actor, "a connection");
    return actor_fail(&http->actor, "cannot accept: %s", platform_status_text(status));
}

static enum actor_step server_spec(struct server *server)
{
    struct actor_http *http = &server->http;
    enum actor_step step = actor_run_program(&http->actor);

    if (step != STEP_NEXT)
        return step;
    http->round++;
    if (http->keep_alive && http->round < http->repeat && http->sock != PLAT_NO_SOCK) {
        actor_http_begin(http);
        return STEP_NEXT;
    }
    if (http->sock != PLAT_NO_SOCK)
        (void)!wire_shutdown(http->wire, http->sock, PLAT_SHUT_WRITE);
    actor_http_close(http);
    server->state = SERVER_ACCEPT;
    return STEP_NEXT;
}

static enum actor_step server_step(struct actor *actor)
{
    struct server *server = server_of(actor);
    enum actor_step step = STEP_NEXT;

    while (step == STEP_NEXT) {
        if (server->state == SERVER_SPEC) {
            step = server_spec(server);
            continue;
        }
        if (server->http.round >= server->http.repeat || (actor->scenario->ending && server->http.round))
            return STEP_NEXT;
        step = server_accept(server);
    }
    return step;
}

static void server_destroy(struct actor *actor)
{
    struct server *server = server_of(actor);

    actor_http_finish(&server->http);
    mem_free(server);
}

const struct actor_class actor_server_class = { "server", actor_http_rows, server_step, server_destroy };

bool actor_server_count(struct actor *actor, struct str name, uint64_t *out)
{
    struct server *server = server_of(actor);

    *out = str_eq(name, STR("requests")) ? server->http.requests : server->http.connections;
    return str_eq(name, STR("requests")) || str_eq(name, STR("connections"));
}

void actor_server_backends(struct scenario *scenario, struct buf *out)
{
    for (int frontends = 0; frontends < 2; frontends++) {
        LIST_EACH (item, &scenario->actors) {
            struct actor *actor = LIST_ITEM(item, struct actor, link);
            const char *id = actor->name + 1;

            if (actor->class != &actor_server_class || !addr_is_ip(&server_of(actor)->listen))
                continue;
            if (frontends)
                buf_printf(out, "\n    frontend http%s\n\tuse_backend be%s\n\tbind \"fd@${fe%s}\"\n", id, id,
                           id);
            else
                buf_printf(out, "\n    backend be%s\n\tserver srv%s 127.0.0.1:%u\n", id, id,
                           server_of(actor)->listen.port);
        }
    }
}

/* ---- the statement ---- */

static void close_listener(struct server *server)
{
    if (server->http.listener != PLAT_NO_SOCK)
        wire_close(server->http.wire, server->http.listener);
    server->http.listener = PLAT_NO_SOCK;
}

/* The port that the network chose stays the server's for later starts. */
static bool server_listen(struct actor *top, struct server *server)
{
    struct actor_http *http = &server->http;
    struct plat_listen how = {
        .addr = server->listen, .backlog = SERVER_BACKLOG, .unix_uid = -1, .unix_gid = -1
    };
    enum io_status status;

    close_listener(server);
    http->listener = wire_listen(http->wire, &how, &status);
    if (http->listener == PLAT_NO_SOCK) {
        actor_fail(top, "%s cannot listen: %s", http->actor.name, platform_status_text(status));
        return false;
    }
    (void)!wire_names(http->wire, http->listener, &server->listen, NULL);
    wire_on_ready(http->wire, http->listener, actor_ready, &http->actor);
    scenario_define_address(top->scenario, http->actor.name, NULL, &server->listen);
    return true;
}

static enum actor_step start(struct actor *top, struct server *server)
{
    if (!server->http.program)
        return actor_wrong(top, "%s has no spec to run", server->http.actor.name);
    if (!server_listen(top, server))
        return STEP_FAILED;
    server->state = SERVER_ACCEPT;
    server->http.round = 0;
    server->started = true;
    actor_start(&server->http.actor, top);
    return STEP_NEXT;
}

static void server_stop(struct server *server)
{
    actor_stop(&server->http.actor);
    actor_unload(&server->http.actor);
    actor_http_close(&server->http);
}

/* Proxies have inherited the listening socket from VTest, so that with one of them connections are still taken by the
 * kernel, and then wait for ever. */
static void server_break(struct server *server)
{
    server_stop(server);
    if (list_empty(&server->http.actor.scenario->nodes))
        close_listener(server);
    else if (server->http.listener != PLAT_NO_SOCK)
        wire_on_ready(server->http.wire, server->http.listener, NULL, NULL);
}

enum actor_step actor_server_crash(struct actor *actor)
{
    struct server *server = server_of(actor);

    if (server->http.sock != PLAT_NO_SOCK)
        (void)!wire_set_option(server->http.wire, server->http.sock, PLAT_LINGER_RESET, 1);
    server_stop(server);
    close_listener(server);
    return STEP_NEXT;
}

enum actor_step actor_server_restart(struct actor *top, struct actor *actor)
{
    (void)actor_server_crash(actor);
    return start(top, server_of(actor));
}

/* The word at top->position. STEP_WAIT: again when the server has ended. */
static enum actor_step take_word(struct actor *top, struct server *server)
{
    struct actor *actor = &server->http.actor;
    struct program *program;
    bool wrong;

    if (actor_word_is(top, top->position, "-break")) {
        server_break(server);
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
    if (actor_http_option(&server->http, top, &wrong))
        return wrong ? STEP_FAILED : STEP_NEXT;
    if (actor_word_is(top, top->position, "-start"))
        return start(top, server);
    if (actor_word_is(top, top->position, "-listen")) {
        close_listener(server);
        if (sim_address_parse(actor_word(top, ++top->position), &server->listen))
            return STEP_NEXT;
        return actor_wrong(top, "'-listen' wants an address such as 127.0.0.1:0 or /path, not '%.*s'",
                           STR_ARG(actor_word(top, top->position)));
    }
    if (actor_word_is(top, top->position, "-dispatch")) {
        scenario_skip(top->scenario, "'server -dispatch' is not replayed yet");
        return STEP_FAILED;
    }
    if (str_starts(actor_word(top, top->position), STR("-")))
        return actor_wrong(top, "'server' does not know '%.*s'", STR_ARG(actor_word(top, top->position)));
    program = actor_program(top, top->position, actor_http_rows, server->http.program);
    if (!program)
        return STEP_FAILED;
    if (program != server->http.program)
        program_destroy(server->http.program);
    server->http.program = program;
    return STEP_NEXT;
}

enum actor_step actor_server_statement(struct actor *top)
{
    struct str name = actor_word(top, 1);
    struct actor *actor = actor_find(top->scenario, &actor_server_class, name);

    if (!actor) {
        struct server *server;

        if (!name.size || name.data[0] != 's')
            return actor_wrong(top, "a server's name begins with 's', not '%.*s'", STR_ARG(name));
        server = mem_need(sizeof(*server));
        actor_http_init(&server->http, top->scenario, &actor_server_class, name);
        server->http.is_server = true;
        CHECK(sim_address_parse(STR("127.0.0.1:0"), &server->listen));
        actor = &server->http.actor;
    }
    if (!top->position)
        top->position = 2;
    for (; top->position < top->word_count; top->position++) {
        enum actor_step step = take_word(top, server_of(actor));

        if (step != STEP_NEXT)
            return step;
    }
    return STEP_NEXT;
}
