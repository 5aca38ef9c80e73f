/* The HTTP/1 spec: reading, writing and the statements.
 *
 * A statement that needs bytes asks `need` for them; when they are not there it waits and is called again. Where a
 * statement has several waits, actor->phase says how far it came. */
#include "sim/actor_http.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/links.h"
#include "sim/spec_message.h"
#include <stdio.h>
#include <stdlib.h>

enum { READ_AHEAD = 16384, SEGMENT_PAUSE_NS = 20000 };

enum need {
    NEED_MET,
    NEED_WAIT,   /* return STEP_WAIT */
    NEED_ENDED,  /* http->in_status says how; what was asked for will not come */
    NEED_TIMEOUT /* patience is over */
};

static struct actor_http *http_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct actor_http, actor);
}

void actor_http_init(struct actor_http *http, struct scenario *scenario, const struct actor_class *class,
                     struct str name)
{
    http->sock = http->listener = PLAT_NO_SOCK;
    http->repeat = 1;
    actor_init(&http->actor, scenario, class, name);
    http->host = net_host_create(scenario->net, http->actor.name);
    links_add_host(scenario->links, http->actor.name, http->host);
}

void actor_http_finish(struct actor_http *http)
{
    actor_finish(&http->actor);
    net_host_destroy(http->host);
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
    net_on_ready(http->host, sock, actor_ready, &http->actor);
    if (http->receive_buffer)
        (void)net_set_option(http->host, sock, PLAT_RECEIVE_BUFFER, (int64_t)http->receive_buffer);
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
        (void)net_set_option(http->host, http->sock, PLAT_LINGER_RESET, 1);
    net_close(http->host, http->sock);
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

/* What would end the scenario, unless the spec said non_fatal: then the statement goes on as well as it can. */
static enum actor_step complain(struct actor_http *http, const char *format, ...) PRINTF_LIKE(2, 3);
static enum actor_step complain(struct actor_http *http, const char *format, ...)
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

/* ---- bytes in ---- */

/* As "%zu" would, which is slow for what every message needs. */
static void print_length(struct actor_http *http)
{
    char digits[sizeof(http->body_length)];
    size_t value = http->body.size, at = sizeof(digits);

    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    memcpy(http->body_length, digits + at, sizeof(digits) - at);
}

static size_t in_size(const struct actor_http *http)
{
    return http->in_end - http->in_begin;
}

static char *in_data(const struct actor_http *http)
{
    return http->in + http->in_begin;
}

static struct str in_str(const struct actor_http *http)
{
    return str_make(in_data(http), in_size(http));
}

static void in_use(struct actor_http *http, size_t size)
{
    http->in_begin += size;
    if (http->in_begin == http->in_end)
        http->in_begin = http->in_end = 0;
}

static void in_make_room(struct actor_http *http, size_t size)
{
    if (http->in_size - http->in_end >= size)
        return;
    if (http->in_begin) {
        memmove(http->in, in_data(http), in_size(http));
        http->in_end -= http->in_begin;
        http->in_begin = 0;
    }
    if (http->in_size - http->in_end >= size)
        return;
    http->in_size = http->in_size * 2 > http->in_end + size ? http->in_size * 2 : http->in_end + size;
    http->in = mem_resize(http->in, http->in_size);
    CHECK(http->in);
}

/* Reads once. false: nothing came (yet, or any more: see in_status). */
static bool in_fill(struct actor_http *http)
{
    size_t most = READ_AHEAD;
    struct io_vec vec;
    struct io_result result;

    if (http->sock == PLAT_NO_SOCK) {
        http->in_status = IO_BAD;
        return false;
    }
    if (http->in_status != IO_OK || (http->has_window && !http->window_left))
        return false;
    if (http->has_window && http->window_left < most)
        most = http->window_left;
    in_make_room(http, most);
    vec = (struct io_vec){ http->in + http->in_end, most };
    result = net_read(http->host, http->sock, &vec, 1);
    if (result.status == IO_WOULD_BLOCK || (result.status == IO_OK && !result.size))
        return false;
    if (result.status != IO_OK) {
        http->in_status = result.status;
        return false;
    }
    http->in_end += result.size;
    if (http->has_window)
        http->window_left -= result.size;
    return true;
}

/* Until `size` bytes are there. Patience begins anew with each arrival. */
static enum need need(struct actor_http *http, size_t size, const char *what)
{
    struct actor *actor = &http->actor;

    while (in_size(http) < size) {
        if (in_fill(http)) {
            actor->alarm_ns = 0;
            continue;
        }
        if (http->in_status != IO_OK)
            return NEED_ENDED;
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(actor->scenario->world) + http->patience_ns);
        if (actor_alarm_passed(actor)) {
            actor->alarm_ns = 0;
            return NEED_TIMEOUT;
        }
        actor_wait_io(actor, what);
        return NEED_WAIT;
    }
    return NEED_MET;
}

static const char *ended_text(const struct actor_http *http)
{
    switch (http->in_status) {
    case IO_CLOSED:
        return "the peer closed the connection";
    case IO_RESET:
        return "the peer reset the connection";
    case IO_BAD:
        return "there is no connection";
    default:
        return platform_status_text(http->in_status);
    }
}

/* For statements that fail on anything but bytes. NEED_MET or what to return in *step. */
static bool need_or_fail(struct actor_http *http, size_t size, const char *what, enum actor_step *step)
{
    for (;;) {
        switch (need(http, size, what)) {
        case NEED_MET:
            return true;
        case NEED_WAIT:
            *step = STEP_WAIT;
            return false;
        case NEED_TIMEOUT:
            *step = complain(http, "waited %g s for %s: nothing came", (double)http->patience_ns / 1e9, what);
            if (*step == STEP_NEXT)
                continue;
            return false;
        case NEED_ENDED:
            *step = complain(http, "waited for %s, but %s (%zu bytes came)", what, ended_text(http),
                             in_size(http));
            return false;
        }
    }
}

/* ---- bytes out ---- */

static size_t next_segment(struct actor_http *http, size_t left)
{
    struct scenario *scenario = http->actor.scenario;

    if (http->segment)
        return http->segment < left ? (size_t)http->segment : left;
    if (http->segment_random && left > 1) {
        uint32_t cut = world_choose(scenario->world, SITE_SEGMENT, http->actor.entity,
                                    left < 4096 ? (uint32_t)left : 4096);
        return cut ? cut : left;
    }
    return left;
}

enum actor_step actor_http_send(struct actor_http *http)
{
    struct actor *actor = &http->actor;

    if (http->sock == PLAT_NO_SOCK)
        return complain(http, "cannot send: there is no connection");
    while (http->sent < http->sending.size) {
        size_t left = http->sending.size - http->sent;
        struct io_vec vec = { (char *)(uintptr_t)http->sending.data + http->sent, 0 };
        struct io_result result;

        if (actor->alarm_ns) { /* the pause between two segments */
            if (!actor_alarm_passed(actor))
                return actor_wait(actor, "the next segment's turn");
            actor->alarm_ns = 0;
        }
        vec.size = next_segment(http, left);
        result = net_write(http->host, http->sock, &vec, 1, false);
        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room to send");
        if (result.status != IO_OK)
            return complain(http, "cannot send the last %zu of %zu bytes: %s", left, http->sending.size,
                            result.status == IO_RESET    ? "the peer reset the connection"
                            : result.status == IO_CLOSED ? "the peer closed the connection"
                                                         : platform_status_text(result.status));
        http->sent += result.size;
        if ((http->segment || http->segment_random) && http->sent < http->sending.size)
            actor_alarm(actor, world_now(actor->scenario->world) + SEGMENT_PAUSE_NS);
    }
    return STEP_NEXT;
}

/* Begins to send in phase 0; goes on in phase 1. */
static enum actor_step send_bytes(struct actor_http *http, struct str bytes)
{
    http->sending = bytes;
    http->sent = 0;
    http->actor.phase = 1;
    if (scenario_says(http->actor.scenario)) {
        struct buf text = BUF_INIT;

        expect_quote(&text, bytes, 600);
        scenario_say(http->actor.scenario, http->actor.name, "sends %.*s", STR_ARG(buf_str(&text)));
        buf_finish(&text);
    }
    return actor_http_send(http);
}

static void forget_message(void *data)
{
    struct spec_message *message = data;

    buf_finish(&message->bytes);
    mem_free(message);
}

/* txreq and txresp. A command without macros keeps its message for the next time. */
static enum actor_step send_message(struct actor_http *http, bool is_request)
{
    struct command *command = http->actor.command;
    struct spec_message *message = command->cache;

    if (http->actor.phase)
        return actor_http_send(http);
    if (!message || command->text.has_macro || !message->keeps) {
        struct spec_message built;

        if (!spec_message_build(http, is_request, &built))
            return STEP_FAILED;
        if (message) {
            buf_finish(&message->bytes);
        } else {
            message = mem_need(sizeof(*message));
            command->cache = message;
            command->forget = forget_message;
        }
        *message = built;
    }
    spec_message_renew(http, message);
    if (is_request)
        http->sent_head = message->is_head;
    return send_bytes(http, buf_str(&message->bytes));
}

static enum actor_step run_txreq(struct actor *actor)
{
    if (http_of(actor)->is_server)
        return actor_wrong(actor, "'txreq' is for clients; a server says 'txresp'");
    return send_message(http_of(actor), true);
}

static enum actor_step run_txresp(struct actor *actor)
{
    if (!http_of(actor)->is_server)
        return actor_wrong(actor, "'txresp' is for servers; a client says 'txreq'");
    return send_message(http_of(actor), false);
}

static enum actor_step run_send(struct actor *actor)
{
    return actor->phase ? actor_http_send(http_of(actor)) : send_bytes(http_of(actor), actor_word(actor, 1));
}

/* Each round is a write of its own; actor->count is how many are done. */
static enum actor_step run_send_n(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    uint64_t times;

    if (!actor_number(actor, 1, &times))
        return STEP_FAILED;
    while (actor->count < times) {
        enum actor_step step = actor->phase ? actor_http_send(http) : send_bytes(http, actor_word(actor, 2));

        if (step != STEP_NEXT)
            return step;
        actor->phase = 0;
        actor->count++;
    }
    return STEP_NEXT;
}

static enum actor_step run_sendhex(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    struct str text = actor_word(actor, 1);
    int high = -1;

    if (actor->phase)
        return actor_http_send(http);
    buf_reset(&http->out);
    for (size_t i = 0; i < text.size; i++) {
        int digit = ascii_hex(text.data[i]);

        if (text.data[i] == ' ' || text.data[i] == '\t' || text.data[i] == '\n')
            continue;
        if (digit < 0)
            return actor_wrong(actor, "'sendhex' wants hexadecimal digits, not '%c'", text.data[i]);
        if (high < 0) {
            high = digit;
            continue;
        }
        buf_add_char(&http->out, (char)(high * 16 + digit));
        high = -1;
    }
    if (high >= 0)
        buf_add_char(&http->out, (char)(high * 16));
    return send_bytes(http, buf_str(&http->out));
}

static enum actor_step run_chunked(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    struct str text = actor_word(actor, 1);

    if (actor->phase)
        return actor_http_send(http);
    buf_reset(&http->out);
    buf_printf(&http->out, "%zx\r\n", text.size);
    buf_add(&http->out, text);
    buf_add_c(&http->out, "\r\n");
    return send_bytes(http, buf_str(&http->out));
}

/* Digits 0 to 7, again and again from each 16 KB on. */
static enum actor_step run_chunkedlen(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    uint64_t size;

    if (actor->phase)
        return actor_http_send(http);
    if (!actor_number(actor, 1, &size))
        return STEP_FAILED;
    if (size > 1u << 30)
        return actor_wrong(actor, "'chunkedlen' makes chunks of up to 1 GB");
    buf_reset(&http->out);
    buf_printf(&http->out, "%zx\r\n", (size_t)size);
    for (uint64_t i = 0; i < size; i++)
        buf_add_char(&http->out, (char)('0' + i % 8));
    buf_add_c(&http->out, "\r\n");
    return send_bytes(http, buf_str(&http->out));
}

/* ---- heads ---- */

/* The bytes of a head up to and with its empty line, from in_data; 0: it is not whole yet. */
static size_t head_size(struct actor_http *http)
{
    struct str in = in_str(http);
    const char *end = in.data + in.size;

    for (const char *at = in.data + http->scanned; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        if (!line_end)
            break;
        at = line_end + 1;
        if (at < end && *at == '\n')
            return (size_t)(at + 1 - in.data);
        if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
            return (size_t)(at + 2 - in.data);
        http->scanned = (size_t)(line_end - in.data);
    }
    return 0;
}

static enum actor_step take_head(struct actor_http *http, size_t size, bool is_request)
{
    const char *why;

    buf_reset(&http->head.bytes);
    buf_add(&http->head.bytes, str_make(in_data(http), size));
    in_use(http, size);
    http->head_is_request = is_request;
    http->requests += is_request;
    http->has_body = true;
    if (scenario_says(http->actor.scenario)) {
        struct buf text = BUF_INIT;

        expect_quote(&text, buf_str(&http->head.bytes), 600);
        scenario_say(http->actor.scenario, http->actor.name, "received %.*s", STR_ARG(buf_str(&text)));
        buf_finish(&text);
    }
    if (!spec_message_split(&http->head, &why))
        return complain(http, "what came is no head: %s", why);
    if (spec_message_field_count(&http->head, STR("Content-Length")) > 1)
        return actor_fail(&http->actor, "the head has several Content-Length fields");
    return STEP_NEXT;
}

/* Reads a head. phase 0 begins, phase 1 goes on; leaves phase 2. */
static enum actor_step receive_head(struct actor_http *http, bool is_request)
{
    struct actor *actor = &http->actor;
    const char *what = is_request ? "a request's head" : "a response's head";

    if (actor->phase == 0) {
        http->scanned = 0;
        http->has_body = false;
        snprintf(http->body_length, sizeof(http->body_length), "<undef>");
        buf_reset(&http->body);
        actor->phase = 1;
    }
    for (;;) {
        size_t size = in_size(http) ? head_size(http) : 0;
        enum actor_step step;

        if (size) {
            actor->phase = 2;
            return take_head(http, size, is_request);
        }
        switch (need(http, in_size(http) + 1, what)) {
        case NEED_MET:
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            step = complain(http, "waited %g s for %s: %zu bytes came", (double)http->patience_ns / 1e9, what,
                            in_size(http));
            if (step != STEP_NEXT)
                return step;
            break;
        case NEED_ENDED:
            step = complain(http, "waited for %s, but %s after %zu bytes", what, ended_text(http),
                            in_size(http));
            if (step != STEP_NEXT)
                return step;
            actor->phase = 2;
            return take_head(http, in_size(http), is_request);
        }
    }
}

/* ---- bodies ---- */

/* How long the body is, by the head (RFC 9112 section 6.3, as far as specs need it). */
static enum actor_step begin_body(struct actor_http *http, bool to_end, uint64_t max)
{
    struct str coding = spec_message_field(&http->head, STR("transfer-encoding"));
    struct str length = spec_message_field(&http->head, STR("content-length"));

    http->body_max = max;
    http->body_got = 0;
    http->body_kind = HTTP_BODY_NONE;
    if (coding.data && str_eq_nocase(coding, STR("chunked"))) {
        if (length.data)
            return complain(http, "the head has both Transfer-Encoding: chunked and Content-Length");
        http->body_kind = HTTP_BODY_CHUNKED;
        http->chunk_state = HTTP_CHUNK_SIZE;
    } else if (length.data) {
        uint64_t whole = strtoull(length.data, NULL, 10);

        http->body_kind = HTTP_BODY_LENGTH;
        http->body_left = whole > http->body.size ? whole - http->body.size : 0;
        if (max && http->body_left > max)
            http->body_left = max;
    } else if (to_end) {
        http->body_kind = HTTP_BODY_TO_END;
    }
    return STEP_NEXT;
}

static void body_take(struct actor_http *http, uint64_t most)
{
    size_t size = in_size(http) < most ? in_size(http) : (size_t)most;

    buf_add(&http->body, str_make(in_data(http), size));
    in_use(http, size);
    http->body_got += size;
}

static enum actor_step receive_length(struct actor_http *http)
{
    enum actor_step step;

    while (http->body_left) {
        uint64_t before = http->body_got;

        if (!need_or_fail(http, 1, "the rest of a body", &step))
            return step;
        body_take(http, http->body_left);
        http->body_left -= http->body_got - before;
    }
    return STEP_NEXT;
}

static enum actor_step receive_to_end(struct actor_http *http)
{
    while (!http->body_max || http->body_got < http->body_max) {
        enum actor_step step;

        switch (need(http, 1, "more of a body that ends with the connection")) {
        case NEED_MET:
            body_take(http, http->body_max ? http->body_max - http->body_got : UINT64_MAX);
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            step = complain(http, "waited %g s for the end of a body that ends with the connection",
                            (double)http->patience_ns / 1e9);
            if (step != STEP_NEXT)
                return step;
            break;
        case NEED_ENDED:
            if (http->in_status == IO_CLOSED)
                return STEP_NEXT;
            return complain(http, "waited for the end of a body, but %s", ended_text(http));
        }
    }
    return STEP_NEXT;
}

/* The line with a chunk's size: digits, then anything behind a blank. */
static enum actor_step receive_chunk_size(struct actor_http *http, bool *have)
{
    struct str in = in_str(http);
    size_t end = in.size ? str_find_char(in, '\n') : STR_NOT_FOUND;
    size_t digits = 0;
    uint64_t size = 0;
    enum actor_step step = STEP_NEXT;

    *have = end != STR_NOT_FOUND;
    if (!*have) {
        if (!need_or_fail(http, in.size + 1, "a chunk's size", &step))
            return step;
        return STEP_NEXT;
    }
    for (; digits < end && digits < 16 && ascii_hex(in.data[digits]) >= 0; digits++)
        size = size * 16 + (uint64_t)ascii_hex(in.data[digits]);
    if (!digits || !strchr(" \t\r\n", in.data[digits]))
        return actor_fail(&http->actor, "a chunk's size is not hexadecimal: byte 0x%02x at %zu",
                          (unsigned char)in.data[digits], digits);
    snprintf(http->chunk_length, sizeof(http->chunk_length), "%llu", (unsigned long long)size);
    in_use(http, end + 1);
    http->body_left = size;
    http->body_empty_chunk = size == 0;
    http->chunk_state = HTTP_CHUNK_DATA;
    return STEP_NEXT;
}

/* One chunk with its CRLF; http->body_empty_chunk says whether it was the last. */
static enum actor_step receive_chunk(struct actor_http *http)
{
    enum actor_step step;
    size_t end_size;

    while (http->chunk_state == HTTP_CHUNK_SIZE) {
        bool have;

        step = receive_chunk_size(http, &have);
        if (step != STEP_NEXT || (!have && http->in_status != IO_OK))
            return step;
    }
    if (http->chunk_state == HTTP_CHUNK_DATA) {
        step = receive_length(http);
        if (step != STEP_NEXT)
            return step;
        http->chunk_state = HTTP_CHUNK_END;
    }
    if (!need_or_fail(http, 2, "the CRLF behind a chunk", &step))
        return step;
    end_size = in_data(http)[0] == '\n' ? 1 : 2;
    if (end_size == 2 && memcmp(in_data(http), "\r\n", 2) != 0)
        return actor_fail(&http->actor, "a chunk does not end with CRLF");
    in_use(http, end_size);
    http->chunk_state = HTTP_CHUNK_SIZE;
    return STEP_NEXT;
}

static enum actor_step receive_chunks(struct actor_http *http)
{
    do {
        size_t had = in_size(http);
        enum actor_step step = receive_chunk(http);

        if (step != STEP_NEXT)
            return step;
        if (http->in_status != IO_OK && (!in_size(http) || in_size(http) == had))
            break; /* the spec does not mind that the connection ended */
    } while (!http->body_empty_chunk && (!http->body_max || http->body_got < http->body_max));
    return STEP_NEXT;
}

static enum actor_step receive_body(struct actor_http *http)
{
    enum actor_step step = STEP_NEXT;

    switch (http->body_kind) {
    case HTTP_BODY_NONE:
        break;
    case HTTP_BODY_LENGTH:
        step = receive_length(http);
        break;
    case HTTP_BODY_CHUNKED:
        step = receive_chunks(http);
        break;
    case HTTP_BODY_TO_END:
        step = receive_to_end(http);
        break;
    }
    if (step != STEP_NEXT)
        return step;
    print_length(http);
    return STEP_NEXT;
}

/* A head, then what follows by it. with_body false: the head alone. */
static enum actor_step receive_message(struct actor_http *http, bool is_request, bool with_body)
{
    struct actor *actor = &http->actor;
    enum actor_step step;

    if (actor->phase < 2) {
        step = receive_head(http, is_request);
        if (step != STEP_NEXT)
            return step;
        if (!with_body || !http->head.first[1].data || (!is_request && http->sent_head))
            return STEP_NEXT;
        step = begin_body(http, !is_request && str_eq(http->head.first[1], STR("200")), 0);
        if (step != STEP_NEXT)
            return step;
    }
    return receive_body(http);
}

static enum actor_step run_rxreq(struct actor *actor)
{
    if (!http_of(actor)->is_server)
        return actor_wrong(actor, "'rxreq' is for servers; a client says 'rxresp'");
    return receive_message(http_of(actor), true, true);
}

static enum actor_step run_rxreqhdrs(struct actor *actor)
{
    return receive_message(http_of(actor), true, false);
}

static enum actor_step run_rxresp(struct actor *actor)
{
    bool with_body = actor->word_count == 1;

    if (http_of(actor)->is_server)
        return actor_wrong(actor, "'rxresp' is for clients; a server says 'rxreq'");
    if (!with_body && !actor_word_is(actor, 1, "-no_obj"))
        return actor_wrong(actor, "'rxresp' is written: rxresp [-no_obj]");
    return receive_message(http_of(actor), false, with_body);
}

static enum actor_step run_rxresphdrs(struct actor *actor)
{
    if (http_of(actor)->is_server)
        return actor_wrong(actor, "'rxresphdrs' is for clients; a server says 'rxreqhdrs'");
    return receive_message(http_of(actor), false, false);
}

static enum actor_step run_rxbody(struct actor *actor)
{
    struct actor_http *http = http_of(actor);

    if (actor->phase == 0) {
        uint64_t max = 0;
        enum actor_step step;

        if (actor_word_is(actor, 1, "-max") && !actor_number(actor, 2, &max))
            return STEP_FAILED;
        step = begin_body(http, !http->is_server, max);
        if (step != STEP_NEXT)
            return step;
        actor->phase = 1;
    }
    return receive_body(http);
}

static enum actor_step run_rxchunk(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    enum actor_step step;

    if (actor->phase == 0) {
        http->chunk_state = HTTP_CHUNK_SIZE;
        actor->phase = 1;
    }
    step = receive_chunk(http);
    if (step == STEP_NEXT && http->body_empty_chunk)
        print_length(http);
    return step;
}

/* actor->count: bytes that came. Without patience: a plain read, as long as it takes. */
static enum actor_step run_recv(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    uint64_t wanted;

    if (!actor_number(actor, 1, &wanted))
        return STEP_FAILED;
    while (actor->count < wanted) {
        uint64_t left = wanted - actor->count;
        size_t size;

        if (!in_size(http) && !in_fill(http)) {
            if (http->in_status != IO_OK)
                return complain(http, "'recv' got %llu of %llu bytes, then %s",
                                (unsigned long long)actor->count, (unsigned long long)wanted,
                                ended_text(http));
            return actor_wait_io(actor, "bytes for 'recv'");
        }
        size = in_size(http) < left ? in_size(http) : (size_t)left;
        in_use(http, size);
        actor->count += size;
    }
    return STEP_NEXT;
}

/* ---- ends ---- */

/* Blanks may come before the end. */
static enum actor_step run_expect_close(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    enum actor_step step;

    for (;;) {
        switch (need(http, 1, "the peer's close")) {
        case NEED_MET:
            if (!strchr(" \t\r\n", in_data(http)[0]) || !in_data(http)[0]) {
                struct buf text = BUF_INIT;

                expect_quote(&text, in_str(http), 200);
                step = complain(http, "expected the peer to close, but %.*s came", STR_ARG(buf_str(&text)));
                buf_finish(&text);
                if (step != STEP_NEXT)
                    return step;
            }
            in_use(http, 1);
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            step = complain(http, "waited %g s for the peer to close: it does not",
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
        switch (need(http, 1, "a reset from the peer")) {
        case NEED_MET:
            in_use(http, in_size(http));
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            return actor_fail(actor, "waited %g s for a reset: it does not come",
                              (double)http->patience_ns / 1e9);
        case NEED_ENDED:
            if (http->in_status == IO_RESET)
                return STEP_NEXT;
            return actor_fail(actor, "expected a reset, but %s", ended_text(http));
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
    if (in_size(http) || in_fill(http)) {
        struct buf text = BUF_INIT;

        expect_quote(&text, in_str(http), 200);
        actor_fail(actor, "expected an idle connection, but %.*s came", STR_ARG(buf_str(&text)));
        buf_finish(&text);
        return STEP_FAILED;
    }
    if (http->in_status != IO_OK)
        return actor_fail(actor, "expected an idle connection, but %s", ended_text(http));
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
    (void)net_set_option(http->host, http->sock, PLAT_LINGER_RESET, 1);
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
    sock = net_accept(http->host, http->listener, &http->peer, &status);
    if (sock != PLAT_NO_SOCK) {
        actor_http_attach(http, sock);
        return STEP_NEXT;
    }
    if (status == IO_WOULD_BLOCK)
        return actor_wait_io(actor, "a connection");
    return complain(http, "cannot accept: %s", platform_status_text(status));
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
    status = net_shutdown(http->host, http->sock, write_only ? PLAT_SHUT_WRITE : PLAT_SHUT_BOTH);
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
        return complain(http, "cannot gunzip the body: %s", why);
    print_length(http);
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
    { "chunked", run_chunked, 1, 1, "TEXT", NULL },
    { "chunkedlen", run_chunkedlen, 1, 1, "BYTES", NULL },
    { "close", run_close, 0, 0, "", NULL },
    { "expect", run_expect, 3, 3, "WHAT OPERATOR WHAT", NULL },
    { "expect_close", run_expect_close, 0, 0, "", NULL },
    { "expect_idle", run_expect_idle, 1, 1, "SECONDS", NULL },
    { "expect_pattern", run_expect_pattern, 0, 0, "", NULL },
    { "expect_reset", run_expect_reset, 0, 0, "", NULL },
    { "fatal", run_fatal, 0, 0, "", NULL },
    { "gunzip", run_gunzip, 0, 0, "", NULL },
    { "non_fatal", run_non_fatal, 0, 0, "", NULL },
    { "recv", run_recv, 1, 1, "BYTES", NULL },
    { "reset", run_reset, 0, 0, "", NULL },
    { "rxchunk", run_rxchunk, 0, 0, "", NULL },
    { "rxreq", run_rxreq, 0, 0, "", NULL },
    { "rxreqbody", run_rxbody, 0, 0, "", NULL },
    { "rxreqhdrs", run_rxreqhdrs, 0, 0, "", NULL },
    { "rxresp", run_rxresp, 0, 1, "[-no_obj]", NULL },
    { "rxrespbody", run_rxbody, 0, 2, "[-max BYTES]", NULL },
    { "rxresphdrs", run_rxresphdrs, 0, 0, "", NULL },
    { "segment", run_segment, 1, 1, "BYTES | random | off", NULL },
    { "send", run_send, 1, 1, "TEXT", NULL },
    { "send_n", run_send_n, 2, 2, "TIMES TEXT", NULL },
    { "sendhex", run_sendhex, 1, 1, "DIGITS", NULL },
    { "shutdown", run_shutdown, 0, 3, "[-read | -write] [-notconn]", NULL },
    { "timeout", run_timeout, 1, 1, "SECONDS", NULL },
    { "txreq", run_txreq, 0, WORDS_ANY, "[-method M] [-url U] [-hdr \"N: V\"] ...", NULL },
    { "txresp", run_txresp, 0, WORDS_ANY, "[-status S] [-hdr \"N: V\"] ...", NULL },
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
