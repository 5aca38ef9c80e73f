/* Sockets are looked at in an event of the server's own, as nothing may be called from within an edge. An answer that is
 * slow waits in a list with its timer; one for a connection that has ended is dropped. */
#include "sim/name_server.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/links.h"
#include "sim/name_zone.h"

enum { MESSAGE_MAX = 65535, BACKLOG = 10 };

struct connection {
    struct list link;
    plat_sock sock;
    struct buf came;
};

struct reply {
    struct list link;
    struct name_server *server;
    struct world_timer timer;
    struct connection *over; /* NULL: a datagram, to `to` */
    struct addr to;
    struct buf message;
};

struct name_server {
    struct scenario *scenario;
    struct net_host *host;
    struct addr addr;
    plat_sock datagrams, listener; /* PLAT_NO_SOCK while it is gone */
    struct name_zone zone;
    struct list connections, replies;
    struct world_timer look, back;
    uint64_t queries, answers;
};

/* ---- answering ---- */

static void reply_drop(struct reply *reply)
{
    world_timer_stop(reply->server->scenario->world, &reply->timer);
    list_remove(&reply->link);
    buf_finish(&reply->message);
    mem_free(reply);
}

static void send_reply(struct reply *reply)
{
    struct name_server *server = reply->server;
    struct str text = buf_str(&reply->message);
    char size[2] = { (char)(text.size >> 8), (char)text.size };
    struct io_vec vecs[2] = { { size, 2 }, { reply->message.data, text.size } };

    server->answers++;
    if (reply->over)
        (void)net_write(server->host, reply->over->sock, vecs, 2, false);
    else
        (void)net_send_to(server->host, server->datagrams, &reply->to, &vecs[1], 1);
    reply_drop(reply);
}

static void reply_due(struct world_timer *timer)
{
    send_reply(CONTAINER_OF(timer, struct reply, timer));
}

static void answer(struct name_server *server, struct str query, struct connection *over,
                   const struct addr *from)
{
    struct world *world = server->scenario->world;
    struct name_answer answer = { BUF_INIT, 0 };
    struct reply *reply;

    server->queries++;
    name_zone_answer(&server->zone, world_now(world), query, over != NULL, &answer);
    if (!answer.message.size)
        return;
    reply = mem_need(sizeof(*reply));
    *reply = (struct reply){ .server = server, .over = over, .message = answer.message };
    if (from)
        reply->to = *from;
    world_timer_init(&reply->timer, reply_due);
    list_add_last(&server->replies, &reply->link);
    if (answer.delay_ns)
        world_timer_set(world, &reply->timer, world_now(world) + answer.delay_ns);
    else
        send_reply(reply);
}

/* ---- sockets ---- */

static void connection_close(struct name_server *server, struct connection *connection)
{
    LIST_EACH_SAFE(item, &server->replies)
    {
        struct reply *reply = LIST_ITEM(item, struct reply, link);

        if (reply->over == connection)
            reply_drop(reply);
    }
    net_close(server->host, connection->sock);
    list_remove(&connection->link);
    buf_finish(&connection->came);
    mem_free(connection);
}

static void edge(void *data, plat_sock sock, unsigned ready)
{
    struct name_server *server = data;

    (void)sock;
    (void)ready;
    world_timer_set(server->scenario->world, &server->look, world_now(server->scenario->world));
}

static void take_datagrams(struct name_server *server)
{
    char query[MESSAGE_MAX];

    for (;;) {
        struct addr from;
        struct io_result result =
            net_receive_from(server->host, server->datagrams, &from, query, sizeof(query));

        if (result.status == IO_WOULD_BLOCK)
            return;
        if (result.status == IO_OK) /* else somebody did not wait for an answer */
            answer(server, str_make(query, result.size), NULL, &from);
    }
}

static void take_connections(struct name_server *server)
{
    enum io_status status;
    struct addr peer;
    plat_sock sock;

    while ((sock = net_accept(server->host, server->listener, &peer, &status)) != PLAT_NO_SOCK) {
        struct connection *connection = mem_need(sizeof(*connection));

        connection->sock = sock;
        list_add_last(&server->connections, &connection->link);
        net_on_ready(server->host, sock, edge, server);
    }
}

/* false: it is at its end. */
static bool read_connection(struct name_server *server, struct connection *connection)
{
    struct buf *came = &connection->came;

    for (;;) {
        char piece[4096];
        struct io_vec vec = { piece, sizeof(piece) };
        struct io_result result = net_read(server->host, connection->sock, &vec, 1);

        if (result.status == IO_OK)
            buf_add(came, str_make(piece, result.size));
        else
            return result.status == IO_WOULD_BLOCK;
        while (came->size >= 2) {
            size_t size = (size_t)(unsigned char)came->data[0] << 8 | (unsigned char)came->data[1];

            if (came->size < 2 + size)
                break;
            answer(server, str_make(came->data + 2, size), connection, NULL);
            buf_remove(came, 0, 2 + size);
        }
    }
}

static void look_fired(struct world_timer *timer)
{
    struct name_server *server = CONTAINER_OF(timer, struct name_server, look);

    if (server->datagrams == PLAT_NO_SOCK)
        return;
    take_datagrams(server);
    take_connections(server);
    LIST_EACH_SAFE(item, &server->connections)
    {
        struct connection *connection = LIST_ITEM(item, struct connection, link);

        if (!read_connection(server, connection))
            connection_close(server, connection);
    }
}

static void go(struct name_server *server)
{
    while (!list_empty(&server->connections))
        connection_close(server, LIST_ITEM(list_first(&server->connections), struct connection, link));
    while (!list_empty(&server->replies))
        reply_drop(LIST_ITEM(list_first(&server->replies), struct reply, link));
    if (server->datagrams == PLAT_NO_SOCK)
        return;
    net_close(server->host, server->datagrams);
    net_close(server->host, server->listener);
    server->datagrams = server->listener = PLAT_NO_SOCK;
}

/* At its address, which the network chose the first time. */
static bool come(struct name_server *server)
{
    struct plat_listen how = { .addr = server->addr, .backlog = BACKLOG, .unix_uid = -1, .unix_gid = -1 };
    enum io_status status;

    if (server->datagrams != PLAT_NO_SOCK)
        return true;
    server->listener = net_listen(server->host, &how, &status);
    if (server->listener == PLAT_NO_SOCK)
        return false;
    CHECK(net_names(server->host, server->listener, &server->addr, NULL) == IO_OK);
    server->datagrams = net_datagram_open(server->host, &server->addr, ADDR_IPV4, &status);
    if (server->datagrams == PLAT_NO_SOCK) {
        net_close(server->host, server->listener);
        server->listener = PLAT_NO_SOCK;
        return false;
    }
    net_on_ready(server->host, server->listener, edge, server);
    net_on_ready(server->host, server->datagrams, edge, server);
    return true;
}

static void back_fired(struct world_timer *timer)
{
    struct name_server *server = CONTAINER_OF(timer, struct name_server, back);

    if (!come(server))
        scenario_fail(server->scenario, NULL, "the name server's address is taken");
}

/* ---- life ---- */

static struct name_server *create(struct scenario *scenario)
{
    struct name_server *server = mem_need(sizeof(*server));

    server->scenario = scenario;
    server->host = net_host_create(scenario->net, "dns");
    server->datagrams = server->listener = PLAT_NO_SOCK;
    name_zone_init(&server->zone);
    list_init(&server->connections);
    list_init(&server->replies);
    world_timer_init(&server->look, look_fired);
    world_timer_init(&server->back, back_fired);
    links_add_host(scenario->links, "dns", server->host);
    CHECK(addr_parse_ip(STR("127.0.0.1"), &server->addr));
    CHECK(come(server));
    scenario_define_address(scenario, "dns", NULL, &server->addr);
    return server;
}

void name_server_destroy(struct name_server *server)
{
    if (!server)
        return;
    go(server);
    world_timer_stop(server->scenario->world, &server->look);
    world_timer_stop(server->scenario->world, &server->back);
    name_zone_finish(&server->zone);
    links_remove_host(server->scenario->links, server->host);
    net_host_destroy(server->host);
    mem_free(server);
}

static enum io_status resolve(void *data, const char *name, enum addr_family family, struct addr *out,
                              unsigned max, unsigned *count)
{
    struct scenario *scenario = data;
    struct name_server *server = scenario->name_server;

    if (!server)
        return IO_NOT_FOUND;
    if (server->datagrams == PLAT_NO_SOCK)
        return IO_TIMED_OUT;
    return name_zone_resolve(&server->zone, world_now(scenario->world), name, family, out, max, count);
}

void name_server_attach(struct scenario *scenario, struct sim_platform *sim)
{
    sim_platform_on_resolve(sim, resolve, scenario);
}

bool name_server_count(const struct name_server *server, struct str name, uint64_t *out)
{
    bool queries = str_eq(name, STR("queries"));

    *out = queries ? server->queries : server->answers;
    return queries || str_eq(name, STR("answers"));
}

/* ---- the statement ---- */

static const struct {
    const char *word;
    enum name_verdict verdict;
    enum name_type type;
} says[] = {
    { "A", NAME_RECORDS, NAME_A },
    { "AAAA", NAME_RECORDS, NAME_AAAA },
    { "SRV", NAME_RECORDS, NAME_SRV },
    { "CNAME", NAME_RECORDS, NAME_CNAME },
    { "NXDOMAIN", NAME_NX, 0 },
    { "SERVFAIL", NAME_SERVFAIL, 0 },
    { "REFUSED", NAME_REFUSED, 0 },
    { "empty", NAME_EMPTY, 0 },
    { "truncated", NAME_TRUNCATED, 0 },
    { "forged", NAME_FORGED, 0 },
    { "lie", NAME_LIE, 0 },
    { "garbage", NAME_GARBAGE, 0 },
    { "cut", NAME_CUT, 0 },
    { "silent", NAME_SILENT, 0 },
};

/* -ttl SECONDS, -delay TIME, -for TIME, from that word on. */
static bool read_options(struct actor *top, unsigned from, struct name_rule *rule)
{
    for (unsigned i = from; i < top->word_count; i += 2) {
        uint64_t value;

        if (actor_word_is(top, i, "-ttl")) {
            if (!actor_number(top, i + 1, &value))
                return false;
            rule->ttl_s = (uint32_t)value;
        } else if (actor_word_is(top, i, "-delay")) {
            if (!actor_seconds(top, i + 1, &rule->delay_ns))
                return false;
        } else if (actor_word_is(top, i, "-for")) {
            if (!actor_seconds(top, i + 1, &value))
                return false;
            rule->until_ns = world_now(top->scenario->world) + value;
        } else {
            actor_wrong(top, "'dns' does not know '%.*s'", STR_ARG(actor_word(top, i)));
            return false;
        }
    }
    return true;
}

static enum actor_step come_or_go(struct actor *top, struct name_server *server)
{
    struct name_rule rule = { 0 };

    if (!read_options(top, 2, &rule))
        return STEP_FAILED;
    world_timer_stop(top->scenario->world, &server->back);
    if (actor_word_is(top, 1, "gone"))
        go(server);
    else if (!come(server))
        return actor_fail(top, "the name server's address is taken");
    if (rule.until_ns)
        world_timer_set(top->scenario->world, &server->back, rule.until_ns);
    return STEP_NEXT;
}

enum actor_step name_server_statement(struct actor *top)
{
    struct scenario *scenario = top->scenario;
    struct name_rule rule = { .ttl_s = 60 };
    bool added, known = false;

    if (!scenario->name_server)
        scenario->name_server = create(scenario);
    if (actor_word_is(top, 1, "gone") || actor_word_is(top, 1, "back"))
        return come_or_go(top, scenario->name_server);
    for (size_t i = 0; i < COUNT_OF(says) && !known; i++) {
        known = actor_word_is(top, 2, says[i].word);
        rule.verdict = says[i].verdict;
        rule.type = says[i].type;
    }
    if (!known)
        return actor_wrong(top,
                           "a name server says A, AAAA, SRV, CNAME, NXDOMAIN, SERVFAIL, REFUSED, empty, "
                           "truncated, forged, lie, garbage, cut or silent of a name, not '%.*s'",
                           STR_ARG(actor_word(top, 2)));
    if (!read_options(top, rule.verdict == NAME_RECORDS ? 4 : 3, &rule))
        return STEP_FAILED;
    rule.name = mem_need_copy(actor_word(top, 1));
    rule.values = rule.verdict == NAME_RECORDS ? mem_need_copy(actor_word(top, 3)) : NULL;
    added = name_zone_add(&scenario->name_server->zone, &rule);
    mem_free(rule.name);
    mem_free(rule.values);
    return added ? STEP_NEXT
                 : actor_wrong(top, "'%.*s' is no list of %.*s records", STR_ARG(actor_word(top, 3)),
                               STR_ARG(actor_word(top, 2)));
}
