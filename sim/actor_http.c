/* The HTTP/1 spec: reading, writing and the statements.
 *
 * A statement that needs bytes asks `need` for them; when they are not there it waits and is called again. Where a
 * statement has several waits, actor->phase says how far it came. */
#include "base/mem.h"
#include "sim/actor_http_parts.h"
#include "sim/expect.h"
#include "sim/links.h"
#include "sim/spec_message.h"
#include <stdio.h>

void actor_http_init(struct actor_http *http, struct scenario *scenario, const struct actor_class *class,
                     struct str name)
{
    http->sock = http->listener = PLAT_NO_SOCK;
    http->repeat = 1;
    actor_init(&http->actor, scenario, class, name);
    http->wire = wire_create(scenario, http->actor.name);
    links_add_host(scenario->links, http->actor.name, wire_host(http->wire));
}

void actor_http_finish(struct actor_http *http)
{
    actor_finish(&http->actor);
    wire_destroy(http->wire);
    program_destroy(http->program);
    mem_free(http->in);
    buf_finish(&http->head.bytes);
    buf_finish(&http->body);
    buf_finish(&http->out);
}

void actor_http_attach(struct actor_http *http, plat_sock sock)
{
    http->connections++;
    http->sock = sock;
    http->in_begin = http->in_end = 0;
    http->in_status = IO_OK;
    http->has_window = false;
    wire_on_ready(http->wire, sock, actor_ready, &http->actor);
    if (http->receive_buffer)
        (void)wire_set_option(http->wire, sock, PLAT_RECEIVE_BUFFER, (int64_t)http->receive_buffer);
}

void actor_http_begin(struct actor_http *http)
{
    http->patience_ns = http->actor.scenario->patience_ns;
    http->lenient = http->sent_head = http->has_body = false;
    http->segment = 0;
    http->segment_random = http->has_window = false;
    http->gzip_level = 0;
    http->chunk_length[0] = '\0';
    http->body_length[0] = '\0';
    http->head.count = 0;
    for (int i = 0; i < 3; i++)
        http->head.first[i] = STR_NONE;
    actor_load(&http->actor, http->program);
}

void actor_http_close(struct actor_http *http)
{
    if (http->sock == PLAT_NO_SOCK)
        return;
    if (http->in_begin < http->in_end)
        (void)wire_set_option(http->wire, http->sock, PLAT_LINGER_RESET, 1);
    wire_close(http->wire, http->sock);
    http->sock = PLAT_NO_SOCK;
}

bool actor_http_option(struct actor_http *http, struct actor *by, bool *wrong)
{
    uint64_t number;

    *wrong = false;
    if (actor_word_is(by, by->position, "-keepalive")) {
        http->keep_alive = true;
        return true;
    }
    if (!actor_word_is(by, by->position, "-repeat") && !actor_word_is(by, by->position, "-rcvbuf"))
        return false;
    *wrong = !actor_number(by, by->position + 1, &number);
    if (actor_word_is(by, by->position, "-rcvbuf"))
        http->receive_buffer = number;
    else
        http->repeat = number ? (unsigned)number : 1;
    by->position++;
    return true;
}

enum actor_step actor_http_complain(struct actor_http *http, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;
    enum actor_step step = STEP_NEXT;

    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    if (!http->lenient)
        step = actor_fail(&http->actor, "%.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
    return step;
}

/* ---- ends ---- */

/* Blanks may come before the end. */
static enum actor_step run_expect_close(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    enum actor_step step;

    for (;;) {
        switch (actor_http_in_need(http, 1, "the peer's close")) {
        case NEED_MET:
            if (!strchr(" \t\r\n", actor_http_in_data(http)[0]) || !actor_http_in_data(http)[0]) {
                struct buf text = BUF_INIT;

                expect_quote(&text, actor_http_in_str(http), 200);
                step = actor_http_complain(http, "expected the peer to close, but %.*s came",
                                           STR_ARG(buf_str(&text)));
                buf_finish(&text);
                if (step != STEP_NEXT)
                    return step;
            }
            actor_http_in_use(http, 1);
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            step = actor_http_complain(http, "waited %g s for the peer to close: it does not",
                                       (double)http->patience_ns / 1e9);
            if (step != STEP_NEXT)
                return step;
            break;
        case NEED_ENDED:
            return STEP_NEXT;
        }
    }
}

static enum actor_step run_expect_reset(struct actor *actor)
{
    struct actor_http *http = http_of(actor);

    for (;;) {
        switch (actor_http_in_need(http, 1, "a reset from the peer")) {
        case NEED_MET:
            actor_http_in_use(http, actor_http_in_size(http));
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            return actor_fail(actor, "waited %g s for a reset: it does not come",
                              (double)http->patience_ns / 1e9);
        case NEED_ENDED:
            if (http->in_status == IO_RESET)
                return STEP_NEXT;
            return actor_fail(actor, "expected a reset, but %s", actor_http_in_ended_text(http));
        }
    }
}

/* Nothing comes, not even an end, for that long. */
static enum actor_step run_expect_idle(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    uint64_t ns;

    if (actor->phase == 0) {
        if (!actor_seconds(actor, 1, &ns))
            return STEP_FAILED;
        actor->phase = 1;
        actor_alarm(actor, world_now(actor->scenario->world) + ns);
    }
    if (actor_http_in_size(http) || actor_http_in_fill(http)) {
        struct buf text = BUF_INIT;

        expect_quote(&text, actor_http_in_str(http), 200);
        actor_fail(actor, "expected an idle connection, but %.*s came", STR_ARG(buf_str(&text)));
        buf_finish(&text);
        return STEP_FAILED;
    }
    if (http->in_status != IO_OK)
        return actor_fail(actor, "expected an idle connection, but %s", actor_http_in_ended_text(http));
    return actor_alarm_passed(actor) ? STEP_NEXT : actor_wait_io(actor, "the end of an idle time");
}

static enum actor_step run_close(struct actor *actor)
{
    if (!http_of(actor)->is_server)
        return actor_wrong(actor, "'close' is for servers; a client closes when its spec ends");
    actor_http_close(http_of(actor));
    return STEP_NEXT;
}

static enum actor_step run_reset(struct actor *actor)
{
    struct actor_http *http = http_of(actor);

    if (http->sock == PLAT_NO_SOCK)
        return actor_fail(actor, "cannot reset: there is no connection");
    (void)wire_set_option(http->wire, http->sock, PLAT_LINGER_RESET, 1);
    actor_http_close(http);
    return STEP_NEXT;
}

/* The connection in hand ends and the next one is taken. */
static enum actor_step run_accept(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    enum io_status status;
    plat_sock sock;

    if (!http->is_server)
        return actor_wrong(actor, "'accept' is for servers");
    actor_http_close(http);
    sock = wire_accept(http->wire, http->listener, &http->peer, &status);
    if (sock != PLAT_NO_SOCK) {
        actor_http_attach(http, sock);
        return STEP_NEXT;
    }
    if (status == IO_WOULD_BLOCK)
        return actor_wait_io(actor, "a connection");
    return actor_http_complain(http, "cannot accept: %s", platform_status_text(status));
}

static enum actor_step run_shutdown(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    bool tolerant = false, read_only = false, write_only = false;
    enum io_status status;

    for (unsigned i = 1; i < actor->word_count; i++) {
        if (actor_word_is(actor, i, "-read"))
            read_only = true;
        else if (actor_word_is(actor, i, "-write"))
            write_only = true;
        else if (actor_word_is(actor, i, "-notconn"))
            tolerant = true;
        else
            return actor_wrong(actor, "'shutdown' is written: shutdown [-read | -write] [-notconn]");
    }
    (void)tolerant; /* an ended connection is no failure either way */
    if (http->sock == PLAT_NO_SOCK || (read_only && !write_only))
        return STEP_NEXT; /* the peer cannot see that nobody reads any longer */
    status = wire_shutdown(http->wire, http->sock, write_only ? PLAT_SHUT_WRITE : PLAT_SHUT_BOTH);
    (void)status;
    return STEP_NEXT;
}

/* ---- settings and expectations ---- */

static enum actor_step run_timeout(struct actor *actor)
{
    return actor_seconds(actor, 1, &http_of(actor)->patience_ns) ? STEP_NEXT : STEP_FAILED;
}

static enum actor_step run_fatal(struct actor *actor)
{
    http_of(actor)->lenient = false;
    return STEP_NEXT;
}

static enum actor_step run_non_fatal(struct actor *actor)
{
    http_of(actor)->lenient = true;
    return STEP_NEXT;
}

static enum actor_step run_segment(struct actor *actor)
{
    struct actor_http *http = http_of(actor);

    http->segment = 0;
    http->segment_random = actor_word_is(actor, 1, "random");
    if (http->segment_random || actor_word_is(actor, 1, "off"))
        return STEP_NEXT;
    return actor_number(actor, 1, &http->segment) ? STEP_NEXT : STEP_FAILED;
}

static enum actor_step run_window(struct actor *actor)
{
    struct actor_http *http = http_of(actor);

    http->has_window = !actor_word_is(actor, 1, "off");
    if (!http->has_window)
        return STEP_NEXT;
    return actor_number(actor, 1, &http->window_left) ? STEP_NEXT : STEP_FAILED;
}

static enum actor_step run_gunzip(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    const char *why;

    if (!spec_message_gunzip(&http->body, &why))
        return actor_http_complain(http, "cannot gunzip the body: %s", why);
    actor_http_in_print_length(http);
    return STEP_NEXT;
}

static enum actor_step run_expect_pattern(struct actor *actor)
{
    struct actor_http *http = http_of(actor);

    for (size_t i = 0; i < http->body.size; i++)
        if (http->body.data[i] != (char)('0' + i % 8))
            return actor_fail(actor, "byte %zu of the body is 0x%02x, not '%c'", i,
                              (unsigned char)http->body.data[i], (char)('0' + i % 8));
    return STEP_NEXT;
}

/* Texts end at a NUL byte for comparisons. */
static struct str until_nul(struct str text)
{
    const char *nul = text.size ? memchr(text.data, '\0', text.size) : NULL;

    return nul ? str_make(text.data, (size_t)(nul - text.data)) : text;
}

static struct str body_value(struct actor_http *http)
{
    if (!http->body.data)
        return STR("");
    CHECK(buf_room(&http->body, 1));
    http->body.data[http->body.size] = '\0';
    return until_nul(buf_str(&http->body));
}

/* What "req.url" and the like stand for; `room` is for texts that have to be made. false: it is a plain word. */
static bool expect_value(struct actor_http *http, struct str word, char *room, size_t room_size,
                         struct str *out)
{
    static const char *const request[] = { "req.method", "req.url", "req.proto" };
    static const char *const response[] = { "resp.proto", "resp.status", "resp.reason" };
    struct str part;

    *out = STR_NONE;
    for (size_t i = 0; i < 3; i++) {
        if (str_eq(word, str_of(request[i])) || str_eq(word, str_of(response[i]))) {
            if (http->head_is_request == (word.data[2] == 'q'))
                *out = http->head.first[i];
            return true;
        }
    }
    part = str_starts(word, STR("req.http.")) ? str_from(word, 9) : str_from(word, 10);
    if (str_starts(word, STR("req.http.")) || str_starts(word, STR("resp.http."))) {
        if (http->head_is_request == (word.data[2] == 'q'))
            *out = spec_message_field(&http->head, part);
        return true;
    }
    if (str_eq(word, STR("req.bodylen")) || str_eq(word, STR("resp.bodylen")))
        *out = str_of(http->body_length);
    else if (str_eq(word, STR("req.body")) || str_eq(word, STR("resp.body")))
        *out = http->has_body ? body_value(http) : word;
    else if (str_eq(word, STR("resp.chunklen")))
        *out = str_of(http->chunk_length);
    else if (str_eq(word, STR("remote.ip")))
        *out = str_make(room, addr_is_ip(&http->peer) ? addr_print_ip(&http->peer, room, room_size)
                                                      : (size_t)snprintf(room, room_size, "0.0.0.0"));
    else if (str_eq(word, STR("remote.port")))
        *out = str_make(room, (size_t)snprintf(room, room_size, "%u", http->peer.port));
    else if (str_eq(word, STR("h2.state")))
        *out = STR("false");
    else if (str_eq(word, STR("sim.now")))
        *out = str_make(room, (size_t)snprintf(room, room_size, "%.9f",
                                               (double)scenario_now(http->actor.scenario) / 1e9));
    else
        return false;
    return true;
}

static enum actor_step run_expect(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    struct expect_side left = { actor_word(actor, 1), actor_word(actor, 1) };
    struct expect_side right = { actor_word(actor, 3), actor_word(actor, 3) };
    char rooms[2][64];
    struct str value;

    if (expect_value(http, left.written, rooms[0], sizeof(rooms[0]), &value))
        left.value = value;
    if (expect_value(http, right.written, rooms[1], sizeof(rooms[1]), &value))
        right.value = value;
    return expect_compare(actor, left, actor_word(actor, 2), right);
}

#define HTTP2 "HTTP/2 specs are not replayed yet"

const struct statement_row actor_http_rows[] = {
    { "accept", run_accept, 0, 0, "", NULL },
    { "chunked", actor_http_run_chunked, 1, 1, "TEXT", NULL },
    { "chunkedlen", actor_http_run_chunkedlen, 1, 1, "BYTES", NULL },
    { "close", run_close, 0, 0, "", NULL },
    { "expect", run_expect, 3, 3, "WHAT OPERATOR WHAT", NULL },
    { "expect_close", run_expect_close, 0, 0, "", NULL },
    { "expect_idle", run_expect_idle, 1, 1, "SECONDS", NULL },
    { "expect_pattern", run_expect_pattern, 0, 0, "", NULL },
    { "expect_reset", run_expect_reset, 0, 0, "", NULL },
    { "fatal", run_fatal, 0, 0, "", NULL },
    { "gunzip", run_gunzip, 0, 0, "", NULL },
    { "non_fatal", run_non_fatal, 0, 0, "", NULL },
    { "recv", actor_http_run_recv, 1, 1, "BYTES", NULL },
    { "reset", run_reset, 0, 0, "", NULL },
    { "rxchunk", actor_http_run_rxchunk, 0, 0, "", NULL },
    { "rxreq", actor_http_run_rxreq, 0, 0, "", NULL },
    { "rxreqbody", actor_http_run_rxbody, 0, 0, "", NULL },
    { "rxreqhdrs", actor_http_run_rxreqhdrs, 0, 0, "", NULL },
    { "rxresp", actor_http_run_rxresp, 0, 1, "[-no_obj]", NULL },
    { "rxrespbody", actor_http_run_rxbody, 0, 2, "[-max BYTES]", NULL },
    { "rxresphdrs", actor_http_run_rxresphdrs, 0, 0, "", NULL },
    { "segment", run_segment, 1, 1, "BYTES | random | off", NULL },
    { "send", actor_http_run_send, 1, 1, "TEXT", NULL },
    { "send_n", actor_http_run_send_n, 2, 2, "TIMES TEXT", NULL },
    { "sendhex", actor_http_run_sendhex, 1, 1, "DIGITS", NULL },
    { "shutdown", run_shutdown, 0, 3, "[-read | -write] [-notconn]", NULL },
    { "timeout", run_timeout, 1, 1, "SECONDS", NULL },
    { "txreq", actor_http_run_txreq, 0, WORDS_ANY, "[-method M] [-url U] [-hdr \"N: V\"] ...", NULL },
    { "txresp", actor_http_run_txresp, 0, WORDS_ANY, "[-status S] [-hdr \"N: V\"] ...", NULL },
    { "window", run_window, 1, 1, "BYTES | off", NULL },
    { "rxpri", NULL, 0, WORDS_ANY, "", HTTP2 },
    { "settings", NULL, 0, WORDS_ANY, "", HTTP2 },
    { "stream", NULL, 0, WORDS_ANY, "", HTTP2 },
    { "txpri", NULL, 0, WORDS_ANY, "", HTTP2 },
    { "upgrade", NULL, 0, WORDS_ANY, "", HTTP2 },
    { "send_urgent", NULL, 0, WORDS_ANY, "", "urgent bytes are not simulated" },
    { "write_body", NULL, 0, WORDS_ANY, "", "'write_body' needs real files" },
    { 0 },
};
