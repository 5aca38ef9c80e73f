/* What a spec sends: messages, bytes, chunks; cut into segments. */
#include "base/mem.h"
#include "sim/actor_http_parts.h"
#include "sim/expect.h"
#include "sim/spec_message.h"
#include <stdio.h>

enum { SEGMENT_PAUSE_NS = 20000 };

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
        return actor_http_complain(http, "cannot send: there is no connection");
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
        result = wire_write(http->wire, http->sock, &vec, 1, false);
        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room to send");
        if (result.status != IO_OK)
            return actor_http_complain(http, "cannot send the last %zu of %zu bytes: %s", left,
                                       http->sending.size,
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

enum actor_step actor_http_run_txreq(struct actor *actor)
{
    if (http_of(actor)->is_server)
        return actor_wrong(actor, "'txreq' is for clients; a server says 'txresp'");
    return send_message(http_of(actor), true);
}

enum actor_step actor_http_run_txresp(struct actor *actor)
{
    if (!http_of(actor)->is_server)
        return actor_wrong(actor, "'txresp' is for servers; a client says 'txreq'");
    return send_message(http_of(actor), false);
}

enum actor_step actor_http_run_send(struct actor *actor)
{
    return actor->phase ? actor_http_send(http_of(actor)) : send_bytes(http_of(actor), actor_word(actor, 1));
}

/* Each round is a write of its own; actor->count is how many are done. */
enum actor_step actor_http_run_send_n(struct actor *actor)
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

enum actor_step actor_http_run_sendhex(struct actor *actor)
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

enum actor_step actor_http_run_chunked(struct actor *actor)
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
enum actor_step actor_http_run_chunkedlen(struct actor *actor)
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
