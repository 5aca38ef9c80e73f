/* A client connects, may send a PROXY header, carries out its spec and closes; -repeat times.
 *
 * States: CLIENT_IDLE between connections, CLIENT_CONNECTING until the connect is answered, CLIENT_HEADER while the
 * PROXY header goes out, CLIENT_SPEC. */
#include "sim/actor_client.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/actor_http.h"
#include "sim/sim_address.h"
#include <stdio.h>

enum { CONNECT_PATIENCE_S = 10 };

enum client_state { CLIENT_IDLE, CLIENT_CONNECTING, CLIENT_HEADER, CLIENT_SPEC };

struct client {
    struct actor_http http; /* first */
    enum client_state state;
    char connect[256];
    struct addr to;
    char *proxy_spec;
    int proxy_version;
};

static struct client *client_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct client, http.actor);
}

/* ---- PROXY protocol (HAProxy's proxy-protocol.txt) ---- */

static void add_number16(struct buf *out, size_t value)
{
    buf_add_char(out, (char)(value >> 8 & 0xff));
    buf_add_char(out, (char)(value & 0xff));
}

static bool add_hex(struct buf *out, struct str text)
{
    if (text.size % 2)
        return false;
    for (size_t i = 0; i < text.size; i += 2) {
        int high = ascii_hex(text.data[i]), low = ascii_hex(text.data[i + 1]);

        if (high < 0 || low < 0)
            return false;
        buf_add_char(out, (char)(high * 16 + low));
    }
    return true;
}

/* NAME=VALUE; both may be 0x and hexadecimal digits. */
static bool add_tlv(struct buf *out, struct str text)
{
    static const struct {
        const char *name;
        char type;
    } types[] = {
        { "alpn", 0x01 }, { "authority", 0x02 }, { "crc32c", 0x03 },
        { "noop", 0x04 }, { "unique_id", 0x05 }, { "netns", 0x30 },
    };
    struct buf value = BUF_INIT;
    struct str name = str_split(&text, '=');
    size_t begin = out->size;
    bool fine;

    if (!text.data)
        return false;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq(name, str_of(types[i].name)))
            buf_add_char(out, types[i].type);
    if (str_starts(name, STR("0x")) && !add_hex(out, str_from(name, 2)))
        return false;
    if (out->size != begin + 1)
        return false;
    fine = true;
    if (str_starts(text, STR("0x")))
        fine = add_hex(&value, str_from(text, 2));
    else
        buf_add(&value, text);
    fine = fine && value.size <= UINT16_MAX;
    add_number16(out, value.size);
    buf_add(out, buf_str(&value));
    buf_finish(&value);
    return fine;
}

static void add_proxy_v2(struct buf *out, const struct addr *from, const struct addr *to, struct str tlvs)
{
    size_t ip_size = to->family == ADDR_IPV6 ? 16 : 4;

    buf_add(out, STR("\r\n\r\n\0\r\nQUIT\n\x21"));
    buf_add_char(out, to->family == ADDR_IPV6 ? 0x21 : 0x11);
    add_number16(out, 2 * ip_size + 4 + tlvs.size);
    buf_add(out, str_make((const char *)from->u.ip, ip_size));
    buf_add(out, str_make((const char *)to->u.ip, ip_size));
    add_number16(out, from->port);
    add_number16(out, to->port);
    buf_add(out, tlvs);
}

/* "CLIENT:PORT SERVER:PORT [NAME=VALUE ...]" */
static bool build_proxy_header(struct client *client, struct buf *out)
{
    struct str rest = str_of(client->proxy_spec);
    struct addr from, to;
    struct buf tlvs = BUF_INIT;
    char ip[2][ADDR_TEXT_MAX];
    bool fine;

    if (!sim_address_parse(str_split(&rest, ' '), &from) || !rest.data ||
        !sim_address_parse(str_split(&rest, ' '), &to))
        return false;
    fine = true;
    while (rest.data && fine) {
        struct str tlv = str_split(&rest, ' ');

        fine = !tlv.size || add_tlv(&tlvs, tlv);
    }
    buf_reset(out);
    addr_print_ip(&from, ip[0], sizeof(ip[0]));
    addr_print_ip(&to, ip[1], sizeof(ip[1]));
    if (client->proxy_version == 1)
        buf_printf(out, "PROXY TCP%c %s %s %u %u\r\n", to.family == ADDR_IPV6 ? '6' : '4', ip[0], ip[1],
                   from.port, to.port);
    else
        add_proxy_v2(out, &from, &to, buf_str(&tlvs));
    buf_finish(&tlvs);
    return fine;
}

/* ---- a client's life ---- */

static enum actor_step open_failed(struct client *client, const char *why)
{
    return actor_fail(&client->http.actor, "cannot connect to %s: %s", client->connect, why);
}

static enum actor_step client_open(struct client *client)
{
    struct actor *actor = &client->http.actor;
    struct plat_connect how = { .to = client->to };
    enum io_status status;
    plat_sock sock = wire_connect(client->http.wire, &how, &status);

    if (sock == PLAT_NO_SOCK)
        return open_failed(client, platform_status_text(status));
    client->http.peer = client->to;
    actor_http_attach(&client->http, sock);
    client->state = CLIENT_CONNECTING;
    actor_alarm(actor, world_now(actor->scenario->world) + CONNECT_PATIENCE_S * NS_PER_S);
    return STEP_NEXT;
}

static enum actor_step client_opened(struct client *client)
{
    struct actor *actor = &client->http.actor;
    unsigned ready = wire_readiness(client->http.wire, client->http.sock);
    enum io_status status;

    if (!(ready & (PLAT_WRITABLE | PLAT_ERROR))) {
        if (actor_alarm_passed(actor))
            return open_failed(client, "no answer in 10 s");
        snprintf(actor->waits_detail, sizeof(actor->waits_detail), "to %.100s", client->connect);
        return actor_wait_io(actor, "a connection");
    }
    status = wire_sock_error(client->http.wire, client->http.sock);
    if (status != IO_OK)
        return open_failed(client, platform_status_text(status));
    actor->alarm_ns = 0;
    actor->waits_detail[0] = '\0';
    client->state = CLIENT_SPEC;
    if (client->proxy_spec) {
        CHECK(build_proxy_header(client, &client->http.out));
        client->http.sending = buf_str(&client->http.out);
        client->http.sent = 0;
        client->state = CLIENT_HEADER;
    } else {
        actor_http_begin(&client->http);
    }
    return STEP_NEXT;
}

static enum actor_step client_header(struct client *client)
{
    enum actor_step step = actor_http_send(&client->http);

    if (step != STEP_NEXT)
        return step;
    client->state = CLIENT_SPEC;
    actor_http_begin(&client->http);
    return STEP_NEXT;
}

/* One round of the spec; STEP_NEXT with the state idle means that it ended. */
static enum actor_step client_spec(struct client *client)
{
    struct actor_http *http = &client->http;
    enum actor_step step = actor_run_program(&http->actor);
    bool last;

    if (step != STEP_NEXT)
        return step;
    http->round++;
    last = http->round >= http->repeat;
    if (http->keep_alive && !last) {
        actor_http_begin(http);
        return STEP_NEXT;
    }
    actor_http_close(http);
    client->state = CLIENT_IDLE;
    return STEP_NEXT;
}

static enum actor_step client_step(struct actor *actor)
{
    struct client *client = client_of(actor);
    enum actor_step step = STEP_NEXT;

    while (step == STEP_NEXT) {
        switch (client->state) {
        case CLIENT_IDLE:
            if (client->http.round >= client->http.repeat || (actor->scenario->ending && client->http.round))
                return STEP_NEXT;
            step = client_open(client);
            break;
        case CLIENT_CONNECTING:
            step = client_opened(client);
            break;
        case CLIENT_HEADER:
            step = client_header(client);
            break;
        case CLIENT_SPEC:
            step = client_spec(client);
            break;
        }
    }
    return step;
}

static void client_destroy(struct actor *actor)
{
    struct client *client = client_of(actor);

    actor_http_finish(&client->http);
    mem_free(client->proxy_spec);
    mem_free(client);
}

const struct actor_class actor_client_class = { "client", actor_http_rows, client_step, client_destroy };

/* ---- the statement ---- */

static enum actor_step start(struct actor *top, struct client *client)
{
    struct buf text = BUF_INIT;
    struct str unknown;

    if (!client->http.program)
        return actor_wrong(top, "%s has no spec to run", client->http.actor.name);
    if (!client->connect[0])
        return actor_wrong(top, "%s has no -connect", client->http.actor.name);
    if (!scenario_macro_expand(&top->scenario->macros, str_of(client->connect), &text, &unknown)) {
        buf_finish(&text);
        return actor_wrong(top, "no macro has the name '%.*s'", STR_ARG(unknown));
    }
    str_to_c(buf_str(&text), client->connect, sizeof(client->connect));
    buf_finish(&text);
    if (!sim_address_parse(str_of(client->connect), &client->to))
        return actor_wrong(top, "'-connect' wants an address such as 127.0.0.1:80, not '%s'",
                           client->connect);
    if (client->proxy_spec && !build_proxy_header(client, &client->http.out))
        return actor_wrong(top, "'-proxy%d' is written: \"CLIENT:PORT SERVER:PORT [NAME=VALUE]\", not '%s'",
                           client->proxy_version, client->proxy_spec);
    client->state = CLIENT_IDLE;
    client->http.round = 0;
    actor_start(&client->http.actor, top);
    return STEP_NEXT;
}

/* The word at top->position. STEP_WAIT: again when the client has ended. */
static enum actor_step take_word(struct actor *top, struct client *client)
{
    struct actor *actor = &client->http.actor;
    struct program *program;
    bool wrong;

    if (top->phase == 0 && actor_word_is(top, top->position, "-run")) {
        if (!actor->running) {
            top->phase = 1;
            if (start(top, client) != STEP_NEXT)
                return STEP_FAILED;
        }
    }
    if (actor->running) {
        snprintf(top->waits_detail, sizeof(top->waits_detail), "%s", actor->name);
        return actor_wait(top, "the end of");
    }
    if (top->phase == 1 || actor_word_is(top, top->position, "-wait")) {
        top->phase = 0;
        return STEP_NEXT;
    }
    if (actor_http_option(&client->http, top, &wrong))
        return wrong ? STEP_FAILED : STEP_NEXT;
    if (actor_word_is(top, top->position, "-start"))
        return start(top, client);
    if (actor_word_is(top, top->position, "-connect")) {
        str_to_c(actor_word(top, ++top->position), client->connect, sizeof(client->connect));
        return STEP_NEXT;
    }
    if (actor_word_is(top, top->position, "-proxy1") || actor_word_is(top, top->position, "-proxy2")) {
        client->proxy_version = actor_word_is(top, top->position, "-proxy1") ? 1 : 2;
        mem_free(client->proxy_spec);
        client->proxy_spec = mem_need_copy(actor_word(top, ++top->position));
        return STEP_NEXT;
    }
    if (str_starts(actor_word(top, top->position), STR("-")))
        return actor_wrong(top, "'client' does not know '%.*s'", STR_ARG(actor_word(top, top->position)));
    program = actor_program(top, top->position, actor_http_rows, client->http.program);
    if (!program)
        return STEP_FAILED;
    if (program != client->http.program)
        program_destroy(client->http.program);
    client->http.program = program;
    return STEP_NEXT;
}

enum actor_step actor_client_statement(struct actor *top)
{
    struct str name = actor_word(top, 1);
    struct actor *actor = actor_find(top->scenario, &actor_client_class, name);

    if (!actor) {
        struct client *client;

        if (!name.size || name.data[0] != 'c')
            return actor_wrong(top, "a client's name begins with 'c', not '%.*s'", STR_ARG(name));
        client = mem_need(sizeof(*client));
        actor_http_init(&client->http, top->scenario, &actor_client_class, name);
        actor = &client->http.actor;
    }
    if (!top->position)
        top->position = 2;
    for (; top->position < top->word_count; top->position++) {
        enum actor_step step = take_word(top, client_of(actor));

        if (step != STEP_NEXT)
            return step;
    }
    return STEP_NEXT;
}
