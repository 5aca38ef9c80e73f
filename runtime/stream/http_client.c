/* Requests of the proxy's own. Nothing was sent on a connection that was not there: that is tried again. */
#include "stream/http_client.h"
#include "base/units.h"
#include "stream/engine.h"
#include "tls/tls_conn.h"

/* ---- where to ---- */

void http_target_read(struct http_target *target, struct str url)
{
    int64_t port = 0;
    http_uri_split(url, &target->uri);
    target->tls = str_eq_nocase(target->uri.scheme, STR("https"));
    if (target->uri.form != HTTP_URI_ABSOLUTE ||
        !http_uri_split_authority(target->uri.authority, false, &target->authority))
        memset(&target->authority, 0, sizeof(target->authority));
    if (!units_parse_int(target->authority.port, 1, 65535, &port))
        port = target->tls ? 443 : 80;
    target->port = (unsigned)port;
    target->addr.family = ADDR_NONE;
    target->sni = STR_NONE;
    struct str name = target->authority.host;
    if (name.size > 2 && name.data[0] == '[')
        name = str_slice(name, 1, name.size - 2);
    if (addr_parse_ip(name, &target->addr))
        target->addr.port = (uint16_t)port;
    else
        target->sni = name;
    if (str_eq_nocase(name, STR("localhost")) && addr_parse_ip(STR("127.0.0.1"), &target->addr))
        target->addr.port = (uint16_t)port;
}

struct str http_target_path(const struct http_target *target, struct arena *arena)
{
    struct str path = target->uri.pathq;
    size_t mark = str_find_char(path, '#');
    path = str_slice(path, 0, mark == STR_NOT_FOUND ? path.size : mark);
    bool rooted = path.size && path.data[0] == '/';
    return rooted ? path : arena_printf(arena, "/%.*s", STR_ARG(path)); /* "http://host?query" */
}

/* ---- what is asked ---- */

void http_client_begin(struct http_client *client, struct engine *engine)
{
    client->engine = engine;
    arena_init(&client->arena, 2048);
    channel_init(&client->request);
    channel_init(&client->response);
    memset(&client->conn, 0, sizeof(client->conn));
    memset(&client->writer, 0, sizeof(client->writer));
    memset(&client->how, 0, sizeof(client->how));
    memset(&client->name, 0, sizeof(client->name));
    list_init(&client->name.link);
    client->sent = client->tls = client->looks_up = client->name_told = false;
    client->retries = engine->configuration->globals.httpclient_retries;
    client->answer = (struct buf)BUF_INIT;
    client->body = client->sni = STR_NONE;
    client->body_taken = 0;
    client->deadline = client->connect_deadline = TIMER_OFF;
    client->busy = true;
    client->head_done = client->failed = false;
    channel_forward(&client->request, CHANNEL_ALL);
    channel_forward(&client->response, CHANNEL_ALL);
}

bool http_client_head(struct http_client *client, struct str method, struct str path)
{
    struct http_msg *head = &client->request_head;
    http_msg_init(head, &client->arena, false);
    head->major = head->minor = 1;
    head->version = STR("HTTP/1.1");
    return path.data && http_msg_set_method(head, method) && http_msg_set_uri(head, path);
}

static bool need_field(struct http_msg *head, struct str name, struct str value)
{
    return http_msg_find(head, name, NULL) || http_msg_add(head, name, value);
}

static bool complete_head(struct http_client *client, const struct http_target *target)
{
    struct http_msg *head = &client->request_head;
    bool well = need_field(head, STR("host"), target->uri.authority) &&
                need_field(head, STR("user-agent"), STR("HAProxy")) &&
                need_field(head, STR("accept"), STR("*/*"));
    if (well && client->body.data) {
        struct str length = arena_printf(&client->arena, "%zu", client->body.size);
        head->body = HTTP_BODY_LENGTH;
        head->body_length = client->body.size;
        well = length.data && http_msg_add(head, STR("content-length"), length);
    }
    return well && http_writer_begin(&client->writer, head, false, &client->arena);
}

/* ---- the exchange ---- */

static void begin_response(struct http_client *client)
{
    struct h1_options options = {
        .is_response = true,
        .field_max = (unsigned)client->engine->configuration->globals.http_maxhdr,
        .answers_head = client->request_head.method_id == HTTP_HEAD,
    };
    http_msg_init(&client->response_head, &client->arena, true);
    http_reader_init(&client->reader, &options, &client->arena);
}

static bool send_some(struct http_client *client)
{
    bool moved = false;
    if (client->body_taken < client->body.size) {
        size_t took =
            channel_put(&client->request, client->engine, str_from(client->body, client->body_taken));
        client->body_taken += took;
        moved = took > 0;
    }
    if (client->body_taken == client->body.size)
        client->request.ended = true;
    return http_writer_flush(&client->writer, &client->conn, &client->request, client->engine) || moved;
}

/* Interim responses are passed over. */
static bool receive_head(struct http_client *client)
{
    size_t before = client->response.raw;
    enum h1_status status = http_reader_head(&client->reader, &client->response, &client->response_head);
    bool full = client->response.raw >= client->engine->buffers.object_size;
    if (status == H1_REJECT || (status == H1_MORE && full)) {
        client->failed = true;
    } else if (status == H1_DONE && client->response_head.status < 200) {
        client->response.ended = false;
        begin_response(client);
    } else if (status == H1_DONE) {
        client->head_done = true;
    }
    return client->response.raw < before || client->failed;
}

static bool receive_some(struct http_client *client)
{
    struct channel *channel = &client->response;
    bool moved = http_wire_fill(&client->conn, channel, client->engine, 0);
    if (!client->head_done && channel->raw)
        moved |= receive_head(client);
    if (client->head_done && !channel->ended) {
        moved |= http_reader_body(&client->reader, channel);
        if (client->conn.read_ended)
            http_reader_closed(&client->reader, channel);
    }
    if (channel->output) {
        buf_add(&client->answer, channel_output(channel));
        channel_sent(channel, channel->output);
        moved = true;
    }
    if (!client->head_done && client->conn.read_ended && !channel->raw)
        client->failed = true;
    client->failed |= channel->failed || client->reader.broken || client->answer.failed ||
                      (client->answer_max && client->answer.size > client->answer_max);
    channel_release_if_empty(channel, client->engine);
    return moved;
}

static void conn_ready(struct conn *conn, void *owner)
{
    struct http_client *client = owner;
    (void)conn;
    client->ready(client);
}

static bool open_tls(struct http_client *client)
{
    struct buf error = BUF_INIT;
    struct tls_client *tls = configuration_httpclient_tls(client->engine->configuration, &error);
    buf_finish(&error);
    return tls && tls_conn_open(&client->conn, tls, client->sni, false);
}

/* Without success the connection stays closed, and the next try is a matter of time and retries. */
static void open_conn(struct http_client *client)
{
    memset(&client->conn, 0, sizeof(client->conn));
    client->conn.ready = conn_ready;
    client->conn.owner = client;
    client->connect_deadline =
        engine_now(client->engine) + client->engine->configuration->globals.httpclient_connect_ms * NS_PER_MS;
    if (conn_connect(&client->conn, client->engine->loop, &client->how) && client->tls && !open_tls(client))
        conn_close(&client->conn, false);
}

/* ---- names ---- */

/* The resolvers may be another worker's: what follows from an answer is done by who advances. */
static void name_told(struct resolve_user *user)
{
    struct http_client *client = CONTAINER_OF(user, struct http_client, name);
    client->name_told = true;
    client->ready(client);
}

static void look_up(struct http_client *client)
{
    const struct configuration *configuration = client->engine->configuration;
    struct resolvers *resolvers = configuration_httpclient_resolvers(configuration);
    enum resolve_want want = configuration->globals.httpclient_ipv4 ? RESOLVE_IPV4 : RESOLVE_IPV6;
    client->name.once = true;
    client->name.changed = name_told;
    client->looks_up = resolvers && resolvers->loop && client->sni.size && client->sni.size <= DNS_NAME_MAX &&
                       resolver_join(resolvers, client->sni.data, want, false, &client->name);
    client->failed = !client->looks_up;
    client->name_told = client->looks_up && resolution_is_fresh(client->name.resolution);
}

static void take_address(struct http_client *client)
{
    const struct resolution *resolution = client->name.resolution;
    uint16_t port = client->how.to.port;
    bool found =
        resolution && resolution->count && (resolution->status == DNS_OK || resolution_is_fresh(resolution));
    if (found) {
        client->how.to = resolution->records[0].addr;
        client->how.to.port = port;
    }
    client->looks_up = false;
    client->failed = !found;
    resolver_leave(&client->name);
    if (found)
        open_conn(client);
}

void http_client_send(struct http_client *client, const struct http_target *target, uint64_t timeout_ms)
{
    bool well = complete_head(client, target);
    begin_response(client);
    client->how.to = target->addr;
    client->tls = target->tls;
    client->sni = target->sni.size ? arena_copy(&client->arena, target->sni) : STR_NONE;
    if (target->addr.family == ADDR_NONE)
        client->how.to.port = (uint16_t)target->port;
    client->deadline = engine_now(client->engine) + timeout_ms * NS_PER_MS;
    client->failed = !well;
    if (well && target->addr.family != ADDR_NONE)
        open_conn(client);
    else if (well)
        look_up(client);
}

static bool connects_anew(struct http_client *client)
{
    struct conn *conn = &client->conn;
    bool late = engine_now(client->engine) >= client->connect_deadline;
    bool over = conn->error != IO_OK || conn->state == CONN_CLOSED || late;
    if (conn->state == CONN_READY || !over || client->sent || !client->retries)
        return false;
    client->retries--;
    conn_close(conn, false);
    open_conn(client);
    return true;
}

static bool is_over(const struct http_client *client)
{
    return client->failed || (client->head_done && client->response.ended);
}

bool http_client_advance(struct http_client *client)
{
    struct conn *conn = &client->conn;
    while (!is_over(client)) {
        if (client->looks_up && (client->name_told || !client->name.resolution)) {
            take_address(client);
            continue;
        }
        if (client->looks_up && engine_now(client->engine) < client->deadline)
            return false;
        if (client->looks_up) {
            client->failed = true;
            continue;
        }
        if (connects_anew(client))
            continue;
        if (conn->state == CONN_READY) {
            client->sent = true;
            bool moved = send_some(client);
            moved |= receive_some(client);
            if (moved || is_over(client))
                continue;
        }
        if (conn->error == IO_OK && conn->state != CONN_CLOSED &&
            engine_now(client->engine) < http_client_wake_at(client))
            return false;
        client->failed = true;
    }
    return true;
}

uint64_t http_client_wake_at(const struct http_client *client)
{
    bool connects = !client->sent && !client->looks_up && client->connect_deadline < client->deadline;
    return connects ? client->connect_deadline : client->deadline;
}

void http_client_end(struct http_client *client)
{
    if (!client->busy)
        return;
    resolver_leave(&client->name);
    conn_close(&client->conn, false);
    channel_finish(&client->request, client->engine);
    channel_finish(&client->response, client->engine);
    buf_finish(&client->answer);
    arena_finish(&client->arena);
    client->busy = false;
    client->failed = true;
}
