/* A connection is of no kind until its first line came; then it is HTTP, and read both ways, or of no interest. */
#include "sim/judge_wire.h"
#include "sim/conf_says.h"
#include "sim/expect.h"
#include "sim/http_strict.h"
#include "sim/log_line.h"
#include "sim/scenario.h"
#include "sim/sim_mem.h"
#include <stdio.h>

enum {
    OPENING_MAX = 16384, /* bytes in which a first line must end */
    ASKED_MAX = 64,      /* requests without an answer on one connection */
    BODIES_MAX = 128,    /* kept, the newest */
    BODY_MIN = 16,       /* smaller ones say too little */
    CLIENTS_MAX = 64,    /* whose answers are kept, the newest */
    STATUSES_MAX = 32,   /* of one client */
    FIRST_MAX = 4096,    /* bytes of a stream that are kept to know it again */
    GONE_MAX = 32,       /* streams kept of connections that ended */
    QUOTED = 120
};

enum kind { KIND_UNKNOWN, KIND_HTTP, KIND_OTHER };

struct wire_conn {
    bool accepted;
    uint16_t port; /* of a client */
    enum kind kind;
    struct buf opening, first_read, first_written;
    struct http_strict requests, answers;
    uint8_t asked[ASKED_MAX]; /* the methods of requests by number */
    uint64_t begun, known;    /* requests, and those whose head came whole */
    uint64_t finals;          /* answers that came to their end */
    bool answered;            /* the answer under way was looked at */
    const char *over;         /* why nothing more may follow; NULL: it may */
};

enum { METHOD_PLAIN, METHOD_HEAD, METHOD_CONNECT };

struct body {
    uint64_t size, digest, begins;
    bool whole;
};

struct client { /* what it was answered, by its port; no log line has told of it yet */
    uint16_t port, count;
    uint16_t statuses[STATUSES_MAX];
};

struct bodies { /* a ring */
    struct body kept[BODIES_MAX];
    uint64_t count;
};

struct judge_wire {
    struct list link; /* in scenario->judges */
    struct scenario *scenario;
    char name[64];
    bool plain_http; /* each frontend is in HTTP mode: nothing is handed on unread */
    bool judges_connected, judges_bodies;
    bool blind; /* there were answers that it could not count */
    struct client clients[CLIENTS_MAX];
    uint64_t client_count;
    bool judges_log;
    uint64_t answered[6], unseen; /* finals by class; connections that ended within an answer or before it */
    struct wire_conn **conns;     /* by descriptor */
    unsigned size;
    struct buf gone[GONE_MAX]; /* first_read of connections that ended */
    unsigned gone_count;
    struct bodies requests, answers;
};

/* ---- verdicts ---- */

static bool handed_on(const struct judge_wire *judge, const struct wire_conn *conn)
{
    struct str written = buf_str(&conn->first_written);

    if (judge->plain_http)
        return false;
    for (unsigned i = 0; i < judge->size; i++)
        if (judge->conns[i] && judge->conns[i] != conn &&
            str_starts(buf_str(&judge->conns[i]->first_read), written))
            return true;
    for (unsigned i = 0; i < judge->gone_count && i < GONE_MAX; i++)
        if (str_starts(buf_str(&judge->gone[i]), written))
            return true;
    return false;
}

static void verdict(struct judge_wire *judge, struct wire_conn *conn, const char *what, const char *why,
                    struct str bytes)
{
    struct buf text = BUF_INIT;

    conn->kind = KIND_OTHER;
    if (handed_on(judge, conn))
        return;
    expect_quote(&text, bytes, QUOTED);
    scenario_fail(judge->scenario, NULL,
                  "judge %s of %s: %s\n    on a connection that it %s\n    came      %.*s", what, judge->name,
                  why, conn->accepted ? "accepted" : "opened", STR_ARG(buf_str(&text)));
    buf_finish(&text);
}

/* ---- bodies ---- */

static void keep_body(struct bodies *bodies, const struct http_strict *reader, bool whole)
{
    if (reader->size >= BODY_MIN)
        bodies->kept[bodies->count++ % BODIES_MAX] =
            (struct body){ reader->size, reader->digest, reader->begins, whole };
}

/* A body that begins as one that came must be one that came; what begins otherwise is the proxy's own. */
static bool body_known(const struct judge_wire *judge, const struct bodies *bodies,
                       const struct http_strict *reader, bool accepted)
{
    uint64_t kept = bodies->count < BODIES_MAX ? bodies->count : BODIES_MAX;
    bool seen = false;

    for (uint64_t i = 0; i < kept; i++) {
        const struct body *body = &bodies->kept[(bodies->count - 1 - i) % BODIES_MAX];

        if (body->begins != reader->begins)
            continue;
        if (body->whole && body->size == reader->size && body->digest == reader->digest)
            return true;
        seen = true;
    }
    for (unsigned i = 0; i < judge->size && !seen; i++) {
        const struct wire_conn *conn = judge->conns[i];
        const struct http_strict *other;

        if (!conn || conn->kind != KIND_HTTP || conn->accepted == accepted)
            continue;
        other = accepted ? &conn->answers : &conn->requests;
        seen = other->size >= BODY_MIN && other->begins == reader->begins;
    }
    return !seen || bodies->count > BODIES_MAX;
}

static void judge_body(struct judge_wire *judge, struct wire_conn *conn, struct bodies *bodies,
                       const struct http_strict *reader, struct str bytes)
{
    if (judge->judges_bodies && reader->size >= BODY_MIN &&
        !body_known(judge, bodies, reader, conn->accepted))
        verdict(judge, conn, "bytes",
                "a body that ends properly begins as one that came in, and is not that one", bytes);
}

/* ---- requests ---- */

static void request_begins(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    conn->begun++;
    if (conn->accepted)
        return;
    if (conn->finals + 1 < conn->begun)
        verdict(judge, conn, "reuse", "a request leaves before the answer to the last one came whole", bytes);
    else if (conn->over)
        verdict(judge, conn, "reuse", conn->over, bytes);
}

static void request_known(struct wire_conn *conn)
{
    if (conn->known - conn->finals >= ASKED_MAX) {
        conn->kind = KIND_OTHER;
        return;
    }
    conn->asked[conn->known++ % ASKED_MAX] = conn->requests.is_head      ? METHOD_HEAD
                                             : conn->requests.is_connect ? METHOD_CONNECT
                                                                         : METHOD_PLAIN;
    if (!conn->accepted && !conn->requests.persists)
        conn->over = "a request follows one that said it was the last";
}

static void feed_requests(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    struct http_strict *reader = &conn->requests;

    while (bytes.size && conn->kind == KIND_HTTP) {
        struct str all = bytes;

        if (reader->state == STRICT_IDLE && conn->accepted &&
            (bytes.data[0] == '\r' || bytes.data[0] == '\n')) {
            bytes = str_from(bytes, 1);
            continue;
        }
        if (reader->state == STRICT_IDLE)
            request_begins(judge, conn, bytes);
        bytes = str_from(bytes, http_strict_read(reader, bytes));
        if (reader->state == STRICT_WRONG) {
            if (!conn->accepted)
                verdict(judge, conn, "framing", reader->wrong, all);
            conn->kind = KIND_OTHER; /* what a client says is its own affair */
            judge->blind |= conn->accepted;
            return;
        }
        if (reader->state > STRICT_HEAD && conn->known < conn->begun)
            request_known(conn);
        if (reader->state != STRICT_DONE)
            continue;
        if (conn->accepted)
            keep_body(&judge->requests, reader, true);
        else
            judge_body(judge, conn, &judge->requests, reader, all);
        http_strict_next(reader);
    }
}

/* ---- log against wire ---- */

static struct client *client_of(struct judge_wire *judge, uint16_t port)
{
    uint64_t kept = judge->client_count < CLIENTS_MAX ? judge->client_count : CLIENTS_MAX;

    for (uint64_t i = 0; i < kept; i++) { /* the newest first: ports come again */
        struct client *client = &judge->clients[(judge->client_count - 1 - i) % CLIENTS_MAX];

        if (client->port == port)
            return client;
    }
    return NULL;
}

static void keep_status(struct judge_wire *judge, uint16_t port, unsigned status)
{
    struct client *client = client_of(judge, port);

    if (client && client->count < STATUSES_MAX)
        client->statuses[client->count++] = (uint16_t)status;
}

/* No line about it is judged from now on. */
static void forget_client(struct judge_wire *judge, const struct wire_conn *conn)
{
    struct client *client = conn->accepted ? client_of(judge, conn->port) : NULL;

    if (client)
        client->count = STATUSES_MAX;
}

static void judge_log(struct judge_wire *judge, struct str line)
{
    struct client *client;
    struct buf text = BUF_INIT;
    uint16_t port, at = 0;
    unsigned status;

    if (!judge->judges_log || !log_line_read(line, &port, &status))
        return;
    client = client_of(judge, port);
    if (!client || client->count == STATUSES_MAX)
        return;
    while (at < client->count && client->statuses[at] != status)
        at++;
    if (at < client->count) {
        memmove(client->statuses + at, client->statuses + at + 1,
                (size_t)(client->count - at - 1) * sizeof(client->statuses[0]));
        client->count--;
        return;
    }
    expect_quote(&text, line, 2 * QUOTED);
    scenario_fail(judge->scenario, NULL,
                  "judge log of %s: a line tells of an answer that did not go out\n    came      %.*s",
                  judge->name, STR_ARG(buf_str(&text)));
    buf_finish(&text);
}

/* ---- answers ---- */

static void answer_begins(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    uint8_t method = conn->finals < conn->known ? conn->asked[conn->finals % ASKED_MAX] : METHOD_PLAIN;

    conn->answered = false;
    conn->answers.bodiless = method == METHOD_HEAD;
    conn->answers.tunnels = method == METHOD_CONNECT;
    if (conn->accepted && conn->over)
        verdict(judge, conn, "one answer", conn->over, bytes);
    else if (conn->accepted && conn->finals == conn->begun && conn->begun &&
             conn->requests.state != STRICT_IDLE)
        verdict(judge, conn, "one answer", "an answer comes to the body of a request that has its answer",
                bytes);
    else if (!conn->accepted && conn->finals == conn->begun)
        conn->over = "a request goes where bytes had come that nobody asked for";
}

static void answer_known(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    conn->answered = true;
    if (conn->accepted && conn->answers.status / 100 != 1 && conn->answers.status < 600) {
        judge->answered[conn->answers.status / 100]++;
        keep_status(judge, conn->port, conn->answers.status);
    }
    /* An error may come before the proxy has looked at a request of which we know that it is HEAD. */
    if (conn->accepted && conn->answers.bodiless && conn->answers.status >= 400 && !conn->answers.persists)
        conn->kind = KIND_OTHER;
    if (conn->accepted && conn->finals >= conn->begun && conn->answers.status < 400)
        verdict(judge, conn, "one answer", "an answer comes that nobody asked for", bytes);
}

static void answer_ends(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    struct http_strict *reader = &conn->answers;

    if (reader->status == 101 || (reader->tunnels && reader->status / 100 == 2)) {
        conn->kind = KIND_OTHER; /* a tunnel */
        return;
    }
    if (reader->status / 100 != 1) {
        conn->finals++;
        if (!reader->persists && !conn->over)
            conn->over = conn->accepted ? "an answer follows one that said it was the last"
                                        : "a request goes where the last answer said that it was the last";
        /* A page of its own may come back to a proxy in TCP mode, in part, and then be met again. */
        if (conn->accepted && (judge->plain_http || reader->status < 400))
            judge_body(judge, conn, &judge->answers, reader, bytes);
        else if (!conn->accepted)
            keep_body(&judge->answers, reader, true);
    }
    http_strict_next(reader);
}

static void feed_answers(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    struct http_strict *reader = &conn->answers;

    while (bytes.size && conn->kind == KIND_HTTP) {
        struct str all = bytes;

        if (reader->state == STRICT_IDLE)
            answer_begins(judge, conn, bytes);
        if (conn->kind != KIND_HTTP || (!conn->accepted && conn->finals == conn->begun))
            return;
        bytes = str_from(bytes, http_strict_read(reader, bytes));
        if (reader->state == STRICT_WRONG) {
            if (conn->accepted)
                verdict(judge, conn, "framing", reader->wrong, all);
            else if (!conn->over)
                conn->over = "a request goes where an answer was malformed";
            return;
        }
        if (reader->state > STRICT_HEAD && !conn->answered)
            answer_known(judge, conn, all);
        if (reader->state == STRICT_DONE && conn->kind == KIND_HTTP)
            answer_ends(judge, conn, all);
    }
}

static void answers_end(struct judge_wire *judge, struct wire_conn *conn)
{
    if (conn->kind != KIND_HTTP || conn->accepted)
        return;
    http_strict_ends(&conn->answers);
    if (conn->answers.state == STRICT_DONE)
        answer_ends(judge, conn, STR_NONE);
    if (!conn->over)
        conn->over = "a request goes to a connection that the server has ended";
}

/* ---- what a connection is ---- */

static const char proxy_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* The size of a PROXY header at the front: 0 none, STR_NOT_FOUND: it is not whole. */
static size_t proxy_header(struct str text)
{
    struct str signature = str_make(proxy_signature, sizeof(proxy_signature));

    if (str_starts(text, STR("PROXY "))) {
        size_t end = str_find_char(text, '\n');

        return end == STR_NOT_FOUND ? end : end + 1;
    }
    if (!str_starts(text, str_slice(signature, 0, text.size < 12 ? text.size : 12)))
        return 0;
    if (text.size < 16)
        return STR_NOT_FOUND;
    size_t size = 16 + ((size_t)(unsigned char)text.data[14] << 8 | (unsigned char)text.data[15]);
    return text.size < size ? STR_NOT_FOUND : size;
}

/* false: more bytes have to come. */
static bool find_kind(struct wire_conn *conn)
{
    struct str text = buf_str(&conn->opening), line;
    size_t header = proxy_header(text), end;

    if (header == STR_NOT_FOUND)
        return false;
    text = str_from(text, header);
    while (text.size && (text.data[0] == '\r' || text.data[0] == '\n'))
        text = str_from(text, 1);
    end = str_find_char(text, '\n');
    if (text.size && (unsigned char)text.data[0] < 0x20) {
        conn->kind = KIND_OTHER;
        return true;
    }
    if (end == STR_NOT_FOUND)
        return false;
    line = str_slice(text, 0, end && text.data[end - 1] == '\r' ? end - 1 : end);
    conn->kind = line.size > 9 && (str_eq(str_from(line, line.size - 9), STR(" HTTP/1.1")) ||
                                   str_eq(str_from(line, line.size - 9), STR(" HTTP/1.0")))
                     ? KIND_HTTP
                     : KIND_OTHER;
    return true;
}

/* Commands to the management socket are words in lower case; what changes counters among them counts. */
static void look_at_other(struct judge_wire *judge, struct str opening)
{
    bool command =
        opening.size && ((opening.data[0] >= 'a' && opening.data[0] <= 'z') || opening.data[0] == '@');

    judge->blind |= !command || str_find(opening, STR("clear")) != STR_NOT_FOUND;
}

static void open_requests(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    buf_add(&conn->opening, bytes);
    if (!find_kind(conn)) {
        if (conn->opening.size > OPENING_MAX)
            conn->kind = KIND_OTHER;
        return;
    }
    if (conn->kind == KIND_OTHER && conn->accepted)
        look_at_other(judge, buf_str(&conn->opening));
    if (conn->kind == KIND_HTTP) {
        struct str text = buf_str(&conn->opening);

        feed_requests(judge, conn, str_from(text, proxy_header(text)));
    }
    buf_finish(&conn->opening);
}

static void keep_first(struct buf *kept, struct str bytes)
{
    if (kept->size < FIRST_MAX)
        buf_add(kept, str_slice(bytes, 0,
                                bytes.size < FIRST_MAX - kept->size ? bytes.size : FIRST_MAX - kept->size));
}

static void bytes_pass(struct judge_wire *judge, struct wire_conn *conn, struct str bytes, bool written)
{
    bool asks = written != conn->accepted;

    if (!judge->plain_http)
        keep_first(written ? &conn->first_written : &conn->first_read, bytes);
    if (conn->kind == KIND_UNKNOWN && asks)
        open_requests(judge, conn, bytes);
    else if (conn->kind == KIND_UNKNOWN) {
        conn->kind = KIND_OTHER; /* who answers spoke first */
        judge->blind |= conn->accepted;
    } else if (conn->kind == KIND_HTTP && asks)
        feed_requests(judge, conn, bytes);
    else if (conn->kind == KIND_HTTP)
        feed_answers(judge, conn, bytes);
    if (conn->accepted && conn->kind == KIND_OTHER)
        forget_client(judge, conn); /* what it is answered will not be seen */
}

/* ---- the seam ---- */

static void conn_end(struct judge_wire *judge, plat_sock sock)
{
    struct wire_conn *conn = judge->conns[sock];

    if (!judge->plain_http && conn->first_read.size) {
        struct buf *gone = &judge->gone[judge->gone_count++ % GONE_MAX], swap = *gone;

        *gone = conn->first_read;
        conn->first_read = swap;
    }
    if (conn->accepted &&
        (conn->kind == KIND_UNKNOWN || conn->finals != conn->begun || conn->answers.state != STRICT_IDLE))
        judge->unseen++;
    if (conn->kind == KIND_HTTP && conn->accepted)
        keep_body(&judge->requests, &conn->requests, false);
    else if (conn->kind == KIND_HTTP)
        keep_body(&judge->answers, &conn->answers, false);
    buf_finish(&conn->opening);
    buf_finish(&conn->first_read);
    buf_finish(&conn->first_written);
    http_strict_finish(&conn->requests);
    http_strict_finish(&conn->answers);
    sim_mem_free(conn);
    judge->conns[sock] = NULL;
}

static void conn_begin(struct judge_wire *judge, plat_sock sock, bool accepted)
{
    struct wire_conn *conn;

    if (!accepted && !judge->judges_connected)
        return;
    if ((unsigned)sock >= judge->size) {
        unsigned size = judge->size ? judge->size : 64;

        while (size <= (unsigned)sock)
            size *= 2;
        judge->conns = sim_mem_grow(judge->conns, size * sizeof(struct wire_conn *));
        memset(judge->conns + judge->size, 0, (size - judge->size) * sizeof(struct wire_conn *));
        judge->size = size;
    }
    if (judge->conns[sock])
        conn_end(judge, sock);
    conn = judge->conns[sock] = sim_mem_need(sizeof(*conn));
    conn->accepted = accepted;
    conn->opening = conn->first_read = conn->first_written = (struct buf)BUF_INIT;
    http_strict_init(&conn->requests, false, accepted);
    http_strict_init(&conn->answers, true, !accepted);
}

static void client_begins(struct judge_wire *judge, struct wire_conn *conn, struct str bytes)
{
    struct addr peer;

    CHECK(bytes.size == sizeof(peer));
    memcpy(&peer, bytes.data, sizeof(peer));
    if (!addr_is_ip(&peer))
        return;
    conn->port = peer.port;
    judge->clients[judge->client_count++ % CLIENTS_MAX] = (struct client){ .port = peer.port };
}

static void wire_seen(void *data, enum sim_wire what, plat_sock sock, struct str bytes)
{
    struct judge_wire *judge = data;

    if (what == SIM_WIRE_ACCEPTED || what == SIM_WIRE_CONNECTED) {
        conn_begin(judge, sock, what == SIM_WIRE_ACCEPTED);
        if (what == SIM_WIRE_ACCEPTED)
            client_begins(judge, judge->conns[sock], bytes);
        return;
    }
    if (what == SIM_WIRE_DATAGRAM) {
        judge_log(judge, bytes);
        return;
    }
    if ((unsigned)sock >= judge->size || !judge->conns[sock])
        return;
    if (what == SIM_WIRE_CLOSED)
        conn_end(judge, sock);
    else if (what == SIM_WIRE_FAILED)
        forget_client(judge, judge->conns[sock]); /* what it was to be told it may not have been */
    else if (what == SIM_WIRE_READ_END)
        answers_end(judge, judge->conns[sock]);
    else
        bytes_pass(judge, judge->conns[sock], bytes, what == SIM_WIRE_WRITTEN);
}

/* ---- life ---- */

void judge_wire_watch(struct scenario *scenario, const char *name, struct str conf, struct sim_platform *sim)
{
    struct judge_wire *judge = sim_mem_need(sizeof(*judge));
    bool lua = conf_says(conf, "lua-load");

    judge->scenario = scenario;
    snprintf(judge->name, sizeof(judge->name), "%s", name);
    judge->plain_http = conf_is_all_http(conf);
    judge->blind = conf_says(conf, " ssl") || conf_says(conf, "lua-load") || conf_says(conf, " proto ") ||
                   conf_says(conf, "accept-proxy");
    judge->judges_connected = !lua && !conf_says(conf, "tcp-check") &&
                              !conf_says(conf, "accept-invalid-http-request") &&
                              !conf_says(conf, "accept-unsafe-violations");
    judge->judges_bodies = !lua && !conf_says(conf, "filter ") && !conf_says(conf, "compression ");
    /* What a forwarder sends once more was told before. */
    judge->judges_log = judge->plain_http && !conf_says(conf, "log-forward ") && !conf_says(conf, " ssl") &&
                        !lua && !conf_says(conf, "accept-proxy") && !conf_says(conf, "logasap") &&
                        !conf_says(conf, "set-src");
    list_add_last(&scenario->judges, &judge->link);
    sim_platform_on_wire(sim, wire_seen, judge);
}

bool judge_wire_answers(struct scenario *scenario, const char *name, uint64_t counts[6], uint64_t *unseen)
{
    struct judge_wire *found = NULL;

    LIST_EACH (item, &scenario->judges) {
        struct judge_wire *judge = LIST_ITEM(item, struct judge_wire, link);

        if (strcmp(judge->name, name) != 0)
            continue;
        if (found) /* it was started again: its counters began anew */
            return false;
        found = judge;
    }
    if (!found || found->blind || !found->plain_http)
        return false;
    memcpy(counts, found->answered, sizeof(found->answered));
    *unseen = found->unseen;
    return true;
}

void judge_wire_forget_all(struct scenario *scenario)
{
    LIST_EACH_SAFE(item, &scenario->judges)
    {
        struct judge_wire *judge = LIST_ITEM(item, struct judge_wire, link);

        for (unsigned i = 0; i < judge->size; i++)
            if (judge->conns[i])
                conn_end(judge, (plat_sock)i);
        for (unsigned i = 0; i < GONE_MAX; i++)
            buf_finish(&judge->gone[i]);
        list_remove(item);
        sim_mem_free(judge->conns);
        sim_mem_free(judge);
    }
}
