/* The script is evaluated from its begin each time, as if all of it took no time. What needs the world (socat, sleep) is
 * an errand: the first time that evaluation comes to one, it stops and the errand is run, which may take virtual
 * time; then evaluation begins anew and finds the errand's result in its place. All else is pure, so it comes out the
 * same each time. shell_language.c evaluates, shell_program.c has the programs. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/real_node.h"
#include "sim/shell_parts.h"
#include <stdio.h>

struct outcome shell_stop(struct shell *shell, const char *unknown_format, struct str what)
{
    if (unknown_format && !shell->unknown)
        shell->unknown = arena_printf(&shell->arena, unknown_format, STR_ARG(what)).data;
    return (struct outcome){ 1, true };
}

/* ---- errands ---- */

struct errand *shell_next_errand(struct shell *shell, enum errand_kind kind, bool *made)
{
    struct errand *errand;

    *made = shell->next_errand == shell->errand_count;
    if (*made) {
        if (shell->errand_count == ERRANDS_MAX)
            return NULL;
        errand = mem_need(sizeof(*errand));
        errand->kind = kind;
        shell->errands[shell->errand_count++] = errand;
    }
    return shell->errands[shell->next_errand++];
}

struct outcome shell_errand_outcome(struct shell *shell, const struct errand *errand, struct buf *out)
{
    if (!errand->done) {
        shell->pending = true;
        return (struct outcome){ 1, true };
    }
    buf_add(out, buf_str(&errand->out));
    return shell_ended(errand->exit_code);
}

/* ---- errands in the world ---- */

void shell_close_errand(struct shell *shell)
{
    if (shell->sock != PLAT_NO_SOCK)
        net_close(shell->host, shell->sock);
    shell_tls_destroy(shell->tls);
    shell->tls = NULL;
    shell->sock = PLAT_NO_SOCK;
    shell->connected = shell->input_ended = false;
    shell->sent = 0;
}

static enum actor_step errand_end(struct shell *shell, struct errand *errand, int exit_code)
{
    shell_close_errand(shell);
    errand->done = true;
    errand->exit_code = exit_code;
    return STEP_NEXT;
}

/* Connected, or waiting, or over. */
static enum actor_step socat_connect(struct actor *actor, struct shell *shell, struct errand *errand)
{
    enum io_status status = IO_OK;

    if (shell->sock == PLAT_NO_SOCK) {
        struct plat_connect how = { .to = errand->to };

        shell->sock = net_connect(shell->host, &how, &status);
        if (shell->sock == PLAT_NO_SOCK)
            return errand_end(shell, errand, 1);
        net_on_ready(shell->host, shell->sock, actor_ready, actor);
    }
    if (!(net_readiness(shell->host, shell->sock) & (PLAT_WRITABLE | PLAT_ERROR)))
        return actor_wait_io(actor, "a connection");
    if (net_sock_error(shell->host, shell->sock) != IO_OK)
        return errand_end(shell, errand, 1);
    shell->connected = true;
    return STEP_NEXT;
}

static enum actor_step socat_write(struct actor *actor, struct shell *shell, struct errand *errand)
{
    while (shell->sent < errand->in.size) {
        struct io_vec vec = { errand->in.data + shell->sent, errand->in.size - shell->sent };
        struct io_result result = net_write(shell->host, shell->sock, &vec, 1, false);

        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room for what it sends");
        if (result.status != IO_OK)
            return errand_end(shell, errand, 1);
        shell->sent += result.size;
    }
    if (!shell->input_ended && errand->kind == ERRAND_SOCAT)
        (void)!net_shutdown(shell->host, shell->sock, PLAT_SHUT_WRITE);
    shell->input_ended = true;
    return STEP_NEXT;
}

/* Until the other side ends, or nothing came for its patience. */
static enum actor_step socat_read(struct actor *actor, struct shell *shell, struct errand *errand)
{
    for (;;) {
        struct io_vec vec = { buf_room(&errand->out, 16384), 16384 };
        struct io_result result;

        CHECK(vec.data);
        result = net_read(shell->host, shell->sock, &vec, 1);
        if (result.status == IO_OK && result.size) {
            errand->out.size += result.size;
            actor->alarm_ns = 0;
            continue;
        }
        if (result.status != IO_WOULD_BLOCK && result.status != IO_OK)
            return errand_end(shell, errand, result.status == IO_CLOSED ? 0 : 1);
        if (actor_alarm_passed(actor))
            return errand_end(shell, errand, 0);
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(shell->scenario->world) + errand->wait_ns);
        return actor_wait_io(actor, "an answer");
    }
}

/* All that TLS has for the peer; STEP_NEXT: it went out, or the errand is over. */
static enum actor_step tls_send(struct actor *actor, struct shell *shell, struct errand *errand)
{
    struct str rest;

    while ((rest = shell_tls_unsent(shell->tls)).size) {
        struct io_vec vec = { (char *)(uintptr_t)rest.data, rest.size };
        struct io_result result = net_write(shell->host, shell->sock, &vec, 1, false);

        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room for what it sends");
        if (result.status != IO_OK)
            return errand_end(shell, errand, EXIT_TLS_FAILED);
        shell_tls_sent(shell->tls, result.size);
    }
    return STEP_NEXT;
}

static enum actor_step tls_step(struct actor *actor, struct shell *shell, struct errand *errand)
{
    if (!shell->tls) {
        errand->tls.server_name = errand->server_name;
        shell->tls = shell_tls_create(&errand->tls, shell->scenario->world, actor->entity);
        if (!shell->tls)
            return errand_end(shell, errand, EXIT_TLS_FAILED);
    }
    for (;;) {
        enum shell_tls_status status = shell_tls_turn(shell->tls, buf_str(&errand->in), &errand->out);
        enum actor_step step = tls_send(actor, shell, errand);
        char bytes[4096];
        struct io_vec vec = { bytes, sizeof(bytes) };
        struct io_result result;

        if (step != STEP_NEXT || errand->done)
            return step;
        if (status != SHELL_TLS_MORE)
            return errand_end(shell, errand, status == SHELL_TLS_OVER ? 0 : EXIT_TLS_FAILED);
        result = net_read(shell->host, shell->sock, &vec, 1);
        if (result.status == IO_OK && result.size) {
            shell_tls_received(shell->tls, str_make(bytes, result.size));
            actor->alarm_ns = 0;
            continue;
        }
        if (result.status != IO_WOULD_BLOCK || actor_alarm_passed(actor))
            return errand_end(shell, errand, errand->out.size ? 0 : EXIT_TLS_FAILED);
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(shell->scenario->world) + errand->wait_ns);
        return actor_wait_io(actor, "an answer over TLS");
    }
}

/* STEP_NEXT: it is done. */
static enum actor_step errand_step(struct actor *actor, struct shell *shell, struct errand *errand)
{
    enum actor_step step = STEP_NEXT;

    if (errand->kind == ERRAND_SLEEP) {
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(shell->scenario->world) + errand->wait_ns);
        if (!actor_alarm_passed(actor))
            return actor_wait(actor, "the end of 'sleep'");
        return errand_end(shell, errand, 0);
    }
    if (!shell->connected)
        step = socat_connect(actor, shell, errand);
    if (step == STEP_NEXT && !errand->done && errand->kind == ERRAND_TLS)
        return tls_step(actor, shell, errand);
    if (step == STEP_NEXT && !errand->done)
        step = socat_write(actor, shell, errand);
    if (step == STEP_NEXT && !errand->done)
        step = socat_read(actor, shell, errand);
    return step;
}

/* ---- the statement ---- */

static void shell_destroy(struct shell *shell);

static void shell_reset(struct shell *shell)
{
    shell_close_errand(shell);
    for (unsigned i = 0; i < shell->errand_count; i++) {
        buf_finish(&shell->errands[i]->in);
        buf_finish(&shell->errands[i]->out);
        mem_free(shell->errands[i]->server_name);
        mem_free(shell->errands[i]);
    }
    for (unsigned i = 0; i < shell->job_count; i++)
        shell_destroy(shell->jobs[i]);
    shell->errand_count = shell->job_count = 0;
    shell->alarm_ns = 0;
    shell->finished = false;
    buf_reset(&shell->said);
    dict_finish(&shell->variables);
    arena_reset(&shell->arena);
}

static void shell_destroy(struct shell *shell)
{
    shell_reset(shell);
    net_host_destroy(shell->host);
    arena_finish(&shell->arena);
    buf_finish(&shell->given);
    buf_finish(&shell->said);
    mem_free(shell->text);
    mem_free(shell);
}

static void shell_forget(void *data)
{
    shell_destroy(data);
}

struct shell *shell_create(struct scenario *scenario, struct actor *actor)
{
    struct shell *shell = mem_need(sizeof(*shell));

    shell->scenario = scenario;
    shell->actor = actor;
    shell->sock = PLAT_NO_SOCK;
    shell->host = net_host_create(scenario->net, actor->name);
    arena_init(&shell->arena, 4096);
    return shell;
}

static struct shell *shell_of(struct actor *actor)
{
    struct command *command = actor->command;

    if (!command->cache) {
        command->cache = shell_create(actor->scenario, actor);
        command->forget = shell_forget;
    }
    return command->cache;
}

struct wishes {
    struct str script, said, pattern;
    int64_t exit_code; /* -1: any but 0 */
};

static bool read_wishes(struct actor *actor, struct wishes *wishes)
{
    unsigned i = 1, count = actor->word_count;

    *wishes = (struct wishes){ 0 };
    if (actor_word_is(actor, count - 1, "-run"))
        count--; /* which is what it does anyway */
    for (; i + 1 < count; i++) {
        if (actor_word_is(actor, i, "-err"))
            wishes->exit_code = -1;
        else if (actor_word_is(actor, i, "-exit")) {
            if (!units_parse_int(actor_word(actor, ++i), 0, 255, &wishes->exit_code))
                return false;
        } else if (actor_word_is(actor, i, "-expect"))
            wishes->said = actor_word(actor, ++i);
        else if (actor_word_is(actor, i, "-match"))
            wishes->pattern = actor_word(actor, ++i);
        else
            return false;
    }
    wishes->script = actor_word(actor, i);
    return wishes->script.data != NULL;
}

static enum actor_step judge(struct actor *actor, const struct wishes *wishes, int exit_code, struct str said)
{
    struct buf shown = BUF_INIT;
    enum actor_step step = STEP_NEXT;

    expect_quote(&shown, said, 1000);
    if (wishes->exit_code < 0 ? exit_code == 0 : exit_code != wishes->exit_code)
        step = actor_fail(actor, "expected  exit code %s%d of the script\n    came      %d, and %.*s",
                          wishes->exit_code < 0 ? "other than " : "",
                          wishes->exit_code < 0 ? 0 : (int)wishes->exit_code, exit_code,
                          STR_ARG(buf_str(&shown)));
    else if (wishes->said.size && str_find(said, wishes->said) == STR_NOT_FOUND)
        step = actor_fail(actor, "expected  \"%.*s\" in what the script prints\n    came      %.*s",
                          STR_ARG(wishes->said), STR_ARG(buf_str(&shown)));
    buf_finish(&shown);
    return step;
}

/* The shell's errand, then the script anew; STEP_NEXT: it is finished. */
static enum actor_step evaluate(struct actor *actor, struct shell *shell, struct str script)
{
    for (;;) {
        struct errand *errand = shell->errand_count ? shell->errands[shell->errand_count - 1] : NULL;
        unsigned errands;
        struct outcome outcome;

        if (errand && !errand->done) {
            enum actor_step step;

            actor->alarm_ns = shell->alarm_ns;
            step = errand_step(actor, shell, errand);
            shell->alarm_ns = step == STEP_WAIT ? actor->alarm_ns : 0;
            actor->alarm_ns = 0;
            if (step != STEP_NEXT)
                return step;
        }
        errands = shell->errand_count;
        shell->next_errand = shell->next_job = 0;
        shell->pending = false;
        dict_finish(&shell->variables);
        arena_reset(&shell->arena);
        buf_reset(&shell->said);
        shell_take_given(shell);
        outcome = shell_run_script(shell, script, &shell->said);
        if (shell->unknown) {
            scenario_skip(actor->scenario, "line %u: %s", actor->command->text.line, shell->unknown);
            return STEP_FAILED;
        }
        shell->finished = !outcome.stopped;
        shell->exit_code = outcome.exit_code;
        if (shell->finished)
            return STEP_NEXT;
        if (shell->errand_count == errands)
            return actor_wait(actor,
                              "what runs beside the script"); /* `wait` came to one that is not finished */
    }
}

/* The script and what it began, in turn, until none of them can go on. */
static enum actor_step run_all(struct actor *actor, struct shell *shell, struct str script)
{
    bool again = true, all = false;

    while (again) {
        again = false;
        if (!shell->finished && evaluate(actor, shell, script) == STEP_FAILED)
            return STEP_FAILED;
        all = shell->finished;
        for (unsigned i = 0; i < shell->job_count; i++) {
            struct shell *job = shell->jobs[i];

            if (!job->finished && evaluate(actor, job, str_of(job->text)) == STEP_FAILED)
                return STEP_FAILED;
            again |= job->finished && !shell->finished && !job->is_seen;
            job->is_seen |= job->finished;
            all = all && job->finished;
        }
    }
    return all ? STEP_NEXT : STEP_WAIT;
}

static void arm_earliest(struct actor *actor, const struct shell *shell)
{
    uint64_t at_ns = shell->finished ? 0 : shell->alarm_ns;

    for (unsigned i = 0; i < shell->job_count; i++) {
        const struct shell *job = shell->jobs[i];

        if (!job->finished && job->alarm_ns && (!at_ns || job->alarm_ns < at_ns))
            at_ns = job->alarm_ns;
    }
    actor_alarm(actor, at_ns);
}

enum actor_step shell_statement(struct actor *actor)
{
    struct shell *shell = shell_of(actor);
    struct wishes wishes;
    enum actor_step step;

    if (!read_wishes(actor, &wishes))
        return actor_wrong(actor, "'shell' is written: shell [-err | -exit N] [-expect TEXT] {SCRIPT}");
    if (actor->scenario->real) {
        int exit_code;
        struct str said;

        step = real_shell(actor, wishes.script, &exit_code, &said);
        return step == STEP_NEXT ? judge(actor, &wishes, exit_code, said) : step;
    }
    if (wishes.pattern.data) {
        scenario_skip(actor->scenario, "'shell -match' is not known here");
        return STEP_FAILED;
    }
    if (actor->phase == 0) {
        shell_reset(shell);
        actor->phase = 1;
    }
    step = run_all(actor, shell, wishes.script);
    if (step == STEP_WAIT)
        arm_earliest(actor, shell);
    if (step != STEP_NEXT)
        return step;
    for (unsigned i = 0; i < shell->job_count; i++)
        buf_add(&shell->said, buf_str(&shell->jobs[i]->said));
    return judge(actor, &wishes, shell->exit_code, shell->said.size ? buf_str(&shell->said) : STR(""));
}
