/* What a spec receives: heads and the three kinds of body, whole or in steps. */
#include "sim/actor_http_parts.h"
#include "sim/expect.h"
#include "sim/spec_message.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- heads ---- */

/* The bytes of a head up to and with its empty line, from in_data; 0: it is not whole yet. */
static size_t head_size(struct actor_http *http)
{
    struct str in = actor_http_in_str(http);
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
    buf_add(&http->head.bytes, str_make(actor_http_in_data(http), size));
    actor_http_in_use(http, size);
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
        return actor_http_complain(http, "what came is no head: %s", why);
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
        size_t size = actor_http_in_size(http) ? head_size(http) : 0;
        enum actor_step step;

        if (size) {
            actor->phase = 2;
            return take_head(http, size, is_request);
        }
        switch (actor_http_in_need(http, actor_http_in_size(http) + 1, what)) {
        case NEED_MET:
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            step = actor_http_complain(http, "waited %g s for %s: %zu bytes came",
                                       (double)http->patience_ns / 1e9, what, actor_http_in_size(http));
            if (step != STEP_NEXT)
                return step;
            break;
        case NEED_ENDED:
            step = actor_http_complain(http, "waited for %s, but %s after %zu bytes", what,
                                       actor_http_in_ended_text(http), actor_http_in_size(http));
            if (step != STEP_NEXT)
                return step;
            actor->phase = 2;
            return take_head(http, actor_http_in_size(http), is_request);
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
            return actor_http_complain(http,
                                       "the head has both Transfer-Encoding: chunked and Content-Length");
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
    size_t size = actor_http_in_size(http) < most ? actor_http_in_size(http) : (size_t)most;

    buf_add(&http->body, str_make(actor_http_in_data(http), size));
    actor_http_in_use(http, size);
    http->body_got += size;
}

static enum actor_step receive_length(struct actor_http *http)
{
    enum actor_step step;

    while (http->body_left) {
        uint64_t before = http->body_got;

        if (!actor_http_in_need_or_fail(http, 1, "the rest of a body", &step))
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

        switch (actor_http_in_need(http, 1, "more of a body that ends with the connection")) {
        case NEED_MET:
            body_take(http, http->body_max ? http->body_max - http->body_got : UINT64_MAX);
            break;
        case NEED_WAIT:
            return STEP_WAIT;
        case NEED_TIMEOUT:
            step =
                actor_http_complain(http, "waited %g s for the end of a body that ends with the connection",
                                    (double)http->patience_ns / 1e9);
            if (step != STEP_NEXT)
                return step;
            break;
        case NEED_ENDED:
            if (http->in_status == IO_CLOSED)
                return STEP_NEXT;
            return actor_http_complain(http, "waited for the end of a body, but %s",
                                       actor_http_in_ended_text(http));
        }
    }
    return STEP_NEXT;
}

/* The line with a chunk's size: digits, then anything behind a blank. */
static enum actor_step receive_chunk_size(struct actor_http *http, bool *have)
{
    struct str in = actor_http_in_str(http);
    size_t end = in.size ? str_find_char(in, '\n') : STR_NOT_FOUND;
    size_t digits = 0;
    uint64_t size = 0;
    enum actor_step step = STEP_NEXT;

    *have = end != STR_NOT_FOUND;
    if (!*have) {
        if (!actor_http_in_need_or_fail(http, in.size + 1, "a chunk's size", &step))
            return step;
        return STEP_NEXT;
    }
    for (; digits < end && digits < 16 && ascii_hex(in.data[digits]) >= 0; digits++)
        size = size * 16 + (uint64_t)ascii_hex(in.data[digits]);
    if (!digits || !strchr(" \t\r\n", in.data[digits]))
        return actor_fail(&http->actor, "a chunk's size is not hexadecimal: byte 0x%02x at %zu",
                          (unsigned char)in.data[digits], digits);
    snprintf(http->chunk_length, sizeof(http->chunk_length), "%llu", (unsigned long long)size);
    actor_http_in_use(http, end + 1);
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
    if (!actor_http_in_need_or_fail(http, 2, "the CRLF behind a chunk", &step))
        return step;
    end_size = actor_http_in_data(http)[0] == '\n' ? 1 : 2;
    if (end_size == 2 && memcmp(actor_http_in_data(http), "\r\n", 2) != 0)
        return actor_fail(&http->actor, "a chunk does not end with CRLF");
    actor_http_in_use(http, end_size);
    http->chunk_state = HTTP_CHUNK_SIZE;
    return STEP_NEXT;
}

static enum actor_step receive_chunks(struct actor_http *http)
{
    do {
        size_t had = actor_http_in_size(http);
        enum actor_step step = receive_chunk(http);

        if (step != STEP_NEXT)
            return step;
        if (http->in_status != IO_OK && (!actor_http_in_size(http) || actor_http_in_size(http) == had))
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
    actor_http_in_print_length(http);
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

enum actor_step actor_http_run_rxreq(struct actor *actor)
{
    if (!http_of(actor)->is_server)
        return actor_wrong(actor, "'rxreq' is for servers; a client says 'rxresp'");
    return receive_message(http_of(actor), true, true);
}

enum actor_step actor_http_run_rxreqhdrs(struct actor *actor)
{
    return receive_message(http_of(actor), true, false);
}

enum actor_step actor_http_run_rxresp(struct actor *actor)
{
    bool with_body = actor->word_count == 1;

    if (http_of(actor)->is_server)
        return actor_wrong(actor, "'rxresp' is for clients; a server says 'rxreq'");
    if (!with_body && !actor_word_is(actor, 1, "-no_obj"))
        return actor_wrong(actor, "'rxresp' is written: rxresp [-no_obj]");
    return receive_message(http_of(actor), false, with_body);
}

enum actor_step actor_http_run_rxresphdrs(struct actor *actor)
{
    if (http_of(actor)->is_server)
        return actor_wrong(actor, "'rxresphdrs' is for clients; a server says 'rxreqhdrs'");
    return receive_message(http_of(actor), false, false);
}

enum actor_step actor_http_run_rxbody(struct actor *actor)
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

enum actor_step actor_http_run_rxchunk(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    enum actor_step step;

    if (actor->phase == 0) {
        http->chunk_state = HTTP_CHUNK_SIZE;
        actor->phase = 1;
    }
    step = receive_chunk(http);
    if (step == STEP_NEXT && http->body_empty_chunk)
        actor_http_in_print_length(http);
    return step;
}

/* actor->count: bytes that came. Without patience: a plain read, as long as it takes. */
enum actor_step actor_http_run_recv(struct actor *actor)
{
    struct actor_http *http = http_of(actor);
    uint64_t wanted;

    if (!actor_number(actor, 1, &wanted))
        return STEP_FAILED;
    while (actor->count < wanted) {
        uint64_t left = wanted - actor->count;
        size_t size;

        if (!actor_http_in_size(http) && !actor_http_in_fill(http)) {
            if (http->in_status != IO_OK)
                return actor_http_complain(http, "'recv' got %llu of %llu bytes, then %s",
                                           (unsigned long long)actor->count, (unsigned long long)wanted,
                                           actor_http_in_ended_text(http));
            return actor_wait_io(actor, "bytes for 'recv'");
        }
        size = actor_http_in_size(http) < left ? actor_http_in_size(http) : (size_t)left;
        actor_http_in_use(http, size);
        actor->count += size;
    }
    return STEP_NEXT;
}
